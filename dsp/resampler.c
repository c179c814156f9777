/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that calls libsoxr. */
#include "dsp/resampler.h"

#include <math.h>
#include <soxr.h>
#include <stdint.h>
#include <string.h>

#include "dsp/error.h"
#include "dsp/kernels.h"

#define RATE_MIN 1.0
#define RATE_MAX 1e6

/* Samples passed to soxr at once: its buffers grow to the largest input so far,
 * so this bounds them, and they stop growing after the first second or so. */
#define BLOCK_LEN 1024

struct _DspResampler {
  double rate_in;
  double rate_out;
  soxr_t soxr;    /* NULL if the rates are equal */
  uint64_t n_in;  /* samples taken since the stream began */
  uint64_t n_out; /* samples written */
};

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

size_t
dsp_resampler_push (DspResampler *self, const float *in, size_t n_in,
    size_t *n_used, float *out, size_t n_out)
{
  if (!self->soxr)
    return pass_through (in, n_in, n_used, out, n_out);

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
    if (soxr_process (self->soxr, block, n, &taken, out + written,
            n_out - written, &made))
      taken = n;
    used += taken;
    written += made;
  } while (used < n_in && written < n_out);
  self->n_in += used;
  self->n_out += written;
  *n_used = used;
  return written;
}

/* soxr ends a stream after round (n * ratio) samples; librosa.resample, which
 * promises ceil, appends a zero for the missing one, and so do we. */
size_t
dsp_resampler_drain (DspResampler *self, float *out, size_t n_out)
{
  if (!self->soxr)
    return 0;

  const uint64_t total =
      (uint64_t) ceil ((double) self->n_in * self->rate_out / self->rate_in);
  const size_t rest =
      (size_t) MIN (total - MIN (total, self->n_out), (uint64_t) n_out);
  size_t written = 0;

  while (written < rest) {
    size_t made = 0;

    if (soxr_process (
            self->soxr, NULL, 0, NULL, out + written, rest - written, &made)
        || made == 0)
      break;
    written += made;
  }
  for (; written < rest; written++)
    out[written] = 0.0f;
  self->n_out += written;
  return written;
}

void
dsp_resampler_reset (DspResampler *self)
{
  self->n_in = 0;
  self->n_out = 0;
  if (!self->soxr)
    return;
  /* After a clear the ratio has to be set again, which builds the filters. */
  soxr_clear (self->soxr);
  soxr_set_io_ratio (self->soxr, self->rate_in / self->rate_out, 0);
}
