/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keras files that others trained, which do not say on what: the property
 * recipe does. */
#include <math.h>

#include "dsp/features.h"
#include "nn/model.h"
#include "tests/folder.h"
#include "tests/gst/fixture.h"
#include "tests/gst/leaks.h"

static char *folder; /* for files that a test makes */

/* 40 MFCC as many speech emotion networks have them, over 3 s. */
#define MFCC                                                                   \
  "features=mfcc n_mfcc=40 normalization=none rate=22050 f_max=11025 "         \
  "window_len=66150"

static const struct {
  const char *name;
  const char *shape; /* in the file */
  const char *layer; /* that makes a row of it */
  const char *recipe;
  gboolean is_turned; /* (frames, bands) */
} cases[] = {
  { "mean", "40, 1", "Flatten", MFCC " statistics=mean", FALSE },
  { "mean-row", "40", "Flatten", MFCC " statistics=mean", FALSE },
  { "mean-std", "80, 1", "Flatten", MFCC " statistics=mean,std", FALSE },
  { "bands-frames", "40, 130, 1", "Flatten", MFCC, FALSE },
  { "frames-bands", "130, 40", "GlobalAveragePooling1D", MFCC, TRUE },
  { "mel", "128, 94, 1", "Flatten", "f_min=20 top_db=60", FALSE },
  { "mel-frames", "64, 188, 1", "Flatten", "hop_length=256 window_len=48000",
      FALSE },
};

/* What the file says of the recipe's features of sound, frame by frame. */
static void
run_network (const char *path, const DspRecipe *recipe, gboolean is_turned,
    const float *sound, float *out)
{
  const gsize n_bands = dsp_recipe_n_bands (recipe);
  const gsize n_columns = dsp_recipe_n_columns (recipe);
  g_autofree float *features = g_new (float, n_bands *n_columns);
  g_autofree float *turned = g_new (float, n_bands *n_columns);
  g_autoptr (DspFeatures) maker = dsp_features_new (recipe, NULL);
  g_autoptr (NnModel) network = nn_model_load (path, NULL, 0, NULL);
  g_autoptr (NnSession) session = NULL;

  g_assert_nonnull (network);
  session = nn_session_new (network, 1, NULL);
  g_assert_nonnull (maker);
  g_assert_true (
      dsp_features_compute (maker, sound, recipe->window_len, features));
  for (gsize b = 0; b < n_bands; b++)
    for (gsize t = 0; t < n_columns; t++)
      turned[t * n_bands + b] = features[b * n_columns + t];
  nn_session_run (session, 1,
      (const float *const[]){ is_turned ? turned : features },
      (float *const[]){ out });
}

static void
compare (const GstStructure *result, const float *expected)
{
  GstStructure *p = NULL;

  g_assert_true (gst_structure_get (
      result, "probabilities", GST_TYPE_STRUCTURE, &p, NULL));
  g_assert_cmpint (gst_structure_n_fields (p), ==, 9);
  for (guint i = 0; i < 9; i++)
    g_assert_cmpfloat_with_epsilon (
        field_double (p, gst_structure_nth_field_name (p, i)), expected[i],
        1e-6);
  gst_structure_free (p);
}

/* One window of the element, and the same by hand. */
static void
test_case (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *path = g_build_filename (folder, "foreign.h5", NULL);
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;
  g_autofree char *caps = NULL;
  GstAudioInfo info;
  GstBuffer *sound;
  GstMapInfo map;
  GstMessage *message;
  float expected[9];
  Fixture f;

  if (g_str_has_prefix (cases[i].shape, "128"))
    recipe.n_mels = 128; /* as the file has it */
  g_assert_true (dsp_recipe_change (&recipe, cases[i].recipe, &error));
  fixture_write_model (path, cases[i].shape, cases[i].layer);
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_F32, recipe.rate, 1, NULL);
  sound = fixture_sound (&info, 0, recipe.window_len);
  g_assert_true (gst_buffer_map (sound, &map, GST_MAP_READ));
  run_network (
      path, &recipe, cases[i].is_turned, (const float *) map.data, expected);
  gst_buffer_unmap (sound, &map);

  caps = g_strdup_printf (
      "audio/x-raw,format=%s,layout=interleaved,channels=1,rate=%g",
      GST_AUDIO_NE (F32), recipe.rate);
  fixture_init_recipe (&f, path, cases[i].recipe, caps);
  g_assert_cmpint (gst_harness_push (f.harness, sound), ==, GST_FLOW_OK);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  message = fixture_pop (&f);
  g_assert_nonnull (message);
  compare (gst_message_get_structure (message), expected);
  gst_message_unref (message);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static const struct {
  const char *recipe; /* or NULL */
  const char *says;
} faults[] = {
  { NULL, "the property “recipe”" },
  { "features=mfcc n_mfcc=39 statistics=mean", "(39 bands, 1 frames)" },
  { "features=mfcc n_mfc=40", "n_mfc=40\" is not FIELD=VALUE" },
  { "features=mfccs", "features knows no" },
  { "features=mfcc n_mfcc=40 statistics=mean rate=22050 f_max=12000", "f_max" },
};

/* Of a file for 40 numbers. */
static void
test_faults (void)
{
  g_autofree char *path = g_build_filename (folder, "foreign.h5", NULL);

  fixture_write_model (path, "40, 1", "Flatten");
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (GError) error = fixture_start_error (
        NULL, "model-file", path, "recipe", faults[i].recipe, NULL);

    g_test_message ("%s", error->message);
    g_assert_true (error->domain == GST_RESOURCE_ERROR);
    g_assert_nonnull (strstr (error->message, "foreign.h5"));
    g_assert_nonnull (strstr (error->message, faults[i].says));
  }
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  folder = test_folder_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path =
        g_strdup_printf ("/trained-elsewhere/%s", cases[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
  }
  g_test_add_func ("/trained-elsewhere/faults", test_faults);
  leaks_add_test ("trained-elsewhere");
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
