/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/db.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "dsp/kernels.h"

void
dsp_power_to_db (float *values, size_t n, float ref, float amin, float top_db)
{
  const DspKernels *kernels = dsp_kernels ();
  float min, max;

  if (n == 0)
    return;
  kernels->decibels (values, n, amin);
  kernels->range (values, n, &min, &max);

  const float ref_db =
      ref == DSP_DB_REF_MAX ? max : 10.0f * log10f (MAX (amin, ref));

  kernels->subtract (values, n, ref_db, max - ref_db - top_db);
}

bool
dsp_min_max (float *values, size_t n)
{
  const DspKernels *kernels = dsp_kernels ();
  float min, max;

  if (n == 0)
    return false;
  kernels->range (values, n, &min, &max);
  if (max > min) {
    kernels->normalise (values, n, min, max - min);
    return true;
  }
  memset (values, 0, n * sizeof *values);
  return false;
}
