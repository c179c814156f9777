/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the words of the command line mean. */
#include <math.h>
#include "gst/train/options.h"
#include "nn/train/architectures.h"

static gboolean
parse_folds (const char *text, TrainSplitMode *mode, guint *n)
{
  g_auto (GStrv) sides = g_strsplit (text, ":", 2);
  guint64 number;

  if (g_strv_length (sides) != 2
      || !g_ascii_string_to_unsigned (sides[1], 10, 3, 1000, &number, NULL))
    return FALSE;
  *n = number;
  *mode = g_str_equal (sides[0], "speakers") ? TRAIN_SPLIT_SPEAKER
                                             : TRAIN_SPLIT_STRATIFIED;
  return *mode == TRAIN_SPLIT_SPEAKER || g_str_equal (sides[0], "files");
}

static const char *const groups[] = { "corpora", "languages", NULL };

static gboolean
parse_snr (const char *text, double *min, double *max)
{
  char *end;

  *min = g_ascii_strtod (text, &end);
  if (end == text || *end != ',')
    return FALSE;
  text = end + 1;
  *max = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && isfinite (*min) && isfinite (*max)
      && *min < *max;
}

gboolean
train_options_temperature (const TrainOptions *self, double *temperature)
{
  char *end;

  *temperature = 0;
  if (g_str_equal (self->calibrate, "fit"))
    return TRUE;
  *temperature = g_ascii_strtod (self->calibrate, &end);
  return end != self->calibrate && *end == '\0' && *temperature >= 0.01
      && *temperature <= 100;
}

static gint
index_of (const char *text, const char *const *choices)
{
  for (gint i = 0; choices[i]; i++)
    if (g_str_equal (text, choices[i]))
      return i;
  return -1;
}

static const char *const split_modes[] = { "stratified", "speaker", NULL };
static const char *const balances[] = { "none", "oversample", "weights",
  "corpora", NULL };

static const char *const schedules[] = { "plateau", "cosine", NULL };
static const char *const keeps[] = { "best", "last", NULL };
/* By NnStorage. */
static const char *const storages[] = { "float32", "float16", "int8", NULL };

static const char *
word (const char *value, const char *fallback)
{
  return value ? value : fallback;
}

static gint
split_index (const TrainOptions *self)
{
  return index_of (word (self->split, TRAIN_DEFAULT_SPLIT), split_modes);
}

static gint
balance_index (const TrainOptions *self)
{
  return index_of (word (self->balance, TRAIN_DEFAULT_BALANCE), balances);
}

gboolean
train_options_balances_corpora (const TrainOptions *self)
{
  return balance_index (self) == TRAIN_BALANCE_CORPORA;
}

gboolean
train_options_is_cosine (const TrainOptions *self)
{
  return g_str_equal (word (self->schedule, TRAIN_DEFAULT_SCHEDULE), "cosine");
}

gboolean
train_options_keeps_last (const TrainOptions *self)
{
  return g_str_equal (word (self->keep, TRAIN_DEFAULT_KEEP), "last");
}

const char *
train_options_model (const TrainOptions *self)
{
  return train_options_nth_model (self, 0);
}

guint
train_options_n_models (const TrainOptions *self)
{
  return self->models ? g_strv_length (self->models) : 1;
}

const char *
train_options_nth_model (const TrainOptions *self, guint i)
{
  return self->models ? self->models[i] : TRAIN_DEFAULT_MODEL;
}

gboolean
train_options_groups (const TrainOptions *self, TrainGroups *result)
{
  const gint i =
      self->cross_validate ? index_of (self->cross_validate, groups) : -1;

  *result = i == 1 ? TRAIN_GROUPS_LANGUAGES : TRAIN_GROUPS_DATA_SETS;
  return i >= 0;
}

gboolean
train_options_is_experiment (const TrainOptions *self)
{
  return !self->evaluate
      && (self->cross_validate || self->seeds > 1
          || train_options_n_models (self) > 1);
}

gboolean
train_options_converts (const TrainOptions *self)
{
  return self->quantize && self->rest && !self->gather && !self->ensemble
      && !self->soup;
}

NnStorage
train_options_storage (const TrainOptions *self)
{
  return self->quantize ? (NnStorage) index_of (self->quantize, storages)
                        : NN_STORAGE_FLOAT32;
}

char *
train_options_recipe_text (const TrainOptions *self)
{
  return self->recipe ? g_strjoinv (" ", self->recipe) : NULL;
}

gboolean
train_options_recipe (const TrainOptions *self, const char *model,
    DspRecipe *recipe, GError **error)
{
  g_autofree char *text = train_options_recipe_text (self);
  g_autoptr (GError) failure = NULL;

  *recipe = DSP_RECIPE_DEFAULT;
  if (nn_architecture_features (model) == NN_FEATURES_STATISTICS)
    *recipe = dsp_recipe_simple ();
  if ((!text || dsp_recipe_change (recipe, text, &failure))
      && dsp_recipe_check (recipe, &failure))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--recipe: %s",
      failure->message);
  return FALSE;
}

gboolean
train_options_check_words (const TrainOptions *self, GError **error)
{
  TrainSplitMode mode;
  TrainGroups by;
  double min, max;
  guint n;
  const struct {
    gboolean is_wrong;
    const char *option, *value, *expected;
  } words[] = {
    { split_index (self) < 0, "split", self->split, "stratified or speaker" },
    { balance_index (self) < 0, "balance", self->balance,
        "none, oversample, weights or corpora" },
    { self->schedule && index_of (self->schedule, schedules) < 0, "schedule",
        self->schedule, "plateau or cosine" },
    { self->keep && index_of (self->keep, keeps) < 0, "keep", self->keep,
        "best or last" },
    { self->cross_validate && !parse_folds (self->cross_validate, &mode, &n)
            && !train_options_groups (self, &by)
            && !g_file_test (self->cross_validate, G_FILE_TEST_EXISTS),
        "cross-validate", self->cross_validate,
        "speakers:K or files:K, with K from 3 on, corpora, languages, nor a "
        "file" },
    { self->snr && !parse_snr (self->snr, &min, &max), "snr", self->snr,
        "MIN,MAX" },
    { !parse_snr (word (self->noise_snr, TRAIN_DEFAULT_NOISE_SNR), &min, &max),
        "noise-snr", self->noise_snr, "MIN,MAX" },
    { self->quantize && index_of (self->quantize, storages) <= 0, "quantize",
        self->quantize, "int8 or float16" },
    { self->calibrate && !train_options_temperature (self, &min), "calibrate",
        self->calibrate, "fit or a temperature within 0.01 and 100" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (words[i].is_wrong) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--%s %s is not %s", words[i].option, words[i].value,
          words[i].expected);
      return FALSE;
    }
  return TRUE;
}

TrainSplitMode
train_options_split_mode (const TrainOptions *self)
{
  return split_index (self) == 1 ? TRAIN_SPLIT_SPEAKER : TRAIN_SPLIT_STRATIFIED;
}

guint
train_options_folds (const TrainOptions *self, TrainSplitMode *mode)
{
  guint n = 0;

  return self->cross_validate && parse_folds (self->cross_validate, mode, &n)
      ? n
      : 0;
}

char **
train_options_list (const char *text)
{
  return text ? g_strsplit (text, ",", -1) : NULL;
}

gboolean
train_options_split (const TrainOptions *self, const TrainCorpus *corpus,
    TrainSubset *subsets, GError **error)
{
  g_auto (GStrv) validation = train_options_list (self->validation_speakers);
  g_auto (GStrv) test = train_options_list (self->test_speakers);
  const TrainSplitConfig split = { .mode = train_options_split_mode (self),
    .validation_fraction = self->validation_fraction,
    .seed = self->seed,
    .validation_speakers = (const char *const *) validation,
    .test_speakers = (const char *const *) test };

  return train_split (corpus, &split, subsets, error);
}

guint
train_options_n_threads (const TrainOptions *self)
{
  return self->threads > 0 ? (guint) self->threads : g_get_num_processors ();
}

static void
set_augment (const TrainOptions *self, TrainAugmentConfig *config)
{
  train_augment_config_init (config);
  if (self->no_augment)
    return;
  config->probability = self->augment_probability;
  config->pitch_shift = self->pitch_shift;
  config->time_stretch = self->time_stretch;
  config->speed = self->speed;
  config->time_shift = self->time_shift;
  config->gain_db = self->gain_db;
  config->noise = self->noise;
  if (self->snr)
    parse_snr (self->snr, &config->snr_min, &config->snr_max);
  config->position = self->position;
  config->equalizer_db = self->equalizer_db;
  config->reverb = self->reverb;
  config->clip_db = self->clip_db;
  config->band_limits = self->band_limits;
  config->mu_law = self->mu_law;
  parse_snr (word (self->noise_snr, TRAIN_DEFAULT_NOISE_SNR),
      &config->noise_snr_min, &config->noise_snr_max);
}

void
train_options_examples (const TrainOptions *self, const DspRecipe *recipe,
    gboolean training, TrainExamplesConfig *config)
{
  *config = (TrainExamplesConfig){ .recipe = *recipe,
    .all_windows = self->all_windows,
    .min_voice = self->min_voice,
    .n_threads = train_options_n_threads (self),
    .seed = self->seed };
  if (!training)
    return;
  config->balance = balance_index (self);
  config->epoch_windows = self->epoch_windows;
  set_augment (self, &config->augment);
  config->n_copies = self->copies;
  config->mask = (TrainMaskConfig){ self->masks, self->masks, self->mask_bands,
    self->mask_frames };
  config->mixup = self->mixup;
  config->kin = self->kin;
}
