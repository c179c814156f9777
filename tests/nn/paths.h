/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests that run on every path of nn/simd.h, by its name. */
#pragma once

#include "nn/simd.h"

/* Adds /FOLDER/PATH/NAME for each path; the test gets the path's name. */
void paths_add_test (const char *folder, const char *name, GTestDataFunc test);
/* The path of that name; or NULL, and the test counts as skipped, where this
 * processor or build does not have it. */
const NnSimd *paths_find (gconstpointer name);

/* n numbers in from..to, of the test's random numbers. Free with g_free. */
float *paths_random_floats (size_t n, double from, double to);
