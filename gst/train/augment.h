/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variations of a sound, for training: one window in, another take of it out.
 * What happens depends on the generator alone. Amounts of 0 are off. */
#pragma once

#include <glib.h>

typedef struct {
  double probability;  /* 0..1, of each of the following by itself */
  double pitch_shift;  /* up to +- semitones */
  double time_stretch; /* rate within 1 +- this, < 1 */
  double speed;        /* the same, with the pitch: a tape that runs faster */
  double time_shift;   /* up to +- s, around the ends of the window */
  double gain_db;      /* up to +- dB */
  double noise;        /* sigma of Gaussian noise, of full scale */
  /* Gaussian noise at a random distance below the sound, in dB; off where both
   * are 0. */
  double snr_min, snr_max;
  /* The world outside. */
  gboolean position;   /* the sound begins anywhere in the window; up to a
                          fifth of one that fills it is cut off */
  double equalizer_db; /* three bells of up to +- dB */
  double reverb;       /* rooms with a reverberation time of up to so many s */
  const GPtrArray *noises; /* of TrainNoise, borrowed; NULL or empty: off */
  double noise_snr_min, noise_snr_max; /* of these, in dB */
  double clip_db;       /* clipped up to so many dB below the peak */
  gboolean band_limits; /* telephones and small loudspeakers */
  gboolean mu_law;      /* 8 bits for each sample */
} TrainAugmentConfig;

/* A recording that is mixed in. */
typedef struct {
  float *samples; /* [n] */
  gsize n;
} TrainNoise;

void train_noise_free (TrainNoise *noise); /* NULL is fine */

/* All off; probability 0.5. */
void train_augment_config_init (TrainAugmentConfig *config);
gboolean train_augment_is_on (const TrainAugmentConfig *config);

/* Samples of the source that a window can take at most: more than window_len
 * where the sound may run faster. */
gsize train_augment_source_len (
    const TrainAugmentConfig *config, gsize window_len);

typedef struct _TrainAugment TrainAugment;

/* The memory of one thread. rate in Hz. Free with train_augment_free. NULL and
 * DSP_ERROR. */
TrainAugment *train_augment_new (const TrainAugmentConfig *config, double rate,
    gsize window_len, GError **error);
void train_augment_free (TrainAugment *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainAugment, train_augment_free)

/* in: n samples, of which up to source_len are used. Returns a window
 * [window_len], zero-padded at the end, valid until the next call. */
const float *train_augment_apply (
    TrainAugment *self, const float *in, gsize n, GRand *rand);
