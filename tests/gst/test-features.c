/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The features of real recordings, decoded by GStreamer, against those that
 * librosa made of the same files. */
#include "dsp/features.h"

#include <math.h>
#include <string.h>

#include <gst/gst.h>

#include "gst/media/decode.h"
#include "nn/h5.h"

#define TOLERANCE 2e-5
#define N_VALUES (64 * 94)

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
  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree float *samples = NULL;
  float worst = 0;
  size_t n;

  g_assert_nonnull (want);
  samples = gst_emotion_decode_file (
      path, recipe.rate, recipe.window_len, &n, &error);
  g_assert_no_error (error);
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
