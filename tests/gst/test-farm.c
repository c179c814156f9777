/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks on the threads of one process; on ranks: test-ranks. */
#include <string.h>
#include "gst/ranks/farm.h"

#define N 100

typedef struct {
  gint stop, n_run;
  gint stop_after; /* tasks; 0: never */
  guint n_done, n_failed;
  guint seen[N];
} Work;

/* The square; nothing for multiples of seven. */
static GBytes *
square (gpointer data, gpointer own, gsize task)
{
  Work *const work = data;
  const gsize result = task * task;

  if (g_atomic_int_add (&work->n_run, 1) + 1 == work->stop_after)
    g_atomic_int_set (&work->stop, 1);
  return task % 7 == 0 ? NULL : g_bytes_new (&result, sizeof result);
}

static void
check (gpointer data, gsize task, GBytes *result)
{
  Work *const work = data;
  gsize value;

  g_assert_cmpuint (task, <, N);
  work->seen[task]++;
  work->n_done++;
  if (!result) {
    g_assert_cmpuint (task % 7, ==, 0);
    work->n_failed++;
    return;
  }
  g_assert_cmpuint (g_bytes_get_size (result), ==, sizeof value);
  memcpy (&value, g_bytes_get_data (result, NULL), sizeof value);
  g_assert_cmpuint (value, ==, task * task);
}

static void
run (Work *work, gsize n_tasks, guint n_threads)
{
  const RanksFarmConfig config = { .n_tasks = n_tasks,
    .n_threads = n_threads,
    .n_ahead = 3,
    .stop = &work->stop,
    .run = square,
    .done = check,
    .data = work };

  ranks_farm_run (NULL, &config);
}

static void
test_all (void)
{
  for (guint n_threads = 1; n_threads <= 5; n_threads++) {
    Work work = { 0 };

    run (&work, N, n_threads);
    g_assert_cmpuint (work.n_done, ==, N);
    g_assert_cmpuint (work.n_failed, ==, (N + 6) / 7);
    for (gsize i = 0; i < N; i++)
      g_assert_cmpuint (work.seen[i], ==, 1);
  }
}

static void
test_none (void)
{
  Work work = { 0 };

  run (&work, 0, 3);
  g_assert_cmpuint (work.n_done, ==, 0);
}

/* What was begun is finished, and told. */
static void
test_stop (void)
{
  Work work = { .stop_after = 10 };

  run (&work, N, 3);
  g_assert_cmpuint (work.n_done, >=, 10);
  g_assert_cmpuint (work.n_done, <, 10 + 2 * 3);
  g_assert_cmpuint (work.n_done, ==, (guint) work.n_run);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/farm/all", test_all);
  g_test_add_func ("/farm/none", test_none);
  g_test_add_func ("/farm/stop", test_stop);
  return g_test_run ();
}
