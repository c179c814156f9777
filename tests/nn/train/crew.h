/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranks that are threads of one process, for tests. */
#pragma once

#include "nn/train/comm.h"

typedef void (*CrewFunc) (const NnComm *comm, gpointer data);

/* Calls func on `size` threads, each as one rank; returns when all are done. */
void crew_run (size_t size, CrewFunc func, gpointer data);
