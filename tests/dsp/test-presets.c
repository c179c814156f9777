/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What public models were trained on: the presets, and the fields that only
 * they need, against numpy's definition of each. */
#include <complex.h>
#include <math.h>
#include <string.h>

#include "dsp/chroma.h"
#include "dsp/features.h"
#include "dsp/presets.h"
#include "dsp/recipe.h"

#define N 4000
#define N_FFT 512
#define N_BINS (N_FFT / 2 + 1)
#define RATE 16000.0

#define SMALL                                                                  \
  "window_len=4000 n_fft=512 hop_length=160 mfcc_mels=20 n_mfcc=6 n_mels=8 "   \
  "normalization=none tuning=none "

/* Two notes and a little noise. */
static const float *
make_signal (void)
{
  static float y[N];
  guint32 state = 1;

  for (size_t i = 0; i < N; i++) {
    state = state * 1664525u + 1013904223u;
    y[i] = (float) (0.3 * sin (2 * G_PI * 440 * i / RATE)
        + 0.1 * sin (2 * G_PI * 1319 * i / RATE)
        + 0.02 * ((double) state / G_MAXUINT32 - 0.5));
  }
  return y;
}

static DspRecipe
make_recipe (const char *changes)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;

  dsp_recipe_change (&recipe, changes, &error);
  g_assert_no_error (error);
  dsp_recipe_check (&recipe, &error);
  g_assert_no_error (error);
  return recipe;
}

/* [bands][columns]; free with g_free. */
static float *
compute (const char *changes, size_t *n_bands, size_t *n_columns)
{
  g_autofree char *text = g_strconcat (SMALL, changes, NULL);
  const DspRecipe recipe = make_recipe (text);
  g_autoptr (GError) error = NULL;
  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, &error);
  float *out;

  g_assert_no_error (error);
  *n_bands = dsp_features_n_bands (features);
  *n_columns = dsp_features_n_frames (features);
  g_assert_cmpuint (*n_bands, ==, dsp_recipe_n_bands (&recipe));
  g_assert_cmpuint (*n_columns, ==, dsp_recipe_n_columns (&recipe));
  out = g_new (float, *n_bands **n_columns);
  dsp_features_compute (features, make_signal (), N, out);
  return out;
}

/* numpy.vstack in the order of the names. */
static void
test_order (void)
{
  static const char *const names[] = { "zcr", "chroma", "mfcc", "rms", "mel" };
  size_t n_bands, n_columns, row = 0;
  g_autofree float *all =
      compute ("features=zcr,chroma,mfcc,rms,mel", &n_bands, &n_columns);

  g_assert_cmpuint (n_bands, ==, 1 + 12 + 6 + 1 + 8);
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *text = g_strconcat ("features=", names[i], NULL);
    size_t n, columns;
    g_autofree float *one = compute (text, &n, &columns);

    g_assert_cmpuint (columns, ==, n_columns);
    g_assert_cmpmem (all + row * n_columns, n * n_columns * sizeof *one, one,
        n * n_columns * sizeof *one);
    row += n;
  }
  g_assert_cmpuint (row, ==, n_bands);
}

/* An order is a part of the field: read, written and compared with it. */
static void
test_order_text (void)
{
  const DspRecipeField *const field = dsp_recipe_find_field ("features");
  const DspRecipe usual = make_recipe ("features=mel,mfcc,rms");
  const DspRecipe turned = make_recipe ("features=rms,mfcc,mel,rms");
  g_autofree char *usual_text = dsp_recipe_get_text (&usual, field);
  g_autofree char *turned_text = dsp_recipe_get_text (&turned, field);

  g_assert_cmpstr (usual_text, ==, "mel,mfcc,rms");
  g_assert_cmpuint (usual.feature_order, ==, 0);
  g_assert_cmpstr (turned_text, ==, "rms,mfcc,mel");
  g_assert_cmpuint (usual.features, ==, turned.features);
  g_assert_false (dsp_recipe_equal (&usual, &turned));
}

/* numpy.mean (mfcc, axis=0), numpy.std (mfcc, axis=0) */
static void
test_over_coefficients (void)
{
  size_t n_bands, n_columns, n_rows, n_frames;
  g_autofree float *whole = compute ("features=mfcc", &n_rows, &n_frames);
  g_autofree float *got =
      compute ("features=mfcc statistics=mean,std statistics_axis=coefficients",
          &n_bands, &n_columns);

  g_assert_cmpuint (n_bands, ==, 2);
  g_assert_cmpuint (n_columns, ==, n_frames);
  for (size_t f = 0; f < n_frames; f++) {
    double mean = 0, square = 0;

    for (size_t r = 0; r < n_rows; r++)
      mean += whole[r * n_frames + f] / n_rows;
    for (size_t r = 0; r < n_rows; r++)
      square += pow (whole[r * n_frames + f] - mean, 2) / n_rows;
    g_assert_cmpfloat_with_epsilon (got[f], mean, 1e-4);
    g_assert_cmpfloat_with_epsilon (got[n_frames + f], sqrt (square), 1e-4);
  }
}

/* |rfft| of a frame inside the signal, by the definition. */
static void
transform (const float *frame, double *magnitude)
{
  for (size_t k = 0; k < N_BINS; k++) {
    double complex sum = 0;

    for (size_t i = 0; i < N_FFT; i++)
      sum += (0.5 - 0.5 * cos (2 * G_PI * i / N_FFT)) * frame[i]
          * cexp (-2 * G_PI * I * (double) (k * i % N_FFT) / N_FFT);
    magnitude[k] = cabs (sum);
  }
}

/* chroma_stft (S=np.abs (stft), tuning=0), of the frame in the middle. */
static void
test_chroma_power (gconstpointer data)
{
  const int power = GPOINTER_TO_INT (data);
  g_autofree char *text =
      g_strdup_printf ("features=chroma chroma_power=%d", power);
  size_t n_bands, n_columns;
  g_autofree float *got = compute (text, &n_bands, &n_columns);
  g_autoptr (DspChroma) chroma = dsp_chroma_new (RATE, N_FFT, 12, NULL);
  const size_t f = n_columns / 2;
  double magnitude[N_BINS], want[12], max = 0;

  transform (make_signal () + f * 160 - N_FFT / 2, magnitude);
  for (size_t c = 0; c < 12; c++) {
    want[c] = 0;
    for (size_t k = 0; k < N_BINS; k++)
      want[c] += dsp_chroma_weight (chroma, c, k) * pow (magnitude[k], power);
    max = fmax (max, want[c]);
  }
  for (size_t c = 0; c < 12; c++)
    g_assert_cmpfloat_with_epsilon (
        got[c * n_columns + f], want[c] / max, 1e-4);
}

/* Every preset is a recipe, and has the shape that it says. */
static void
test_presets (void)
{
  static const struct {
    const char *name;
    size_t n_bands, n_columns;
  } shapes[] = {
    { "mean-13", 13, 1 },
    { "mean-40", 40, 1 },
    { "mean-162", 162, 1 },
    { "mean-180", 180, 1 },
    { "mfcc-13", 13, 130 },
    { "mfcc-40", 40, 130 },
    { "mfcc-mean-216", 1, 216 },
    { "mfcc-30-216", 30, 216 },
    { "stack-2376", 22, 108 },
    { "mel-128", 128, 130 },
    { "simple", 51, 2 },
  };
  size_t n;
  const DspPreset *const presets = dsp_presets (&n);

  g_assert_cmpuint (n, ==, G_N_ELEMENTS (shapes));
  for (size_t i = 0; i < n; i++) {
    const DspRecipe recipe = make_recipe (presets[i].name);

    g_assert_cmpstr (presets[i].name, ==, shapes[i].name);
    g_assert_cmpuint (dsp_recipe_n_bands (&recipe), ==, shapes[i].n_bands);
    g_assert_cmpuint (dsp_recipe_n_columns (&recipe), ==, shapes[i].n_columns);
  }
}

static void
test_preset_words (void)
{
  DspRecipe recipe = make_recipe ("mean-40 rate=16000 f_max=8000");
  const DspRecipe before = recipe;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (recipe.n_mfcc, ==, 40);
  g_assert_cmpfloat (recipe.rate, ==, 16000);
  g_assert_false (dsp_recipe_change (&recipe, "n_mfcc=20 mean-41", &error));
  g_assert_nonnull (strstr (error->message, "mean-41"));
  g_assert_nonnull (strstr (error->message, "mean-180"));
  g_assert_true (dsp_recipe_equal (&recipe, &before));
}

static void
test_refused (void)
{
  DspRecipe recipe = make_recipe ("mfcc-mean-216");
  g_autoptr (GError) error = NULL;

  g_assert_true (dsp_recipe_change (&recipe, "features=mfcc,rms", NULL));
  g_assert_false (dsp_recipe_check (&recipe, &error));
  g_assert_nonnull (strstr (error->message, "statistics_axis"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/presets/order", test_order);
  g_test_add_func ("/presets/order-text", test_order_text);
  g_test_add_func ("/presets/over-coefficients", test_over_coefficients);
  g_test_add_data_func (
      "/presets/chroma/magnitude", GINT_TO_POINTER (1), test_chroma_power);
  g_test_add_data_func (
      "/presets/chroma/power", GINT_TO_POINTER (2), test_chroma_power);
  g_test_add_func ("/presets/all", test_presets);
  g_test_add_func ("/presets/words", test_preset_words);
  g_test_add_func ("/presets/refused", test_refused);
  return g_test_run ();
}
