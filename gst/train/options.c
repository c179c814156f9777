/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/options.h"

#include <string.h>

#include "nn/train/architectures.h"

#define ALL G_MAXINT

/* Each has a page of --help. */
typedef enum { MAIN, SOUNDS, TRIALS, VARIATIONS, FIT, N_GROUPS } Group;

static const struct {
  const char *name, *title, *help;
} groups[N_GROUPS] = {
  [SOUNDS] = { "sounds", "Data:", "Data options" },
  [TRIALS] = { "trials", "Cross-validation and experiments:",
      "Options for cross-validation and experiments" },
  [VARIATIONS] = { "variations", "Class balance and augmentation:",
      "Options for class balance and augmentation" },
  [FIT] = { "fit", "Features, model and optimizer:",
      "Options for features, model and optimizer" },
};

/* One option of the command line. Code that parses, checks, frees or records
 * options walks the table. */
typedef struct {
  Group group;
  const char *name;
  GOptionArg type; /* NONE, INT, DOUBLE, STRING, FILENAME, FILENAME_ARRAY */
  gsize offset;    /* into TrainOptions */
  double min, max; /* of numbers */
  gboolean is_recorded; /* changes what is learnt */
  const char *help, *arg;
  const char *fallback; /* of a STRING or its array; GOption does not free what
                           it replaces */
} Option;

#define AT(field) G_STRUCT_OFFSET (TrainOptions, field)

/* clang-format off */
static const Option options[] = {
  { MAIN, "csv", G_OPTION_ARG_FILENAME_ARRAY, AT (lists), 0, 0, FALSE,
    "List: path,label[,speaker[,split]]", "FILE" },
  { SOUNDS, "datasets", G_OPTION_ARG_STRING, AT (datasets), 0, 0, TRUE,
    "Read only these data sets (nemo,emodb16k)", "SETS" },
  { SOUNDS, "merge", G_OPTION_ARG_STRING_ARRAY, AT (merges), 0, 0, TRUE,
    "Rename a label: pleasant_surprise=surprised", "FROM=TO" },
  { MAIN, "labels", G_OPTION_ARG_STRING, AT (labels), 0, 0, TRUE,
    "Class labels, in order", "A,B,..." },
  { SOUNDS, "unlabelled", G_OPTION_ARG_FILENAME_ARRAY,
    AT (unlabelled), 0, 0, TRUE,
    "Speech without labels, for --teacher", "FILE" },
  { SOUNDS, "all-windows", G_OPTION_ARG_NONE, AT (all_windows), 0, 0, TRUE,
    "Use all windows of each file", NULL },
  { SOUNDS, "min-voice", G_OPTION_ARG_DOUBLE, AT (min_voice), 0, 3600, TRUE,
    "Seconds of speech that they need (0.3)", "S" },
  { SOUNDS, "track", G_OPTION_ARG_STRING, AT (track), 0, 0, TRUE,
    "Audio track, if a file has several", "N|LANGUAGE" },
  { MAIN, "evaluate", G_OPTION_ARG_FILENAME, AT (evaluate), 0, 0, FALSE,
    "Evaluate this model instead of training", "NICK|FILE" },
  { SOUNDS, "conditions", G_OPTION_ARG_STRING, AT (conditions), 0, 0, FALSE,
    "Evaluate under all, or white:10,late...", "LIST" },
  { FIT, "calibrate", G_OPTION_ARG_STRING, AT (calibrate), 0, 0, FALSE,
    "Temperature to fold in: fit, or 1.5", "fit|T" },
  { SOUNDS, "speakers", G_OPTION_ARG_STRING, AT (speakers), 0, 0, FALSE,
    "Evaluate only these (17-20,emodb/03)", "LIST" },
  { MAIN, "output", G_OPTION_ARG_FILENAME, AT (output), 0, 0, FALSE,
    "Write the model to this file", "MODEL.h5" },
  { MAIN, "report", G_OPTION_ARG_FILENAME, AT (report), 0, 0, FALSE,
    "A page, its numbers, pictures: into a folder", "DIR" },
  { MAIN, "resume", G_OPTION_ARG_NONE, AT (resume), 0, 0, FALSE,
    "Continue an interrupted run", NULL },
  { MAIN, "quiet", G_OPTION_ARG_NONE, AT (quiet), 0, 0, FALSE,
    "Print only results", NULL },
  { MAIN, "version", G_OPTION_ARG_NONE, AT (version), 0, 0, FALSE,
    "Print the version", NULL },
  { MAIN, "split", G_OPTION_ARG_STRING, AT (split), 0, 0, TRUE,
    "Validation split: stratified, speaker", "MODE", TRAIN_DEFAULT_SPLIT },
  { SOUNDS, "validation-fraction", G_OPTION_ARG_DOUBLE,
    AT (validation_fraction), 0, 1, TRUE,
    "Fraction of the data for validation (0.2)", "F" },
  { SOUNDS, "validation-speakers", G_OPTION_ARG_STRING,
    AT (validation_speakers), 0, 0, TRUE,
    "Validate with these speakers", "LIST" },
  { SOUNDS, "test-speakers", G_OPTION_ARG_STRING,
    AT (test_speakers), 0, 0, TRUE,
    "Test on these speakers at the end", "LIST" },
  { TRIALS, "cross-validate", G_OPTION_ARG_STRING,
    AT (cross_validate), 0, 0, TRUE,
    "speakers:K,files:K,corpora,languages,FILE", "WHAT:K|FILE" },
  { SOUNDS, "train-on", G_OPTION_ARG_STRING, AT (train_on), 0, 0, TRUE,
    "Train only on these data sets (tess,emodb)", "SETS" },
  { SOUNDS, "test-on", G_OPTION_ARG_STRING, AT (test_on), 0, 0, TRUE,
    "Test on these data sets, not train on them", "SETS" },
  { TRIALS, "seeds", G_OPTION_ARG_INT, AT (seeds), 1, 10000, FALSE,
    "Number of seeds, from --seed on (1)", "N" },
  { TRIALS, "shard", G_OPTION_ARG_STRING, AT (shard), 0, 0, FALSE,
    "The I-th of N shards, to --output", "I/N" },
  { TRIALS, "gather", G_OPTION_ARG_NONE, AT (gather), 0, 0, FALSE,
    "Combine all shards: --gather SHARD...", NULL },
  { FIT, "ensemble", G_OPTION_ARG_NONE, AT (ensemble), 0, 0, FALSE,
    "One file of several: --ensemble A.h5 B.h5", NULL },
  { FIT, "soup", G_OPTION_ARG_NONE, AT (soup), 0, 0, FALSE,
    "The mean of their weights: --soup A.h5 B.h5", NULL },
  { FIT, "quantize", G_OPTION_ARG_STRING, AT (quantize), 0, 0, FALSE,
    "Write weights as int8 or float16", "int8|float16" },
  { VARIATIONS, "balance", G_OPTION_ARG_STRING, AT (balance), 0, 0, TRUE,
    "Balance: oversample, weights, corpora, none", "HOW", TRAIN_DEFAULT_BALANCE },
  { VARIATIONS, "epoch-windows", G_OPTION_ARG_INT,
    AT (epoch_windows), 0, 10000000, TRUE,
    "Windows per epoch, with corpora; 0: all (0)", "N" },
  { VARIATIONS, "kin", G_OPTION_ARG_STRING, AT (kin), 0, 0, TRUE,
    "Share of A's target that B gets", "A=B:SHARE" },
  { VARIATIONS, "no-augment", G_OPTION_ARG_NONE, AT (no_augment), 0, 0, TRUE,
    "No augmentation", NULL },
  { VARIATIONS, "augment-copies", G_OPTION_ARG_INT, AT (copies), 0, 100, TRUE,
    "Augmented copies, made once; 0: every epoch", "N" },
  { VARIATIONS, "augment-probability", G_OPTION_ARG_DOUBLE,
    AT (augment_probability), 0, 1, TRUE,
    "Probability of each augmentation (0.5)", "P" },
  { VARIATIONS, "pitch-shift", G_OPTION_ARG_DOUBLE,
    AT (pitch_shift), 0, 12, TRUE,
    "Pitch shift, up to +- semitones (2)", "N" },
  { VARIATIONS, "time-stretch", G_OPTION_ARG_DOUBLE,
    AT (time_stretch), 0, 0.5, TRUE,
    "Time stretch, within 1 +- this (0.1)", "X" },
  { VARIATIONS, "noise", G_OPTION_ARG_DOUBLE, AT (noise), 0, 1, TRUE,
    "Sigma of Gaussian noise (0.005)", "SIGMA" },
  { VARIATIONS, "time-shift", G_OPTION_ARG_DOUBLE, AT (time_shift), 0, 10, TRUE,
    "Time shift, up to +- seconds (0.1)", "S" },
  { VARIATIONS, "speed", G_OPTION_ARG_DOUBLE, AT (speed), 0, 0.5, TRUE,
    "Playback speed, within 1 +- this (0)", "X" },
  { VARIATIONS, "gain", G_OPTION_ARG_DOUBLE, AT (gain_db), 0, 60, TRUE,
    "Gain, up to +- dB (0)", "DB" },
  { VARIATIONS, "snr", G_OPTION_ARG_STRING, AT (snr), 0, 0, TRUE,
    "Noise at a random SNR in this range, dB", "MIN,MAX" },
  { VARIATIONS, "position", G_OPTION_ARG_NONE, AT (position), 0, 0, TRUE,
    "Random position of the sound in the window", NULL },
  { VARIATIONS, "reverb", G_OPTION_ARG_DOUBLE, AT (reverb), 0, 1, TRUE,
    "Reverberation time, up to this, s (0)", "S" },
  { VARIATIONS, "noise-from", G_OPTION_ARG_FILENAME_ARRAY,
    AT (noise_from), 0, 0, TRUE,
    "Mix in recordings: a file, or a folder", "PATH" },
  { VARIATIONS, "noise-snr", G_OPTION_ARG_STRING, AT (noise_snr), 0, 0, TRUE,
    "SNR of these recordings, dB (0,30)", "MIN,MAX",
    TRAIN_DEFAULT_NOISE_SNR },
  { VARIATIONS, "equalizer", G_OPTION_ARG_DOUBLE,
    AT (equalizer_db), 0, 40, TRUE,
    "Random equalizer, up to +- dB (0)", "DB" },
  { VARIATIONS, "clipping", G_OPTION_ARG_DOUBLE, AT (clip_db), 0, 60, TRUE,
    "Clipping, up to this far below the peak (0)", "DB" },
  { VARIATIONS, "band-limits", G_OPTION_ARG_NONE, AT (band_limits), 0, 0, TRUE,
    "Telephone band and other band limits", NULL },
  { VARIATIONS, "mu-law", G_OPTION_ARG_NONE, AT (mu_law), 0, 0, TRUE,
    "G.711 mu-law coding", NULL },
  { VARIATIONS, "masks", G_OPTION_ARG_INT, AT (masks), 0, 100, TRUE,
    "SpecAugment: masks along each axis (0)", "N" },
  { VARIATIONS, "mask-bands", G_OPTION_ARG_INT, AT (mask_bands), 0, 1000, TRUE,
    "SpecAugment: bands per mask, at most (8)", "N" },
  { VARIATIONS, "mask-frames", G_OPTION_ARG_INT,
    AT (mask_frames), 0, 1000, TRUE,
    "SpecAugment: frames per mask, at most (16)", "N" },
  { VARIATIONS, "mixup", G_OPTION_ARG_DOUBLE, AT (mixup), 0, 10, TRUE,
    "Mixup with Beta(ALPHA, ALPHA); 0: off (0)", "ALPHA" },
  { MAIN, "model", G_OPTION_ARG_STRING_ARRAY, AT (models), 0, 0, TRUE,
    "An architecture listed above, or a file", "NICK|FILE",
    TRAIN_DEFAULT_MODEL },
  { FIT, "recipe", G_OPTION_ARG_STRING_ARRAY, AT (recipe), 0, 0, TRUE,
    "Change the features (top_db=60)", "FIELD=VALUE" },
  { FIT, "freeze", G_OPTION_ARG_STRING, AT (freeze), 0, 0, TRUE,
    "Freeze the first N layers, or all up to NAME", "N|NAME" },
  { FIT, "trunk", G_OPTION_ARG_STRING, AT (trunk), 0, 0, TRUE,
    "Keep layers up to NAME, with a new head", "NAME" },
  { FIT, "probe", G_OPTION_ARG_INT, AT (probe), 0, 1000, TRUE,
    "Begin with ridge regression on N epochs (0)", "N" },
  { FIT, "teacher", G_OPTION_ARG_STRING, AT (teacher), 0, 0, TRUE,
    "Learn from this model's probabilities, too", "NICK|FILE" },
  { FIT, "teacher-weight", G_OPTION_ARG_DOUBLE,
    AT (teacher_weight), 0.001, 1, TRUE,
    "Its weight in the loss; 1: no labels (0.5)", "W" },
  { FIT, "temperature", G_OPTION_ARG_DOUBLE,
    AT (temperature), 0.1, 100, TRUE,
    "Temperature of both models' answers (2)", "T" },
  { FIT, "dropout", G_OPTION_ARG_DOUBLE, AT (dropout), 0, 3, TRUE,
    "Scale the dropout rates (1)", "X" },
  { FIT, "l2", G_OPTION_ARG_DOUBLE, AT (l2), 0, 1000, TRUE,
    "Scale the L2 penalties (1)", "X" },
  { MAIN, "epochs", G_OPTION_ARG_INT, AT (epochs), 1, 100000, TRUE,
    "Maximum number of epochs (100)", "N" },
  { FIT, "batch-size", G_OPTION_ARG_INT, AT (batch_size), 1, 4096, TRUE,
    "Examples per batch (32)", "N" },
  { FIT, "learning-rate", G_OPTION_ARG_DOUBLE,
    AT (learning_rate), 1e-9, 1, TRUE,
    "Learning rate of Adam (0.001)", "X" },
  { FIT, "head-learning-rate", G_OPTION_ARG_DOUBLE,
    AT (head_learning_rate), 0, 1, TRUE,
    "That of the last layer; 0: the same (0)", "X" },
  { FIT, "schedule", G_OPTION_ARG_STRING, AT (schedule), 0, 0, TRUE,
    "Learning rate schedule: plateau, cosine", "HOW", TRAIN_DEFAULT_SCHEDULE },
  { FIT, "warm-up", G_OPTION_ARG_INT, AT (warm_up), 0, 1000, TRUE,
    "Warm-up epochs of the cosine schedule (0)", "N" },
  { FIT, "average", G_OPTION_ARG_DOUBLE, AT (average), 0, 0.99999, TRUE,
    "Decay of the weight average; 0: off (0)", "X" },
  { FIT, "keep", G_OPTION_ARG_STRING, AT (keep), 0, 0, TRUE,
    "Weights to save: best, last", "WHICH", TRAIN_DEFAULT_KEEP },
  { FIT, "epsilon", G_OPTION_ARG_DOUBLE, AT (epsilon), 1e-12, 1, TRUE,
    "Epsilon of Adam (1e-7)", "X" },
  { FIT, "weight-decay", G_OPTION_ARG_DOUBLE, AT (weight_decay), 0, 1, TRUE,
    "Weight decay of AdamW (0)", "X" },
  { FIT, "clip-norm", G_OPTION_ARG_DOUBLE, AT (clip_norm), 0, 1e6, TRUE,
    "Clip the gradient norm; 0: off (0)", "X" },
  { FIT, "label-smoothing", G_OPTION_ARG_DOUBLE,
    AT (label_smoothing), 0, 0.9, TRUE,
    "Label smoothing (0)", "X" },
  { FIT, "patience", G_OPTION_ARG_INT, AT (patience), 0, 100000, TRUE,
    "Early stopping patience; 0: off (12)", "N" },
  { FIT, "start-from-epoch", G_OPTION_ARG_INT,
    AT (start_from_epoch), -1, 100000, TRUE,
    "Epoch to monitor from; -1: step 500 (-1)", "N" },
  { FIT, "plateau-patience", G_OPTION_ARG_INT,
    AT (plateau_patience), 0, 100000, TRUE,
    "Plateau patience; 0: off (6)", "N" },
  { FIT, "plateau-factor", G_OPTION_ARG_DOUBLE,
    AT (plateau_factor), 0.001, 0.999, TRUE,
    "Plateau factor (0.5)", "X" },
  { FIT, "min-learning-rate", G_OPTION_ARG_DOUBLE,
    AT (min_learning_rate), 0, 1, TRUE,
    "Lowest learning rate (1e-6)", "X" },
  { MAIN, "seed", G_OPTION_ARG_INT, AT (seed), 0, ALL, TRUE,
    "Random seed (0)", "N" },
  { MAIN, "threads", G_OPTION_ARG_INT, AT (threads), 0, 1024, FALSE,
    "Threads; 0: one per processor (0)", "N" },
};
/* clang-format on */

TrainOptions *
train_options_new (void)
{
  TrainOptions *self = g_new0 (TrainOptions, 1);

  *self = (TrainOptions){ .validation_fraction = 0.2,
    .min_voice = 0.3,
    .augment_probability = 0.5,
    .pitch_shift = 2,
    .time_stretch = 0.1,
    .noise = 0.005,
    .time_shift = 0.1,
    .mask_bands = 8,
    .mask_frames = 16,
    .teacher_weight = 0.5,
    .temperature = 2,
    .dropout = 1,
    .l2 = 1,
    .epochs = 100,
    .seeds = 1,
    .batch_size = 32,
    .patience = 12,
    .start_from_epoch = -1,
    .plateau_patience = 6,
    .learning_rate = 1e-3,
    .min_learning_rate = 1e-6,
    .plateau_factor = 0.5,
    .epsilon = 1e-7 };
  return self;
}

static gpointer
field_of (const TrainOptions *self, const Option *option)
{
  return G_STRUCT_MEMBER_P ((gpointer) self, option->offset);
}

void
train_options_free (TrainOptions *self)
{
  if (!self)
    return;
  for (gsize i = 0; train_namings[i].name; i++)
    g_clear_pointer (&self->folders[i], g_strfreev);
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    const gpointer field = field_of (self, &options[i]);

    switch (options[i].type) {
      case G_OPTION_ARG_STRING:
      case G_OPTION_ARG_FILENAME:
        g_clear_pointer ((char **) field, g_free);
        break;
      case G_OPTION_ARG_STRING_ARRAY:
      case G_OPTION_ARG_FILENAME_ARRAY:
        g_clear_pointer ((char ***) field, g_strfreev);
        break;
      default:
        break;
    }
  }
  g_clear_pointer (&self->rest, g_strfreev);
  g_free (self);
}

static void
add_folders (TrainOptions *self, GOptionGroup *group)
{
  for (gsize i = 0; train_namings[i].name; i++) {
    const GOptionEntry entries[] = {
      { train_namings[i].name, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
          &self->folders[i], train_namings[i].help, "DIR" },
      { NULL },
    };

    g_assert (i < G_N_ELEMENTS (self->folders));
    g_option_group_add_entries (group, entries);
  }
}

static GOptionGroup *
group_new (TrainOptions *self, Group which)
{
  GOptionGroup *group = g_option_group_new (
      groups[which].name, groups[which].title, groups[which].help, NULL, NULL);

  if (which == MAIN)
    add_folders (self, group);
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    const GOptionEntry entries[] = {
      { options[i].name, 0, 0, options[i].type, field_of (self, &options[i]),
          options[i].help, options[i].arg },
      { NULL },
    };

    if (options[i].group == which)
      g_option_group_add_entries (group, entries);
  }
  return group;
}

/* With all architectures, in lines of up to 80. */
static char *
summary_new (void)
{
  GString *text = g_string_new (
      "Trains a model that recognises emotions in speech, or evaluates one.\n"
      "  emotion-train --ravdess DIR --output MODEL.h5 --report DIR\n"
      "  emotion-train --evaluate MODEL.h5 --emodb DIR\n"
      "  emotion-train --ravdess DIR --cross-validate speakers:6 --seeds 3\n\n"
      "Models:");
  gsize begin = text->len - strlen ("Models:");

  for (const char *const *nick = nn_architecture_nicks (); *nick; nick++) {
    const gboolean fits = text->len - begin + strlen (*nick) + 2 <= 80;

    if (!fits)
      begin = text->len + 1;
    g_string_append_printf (
        text, "%s%s%s", fits ? " " : "\n", *nick, nick[1] ? "," : "");
  }
  return g_string_free (text, FALSE);
}

GOptionContext *
train_options_context (TrainOptions *self)
{
  g_autofree char *summary = summary_new ();
  GOptionContext *context = g_option_context_new (NULL);
  GOptionGroup *const main_group = group_new (self, MAIN);
  const GOptionEntry rest[] = {
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->rest, NULL,
        "[SHARD...|MODEL...]" },
    { NULL },
  };

  g_option_group_add_entries (main_group, rest);
  g_option_context_set_main_group (context, main_group);
  for (Group which = MAIN + 1; which < N_GROUPS; which++)
    g_option_context_add_group (context, group_new (self, which));
  g_option_context_set_summary (context, summary);
  return context;
}

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error)
    *error = g_error_new_valist (
        G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, args);
  va_end (args);
  return FALSE;
}

static gboolean
check_number (const TrainOptions *self, const Option *option, GError **error)
{
  const gpointer field = field_of (self, option);
  double value = option->min;

  if (option->type == G_OPTION_ARG_INT)
    value = *(gint *) field;
  if (option->type == G_OPTION_ARG_DOUBLE)
    value = *(double *) field;
  if (value >= option->min && value <= option->max)
    return TRUE;
  return fail (error, "--%s %g is not between %g and %g", option->name, value,
      option->min, option->max);
}

static gboolean
has_data (const TrainOptions *self)
{
  for (gsize i = 0; train_namings[i].name; i++)
    if (self->folders[i])
      return TRUE;
  return self->lists != NULL;
}

/* What makes a new file of n_min to n_max others. */
/* The value as text; NULL if it is not set. Free with g_free. */
static char *
value_of (const TrainOptions *self, const Option *option)
{
  const gpointer field = field_of (self, option);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  switch (option->type) {
    case G_OPTION_ARG_NONE:
      return g_strdup (*(gboolean *) field ? "yes" : "no");
    case G_OPTION_ARG_INT:
      return g_strdup_printf ("%d", *(gint *) field);
    case G_OPTION_ARG_DOUBLE:
      return g_strdup (
          g_ascii_formatd (number, sizeof number, "%g", *(double *) field));
    case G_OPTION_ARG_STRING_ARRAY:
    case G_OPTION_ARG_FILENAME_ARRAY:
      return *(char ***) field ? g_strjoinv (" ", *(char ***) field)
                               : g_strdup (option->fallback);
    default:
      return g_strdup (*(char **) field ? *(char **) field : option->fallback);
  }
}

/* Variations of the audio, which --no-augment turns off. */
static const char *const variations[] = { "augment-probability", "pitch-shift",
  "time-stretch", "noise", "time-shift", "speed", "gain", "snr", "position",
  "reverb", "noise-from", "noise-snr", "equalizer", "clipping", "band-limits",
  "mu-law" };

/* Whether the option has another value than its default, and is not off. */
static gboolean
is_asked_for (const TrainOptions *self, const char *name)
{
  g_autoptr (TrainOptions) defaults = train_options_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (g_str_equal (options[i].name, name)) {
      g_autofree char *value = value_of (self, &options[i]);
      g_autofree char *fallback = value_of (defaults, &options[i]);

      return g_strcmp0 (value, fallback) != 0 && g_strcmp0 (value, "0") != 0;
    }
  g_return_val_if_reached (FALSE);
}

/* Options that would do nothing are refused, so that nobody believes they did.
 */
static gboolean
check_idle (const TrainOptions *self, GError **error)
{
  if (!self->teacher
      && (is_asked_for (self, "teacher-weight")
          || is_asked_for (self, "temperature")))
    return fail (error, "--teacher-weight and --temperature go with --teacher");
  for (gsize i = 0; i < G_N_ELEMENTS (variations) && self->no_augment; i++)
    if (is_asked_for (self, variations[i]))
      return fail (error,
          "--%s cannot be used with --no-augment, which turns it off",
          variations[i]);
  return TRUE;
}

static gboolean
check_derived (const TrainOptions *self, guint n_min, guint n_max,
    const char *what, GError **error)
{
  const guint n = self->rest ? g_strv_length (self->rest) : 0;

  if (n < n_min)
    return fail (error, "%s needs at least %u models", what, n_min);
  if (n > n_max)
    return fail (error, "%s takes one model", what);
  if (!self->output)
    return fail (error, "%s needs --output, the file to write", what);
  if (has_data (self) || self->evaluate || self->resume || self->gather)
    return fail (error,
        "%s cannot be used with data sets, --evaluate, --gather or --resume",
        what);
  return TRUE;
}

static gboolean
check_together (const TrainOptions *self, GError **error)
{
  if (self->epoch_windows > 0 && !train_options_balances_corpora (self))
    return fail (error, "--epoch-windows goes with --balance corpora");
  if (self->ensemble && self->soup)
    return fail (error, "--ensemble and --soup write one file each");
  if (self->ensemble || self->soup)
    return check_derived (
        self, 2, G_MAXUINT, self->ensemble ? "--ensemble" : "--soup", error);
  if (train_options_converts (self))
    return check_derived (self, 1, 1, "--quantize of a file", error);
  if (self->rest && !self->gather)
    return fail (error, "“%s” is not an option", *self->rest);
  if (self->gather)
    return self->rest ? TRUE : fail (error, "--gather needs shard files");
  if (!has_data (self))
    return fail (error, "no data: name at least one data set");
  if (self->conditions && !self->evaluate)
    return fail (error, "--conditions goes with --evaluate");
  if (self->calibrate && (!self->evaluate || !self->output))
    return fail (error, "--calibrate goes with --evaluate and --output");
  if (self->calibrate && self->quantize)
    return fail (error,
        "--calibrate and --quantize write one file each: use one after the "
        "other");
  if (self->evaluate
      && ((self->output && !self->calibrate && !self->quantize)
          || self->cross_validate || self->resume))
    return fail (error,
        "--evaluate cannot be used with --output, --cross-validate or "
        "--resume");
  if (self->evaluate && (self->train_on || self->test_on))
    return fail (
        error, "--train-on and --test-on cannot be used with --evaluate");
  if (self->teacher && self->evaluate)
    return fail (error, "--teacher cannot be used with --evaluate");
  if (self->unlabelled && !self->teacher)
    return fail (error, "--unlabelled goes with --teacher");
  if (self->speakers && !self->evaluate)
    return fail (error, "--speakers needs --evaluate");
  if (self->cross_validate
      && (self->test_speakers || self->validation_speakers))
    return fail (error,
        "--cross-validate cannot be used with --test-speakers or "
        "--validation-speakers");
  if (self->shard && (!train_options_is_experiment (self) || !self->output))
    return fail (error,
        "--shard needs --output and --cross-validate, --seeds or several "
        "--model");
  if (self->resume && !self->output)
    return fail (error, "--resume needs --output, the run to continue");
  if (!self->evaluate && self->validation_fraction == 0
      && !self->validation_speakers && !train_options_keeps_last (self))
    return fail (error, "without validation data use --keep last");
  if (!self->evaluate && !train_options_is_experiment (self) && !self->output)
    return fail (error, "no --output given for the model");
  return TRUE;
}

gboolean
train_options_check (const TrainOptions *self, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (!check_number (self, &options[i], error))
      return FALSE;
  return train_options_check_words (self, error) && check_together (self, error)
      && check_idle (self, error);
}

void
train_options_foreach (
    const TrainOptions *self, TrainOptionFunc func, gpointer user_data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *value =
        options[i].is_recorded ? value_of (self, &options[i]) : NULL;

    if (value)
      func (options[i].name, value, user_data);
  }
}

static void
append_line (const char *name, const char *value, gpointer user_data)
{
  g_string_append_printf (user_data, "%s=%s\n", name, value);
}

char *
train_options_to_text (const TrainOptions *self)
{
  GString *text = g_string_new (NULL);

  train_options_foreach (self, append_line, text);
  return g_string_free (text, FALSE);
}
