/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch on several ranks: the items of a number are sent to rank 0 as bytes,
 * once it is complete, and wait there for their turn. */
#include <stdlib.h>
#include "gst/ranks/farm.h"
#include "gst/tools/batch-private.h"

#define N_AHEAD 32            /* files of 1 ms, messages of up to 20 ms */
#define N_LAST ((gsize) 4096) /* that are sorted by their weights */

typedef struct {
  const ToolBatchFuncs *funcs;
  const ToolBatchPacking *packing;
  gpointer user_data;
  GBytes **results; /* rank 0: [n], those that wait for their turn */
  gsize n, n_emitted;
} Shared;

/* The items of one number. */
typedef struct {
  ToolBatch base;
  const Shared *shared;
  GByteArray *bytes;
} Notes;

static void
note (ToolBatch *base, gsize i, gpointer item)
{
  const Notes *const notes = (Notes *) base;

  notes->shared->packing->pack (item, notes->bytes);
  notes->shared->packing->free (item);
}

static GBytes *
run (gpointer data, gpointer own, gsize i)
{
  const Shared *const shared = data;
  Notes notes = {
    .base = { note }, .shared = shared, .bytes = g_byte_array_new ()
  };

  shared->funcs->work (&notes.base, i, own, shared->user_data);
  return g_byte_array_free_to_bytes (notes.bytes);
}

static gpointer
begin (gpointer data)
{
  const Shared *const shared = data;

  return shared->funcs->begin ? shared->funcs->begin (shared->user_data) : NULL;
}

/* Each item of a result: to take, or before its turn. */
static void
deliver (const Shared *shared, gsize i, GBytes *result, gboolean is_turn)
{
  gsize len;
  const char *at = g_bytes_get_data (result, &len);
  const char *const end = at + len;

  while (at < end) {
    const gpointer item = shared->packing->unpack (&at);

    if (is_turn) {
      shared->funcs->take (i, item, shared->user_data);
      continue;
    }
    shared->packing->arrive (i, item, shared->user_data);
    shared->packing->free (item);
  }
}

static void
done (gpointer data, gsize i, GBytes *result)
{
  Shared *const shared = data;

  if (shared->packing->arrive)
    deliver (shared, i, result, FALSE);
  shared->results[i] = g_bytes_ref (result);
  while (shared->n_emitted < shared->n && shared->results[shared->n_emitted]) {
    deliver (
        shared, shared->n_emitted, shared->results[shared->n_emitted], TRUE);
    g_clear_pointer (&shared->results[shared->n_emitted++], g_bytes_unref);
  }
}

typedef struct {
  gsize i;
  guint64 weight;
} Weighted;

static gint
compare_weights (gconstpointer a, gconstpointer b)
{
  const Weighted *const x = a, *const y = b;

  if (x->weight != y->weight)
    return x->weight < y->weight ? 1 : -1;
  return x->i < y->i ? -1 : x->i > y->i;
}

/* In order, except for the last ones, of which short ones come last, so that
 * all ranks end at the same time. Not all are sorted, because results wait for
 * their turn. */
static gsize *
make_order (const Shared *shared)
{
  const gsize n = shared->n, n_last = MIN (n, N_LAST);
  g_autofree Weighted *last = g_new (Weighted, n_last);
  gsize *order = g_new (gsize, n);

  for (gsize k = 0; k < n; k++)
    order[k] = k;
  for (gsize k = 0; k < n_last; k++) {
    const gsize i = n - n_last + k;

    last[k] = (Weighted){ i, shared->funcs->weight (i, shared->user_data) };
  }
  qsort (last, n_last, sizeof *last, compare_weights);
  for (gsize k = 0; k < n_last; k++)
    order[n - n_last + k] = last[k].i;
  return order;
}

static void
tick (gpointer data)
{
  const Shared *const shared = data;

  if (shared->funcs->tick)
    shared->funcs->tick (shared->user_data);
}

void
tool_batch_run_on_ranks (Ranks *ranks, gsize n, guint n_threads,
    const ToolBatchFuncs *funcs, const ToolBatchPacking *packing,
    gpointer user_data, const gint *stop)
{
  Shared shared = { .funcs = funcs,
    .packing = packing,
    .user_data = user_data,
    .results = g_new0 (GBytes *, n + 1),
    .n = n };
  g_autofree gsize *order =
      ranks_index (ranks) == 0 && funcs->weight ? make_order (&shared) : NULL;
  const RanksFarmConfig farm = { .n_tasks = n,
    .order = order,
    .n_threads = n_threads,
    .n_ahead = N_AHEAD,
    .stop = stop,
    .begin = begin,
    .end = funcs->end,
    .run = run,
    .done = done,
    .tick = tick,
    .data = &shared };

  ranks_farm_run (ranks, &farm);
  for (gsize i = shared.n_emitted; i < n; i++) /* stopped: those behind a gap */
    g_clear_pointer (&shared.results[i], g_bytes_unref);
  g_free (shared.results);
}
