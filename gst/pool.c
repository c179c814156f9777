/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/pool.h"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#endif

/* Of the threads where windows that they cannot do in time go. */
#define LIVE_NICE 10

typedef struct {
  gboolean is_live;
  GQueue ready; /* of GstEmotionPoolItem.link */
  guint n_threads;
  guint n_idle;      /* those that are about to start, too */
  guint n_computing; /* neither idle nor past gst_emotion_pool_yield */
  GCond changed;     /* ready, n_computing or n_users */
} Pool;

struct _GstEmotionPoolSlot {
  Pool *pool;
  gboolean is_computing;
};

static GMutex lock; /* guards what follows */
static Pool pools[2] = { { .is_live = FALSE }, { .is_live = TRUE } };
static guint n_users;

/* What is heard comes before what is told: an application that runs its
 * streaming threads in real time gets no network that does, though a thread is
 * born with the policy of the one that starts it. Where windows may go, others
 * in need of the processor come first, too. Elsewhere than on Linux a nice
 * value is the whole process's. */
static void
step_back (gboolean is_live)
{
#ifdef __linux__
  const struct sched_param none = { 0 };

  pthread_setschedparam (pthread_self (), SCHED_OTHER, &none);
  if (is_live)
    setpriority (PRIO_PROCESS, 0, LIVE_NICE);
#endif
}

static guint
max_computing (void)
{
  return MAX (1, g_get_num_processors ());
}

static gboolean
may_compute (const Pool *pool)
{
  return pool->ready.length > 0 && pool->n_computing < max_computing ();
}

/* With the lock; waits, in a thread that counts as idle. NULL where it has
 * nothing to do any more; it is idle no more. */
static GstEmotionPoolItem *
take (Pool *pool)
{
  GstEmotionPoolItem *item = NULL;

  while (!may_compute (pool) && n_users > 0 && pool->n_idle <= max_computing ())
    g_cond_wait (&pool->changed, &lock);
  pool->n_idle--;
  if (may_compute (pool)) {
    item = g_queue_pop_head_link (&pool->ready)->data;
    pool->n_computing++;
  }
  return item;
}

static gpointer
thread_main (gpointer data)
{
  Pool *const pool = data;
  GstEmotionPoolItem *item;

  step_back (pool->is_live);
  g_mutex_lock (&lock);
  while ((item = take (pool))) {
    GstEmotionPoolSlot slot = { pool, TRUE };

    g_mutex_unlock (&lock);
    item->run (item->user_data, &slot);
    g_mutex_lock (&lock);
    if (slot.is_computing)
      pool->n_computing--;
    pool->n_idle++;
  }
  pool->n_threads--;
  g_mutex_unlock (&lock);
  return NULL;
}

/* With the lock. Sees to it that somebody takes what is ready. */
static void
ensure_thread (Pool *pool)
{
  GThread *thread;

  if (!may_compute (pool))
    return;
  /* Idle ones that were woken before have not taken theirs yet. */
  if (pool->n_idle >= pool->ready.length
      || pool->n_idle + pool->n_computing >= max_computing ()) {
    g_cond_signal (&pool->changed);
    return;
  }
  thread = g_thread_try_new ("emotiondetect", thread_main, pool, NULL);
  if (!thread)
    return;
  g_thread_unref (thread);
  pool->n_threads++;
  pool->n_idle++;
}

void
gst_emotion_pool_join (void)
{
  g_mutex_lock (&lock);
  n_users++;
  g_mutex_unlock (&lock);
}

void
gst_emotion_pool_leave (void)
{
  g_mutex_lock (&lock);
  if (--n_users == 0)
    for (gsize i = 0; i < G_N_ELEMENTS (pools); i++)
      g_cond_broadcast (&pools[i].changed);
  g_mutex_unlock (&lock);
}

gboolean
gst_emotion_pool_push (GstEmotionPoolItem *item, gboolean is_live)
{
  Pool *const pool = &pools[is_live ? 1 : 0];
  gboolean has_thread;

  item->link.data = item;
  g_mutex_lock (&lock);
  g_queue_push_tail_link (&pool->ready, &item->link);
  ensure_thread (pool);
  has_thread = pool->n_threads > 0;
  if (!has_thread)
    g_queue_unlink (&pool->ready, &item->link);
  g_mutex_unlock (&lock);
  return has_thread;
}

void
gst_emotion_pool_yield (GstEmotionPoolSlot *slot)
{
  if (!slot->is_computing)
    return;
  slot->is_computing = FALSE;
  g_mutex_lock (&lock);
  slot->pool->n_computing--;
  ensure_thread (slot->pool);
  g_mutex_unlock (&lock);
}

guint
gst_emotion_pool_n_threads (void)
{
  guint n;

  g_mutex_lock (&lock);
  n = pools[0].n_threads + pools[1].n_threads;
  g_mutex_unlock (&lock);
  return n;
}
