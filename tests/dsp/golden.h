/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The truth that dsp/ is compared with: data sets that librosa 0.11 wrote. The
 * synthetic clips are in tests/data; those of real voices are beside the
 * checkout (EMOTION_SHARED), and tests that lack them skip by name. */
#pragma once

#include <stddef.h>
#include "nn/h5.h"

/* Opens features/NAME.h5; where it is missing, marks the running test as
 * skipped and returns NULL. */
NnH5 *golden_open (const char *name);

/* A whole data set; ends the test where it cannot be read. Free with g_free;
 * n (may be NULL) receives the count. */
float *golden_floats (NnH5 *file, const char *data_set, size_t *n);
double *golden_doubles (NnH5 *file, const char *data_set, size_t *n);

/* Registers test (its data is the clip's name) as PREFIX/CLIP for every clip.
 */
void golden_add_tests (const char *prefix, GTestDataFunc test);

/* Fails unless |got - want| <= tolerance everywhere; NaN in either fails.
 * Prints the largest difference. */
void golden_compare (const char *what, const float *got, const double *want,
    size_t n, double tolerance);

/* 10 log10 of the power of want over that of (got - want). */
double golden_snr_db (const float *got, const double *want, size_t n);
