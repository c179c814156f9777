/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/db.h"

#include <glib.h>
#include <math.h>

static float
largest (const float *values, size_t n)
{
  float max = values[0];

  for (size_t i = 1; i < n; i++)
    max = MAX (max, values[i]);
  return max;
}

void
dsp_power_to_db (float *values, size_t n, float ref, float amin, float top_db)
{
  if (n == 0)
    return;

  const float max = largest (values, n);
  const float ref_power = ref == DSP_DB_REF_MAX ? max : ref;
  const float ref_db = 10.0f * log10f (MAX (amin, ref_power));
  const float floor_db = 10.0f * log10f (MAX (amin, max)) - ref_db - top_db;

  for (size_t i = 0; i < n; i++) {
    const float db = 10.0f * log10f (MAX (amin, values[i])) - ref_db;

    values[i] = MAX (db, floor_db);
  }
}

bool
dsp_min_max (float *values, size_t n)
{
  if (n == 0)
    return false;

  const float max = largest (values, n);
  float min = max;

  for (size_t i = 0; i < n; i++)
    min = MIN (min, values[i]);

  const float range = max - min;

  for (size_t i = 0; i < n; i++)
    values[i] = range > 0 ? (values[i] - min) / range : 0.0f;
  return range > 0;
}
