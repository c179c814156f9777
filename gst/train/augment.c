/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/augment.h"

#include <math.h>
#include <string.h>
#include "dsp/augment.h"
#include "dsp/vocoder.h"

/* librosa's defaults */
#define N_FFT 2048
#define HOP_LENGTH 512

struct _TrainAugment {
  TrainAugmentConfig config;
  double rate;
  gsize window_len;
  gsize source_len;
  DspVocoder *vocoder;
  float *sound; /* [buffer_len] */
  float *other; /* [buffer_len] */
};

void
train_augment_config_init (TrainAugmentConfig *config)
{
  *config = (TrainAugmentConfig){ .probability = 0.5 };
}

gboolean
train_augment_is_on (const TrainAugmentConfig *config)
{
  return config->probability > 0
      && (config->pitch_shift > 0 || config->time_stretch > 0
          || config->speed > 0 || config->time_shift > 0 || config->gain_db > 0
          || config->noise > 0 || config->snr_min != 0 || config->snr_max != 0);
}

gsize
train_augment_source_len (const TrainAugmentConfig *config, gsize window_len)
{
  return ceil (window_len * (1 + config->time_stretch) * (1 + config->speed));
}

/* Room for the source after it was made slower by both means. */
static gsize
buffer_len (const TrainAugment *self)
{
  return ceil (self->source_len
             / ((1 - self->config.time_stretch) * (1 - self->config.speed)))
      + 2;
}

TrainAugment *
train_augment_new (const TrainAugmentConfig *config, double rate,
    gsize window_len, GError **error)
{
  g_return_val_if_fail (config->time_stretch < 1 && config->speed < 1, NULL);

  g_autoptr (TrainAugment) self = g_new0 (TrainAugment, 1);

  self->config = *config;
  self->rate = rate;
  self->window_len = window_len;
  self->source_len = train_augment_source_len (config, window_len);
  self->vocoder = dsp_vocoder_new (N_FFT, HOP_LENGTH, error);
  if (!self->vocoder)
    return NULL;
  self->sound = g_new (float, buffer_len (self));
  self->other = g_new (float, buffer_len (self));
  return g_steal_pointer (&self);
}

void
train_augment_free (TrainAugment *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->vocoder, dsp_vocoder_free);
  g_clear_pointer (&self->sound, g_free);
  g_clear_pointer (&self->other, g_free);
  g_free (self);
}

/* Evenly from min..max, or `off` where it is not this one's turn. Takes the
 * same numbers from the generator either way. */
static double
draw (const TrainAugment *self, GRand *rand, double min, double max, double off)
{
  const gboolean on = g_rand_double (rand) < self->config.probability;
  const double value = min + (max - min) * g_rand_double (rand);

  return on && max > min ? value : off;
}

static gsize
change_speed (TrainAugment *self, gsize n, double factor)
{
  gsize n_out;
  g_autofree float *faster =
      dsp_change_speed (self->sound, n, factor, &n_out, NULL);

  if (!faster)
    return n;
  n_out = MIN (n_out, buffer_len (self));
  memcpy (self->sound, faster, n_out * sizeof *faster);
  return n_out;
}

static gsize
stretch (TrainAugment *self, gsize n, double rate)
{
  float *const stretched = self->other;
  const gsize n_out = dsp_vocoder_stretched_len (n, rate);

  if (n_out == 0)
    return n;
  dsp_vocoder_stretch (self->vocoder, self->sound, n, rate, stretched);
  self->other = self->sound;
  self->sound = stretched;
  return n_out;
}

/* What may change the length; returns the new one. */
static gsize
bend (TrainAugment *self, gsize n, GRand *rand)
{
  const TrainAugmentConfig *const config = &self->config;
  const double speed =
      draw (self, rand, 1 - config->speed, 1 + config->speed, 1);
  const double rate =
      draw (self, rand, 1 - config->time_stretch, 1 + config->time_stretch, 1);
  const double pitch =
      draw (self, rand, -config->pitch_shift, config->pitch_shift, 0);

  if (speed != 1)
    n = change_speed (self, n, speed);
  if (rate != 1)
    n = stretch (self, n, rate);
  n = MIN (n, self->window_len);
  if (pitch != 0)
    dsp_vocoder_shift_pitch (
        self->vocoder, self->sound, n, pitch, self->sound, NULL);
  return n;
}

/* What changes the window as a whole. */
static void
colour (TrainAugment *self, GRand *rand)
{
  const TrainAugmentConfig *const config = &self->config;
  const gsize n = self->window_len;
  const double shift =
      draw (self, rand, -config->time_shift, config->time_shift, 0);
  const double gain = draw (self, rand, -config->gain_db, config->gain_db, 0);
  const double snr =
      draw (self, rand, config->snr_min, config->snr_max, INFINITY);
  const gboolean is_noisy = g_rand_double (rand) < config->probability;

  dsp_roll (self->sound, n, lrint (shift * self->rate));
  dsp_gain (self->sound, n, gain);
  if (isfinite (snr))
    dsp_add_noise_at_snr (self->sound, n, snr, rand);
  if (is_noisy && config->noise > 0)
    dsp_add_noise (self->sound, n, config->noise, rand);
}

const float *
train_augment_apply (TrainAugment *self, const float *in, gsize n, GRand *rand)
{
  n = MIN (n, self->source_len);
  memcpy (self->sound, in, n * sizeof *in);
  n = bend (self, n, rand);
  memset (self->sound + n, 0, (self->window_len - n) * sizeof *in);
  colour (self, rand);
  return self->sound;
}
