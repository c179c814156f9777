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
  char *track;              /* of several; NULL: see gst/media/play.h */
  char *files_from, *shard; /* "I/N" */
  gboolean resume, merge;
  char **sources; /* as given; with merge: parts */
} ToolFeatureOptions;

/* Into zero-filled memory. FALSE and an error if the command line is wrong;
 * tool_feature_options_check is for all but --merge and --version. */
gboolean tool_feature_options_parse (
    ToolFeatureOptions *self, int *argc, char ***argv, GError **error);
gboolean tool_feature_options_check (
    const ToolFeatureOptions *self, GError **error);
void tool_feature_options_clear (ToolFeatureOptions *self);

/* The recipe of the options. FALSE and an error if they are contradictory. */
gboolean tool_feature_options_recipe (
    const ToolFeatureOptions *self, DspRecipe *recipe, GError **error);

/* The options that affect the features, as text for a part; and the options
 * with that text, replacing those of self. Free with g_free. */
char *tool_feature_options_describe (const ToolFeatureOptions *self);
void tool_feature_options_take (ToolFeatureOptions *self, const char *text);
