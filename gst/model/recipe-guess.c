/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/recipe-guess.h"

#include <string.h>
#include "dsp/presets.h"
#include "gst/model/arrangement.h"

/* The maximum number of suggestions. */
#define MAX_OPTIONS 8

/* Fewer are MFCC, not mel bands. */
#define FEWEST_MELS 40
#define MOST_MFCC 128

/* The usual rate of public code: that of librosa.load. */
#define LIBROSA "normalization=none rate=22050 f_max=11025"
#define LIBROSA_RATE 22050

/* The shortest length with n_frames frames, extended to the roundest number of
 * samples with as many. */
static gsize
window_len_for (const DspRecipe *recipe, gsize n_frames)
{
  const gsize shortest = (n_frames - 1) * recipe->hop_length;
  const gsize longest = shortest + recipe->hop_length - 1;
  const gsize rate = recipe->rate;
  const gsize steps[] = { rate, rate / 2, rate / 4, rate / 10, rate / 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    const gsize len = longest / steps[i] * steps[i];

    if (len >= shortest && len > 0)
      return len;
  }
  return MAX (shortest, 1);
}

/* A matrix of at least two rows and columns, possibly with one channel: a
 * single column is something else, such as the mean of MFCC. */
static gboolean
is_spectrogram (const NnShape *input)
{
  return (input->rank == 2 || (input->rank == 3 && input->dim[2] == 1))
      && input->dim[0] > 1 && input->dim[1] > 1;
}

DspRecipe
gst_emotion_recipe_for_input (const NnShape *input)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  const gsize n_frames = dsp_recipe_n_frames (&recipe);
  gsize frames_axis = 1;
  gsize n_bands;

  if (!is_spectrogram (input))
    return recipe;
  /* (frames, bands) is recognised by the frames of the usual window. */
  if (input->dim[0] == n_frames && input->dim[1] != n_frames)
    frames_axis = 0;
  if (input->dim[frames_axis] > G_MAXUINT32)
    return recipe;
  n_bands = input->dim[1 - frames_axis];
  if (n_bands < FEWEST_MELS) {
    recipe.features = DSP_FEATURE_MFCC;
    recipe.n_mfcc = n_bands;
    recipe.normalization = DSP_NORMALIZATION_NONE;
  } else {
    recipe.n_mels = n_bands;
  }
  if (input->dim[frames_axis] != n_frames)
    recipe.window_len = window_len_for (&recipe, input->dim[frames_axis]);
  return recipe;
}

/* Suggestions for a file, or for its only input. */
typedef struct {
  const NnModelFile *file;
  const NnShape *input; /* NULL: not stated */
  GString *list;
  guint n;
} Search;

/* If the file does not state it, its weights decide. */
static gboolean
loads_with (const NnModelFile *file, const DspRecipe *recipe)
{
  const gsize b = dsp_recipe_n_bands (recipe);
  const gsize c = dsp_recipe_n_columns (recipe);
  const NnShape shapes[] = {
    { .rank = 1, .dim = { b * c } },
    { .rank = 2, .dim = { b * c, 1 } },
    { .rank = 2, .dim = { c, b } },
    { .rank = 3, .dim = { b, c, 1 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    g_autoptr (NnModel) model = nn_model_file_load (file, &shapes[i], 1, NULL);

    if (model)
      return TRUE;
  }
  return FALSE;
}

/* A row of unknown length is taken as statistics: the length of a whole matrix
 * is never left open. */
static gboolean
goes_in (const DspRecipe *recipe, const NnShape *input)
{
  const gboolean is_row =
      input->rank == 1 || (input->rank == 2 && input->dim[1] == 1);
  GstEmotionArrangement arrangement;

  return gst_emotion_arrangement_find (recipe, input, &arrangement)
      && (!is_row || input->dim[0] != NN_DIM_UNKNOWN
          || dsp_recipe_n_bands (recipe) == 1
          || dsp_recipe_n_columns (recipe) == 1);
}

static void
try_recipe (Search *search, const char *text, const char *blurb)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;

  if (search->n == MAX_OPTIONS || !dsp_recipe_change (&recipe, text, NULL)
      || !dsp_recipe_check (&recipe, NULL)
      || !(search->input ? goes_in (&recipe, search->input)
                         : loads_with (search->file, &recipe)))
    return;
  g_string_append_printf (search->list, "\n  --recipe %s%s%s   (%s)",
      strchr (text, ' ') ? "\"" : "", text, strchr (text, ' ') ? "\"" : "",
      blurb);
  search->n++;
}

/* One number for each coefficient, or for each frame. */
static void
try_row (Search *search, gsize n)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autofree char *means =
      g_strdup_printf ("features=mfcc n_mfcc=%zu statistics=mean " LIBROSA, n);
  g_autofree char *both = g_strdup_printf (
      "features=mfcc n_mfcc=%zu statistics=mean,std " LIBROSA, n / 2);
  g_autofree char *deltas = g_strdup_printf (
      "features=mfcc,delta,delta2 n_mfcc=%zu statistics=mean " LIBROSA, n / 3);
  g_autofree char *mel =
      g_strdup_printf ("features=mel n_mels=%zu statistics=mean " LIBROSA, n);
  g_autofree char *frames = NULL;

  recipe.rate = LIBROSA_RATE;
  if (n <= MOST_MFCC && n != 13 && n != 40)
    try_recipe (search, means, "means of MFCC");
  if (n == 128)
    try_recipe (search, mel, "means of mel bands");
  if (n % 2 == 0 && n <= 2 * MOST_MFCC && n > 12)
    try_recipe (search, both, "means and deviations of MFCC");
  if (n % 3 == 0 && n <= 3 * MOST_MFCC && n > 36)
    try_recipe (search, deltas, "means of MFCC and their deltas");
  if (n > 60 && n < 2000 && n != 216) {
    frames = g_strdup_printf ("features=mfcc statistics=mean "
                              "statistics_axis=coefficients " LIBROSA
                              " window_len=%zu",
        window_len_for (&recipe, n));
    try_recipe (search, frames, "the mean over 13 MFCC of each frame");
  }
}

/* Bands and frames; of unknown ones, those of three seconds. */
static void
try_matrix (Search *search, gsize n_bands, gsize n_frames)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autofree char *mfcc = NULL;
  g_autofree char *mel = NULL;
  gsize len = 3 * LIBROSA_RATE;

  if (n_bands == NN_DIM_UNKNOWN || n_bands < 2 || n_bands > 512 || n_frames < 2)
    return;
  recipe.rate = LIBROSA_RATE;
  if (n_frames != NN_DIM_UNKNOWN)
    len = window_len_for (&recipe, n_frames);
  mfcc = g_strdup_printf (
      "features=mfcc n_mfcc=%zu " LIBROSA " window_len=%zu", n_bands, len);
  mel = g_strdup_printf (
      "features=mel_db n_mels=%zu " LIBROSA " window_len=%zu", n_bands, len);
  if (n_bands <= MOST_MFCC)
    try_recipe (search, mfcc, "MFCC of each frame");
  if (n_bands >= FEWEST_MELS)
    try_recipe (search, mel, "mel bands in dB");
}

static void
try_families (Search *search)
{
  const NnShape *const in = search->input;
  const gboolean is_row = in->rank == 1 || (in->rank == 2 && in->dim[1] == 1);
  const gboolean is_turned_row = in->rank == 2 && in->dim[0] == 1;

  if (is_row && in->dim[0] != NN_DIM_UNKNOWN)
    try_row (search, in->dim[0]);
  else if (is_turned_row && in->dim[1] != NN_DIM_UNKNOWN)
    try_row (search, in->dim[1]);
  else if (in->rank == 2 || (in->rank == 3 && in->dim[2] == 1)) {
    try_matrix (search, in->dim[0], in->dim[1]);
    try_matrix (search, in->dim[1], in->dim[0]);
  }
}

char *
gst_emotion_recipes_that_fit (const NnModelFile *file)
{
  Search search = { .file = file, .list = g_string_new (NULL) };
  g_autofree NnShape *inputs = NULL;
  gsize n, n_presets;
  const DspPreset *const presets = dsp_presets (&n_presets);

  if (!nn_model_file_inputs (file, &inputs, &n, NULL) || n > 1)
    return g_string_free (search.list, FALSE);
  search.input = n == 1 ? &inputs[0] : NULL;
  for (gsize i = 0; i < n_presets; i++)
    try_recipe (&search, presets[i].name, presets[i].blurb);
  if (search.input)
    try_families (&search);
  return g_string_free (search.list, FALSE);
}

/* Whether a field is shown even if it has the default. */
static gboolean
is_telling (const char *field, unsigned features)
{
  static const char *const always[] = { "features", "rate", "window_len",
    "normalization", NULL };
  const unsigned mel = DSP_FEATURE_MEL | DSP_FEATURE_MEL_DB;
  const unsigned mfcc =
      DSP_FEATURE_MFCC | DSP_FEATURE_DELTA | DSP_FEATURE_DELTA2;

  return g_strv_contains (always, field)
      || (g_str_equal (field, "n_mels") && features & mel)
      || (g_str_equal (field, "n_mfcc") && features & mfcc);
}

char *
gst_emotion_recipe_text (const DspRecipe *recipe)
{
  const DspRecipe usual = DSP_RECIPE_DEFAULT;
  GString *text = g_string_new (NULL);
  gsize n;
  const DspRecipeField *const fields = dsp_recipe_fields (&n);

  for (gsize i = 0; i < n; i++) {
    g_autofree char *value = dsp_recipe_get_text (recipe, &fields[i]);
    g_autofree char *other = dsp_recipe_get_text (&usual, &fields[i]);

    if (!g_str_equal (value, other)
        || is_telling (fields[i].name, recipe->features))
      g_string_append_printf (
          text, "%s%s=%s", text->len ? " " : "", fields[i].name, value);
  }
  return g_string_free (text, FALSE);
}
