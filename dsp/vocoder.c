/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/vocoder.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "dsp/error.h"
#include "dsp/fft.h"
#include "dsp/kernels.h"
#include "dsp/resampler.h"
#include "dsp/stft.h"

/* A frame of the input in polar form: magnitudes and unit vectors. */
typedef struct {
  size_t index;
  double *magnitude;    /* [n_bins] */
  double complex *unit; /* [n_bins], of length 1; 1 where the bin is 0 */
} Frame;

struct _DspVocoder {
  size_t n_fft;
  size_t hop_length;
  size_t n_bins;
  DspStft *stft;
  DspFft *fft;
  Frame frames[2];       /* number i is in frames[i % 2] */
  double complex *phase; /* [n_bins], of the output, of length 1 */
  double complex *bins;  /* [n_bins] of an output frame */
  double *frame;         /* [n_fft] of an output frame */
  double *sum;           /* [n_fft] of overlapping output frames */
  double *weight;        /* [n_fft] of the squares of their windows */
};

/* Zeroed memory; sets *failed if there is none. */
static void *
alloc (size_t n, size_t size, bool *failed)
{
  void *buffer = dsp_fft_alloc (n * size);

  if (!buffer)
    *failed = true;
  return buffer;
}

DspVocoder *
dsp_vocoder_new (size_t n_fft, size_t hop_length, GError **error)
{
  g_autoptr (DspVocoder) self = g_new0 (DspVocoder, 1);
  bool failed = false;

  if (hop_length > n_fft / 2) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "hop length %zu is more than half of %zu samples", hop_length, n_fft);
    return NULL;
  }
  self->n_fft = n_fft;
  self->hop_length = hop_length;
  self->stft = dsp_stft_new (
      &(DspStftConfig){ .n_fft = n_fft, .hop_length = hop_length }, error);
  if (!self->stft)
    return NULL;
  self->fft = dsp_fft_new (n_fft, error);
  if (!self->fft)
    return NULL;
  self->n_bins = dsp_stft_n_bins (self->stft);
  for (size_t i = 0; i < G_N_ELEMENTS (self->frames); i++) {
    self->frames[i].magnitude = alloc (self->n_bins, sizeof (double), &failed);
    self->frames[i].unit =
        alloc (self->n_bins, sizeof (double complex), &failed);
  }
  self->phase = alloc (self->n_bins, sizeof (double complex), &failed);
  self->bins = alloc (self->n_bins, sizeof (double complex), &failed);
  self->frame = alloc (n_fft, sizeof (double), &failed);
  self->sum = alloc (n_fft, sizeof (double), &failed);
  self->weight = alloc (n_fft, sizeof (double), &failed);
  if (failed) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for frames of %zu samples", n_fft);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
dsp_vocoder_free (DspVocoder *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->stft, dsp_stft_free);
  g_clear_pointer (&self->fft, dsp_fft_free);
  for (size_t i = 0; i < G_N_ELEMENTS (self->frames); i++) {
    g_clear_pointer (&self->frames[i].magnitude, dsp_fft_buffer_free);
    g_clear_pointer (&self->frames[i].unit, dsp_fft_buffer_free);
  }
  g_clear_pointer (&self->phase, dsp_fft_buffer_free);
  g_clear_pointer (&self->bins, dsp_fft_buffer_free);
  g_clear_pointer (&self->frame, dsp_fft_buffer_free);
  g_clear_pointer (&self->sum, dsp_fft_buffer_free);
  g_clear_pointer (&self->weight, dsp_fft_buffer_free);
  g_free (self);
}

size_t
dsp_vocoder_stretched_len (size_t n_samples, double rate)
{
  g_return_val_if_fail (rate >= DSP_STRETCH_MIN && rate <= DSP_STRETCH_MAX, 0);
  return (size_t) rint ((double) n_samples / rate);
}

/* Frame number index of the input; frames past its end are zero. */
static const Frame *
load_frame (
    DspVocoder *self, const float *samples, size_t n_samples, size_t index)
{
  Frame *frame = &self->frames[index % G_N_ELEMENTS (self->frames)];
  double complex *bins = self->bins;

  if (frame->index == index)
    return frame;
  frame->index = index;
  if (index < dsp_stft_n_frames (self->stft, n_samples))
    dsp_stft_spectrum (self->stft, samples, n_samples, index, bins);
  else
    memset (bins, 0, self->n_bins * sizeof *bins);
  dsp_kernels ()->polar ((const double *) bins, self->n_bins, frame->magnitude,
      (double *) frame->unit);
  return frame;
}

/* Interpolates an output frame at that fraction of the way from one input frame
 * to the next, and advances each bin's phase as it does from the first to the
 * second. */
static void
make_bins (
    DspVocoder *self, const Frame *first, const Frame *second, double fraction)
{
  const DspKernels *const kernels = dsp_kernels ();

  kernels->between (first->magnitude, second->magnitude, fraction,
      (const double *) self->phase, self->n_bins, (double *) self->bins);
  kernels->turn ((const double *) second->unit, (const double *) first->unit,
      self->n_bins, (double *) self->phase);
  /* Those two bins of a real signal are real. */
  self->bins[0] = creal (self->bins[0]);
  self->bins[self->n_bins - 1] = creal (self->bins[self->n_bins - 1]);
}

/* Overlap-adds the frame of self->bins. */
static void
add_frame (DspVocoder *self)
{
  const double *window = dsp_stft_window (self->stft);

  dsp_fft_inverse (self->fft, self->bins, self->frame);
  for (size_t i = 0; i < self->n_fft; i++) {
    self->sum[i] += self->frame[i] * window[i];
    self->weight[i] += window[i] * window[i];
  }
}

/* Removes n samples from the front of the overlap-add and writes those within
 * the output; at is the position of the front, counted from n_fft / 2 before
 * the output's first sample. */
static void
emit (DspVocoder *self, size_t at, size_t n, float *out, size_t n_out)
{
  const size_t half = self->n_fft / 2;
  const size_t rest = self->n_fft - n;

  const size_t first = at < half ? MIN (half - at, n) : 0;

  for (size_t i = first; i < n && at + i - half < n_out; i++)
    out[at + i - half] = (float) (self->weight[i] > (double) FLT_MIN
            ? self->sum[i] / self->weight[i]
            : self->sum[i]);
  memmove (self->sum, self->sum + n, rest * sizeof (double));
  memmove (self->weight, self->weight + n, rest * sizeof (double));
  memset (self->sum + rest, 0, n * sizeof (double));
  memset (self->weight + rest, 0, n * sizeof (double));
}

void
dsp_vocoder_stretch (DspVocoder *self, const float *samples, size_t n_samples,
    double rate, float *out)
{
  const size_t n_out = dsp_vocoder_stretched_len (n_samples, rate);
  const size_t n_in_frames = dsp_stft_n_frames (self->stft, n_samples);
  const size_t hop = self->hop_length;
  size_t at = 0;

  memset (self->sum, 0, self->n_fft * sizeof (double));
  memset (self->weight, 0, self->n_fft * sizeof (double));
  for (size_t i = 0; i < G_N_ELEMENTS (self->frames); i++)
    self->frames[i].index = SIZE_MAX;
  memcpy (self->phase, load_frame (self, samples, n_samples, 0)->unit,
      self->n_bins * sizeof *self->phase);

  for (size_t j = 0; at < n_out + self->n_fft; j++, at += hop) {
    const double from = (double) j * rate;
    const size_t i = (size_t) from;

    if (from >= (double) n_in_frames)
      break;

    const Frame *first = load_frame (self, samples, n_samples, i);
    const Frame *second = load_frame (self, samples, n_samples, i + 1);

    make_bins (self, first, second, from - (double) i);
    add_frame (self);
    emit (self, at, hop, out, n_out);
  }
  emit (self, at, self->n_fft, out, n_out);
  at += self->n_fft;
  for (size_t i = at > self->n_fft / 2 ? at - self->n_fft / 2 : 0; i < n_out;
       i++)
    out[i] = 0;
}

/* All of in through a resampler: at most n_out samples, zero-padded. */
static void
resample (DspResampler *resampler, const float *in, size_t n_in, float *out,
    size_t n_out)
{
  size_t used;
  size_t written = dsp_resampler_push (resampler, in, n_in, &used, out, n_out);
  size_t n;

  while (
      (n = dsp_resampler_drain (resampler, out + written, n_out - written)) > 0)
    written += n;
  for (; written < n_out; written++)
    out[written] = 0;
}

bool
dsp_vocoder_shift_pitch (DspVocoder *self, const float *samples,
    size_t n_samples, double semitones, float *out, GError **error)
{
  g_return_val_if_fail (fabs (semitones) <= 12, false);

  const double rate = exp2 (-semitones / 12);
  const size_t n_stretched = dsp_vocoder_stretched_len (n_samples, rate);
  g_autofree float *stretched = g_try_new (float, n_stretched + 1);
  /* Only the ratio of the two rates matters. */
  g_autoptr (DspResampler) resampler =
      dsp_resampler_new (16000 / rate, 16000, error);

  if (!resampler)
    return false;
  if (!stretched) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for %zu samples", n_stretched);
    return false;
  }
  dsp_vocoder_stretch (self, samples, n_samples, rate, stretched);
  resample (resampler, stretched, n_stretched, out, n_samples);
  return true;
}
