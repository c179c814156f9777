/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-options.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "dsp/recipe.h"
#include "gst/model/builtin.h"
#include "gst/tools/output-check.h"
#include "gst/tools/output-folder.h"
#include "gst/tools/timeline-plot.h"
#include "nn/model.h"

/* Before they are checked. */
/* Not a valid interval. */
#define NOT_ASKED (-G_MAXDOUBLE)

typedef struct {
  char **files; /* of --file */
  char **arguments;
  char *files_from;
  char *format;
  char *shard;
  gdouble interval_s;
  gdouble min_voice_s;
  gdouble record_s;
  char **recipe;
  gint n_jobs;
  gboolean follow, merge;
} Raw;

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
  return FALSE;
}

/* The error in options that contradict each other or are out of range; NULL:
 * none. */
static const char *
find_contradiction (const Raw *raw, const ToolAnalyzeOptions *self)
{
  const gboolean has_sources = raw->files || raw->arguments || raw->files_from;

  if (raw->interval_s != NOT_ASKED
      && !(raw->interval_s >= 0.01 && raw->interval_s <= 3600))
    return "--interval must be between 0.01 and 3600 seconds";
  if (!(raw->min_voice_s >= 0 && raw->min_voice_s <= 3600))
    return "--min-voice must be between 0 and 3600 seconds";
  if (!(raw->record_s >= 0 && raw->record_s <= 86400))
    return "--record-duration must be between 0 and 86400 seconds";
  if (raw->n_jobs < 0 || raw->n_jobs > 1024)
    return "--jobs must be between 0 and 1024";
  if (has_sources && (raw->record_s > 0 || self->device))
    return "--record-duration and --device are for the microphone, not for "
           "files";
  if (raw->follow && raw->record_s > 0)
    return "--follow records until Ctrl-C and cannot be used with "
           "--record-duration";
  if (raw->merge && (!raw->arguments || raw->files || raw->files_from))
    return "--merge needs the shard files as arguments";
  if ((raw->shard || self->resume) && !(has_sources && self->output))
    return "--shard and --resume need input files and --output";
  if (self->in_folder && (raw->shard || self->resume || raw->merge))
    return "--shard, --resume and --merge write one file: --output cannot be a "
           "folder";
  if (self->plot
      && !(g_str_has_suffix (self->plot, ".png")
          || g_str_has_suffix (self->plot, ".svg")))
    return "--plot needs a file name that ends in .png or .svg";
  if (self->plot && !tool_timeline_plot_is_available ())
    return "this build cannot draw pictures: it lacks PLplot";
  if (self->plot && (raw->shard || self->resume || raw->merge))
    return "--plot draws a single source and cannot be used with --shard, "
           "--resume or --merge";
  if (self->html && (raw->shard || self->resume || raw->merge))
    return "--html writes a page of what is analysed now: it excludes --shard, "
           "--resume and --merge";
  if (self->embed && !self->html)
    return "--embed is for the page of --html";
  return NULL;
}

/* On a terminal that can show them: bars; and colours unless NO_COLOR (see
 * no-color.org) is set: then, as on a dumb terminal, plain text that reads well
 * aloud. */
static const ToolReportWriter *
text_writer (const ToolAnalyzeOptions *self)
{
  const char *no_color = g_getenv ("NO_COLOR");
  const char *term = g_getenv ("TERM");

  /* mpirun reads what its processes write by a terminal of its own. */
  if (self->output || self->is_shared || !isatty (STDOUT_FILENO)
      || !g_get_charset (NULL) || (no_color && *no_color) || !term
      || g_str_equal (term, "dumb"))
    return &tool_report_text_writer;
  return &tool_report_bars_writer;
}

static gboolean
take_format (ToolAnalyzeOptions *self, const char *nick, GError **error)
{
  ToolReportFormat *const format = &self->format;
  g_autofree char *nicks = tool_report_writer_nicks ();

  format->writer =
      nick ? tool_report_writer_find (nick) : &tool_report_text_writer;
  if (!format->writer) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--format is %s, not “%s”", nicks, nick);
    return FALSE;
  }
  if (format->writer == &tool_report_text_writer)
    format->writer = text_writer (self);
  if (format->writer->line && format->each_window)
    return fail (error,
        "--each-window is for formats that join windows of the same emotion");
  if (!format->writer->line && format->only_summary)
    return fail (error, "--summary is for the formats text, json and csv");
  if (tool_analyze_options_make_part (self) && format->writer->is_single)
    return fail (
        error, "--shard and --resume are for the formats text, json and csv");
  return TRUE;
}

/* A name that is no path can only be meant as that of a built-in model. */
static gboolean
check_model_name (const char *option, const char *name, GError **error)
{
  g_autofree char *list = NULL;

  if (!name || !*name || strpbrk (name, "./")
      || gst_emotion_builtin_find (name, NULL)
      || g_file_test (name, G_FILE_TEST_EXISTS))
    return TRUE;
  list = gst_emotion_builtin_list ();
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s %s is neither a built-in model (%s) nor a file", option, name, list);
  return FALSE;
}

static gboolean
take_sources (ToolAnalyzeOptions *self, const Raw *raw, GError **error)
{
  if (!raw->files && !raw->arguments && !raw->files_from)
    return TRUE;
  self->listing = tool_listing_new ();
  self->listing->reads_stdin = g_strcmp0 (raw->files_from, "-") == 0;
  for (guint i = 0; raw->files && raw->files[i]; i++)
    tool_listing_add (self->listing, raw->files[i]);
  for (guint i = 0; raw->arguments && raw->arguments[i]; i++)
    tool_listing_add (self->listing, raw->arguments[i]);
  if (raw->files_from
      && !tool_listing_add_file (self->listing, raw->files_from, error))
    return FALSE;
  if (self->listing->entries->len == 0)
    return fail (error, "the list of files is empty");
  if (raw->follow && self->listing->entries->len > 1)
    return fail (error, "--follow is for one live source, and more are named");
  if (self->plot && self->listing->entries->len > 1)
    return fail (error, "--plot draws a single source, but several are named");
  if (!self->format.writer->is_single || self->listing->entries->len == 1)
    return TRUE;
  /* If it does not exist yet, it must be meant as a folder. */
  self->in_folder = self->output
      && (self->in_folder || !g_file_test (self->output, G_FILE_TEST_EXISTS));
  if (!self->in_folder) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--format %s is a file for each source, and more than one are named: "
        "--output needs to be a folder for them",
        self->format.writer->nick);
    return FALSE;
  }
  return TRUE;
}

static gboolean
take (ToolAnalyzeOptions *self, Raw *raw, GError **error)
{
  const char *wrong;

  self->in_folder = self->output && tool_output_folder_is (self->output);
  wrong = find_contradiction (raw, self);
  if (wrong)
    return fail (error, wrong);
  if (!check_model_name ("--model", self->model, error)
      || !check_model_name ("--show-model", self->show_model, error)
      || !tool_output_check_sound ("--output", self->output, error)
      || !tool_output_check_sound ("--html", self->html, error)
      || !tool_output_check_apart (
          "--output", self->output, "--html", self->html, error)
      || !tool_output_check_apart (
          "--output", self->output, "--plot", self->plot, error))
    return FALSE;
  self->shard = TOOL_SHARD_ALL;
  self->is_sharded = raw->shard != NULL;
  if (!take_format (self, raw->format, error))
    return FALSE;
  if (raw->shard && !tool_shard_parse (raw->shard, &self->shard, error))
    return FALSE;
  if (raw->interval_s != NOT_ASKED)
    self->analyzer.interval = round (raw->interval_s * GST_SECOND);
  self->analyzer.min_voice = round (raw->min_voice_s * GST_SECOND);
  self->analyzer.labels = self->labels;
  self->analyzer.track = self->track;
  self->recipe = raw->recipe ? g_strjoinv (" ", raw->recipe) : NULL;
  self->analyzer.recipe = self->recipe;
  self->analyzer.device = self->device;
  self->analyzer.follow = raw->follow;
  self->analyzer.record_s = raw->record_s;
  self->n_jobs = raw->n_jobs;
  if (self->model && gst_emotion_builtin_find (self->model, NULL))
    self->analyzer.model = self->model;
  else
    self->analyzer.model_file = self->model;
  if (self->show_model || self->list_devices || self->list_layers
      || self->version)
    return TRUE;
  if (raw->merge) {
    self->parts = g_steal_pointer (&raw->arguments);
    return TRUE;
  }
  return take_sources (self, raw, error);
}

static void
add_group (GOptionContext *context, const char *name, const char *title,
    const char *help, const GOptionEntry *entries)
{
  GOptionGroup *group = g_option_group_new (name, title, help, NULL, NULL);

  g_option_group_add_entries (group, entries);
  g_option_context_add_group (context, group);
}

/* The nicks behind "Models: ", in lines of up to 80. Free with g_free. */
static char *
builtin_list_in_lines (void)
{
  char *list = gst_emotion_builtin_list ();
  char *last = NULL;
  gsize begin = 0;

  for (char *at = strchr (list, ' '); at; at = strchr (at + 1, ' ')) {
    char *const next = strchr (at + 1, ' ');
    const gsize end = next ? (gsize) (next - list) : strlen (list);

    if (end - begin + (last ? 0 : strlen ("Models: ")) > 80) {
      *at = '\n';
      begin = at - list + 1;
      last = at;
    }
  }
  return list;
}

static gboolean
parse (
    ToolAnalyzeOptions *self, Raw *raw, int *argc, char ***argv, GError **error)
{
  g_autofree char *nicks = tool_report_writer_nicks ();
  g_autofree char *formats = g_strconcat ("As: ", nicks, NULL);
  const GOptionEntry entries[] = {
    { "file", 'f', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME_ARRAY,
        &raw->files, "Same as a plain argument", "FILE" },
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &self->model,
        "A built-in model, or a Keras file", "NICK|FILE" },
    { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &raw->interval_s,
        "Seconds between window starts", "S" },
    { "track", 0, 0, G_OPTION_ARG_STRING, &self->track,
        "Audio track, if there are several", "N|LANGUAGE" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &raw->format, formats, "FORMAT" },
    { "summary", 's', 0, G_OPTION_ARG_NONE, &self->format.only_summary,
        "Print only the summary of each file", NULL },
    { "html", 0, 0, G_OPTION_ARG_FILENAME, &self->html,
        "Also make an HTML page with players", "FILE" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self->output,
        "Write to a file, or to a file per source", "FILE|DIR" },
    { "quiet", 'q', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &self->is_quiet,
        "No progress bar", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->version,
        "Print the version and exit", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->arguments,
        NULL, "[FILE|FOLDER|URI...]" },
    { NULL },
  };
  const GOptionEntry keras[] = {
    { "show-model", 0, 0, G_OPTION_ARG_FILENAME, &self->show_model,
        "Describe a model and exit", "NICK|FILE" },
    { "labels", 'l', 0, G_OPTION_ARG_STRING, &self->labels,
        "Names of the model's outputs, in order", "A,B,..." },
    { "recipe", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->recipe,
        "Features that the model was trained on", "RECIPE" },
    { "list-layers", 0, 0, G_OPTION_ARG_NONE, &self->list_layers,
        "List the Keras layers that are supported", NULL },
    { NULL },
  };
  const GOptionEntry microphone[] = {
    { "record-duration", 'd', 0, G_OPTION_ARG_DOUBLE, &raw->record_s,
        "Record for this many seconds", "S" },
    { "follow", 0, 0, G_OPTION_ARG_NONE, &raw->follow,
        "Until Ctrl-C; a URI, too: a live stream", NULL },
    { "device", 0, 0, G_OPTION_ARG_STRING, &self->device,
        "Microphone; see --list-devices", "NAME" },
    { "list-devices", 0, 0, G_OPTION_ARG_NONE, &self->list_devices,
        "List recording devices and exit", NULL },
    { NULL },
  };
  const GOptionEntry output[] = {
    { "min-voice", 0, 0, G_OPTION_ARG_DOUBLE, &raw->min_voice_s,
        "Seconds of speech that a window needs (0.3)", "S" },
    { "plot", 'p', 0, G_OPTION_ARG_FILENAME, &self->plot,
        "Draw a timeline of one source", "PNG|SVG" },
    { "embed", 0, 0, G_OPTION_ARG_NONE, &self->embed,
        "Put the sound into the page of --html", NULL },
    { "each-window", 0, 0, G_OPTION_ARG_NONE, &self->format.each_window,
        "A cue per window; do not join equal ones", NULL },
    { NULL },
  };
  const GOptionEntry shards[] = {
    { "files-from", 'T', 0, G_OPTION_ARG_FILENAME, &raw->files_from,
        "Read names from a file (-: standard input)", "LIST" },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &raw->n_jobs,
        "Files in parallel (one per processor)", "N" },
    { "quantize", 0, 0, G_OPTION_ARG_NONE, &self->analyzer.quantize,
        "Recurrent layers in 8 bits: faster", NULL },
    { "shard", 0, 0, G_OPTION_ARG_STRING, &raw->shard,
        "The I-th of N shards, to a file for --merge", "I/N" },
    { "resume", 0, 0, G_OPTION_ARG_NONE, &self->resume,
        "Continue an interrupted run of --output", NULL },
    { "merge", 0, 0, G_OPTION_ARG_NONE, &raw->merge,
        "Join the shard files named as arguments", NULL },
    { NULL },
  };
  g_autofree char *models = builtin_list_in_lines ();
  g_autofree char *summary = g_strdup_printf ("Models: %s", models);
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- detect emotions in speech");

  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, NULL);
  add_group (context, "keras",
      "Your own Keras models:", "Options for your own Keras models", keras);
  add_group (context, "microphone", "Microphone:", "Options for the microphone",
      microphone);
  add_group (context, "output",
      "Output:", "Options for voice, pictures and subtitles", output);
  add_group (context, "shards",
      "Several workers:", "Options for archives and several machines", shards);
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse (context, argc, argv, error);
}

gboolean
tool_analyze_options_parse (ToolAnalyzeOptions *self, gboolean is_shared,
    int *argc, char ***argv, GError **error)
{
  Raw raw = { .interval_s = NOT_ASKED, .min_voice_s = 0.3 };
  gboolean ok;

  *self = (ToolAnalyzeOptions){ .is_shared = is_shared };
  ok = parse (self, &raw, argc, argv, error) && take (self, &raw, error);
  g_strfreev (raw.files);
  g_strfreev (raw.arguments);
  g_strfreev (raw.recipe);
  g_free (raw.files_from);
  g_free (raw.format);
  g_free (raw.shard);
  return ok;
}

void
tool_analyze_options_clear (ToolAnalyzeOptions *self)
{
  g_clear_pointer (&self->listing, tool_listing_free);
  g_clear_pointer (&self->model, g_free);
  g_clear_pointer (&self->labels, g_free);
  g_clear_pointer (&self->track, g_free);
  g_clear_pointer (&self->recipe, g_free);
  g_clear_pointer (&self->device, g_free);
  g_clear_pointer (&self->output, g_free);
  g_clear_pointer (&self->plot, g_free);
  g_clear_pointer (&self->html, g_free);
  g_clear_pointer (&self->show_model, g_free);
  g_clear_pointer (&self->parts, g_strfreev);
}

static char *
checksum (const char *path)
{
  g_autofree char *data = NULL;
  gsize len;

  return path && g_file_get_contents (path, &data, &len, NULL)
      ? g_compute_checksum_for_data (
          G_CHECKSUM_SHA256, (const guchar *) data, len)
      : g_strdup ("");
}

/* Identifies the model, independent of its path. */
static char *
describe_model (const ToolAnalyzeOptions *self)
{
  const char *const path = self->analyzer.model_file;
  g_autofree char *weights_path = path ? nn_model_weights_path (path) : NULL;
  g_autofree char *model = checksum (path);
  g_autofree char *weights = checksum (weights_path);

  if (*model)
    return g_strconcat (model, weights, NULL);
  return g_strdup (self->analyzer.model ? self->analyzer.model : "");
}

gboolean
tool_analyze_options_make_part (const ToolAnalyzeOptions *self)
{
  return self->is_sharded || self->resume;
}

char *
tool_analyze_options_describe (const ToolAnalyzeOptions *self)
{
  g_autofree char *model = describe_model (self);

  return g_strdup_printf (
      "version=%s model=%s labels=%s recipe=(%s) quantize=%d interval="
      "%" G_GUINT64_FORMAT " min-voice=%" G_GUINT64_FORMAT
      " format=%s summary=%d%s%s",
      PACKAGE_VERSION, model, self->labels ? self->labels : "",
      self->recipe ? self->recipe : "", self->analyzer.quantize,
      self->analyzer.interval, self->analyzer.min_voice,
      self->format.writer->nick, self->format.only_summary,
      self->track ? " track=" : "", self->track ? self->track : "");
}
