/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-all.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "gst/tools/analyze-item.h"
#include "gst/tools/analyze-merge.h"
#include "gst/tools/analyze-output.h"
#include "gst/tools/analyze-task.h"
#include "gst/tools/output-check.h"
#include "gst/tools/page-file.h"
#include "gst/tools/progress.h"

typedef struct {
  const ToolAnalyzeOptions *options;
  Ranks *ranks;
  GPtrArray *entries; /* ToolListingEntry, those to do; one NULL: microphone */
  GArray *indices;    /* guint64, their indices in the listing */
  ToolAnalyzeOutput *output; /* NULL if there is */
  ToolShardWriter *part;
  ToolTimelinePlot *plot; /* NULL if none is wanted */
  ToolPageFile *page;     /* NULL if none is wanted */
  gint64 begin;           /* monotonic time */
  gint progress; /* atomic: of all sources in progress, in TOOL_ANALYZE_FINENESS
                  */
  gint has_failed; /* atomic */

  /* Guarded by the batch. */
  guint64 n_done;
  gdouble seconds; /* of sound */
} Analysis;

static gboolean
is_shared (const Analysis *self)
{
  return ranks_size (self->ranks) > 1;
}

/* Number i in the listing. */
static guint64
index_of (const Analysis *self, gsize i)
{
  return self->options->listing ? g_array_index (self->indices, guint64, i) : 0;
}

/* In any thread. */
static void
analyse (ToolBatch *batch, gsize i, gpointer own, gpointer user_data)
{
  Analysis *self = user_data;
  const ToolAnalyzeShared source = { .options = self->options,
    .plot = self->plot,
    .part = is_shared (self) ? NULL : self->part,
    .progress = &self->progress };

  tool_analyze_task_run (&source, batch, i, index_of (self, i),
      g_ptr_array_index (self->entries, i), own);
}

static gpointer
begin_thread (gpointer user_data)
{
  const Analysis *self = user_data;

  return tool_analyzer_new (&self->options->analyzer);
}

static void
end_thread (gpointer own)
{
  tool_analyzer_free (own);
}

static const char *
name_of (const Analysis *self, gsize i)
{
  return tool_analyze_task_name (g_ptr_array_index (self->entries, i));
}

static void
complain (Analysis *self, const GError *error)
{
  self->has_failed = TRUE;
  tool_progress_complain (PROGRAM, NULL, error->message);
}

/* In the order of the sources. */
static void
take_item (gsize i, gpointer data, gpointer user_data)
{
  Analysis *self = user_data;
  ToolAnalyzeItem *item = data;
  g_autoptr (GError) error = NULL;

  switch (item->kind) {
    case TOOL_ANALYZE_TEXT:
      tool_progress_clear ();
      tool_analyze_output_write (
          self->output, index_of (self, i), item->text, &error);
      break;
    case TOOL_ANALYZE_PAGE:
      tool_page_file_add (self->page, item->text);
      break;
    case TOOL_ANALYZE_FAILURE:
      g_atomic_int_set (&self->has_failed, TRUE);
      G_GNUC_FALLTHROUGH;
    case TOOL_ANALYZE_WARNING:
      tool_progress_complain (PROGRAM, name_of (self, i), item->text);
      break;
    case TOOL_ANALYZE_END:
      self->n_done++;
      self->seconds += item->seconds;
      if (self->output)
        tool_analyze_output_end_source (self->output, &error);
      break;
    case TOOL_ANALYZE_FINE:
    case TOOL_ANALYZE_SHORT:
    case TOOL_ANALYZE_FAILED:
      break;
  }
  tool_analyze_item_free (item);
  if (error)
    complain (self, error);
}

static void
show_progress (gpointer user_data)
{
  Analysis *self = user_data;
  const gdouble elapsed =
      (g_get_monotonic_time () - self->begin) / (gdouble) G_USEC_PER_SEC;
  const gdouble n = self->entries->len;
  const gdouble fraction = CLAMP ((self->n_done
                                      + g_atomic_int_get (&self->progress)
                                          / (gdouble) TOOL_ANALYZE_FINENESS)
          / n,
      0, 1);
  const gint64 left =
      fraction > 0 ? llrint (elapsed * (1 - fraction) / fraction) : 0;
  g_autofree char *before = g_strdup_printf (
      "%" G_GUINT64_FORMAT "/%u files", self->n_done, self->entries->len);
  g_autofree char *after = g_strdup_printf (
      "%.1f files/s, %.0f x real time, %" G_GINT64_FORMAT ":%02d left",
      self->n_done / elapsed, self->seconds / elapsed, left / 60,
      (gint) (left % 60));

  tool_progress_show_fraction (before, fraction, after);
}

/* Choosing and writing */

static char *
listing_id (const ToolListing *listing)
{
  g_autofree const char **keys = g_new (const char *, listing->entries->len);

  for (guint i = 0; i < listing->entries->len; i++)
    keys[i] =
        ((ToolListingEntry *) g_ptr_array_index (listing->entries, i))->key;
  return tool_shard_listing_id (keys, listing->entries->len);
}

static void
choose (Analysis *self)
{
  const ToolListing *listing = self->options->listing;

  for (guint64 i = 0; i < listing->entries->len; i++) {
    ToolListingEntry *entry = g_ptr_array_index (listing->entries, i);

    if (!tool_shard_has (&self->options->shard, entry->key))
      continue;
    g_ptr_array_add (self->entries, entry);
    g_array_append_val (self->indices, i);
  }
}

/* Removes sources that have a record already. */
static void
skip_done (Analysis *self)
{
  guint n = 0;

  for (guint k = 0; k < self->entries->len; k++) {
    const guint64 index = g_array_index (self->indices, guint64, k);

    if (tool_shard_writer_has (self->part, index))
      continue;
    g_ptr_array_index (self->entries, n) = g_ptr_array_index (self->entries, k);
    g_array_index (self->indices, guint64, n++) = index;
  }
  g_ptr_array_set_size (self->entries, n);
  g_array_set_size (self->indices, n);
}

static gboolean
open_part (Analysis *self, const char *path, const char *head, GError **error)
{
  const ToolAnalyzeOptions *options = self->options;
  g_autofree char *settings = tool_analyze_options_describe (options);
  g_autofree char *listing = listing_id (options->listing);
  const ToolShardInfo info = { .tool = PROGRAM,
    .settings = settings,
    .head = head,
    .listing = listing,
    .n_listed = options->listing->entries->len,
    .shard = options->shard };
  const guint n = self->entries->len;
  g_autofree const char **names = g_new (const char *, n + 1);

  for (guint i = 0; i < n; i++)
    names[i] = name_of (self, i);
  self->part = tool_shard_writer_new (path, &info,
      (const guint64 *) self->indices->data, names, n, options->resume, error);
  if (!self->part)
    return FALSE;
  skip_done (self);
  return TRUE;
}

/* Records are written at once: a worker that is killed loses only the files in
 * progress. */
static void
arrive_item (gsize i, gconstpointer data, gpointer user_data)
{
  Analysis *const self = user_data;
  const ToolAnalyzeItem *const item = data;
  g_autoptr (GError) error = NULL;

  if (item->kind < TOOL_ANALYZE_FINE)
    return;
  if (!tool_analyze_task_record (self->part,
          g_array_index (self->indices, guint64, i),
          item->kind - TOOL_ANALYZE_FINE + TOOL_SHARD_FINE, item->text, &error))
    complain (self, error);
}

/* Shares the choice of rank 0 with all ranks. */
static void
share_choice (Analysis *self)
{
  const NnComm *const comm = ranks_comm (self->ranks);
  guint n = self->indices->len;

  nn_comm_broadcast (comm, &n, sizeof n);
  g_array_set_size (self->indices, n);
  nn_comm_broadcast (comm, self->indices->data, n * sizeof (guint64));
  g_ptr_array_set_size (self->entries, 0);
  for (guint k = 0; k < n; k++)
    g_ptr_array_add (self->entries,
        g_ptr_array_index (self->options->listing->entries,
            g_array_index (self->indices, guint64, k)));
}

/* The bytes of a file. */
static guint64
weigh (gsize i, gpointer user_data)
{
  const Analysis *const self = user_data;
  const ToolListingEntry *const entry = g_ptr_array_index (self->entries, i);
  GStatBuf about;

  return g_stat (entry->source, &about) == 0 ? about.st_size : 0;
}

static gboolean
run_batch (Analysis *self, const gint *stop)
{
  static const ToolBatchPacking packing = { .pack = tool_analyze_item_pack,
    .unpack = tool_analyze_item_unpack,
    .free = tool_analyze_item_free,
    .arrive = arrive_item };

  const ToolAnalyzeOptions *options = self->options;
  const gboolean is_live = !options->listing || options->analyzer.follow;
  const ToolBatchFuncs funcs = { .begin = begin_thread,
    .end = end_thread,
    .work = analyse,
    .take = take_item,
    .tick = options->is_quiet || is_live ? NULL : show_progress,
    .weight = weigh };

  self->begin = g_get_monotonic_time ();
  if (is_shared (self))
    tool_batch_run_on_ranks (self->ranks, self->entries->len, options->n_jobs,
        &funcs, &packing, self, stop);
  else if (self->entries->len > 0)
    tool_batch_run (self->entries->len, options->n_jobs, &funcs, self,
        is_live ? NULL : stop);
  tool_progress_clear ();
  return is_live || !g_atomic_int_get (stop);
}

static gboolean
set_interrupted (const ToolAnalyzeOptions *options, GError **error)
{
  const char *what = "";

  if (tool_analyze_options_make_part (options))
    what = "; run again with --resume to continue";
  else if (options->output)
    what = options->in_folder ? "; the files done so far are written"
                              : "; nothing was written";
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INTR, "interrupted%s", what);
  return FALSE;
}

/* Tells the other ranks whether rank 0 is ready, and the sources. */
static gboolean
begin_shared (Analysis *self, gboolean is_ready, GError **error)
{
  if (!ranks_agree (self->ranks, is_ready, error))
    return FALSE;
  if (is_shared (self))
    share_choice (self);
  return TRUE;
}

static gboolean
open_outputs (Analysis *self, const char *head, GError **error)
{
  if (!tool_output_check ("--plot", self->options->plot, error)
      || (self->options->in_folder
          && !tool_output_check_folder (
              "--output", self->options->output, error)))
    return FALSE;
  self->output = tool_analyze_output_new (self->options, head, error);
  if (!self->output || !self->options->html)
    return self->output != NULL;
  self->page = tool_page_file_new (self->options->html, error);
  return self->page != NULL;
}

static gboolean
run_plain (Analysis *self, const char *head, const gint *stop, GError **error)
{
  if (!begin_shared (self, open_outputs (self, head, error), error))
    return FALSE;
  if (!run_batch (self, stop))
    return set_interrupted (self->options, error);
  return tool_analyze_output_finish (self->output, error)
      && (!self->plot || self->has_failed
          || tool_timeline_plot_write (self->plot, self->options->plot, error))
      && (!self->page || tool_page_file_finish (self->page, error));
}

static gboolean
run_part (Analysis *self, const char *path, const char *head, const gint *stop,
    GError **error)
{
  if (!begin_shared (self, open_part (self, path, head, error), error))
    return FALSE;
  if (!run_batch (self, stop))
    return set_interrupted (self->options, error);
  return tool_shard_writer_finish (self->part, error);
}

/* One worker that can be interrupted: its part becomes the output. */
static gboolean
run_resumable (
    Analysis *self, const char *head, const gint *stop, GError **error)
{
  const char *output = self->options->output;
  g_autofree char *path = g_strconcat (output, ".part", NULL);
  const char *const paths[] = { path, NULL };
  g_autoptr (ToolShardSet) set = NULL;

  if (!run_part (self, path, head, stop, error))
    return FALSE;
  set = tool_shard_set_load (paths, PROGRAM, error);
  if (!set)
    return FALSE;
  tool_analyze_write_parts (set, output, FALSE, error);
  if (!g_atomic_int_get (&self->has_failed))
    g_unlink (path);
  return TRUE;
}

/* A rank other than 0: analyses what it is assigned. */
static gboolean
follow (Analysis *self, const gint *stop, GError **error)
{
  if (!ranks_agree (self->ranks, TRUE, error))
    return FALSE;
  share_choice (self);
  run_batch (self, stop);
  return TRUE;
}

/* Checks that all ranks have the same sources. */
static gboolean
check_listing (const Analysis *self, GError **error)
{
  g_autofree char *id = NULL;

  if (!is_shared (self))
    return TRUE;
  if (!self->options->listing) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "a microphone cannot be shared by %zu processes",
        ranks_size (self->ranks));
    return FALSE;
  }
  if (self->options->plot) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "--plot needs a single process, not %zu", ranks_size (self->ranks));
    return FALSE;
  }
  id = listing_id (self->options->listing);
  if (ranks_have_same (self->ranks, id, strlen (id)))
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
      "the processes do not see the same files");
  return FALSE;
}

static void
lead (Analysis *self, const char *head, const gint *stop, GError **error)
{
  const ToolAnalyzeOptions *const options = self->options;

  if (options->listing)
    choose (self);
  else
    g_ptr_array_add (self->entries, NULL);
  if (options->plot)
    self->plot = tool_timeline_plot_new (name_of (self, 0));
  if (options->is_sharded)
    run_part (self, options->output, head, stop, error);
  else if (options->resume)
    run_resumable (self, head, stop, error);
  else
    run_plain (self, head, stop, error);
}

gboolean
tool_analyze_all (const ToolAnalyzeOptions *options, Ranks *ranks,
    const char *head, const gint *stop)
{
  Analysis self = { .options = options,
    .ranks = ranks,
    .entries = g_ptr_array_new (),
    .indices = g_array_new (FALSE, FALSE, sizeof (guint64)) };
  g_autoptr (GError) error = NULL;

  if (check_listing (&self, &error)) {
    if (ranks_index (ranks) == 0)
      lead (&self, head, stop, &error);
    else
      follow (&self, stop, &error);
  }
  if (error && ranks_index (ranks) == 0)
    complain (&self, error);
  tool_analyze_output_free (self.output);
  tool_shard_writer_free (self.part);
  tool_timeline_plot_free (self.plot);
  tool_page_file_free (self.page);
  g_ptr_array_unref (self.entries);
  g_array_unref (self.indices);
  return !nn_comm_any (ranks_comm (ranks), error || self.has_failed);
}
