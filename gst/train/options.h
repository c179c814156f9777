/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotion-train is asked to do: its command line as one value. */
#pragma once

#include "dsp/recipe.h"
#include "gst/train/examples.h"
#include "gst/train/split.h"
#include "nn/compress.h"

#define TRAIN_DEFAULT_SPLIT "stratified"
#define TRAIN_DEFAULT_BALANCE "oversample"
#define TRAIN_DEFAULT_SCHEDULE "plateau"
#define TRAIN_DEFAULT_KEEP "best"
#define TRAIN_DEFAULT_MODEL "cnn"
#define TRAIN_DEFAULT_NOISE_SNR "0,30"

typedef struct {
  /* Data sets. Folders of train_namings[i] are in folders[i]. */
  char **folders[8];
  char **lists;      /* CSV */
  char **merges;     /* "from=to" */
  char **unlabelled; /* CSV, for a teacher */
  char *datasets;    /* NULL: all */
  char *labels;      /* "a,b,c"; NULL: the nine, or those of the model */
  gboolean all_windows;
  gdouble min_voice; /* s, of all windows */
  char *track;       /* of several; see gst/media/play.h; or NULL */
  /* What to do. */
  char *evaluate;   /* model file; NULL: train */
  char *speakers;   /* evaluate these only */
  char *conditions; /* evaluate under these: "all", "white:10,late" */
  char *calibrate;  /* "fit" or a temperature */
  char *output;
  char *report; /* folder */
  gboolean resume;
  gboolean quiet;
  gboolean version;
  /* The split. */
  char *split; /* NULL: TRAIN_DEFAULT_SPLIT */
  double validation_fraction;
  char *validation_speakers;
  char *test_speakers;
  char *cross_validate;     /* "speakers:K", "files:K", "corpora", "languages",
                               a file of folds */
  char *train_on, *test_on; /* data sets */
  gint seeds;               /* runs of each model and fold */
  char *shard;              /* "I/N" */
  gboolean gather;
  gboolean ensemble, soup;
  char *quantize; /* "int8", "float16"; NULL: not */
  char **rest;    /* shards, with gather; models, with ensemble, soup
                    or quantize */
  char *balance;  /* NULL: TRAIN_DEFAULT_BALANCE */
  /* Variations. */
  gboolean no_augment;
  gint copies;
  gint epoch_windows;
  double augment_probability;
  double pitch_shift, time_stretch, noise, time_shift, speed, gain_db;
  char *snr; /* "MIN,MAX" */
  gboolean position, band_limits, mu_law;
  double reverb, equalizer_db, clip_db;
  char **noise_from; /* files and folders */
  char *noise_snr;   /* "MIN,MAX"; NULL: TRAIN_DEFAULT_NOISE_SNR */
  gint masks, mask_bands, mask_frames;
  double mixup;
  /* The network and how it learns. */
  char **models;  /* train_options_model; several: an experiment */
  char **recipe;  /* "field=value" */
  char *schedule; /* NULL: TRAIN_DEFAULT_SCHEDULE */
  char *keep;     /* NULL: TRAIN_DEFAULT_KEEP */
  char *freeze;   /* "N" or the name of a layer */
  char *kin;      /* "surprised=pleasant_surprise:0.3", or NULL */
  char *trunk;    /* the name of a layer, or NULL: the whole file */
  gint warm_up, probe;
  char *teacher; /* nick or file; NULL: none */
  double teacher_weight, temperature;
  double dropout, l2, average;
  gint epochs, batch_size, patience, start_from_epoch, plateau_patience;
  double learning_rate, head_learning_rate, min_learning_rate, plateau_factor;
  double epsilon, weight_decay, clip_norm, label_smoothing;
  gint seed, threads;
} TrainOptions;

/* Defaults are those of the Python system. Free with train_options_free. */
TrainOptions *train_options_new (void);
void train_options_free (TrainOptions *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainOptions, train_options_free)

/* A context that fills self, which must outlive it. */
GOptionContext *train_options_context (TrainOptions *self);

/* Whether the values make sense, alone and together. G_OPTION_ERROR. */
gboolean train_options_check (const TrainOptions *self, GError **error);

/* The part of train_options_check that looks at words. */
gboolean train_options_check_words (const TrainOptions *self, GError **error);

/* Every option that changes what is learnt, with its value, in a fixed order:
 * for the record, and to see whether a run can be resumed. */
typedef void (*TrainOptionFunc) (
    const char *name, const char *value, gpointer user_data);
void train_options_foreach (
    const TrainOptions *self, TrainOptionFunc func, gpointer user_data);
/* The same as lines "name=value". Free with g_free. */
char *train_options_to_text (const TrainOptions *self);

/* The values that others take. Call train_options_check before. */
/* Nick or file: the first. */
const char *train_options_model (const TrainOptions *self);
guint train_options_n_models (const TrainOptions *self); /* at least 1 */
const char *train_options_nth_model (const TrainOptions *self, guint i);
/* Is it an experiment of many runs, rather than one model? */
gboolean train_options_is_experiment (const TrainOptions *self);
/* Is a file only to be written with smaller weights? */
gboolean train_options_converts (const TrainOptions *self);
/* How weights are written. */
NnStorage train_options_storage (const TrainOptions *self);
TrainSplitMode train_options_split_mode (const TrainOptions *self);
/* K of --cross-validate, and the mode; 0: none, or folds of a file. */
guint train_options_folds (const TrainOptions *self, TrainSplitMode *mode);
/* Does --cross-validate leave out whole corpora or languages? */
gboolean train_options_groups (const TrainOptions *self, TrainGroups *groups);
gboolean train_options_balances_corpora (const TrainOptions *self);
gboolean train_options_is_cosine (const TrainOptions *self);
gboolean train_options_keeps_last (const TrainOptions *self);
/* What --recipe asks for as one text, for dsp_recipe_change, or NULL. Free with
 * g_free. */
char *train_options_recipe_text (const TrainOptions *self);

/* The features that an architecture is made for, with the changes that --recipe
 * asks for. FALSE and G_OPTION_ERROR where these make no recipe. */
gboolean train_options_recipe (const TrainOptions *self, const char *model,
    DspRecipe *recipe, GError **error);
/* train_split as the options say. */
gboolean train_options_split (const TrainOptions *self,
    const TrainCorpus *corpus, TrainSubset *subsets, GError **error);
/* What --calibrate says: 0 to fit it. FALSE where it is neither. */
gboolean train_options_temperature (
    const TrainOptions *self, double *temperature);
/* "1-4,ravdess/7" -> patterns; NULL -> NULL. Free with g_strfreev. */
char **train_options_list (const char *text);
guint train_options_n_threads (const TrainOptions *self);
/* Plain features for evaluation, or all that is asked for in training. */
void train_options_examples (const TrainOptions *self, const DspRecipe *recipe,
    gboolean training, TrainExamplesConfig *config);
