/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/synthetic.h"

#include <math.h>
#include <string.h>

static void
append_number (GByteArray *bytes, guint32 value, guint n_bytes)
{
  const guint32 little = GUINT32_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *) &little, n_bytes);
}

static void
append_header (GByteArray *bytes, const SyntheticSound *sound, guint32 n_bytes)
{
  const guint frame = sound->n_channels * 2;

  g_byte_array_append (bytes, (const guint8 *) "RIFF", 4);
  append_number (bytes, 36 + n_bytes, 4);
  g_byte_array_append (bytes, (const guint8 *) "WAVEfmt ", 8);
  append_number (bytes, 16, 4);
  append_number (bytes, 1, 2); /* PCM */
  append_number (bytes, sound->n_channels, 2);
  append_number (bytes, sound->rate, 4);
  append_number (bytes, sound->rate * frame, 4);
  append_number (bytes, frame, 2);
  append_number (bytes, 16, 2);
  g_byte_array_append (bytes, (const guint8 *) "data", 4);
  append_number (bytes, n_bytes, 4);
}

void
synthetic_write (const char *path, const SyntheticSound *sound)
{
  const guint n_frames = sound->seconds * sound->rate;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (sound->seed);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  append_header (bytes, sound, n_frames * sound->n_channels * 2);
  for (guint i = 0; i < n_frames; i++) {
    const double sine =
        0.5 * sin (2 * G_PI * sound->frequency * i / sound->rate);
    const double noise = sound->noise * g_rand_double_range (rand, -1, 1);
    const gint16 sample = lrint (32767 * CLAMP (sine + noise, -1, 1));

    for (guint c = 0; c < sound->n_channels; c++)
      append_number (bytes, (guint16) sample, 2);
  }
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (path, (const char *) bytes->data, bytes->len, &error);
  g_assert_no_error (error);
}

void
synthetic_ravdess (const char *folder, guint n_speakers, guint n_takes)
{
  for (guint speaker = 1; speaker <= n_speakers; speaker++)
    for (guint emotion = 1; emotion <= 8; emotion++)
      for (guint take = 1; take <= n_takes; take++) {
        g_autofree char *path =
            g_strdup_printf ("%s/Actor_%02u/03-01-%02u-01-01-%02u-%02u.wav",
                folder, speaker, emotion, take, speaker);

        synthetic_write (path,
            &(SyntheticSound){ 16000, 1, 0.5, 200.0 * emotion, 0.05,
                speaker * 1000 + emotion * 100 + take });
      }
}

char *
synthetic_shared (const char *relative)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");
  g_autofree char *path =
      shared && *shared ? g_build_filename (shared, relative, NULL) : NULL;

  if (path && g_file_test (path, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&path);
  g_test_skip_printf ("%s is not below EMOTION_SHARED", relative);
  return NULL;
}
