/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/recipe.h"

#include <math.h>

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
};

static const DspRecipeField *
find (const char *name)
{
  size_t n;
  const DspRecipeField *fields = dsp_recipe_fields (&n);

  for (size_t i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return &fields[i];
  g_assert_not_reached ();
}

static void
test_change (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const DspRecipeField *field = find (changes[i].field);
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

  g_assert_false (dsp_recipe_set (&recipe, find ("n_mels"), 64.5));
  g_assert_false (dsp_recipe_set (&recipe, find ("n_mels"), -64));
  g_assert_false (dsp_recipe_set (&recipe, find ("n_mels"), 1e300));
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *path = g_strdup_printf (
        "/recipe/change/%s/%g", changes[i].field, changes[i].value);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_change);
  }
  g_test_add_func ("/recipe/set", test_set);
  g_test_add_func ("/recipe/too-many", test_too_many);
  return g_test_run ();
}
