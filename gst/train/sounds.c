/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/sounds.h"

#include <gio/gio.h>
#include <string.h>
#include "gst/media/decode.h"
#include "gst/media/source-uri.h"

#define MOST_TEXT 1024 /* of what other ranks get to know of a file */

typedef struct {
  const TrainSoundsConfig *config;
  GAsyncQueue *done; /* of TrainItem, decoded or not */
} Loader;

static gboolean
is_stopped (const TrainSoundsConfig *config)
{
  return config->stop && g_atomic_int_get (config->stop) != 0;
}

/* A thread of the pool. */
static void
load_item (gpointer data, gpointer user_data)
{
  Loader *self = user_data;
  TrainItem *item = data;
  const GstEmotionDecodeOptions options = { .rate = self->config->rate,
    .max_len = self->config->max_len,
    .track = self->config->track };
  GstEmotionSound sound;
  g_autoptr (GError) error = NULL;

  if (is_stopped (self->config))
    item->problem = g_strdup ("interrupted");
  else if (gst_emotion_decode (item->path, &options, &sound, &error)) {
    item->samples = sound.samples;
    item->n_samples = sound.n_samples;
    item->problem = sound.loss;
    item->note = sound.note;
    item->digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
        (const guchar *) item->samples,
        item->n_samples * sizeof *item->samples);
  } else
    item->problem = g_strdup (error->message);
  g_async_queue_push (self->done, item);
}

static void
add_line (GPtrArray *lines, const TrainItem *item, const char *text)
{
  g_autofree char *name = gst_emotion_source_line (item->path);

  g_ptr_array_add (lines, g_strdup_printf ("%s: %s", name, text));
}

/* Names what is odd, and takes what cannot be read out of the items. */
static void
sort_out (TrainCorpus *corpus)
{
  for (guint i = 0; i < corpus->items->len;) {
    const TrainItem *const item = train_corpus_item (corpus, i);

    if (item->note)
      add_line (corpus->notes, item, item->note);
    if (item->problem)
      add_line (item->samples ? corpus->losses : corpus->problems, item,
          item->problem);
    if (item->samples)
      i++;
    else
      g_ptr_array_remove_index (corpus->items, i);
  }
}

/* The items of this rank: data sets differ in what they cost, so that all ranks
 * have some of each. */
static gboolean
load_own (TrainCorpus *corpus, Loader *loader, GError **error)
{
  const TrainSoundsConfig *const config = loader->config;
  const size_t size = nn_comm_size (config->comm);
  const guint n = corpus->items->len;
  GThreadPool *pool = g_thread_pool_new (
      load_item, loader, MAX (config->n_threads, 1), TRUE, error);
  guint n_own = 0;

  if (!pool)
    return FALSE;
  for (gsize i = nn_comm_rank (config->comm); i < n; i += size, n_own++)
    g_thread_pool_push (pool, train_corpus_item (corpus, i), NULL);
  for (guint i = 0; i < n_own; i++) {
    g_async_queue_pop (loader->done);
    if (config->progress)
      config->progress (i + 1, n_own, config->user_data);
  }
  g_thread_pool_free (pool, FALSE, TRUE);
  return TRUE;
}

/* What ranks send each other about an item, before its samples. */
typedef struct {
  gboolean is_read;
  guint64 n_samples;
  char digest[65];                          /* SHA-256, in hexadecimal digits */
  char problem[MOST_TEXT], note[MOST_TEXT]; /* "": NULL */
} Head;

static Head
head_of (const TrainItem *item)
{
  Head head = { .is_read = item->samples != NULL,
    .n_samples = item->n_samples };

  g_strlcpy (head.digest, item->digest ? item->digest : "", sizeof head.digest);
  g_strlcpy (
      head.problem, item->problem ? item->problem : "", sizeof head.problem);
  g_strlcpy (head.note, item->note ? item->note : "", sizeof head.note);
  return head;
}

static char *
text_or_null (const char *text)
{
  return *text ? g_strdup (text) : NULL;
}

/* Gives the items first ... first + size - 1, one of each rank, to all. */
static void
share_row (TrainCorpus *corpus, const NnComm *comm, gsize first)
{
  const size_t size = comm->size, rank = comm->rank;
  const gsize n = MIN (size, corpus->items->len - first);
  g_autofree Head *heads = g_new0 (Head, size);
  g_autofree size_t *cut = nn_comm_cut (comm, size);
  g_autofree float *samples = NULL;

  if (rank < n)
    heads[rank] = head_of (train_corpus_item (corpus, first + rank));
  nn_comm_gather_rows (comm, heads, cut, sizeof *heads);
  for (size_t r = 0; r < size; r++)
    cut[r + 1] = cut[r] + heads[r].n_samples;
  samples = g_new (float, cut[size]);
  if (heads[rank].is_read)
    memcpy (samples + cut[rank],
        train_corpus_item (corpus, first + rank)->samples,
        heads[rank].n_samples * sizeof *samples);
  nn_comm_gather_rows (comm, samples, cut, sizeof *samples);
  for (size_t r = 0; r < n; r++) {
    TrainItem *const item = train_corpus_item (corpus, first + r);

    if (r == rank)
      continue;
    item->digest = text_or_null (heads[r].digest);
    item->problem = text_or_null (heads[r].problem);
    item->note = text_or_null (heads[r].note);
    item->n_samples = heads[r].n_samples;
    if (heads[r].is_read)
      item->samples =
          g_memdup2 (samples + cut[r], item->n_samples * sizeof *samples);
  }
}

/* Decodes all, or FALSE and an error on all ranks. */
static gboolean
load_all (TrainCorpus *corpus, Loader *loader, GError **error)
{
  const TrainSoundsConfig *const config = loader->config;
  const NnComm *const comm = config->comm;
  const size_t size = nn_comm_size (comm);
  const gboolean ok = load_own (corpus, loader, error);

  if (nn_comm_any (comm, !ok || is_stopped (config))) {
    if (ok)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Interrupted");
    return FALSE;
  }
  for (gsize i = 0; i < corpus->items->len && size > 1; i += size)
    share_row (corpus, comm, i);
  return TRUE;
}

gboolean
train_sounds_load (
    TrainCorpus *corpus, const TrainSoundsConfig *config, GError **error)
{
  Loader loader = { .config = config, .done = g_async_queue_new () };
  const gboolean ok = load_all (corpus, &loader, error);

  g_async_queue_unref (loader.done);
  if (!ok)
    return FALSE;
  sort_out (corpus);
  if (corpus->items->len > 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
      "No sounds are left: %u unreadable, %zu of classes that are not among "
      "the "
      "labels, %zu with names that do not match the scheme",
      corpus->problems->len, corpus->n_no_class, corpus->n_foreign);
  return FALSE;
}
