/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of emotion-analyze. */
#pragma once

#include "gst/tools/analyzer.h"
#include "gst/tools/listing.h"
#include "gst/tools/report.h"
#include "gst/tools/shard.h"

#define PROGRAM "emotion-analyze"

typedef struct {
  ToolAnalyzerOptions analyzer; /* its strings are those below */
  ToolReportFormat format;
  gboolean in_folder; /* output is one, of a file for each source */
  gboolean embed;     /* the sound into the page */
  gboolean is_shared; /* by several processes */
  gboolean is_quiet;
  ToolShard shard;
  guint n_jobs;         /* 0: as many as there are processors */
  ToolListing *listing; /* NULL: the microphone */

  /* As they were given, or NULL. */
  char *model, *labels, *recipe, *track, *device;
  char *output, *plot, *html;
  char *show_model;
  gboolean list_layers;
  char **parts; /* to be merged */
  gboolean is_sharded, resume, list_devices, version;
} ToolAnalyzeOptions;

/* is_shared: there are several processes. FALSE and an error if the command
 * line is wrong, or a list cannot be read. */
gboolean tool_analyze_options_parse (ToolAnalyzeOptions *self,
    gboolean is_shared, int *argc, char ***argv, GError **error);
void tool_analyze_options_clear (ToolAnalyzeOptions *self);

/* Whether results go to a part, by which an interrupted analysis is resumed. */
gboolean tool_analyze_options_make_part (const ToolAnalyzeOptions *self);

/* The options that affect the output, as text: the same on every machine. */
char *tool_analyze_options_describe (const ToolAnalyzeOptions *self);
