/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/pool.h"

typedef struct {
  NnPool *pool;
  size_t index;
  GThread *thread;
} Worker;

struct _NnPool {
  size_t n_threads;
  Worker *workers; /* [n_threads], the first is the caller and has no thread */

  GMutex lock; /* of all that follows */
  GCond start, done;
  guint64 round; /* counts calls of run */
  bool quit;
  NnPoolFunc func;
  gpointer data;
  size_t next, n_tasks;
  size_t running; /* tasks taken and not finished */
};

/* Takes tasks until there are none. Called and left with the lock held. */
static void
work (NnPool *pool, size_t thread)
{
  while (pool->next < pool->n_tasks) {
    const size_t task = pool->next++;

    pool->running++;
    g_mutex_unlock (&pool->lock);
    pool->func (pool->data, task, thread);
    g_mutex_lock (&pool->lock);
    pool->running--;
  }
  if (pool->running == 0)
    g_cond_signal (&pool->done);
}

static gpointer
worker_main (gpointer data)
{
  const Worker *const worker = data;
  NnPool *const pool = worker->pool;
  guint64 seen = 0;

  g_mutex_lock (&pool->lock);
  while (!pool->quit) {
    if (pool->round == seen) {
      g_cond_wait (&pool->start, &pool->lock);
      continue;
    }
    seen = pool->round;
    work (pool, worker->index);
  }
  g_mutex_unlock (&pool->lock);
  return NULL;
}

NnPool *
nn_pool_new (size_t n_threads)
{
  NnPool *pool = g_new0 (NnPool, 1);

  pool->n_threads = n_threads > 0 ? n_threads : g_get_num_processors ();
  pool->workers = g_new0 (Worker, pool->n_threads);
  g_mutex_init (&pool->lock);
  g_cond_init (&pool->start);
  g_cond_init (&pool->done);
  for (size_t i = 1; i < pool->n_threads; i++) {
    pool->workers[i] = (Worker){ .pool = pool, .index = i };
    pool->workers[i].thread =
        g_thread_new ("nn-train", worker_main, &pool->workers[i]);
  }
  return pool;
}

void
nn_pool_free (NnPool *pool)
{
  if (!pool)
    return;
  g_mutex_lock (&pool->lock);
  pool->quit = true;
  g_cond_broadcast (&pool->start);
  g_mutex_unlock (&pool->lock);
  for (size_t i = 1; i < pool->n_threads; i++)
    g_thread_join (pool->workers[i].thread);
  g_cond_clear (&pool->start);
  g_cond_clear (&pool->done);
  g_mutex_clear (&pool->lock);
  g_free (pool->workers);
  g_free (pool);
}

size_t
nn_pool_n_threads (const NnPool *pool)
{
  return pool->n_threads;
}

void
nn_pool_run (NnPool *pool, size_t n_tasks, NnPoolFunc func, gpointer data)
{
  g_mutex_lock (&pool->lock);
  pool->func = func;
  pool->data = data;
  pool->next = 0;
  pool->n_tasks = n_tasks;
  if (n_tasks > 1) {
    pool->round++;
    g_cond_broadcast (&pool->start);
  }
  work (pool, 0);
  while (pool->running > 0)
    g_cond_wait (&pool->done, &pool->lock);
  g_mutex_unlock (&pool->lock);
}
