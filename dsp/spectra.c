/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/spectra.h"

#include <math.h>

#include "dsp/error.h"
#include "dsp/kernels.h"

struct _DspSpectra {
  const DspKernels *kernels;
  DspSpectraTables tables;
  float *window, *roots; /* [n_fft], [n_fft][2]: of tables */
};

DspSpectra *
dsp_spectra_new (size_t n_fft, GError **error)
{
  if (n_fft < DSP_SPECTRA_MIN || n_fft > DSP_SPECTRA_MAX
      || (n_fft & (n_fft - 1)) != 0) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "frames of %zu samples; expected a power of 2 from %zu to %zu", n_fft,
        DSP_SPECTRA_MIN, DSP_SPECTRA_MAX);
    return NULL;
  }

  DspSpectra *self = g_new0 (DspSpectra, 1);

  self->kernels = dsp_kernels ();
  self->window = g_new (float, n_fft);
  self->roots = g_new (float, 2 * n_fft);
  for (size_t i = 0; i < n_fft; i++) {
    const double angle = 2 * G_PI * (double) i / (double) n_fft;

    self->window[i] = (float) (0.25 - 0.25 * cos (angle));
    self->roots[2 * i] = (float) cos (angle);
    self->roots[2 * i + 1] = (float) -sin (angle);
  }
  self->tables = (DspSpectraTables){
    .n_fft = n_fft, .window = self->window, .roots = self->roots
  };
  return self;
}

void
dsp_spectra_free (DspSpectra *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->window, g_free);
  g_clear_pointer (&self->roots, g_free);
  g_free (self);
}

void
dsp_spectra_magnitude (const DspSpectra *self, const float *const *frames,
    size_t n, float *magnitude)
{
  const size_t n_bins = self->tables.n_fft / 2 + 1;

  for (size_t i = 0; i < n; i += DSP_SPECTRA_LANES)
    self->kernels->spectra (&self->tables, frames + i,
        MIN (n - i, DSP_SPECTRA_LANES), magnitude + i * n_bins);
}
