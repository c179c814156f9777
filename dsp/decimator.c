/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/decimator.h"

#include <stdbool.h>
#include <string.h>

#include "dsp/error.h"
#include "dsp/fft.h"
#include "dsp/kernels.h"

/* The output of a block, of which the middle is used, and its samples. */
#define OUT_LEN ((size_t) 512)
#define IN_LEN (DSP_DECIMATOR_FACTOR * OUT_LEN)
#define N_BINS (IN_LEN / 2 + 1)

struct _DspDecimatorFilter {
  size_t n_before;        /* outputs of a block that others overlap, */
  size_t n_made;          /* and those between them and as many at its end */
  DspFftSingle *forward;  /* of IN_LEN */
  DspFftSingle *inverse;  /* of OUT_LEN */
  float response[N_BINS]; /* over IN_LEN */
};

struct _DspDecimator {
  const DspDecimatorFilter *filter; /* borrowed */
  float *block; /* [IN_LEN], of which so many are samples: */
  size_t n;
  size_t n_made; /* outputs at its end that were not handed over yet; no sample
                    is taken as long as there are any */
};

/* The spectrum of taps around sample 0 is real. */
static bool
transform_taps (
    DspDecimatorFilter *self, const double *taps, size_t reach, GError **error)
{
  float *const wave = dsp_fft_alloc (IN_LEN * sizeof *wave);
  float complex *const bins = dsp_fft_alloc (N_BINS * sizeof *bins);
  const bool has_memory = wave && bins;

  if (has_memory) {
    for (size_t k = 0; k <= reach; k++)
      wave[k] = wave[(IN_LEN - k) % IN_LEN] = (float) taps[reach + k];
    dsp_fft_single_forward (self->forward, wave, bins);
    for (size_t k = 0; k < N_BINS; k++)
      self->response[k] = crealf (bins[k]) / (float) IN_LEN;
  } else
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for a filter of %zu taps", 2 * reach + 1);
  dsp_fft_buffer_free (wave);
  dsp_fft_buffer_free (bins);
  return has_memory;
}

DspDecimatorFilter *
dsp_decimator_filter_new (const double *taps, size_t reach, GError **error)
{
  g_autoptr (DspDecimatorFilter) self = g_new0 (DspDecimatorFilter, 1);

  if (reach > DSP_DECIMATOR_REACH_MAX) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "%zu taps on either side are more than %zu", reach,
        DSP_DECIMATOR_REACH_MAX);
    return NULL;
  }
  self->n_before = (reach + DSP_DECIMATOR_FACTOR - 1) / DSP_DECIMATOR_FACTOR;
  self->n_made = OUT_LEN - 2 * self->n_before;
  self->forward = dsp_fft_single_new (IN_LEN, error);
  if (!self->forward)
    return NULL;
  self->inverse = dsp_fft_single_new (OUT_LEN, error);
  if (!self->inverse || !transform_taps (self, taps, reach, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
dsp_decimator_filter_free (DspDecimatorFilter *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->forward, dsp_fft_single_free);
  g_clear_pointer (&self->inverse, dsp_fft_single_free);
  g_free (self);
}

DspDecimator *
dsp_decimator_new (const DspDecimatorFilter *filter, GError **error)
{
  float *const block = dsp_fft_alloc (IN_LEN * sizeof *block);

  if (!block) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for %zu samples", IN_LEN);
    return NULL;
  }

  DspDecimator *const self = g_new0 (DspDecimator, 1);

  self->filter = filter;
  self->block = block;
  dsp_decimator_reset (self);
  return self;
}

void
dsp_decimator_free (DspDecimator *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->block, dsp_fft_buffer_free);
  g_free (self);
}

void
dsp_decimator_reset (DspDecimator *self)
{
  self->n = DSP_DECIMATOR_FACTOR * self->filter->n_before;
  self->n_made = 0;
  memset (self->block, 0, self->n * sizeof *self->block);
}

/* block [IN_LEN] -> out [n_made] */
static void
apply (const DspDecimatorFilter *self, float *block, float *out)
{
  float complex bins[N_BINS] __attribute__ ((aligned (DSP_FFT_ALIGN)));
  float wave[OUT_LEN] __attribute__ ((aligned (DSP_FFT_ALIGN)));
  const float *const r = self->response;

  dsp_fft_single_forward (self->forward, block, bins);
  /* Once only every third sample is left, bins that are OUT_LEN apart are one.
   * Those of the upper half mirror the lower one. */
  for (size_t k = 0; k <= OUT_LEN / 2; k++) {
    const size_t above = OUT_LEN + k, mirrored = OUT_LEN - k;

    bins[k] = r[k] * bins[k] + r[above] * bins[above]
        + r[mirrored] * conjf (bins[mirrored]);
  }
  dsp_fft_single_inverse (self->inverse, bins, wave);
  memcpy (out, wave + self->n_before, self->n_made * sizeof *out);
}

/* A whole block: its outputs take the place of samples that are not needed any
 * more. */
static void
process (DspDecimator *self)
{
  const size_t n_made = self->filter->n_made;
  const size_t n_gone = DSP_DECIMATOR_FACTOR * n_made;
  float made[OUT_LEN];

  apply (self->filter, self->block, made);
  self->n -= n_gone;
  memmove (self->block, self->block + n_gone, self->n * sizeof *self->block);
  memcpy (self->block + IN_LEN - n_made, made, n_made * sizeof *made);
  self->n_made = n_made;
}

size_t
dsp_decimator_push (DspDecimator *self, const float *in, size_t n_in,
    size_t *n_used, float *out, size_t n_out)
{
  size_t written = 0;

  *n_used = 0;
  for (;;) {
    const size_t n = MIN (self->n_made, n_out - written);

    memcpy (
        out + written, self->block + IN_LEN - self->n_made, n * sizeof *out);
    written += n;
    self->n_made -= n;
    if (self->n_made > 0 || *n_used == n_in)
      return written;

    const size_t taken = MIN (n_in - *n_used, IN_LEN - self->n);

    /* A single NaN would spoil a whole block. */
    dsp_kernels ()->clean (in + *n_used, taken, self->block + self->n);
    self->n += taken;
    *n_used += taken;
    if (self->n == IN_LEN)
      process (self);
  }
}
