/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads that all elements share. */
#include <glib.h>
#ifdef __linux__
#include <sys/resource.h>
#endif

#include "gst/pool.h"

#define N 300

static GMutex lock;
static GCond changed;
static guint n_running, most_running, n_done, n_held;
static gboolean is_open;
static guint n_waiting; /* for their first turn */

typedef struct {
  GstEmotionPoolItem item;
  gboolean is_live;
  guint n; /* turns that it had */
} Turn;

static void
turn_push (Turn *turn)
{
  g_assert_true (gst_emotion_pool_push (&turn->item, turn->is_live));
}

static void
turn_init (Turn *turn, void (*run) (gpointer, GstEmotionPoolSlot *))
{
  *turn = (Turn){ .item = { .run = run, .user_data = turn } };
}

/* Asks for a second turn: that comes after the first of all others. */
static void
count (gpointer data, GstEmotionPoolSlot *slot)
{
  Turn *const turn = data;

  g_mutex_lock (&lock);
  n_running++;
  most_running = MAX (most_running, n_running);
  g_mutex_unlock (&lock);
  g_usleep (100);
  g_mutex_lock (&lock);
  n_running--;
  if (turn->n++ == 0) {
    n_waiting--;
    turn_push (turn);
  } else {
    /* Taken from the queue, but not yet here. */
    g_assert_cmpuint (n_waiting, <, g_get_num_processors ());
    n_done++;
  }
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

static void
wait_for_count (guint *counter, guint n)
{
  const gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&lock);
  while (*counter < n)
    g_assert_true (g_cond_wait_until (&changed, &lock, end));
  g_mutex_unlock (&lock);
}

static void
wait_for_end (void)
{
  for (guint i = 0; i < 10000 && gst_emotion_pool_n_threads () > 0; i++)
    g_usleep (1000);
  g_assert_cmpuint (gst_emotion_pool_n_threads (), ==, 0);
}

/* Many that are ready, few threads, each in its turn; no thread is left behind.
 */
static void
test_turns (gconstpointer is_live)
{
  const guint n_threads = g_get_num_processors ();
  Turn turns[N];

  n_done = most_running = 0;
  n_waiting = N;
  for (guint i = 0; i < N; i++)
    gst_emotion_pool_join (GPOINTER_TO_INT (is_live));
  for (guint i = 0; i < N; i++) {
    turn_init (&turns[i], count);
    turns[i].is_live = GPOINTER_TO_INT (is_live);
  }
  g_mutex_lock (&lock); /* none goes on before all are there */
  for (guint i = 0; i < N; i++)
    turn_push (&turns[i]);
  g_mutex_unlock (&lock);
  wait_for_count (&n_done, N);
  g_assert_cmpuint (most_running, <=, n_threads);
  g_assert_cmpuint (gst_emotion_pool_n_threads (), <=, n_threads);
  for (guint i = 0; i < N; i++)
    gst_emotion_pool_leave (GPOINTER_TO_INT (is_live));
  wait_for_end ();
}

#ifdef __linux__
static void
note_nice (gpointer data, GstEmotionPoolSlot *slot)
{
  Turn *const turn = data;

  g_mutex_lock (&lock);
  turn->n = getpriority (PRIO_PROCESS, 0);
  n_done++;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

/* Two threads that work for hundreds are not as nice as one that works for one:
 * a busy machine would starve them. Those that are too nice end. */
static void
test_nice (void)
{
  const guint n = 100 * g_get_num_processors ();
  Turn turn;

  n_done = 0;
  turn_init (&turn, note_nice);
  turn.is_live = TRUE;
  gst_emotion_pool_join (TRUE);
  turn_push (&turn);
  wait_for_count (&n_done, 1);
  g_assert_cmpuint (turn.n, ==, 10);
  for (guint i = 0; i < n; i++)
    gst_emotion_pool_join (TRUE);
  turn_push (&turn);
  wait_for_count (&n_done, 2);
  g_assert_cmpuint (turn.n, ==, MAX (0, getpriority (PRIO_PROCESS, 0)));
  for (guint i = 0; i <= n; i++)
    gst_emotion_pool_leave (TRUE);
  wait_for_end ();
}
#endif

static void
hold (gpointer data, GstEmotionPoolSlot *slot)
{
  gst_emotion_pool_yield (slot);
  g_mutex_lock (&lock);
  n_held++;
  g_cond_broadcast (&changed);
  while (!is_open)
    g_cond_wait (&changed, &lock);
  n_held--;
  n_done++;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

/* Callbacks that wait for others: these get their turn all the same. */
static void
test_yield (void)
{
  const guint n = g_get_num_processors () + 2;
  g_autofree Turn *holding = g_new (Turn, n);
  Turn other;

  n_done = 0;
  is_open = FALSE;
  gst_emotion_pool_join (FALSE);
  for (guint i = 0; i < n; i++) {
    turn_init (&holding[i], hold);
    turn_push (&holding[i]);
  }
  wait_for_count (&n_held, n);
  n_waiting = 1;
  turn_init (&other, count);
  turn_push (&other);
  wait_for_count (&n_done, 1);
  g_assert_cmpuint (n_held, ==, n);
  g_mutex_lock (&lock);
  is_open = TRUE;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  wait_for_count (&n_done, n + 1);
  gst_emotion_pool_leave (FALSE);
  wait_for_end ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/pool/turns/files", GINT_TO_POINTER (0), test_turns);
  g_test_add_data_func ("/pool/turns/live", GINT_TO_POINTER (1), test_turns);
  g_test_add_func ("/pool/yield", test_yield);
#ifdef __linux__
  g_test_add_func ("/pool/nice", test_nice);
#endif
  return g_test_run ();
}
