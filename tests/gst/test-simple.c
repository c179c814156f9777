/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models of statistics of features in the element. */
#include <math.h>
#include <string.h>

#include "dsp/features.h"
#include "gst/media/decode.h"
#include "tests/gst/fixture.h"
#include "tests/folder.h"
#include "tests/gst/synthetic.h"

/* What flat.h5 makes of one second of sound, by the recipe that it names. */
static void
expect_flat (double *p)
{
  DspRecipe recipe = dsp_recipe_simple ();
  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, NULL);
  GstAudioInfo info;
  GstMapInfo map;
  float x[102], samples[16000];
  double sum = 0;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_F32, 16000, 1, NULL);
  g_assert_cmpuint (dsp_features_n_bands (features) * 2, ==, 102);

  GstBuffer *buffer = fixture_sound (&info, 0, 16000);

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  memcpy (samples, map.data, sizeof samples);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  dsp_features_compute (features, samples, 16000, x);
  p[0] = exp (0.001 * x[0]);
  p[1] = exp (0.001 * x[2]);
  p[2] = exp (x[2 * 39]);
  for (guint i = 0; i < 3; i++)
    sum += p[i];
  for (guint i = 0; i < 3; i++)
    p[i] /= sum;
}

/* A model of statistics: its input is one axis. */
static void
test_statistics (void)
{
  static const char *const names[] = { "c0", "c1", "chroma" };
  GstMessage *message;
  const GstStructure *p;
  double expected[3];
  Fixture f;

  fixture_init (&f, "models/flat.h5",
      "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1");
  fixture_push (&f, 16000, 0, 16000, 1000);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  message = fixture_pop (&f);
  g_assert_nonnull (message);
  p = gst_value_get_structure (gst_structure_get_value (
      gst_message_get_structure (message), "probabilities"));
  expect_flat (expected);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (
        field_double (p, names[i]), expected[i], 1e-4);
  /* They are no thirds: the features did get there. */
  g_assert_cmpfloat (expected[2], >, expected[0] + 0.1);
  gst_message_unref (message);
  fixture_clear (&f);
}

static void
train (const char *data, const char *model)
{
  const char *const argv[] = { g_getenv ("EMOTION_TRAIN"), "--ravdess", data,
    "--model", "simple", "--no-augment", "--epochs", "60", "--quiet",
    "--output", model, NULL };
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
      NULL, NULL, &err, &status, &error);
  g_assert_no_error (error);
  if (status != 0)
    g_error ("emotion-train: %s", err);
}

/* What the element says of a file. */
static void
expect_emotion (const char *model, const char *path, const char *emotion)
{
  gsize n;
  float *const samples = gst_emotion_decode_file (path, 16000, 0, &n, NULL);
  GstMessage *message;
  Fixture f;

  g_assert_nonnull (samples);
  fixture_init (&f, model,
      "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1");
  gst_harness_push (
      f.harness, gst_buffer_new_wrapped (samples, n * sizeof *samples));
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  message = fixture_pop (&f);
  g_assert_nonnull (message);
  g_assert_cmpstr (
      gst_structure_get_string (gst_message_get_structure (message), "emotion"),
      ==, emotion);
  gst_message_unref (message);
  fixture_clear (&f);
}

/* From recordings to results: emotion-train --model simple, then the element.
 */
static void
test_train (void)
{
  char *const folder = test_folder_new ();
  g_autofree char *model = g_build_filename (folder, "simple.h5", NULL);
  g_autofree char *calm =
      g_build_filename (folder, "Actor_01", "03-01-02-01-01-01-01.wav", NULL);
  g_autofree char *angry =
      g_build_filename (folder, "Actor_02", "03-01-05-01-01-02-02.wav", NULL);

  synthetic_ravdess (folder, 2, 4);
  train (folder, model);
  expect_emotion (model, calm, "calm");
  expect_emotion (model, angry, "angry");
  test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_func ("/simple/statistics", test_statistics);
  g_test_add_func ("/simple/train", test_train);
  return g_test_run ();
}
