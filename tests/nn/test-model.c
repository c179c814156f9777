/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seven models of the Python system on the features of genuine librosa, and
 * what genuine Keras answered. */
#include <math.h>
#include "nn/error.h"
#include "nn/h5.h"
#include "nn/model.h"

static const char *const models[] = { "m1", "m1a", "m1b", "m2", "m3", "m3a",
  "m3b" };
static const char *const clips[] = { "impulse", "noise", "sine440",
  "speech_angry_actor12", "speech_calm_actor01", "speech_german_speaker03",
  "speech_long_7s", "speech_short_0.4s", "square200" };

static char *
shared_path (const char *relative)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");
  char *path;

  if (!shared || !*shared)
    return NULL;
  path = g_build_filename (shared, relative, NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_clear_pointer (&path, g_free);
  return path;
}

static void
check_clip (NnSession *session, const char *model, const char *clip)
{
  g_autofree char *relative = g_strdup_printf ("golden/features/%s.h5", clip);
  g_autofree char *path = shared_path (relative);
  g_autofree char *name = g_strdup_printf ("probabilities/%s", model);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnH5) file = nn_h5_open (path, &error);
  g_assert_no_error (error);
  g_autofree float *features =
      nn_h5_read_floats (file, "norm_f32", NULL, &error);
  g_assert_no_error (error);
  g_autofree float *expected = nn_h5_read_floats (file, name, NULL, &error);
  g_assert_no_error (error);
  float found[9];

  nn_session_run (session, 1, (const float *const[]){ features },
      (float *const[]){ found });
  for (size_t c = 0; c < 9; c++) {
    g_test_message ("%s %s %zu: %g %g", model, clip, c, found[c], expected[c]);
    g_assert_cmpfloat_with_epsilon (found[c], expected[c], 1e-4);
  }
}

static void
test_seed (gconstpointer data)
{
  const char *const name = data;
  g_autofree char *relative =
      g_strdup_printf ("seed/emotion_audio_%s.h5", name);
  g_autofree char *path = shared_path (relative);
  g_autoptr (GError) error = NULL;

  if (!path) {
    g_test_skip ("the seed models are in ../shared, which is not here");
    return;
  }
  g_autoptr (NnModel) model = nn_model_load (path, NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (nn_model_n_inputs (model), ==, 1);
  g_assert_cmpuint (nn_model_n_outputs (model), ==, 1);
  g_assert_true (nn_shape_equal (nn_model_input_shape (model, 0),
      &(NnShape){ .rank = 3, .dim = { 64, 94, 1 } }));
  g_assert_true (nn_shape_equal (
      nn_model_output_shape (model, 0), &(NnShape){ .rank = 1, .dim = { 9 } }));
  g_assert_null (nn_model_metadata (model));
  g_autoptr (NnSession) session = nn_session_new (model, 1, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < G_N_ELEMENTS (clips); i++)
    check_clip (session, name, clips[i]);
}

static void
test_input_shape (void)
{
  g_autofree char *path = shared_path ("seed/emotion_audio_m3.h5");
  const NnShape wrong = { .rank = 3, .dim = { 64, 95, 1 } };
  g_autoptr (GError) error = NULL;

  if (!path) {
    g_test_skip ("the seed models are in ../shared, which is not here");
    return;
  }
  g_assert_null (nn_model_load (path, &wrong, 1, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_SHAPE);
  g_assert_nonnull (strstr (error->message, "(64, 95, 1)"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (models); i++) {
    g_autofree char *path = g_strdup_printf ("/model/seed/%s", models[i]);

    g_test_add_data_func (path, models[i], test_seed);
  }
  g_test_add_func ("/model/input-shape", test_input_shape);
  return g_test_run ();
}
