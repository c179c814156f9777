/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trains a network on labelled sounds, or says how good one is.
 * Exit status: 0 all fine; 1 something failed, or some file could not be read;
 * 2 the command line makes no sense. */
#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>

#include "gst/model/wording.h"
#include "gst/tools/progress.h"
#include "gst/tools/standard-streams.h"
#include "gst/tools/train-tool.h"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

/* Set by Ctrl-C; a second one ends the program at once. */
static gint stop;

static void
on_interrupt (int number)
{
  g_atomic_int_set (&stop, 1);
  signal (number, SIG_DFL);
}

static int
fail (const ToolTrain *self, const GError *error)
{
  tool_progress_clear ();
  if (tool_train_is_speaker (self))
    g_printerr ("emotion-train: %s\n", error->message);
  return error->domain == G_OPTION_ERROR ? EXIT_USAGE : EXIT_FAILED;
}

static int
work (ToolTrain *self)
{
  g_autoptr (GError) error = NULL;

  if (self->options->gather)
    return tool_train_gather (self, &error) ? EXIT_FINE : fail (self, error);

  if (self->options->rest) {
    const gboolean is_written = tool_train_check_paths (self, &error)
        && (train_options_converts (self->options)
                ? tool_train_quantize (self, &error)
                : tool_train_join (self, &error));

    return ranks_agree (self->ranks, is_written, &error) ? EXIT_FINE
                                                         : fail (self, error);
  }

  gboolean ok = tool_train_check_paths (self, &error)
      && tool_train_load_models (self, &error)
      && tool_train_new_corpus (self, &error)
      && tool_train_load_teacher (self, &error);

  ok = ranks_agree (self->ranks, ok, &error);
  if (ok)
    ok = ranks_agree (
        self->ranks, tool_train_load_corpus (self, &error), &error);
  if (ok) {
    ok = self->options->evaluate ? tool_train_evaluate (self, &error)
        : train_options_is_experiment (self->options)
        ? tool_train_experiment (self, &error)
        : tool_train_train (self, &error);
    ok = ranks_agree (self->ranks, ok, &error);
  }
  if (!ok)
    return fail (self, error);
  return self->corpus->problems->len > 0 || self->corpus->losses->len > 0
          || g_atomic_int_get (&stop)
      ? EXIT_FAILED
      : EXIT_FINE;
}

static gboolean
parse (TrainOptions *options, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = train_options_context (options);

  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  return options->version || train_options_check (options, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (TrainOptions) options = train_options_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Ranks) ranks = NULL;
  ToolTrain self = { .options = options, .stop = &stop };

  tool_standard_streams_hold ();
  gst_emotion_wording_use_options ();
  tool_standard_locale_set ();
  if (!(ranks = ranks_new (&error)))
    return fail (&self, error);
  self.ranks = ranks;
  if (!parse (options, &argc, &argv, &error)) {
    fail (&self, error);
    if (tool_train_is_speaker (&self))
      g_printerr ("emotion-train --help lists all options\n");
    return EXIT_USAGE;
  }
  if (options->threads == 0)
    options->threads = ranks_n_processors (ranks);
  if (options->version) {
    printf ("emotion-train %s\n", PACKAGE_VERSION);
    return EXIT_FINE;
  }
  signal (SIGINT, on_interrupt);
  signal (SIGTERM, on_interrupt);

  const int status = work (&self);

  train_teacher_free (self.teacher);
  train_corpus_free (self.corpus);
  gst_emotion_model_unref (self.model);
  g_free (self.recipes);
  gst_deinit ();
  return status;
}
