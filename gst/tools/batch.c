/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/batch.h"

#include "gst/tools/batch-private.h"

/* How far ahead of the first unfinished one others may begin: bounds the items
 * that wait. */
#define AHEAD 4096
#define TICK (G_USEC_PER_SEC / 5)

typedef struct {
  GQueue items;
  gboolean is_done;
} Slot;

typedef struct {
  ToolBatch base;
  const ToolBatchFuncs *funcs;
  gpointer user_data;
  const gint *stop;
  gsize n;

  GMutex lock; /* guards what follows, and take */
  GCond changed;
  gsize begun;       /* the first that has not begun */
  gsize n_emitted;   /* the first that has not emitted everything */
  guint n_threads;   /* that still run */
  Slot slots[AHEAD]; /* of i % AHEAD */
} Local;

/* With the lock. */
static void
tell_turn (Local *self)
{
  Slot *const slot = &self->slots[self->n_emitted % AHEAD];
  gpointer item;

  while ((item = g_queue_pop_head (&slot->items)))
    self->funcs->take (self->n_emitted, item, self->user_data);
}

static void
tell (ToolBatch *base, gsize i, gpointer item)
{
  Local *const self = (Local *) base;

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->slots[i % AHEAD].items, item);
  if (i == self->n_emitted)
    tell_turn (self);
  g_mutex_unlock (&self->lock);
}

/* With the lock. */
static void
finish (Local *self, gsize i)
{
  self->slots[i % AHEAD].is_done = TRUE;
  while (self->n_emitted < self->begun
      && self->slots[self->n_emitted % AHEAD].is_done) {
    tell_turn (self);
    self->slots[self->n_emitted++ % AHEAD].is_done = FALSE;
  }
  if (self->n_emitted < self->begun)
    tell_turn (self);
  g_cond_broadcast (&self->changed);
}

/* With the lock. */
static gboolean
may_begin (Local *self)
{
  while (self->begun < self->n && self->begun >= self->n_emitted + AHEAD)
    g_cond_wait (&self->changed, &self->lock);
  return self->begun < self->n
      && !(self->stop && g_atomic_int_get (self->stop));
}

static gpointer
run_thread (gpointer data)
{
  Local *self = data;
  const ToolBatchFuncs *const funcs = self->funcs;
  gpointer own = funcs->begin ? funcs->begin (self->user_data) : NULL;

  g_mutex_lock (&self->lock);
  while (may_begin (self)) {
    const gsize i = self->begun++;

    g_mutex_unlock (&self->lock);
    funcs->work (&self->base, i, own, self->user_data);
    g_mutex_lock (&self->lock);
    finish (self, i);
  }
  self->n_threads--;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (funcs->end)
    funcs->end (own);
  return NULL;
}

static void
wait_for_all (Local *self)
{
  const ToolBatchFuncs *const funcs = self->funcs;
  gint64 next_tick = g_get_monotonic_time () + TICK;

  g_mutex_lock (&self->lock);
  while (self->n_threads > 0) {
    if (g_cond_wait_until (&self->changed, &self->lock, next_tick))
      continue;
    g_mutex_unlock (&self->lock);
    if (funcs->tick)
      funcs->tick (self->user_data);
    next_tick = g_get_monotonic_time () + TICK;
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
}

/* If no thread can be created, the calling thread does the work. */
static void
start_threads (Local *self, GPtrArray *threads)
{
  const guint wanted = self->n_threads;

  for (guint i = 0; i < wanted; i++) {
    GThread *thread = g_thread_try_new ("batch", run_thread, self, NULL);

    if (thread)
      g_ptr_array_add (threads, thread);
  }
  g_mutex_lock (&self->lock);
  self->n_threads -= wanted - MAX (1, threads->len);
  g_mutex_unlock (&self->lock);
  if (threads->len == 0)
    run_thread (self);
}

void
tool_batch_emit (ToolBatch *self, gsize i, gpointer item)
{
  self->tell (self, i, item);
}

void
tool_batch_run (gsize n, guint n_threads, const ToolBatchFuncs *funcs,
    gpointer user_data, const gint *stop)
{
  Local *self = g_new0 (Local, 1);
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  self->base.tell = tell;
  self->funcs = funcs;
  self->user_data = user_data;
  self->stop = stop;
  self->n = n;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->n_threads = MAX (1, MIN (n_threads, n));
  start_threads (self, threads);
  wait_for_all (self);
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (g_ptr_array_index (threads, i));
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}
