/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/parallel.h"

typedef struct {
  TrainParallelFunc func;
  gpointer data;
  gsize n;
  gsize next; /* atomic */
} Loop;

static gpointer
work (gpointer data)
{
  Loop *const loop = data;
  gsize i;

  while ((i = g_atomic_pointer_add (&loop->next, 1)) < loop->n)
    loop->func (loop->data, i);
  return NULL;
}

void
train_parallel (guint n_threads, gsize n, TrainParallelFunc func, gpointer data)
{
  Loop loop = { .func = func, .data = data, .n = n };
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  for (gsize i = 1; i < MIN (n_threads, n); i++) {
    GThread *const thread = g_thread_try_new ("parallel", work, &loop, NULL);

    if (thread)
      g_ptr_array_add (threads, thread);
  }
  work (&loop);
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (g_ptr_array_index (threads, i));
}
