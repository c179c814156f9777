/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/stft.h"

#include <math.h>
#include <string.h>

#include "dsp/error.h"
#include "dsp/fft.h"
#include "dsp/kernels.h"

struct _DspStft {
  const DspKernels *kernels;
  size_t n_fft;
  size_t hop_length;
  DspFft *fft;
  double *window;       /* [n_fft] */
  double *frame;        /* [n_fft], windowed samples */
  double complex *bins; /* [n_fft / 2 + 1] */
};

DspStft *
dsp_stft_new (size_t n_fft, size_t hop_length, GError **error)
{
  if (hop_length == 0) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG, "hop length is 0");
    return NULL;
  }

  g_autoptr (DspStft) self = g_new0 (DspStft, 1);

  self->kernels = dsp_kernels ();
  self->n_fft = n_fft;
  self->hop_length = hop_length;
  self->fft = dsp_fft_new (n_fft, error);
  if (!self->fft)
    return NULL;
  self->window = dsp_fft_alloc (n_fft * sizeof (double));
  self->frame = dsp_fft_alloc (n_fft * sizeof (double));
  self->bins = dsp_fft_alloc ((n_fft / 2 + 1) * sizeof (double complex));
  if (!self->window || !self->frame || !self->bins) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for frames of %zu samples", n_fft);
    return NULL;
  }

  for (size_t i = 0; i < n_fft; i++)
    self->window[i] = 0.5 - 0.5 * cos (2 * G_PI * (double) i / (double) n_fft);
  return g_steal_pointer (&self);
}

void
dsp_stft_free (DspStft *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->fft, dsp_fft_free);
  g_clear_pointer (&self->window, dsp_fft_buffer_free);
  g_clear_pointer (&self->frame, dsp_fft_buffer_free);
  g_clear_pointer (&self->bins, dsp_fft_buffer_free);
  g_free (self);
}

size_t
dsp_stft_n_bins (const DspStft *self)
{
  return self->n_fft / 2 + 1;
}

size_t
dsp_stft_n_frames (const DspStft *self, size_t n_samples)
{
  return 1 + n_samples / self->hop_length;
}

const double *
dsp_stft_window (const DspStft *self)
{
  return self->window;
}

/* Fills self->frame. The frame begins n_fft / 2 samples before its centre. */
static void
load_frame (DspStft *self, const float *samples, size_t n_samples, size_t frame)
{
  const size_t half = self->n_fft / 2;
  const size_t centre = frame * self->hop_length;
  const size_t skip = MIN (centre < half ? half - centre : 0, self->n_fft);
  const size_t start = centre + skip - half; /* of the samples */
  const size_t n =
      start < n_samples ? MIN (n_samples - start, self->n_fft - skip) : 0;

  memset (self->frame, 0, skip * sizeof (double));
  if (n > 0)
    self->kernels->apply_window (
        samples + start, self->window + skip, n, self->frame + skip);
  memset (
      self->frame + skip + n, 0, (self->n_fft - skip - n) * sizeof (double));
}

void
dsp_stft_spectrum (DspStft *self, const float *samples, size_t n_samples,
    size_t frame, double complex *spectrum)
{
  load_frame (self, samples, n_samples, frame);
  dsp_fft_forward (self->fft, self->frame, self->bins);
  memcpy (spectrum, self->bins, dsp_stft_n_bins (self) * sizeof *spectrum);
}

void
dsp_stft_power (DspStft *self, const float *samples, size_t n_samples,
    size_t frame, float *power)
{
  const size_t n_bins = dsp_stft_n_bins (self);
  load_frame (self, samples, n_samples, frame);
  dsp_fft_forward (self->fft, self->frame, self->bins);
  self->kernels->power ((const double *) self->bins, n_bins, power);
}
