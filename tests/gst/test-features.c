/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The features of real recordings, decoded by GStreamer, against those that
 * librosa made of the same files. */
#include "dsp/features.h"

#include <math.h>
#include <string.h>

#include "nn/h5.h"
#include "tests/gst/decode.h"

#define TOLERANCE 2e-5
#define N_VALUES (64 * 94)

/* The first window of a 16-bit mono file at 16 kHz; n is its length. */
static void
load_window (const char *path, float *samples, size_t max_len, size_t *n)
{
  GstAudioInfo info;
  GstBuffer *buffer = decode_file (path, &info);
  GstMapInfo map;

  g_assert_cmpint (GST_AUDIO_INFO_RATE (&info), ==, 16000);
  g_assert_cmpint (GST_AUDIO_INFO_CHANNELS (&info), ==, 1);
  g_assert_cmpint (GST_AUDIO_INFO_FORMAT (&info), ==, GST_AUDIO_FORMAT_S16);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  *n = MIN (map.size / sizeof (gint16), max_len);
  for (size_t i = 0; i < *n; i++)
    samples[i] = (float) ((const gint16 *) map.data)[i] / 32768;
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

static void
test_clip (gconstpointer name)
{
  const char *shared = g_getenv ("EMOTION_SHARED");
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;
  /* The last two digits of a RAVDESS name are the actor. */
  g_autofree char *path = g_strdup_printf ("%s/data/ravdess/Actor_%s/%s.flac",
      shared, strrchr (name, '-') + 1, (const char *) name);
  g_autofree char *truth =
      g_build_filename (shared, "golden", "features16k.h5", NULL);
  g_autoptr (NnH5) file = nn_h5_open (truth, NULL);
  g_autofree float *want = nn_h5_read_floats (file, name, NULL, NULL);
  g_autofree float *got = g_new (float, N_VALUES);
  g_autofree float *samples = g_new (float, recipe.window_len);
  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, NULL);
  float worst = 0;
  size_t n;

  g_assert_nonnull (want);
  load_window (path, samples, recipe.window_len, &n);
  g_assert_true (dsp_features_compute (features, samples, n, got));
  for (size_t i = 0; i < N_VALUES; i++) {
    g_assert_true (isfinite (got[i]));
    worst = MAX (worst, fabsf (got[i] - want[i]));
  }
  g_test_message ("largest difference %.3g", (double) worst);
  g_assert_cmpfloat (worst, <=, TOLERANCE);
}

static void
test_missing (void)
{
  g_test_skip ("golden/features16k.h5 is not in EMOTION_SHARED");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  const char *shared = g_getenv ("EMOTION_SHARED");
  g_autofree char *truth =
      g_build_filename (shared ? shared : "", "golden", "features16k.h5", NULL);
  g_autoptr (NnH5) file = nn_h5_open (truth, NULL);
  g_auto (GStrv) names = file ? nn_h5_children (file, "/", NULL) : NULL;

  for (size_t i = 0; names && names[i]; i++) {
    g_autofree char *path = g_strdup_printf ("/features16k/%s", names[i]);

    g_test_add_data_func (path, names[i], test_clip);
  }
  if (!names)
    g_test_add_func ("/features16k", test_missing);
  return g_test_run ();
}
