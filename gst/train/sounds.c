/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/sounds.h"

#include <gio/gio.h>
#include "gst/decode.h"

typedef struct {
  const TrainSoundsConfig *config;
  GAsyncQueue *done; /* of TrainItem, decoded or not */
} Loader;

static gboolean
is_stopped (const TrainSoundsConfig *config)
{
  return config->stop && g_atomic_int_get (config->stop) != 0;
}

/* A thread of the pool. An item that cannot be read keeps the reason in
 * digest, and no samples. */
static void
load_item (gpointer data, gpointer user_data)
{
  Loader *self = user_data;
  TrainItem *item = data;
  g_autoptr (GError) error = NULL;

  if (!is_stopped (self->config))
    item->samples = gst_emotion_decode_file (item->path, self->config->rate,
        self->config->max_len, &item->n_samples, &error);
  if (item->samples)
    item->digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
        (const guchar *) item->samples,
        item->n_samples * sizeof *item->samples);
  else if (error)
    item->digest = g_strdup (error->message);
  g_async_queue_push (self->done, item);
}

/* Moves what cannot be read from the items to the problems. */
static void
drop_unread (TrainCorpus *corpus)
{
  for (guint i = 0; i < corpus->items->len;) {
    const TrainItem *const item = train_corpus_item (corpus, i);

    if (item->samples) {
      i++;
      continue;
    }
    g_ptr_array_add (
        corpus->problems, g_strdup_printf ("%s: %s", item->path, item->digest));
    g_ptr_array_remove_index (corpus->items, i);
  }
}

static gboolean
load_all (TrainCorpus *corpus, Loader *loader, GError **error)
{
  const TrainSoundsConfig *const config = loader->config;
  const guint n = corpus->items->len;
  GThreadPool *pool = g_thread_pool_new (
      load_item, loader, MAX (config->n_threads, 1), TRUE, error);

  if (!pool)
    return FALSE;
  for (guint i = 0; i < n; i++)
    g_thread_pool_push (pool, train_corpus_item (corpus, i), NULL);
  for (guint i = 0; i < n; i++) {
    g_async_queue_pop (loader->done);
    if (config->progress)
      config->progress (i + 1, n, config->user_data);
  }
  g_thread_pool_free (pool, FALSE, TRUE);
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
  if (is_stopped (config)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Interrupted");
    return FALSE;
  }
  drop_unread (corpus);
  if (corpus->items->len > 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
      "There is no sound to learn from: %u files cannot be read",
      corpus->problems->len);
  return FALSE;
}
