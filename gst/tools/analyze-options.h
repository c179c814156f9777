/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of emotion-analyze. */
#pragma once

#include "gst/tools/analysis.h"
#include "gst/tools/listing.h"
#include "gst/tools/report.h"
#include "gst/tools/shard.h"

#define PROGRAM "emotion-analyze"

typedef struct {
  AnalysisOptions analysis; /* its strings are those below */
  ReportFormat format;
  gboolean is_quiet;
  Shard shard;
  guint n_jobs;     /* 0: as many as there are processors */
  Listing *listing; /* NULL: the microphone */

  /* As they were given, or NULL. */
  char *model, *labels, *recipe, *device;
  char *output, *plot;
  char *show_model;
  char **parts; /* to be merged */
  gboolean is_sharded, resume, list_devices, version;
} AnalyzeOptions;

/* FALSE and an error where the command line is wrong, or a list cannot be read.
 */
gboolean analyze_options_parse (
    AnalyzeOptions *self, int *argc, char ***argv, GError **error);
void analyze_options_clear (AnalyzeOptions *self);

/* Whether what comes out goes into a part, by which it can be resumed. */
gboolean analyze_options_make_part (const AnalyzeOptions *self);

/* What changes the lines that come out, as text: the same on every machine. */
char *analyze_options_describe (const AnalyzeOptions *self);
