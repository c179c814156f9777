/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a model on the data sets of a golden file and compares what comes out
 * with what genuine Keras gave.
 *   input_0, input_1, ...   [n][input shape]; n samples, run as one batch
 *   PREFIX0, PREFIX1, ...   [n][output shape]
 * Axes that the model leaves open take the lengths of the data sets.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
  double max_abs_diff; /* of one output; infinite where the shape differs or a
                          value is not a number on one side only */
  double max_abs_ref;
} GoldenDiff;

/* One GoldenDiff for each output of the model: the larger of that of the batch
 * and of its samples one by one. NULL where model or data cannot be read. */
GArray *golden_run (
    const char *model, const char *io, const char *prefix, GError **error);

/* |y - ref| <= max (atol, rtol * max |ref|): with atol = rtol = tolerance, the
 * rule of golden/zoo/MANIFEST.json. */
static inline bool
golden_diff_is_within (const GoldenDiff *diff, double atol, double rtol)
{
  return diff->max_abs_diff <= MAX (atol, rtol * diff->max_abs_ref);
}
