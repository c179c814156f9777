/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-source.h"

#include <string.h>

#include "gst/tools/analyze-item.h"
#include "gst/tools/page-section.h"
#include "gst/tools/sound-link.h"

/* One source, in the thread that analyses it. */
typedef struct {
  const ToolAnalyzeSource *all;
  ToolBatch *batch;
  gsize i;
  guint64 index;
  const char *source; /* NULL: the microphone */
  ToolReport *report;
  ToolPageSection *section; /* NULL: there is no page */
  GString *text;            /* not written yet; for a shard: all */
  gint progress;
} Work;

const char *
tool_analyze_source_name (const ToolListingEntry *entry)
{
  return entry ? entry->source : "microphone";
}

gboolean
tool_analyze_source_record (ToolShardWriter *part, guint64 index,
    ToolShardKind kind, const char *text, GError **error)
{
  const ToolShardRecord record = {
    .index = index, .kind = kind, .data = text, .len = strlen (text)
  };

  return tool_shard_writer_add (part, &record, error);
}

static void
tell (const Work *work, ToolAnalyzeItemKind kind, const char *text)
{
  tool_batch_emit (work->batch, work->i,
      tool_analyze_item_new (kind, text, tool_report_end (work->report)));
}

static void
tell_text (Work *work)
{
  if (tool_analyze_options_make_part (work->all->options)
      || work->text->len == 0)
    return;
  tell (work, TOOL_ANALYZE_TEXT, work->text->str);
  g_string_truncate (work->text, 0);
}

static void
take_warning (const char *text, gpointer user_data)
{
  tell (user_data, TOOL_ANALYZE_WARNING, text);
}

static void
take_window (const GstStructure *structure, gpointer user_data)
{
  Work *work = user_data;
  g_autoptr (GstEmotionResult) result =
      gst_emotion_result_from_structure (structure);
  const ToolReportLine *line;

  if (!result) {
    take_warning ("skipped a window with an invalid result", work);
    return;
  }
  line = tool_report_window (work->report, result, work->text);
  tell_text (work);
  if (work->section)
    tool_page_section_add_window (work->section, line);
  if (work->all->plot)
    tool_timeline_plot_add_window (work->all->plot, result);
}

static void
take_sound (GstBuffer *buffer, GstCaps *caps, gpointer user_data)
{
  const Work *work = user_data;

  if (work->section)
    tool_page_section_add_sound (work->section, buffer, caps);
  if (work->all->plot)
    tool_timeline_plot_add_sound (work->all->plot, buffer, caps);
}

static void
take_progress (gdouble fraction, gpointer user_data)
{
  Work *work = user_data;
  const gint progress = fraction * TOOL_ANALYZE_FINENESS;

  g_atomic_int_add (work->all->progress, progress - work->progress);
  work->progress = progress;
}

static void
add_record (Work *work, ToolShardKind kind, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (!work->all->part)
    tell (work, kind - TOOL_SHARD_FINE + TOOL_ANALYZE_FINE, text);
  else if (!tool_analyze_source_record (
               work->all->part, work->index, kind, text, &error))
    tell (work, TOOL_ANALYZE_FAILURE, error->message);
}

/* The URL that its player has on the page, escaped; or NULL. Free with g_free.
 */
static char *
make_url (const Work *work)
{
  const ToolAnalyzeOptions *const options = work->all->options;
  g_autoptr (GString) url = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  if (!work->source)
    return NULL;
  if (options->embed) {
    if (tool_sound_embed (url, work->source, &error))
      return g_string_free (g_steal_pointer (&url), FALSE);
    tell (work, TOOL_ANALYZE_WARNING, error->message);
    g_string_truncate (url, 0);
  }
  if (!tool_sound_link (url, work->source, options->html))
    return NULL;
  return g_string_free (g_steal_pointer (&url), FALSE);
}

static void
tell_section (Work *work, const ToolReportLine *summary, const char *note)
{
  g_autofree char *url = make_url (work);
  const ToolPageLink link = {
    .number = work->index + 1, .url = url, .note = note
  };
  g_autofree char *html =
      tool_page_section_write (work->section, summary, &link);

  tell (work, TOOL_ANALYZE_PAGE, html);
}

/* failure: why there is nothing; loss: what there is too little of; or NULL. */
static void
end_work (Work *work, const char *failure, const char *loss)
{
  const ToolReportLine *const summary = failure
      ? tool_report_break (work->report, work->text)
      : tool_report_summary (work->report, work->text);

  tell_text (work);
  if (work->section && summary)
    tell_section (work, summary, failure ? failure : loss);
  if (failure || loss)
    tell (work, TOOL_ANALYZE_FAILURE, failure ? failure : loss);
  if (tool_analyze_options_make_part (work->all->options)) {
    if (failure)
      add_record (work, TOOL_SHARD_FAILED, failure);
    else if (loss) {
      g_autofree char *text = g_strjoin ("\n", loss, work->text->str, NULL);

      add_record (work, TOOL_SHARD_SHORT, text);
    } else
      add_record (work, TOOL_SHARD_FINE, work->text->str);
  }
  tell (work, TOOL_ANALYZE_END, NULL);
  take_progress (0, work);
}

void
tool_analyze_source_run (const ToolAnalyzeSource *self, ToolBatch *batch,
    gsize i, guint64 index, const ToolListingEntry *entry,
    ToolAnalyzer *analyzer)
{
  const ToolAnalyzeOptions *const options = self->options;
  const ToolAnalysisCallbacks callbacks = { .window = take_window,
    .warning = take_warning,
    .progress = take_progress,
    .sound = self->plot || options->html ? take_sound : NULL };
  Work work = { .all = self,
    .batch = batch,
    .i = i,
    .index = index,
    .source = entry ? entry->source : NULL };
  g_autoptr (GError) failure = NULL;
  g_autofree char *loss = NULL;

  work.report =
      tool_report_new (&options->format, tool_analyze_source_name (entry));
  work.text = g_string_new (NULL);
  if (options->html)
    work.section = tool_page_section_new ();
  if (entry && entry->failure)
    g_set_error_literal (
        &failure, G_FILE_ERROR, G_FILE_ERROR_NOENT, entry->failure);
  else
    tool_analyzer_run (analyzer, entry ? entry->source : NULL, &callbacks,
        &work, &loss, &failure);
  end_work (&work, failure ? failure->message : NULL, loss);
  tool_report_free (work.report);
  tool_page_section_free (work.section);
  g_string_free (work.text, TRUE);
}
