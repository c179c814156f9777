/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-analyze: files (or the microphone) in, emotions out, by the element
 * emotiondetect. Several files at once; output in the order of the arguments.
 * Exit status: 0 all fine, 1 some file failed, 2 wrong usage. */
#include <glib-unix.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "gst/settings.h"
#include "gst/tools/analysis.h"
#include "gst/tools/report.h"
#include "gst/tools/show-model.h"

#define PROGRAM "emotion-analyze"

enum { STATUS_FINE, STATUS_FAILED, STATUS_USAGE };

typedef struct _App App;

typedef struct {
  App *app;
  const char *source; /* as the user wrote it */
  Analysis *analysis; /* while it runs */
  Report *report;
  GString *out; /* not printed yet */
  gboolean is_done;
} Job;

struct _App {
  GMainLoop *loop;
  AnalysisOptions options;
  ReportFormat format;
  gdouble record_s; /* 0: until interrupted */
  GPtrArray *jobs;  /* Job, in the order of the arguments */
  guint next_start; /* the first job that has not begun */
  guint next_print; /* the first that is not wholly printed */
  guint n_running;
  gboolean has_head; /* the first line of CSV is out */
  gboolean shows_progress;
  int status;
};

static void start_jobs (App *app);

static void
clear_progress (const App *app)
{
  if (app->shows_progress)
    fputs ("\r\033[K", stderr);
}

static void
complain (const Job *job, const char *text)
{
  clear_progress (job->app);
  fprintf (stderr, PROGRAM ": %s: %s\n", job->source, text);
}

/* Prints what is known of the jobs whose turn it is. */
static void
print_jobs (App *app)
{
  for (; app->next_print < app->jobs->len; app->next_print++) {
    Job *job = g_ptr_array_index (app->jobs, app->next_print);

    if (job->out->len > 0) {
      g_autofree char *head = app->has_head ? NULL : report_head (job->report);

      clear_progress (app);
      app->has_head |= head != NULL;
      fputs (head ? head : "", stdout);
      fwrite (job->out->str, 1, job->out->len, stdout);
      fflush (stdout);
      g_string_truncate (job->out, 0);
    }
    if (!job->is_done)
      return;
  }
}

static void
take_window (const GstStructure *result, gpointer user_data)
{
  Job *job = user_data;

  report_window (job->report, result, job->out);
  print_jobs (job->app);
}

static void
take_warning (const char *text, gpointer user_data)
{
  complain (user_data, text);
}

/* A pipeline cannot be freed inside its own callback. */
static gboolean
end_job (gpointer user_data)
{
  Job *job = user_data;
  App *app = job->app;

  g_clear_pointer (&job->analysis, analysis_free);
  app->n_running--;
  start_jobs (app);
  if (app->n_running == 0)
    g_main_loop_quit (app->loop);
  return G_SOURCE_REMOVE;
}

static void
take_end (const char *failure, gpointer user_data)
{
  Job *job = user_data;

  if (failure) {
    complain (job, failure);
    job->app->status = STATUS_FAILED;
  } else
    report_summary (job->report, job->out);
  job->is_done = TRUE;
  print_jobs (job->app);
  g_idle_add (end_job, job);
}

static gboolean
finish_recording (gpointer user_data)
{
  analysis_finish (user_data);
  return G_SOURCE_REMOVE;
}

static char *
uri_of (const char *source, GError **error)
{
  return gst_uri_is_valid (source) ? g_strdup (source)
                                   : gst_filename_to_uri (source, error);
}

static void
start_job (Job *job)
{
  static const AnalysisCallbacks callbacks = { take_window, take_warning,
    take_end };
  App *app = job->app;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;

  app->n_running++;
  job->report =
      report_new (app->format, job->source ? job->source : "microphone");
  if (job->source) {
    uri = uri_of (job->source, &error);
    if (!uri) {
      take_end (error->message, job);
      return;
    }
  } else
    job->source = "microphone";
  job->analysis = analysis_new (uri, &app->options, &callbacks, job);
  if (uri)
    return;
  g_unix_signal_add (SIGINT, finish_recording, job->analysis);
  if (app->record_s > 0)
    g_timeout_add (1000 * app->record_s, finish_recording, job->analysis);
}

static void
start_jobs (App *app)
{
  while (app->next_start < app->jobs->len
      && app->n_running < g_get_num_processors ())
    start_job (g_ptr_array_index (app->jobs, app->next_start++));
}

static gboolean
show_progress (gpointer user_data)
{
  App *app = user_data;
  gdouble done = 0;

  for (guint i = 0; i < app->jobs->len; i++) {
    const Job *job = g_ptr_array_index (app->jobs, i);

    if (job->is_done)
      done += 1;
    else if (job->analysis)
      done += MAX (0, analysis_progress (job->analysis));
  }
  done /= app->jobs->len;
  fprintf (stderr, "\r[%-40.*s] %3.0f %%", (int) (40 * done),
      "########################################", 100 * done);
  return G_SOURCE_CONTINUE;
}

static Job *
job_new (App *app, const char *source)
{
  Job *job = g_new0 (Job, 1);

  job->app = app;
  job->source = source;
  job->out = g_string_new (NULL);
  return job;
}

static void
job_free (Job *job)
{
  analysis_free (job->analysis);
  report_free (job->report);
  g_string_free (job->out, TRUE);
  g_free (job);
}

/* Starts an element by itself: says what is wrong with model and labels before
 * any file is opened, and keeps the model loaded. NULL where it is wrong. */
static GstElement *
check_model (const AnalysisOptions *options)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstElement *element = analysis_element_new (options);
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
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
  return NULL;
}

static int
run (App *app)
{
  GstElement *keeper = check_model (&app->options);
  guint progress = 0;

  if (!keeper)
    return STATUS_USAGE;
  app->loop = g_main_loop_new (NULL, FALSE);
  app->shows_progress = isatty (STDERR_FILENO)
      && ((Job *) g_ptr_array_index (app->jobs, 0))->source;
  if (app->shows_progress)
    progress = g_timeout_add (200, show_progress, app);
  start_jobs (app);
  if (app->n_running > 0)
    g_main_loop_run (app->loop);
  clear_progress (app);
  if (progress)
    g_source_remove (progress);
  g_main_loop_unref (app->loop);
  gst_element_set_state (keeper, GST_STATE_NULL);
  gst_object_unref (keeper);
  return app->status;
}

typedef struct {
  char *model;
  char *show_model;
  char *labels;
  char *format;
  gdouble interval_s;
  gdouble record_s;
  char **sources;
} Arguments;

static gboolean
take_arguments (App *app, const Arguments *arguments)
{
  static const char *const formats[] = { "text", "json", "csv" };
  const char *wrong = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_strcmp0 (arguments->format, formats[i]) == 0)
      app->format = i;
  if (arguments->format
      && !g_str_equal (arguments->format, formats[app->format]))
    wrong = "--format is text, json or csv";
  else if (!(arguments->interval_s >= 0.01 && arguments->interval_s <= 3600))
    wrong = "--interval is 0.01 to 3600 seconds";
  else if (!(arguments->record_s >= 0 && arguments->record_s <= 86400))
    wrong = "--record-duration is 0 to 86400 seconds";
  else if (arguments->record_s > 0 && arguments->sources)
    wrong = "--record-duration is for the microphone, not for files";
  if (wrong) {
    fprintf (stderr, PROGRAM ": %s\n", wrong);
    return FALSE;
  }
  app->options.interval = round (arguments->interval_s * GST_SECOND);
  app->options.labels = arguments->labels;
  app->record_s = arguments->record_s;
  if (arguments->model && gst_emotion_builtin_find (arguments->model, NULL))
    app->options.model = arguments->model;
  else
    app->options.model_file = arguments->model;
  for (guint i = 0; arguments->sources && arguments->sources[i]; i++)
    g_ptr_array_add (app->jobs, job_new (app, arguments->sources[i]));
  if (app->jobs->len == 0)
    g_ptr_array_add (app->jobs, job_new (app, NULL));
  return TRUE;
}

static gboolean
parse (int *argc, char ***argv, Arguments *a)
{
  char **files = NULL;
  g_autofree char *nicks = gst_emotion_builtin_list ();
  g_autofree char *model_help =
      g_strdup_printf ("A built-in model (%s; default: %s) or a Keras model "
                       "file (.h5, .keras)",
          nicks, gst_emotion_builtin_nick (GST_EMOTION_BUILTIN_DEFAULT));
  const GOptionEntry entries[] = {
    { "file", 'f', 0, G_OPTION_ARG_FILENAME_ARRAY, &files,
        "A file to analyse, or a URI (the same as a plain argument)", "FILE" },
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &a->model, model_help,
        "NICK|FILE" },
    { "show-model", 0, 0, G_OPTION_ARG_FILENAME, &a->show_model,
        "Print the layers, parameters, labels and recipe of a model, and end",
        "NICK|FILE" },
    { "labels", 'l', 0, G_OPTION_ARG_STRING, &a->labels,
        "Names of the model's outputs, in their order", "A,B,..." },
    { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &a->interval_s,
        "Seconds from window to window (3)", "S" },
    { "record-duration", 'd', 0, G_OPTION_ARG_DOUBLE, &a->record_s,
        "Seconds to listen to the microphone (until Ctrl-C)", "S" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &a->format,
        "text (default), json (one object per line) or csv", "text|json|csv" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->sources, NULL,
        "[FILE|URI...]" },
    { NULL },
  };
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- which emotions do these voices express?");
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context,
      "Analyses sound files of any format that GStreamer decodes, or the\n"
      "microphone where no file is named. Exit status: 0 all fine, 1 some "
      "file\n"
      "failed (the rest are still done), 2 wrong usage.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, argc, argv, &error)) {
    fprintf (stderr, PROGRAM ": %s\n", error->message);
    return FALSE;
  }
  if (files) {
    g_autoptr (GStrvBuilder) all = g_strv_builder_new ();

    g_strv_builder_addv (all, (const char **) files);
    if (a->sources)
      g_strv_builder_addv (all, (const char **) a->sources);
    g_strfreev (a->sources);
    a->sources = g_strv_builder_end (all);
    g_strfreev (files);
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  Arguments arguments = { .interval_s = 3 };
  App app = { 0 };
  int status = STATUS_USAGE;

  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C"); /* lines are for programs, too */
  app.jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) job_free);
  if (!parse (&argc, &argv, &arguments))
    ;
  else if (arguments.show_model)
    status = show_model (arguments.show_model) ? STATUS_FINE : STATUS_USAGE;
  else if (take_arguments (&app, &arguments))
    status = run (&app);
  g_ptr_array_unref (app.jobs);
  g_free (arguments.model);
  g_free (arguments.show_model);
  g_free (arguments.labels);
  g_free (arguments.format);
  g_strfreev (arguments.sources);
  return status;
}
