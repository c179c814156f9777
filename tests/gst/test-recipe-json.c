/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "gst/model/model-metadata.h"
#include "gst/model/recipe-guess.h"
#include "gst/model/recipe-json.h"

/* False, with an error, where text is no recipe. */
static bool
read_text (const char *text, DspRecipe *recipe, GError **error)
{
  g_autoptr (NnDocument) document =
      nn_document_parse ("test", text, strlen (text), error);
  GError *failure = NULL;

  g_assert_nonnull (document);

  const NnConfig root = nn_document_root (document, "test", 3, &failure);

  gst_emotion_recipe_read (&root, recipe);
  if (failure)
    g_propagate_error (error, failure);
  return failure == NULL;
}

/* Another value than the default that is in the range and goes together with
 * the others: 1.5 times the number, or the last of the names. */
static double
other_value (const DspRecipeField *field, double value)
{
  if (strcmp (field->name, "f_max") == 0 || strcmp (field->name, "f_min") == 0)
    return value + 0.1;
  if (strcmp (field->name, "roll_percent") == 0)
    return 1 / 3.0;
  if (strcmp (field->name, "delta_width") == 0)
    return 11;
  if (strcmp (field->name, "power") == 0
      || strcmp (field->name, "chroma_power") == 0)
    return 1;
  if (strcmp (field->name, "features") == 0)
    return DSP_FEATURE_FLATNESS; /* one, for the axis of statistics */
  if (field->type == DSP_FIELD_DOUBLE)
    return value * 1.1;
  if (field->type == DSP_FIELD_SIZE)
    return value * 2;
  return value == field->max ? field->min : field->max;
}

/* Every field of the table survives, whatever fields there will be. */
static void
test_round_trip (void)
{
  size_t n;
  const DspRecipeField *const fields = dsp_recipe_fields (&n);
  DspRecipe recipe = DSP_RECIPE_DEFAULT, back = DSP_RECIPE_DEFAULT;
  g_autoptr (NnJson) json = nn_json_new (FALSE);
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < n; i++)
    g_assert_true (dsp_recipe_set (&recipe, &fields[i],
        other_value (&fields[i], dsp_recipe_get (&recipe, &fields[i]))));
  g_assert_true (dsp_recipe_check (&recipe, &error));
  gst_emotion_recipe_write (json, NULL, &recipe);
  g_assert_true (read_text (nn_json_text (json), &back, &error));
  g_assert_no_error (error);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat (dsp_recipe_get (&back, &fields[i]), ==,
        dsp_recipe_get (&recipe, &fields[i]));
}

static void
test_text (void)
{
  g_autoptr (NnJson) json = nn_json_new (FALSE);
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;

  gst_emotion_recipe_write (json, NULL, &recipe);
  g_assert_cmpstr (nn_json_text (json), ==,
      "{\"rate\": 16000, \"window_len\": 48000, \"n_fft\": 2048, "
      "\"hop_length\": 512, \"win_length\": 0, \"window\": \"hann\", "
      "\"center\": \"true\", \"pad_mode\": \"constant\", \"power\": 2, "
      "\"features\": \"mel_db\", \"n_mels\": 64, "
      "\"f_min\": 0, \"f_max\": 8000, \"htk\": \"false\", \"norm\": "
      "\"slaney\", \"ref\": \"max\", \"amin\": 1e-10, \"top_db\": 80, "
      "\"n_mfcc\": 13, \"mfcc_mels\": 128, \"lifter\": 0, \"delta_width\": 9, "
      "\"n_chroma\": 12, \"chroma_power\": 2, \"tuning\": \"estimate\", "
      "\"roll_percent\": 0.85, \"normalization\": \"min_max\", "
      "\"statistics\": \"\", \"statistics_axis\": \"time\", "
      "\"flatten\": \"bands\"}");
}

static void
test_missing (void)
{
  const DspRecipe before = DSP_RECIPE_DEFAULT;
  DspRecipe recipe = before;
  g_autoptr (GError) error = NULL;

  g_assert_true (read_text ("{}", &recipe, &error));
  g_assert_true (dsp_recipe_equal (&recipe, &before));
  g_assert_true (read_text (
      "{\"features\": \"mfcc, chroma\", \"n_fft\": null}", &recipe, &error));
  g_assert_cmpuint (recipe.features, ==, DSP_FEATURE_MFCC | DSP_FEATURE_CHROMA);
  g_assert_cmpuint (recipe.n_fft, ==, before.n_fft);
}

/* An order of features is not lost. */
static void
test_order (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT, back = DSP_RECIPE_DEFAULT;
  g_autoptr (NnJson) json = nn_json_new (FALSE);
  g_autoptr (GError) error = NULL;

  g_assert_true (dsp_recipe_change (&recipe, "mean-162", &error));
  gst_emotion_recipe_write (json, NULL, &recipe);
  g_assert_nonnull (strstr (
      nn_json_text (json), "\"features\": \"zcr,chroma,mfcc,rms,mel\""));
  g_assert_true (read_text (nn_json_text (json), &back, &error));
  g_assert_true (dsp_recipe_equal (&recipe, &back));
}

static void
test_refusals (void)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
    { "[]", "*not a JSON object*" },
    { "\"mel_db\"", "*not a JSON object*" },
    { "{\"n_mel\": 64}", "*unknown key*“n_mel”*" },
    { "{\"n_mels\": 64, \"zoom\": 1}", "*unknown key*“zoom”*" },
    { "{\"n_mels\": \"64\"}", "*“n_mels”*number*" },
    { "{\"n_mels\": [64]}", "*“n_mels”*number*" },
    { "{\"n_mels\": true}", "*“n_mels”*number*" },
    { "{\"n_mels\": 64.5}", "*“n_mels”*64.5*" },
    { "{\"n_mels\": -1}", "*“n_mels”*-1*" },
    { "{\"n_mels\": 0}", "*n_mels is 0*" },
    { "{\"n_mels\": 1e300}", "*“n_mels”*1e+300*" },
    { "{\"rate\": NaN}", "*“rate”*" },
    { "{\"top_db\": Infinity}", "*“top_db”*" },
    { "{\"features\": 4}", "*“features”*string*" },
    { "{\"features\": \"mel,loudness\"}", "*features*loudness*" },
    { "{\"features\": \"\"}", "*features*" },
    { "{\"statistics\": [\"mean\"]}", "*“statistics”*string*" },
    { "{\"tuning\": \"A4\"}", "*tuning*A4*" },
    { "{\"f_min\": 900, \"f_max\": 800}", "*900..800*" },
    { "{\"rate\": 8000}", "*past half the rate*" },
    { "{\"window_len\": 16000000, \"hop_length\": 1}", "*too many*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    DspRecipe recipe = DSP_RECIPE_DEFAULT;
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", cases[i].text);
    g_assert_false (read_text (cases[i].text, &recipe, &error));
    g_assert_true (error->domain == NN_ERROR);
    if (!g_pattern_match_simple (cases[i].message, error->message))
      g_error ("%s: %s", cases[i].text, error->message);
  }
}

static const struct {
  const char *text;
  const char *message; /* NULL: two labels, “fröhlich” and “b” */
} labels[] = {
  { "{\"labels\": [\"fröhlich\", \"b\"]}", NULL },
  { "{\"labels\": \"a,b\"}", "*“labels” is not a list of names*" },
  { "{\"labels\": [1, 2]}", "*not a string*" },
  { "{\"labels\": []}", "*no labels*" },
  { "{\"labels\": [\"a\", \"a\"]}", "*both “a”*" },
};

static void
test_labels (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (labels); i++) {
    DspRecipe recipe = DSP_RECIPE_DEFAULT;
    g_autoptr (GstEmotionLabels) found = NULL;
    gboolean has_recipe;
    g_autoptr (GError) error = NULL;
    const gboolean ok = gst_emotion_metadata_read (
        "test", labels[i].text, &recipe, &has_recipe, &found, &error);

    g_test_message ("%s: %s", labels[i].text, error ? error->message : "ok");
    g_assert_true (ok == (labels[i].message == NULL));
    if (ok) {
      g_assert_cmpuint (gst_emotion_labels_count (found), ==, 2);
      g_assert_cmpstr (gst_emotion_labels_get (found, 0), ==, "fröhlich");
    } else {
      g_assert_null (found);
      g_assert_true (
          g_pattern_match_simple (labels[i].message, error->message));
    }
  }
}

/* Bands that a recipe counts are mel bands, though few look like MFCC. */
static void
test_few_bands (void)
{
  static const struct {
    const char *text;
    unsigned features;
  } cases[] = {
    { "{\"recipe\": {\"n_mels\": 32}}", DSP_FEATURE_MEL_DB },
    { "{\"recipe\": {\"top_db\": 60}}", DSP_FEATURE_MFCC },
    { "{\"recipe\": {\"n_mels\": 64, \"features\": \"mfcc\", "
      "\"n_mfcc\": 32}}",
        DSP_FEATURE_MFCC },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    const NnShape input = { .rank = 3, .dim = { 32, 94, 1 } };
    DspRecipe recipe = gst_emotion_recipe_for_input (&input);
    g_autoptr (GstEmotionLabels) found = NULL;
    gboolean has_recipe;

    g_assert_cmpuint (recipe.features, ==, DSP_FEATURE_MFCC);
    g_assert_true (gst_emotion_metadata_read (
        "test", cases[i].text, &recipe, &has_recipe, &found, NULL));
    g_assert_true (has_recipe);
    g_assert_cmpuint (recipe.features, ==, cases[i].features);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recipe-json/round-trip", test_round_trip);
  g_test_add_func ("/recipe-json/text", test_text);
  g_test_add_func ("/recipe-json/order", test_order);
  g_test_add_func ("/recipe-json/missing", test_missing);
  g_test_add_func ("/recipe-json/refusals", test_refusals);
  g_test_add_func ("/recipe-json/labels", test_labels);
  g_test_add_func ("/recipe-json/few-bands", test_few_bands);
  return g_test_run ();
}
