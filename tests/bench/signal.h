/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Something to listen to where no recording is at hand. */
#pragma once

#include <stddef.h>

/* n samples, -1..1: a voice-like tone with a moving pitch, and noise; always
 * the same. Free with g_free. */
float *signal_new (size_t n, double rate);
