/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sounds that tests make for themselves. */
#pragma once

#include <glib.h>

typedef struct {
  guint rate;       /* Hz */
  guint n_channels; /* all equal */
  double seconds;
  double frequency; /* Hz, of a sine at half of full scale */
  double noise;     /* sigma of what is added */
  guint32 seed;     /* of the noise */
} SyntheticSound;

/* Writes a WAV file of 16 bits, and the folders above it. */
void synthetic_write (const char *path, const SyntheticSound *sound);

/* A small data set in `folder`, named as RAVDESS: speakers 1..n_speakers, each
 * emotion 01..08 n_takes times. A class is a pitch, a speaker a noise. */
void synthetic_ravdess (const char *folder, guint n_speakers, guint n_takes);

/* A file below EMOTION_SHARED, or NULL after g_test_skip. g_free. */
char *synthetic_shared (const char *relative);
