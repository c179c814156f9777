/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that calls libsoxr. */
#include "dsp/resampler.h"

#include <math.h>
#include <soxr.h>
#include <stdint.h>
#include <string.h>

#include "dsp/decimator.h"
#include "dsp/error.h"
#include "dsp/kernels.h"

#define RATE_MIN 1.0
#define RATE_MAX 1e6

/* Samples passed to soxr at once: its buffers grow to the largest input so far,
 * so this bounds them, and they stop growing after the first second or so. */
#define BLOCK_LEN 1024

/* Of the response that libsoxr's filter is read from. What is smaller than a
 * tap is rounding. */
#define CENTRE (2 * DSP_DECIMATOR_REACH_MAX)
#define TAP_MIN 1e-11

struct _DspResampler {
  double rate_in;
  double rate_out;
  /* At most one of them, neither if the rates are equal. */
  DspDecimator *decimator;
  soxr_t soxr;
  uint64_t n_in;  /* samples taken since the stream began */
  uint64_t n_out; /* samples written */
};

/* taps [2 * CENTRE + 1]: what libsoxr makes of single samples, in double
 * precision. Sample `phase` of the three that an output stands for gives every
 * third tap. */
static soxr_error_t
measure_taps (double *taps)
{
  const soxr_io_spec_t io = soxr_io_spec (SOXR_FLOAT64_I, SOXR_FLOAT64_I);
  const soxr_quality_spec_t quality =
      soxr_quality_spec (SOXR_HQ, SOXR_DOUBLE_PRECISION);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec (1);
  const size_t factor = DSP_DECIMATOR_FACTOR;
  const size_t n_in = 2 * CENTRE + factor, n_out = n_in / factor;
  g_autofree double *in = g_new0 (double, n_in);
  g_autofree double *out = g_new0 (double, n_out);
  soxr_error_t error = NULL;

  for (size_t phase = 0; phase < factor && !error; phase++) {
    size_t n_made;

    in[CENTRE + phase] = 1;
    error = soxr_oneshot ((double) factor, 1, 1, in, n_in, NULL, out, n_out,
        &n_made, &io, &quality, &runtime);
    in[CENTRE + phase] = 0;
    for (size_t i = phase > 0; i < n_out; i++)
      taps[i * factor - phase] = out[i];
  }
  return error;
}

/* The filter of libsoxr's HQ recipe for a third of the rate. Other ratios are
 * several filters one after the other (of these libsoxr leaves out the first
 * sample for the second), or change from output to output. */
static DspDecimatorFilter *
filter_new (GError **error)
{
  g_autofree double *taps = g_new0 (double, 2 * CENTRE + 1);
  const soxr_error_t reason = measure_taps (taps);
  size_t reach = CENTRE;

  if (reason) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY, "no filter: %s",
        soxr_strerror (reason));
    return NULL;
  }
  while (reach > 0 && fabs (taps[CENTRE + reach]) < TAP_MIN)
    reach--;
  return dsp_decimator_filter_new (taps + CENTRE - reach, reach, error);
}

/* Borrowed, for the life of the process. */
static const DspDecimatorFilter *
shared_filter (GError **error)
{
  static GMutex lock;
  static DspDecimatorFilter *filter;

  g_mutex_lock (&lock);
  if (!filter)
    filter = filter_new (error);
  g_mutex_unlock (&lock);
  return filter;
}

DspResampler *
dsp_resampler_new (double rate_in, double rate_out, GError **error)
{
  const double rates[] = { rate_in, rate_out };

  for (size_t i = 0; i < G_N_ELEMENTS (rates); i++)
    if (!(rates[i] >= RATE_MIN && rates[i] <= RATE_MAX)) {
      g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
          "sample rate %g Hz is not within %g..%g", rates[i], RATE_MIN,
          RATE_MAX);
      return NULL;
    }

  g_autoptr (DspResampler) self = g_new0 (DspResampler, 1);

  self->rate_in = rate_in;
  self->rate_out = rate_out;
  if (rate_in == rate_out)
    return g_steal_pointer (&self);

  if (rate_in == DSP_DECIMATOR_FACTOR * rate_out) {
    const DspDecimatorFilter *const filter = shared_filter (error);

    if (filter)
      self->decimator = dsp_decimator_new (filter, error);
    return self->decimator ? g_steal_pointer (&self) : NULL;
  }

  const soxr_io_spec_t io = soxr_io_spec (SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_quality_spec_t quality = soxr_quality_spec (SOXR_HQ, 0);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec (1);
  soxr_error_t reason = NULL;

  self->soxr =
      soxr_create (rate_in, rate_out, 1, &reason, &io, &quality, &runtime);
  if (!self->soxr) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no converter from %g to %g Hz: %s", rate_in, rate_out,
        soxr_strerror (reason));
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
dsp_resampler_free (DspResampler *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->decimator, dsp_decimator_free);
  g_clear_pointer (&self->soxr, soxr_delete);
  g_free (self);
}

static size_t
pass_through (
    const float *in, size_t n_in, size_t *n_used, float *out, size_t n_out)
{
  *n_used = MIN (n_in, n_out);
  if (*n_used > 0)
    memcpy (out, in, *n_used * sizeof *out);
  return *n_used;
}

static size_t
push_to_soxr (soxr_t soxr, const float *in, size_t n_in, size_t *n_used,
    float *out, size_t n_out)
{
  float block[BLOCK_LEN];
  size_t used = 0;
  size_t written = 0;

  do {
    const size_t n = MIN (n_in - used, BLOCK_LEN);
    size_t taken = 0;
    size_t made = 0;

    /* A single NaN would stay in the filter for ever. */
    dsp_kernels ()->clean (in + used, n, block);

    /* Fails only if a reset found no memory; everything is dropped then. */
    if (soxr_process (
            soxr, block, n, &taken, out + written, n_out - written, &made))
      taken = n;
    used += taken;
    written += made;
  } while (used < n_in && written < n_out);
  *n_used = used;
  return written;
}

size_t
dsp_resampler_push (DspResampler *self, const float *in, size_t n_in,
    size_t *n_used, float *out, size_t n_out)
{
  size_t written;

  if (self->decimator)
    written =
        dsp_decimator_push (self->decimator, in, n_in, n_used, out, n_out);
  else if (self->soxr)
    written = push_to_soxr (self->soxr, in, n_in, n_used, out, n_out);
  else
    written = pass_through (in, n_in, n_used, out, n_out);
  self->n_in += *n_used;
  self->n_out += written;
  return written;
}

/* The next samples behind the end of the stream; 0: there are no more. */
static size_t
flush (DspResampler *self, float *out, size_t n_out)
{
  static const float silence[BLOCK_LEN];
  size_t made = 0, used;

  if (self->decimator)
    do
      made = dsp_decimator_push (
          self->decimator, silence, BLOCK_LEN, &used, out, n_out);
    while (made == 0);
  else if (soxr_process (self->soxr, NULL, 0, NULL, out, n_out, &made))
    return 0;
  return made;
}

/* soxr ends a stream after round (n * ratio) samples; librosa.resample, which
 * promises ceil, appends a zero for the missing one, and so do we. */
size_t
dsp_resampler_drain (DspResampler *self, float *out, size_t n_out)
{
  if (!self->decimator && !self->soxr)
    return 0;

  const uint64_t total =
      (uint64_t) ceil ((double) self->n_in * self->rate_out / self->rate_in);
  const size_t rest =
      (size_t) MIN (total - MIN (total, self->n_out), (uint64_t) n_out);
  size_t written = 0;

  while (written < rest) {
    const size_t made = flush (self, out + written, rest - written);

    if (made == 0)
      break;
    written += made;
  }
  for (; written < rest; written++)
    out[written] = 0.0f;
  self->n_out += written;
  return written;
}

bool
dsp_resampler_prefers_long_pushes (const DspResampler *self)
{
  return self->soxr != NULL;
}

void
dsp_resampler_reset (DspResampler *self)
{
  self->n_in = 0;
  self->n_out = 0;
  if (self->decimator)
    dsp_decimator_reset (self->decimator);
  if (!self->soxr)
    return;
  /* After a clear the ratio has to be set again, which builds the filters. */
  soxr_clear (self->soxr);
  soxr_set_io_ratio (self->soxr, self->rate_in / self->rate_out, 0);
}
