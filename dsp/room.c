/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/room.h"

#include <math.h>
#include <string.h>
#include "dsp/error.h"
#include "dsp/fft.h"
#include "dsp/normal.h"
#include "dsp/sample.h"

struct _DspRoom {
  double rate;
  size_t n_max, n_tail, n_fft;
  DspFft *fft;
  double *time;                   /* [n_fft] */
  double complex *sound, *answer; /* [n_fft / 2 + 1] */
};

DspRoom *
dsp_room_new (size_t n_max, double rate, double rt60_max, GError **error)
{
  g_autoptr (DspRoom) self = NULL;
  size_t n_fft = 2;

  if (!(rate > 0) || !(rt60_max > 0) || !(rt60_max * rate < DSP_FFT_MAX)
      || n_max + (size_t) (rt60_max * rate) > DSP_FFT_MAX) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "a room of %g s for %zu samples at %g Hz is too large", rt60_max, n_max,
        rate);
    return NULL;
  }
  self = g_new0 (DspRoom, 1);
  self->rate = rate;
  self->n_max = n_max;
  self->n_tail = (size_t) (rt60_max * rate);
  while (n_fft < n_max + self->n_tail)
    n_fft *= 2;
  self->n_fft = n_fft;
  self->fft = dsp_fft_new (n_fft, error);
  if (!self->fft)
    return NULL;
  self->time = dsp_fft_alloc (n_fft * sizeof *self->time);
  self->sound = dsp_fft_alloc ((n_fft / 2 + 1) * sizeof *self->sound);
  self->answer = dsp_fft_alloc ((n_fft / 2 + 1) * sizeof *self->answer);
  if (self->time && self->sound && self->answer)
    return g_steal_pointer (&self);
  g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY, "no memory for a room");
  return NULL;
}

void
dsp_room_free (DspRoom *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->fft, dsp_fft_free);
  g_clear_pointer (&self->time, dsp_fft_buffer_free);
  g_clear_pointer (&self->sound, dsp_fft_buffer_free);
  g_clear_pointer (&self->answer, dsp_fft_buffer_free);
  g_free (self);
}

/* The impulse response into self->time. */
static void
draw_response (DspRoom *self, double rt60, double drr_db, GRand *rand)
{
  const size_t n = MIN (self->n_tail, (size_t) (rt60 * self->rate));
  const double decay = pow (10, -3 / (rt60 * self->rate));
  double envelope = 1, energy = 0, pair[2], factor;

  memset (self->time, 0, self->n_fft * sizeof *self->time);
  for (size_t t = 1; t < n; t++) {
    if (t % 2 == 1)
      dsp_normal_pair (rand, pair);
    envelope *= decay;
    self->time[t] = envelope * pair[t % 2];
    energy += self->time[t] * self->time[t];
  }
  factor = energy > 0 ? sqrt (pow (10, -drr_db / 10) / energy) : 0;
  for (size_t t = 1; t < n; t++)
    self->time[t] *= factor;
  self->time[0] = 1;
}

void
dsp_room_reverberate (DspRoom *self, float *samples, size_t n, double rt60,
    double drr_db, GRand *rand)
{
  double before = 0, after = 0, factor;

  g_return_if_fail (n <= self->n_max && rt60 > 0);
  draw_response (self, rt60, drr_db, rand);
  dsp_fft_forward (self->fft, self->time, self->answer);
  memset (self->time, 0, self->n_fft * sizeof *self->time);
  for (size_t i = 0; i < n; i++) {
    self->time[i] = (double) dsp_sample_clean (samples[i]);
    before += self->time[i] * self->time[i];
  }
  dsp_fft_forward (self->fft, self->time, self->sound);
  for (size_t k = 0; k <= self->n_fft / 2; k++)
    self->sound[k] *= self->answer[k];
  dsp_fft_inverse (self->fft, self->sound, self->time);
  for (size_t i = 0; i < n; i++)
    after += self->time[i] * self->time[i];
  factor = after > 0 ? sqrt (before / after) : 0;
  for (size_t i = 0; i < n; i++)
    samples[i] = (float) (factor * self->time[i]);
}
