/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Curves over the epochs, as SVG in a page. */
#pragma once

#include <glib.h>

typedef struct {
  const char *title;                   /* HTML */
  const double *training, *validation; /* [n]; NaN: not known */
  gsize n;
  gsize best; /* epoch from 1; 0: none is the best */
} TrainCurves;

void train_report_curves (GString *out, const TrainCurves *curves);
