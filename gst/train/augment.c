/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/augment.h"

#include <math.h>
#include <string.h>
#include "dsp/augment.h"
#include "dsp/channel.h"
#include "dsp/room.h"
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
  DspRoom *room; /* NULL: off */
  float *sound;  /* [buffer_len] */
  float *other;  /* [buffer_len] */
};

void
train_augment_config_init (TrainAugmentConfig *config)
{
  *config = (TrainAugmentConfig){ .probability = 0.5 };
}

void
train_noise_free (TrainNoise *noise)
{
  if (!noise)
    return;
  g_free (noise->samples);
  g_free (noise);
}

static gboolean
has_noises (const TrainAugmentConfig *config)
{
  return config->noises && config->noises->len > 0;
}

static gboolean
has_world (const TrainAugmentConfig *config)
{
  return config->position || config->equalizer_db > 0 || config->reverb > 0
      || has_noises (config) || config->clip_db > 0 || config->band_limits
      || config->mu_law;
}

gboolean
train_augment_is_on (const TrainAugmentConfig *config)
{
  return config->probability > 0
      && (config->pitch_shift > 0 || config->time_stretch > 0
          || config->speed > 0 || config->time_shift > 0 || config->gain_db > 0
          || config->noise > 0 || config->snr_min != 0 || config->snr_max != 0
          || has_world (config));
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
  if (config->reverb > 0
      && !(self->room = dsp_room_new (window_len, rate, config->reverb, error)))
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
  g_clear_pointer (&self->room, dsp_room_free);
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

/* Later in the window if there is room, else up to a fifth of the window
 * earlier. n: samples of the sound. */
static void
place (TrainAugment *self, gsize n, GRand *rand)
{
  const gsize len = self->window_len;
  const double share = draw (self, rand, 0, 1, 0);

  if (n < len) {
    const gsize shift = share * (len - n);

    memmove (self->sound + shift, self->sound, n * sizeof *self->sound);
    memset (self->sound, 0, shift * sizeof *self->sound);
  } else {
    const gsize shift = share * (len / 5);

    memmove (
        self->sound, self->sound + shift, (len - shift) * sizeof *self->sound);
    memset (self->sound + len - shift, 0, shift * sizeof *self->sound);
  }
}

static void
equalize (TrainAugment *self, GRand *rand)
{
  const double top = MIN (7000, self->rate * 0.45);
  const double most = self->config.equalizer_db;
  const gboolean on = g_rand_double (rand) < self->config.probability;

  for (guint i = 0; i < 3; i++) {
    const double octaves = log2 (top / 80) * g_rand_double (rand);
    const double gain_db = g_rand_double_range (rand, -most, most);
    const double q = g_rand_double_range (rand, 0.3, 1.5);

    if (on)
      dsp_equalize (self->sound, self->window_len, self->rate,
          80 * exp2 (octaves), gain_db, q);
  }
}

static void
reverberate (TrainAugment *self, GRand *rand)
{
  const double least = MIN (0.1, self->config.reverb / 2);
  const double rt60 = draw (self, rand, least, self->config.reverb, 0);
  const double drr_db = g_rand_double_range (rand, -3, 12);

  if (rt60 > 0)
    dsp_room_reverberate (
        self->room, self->sound, self->window_len, rt60, drr_db, rand);
}

static void
mix_noise (TrainAugment *self, GRand *rand)
{
  const TrainAugmentConfig *const config = &self->config;
  const TrainNoise *const noise = g_ptr_array_index (
      config->noises, g_rand_int_range (rand, 0, config->noises->len));
  const double snr =
      draw (self, rand, config->noise_snr_min, config->noise_snr_max, INFINITY);

  if (isfinite (snr))
    dsp_mix_at_snr (
        self->sound, self->window_len, noise->samples, noise->n, snr, rand);
}

static void
clip (TrainAugment *self, GRand *rand)
{
  const double below_db = draw (self, rand, 0, self->config.clip_db, 0);
  float peak = 0;

  for (gsize i = 0; i < self->window_len && below_db > 0; i++)
    peak = fmaxf (peak, fabsf (self->sound[i]));
  if (below_db > 0)
    dsp_clip (self->sound, self->window_len, peak * pow (10, -below_db / 20));
}

/* Half of them the telephone's; the rest anything between that and open. */
static void
limit_band (TrainAugment *self, GRand *rand)
{
  const gboolean on = g_rand_double (rand) < self->config.probability;
  const gboolean is_telephone = g_rand_boolean (rand);
  const double low = g_rand_double_range (rand, 20, 400);
  const double high = g_rand_double_range (rand, 3000, 8000);

  if (on)
    dsp_band_limit (self->sound, self->window_len, self->rate,
        is_telephone ? 300 : low, is_telephone ? 3400 : high);
}

static void
round_to_mu_law (TrainAugment *self, GRand *rand)
{
  if (g_rand_double (rand) < self->config.probability)
    dsp_mu_law (self->sound, self->window_len);
}

/* From the mouth to the file. n: samples of the sound. What is off takes no
 * random numbers. */
static void
go_through_world (TrainAugment *self, gsize n, GRand *rand)
{
  const TrainAugmentConfig *const config = &self->config;

  if (config->position)
    place (self, n, rand);
  if (config->reverb > 0)
    reverberate (self, rand);
  if (has_noises (config))
    mix_noise (self, rand);
  if (config->equalizer_db > 0)
    equalize (self, rand);
  if (config->clip_db > 0)
    clip (self, rand);
  if (config->band_limits)
    limit_band (self, rand);
  if (config->mu_law)
    round_to_mu_law (self, rand);
}

const float *
train_augment_apply (TrainAugment *self, const float *in, gsize n, GRand *rand)
{
  n = MIN (n, self->source_len);
  memcpy (self->sound, in, n * sizeof *in);
  n = bend (self, n, rand);
  memset (self->sound + n, 0, (self->window_len - n) * sizeof *in);
  go_through_world (self, n, rand);
  colour (self, rand);
  return self->sound;
}
