/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/recipe.h"

#include <math.h>
#include <string.h>

#include "dsp/error.h"
#include "dsp/features.h"

/* The default recipe with one field changed; names a word of the message. */
static const struct {
  const char *field;
  double value;
  bool ok;
} changes[] = {
  { "rate", 16000, true },
  { "rate", 8000, false }, /* f_max is above its half */
  { "rate", NAN, false },
  { "window_len", 1, true },
  { "window_len", 0, false },
  { "window_len", 1e9, false },
  { "n_fft", 512, true },
  { "n_fft", 513, false },
  { "n_fft", 0, false },
  { "n_fft", 1e6, false },
  { "hop_length", 0, false },
  { "hop_length", 48001, true },
  { "win_length", 0, true },
  { "win_length", 2048, true },
  { "win_length", 2049, false },
  { "window", DSP_WINDOW_HAMMING, true },
  { "window", 2, false },
  { "center", 0, true },
  { "center", 2, false },
  { "pad_mode", DSP_PAD_REFLECT, true },
  { "pad_mode", 2, false },
  { "power", 1, true },
  { "power", 0, false },
  { "power", 3, false },
  { "htk", 1, true },
  { "norm", DSP_NORM_NONE, true },
  { "ref", DSP_REF_ONE, true },
  { "ref", 2, false },
  { "lifter", 22, true },
  { "lifter", -1, false },
  { "n_mels", 0, false },
  { "n_mels", 128, true },
  { "n_mels", 1e6, false },
  { "f_min", -1, false },
  { "f_min", 8000, false },
  { "f_max", 8001, false },
  { "f_max", 4000, true },
  { "amin", 0, false },
  { "amin", 1e-5, true },
  { "top_db", 0, false },
  { "top_db", INFINITY, false },
  { "top_db", 60, true },
  { "features", 0, false },
  { "features", DSP_FEATURE_DELTA | DSP_FEATURE_RMS, true },
  { "features", 4096, false },
  { "n_mfcc", 128, true },
  { "n_mfcc", 129, false }, /* of 128 bands */
  { "n_mfcc", 0, false },
  { "mfcc_mels", 12, false },
  { "mfcc_mels", 13, true },
  { "delta_width", 8, false },
  { "delta_width", 1, false },
  { "n_chroma", 0, false },
  { "n_chroma", 24, true },
  { "tuning", 2, false },
  { "tuning", DSP_TUNING_NONE, true },
  { "roll_percent", 1, false },
  { "normalization", 2, false },
  { "normalization", DSP_NORMALIZATION_NONE, true },
  { "statistics", 4, false },
  { "statistics", DSP_STATISTIC_MEAN, true },
};

static void
test_change (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const DspRecipeField *field = dsp_recipe_find_field (changes[i].field);
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;

  if (!isfinite (changes[i].value)) {
    g_assert_false (dsp_recipe_set (&recipe, field, changes[i].value));
    return;
  }
  g_assert_true (dsp_recipe_set (&recipe, field, changes[i].value));
  g_assert_cmpfloat (dsp_recipe_get (&recipe, field), ==, changes[i].value);
  g_assert_true (dsp_recipe_check (&recipe, &error) == changes[i].ok);

  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, NULL);

  g_assert_true ((features != NULL) == changes[i].ok);
  if (!changes[i].ok)
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
}

/* A count has no fraction and no sign. */
static void
test_set (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;

  g_assert_false (
      dsp_recipe_set (&recipe, dsp_recipe_find_field ("n_mels"), 64.5));
  g_assert_false (
      dsp_recipe_set (&recipe, dsp_recipe_find_field ("n_mels"), -64));
  g_assert_false (
      dsp_recipe_set (&recipe, dsp_recipe_find_field ("n_mels"), 1e300));
  g_assert_cmpuint (recipe.n_mels, ==, 64);
}

/* Each value alone is fine, their product is not. */
static void
test_too_many (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;

  recipe.window_len = 1 << 24;
  recipe.hop_length = 1;
  g_assert_null (dsp_features_new (&recipe, &error));
  g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
}

/* An hour is too long for a model, and fine where somebody has it. */
static void
test_long (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;

  recipe.window_len = 3600 * 16000;
  g_assert_false (dsp_recipe_check (&recipe, &error));
  g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
  g_assert_true (dsp_recipe_check_long (&recipe, NULL));
  g_assert_null (dsp_features_new (&recipe, NULL));
  recipe.hop_length = 1;
  g_assert_false (dsp_recipe_check_long (&recipe, NULL));
  recipe.hop_length = 512;
  recipe.window_len = (size_t) 1 << 29;
  g_assert_false (dsp_recipe_check_long (&recipe, NULL));
  recipe.window_len = 3600 * 16000;
  recipe.n_mels = 0;
  g_assert_false (dsp_recipe_check_long (&recipe, NULL));
}

static const struct {
  const char *field, *text;
  double value; /* NAN: refused */
} texts[] = {
  { "features", "mel_db", DSP_FEATURE_MEL_DB },
  { "features", "mfcc, flatness", DSP_FEATURE_MFCC | DSP_FEATURE_FLATNESS },
  { "features", "mfcc,loudness", NAN },
  { "features", "mfcc,", NAN },
  { "statistics", "", 0 },
  { "statistics", "std,mean", DSP_STATISTIC_MEAN | DSP_STATISTIC_STD },
  { "center", "true", 1 },
  { "htk", "false", 0 },
  { "htk", "1", NAN },
  { "ref", "1.0", DSP_REF_ONE },
  { "window", "blackman", NAN },
  { "pad_mode", "edge", NAN },
  { "tuning", "none", DSP_TUNING_NONE },
  { "tuning", "none,estimate", NAN },
  { "tuning", "", NAN },
  { "n_mels", "40", 40 },
  { "n_mels", "40.5", NAN },
  { "n_mels", "many", NAN },
  { "n_mels", "", NAN },
  { "top_db", "60.5", 60.5 },
  { "top_db", "60 dB", NAN },
  { "top_db", "nan", NAN },
};

/* Text sets a field, comes back the same, and nothing changes if refused. */
static void
test_text (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const DspRecipeField *field = dsp_recipe_find_field (texts[i].field);
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  DspRecipe copy = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;

  if (isnan (texts[i].value)) {
    g_assert_false (
        dsp_recipe_set_text (&recipe, field, texts[i].text, &error));
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
    g_assert_true (dsp_recipe_equal (&recipe, &copy));
    return;
  }
  g_assert_true (dsp_recipe_set_text (&recipe, field, texts[i].text, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (dsp_recipe_get (&recipe, field), ==, texts[i].value);

  g_autofree char *text = dsp_recipe_get_text (&recipe, field);

  g_assert_true (dsp_recipe_set_text (&copy, field, text, &error));
  g_assert_true (dsp_recipe_equal (&recipe, &copy));
}

static const struct {
  const char *text;
  const char *says; /* NULL: n_mels is 40 and top_db 60 then */
} lists[] = {
  { "n_mels=40 top_db=60", NULL },
  { "  top_db=61\tn_mels=40\ntop_db=60 ", NULL },
  { "n_mels=40 tall_db=60", "tall_db" },
  { "n_mels=40 top_db", "top_db" },
  { "n_mels=40 =60", "roll_percent" },
  { "n_mels=40 top_db=", "top_db" },
  { "n_mels=40 top_db=60=70", "60=70" },
  { "n_mels=40,top_db=60", "40,top_db=60" },
};

/* A whole list changes the recipe, or nothing does. */
static void
test_list (void)
{
  const DspRecipe before = DSP_RECIPE_DEFAULT;

  for (size_t i = 0; i < G_N_ELEMENTS (lists); i++) {
    DspRecipe recipe = before;
    g_autoptr (GError) error = NULL;
    const bool ok = dsp_recipe_change (&recipe, lists[i].text, &error);

    g_assert_cmpint (ok, ==, lists[i].says == NULL);
    if (ok) {
      g_assert_cmpuint (recipe.n_mels, ==, 40);
      g_assert_cmpfloat (recipe.top_db, ==, 60);
    } else {
      g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, lists[i].says));
      g_assert_true (dsp_recipe_equal (&recipe, &before));
    }
  }
}

/* A field that the table lacks would be lost in files: the table must cover the
 * struct but for padding. */
static void
test_table (void)
{
  size_t n;
  const DspRecipeField *fields = dsp_recipe_fields (&n);
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  size_t end = 0;

  for (size_t i = 0; i < n; i++) {
    const double value = dsp_recipe_get (&recipe, &fields[i]);

    g_assert_true (dsp_recipe_find_field (fields[i].name) == &fields[i]);
    g_assert_cmpfloat (value, >=, fields[i].min);
    g_assert_cmpfloat (value, <=, fields[i].max);
    /* In the struct's order, with no room for another field between. */
    g_assert_cmpuint (fields[i].offset, >=, end);
    g_assert_cmpuint (fields[i].offset - end, <, 8);
    end = fields[i].offset
        + (fields[i].type >= DSP_FIELD_ENUM ? sizeof (unsigned) : 8);
  }
  /* Of “features”, behind them all. */
  g_assert_cmpuint (offsetof (DspRecipe, feature_order) - end, <, 8);
  end = offsetof (DspRecipe, feature_order) + sizeof recipe.feature_order;
  g_assert_cmpuint (sizeof recipe - end, <, 8);
  g_assert_null (dsp_recipe_find_field ("n_bands"));
}

/* Rows stand in the order of DspFeature, and none are between them. */
static void
test_rows (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  size_t row;

  recipe.features = DSP_FEATURE_MEL_DB | DSP_FEATURE_DELTA | DSP_FEATURE_CHROMA
      | DSP_FEATURE_ZCR;
  g_assert_cmpuint (
      dsp_recipe_rows (&recipe, DSP_FEATURE_MEL_DB, &row), ==, 64);
  g_assert_cmpuint (row, ==, 0);
  g_assert_cmpuint (dsp_recipe_rows (&recipe, DSP_FEATURE_MFCC, &row), ==, 0);
  g_assert_cmpuint (dsp_recipe_rows (&recipe, DSP_FEATURE_DELTA, &row), ==, 13);
  g_assert_cmpuint (row, ==, 64);
  g_assert_cmpuint (
      dsp_recipe_rows (&recipe, DSP_FEATURE_CHROMA, &row), ==, 12);
  g_assert_cmpuint (row, ==, 77);
  g_assert_cmpuint (dsp_recipe_rows (&recipe, DSP_FEATURE_ZCR, &row), ==, 1);
  g_assert_cmpuint (row, ==, 89);
  g_assert_cmpuint (dsp_recipe_n_bands (&recipe), ==, 90);
  g_assert_cmpuint (dsp_recipe_n_columns (&recipe), ==, 94);
  recipe.statistics = DSP_STATISTIC_STD;
  g_assert_cmpuint (dsp_recipe_n_columns (&recipe), ==, 1);
}

/* Windows that are too short for their ends. */
static void
test_short_window (void)
{
  static const struct {
    const char *changes;
    bool ok;
  } cases[] = {
    { "window_len=1024 pad_mode=reflect", false },
    { "window_len=1025 pad_mode=reflect", true },
    { "window_len=1024 pad_mode=reflect center=false n_fft=1024", true },
    { "window_len=2047 center=false", false },
    { "window_len=2048 center=false", true },
    { "window_len=1", true },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    DspRecipe recipe = DSP_RECIPE_DEFAULT;
    g_autoptr (DspFeatures) features = NULL;
    float out[64];

    g_assert_true (dsp_recipe_change (&recipe, cases[i].changes, NULL));
    recipe.statistics = DSP_STATISTIC_MEAN;
    g_assert_true (dsp_recipe_check (&recipe, NULL) == cases[i].ok);
    features = dsp_features_new (&recipe, NULL);
    g_assert_true ((features != NULL) == cases[i].ok);
    if (features)
      dsp_features_compute (features, (float[]){ 1 }, 1, out);
  }
}

/* A window shorter than the delta is wide. */
static void
test_short_delta (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;

  recipe.window_len = 7 * 512;
  g_assert_true (dsp_recipe_check (&recipe, NULL));
  recipe.features = DSP_FEATURE_DELTA2;
  g_assert_false (dsp_recipe_check (&recipe, &error));
  g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
  recipe.window_len = 8 * 512;
  g_assert_true (dsp_recipe_check (&recipe, NULL));
}

/* Samples of a sound -> windows of 3 s (48000 samples) in it. */
static const struct {
  size_t n_samples, n_windows;
} sounds[] = {
  { 0, 0 },
  { 1, 1 },
  { 23999, 1 },
  { 48000, 1 },
  { 48001, 1 },
  { 71999, 1 },
  { 72000, 2 },
  { 96000, 2 },
  { 120000, 3 },
};

static void
test_windows (void)
{
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;

  for (size_t i = 0; i < G_N_ELEMENTS (sounds); i++)
    g_assert_cmpuint (dsp_recipe_n_windows (&recipe, sounds[i].n_samples), ==,
        sounds[i].n_windows);
  g_assert_true (dsp_recipe_keeps_rest (&recipe, 1, true));
  g_assert_false (dsp_recipe_keeps_rest (&recipe, 23999, false));
  g_assert_true (dsp_recipe_keeps_rest (&recipe, 24000, false));
  g_assert_false (dsp_recipe_keeps_rest (&recipe, 0, true));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *path = g_strdup_printf (
        "/recipe/change/%s/%g", changes[i].field, changes[i].value);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_change);
  }
  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *path =
        g_strdup_printf ("/recipe/text/%s/%zu", texts[i].field, i);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_text);
  }
  g_test_add_func ("/recipe/table", test_table);
  g_test_add_func ("/recipe/list", test_list);
  g_test_add_func ("/recipe/rows", test_rows);
  g_test_add_func ("/recipe/short-delta", test_short_delta);
  g_test_add_func ("/recipe/long", test_long);
  g_test_add_func ("/recipe/short-window", test_short_window);
  g_test_add_func ("/recipe/set", test_set);
  g_test_add_func ("/recipe/windows", test_windows);
  g_test_add_func ("/recipe/too-many", test_too_many);
  return g_test_run ();
}
