/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/pool.h"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#endif

/* Of the threads of a single live element: its windows may be dropped, so
 * others come first. */
#define LIVE_NICE 10
/* A thread that hands over a result does not compute, and another takes its
 * place. So many more than can compute wait for the next turn rather than end:
 * starting a thread costs more than most results do. */
#define SPARE_THREADS 6

typedef struct {
  gboolean is_live;
  guint n_users;
  gint nice;    /* of threads; those with a higher value end after their turn */
  GQueue ready; /* of GstEmotionPoolItem.link */
  guint n_threads;
  guint n_idle;      /* including those about to start */
  guint n_computing; /* neither idle nor past gst_emotion_pool_yield */
  GCond changed;     /* any of it */
} Pool;

struct _GstEmotionPoolSlot {
  Pool *pool;
  gboolean is_computing;
};

static GMutex lock; /* guards what follows */
static Pool pools[2] = { { .is_live = FALSE }, { .is_live = TRUE } };

/* GLib asks the kernel each time, by several system calls. */
static guint
max_computing (void)
{
  static gsize n;

  if (g_once_init_enter (&n))
    g_once_init_leave (&n, MAX (1, g_get_num_processors ()));
  return n;
}

/* The scheduler divides processor time by weights, which change by a quarter
 * with each nice value. Together, the threads have the weight of one nice
 * thread for each element: otherwise a busy machine would starve a few threads
 * that work for hundreds of elements. */
static gint
nice_for (const Pool *pool)
{
  const gdouble share = (gdouble) pool->n_users / max_computing ();
  gint value = pool->is_live ? LIVE_NICE : 0;

  for (gdouble weight = 1.25; weight <= share && value > 0; weight *= 1.25)
    value--;
  return value;
}

/* Playback comes before results: an application with real-time streaming
 * threads must not get real-time inference, although a thread inherits the
 * policy of its creator. On systems other than Linux, a nice value applies to
 * the whole process. */
static void
step_back (gint nice_value)
{
#ifdef __linux__
  const struct sched_param none = { 0 };

  pthread_setschedparam (pthread_self (), SCHED_OTHER, &none);
  if (nice_value > getpriority (PRIO_PROCESS, 0))
    setpriority (PRIO_PROCESS, 0, nice_value);
#endif
}

static gboolean
may_compute (const Pool *pool)
{
  return pool->ready.length > 0 && pool->n_computing < max_computing ();
}

/* With the lock; waits, in a thread that counts as idle. NULL if the thread
 * should end; it is not idle any more. */
static GstEmotionPoolItem *
take (Pool *pool, gint nice_value)
{
  GstEmotionPoolItem *item = NULL;

  while (nice_value <= pool->nice && !may_compute (pool) && pool->n_users > 0
      && pool->n_idle <= max_computing () + SPARE_THREADS)
    g_cond_wait (&pool->changed, &lock);
  pool->n_idle--;
  if (nice_value <= pool->nice && may_compute (pool)) {
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
  gint nice_value;

  g_mutex_lock (&lock);
  nice_value = pool->nice;
  g_mutex_unlock (&lock);
  step_back (nice_value);
  g_mutex_lock (&lock);
  while ((item = take (pool, nice_value))) {
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

/* With the lock. */
static gboolean
start_thread (Pool *pool)
{
  GThread *const thread =
      g_thread_try_new ("emotiondetect", thread_main, pool, NULL);

  if (!thread)
    return FALSE;
  g_thread_unref (thread);
  pool->n_threads++;
  pool->n_idle++;
  return TRUE;
}

/* With the lock. Ensures that a thread takes what is ready. */
static void
ensure_thread (Pool *pool)
{
  if (!may_compute (pool))
    return;
  /* Idle threads that were woken before have not taken their item yet. */
  if (pool->n_idle >= pool->ready.length
      || pool->n_idle + pool->n_computing >= max_computing ())
    g_cond_signal (&pool->changed);
  else
    start_thread (pool);
}

/* With the lock. More elements than before: threads that are too nice for so
 * many end, and this one, which is not nice, starts the first replacement. */
static void
replace_nice_threads (Pool *pool)
{
  const gint before = pool->nice, now = nice_for (pool);

  if (pool->n_threads > 0 && now >= before)
    return;
  pool->nice = now;
  if (pool->n_threads == 0)
    return;
  if (start_thread (pool))
    g_cond_broadcast (&pool->changed);
  else
    pool->nice = before;
}

static Pool *
pool_for (gboolean is_live)
{
  return &pools[is_live ? 1 : 0];
}

void
gst_emotion_pool_join (gboolean is_live)
{
  g_mutex_lock (&lock);
  pool_for (is_live)->n_users++;
  g_mutex_unlock (&lock);
}

void
gst_emotion_pool_leave (gboolean is_live)
{
  Pool *const pool = pool_for (is_live);

  g_mutex_lock (&lock);
  if (--pool->n_users == 0)
    g_cond_broadcast (&pool->changed);
  g_mutex_unlock (&lock);
}

gboolean
gst_emotion_pool_push (GstEmotionPoolItem *item, gboolean is_live)
{
  Pool *const pool = pool_for (is_live);
  gboolean has_thread;

  item->link.data = item;
  g_mutex_lock (&lock);
  g_queue_push_tail_link (&pool->ready, &item->link);
  replace_nice_threads (pool);
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

guint
gst_emotion_pool_n_computing (void)
{
  guint n;

  g_mutex_lock (&lock);
  n = pools[0].n_computing + pools[1].n_computing;
  g_mutex_unlock (&lock);
  return n;
}
