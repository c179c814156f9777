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
  size_t before;     /* samples of a frame before f * hop_length */
  size_t mirror_len; /* or 0 */
  DspFft *fft;
  double *window;       /* [n_fft] */
  float *mirrored;      /* [n_fft], where mirror_len > 0 */
  double *frame;        /* [n_fft], windowed samples */
  double complex *bins; /* [n_fft / 2 + 1] */
};

static bool
check_config (const DspStftConfig *c, GError **error)
{
  if (c->hop_length == 0)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG, "hop length is 0");
  else if (c->win_length > c->n_fft)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "a window of %zu samples is longer than a frame of %zu", c->win_length,
        c->n_fft);
  else if (c->mirror_len > 0 && c->mirror_len <= c->n_fft / 2)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "%zu samples are too few to be mirrored in frames of %zu",
        c->mirror_len, c->n_fft);
  else
    return true;
  return false;
}

/* Shorter windows are centred in the frame, zero-padded. A window of one sample
 * is 1, as in scipy, not 0. */
static void
design (DspStft *self, const DspStftConfig *c)
{
  const size_t len = c->win_length > 0 ? c->win_length : c->n_fft;
  const size_t first = (c->n_fft - len) / 2;
  const double mean = c->is_hamming ? 0.54 : 0.5;

  if (len == 1)
    self->window[first] = 1;
  for (size_t i = 0; i < len && len > 1; i++)
    self->window[first + i] =
        mean - (1 - mean) * cos (2 * G_PI * (double) i / (double) len);
}

DspStft *
dsp_stft_new (const DspStftConfig *config, GError **error)
{
  const size_t n_fft = config->n_fft;

  if (!check_config (config, error))
    return NULL;

  g_autoptr (DspStft) self = g_new0 (DspStft, 1);

  self->kernels = dsp_kernels ();
  self->n_fft = n_fft;
  self->hop_length = config->hop_length;
  self->before = config->is_left ? 0 : n_fft / 2;
  self->mirror_len = config->mirror_len;
  self->fft = dsp_fft_new (n_fft, error);
  if (!self->fft)
    return NULL;
  self->window = dsp_fft_alloc (n_fft * sizeof (double));
  self->frame = dsp_fft_alloc (n_fft * sizeof (double));
  self->bins = dsp_fft_alloc ((n_fft / 2 + 1) * sizeof (double complex));
  if (config->mirror_len > 0)
    self->mirrored = dsp_fft_alloc (n_fft * sizeof (float));
  if (!self->window || !self->frame || !self->bins
      || (config->mirror_len > 0 && !self->mirrored)) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for frames of %zu samples", n_fft);
    return NULL;
  }
  design (self, config);
  return g_steal_pointer (&self);
}

void
dsp_stft_free (DspStft *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->fft, dsp_fft_free);
  g_clear_pointer (&self->window, dsp_fft_buffer_free);
  g_clear_pointer (&self->mirrored, dsp_fft_buffer_free);
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

/* Whether a frame reaches beyond a mirrored end. */
static bool
is_mirrored (const DspStft *self, size_t at)
{
  return self->mirror_len > 0
      && (at < self->before
          || at - self->before + self->n_fft > self->mirror_len);
}

/* Fills self->frame with the samples from at - before on, mirrored where they
 * are outside 0..mirror_len - 1. */
static void
load_mirrored (DspStft *self, const float *samples, size_t n_samples, size_t at)
{
  const size_t last = self->mirror_len - 1;

  for (size_t i = 0; i < self->n_fft; i++) {
    size_t t =
        at + i < self->before ? self->before - at - i : at + i - self->before;

    t = t > last ? last - MIN (t - last, last) : t;
    self->mirrored[i] = t < n_samples ? samples[t] : 0;
  }
  self->kernels->apply_window (
      self->mirrored, self->window, self->n_fft, self->frame);
}

/* Fills self->frame. */
static void
load_frame (DspStft *self, const float *samples, size_t n_samples, size_t frame)
{
  const size_t at = frame * self->hop_length;

  if (is_mirrored (self, at)) {
    load_mirrored (self, samples, n_samples, at);
    return;
  }

  const size_t skip =
      MIN (at < self->before ? self->before - at : 0, self->n_fft);
  const size_t start = at + skip - self->before; /* of the samples */
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
