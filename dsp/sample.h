/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sanitises samples: everything in dsp/ that reads samples from outside does so
 * through this. */
#pragma once

#include <math.h>

/* The power of larger samples overflows a float. */
#define DSP_SAMPLE_MAX 1e12f

/* The sample, or 0 if it is NaN, infinite or beyond DSP_SAMPLE_MAX. (The
 * comparison is false for NaN, so there is no branch.) */
static inline float
dsp_sample_clean (float sample)
{
  return fabsf (sample) <= DSP_SAMPLE_MAX ? sample : 0.0f;
}
