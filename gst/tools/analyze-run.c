/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-run.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gst/tools/analyze-item.h"
#include "gst/tools/analyze-merge.h"
#include "gst/tools/analyze-output.h"
#include "gst/tools/analyze-source.h"
#include "gst/tools/page-file.h"
#include "gst/tools/progress.h"

typedef struct {
  const ToolAnalyzeOptions *options;
  Ranks *ranks;
  GPtrArray *entries; /* ToolListingEntry, those to do; one NULL: microphone */
  GArray *indices;    /* guint64, theirs in the listing */
  ToolAnalyzeOutput *output; /* NULL if there is */
  ToolShardWriter *part;
  ToolTimelinePlot *plot; /* NULL if none is wanted */
  ToolPageFile *page;     /* NULL if none is wanted */
  gint64 begin;           /* monotonic time */
  gint progress;   /* atomic: of all that is in hand, in TOOL_ANALYZE_FINENESS
                    */
  gint has_failed; /* atomic */

  /* Guarded by the batch. */
  guint64 n_done;
  gdouble seconds; /* of sound */
} Run;

static gboolean
is_shared (const Run *run)
{
  return ranks_size (run->ranks) > 1;
}

/* Number i in the listing. */
static guint64
index_of (const Run *run, gsize i)
{
  return run->options->listing ? g_array_index (run->indices, guint64, i) : 0;
}

/* In any thread. */
static void
analyse (ToolBatch *batch, gsize i, gpointer own, gpointer user_data)
{
  Run *run = user_data;
  const ToolAnalyzeSource source = { .options = run->options,
    .plot = run->plot,
    .part = is_shared (run) ? NULL : run->part,
    .progress = &run->progress };

  tool_analyze_source_run (&source, batch, i, index_of (run, i),
      g_ptr_array_index (run->entries, i), own);
}

static gpointer
begin_thread (gpointer user_data)
{
  const Run *run = user_data;

  return tool_analyzer_new (&run->options->analysis);
}

static void
end_thread (gpointer own)
{
  tool_analyzer_free (own);
}

static const char *
name_of (const Run *run, gsize i)
{
  return tool_analyze_source_name (g_ptr_array_index (run->entries, i));
}

static void
complain (Run *run, const GError *error)
{
  run->has_failed = TRUE;
  tool_progress_clear ();
  fprintf (stderr, PROGRAM ": %s\n", error->message);
}

/* In the order of the sources. */
static void
take_item (gsize i, gpointer data, gpointer user_data)
{
  Run *run = user_data;
  ToolAnalyzeItem *item = data;
  g_autoptr (GError) error = NULL;

  switch (item->kind) {
    case TOOL_ANALYZE_TEXT:
      tool_progress_clear ();
      tool_analyze_output_write (
          run->output, index_of (run, i), item->text, &error);
      break;
    case TOOL_ANALYZE_PAGE:
      tool_page_file_add (run->page, item->text);
      break;
    case TOOL_ANALYZE_FAILURE:
      g_atomic_int_set (&run->has_failed, TRUE);
      G_GNUC_FALLTHROUGH;
    case TOOL_ANALYZE_WARNING:
      tool_progress_clear ();
      fprintf (stderr, PROGRAM ": %s: %s\n", name_of (run, i), item->text);
      break;
    case TOOL_ANALYZE_END:
      run->n_done++;
      run->seconds += item->seconds;
      if (run->output)
        tool_analyze_output_end_source (run->output, &error);
      break;
    case TOOL_ANALYZE_FINE:
    case TOOL_ANALYZE_SHORT:
    case TOOL_ANALYZE_FAILED:
      break;
  }
  tool_analyze_item_free (item);
  if (error)
    complain (run, error);
}

static void
show_progress (gpointer user_data)
{
  Run *run = user_data;
  const gdouble elapsed =
      (g_get_monotonic_time () - run->begin) / (gdouble) G_USEC_PER_SEC;
  const gdouble n = run->entries->len;
  const gdouble fraction = CLAMP (
      (run->n_done
          + g_atomic_int_get (&run->progress) / (gdouble) TOOL_ANALYZE_FINENESS)
          / n,
      0, 1);
  const gint64 left =
      fraction > 0 ? llrint (elapsed * (1 - fraction) / fraction) : 0;
  g_autofree char *before = g_strdup_printf (
      "%" G_GUINT64_FORMAT "/%u files", run->n_done, run->entries->len);
  g_autofree char *after = g_strdup_printf (
      "%.1f files/s, %.0f x real time, %" G_GINT64_FORMAT ":%02d left",
      run->n_done / elapsed, run->seconds / elapsed, left / 60,
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
choose (Run *run)
{
  const ToolListing *listing = run->options->listing;

  for (guint64 i = 0; i < listing->entries->len; i++) {
    ToolListingEntry *entry = g_ptr_array_index (listing->entries, i);

    if (!tool_shard_has (&run->options->shard, entry->key))
      continue;
    g_ptr_array_add (run->entries, entry);
    g_array_append_val (run->indices, i);
  }
}

/* Leaves those that have no record yet. */
static void
skip_done (Run *run)
{
  guint n = 0;

  for (guint k = 0; k < run->entries->len; k++) {
    const guint64 index = g_array_index (run->indices, guint64, k);

    if (tool_shard_writer_has (run->part, index))
      continue;
    g_ptr_array_index (run->entries, n) = g_ptr_array_index (run->entries, k);
    g_array_index (run->indices, guint64, n++) = index;
  }
  g_ptr_array_set_size (run->entries, n);
  g_array_set_size (run->indices, n);
}

static gboolean
open_part (Run *run, const char *path, const char *head, GError **error)
{
  const ToolAnalyzeOptions *options = run->options;
  g_autofree char *settings = tool_analyze_options_describe (options);
  g_autofree char *listing = listing_id (options->listing);
  const ToolShardInfo info = { .tool = PROGRAM,
    .settings = settings,
    .head = head,
    .listing = listing,
    .n_listed = options->listing->entries->len,
    .shard = options->shard };
  const guint n = run->entries->len;
  g_autofree const char **names = g_new (const char *, n + 1);

  for (guint i = 0; i < n; i++)
    names[i] = name_of (run, i);
  run->part = tool_shard_writer_new (path, &info,
      (const guint64 *) run->indices->data, names, n, options->resume, error);
  if (!run->part)
    return FALSE;
  skip_done (run);
  return TRUE;
}

/* Records are written at once: a worker that is killed loses only the files in
 * progress. */
static void
arrive_item (gsize i, gconstpointer data, gpointer user_data)
{
  Run *const run = user_data;
  const ToolAnalyzeItem *const item = data;
  g_autoptr (GError) error = NULL;

  if (item->kind < TOOL_ANALYZE_FINE)
    return;
  if (!tool_analyze_source_record (run->part,
          g_array_index (run->indices, guint64, i),
          item->kind - TOOL_ANALYZE_FINE + TOOL_SHARD_FINE, item->text, &error))
    complain (run, error);
}

/* Rank 0 has chosen; all take its choice. */
static void
share_choice (Run *run)
{
  const NnComm *const comm = ranks_comm (run->ranks);
  guint n = run->indices->len;

  nn_comm_broadcast (comm, &n, sizeof n);
  g_array_set_size (run->indices, n);
  nn_comm_broadcast (comm, run->indices->data, n * sizeof (guint64));
  g_ptr_array_set_size (run->entries, 0);
  for (guint k = 0; k < n; k++)
    g_ptr_array_add (run->entries,
        g_ptr_array_index (run->options->listing->entries,
            g_array_index (run->indices, guint64, k)));
}

/* The bytes of a file. */
static guint64
weigh (gsize i, gpointer user_data)
{
  const Run *const run = user_data;
  const ToolListingEntry *const entry = g_ptr_array_index (run->entries, i);
  GStatBuf about;

  return g_stat (entry->source, &about) == 0 ? about.st_size : 0;
}

static gboolean
run_batch (Run *run, const gint *stop)
{
  static const ToolBatchPacking packing = { .pack = tool_analyze_item_pack,
    .unpack = tool_analyze_item_unpack,
    .free = (GDestroyNotify) tool_analyze_item_free,
    .arrive = arrive_item };

  const ToolAnalyzeOptions *options = run->options;
  const gboolean is_live = !options->listing || options->analysis.follow;
  const ToolBatchFuncs funcs = { .begin = begin_thread,
    .end = end_thread,
    .work = analyse,
    .take = take_item,
    .tick = options->is_quiet || is_live ? NULL : show_progress,
    .weight = weigh };

  run->begin = g_get_monotonic_time ();
  if (is_shared (run))
    tool_batch_run_on_ranks (run->ranks, run->entries->len, options->n_jobs,
        &funcs, &packing, run, stop);
  else if (run->entries->len > 0)
    tool_batch_run (
        run->entries->len, options->n_jobs, &funcs, run, is_live ? NULL : stop);
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

/* Rank 0 is ready, or not; others hear of it, and of what there is to do. */
static gboolean
begin_shared (Run *run, gboolean is_ready, GError **error)
{
  if (!ranks_agree (run->ranks, is_ready, error))
    return FALSE;
  if (is_shared (run))
    share_choice (run);
  return TRUE;
}

static gboolean
open_outputs (Run *run, const char *head, GError **error)
{
  run->output = tool_analyze_output_new (run->options, head, error);
  if (!run->output || !run->options->html)
    return run->output != NULL;
  run->page = tool_page_file_new (run->options->html, error);
  return run->page != NULL;
}

static gboolean
run_plain (Run *run, const char *head, const gint *stop, GError **error)
{
  if (!begin_shared (run, open_outputs (run, head, error), error))
    return FALSE;
  if (!run_batch (run, stop))
    return set_interrupted (run->options, error);
  return tool_analyze_output_finish (run->output, error)
      && (!run->plot || run->has_failed
          || tool_timeline_plot_write (run->plot, run->options->plot, error))
      && (!run->page || tool_page_file_finish (run->page, error));
}

static gboolean
run_part (Run *run, const char *path, const char *head, const gint *stop,
    GError **error)
{
  if (!begin_shared (run, open_part (run, path, head, error), error))
    return FALSE;
  if (!run_batch (run, stop))
    return set_interrupted (run->options, error);
  return tool_shard_writer_finish (run->part, error);
}

/* One worker that can be stopped: its part becomes the output. */
static gboolean
run_resumable (Run *run, const char *head, const gint *stop, GError **error)
{
  const char *output = run->options->output;
  g_autofree char *path = g_strconcat (output, ".part", NULL);
  const char *const paths[] = { path, NULL };
  g_autoptr (ToolShardSet) set = NULL;

  if (!run_part (run, path, head, stop, error))
    return FALSE;
  set = tool_shard_set_load (paths, PROGRAM, error);
  if (!set)
    return FALSE;
  tool_analyze_write_parts (set, output, FALSE, error);
  if (!g_atomic_int_get (&run->has_failed))
    g_unlink (path);
  return TRUE;
}

/* Another rank than 0: analyses what it gets. */
static gboolean
follow (Run *run, const gint *stop, GError **error)
{
  if (!ranks_agree (run->ranks, TRUE, error))
    return FALSE;
  share_choice (run);
  run_batch (run, stop);
  return TRUE;
}

/* All ranks have the same sources. */
static gboolean
check_listing (const Run *run, GError **error)
{
  g_autofree char *id = NULL;

  if (!is_shared (run))
    return TRUE;
  if (!run->options->listing) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "a microphone cannot be shared by %zu processes",
        ranks_size (run->ranks));
    return FALSE;
  }
  if (run->options->plot) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "--plot needs a single process, not %zu", ranks_size (run->ranks));
    return FALSE;
  }
  id = listing_id (run->options->listing);
  if (ranks_have_same (run->ranks, id, strlen (id)))
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
      "the processes do not see the same files");
  return FALSE;
}

static void
lead (Run *run, const char *head, const gint *stop, GError **error)
{
  const ToolAnalyzeOptions *const options = run->options;

  if (options->listing)
    choose (run);
  else
    g_ptr_array_add (run->entries, NULL);
  if (options->plot)
    run->plot = tool_timeline_plot_new (name_of (run, 0));
  if (options->is_sharded)
    run_part (run, options->output, head, stop, error);
  else if (options->resume)
    run_resumable (run, head, stop, error);
  else
    run_plain (run, head, stop, error);
}

gboolean
tool_analyze_run (const ToolAnalyzeOptions *options, Ranks *ranks,
    const char *head, const gint *stop)
{
  Run run = { .options = options,
    .ranks = ranks,
    .entries = g_ptr_array_new (),
    .indices = g_array_new (FALSE, FALSE, sizeof (guint64)) };
  g_autoptr (GError) error = NULL;

  if (check_listing (&run, &error)) {
    if (ranks_index (ranks) == 0)
      lead (&run, head, stop, &error);
    else
      follow (&run, stop, &error);
  }
  if (error && ranks_index (ranks) == 0)
    complain (&run, error);
  tool_analyze_output_free (run.output);
  tool_shard_writer_free (run.part);
  tool_timeline_plot_free (run.plot);
  tool_page_file_free (run.page);
  g_ptr_array_unref (run.entries);
  g_array_unref (run.indices);
  return !nn_comm_any (ranks_comm (ranks), error || run.has_failed);
}
