/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-task.h"

#include <string.h>

#include "gst/tools/analyze-item.h"
#include "gst/tools/page-section.h"
#include "gst/tools/sound-link.h"

/* One source, in the thread that analyses it. */
typedef struct {
  const ToolAnalyzeShared *all;
  ToolBatch *batch;
  gsize i;
  guint64 index;
  const char *source; /* NULL: the microphone */
  ToolReport *report;
  ToolPageSection *section; /* NULL: there is no page */
  GString *text;            /* not written yet; for a shard: all */
  gint progress;
} Task;

const char *
tool_analyze_task_name (const ToolListingEntry *entry)
{
  return entry ? entry->source : "microphone";
}

gboolean
tool_analyze_task_record (ToolShardWriter *part, guint64 index,
    ToolShardKind kind, const char *text, GError **error)
{
  const ToolShardRecord record = {
    .index = index, .kind = kind, .data = text, .len = strlen (text)
  };

  return tool_shard_writer_add (part, &record, error);
}

static void
tell (const Task *task, ToolAnalyzeItemKind kind, const char *text)
{
  tool_batch_emit (task->batch, task->i,
      tool_analyze_item_new (kind, text, tool_report_end (task->report)));
}

static void
tell_text (Task *task)
{
  if (tool_analyze_options_make_part (task->all->options)
      || task->text->len == 0)
    return;
  tell (task, TOOL_ANALYZE_TEXT, task->text->str);
  g_string_truncate (task->text, 0);
}

static void
take_warning (const char *text, gpointer user_data)
{
  tell (user_data, TOOL_ANALYZE_WARNING, text);
}

static void
take_window (const GstStructure *structure, gpointer user_data)
{
  Task *task = user_data;
  g_autoptr (GstEmotionResult) result =
      gst_emotion_result_from_structure (structure);
  const ToolReportLine *line;

  if (!result) {
    take_warning ("skipped a window with an invalid result", task);
    return;
  }
  line = tool_report_window (task->report, result, task->text);
  tell_text (task);
  if (task->section)
    tool_page_section_add_window (task->section, line);
  if (task->all->plot)
    tool_timeline_plot_add_window (task->all->plot, result);
}

static void
take_sound (GstBuffer *buffer, GstCaps *caps, gpointer user_data)
{
  const Task *task = user_data;

  if (task->section)
    tool_page_section_add_sound (task->section, buffer, caps);
  if (task->all->plot)
    tool_timeline_plot_add_sound (task->all->plot, buffer, caps);
}

static void
take_progress (gdouble fraction, gpointer user_data)
{
  Task *task = user_data;
  const gint progress = fraction * TOOL_ANALYZE_FINENESS;

  g_atomic_int_add (task->all->progress, progress - task->progress);
  task->progress = progress;
}

static void
add_record (Task *task, ToolShardKind kind, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (!task->all->part)
    tell (task, kind - TOOL_SHARD_FINE + TOOL_ANALYZE_FINE, text);
  else if (!tool_analyze_task_record (
               task->all->part, task->index, kind, text, &error))
    tell (task, TOOL_ANALYZE_FAILURE, error->message);
}

/* The URL for its player on the page, escaped; or NULL. Free with g_free. */
static char *
make_url (const Task *task)
{
  const ToolAnalyzeOptions *const options = task->all->options;
  g_autoptr (GString) url = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  if (!task->source)
    return NULL;
  if (options->embed) {
    if (tool_sound_embed (url, task->source, &error))
      return g_string_free (g_steal_pointer (&url), FALSE);
    tell (task, TOOL_ANALYZE_WARNING, error->message);
    g_string_truncate (url, 0);
  }
  if (!tool_sound_link (url, task->source, options->html))
    return NULL;
  return g_string_free (g_steal_pointer (&url), FALSE);
}

static void
tell_section (Task *task, const ToolReportLine *summary, const char *note)
{
  g_autofree char *url = make_url (task);
  const ToolPageLink link = {
    .number = task->index + 1, .url = url, .note = note
  };
  g_autofree char *html =
      tool_page_section_write (task->section, summary, &link);

  tell (task, TOOL_ANALYZE_PAGE, html);
}

/* failure: why there are no results; loss: what is missing; or NULL. */
static void
end_task (Task *task, const char *failure, const char *loss)
{
  const ToolReportLine *const summary = failure
      ? tool_report_break (task->report, task->text)
      : tool_report_summary (task->report, task->text);

  /* A warning said why: a rate that is not supported, for example. */
  if (!failure && !summary)
    failure = "nothing of it was analysed; convert it first, for example with: "
              "ffmpeg -i IN -ac 1 -ar 48000 OUT.wav";
  tell_text (task);
  if (task->section && summary)
    tell_section (task, summary, failure ? failure : loss);
  if (failure || loss)
    tell (task, TOOL_ANALYZE_FAILURE, failure ? failure : loss);
  if (tool_analyze_options_make_part (task->all->options)) {
    if (failure)
      add_record (task, TOOL_SHARD_FAILED, failure);
    else if (loss) {
      g_autofree char *text = g_strjoin ("\n", loss, task->text->str, NULL);

      add_record (task, TOOL_SHARD_SHORT, text);
    } else
      add_record (task, TOOL_SHARD_FINE, task->text->str);
  }
  tell (task, TOOL_ANALYZE_END, NULL);
  take_progress (0, task);
}

void
tool_analyze_task_run (const ToolAnalyzeShared *self, ToolBatch *batch, gsize i,
    guint64 index, const ToolListingEntry *entry, ToolAnalyzer *analyzer)
{
  const ToolAnalyzeOptions *const options = self->options;
  const ToolAnalyzerCallbacks callbacks = { .window = take_window,
    .warning = take_warning,
    .progress = take_progress,
    .sound = self->plot || options->html ? take_sound : NULL };
  Task task = { .all = self,
    .batch = batch,
    .i = i,
    .index = index,
    .source = entry ? entry->source : NULL };
  g_autoptr (GError) failure = NULL;
  g_autofree char *loss = NULL;

  task.report =
      tool_report_new (&options->format, tool_analyze_task_name (entry));
  task.text = g_string_new (NULL);
  if (options->html)
    task.section = tool_page_section_new ();
  if (entry && entry->failure)
    g_set_error_literal (
        &failure, G_FILE_ERROR, G_FILE_ERROR_NOENT, entry->failure);
  else
    tool_analyzer_run (analyzer, entry ? entry->source : NULL, &callbacks,
        &task, &loss, &failure);
  end_task (&task, failure ? failure->message : NULL, loss);
  tool_report_free (task.report);
  tool_page_section_free (task.section);
  g_string_free (task.text, TRUE);
}
