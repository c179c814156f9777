/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/recipe.h"

#include <math.h>
#include <string.h>

#include "dsp/error.h"
#include "dsp/fft.h"
#include "dsp/presets.h"

/* Recipes come from untrusted model files: these ranges bound the memory that a
 * recipe can take. */
#define WINDOW_LEN_MAX (1 << 24)
#define VALUES_MAX (1 << 24) /* of one matrix, and of a spectrogram */
/* A long window may take this many times as much. */
#define LONG 16

static const char *const feature_names[] = { "mel", "mel_db", "mfcc", "delta",
  "delta2", "chroma", "rms", "zcr", "centroid", "bandwidth", "rolloff",
  "flatness", NULL };
static const char *const statistic_names[] = { "mean", "std", NULL };
static const char *const normalization_names[] = { "none", "min_max", NULL };
static const char *const window_names[] = { "hann", "hamming", NULL };
static const char *const pad_mode_names[] = { "constant", "reflect", NULL };
static const char *const truth_names[] = { "false", "true", NULL };
static const char *const norm_names[] = { "slaney", "none", NULL };
static const char *const ref_names[] = { "max", "1.0", NULL };
static const char *const axis_names[] = { "time", "coefficients", NULL };
static const char *const flatten_names[] = { "bands", "frames", NULL };
static const char *const tuning_names[] = { "none", "estimate", NULL };

#define FIELD(field, type, min, max, names)                                    \
  {                                                                            \
#field, type, G_STRUCT_OFFSET(DspRecipe, field), min, max, names           \
  }
#define SIZE(field, min, max) FIELD (field, DSP_FIELD_SIZE, min, max, NULL)
#define DOUBLE(field, min, max) FIELD (field, DSP_FIELD_DOUBLE, min, max, NULL)
#define ENUM(field, names)                                                     \
  FIELD (field, DSP_FIELD_ENUM, 0, G_N_ELEMENTS (names) - 2, names)
#define FLAGS(field, min, names)                                               \
  FIELD (field, DSP_FIELD_FLAGS, min, (1 << (G_N_ELEMENTS (names) - 1)) - 1,   \
      names)

/* clang-format off */
static const DspRecipeField fields[] = {
  DOUBLE (rate,          1,     1e6),
  SIZE   (window_len,    1,     WINDOW_LEN_MAX),
  SIZE   (n_fft,         2,     DSP_FFT_MAX),
  SIZE   (hop_length,    1,     WINDOW_LEN_MAX),
  SIZE   (win_length,    0,     DSP_FFT_MAX),
  ENUM   (window,               window_names),
  ENUM   (center,               truth_names),
  ENUM   (pad_mode,             pad_mode_names),
  SIZE   (power,         1,     2),
  FLAGS  (features,      1,     feature_names),
  SIZE   (n_mels,        1,     1024),
  DOUBLE (f_min,         0,     5e5),
  DOUBLE (f_max,         0,     5e5),
  ENUM   (htk,                  truth_names),
  ENUM   (norm,                 norm_names),
  ENUM   (ref,                  ref_names),
  DOUBLE (amin,          1e-30, 1e6),
  DOUBLE (top_db,        1e-3,  1000),
  SIZE   (n_mfcc,        1,     1024),
  SIZE   (mfcc_mels,     1,     1024),
  DOUBLE (lifter,        0,     1e6),
  SIZE   (delta_width,   3,     1001),
  SIZE   (n_chroma,      1,     120),
  SIZE   (chroma_power,  1,     2),
  ENUM   (tuning,               tuning_names),
  DOUBLE (roll_percent,  0.01,  0.99),
  ENUM   (normalization,        normalization_names),
  FLAGS  (statistics,    0,     statistic_names),
  ENUM   (statistics_axis,      axis_names),
  ENUM   (flatten,              flatten_names),
};
/* clang-format on */

DspRecipe
dsp_recipe_simple (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;

  recipe.features = DSP_FEATURE_MFCC | DSP_FEATURE_DELTA | DSP_FEATURE_DELTA2
      | DSP_FEATURE_CHROMA;
  recipe.normalization = DSP_NORMALIZATION_NONE;
  recipe.statistics = DSP_STATISTIC_MEAN | DSP_STATISTIC_STD;
  return recipe;
}

const DspRecipeField *
dsp_recipe_fields (size_t *n_fields)
{
  *n_fields = G_N_ELEMENTS (fields);
  return fields;
}

const DspRecipeField *
dsp_recipe_find_field (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    if (strcmp (fields[i].name, name) == 0)
      return &fields[i];
  return NULL;
}

double
dsp_recipe_get (const DspRecipe *recipe, const DspRecipeField *field)
{
  switch (field->type) {
    case DSP_FIELD_SIZE:
      return (double) G_STRUCT_MEMBER (size_t, recipe, field->offset);
    case DSP_FIELD_DOUBLE:
      return G_STRUCT_MEMBER (double, recipe, field->offset);
    default:
      return (double) G_STRUCT_MEMBER (unsigned, recipe, field->offset);
  }
}

bool
dsp_recipe_set (DspRecipe *recipe, const DspRecipeField *field, double value)
{
  if (!isfinite (value))
    return false;
  if (field->type == DSP_FIELD_DOUBLE) {
    G_STRUCT_MEMBER (double, recipe, field->offset) = value;
    return true;
  }
  if (value < 0 || value > (double) G_MAXINT || value != floor (value))
    return false;
  if (field->type == DSP_FIELD_SIZE)
    G_STRUCT_MEMBER (size_t, recipe, field->offset) = (size_t) value;
  else
    G_STRUCT_MEMBER (unsigned, recipe, field->offset) = (unsigned) value;
  return true;
}

/* Index of a name; that of the terminating NULL if there is none. */
static unsigned
index_of (const char *const *names, const char *name)
{
  unsigned i = 0;

  while (names[i] && strcmp (name, names[i]) != 0)
    i++;
  return i;
}

static bool
is_features (const DspRecipeField *field)
{
  return field->offset == offsetof (DspRecipe, features);
}

DspFeature
dsp_recipe_nth_feature (const DspRecipe *recipe, size_t i)
{
  unsigned left = recipe->features;
  guint64 order = recipe->feature_order;

  for (;;) {
    const unsigned ordered = order & 15 ? 1u << ((order & 15) - 1) : 0;
    const unsigned feature =
        order != 0 ? ordered & left : left & -left; /* the lowest */

    if (order == 0 && left == 0)
      return 0;
    order >>= 4;
    left &= ~feature;
    if (feature != 0 && i-- == 0)
      return feature;
  }
}

/* The order of the names in text, all of which are known; 0 if it is the
 * default order. */
static guint64
order_of (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  guint64 order = 0;
  unsigned seen = 0, n = 0;
  bool is_usual = true;

  for (size_t w = 0; words[w]; w++) {
    const unsigned bit = index_of (feature_names, g_strstrip (words[w]));

    if (seen & (1u << bit))
      continue;
    is_usual = is_usual && seen < (1u << bit);
    seen |= 1u << bit;
    order |= (guint64) (bit + 1) << (4 * n++);
  }
  return is_usual ? 0 : order;
}

char *
dsp_recipe_get_text (const DspRecipe *recipe, const DspRecipeField *field)
{
  const double value = dsp_recipe_get (recipe, field);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (!field->names)
    return g_strdup (g_ascii_dtostr (number, sizeof number, value));

  GString *text = g_string_new (NULL);

  if (is_features (field)) {
    DspFeature feature;

    for (size_t i = 0; (feature = dsp_recipe_nth_feature (recipe, i)); i++)
      g_string_append_printf (text, "%s%s", i > 0 ? "," : "",
          feature_names[g_bit_nth_lsf (feature, -1)]);
    return g_string_free (text, false);
  }
  for (unsigned i = 0; field->names[i]; i++) {
    if (field->type == DSP_FIELD_FLAGS ? !((unsigned) value & (1u << i))
                                       : (unsigned) value != i)
      continue;
    if (text->len > 0)
      g_string_append_c (text, ',');
    g_string_append (text, field->names[i]);
  }
  return g_string_free (text, false);
}

/* The number that names stand for; false and an error if one is unknown. */
static bool
parse_names (const DspRecipeField *field, const char *text, double *value,
    GError **error)
{
  if (field->type == DSP_FIELD_ENUM) {
    const unsigned i = index_of (field->names, text);

    *value = i;
    if (field->names[i])
      return true;
  } else {
    g_auto (GStrv) words = g_strsplit (text, ",", -1);
    unsigned sum = 0;
    size_t w;

    for (w = 0; words[w]; w++) {
      const unsigned i = index_of (field->names, g_strstrip (words[w]));

      if (!field->names[i])
        break;
      sum |= 1u << i;
    }
    *value = sum;
    if (!words[w])
      return true;
  }

  g_autofree char *known = g_strjoinv (", ", (char **) field->names);

  g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
      "%s knows no \"%s\", only %s", field->name, text, known);
  return false;
}

bool
dsp_recipe_set_text (DspRecipe *recipe, const DspRecipeField *field,
    const char *text, GError **error)
{
  double value;

  if (field->names) {
    if (!parse_names (field, text, &value, error))
      return false;
  } else {
    char *end;

    value = g_ascii_strtod (text, &end);
    if (end == text || *end != '\0')
      value = NAN;
  }
  if (dsp_recipe_set (recipe, field, value)) {
    if (is_features (field))
      recipe->feature_order = order_of (text);
    return true;
  }
  g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
      "\"%s\" is not a value of %s", text, field->name);
  return false;
}

static void
fail_change (const char *word, GError **error)
{
  g_autofree char *presets = dsp_preset_list ();
  GString *known = g_string_new (NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    g_string_append_printf (known, "%s%s", i ? ", " : "", fields[i].name);
  if (strchr (word, '='))
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "\"%s\" is not FIELD=VALUE, with one of the fields %s", word,
        known->str);
  else
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "\"%s\" is neither FIELD=VALUE, with one of the fields %s, nor one of "
        "the presets %s",
        word, known->str, presets);
  g_string_free (known, true);
}

/* Applies the preset of that name. */
static bool
apply_preset (DspRecipe *recipe, const char *name, GError **error)
{
  const DspPreset *const preset = dsp_preset_find (name);

  if (preset)
    return dsp_recipe_change (recipe, preset->recipe, error);
  fail_change (name, error);
  return false;
}

bool
dsp_recipe_change (DspRecipe *recipe, const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t\r\n", -1);
  DspRecipe changed = *recipe;

  for (size_t i = 0; words[i]; i++) {
    char *const value = strchr (words[i], '=');
    const DspRecipeField *field;

    if (words[i][0] == '\0')
      continue;
    if (!value) {
      if (!apply_preset (&changed, words[i], error))
        return false;
      continue;
    }
    *value = '\0';
    field = dsp_recipe_find_field (words[i]);
    if (!field) {
      *value = '=';
      fail_change (words[i], error);
      return false;
    }
    if (!dsp_recipe_set_text (&changed, field, value + 1, error))
      return false;
  }
  *recipe = changed;
  return true;
}

static bool
check_fields (const DspRecipe *recipe, size_t scale, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++) {
    const double value = dsp_recipe_get (recipe, &fields[i]);
    const bool is_len = fields[i].offset == offsetof (DspRecipe, window_len);
    const double max = fields[i].max * (is_len ? (double) scale : 1);

    if (!(value >= fields[i].min && value <= max)) {
      g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
          "%s is %g, not within %g..%g", fields[i].name, value, fields[i].min,
          max);
      return false;
    }
  }
  return true;
}

/* Whether the window is long enough for the padding of the STFT. */
static bool
check_frames (const DspRecipe *recipe, GError **error)
{
  if (recipe->win_length > recipe->n_fft)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "win_length is %zu, more than n_fft, %zu", recipe->win_length,
        recipe->n_fft);
  else if (!recipe->center && recipe->window_len < recipe->n_fft)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "n_fft is %zu, more than the %zu samples of a window; center=true "
        "pads them",
        recipe->n_fft, recipe->window_len);
  else if (recipe->center && recipe->pad_mode == DSP_PAD_REFLECT
      && recipe->window_len <= recipe->n_fft / 2)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "pad_mode is reflect, but half of n_fft, %zu, is not less than the "
        "%zu samples of a window",
        recipe->n_fft / 2, recipe->window_len);
  else
    return true;
  return false;
}

static bool
check_size (const DspRecipe *recipe, size_t scale, GError **error)
{
  const size_t most = VALUES_MAX * scale;
  const size_t n_frames = dsp_recipe_n_frames (recipe);
  const size_t n_rows = MAX (dsp_recipe_n_rows (recipe), recipe->mfcc_mels);
  const size_t n_bins =
      recipe->features & DSP_FEATURE_CHROMA ? recipe->n_fft / 2 + 1 : 1;

  if (n_frames <= most / n_rows && n_frames <= most / n_bins)
    return true;
  g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
      "window_len %zu and hop_length %zu make %zu frames: too many",
      recipe->window_len, recipe->hop_length, n_frames);
  return false;
}

static bool
check (const DspRecipe *recipe, size_t scale, GError **error)
{
  const unsigned deltas = DSP_FEATURE_DELTA | DSP_FEATURE_DELTA2;

  if (!check_fields (recipe, scale, error) || !check_frames (recipe, error))
    return false;
  if (recipe->n_fft % 2 != 0)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG, "n_fft is %zu, not even",
        recipe->n_fft);
  else if (!(recipe->f_min < recipe->f_max
               && recipe->f_max <= recipe->rate / 2))
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "f_min..f_max is %g..%g Hz: empty, or past half the rate, %g Hz",
        recipe->f_min, recipe->f_max, recipe->rate / 2);
  else if (recipe->n_mfcc > recipe->mfcc_mels)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "n_mfcc is %zu, more than mfcc_mels, %zu", recipe->n_mfcc,
        recipe->mfcc_mels);
  else if (recipe->statistics
      && recipe->statistics_axis == DSP_AXIS_COEFFICIENTS
      && dsp_recipe_nth_feature (recipe, 1))
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "statistics_axis is coefficients: it takes one feature, but several "
        "are given");
  else if (recipe->delta_width % 2 == 0)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "delta_width is %zu, not odd", recipe->delta_width);
  else if ((recipe->features & deltas)
      && recipe->delta_width > dsp_recipe_n_frames (recipe))
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "delta_width is %zu, more than the %zu frames of a window",
        recipe->delta_width, dsp_recipe_n_frames (recipe));
  else
    return check_size (recipe, scale, error);
  return false;
}

bool
dsp_recipe_check (const DspRecipe *recipe, GError **error)
{
  return check (recipe, 1, error);
}

bool
dsp_recipe_check_long (const DspRecipe *recipe, GError **error)
{
  return check (recipe, LONG, error);
}

bool
dsp_recipe_equal (const DspRecipe *a, const DspRecipe *b)
{
  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    if (dsp_recipe_get (a, &fields[i]) != dsp_recipe_get (b, &fields[i]))
      return false;
  return a->feature_order == b->feature_order;
}

static size_t
rows_of (const DspRecipe *recipe, DspFeature feature)
{
  switch (feature) {
    case DSP_FEATURE_MEL:
    case DSP_FEATURE_MEL_DB:
      return recipe->n_mels;
    case DSP_FEATURE_MFCC:
    case DSP_FEATURE_DELTA:
    case DSP_FEATURE_DELTA2:
      return recipe->n_mfcc;
    case DSP_FEATURE_CHROMA:
      return recipe->n_chroma;
    default:
      return 1;
  }
}

static bool
is_over_coefficients (const DspRecipe *recipe)
{
  return recipe->statistics && recipe->statistics_axis == DSP_AXIS_COEFFICIENTS;
}

static size_t
n_statistics (const DspRecipe *recipe)
{
  return (recipe->statistics & DSP_STATISTIC_MEAN ? 1 : 0)
      + (recipe->statistics & DSP_STATISTIC_STD ? 1 : 0);
}

size_t
dsp_recipe_rows (const DspRecipe *recipe, DspFeature feature, size_t *first_row)
{
  DspFeature before;

  *first_row = 0;
  for (size_t i = 0; (before = dsp_recipe_nth_feature (recipe, i)); i++) {
    const size_t n = is_over_coefficients (recipe) ? n_statistics (recipe)
                                                   : rows_of (recipe, before);

    if (before == feature)
      return n;
    *first_row += n;
  }
  return 0;
}

size_t
dsp_recipe_n_rows (const DspRecipe *recipe)
{
  DspFeature feature;
  size_t n = 0;

  for (size_t i = 0; (feature = dsp_recipe_nth_feature (recipe, i)); i++)
    n += rows_of (recipe, feature);
  return n;
}

size_t
dsp_recipe_n_bands (const DspRecipe *recipe)
{
  return is_over_coefficients (recipe) ? n_statistics (recipe)
                                       : dsp_recipe_n_rows (recipe);
}

size_t
dsp_recipe_n_frames (const DspRecipe *recipe)
{
  const size_t len = recipe->window_len;

  if (recipe->center)
    return 1 + len / recipe->hop_length;
  return len < recipe->n_fft ? 0
                             : 1 + (len - recipe->n_fft) / recipe->hop_length;
}

size_t
dsp_recipe_n_columns (const DspRecipe *recipe)
{
  return recipe->statistics == 0 || is_over_coefficients (recipe)
      ? dsp_recipe_n_frames (recipe)
      : n_statistics (recipe);
}

bool
dsp_recipe_keeps_rest (const DspRecipe *recipe, size_t n_rest, bool is_first)
{
  return n_rest > 0 && (is_first || n_rest >= recipe->window_len - n_rest);
}

size_t
dsp_recipe_n_windows (const DspRecipe *recipe, size_t n_samples)
{
  const size_t n_whole = n_samples / recipe->window_len;

  return n_whole
      + dsp_recipe_keeps_rest (
          recipe, n_samples % recipe->window_len, n_whole == 0);
}
