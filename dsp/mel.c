/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/mel.h"

#include <math.h>
#include <stdbool.h>

#include "dsp/error.h"
#include "dsp/kernels.h"

struct _DspMel {
  const DspKernels *kernels;
  size_t n_mels;
  DspBand *bands; /* [n_mels] */
  float *weights; /* of all bands, one after the other */
};

/* The Slaney scale: linear below 1 kHz, logarithmic above. */
#define HZ_PER_MEL (200.0 / 3.0)
#define LOG_START_HZ 1000.0
#define LOG_START_MEL 15.0
#define LOG_STEP (log (6.4) / 27.0)

/* HTK's: logarithmic from 700 Hz below zero on. */
#define HTK_MEL 2595.0
#define HTK_HZ 700.0

double
dsp_mel_from_hz (double hz, bool htk)
{
  if (htk)
    return HTK_MEL * log10 (1 + hz / HTK_HZ);
  if (hz < LOG_START_HZ)
    return hz / HZ_PER_MEL;
  return LOG_START_MEL + log (hz / LOG_START_HZ) / LOG_STEP;
}

static double
mel_to_hz (double mel, bool htk)
{
  if (htk)
    return HTK_HZ * (pow (10, mel / HTK_MEL) - 1);
  if (mel < LOG_START_MEL)
    return mel * HZ_PER_MEL;
  return LOG_START_HZ * exp (LOG_STEP * (mel - LOG_START_MEL));
}

static bool
check_config (const DspMelConfig *c, GError **error)
{
  if (!(c->rate > 0) || c->n_fft < 2 || c->n_fft % 2 != 0 || c->n_mels == 0)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "no mel bank has %zu bands of %zu samples at %g Hz", c->n_mels,
        c->n_fft, c->rate);
  else if (!(c->f_min >= 0 && c->f_min < c->f_max && c->f_max <= c->rate / 2))
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "mel range %g..%g Hz is empty or not within 0..%g Hz", c->f_min,
        c->f_max, c->rate / 2);
  else
    return true;
  return false;
}

/* Hz of the lower edge of a band; its centre and its upper edge are the lower
 * edges of the next two. */
static double
edge (const DspMelConfig *c, size_t band)
{
  const double low = dsp_mel_from_hz (c->f_min, c->htk);
  const double high = dsp_mel_from_hz (c->f_max, c->htk);

  return mel_to_hz (
      low + (high - low) * (double) band / (double) (c->n_mels + 1), c->htk);
}

/* Of a band, Hz. */
typedef struct {
  double low, centre, high;
} Triangle;

static float
weight (const DspMelConfig *c, const Triangle *t, size_t bin)
{
  const double hz = (double) bin * c->rate / (double) c->n_fft;
  const double up = (hz - t->low) / (t->centre - t->low);
  const double down = (t->high - hz) / (t->high - t->centre);
  const double height = c->is_plain ? 1 : 2 / (t->high - t->low);

  return (float) (MAX (0, MIN (up, down)) * height);
}

/* Appends the weights above 0 of one band, padded to whole vectors with zeros
 * after or (at the end of the spectrum) before them. */
static DspBand
add_band (const DspMelConfig *c, size_t band, GArray *weights)
{
  const size_t n_bins = c->n_fft / 2 + 1;
  const Triangle t = { edge (c, band), edge (c, band + 1), edge (c, band + 2) };
  const double bins_per_hz = (double) c->n_fft / c->rate;
  const size_t above = (size_t) (t.high * bins_per_hz) + 2;
  DspBand result = { .offset = weights->len };
  size_t end = 0;

  for (size_t k = (size_t) (t.low * bins_per_hz); k < MIN (above, n_bins); k++)
    if (weight (c, &t, k) > 0) {
      result.first = end == 0 ? k : result.first;
      end = k + 1;
    }
  if (end == 0)
    return result;
  result.len =
      (end - result.first + DSP_BAND_STEP - 1) / DSP_BAND_STEP * DSP_BAND_STEP;
  result.len = MIN (result.len, n_bins);
  result.first = MIN (result.first, n_bins - result.len);
  for (size_t k = 0; k < result.len; k++) {
    const float value = weight (c, &t, result.first + k);

    g_array_append_val (weights, value);
  }
  return result;
}

DspMel *
dsp_mel_new (const DspMelConfig *config, GError **error)
{
  if (!check_config (config, error))
    return NULL;

  g_autoptr (GArray) weights = g_array_new (false, false, sizeof (float));
  DspMel *self = g_new0 (DspMel, 1);

  self->kernels = dsp_kernels ();
  self->n_mels = config->n_mels;
  self->bands = g_new0 (DspBand, config->n_mels);
  for (size_t i = 0; i < config->n_mels; i++)
    self->bands[i] = add_band (config, i, weights);
  self->weights = (float *) g_array_steal (weights, NULL);
  return self;
}

void
dsp_mel_free (DspMel *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->bands, g_free);
  g_clear_pointer (&self->weights, g_free);
  g_free (self);
}

float
dsp_mel_weight (const DspMel *self, size_t band, size_t bin)
{
  g_return_val_if_fail (band < self->n_mels, 0);
  const DspBand *b = &self->bands[band];

  if (bin < b->first || bin - b->first >= b->len)
    return 0;
  return self->weights[b->offset + bin - b->first];
}

void
dsp_mel_apply (const DspMel *self, const float *power, float *out)
{
  self->kernels->product (
      self->bands, self->n_mels, self->weights, power, out, 1);
}
