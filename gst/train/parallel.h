/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A loop on several threads. */
#pragma once

#include <glib.h>

typedef void (*TrainParallelFunc) (gpointer data, gsize i);

/* Calls func with 0..n - 1, each once, on up to n_threads threads (the caller's
 * among them), in no order. Returns when all are done. */
void train_parallel (
    guint n_threads, gsize n, TrainParallelFunc func, gpointer data);
