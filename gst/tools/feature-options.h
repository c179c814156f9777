/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of emotion-features. */
#pragma once

#include "dsp/recipe.h"

#define PROGRAM "emotion-features"

typedef struct {
  char *output, *csv, *plot; /* NULL: none */
  char *features;
  char **settings;  /* "FIELD=VALUE" of the recipe */
  gdouble window_s; /* 0: whole sounds */
  gboolean frames, statistics, quiet, version;
  gint n_threads;
  char *files_from, *shard; /* "I/N" */
  gboolean resume, merge;
  char **sources; /* as given; with merge: parts */
} FeatureOptions;

/* Into zero-filled memory. FALSE and an error where the command line is wrong;
 * feature_options_check is for all but --merge and --version. */
gboolean feature_options_parse (
    FeatureOptions *self, int *argc, char ***argv, GError **error);
gboolean feature_options_check (const FeatureOptions *self, GError **error);
void feature_options_clear (FeatureOptions *self);

/* The recipe that they ask for. FALSE and an error where there is none. */
gboolean feature_options_recipe (
    const FeatureOptions *self, DspRecipe *recipe, GError **error);

/* What changes the features, as text for a part; and the options that had that
 * text, in place of those of self. Free with g_free. */
char *feature_options_describe (const FeatureOptions *self);
void feature_options_take (FeatureOptions *self, const char *text);
