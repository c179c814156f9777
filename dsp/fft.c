/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that calls FFTW. */
#include "dsp/fft.h"

#include <fftw3.h>
#include <stdbool.h>
#include <string.h>

#include "dsp/error.h"

/* Of FFTW, only execute is thread-safe. */
static GMutex planner_lock;

struct _DspFft {
  size_t n;
  fftw_plan forward;
  fftw_plan inverse;
};

struct _DspFftSingle {
  fftwf_plan forward;
  fftwf_plan inverse;
};

/* FFTW_ESTIMATE chooses the same plan every time, so features, and models
 * trained on them, are reproducible bit for bit; FFTW_MEASURE depends on
 * timing. For 2048 its plan is 3 % faster (tests/bench). */
#define PLAN FFTW_ESTIMATE

static bool
check_length (size_t n, GError **error)
{
  if (n >= 2 && n % 2 == 0 && n <= DSP_FFT_MAX)
    return true;
  g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
      "transform length %zu is not an even number from 2 to %zu", n,
      DSP_FFT_MAX);
  return false;
}

static void
set_memory_error (size_t n, GError **error)
{
  g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
      "no memory for transforms of length %zu", n);
}

DspFft *
dsp_fft_new (size_t n, GError **error)
{
  if (!check_length (n, error))
    return NULL;

  g_autoptr (DspFft) self = g_new0 (DspFft, 1);
  double *real = dsp_fft_alloc (n * sizeof (double));
  double complex *bins = dsp_fft_alloc ((n / 2 + 1) * sizeof (double complex));

  self->n = n;
  if (real && bins) {
    g_mutex_lock (&planner_lock);
    self->forward = fftw_plan_dft_r2c_1d ((int) n, real, bins, PLAN);
    self->inverse = fftw_plan_dft_c2r_1d ((int) n, bins, real, PLAN);
    g_mutex_unlock (&planner_lock);
  }
  dsp_fft_buffer_free (real);
  dsp_fft_buffer_free (bins);
  if (!self->forward || !self->inverse) {
    set_memory_error (n, error);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
dsp_fft_free (DspFft *self)
{
  if (!self)
    return;
  g_mutex_lock (&planner_lock);
  g_clear_pointer (&self->forward, fftw_destroy_plan);
  g_clear_pointer (&self->inverse, fftw_destroy_plan);
  g_mutex_unlock (&planner_lock);
  g_free (self);
}

void *
dsp_fft_alloc (size_t n_bytes)
{
  void *buffer = fftw_malloc (n_bytes);

  if (buffer)
    memset (buffer, 0, n_bytes);
  return buffer;
}

void
dsp_fft_buffer_free (void *buffer)
{
  fftw_free (buffer);
}

void
dsp_fft_forward (const DspFft *self, double *in, double complex *out)
{
  fftw_execute_dft_r2c (self->forward, in, out);
}

void
dsp_fft_inverse (const DspFft *self, double complex *in, double *out)
{
  const double scale = 1.0 / (double) self->n;

  fftw_execute_dft_c2r (self->inverse, in, out);
  for (size_t i = 0; i < self->n; i++)
    out[i] *= scale;
}

DspFftSingle *
dsp_fft_single_new (size_t n, GError **error)
{
  if (!check_length (n, error))
    return NULL;

  g_autoptr (DspFftSingle) self = g_new0 (DspFftSingle, 1);
  float *real = dsp_fft_alloc (n * sizeof (float));
  float complex *bins = dsp_fft_alloc ((n / 2 + 1) * sizeof (float complex));

  if (real && bins) {
    g_mutex_lock (&planner_lock);
    self->forward = fftwf_plan_dft_r2c_1d ((int) n, real, bins, PLAN);
    self->inverse = fftwf_plan_dft_c2r_1d ((int) n, bins, real, PLAN);
    g_mutex_unlock (&planner_lock);
  }
  dsp_fft_buffer_free (real);
  dsp_fft_buffer_free (bins);
  if (!self->forward || !self->inverse) {
    set_memory_error (n, error);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
dsp_fft_single_free (DspFftSingle *self)
{
  if (!self)
    return;
  g_mutex_lock (&planner_lock);
  g_clear_pointer (&self->forward, fftwf_destroy_plan);
  g_clear_pointer (&self->inverse, fftwf_destroy_plan);
  g_mutex_unlock (&planner_lock);
  g_free (self);
}

void
dsp_fft_single_forward (const DspFftSingle *self, float *in, float complex *out)
{
  fftwf_execute_dft_r2c (self->forward, in, out);
}

void
dsp_fft_single_inverse (const DspFftSingle *self, float complex *in, float *out)
{
  fftwf_execute_dft_c2r (self->inverse, in, out);
}
