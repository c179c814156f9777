/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-analyze: files, folders, URIs or the microphone in, emotions out, by
 * the element emotiondetect. Exit status: 0 success, 1 some source failed, 2
 * wrong usage. */
#include <signal.h>
#include <stdio.h>

#include "gst/model/wording.h"
#include "gst/model/model-cache.h"
#include "gst/model/recipe-guess.h"
#include "gst/ranks/ranks.h"
#include "gst/tools/analyze-all.h"
#include "gst/tools/analyze-merge.h"
#include "gst/tools/analyze-options.h"
#include "gst/tools/device.h"
#include "gst/tools/pipeline.h"
#include "gst/tools/show-model.h"
#include "gst/tools/standard-streams.h"

enum { STATUS_FINE, STATUS_FAILED, STATUS_USAGE };

static gint stop; /* atomic: set by Ctrl-C */

static void
take_signal (int number)
{
  g_atomic_int_set (&stop, TRUE);
}

/* A second signal terminates the program. */
static void
catch_signals (void)
{
  const struct sigaction action = { .sa_handler = take_signal,
    .sa_flags = SA_RESETHAND };

  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

static void
release (GstElement *element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

/* Starts an element by itself, to report errors in model and labels before any
 * file is opened, and to keep the model loaded. NULL on failure. */
static GstElement *
check_model (const ToolAnalyzerOptions *options)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstElement *element = tool_pipeline_element_new (options);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (element, bus);
  gst_element_set_state (element, GST_STATE_PAUSED);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  gst_bus_set_flushing (bus, TRUE);
  if (!message)
    return element;
  gst_message_parse_error (message, &error, NULL);
  fprintf (stderr, PROGRAM ": %s\n", error->message);
  release (element);
  return NULL;
}

/* Warns once, because a guess can be wrong. */
static void
say_guess (const GstEmotionModel *model)
{
  g_autofree char *recipe =
      gst_emotion_recipe_text (gst_emotion_model_recipe (model));

  fprintf (stderr,
      PROGRAM ": %s: the features that it was trained on are unknown; guessed "
              "from its input: --recipe \"%s\"\n",
      gst_emotion_model_name (model), recipe);
}

/* The header line, for the model that the element has loaded. Of several
 * processes, only the first prints warnings. */
static char *
make_head (
    const ToolAnalyzeOptions *options, GstElement *element, gboolean is_first)
{
  g_autoptr (GstEmotionLabels) labels = NULL;
  g_autoptr (GstEmotionModel) model = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  gint builtin;

  g_object_get (element, "model", &builtin, NULL);
  model = gst_emotion_model_cache_load (
      &(GstEmotionModelRequest){ .file = options->analyzer.model_file,
          .builtin = builtin,
          .options = { options->analyzer.quantize, options->analyzer.recipe },
          .labels = options->labels },
      &labels, NULL);
  if (is_first && model && gst_emotion_model_is_guess (model))
    say_guess (model);
  for (guint i = 0; labels && i < gst_emotion_labels_count (labels); i++)
    g_ptr_array_add (names, (gpointer) gst_emotion_labels_get (labels, i));
  return tool_report_head (
      &options->format, (const char *const *) names->pdata, names->len);
}

static int
run (ToolAnalyzeOptions *options, Ranks *ranks)
{
  GstElement *keeper = check_model (&options->analyzer);
  g_autofree char *head = NULL;
  gboolean ok;

  if (!ranks_agree (ranks, keeper != NULL, NULL)) {
    g_clear_pointer (&keeper, release);
    return STATUS_USAGE;
  }
  head = make_head (options, keeper, ranks_index (ranks) == 0);
  options->analyzer.stop = &stop;
  catch_signals ();
  if (options->n_jobs == 0)
    options->n_jobs = ranks_n_processors (ranks);
  ok = tool_analyze_all (options, ranks, head, &stop);
  release (keeper);
  return ok ? STATUS_FINE : STATUS_FAILED;
}

static int
list_devices (void)
{
  g_autofree char *text = tool_device_list ();

  if (*text) {
    fputs (text, stdout);
    return STATUS_FINE;
  }
  fprintf (stderr, PROGRAM ": no recording device found\n");
  return STATUS_FAILED;
}

int
main (int argc, char **argv)
{
  ToolAnalyzeOptions options;
  g_autoptr (GError) error = NULL;
  g_autoptr (Ranks) ranks = NULL;
  int status = STATUS_USAGE;

  tool_standard_streams_hold ();
  gst_emotion_wording_use_options ();
  tool_standard_locale_set ();
  if (!(ranks = ranks_new (&error))) {
    fprintf (stderr, PROGRAM ": %s\n", error->message);
    return STATUS_USAGE;
  }
  if (!tool_analyze_options_parse (
          &options, ranks_size (ranks) > 1, &argc, &argv, &error))
    fprintf (stderr, PROGRAM ": %s\n", error->message);
  else if (options.version) {
    printf (PROGRAM " %s\n", PACKAGE_VERSION);
    status = STATUS_FINE;
  } else if (options.show_model)
    status = tool_show_model (options.show_model, options.analyzer.recipe,
                 options.analyzer.labels)
        ? STATUS_FINE
        : STATUS_USAGE;
  else if (options.list_layers) {
    tool_list_layers ();
    status = STATUS_FINE;
  } else if (options.list_devices)
    status = list_devices ();
  else if (options.parts)
    status = tool_analyze_merge (&options) ? STATUS_FINE : STATUS_FAILED;
  else
    status = run (&options, ranks);
  tool_analyze_options_clear (&options);
  gst_deinit ();
  return status;
}
