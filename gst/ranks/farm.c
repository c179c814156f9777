/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rank 0 has the list. The main thread of each rank speaks for its workers:
 *
 *   worker -> rank 0   ASK            answered by a task, or NONE
 *                      RESULT task    with what the task gave
 *                      FAILED task
 *                      LEAVE          when all its workers are done
 *
 * Rank 0's own workers get tasks from the same list.
 */
#include "gst/ranks/farm.h"

#include <string.h>

#define NONE G_MAXUINT64
#define LOOK_INTERVAL 500 /* us, for messages while own workers compute */
#define TICK (G_USEC_PER_SEC / 5)

typedef enum { ASK, RESULT, FAILED, LEAVE } Kind;

typedef struct {
  guint64 kind, task;
} Header;

typedef struct {
  gsize index;
  GBytes *result;
} Task;

typedef struct {
  Ranks *ranks;
  const FarmConfig *config;
  GAsyncQueue *todo, *done; /* of Task */
  gsize next;               /* rank 0 */
  guint n_running;          /* tasks of this rank */
} Farm;

/* In todo: no more. */
static Task the_end;

static gpointer
work (gpointer data)
{
  const Farm *const farm = data;
  const FarmConfig *const config = farm->config;
  const gpointer own = config->begin ? config->begin (config->data) : NULL;
  Task *task;

  while ((task = g_async_queue_pop (farm->todo)) != &the_end) {
    task->result = config->run (config->data, own, task->index);
    g_async_queue_push (farm->done, task);
  }
  if (config->end)
    config->end (own);
  return NULL;
}

static void
start (Farm *farm, guint64 index)
{
  Task *task = g_new0 (Task, 1);

  task->index = index;
  g_async_queue_push (farm->todo, task);
  farm->n_running++;
}

static guint64
next_task (Farm *farm)
{
  const FarmConfig *const config = farm->config;

  if (farm->next == config->n_tasks
      || (config->stop && g_atomic_int_get (config->stop) != 0))
    return NONE;
  return farm->next++;
}

static void
task_free (Task *task)
{
  g_clear_pointer (&task->result, g_bytes_unref);
  g_free (task);
}

/* Rank 0: a message of another rank; TRUE where it leaves. */
static gboolean
answer (Farm *farm, GBytes *message, size_t from)
{
  const FarmConfig *const config = farm->config;
  const Header *const header = g_bytes_get_data (message, NULL);
  g_autoptr (GBytes) result = NULL;
  guint64 task;

  switch ((Kind) header->kind) {
    case ASK:
      task = next_task (farm);
      ranks_send (farm->ranks, from, &task, sizeof task);
      break;
    case RESULT:
      result = g_bytes_new_from_bytes (
          message, sizeof *header, g_bytes_get_size (message) - sizeof *header);
      config->done (config->data, header->task, result);
      break;
    case FAILED:
      config->done (config->data, header->task, NULL);
      break;
    case LEAVE:
      return TRUE;
  }
  return FALSE;
}

static void
lead (Farm *farm)
{
  const FarmConfig *const config = farm->config;
  size_t n_others = ranks_size (farm->ranks) - 1;
  gint64 next_tick = g_get_monotonic_time () + TICK;
  guint64 task;

  while (
      farm->n_running < config->n_threads && (task = next_task (farm)) != NONE)
    start (farm, task);
  while (farm->n_running > 0 || n_others > 0) {
    Task *const done = g_async_queue_timeout_pop (
        farm->done, n_others > 0 ? LOOK_INTERVAL : TICK);
    g_autoptr (GBytes) message = NULL;
    size_t from;

    if (done) {
      farm->n_running--;
      task = next_task (farm);
      if (task != NONE)
        start (farm, task);
      config->done (config->data, done->index, done->result);
      task_free (done);
    }
    if (config->tick && g_get_monotonic_time () >= next_tick) {
      config->tick (config->data);
      next_tick = g_get_monotonic_time () + TICK;
    }
    while (n_others > 0
        && (message = ranks_receive (farm->ranks, FALSE, &from)) != NULL) {
      if (answer (farm, message, from))
        n_others--;
      g_clear_pointer (&message, g_bytes_unref);
    }
  }
}

static void
tell (Farm *farm, Kind kind, const Task *task)
{
  const Header header = { kind, task ? task->index : 0 };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) &header, sizeof header);
  if (task && task->result)
    g_byte_array_append (bytes, g_bytes_get_data (task->result, NULL),
        g_bytes_get_size (task->result));
  ranks_send (farm->ranks, 0, bytes->data, bytes->len);
}

static guint64
ask (Farm *farm)
{
  size_t from;

  tell (farm, ASK, NULL);

  g_autoptr (GBytes) answer = ranks_receive (farm->ranks, TRUE, &from);

  return *(const guint64 *) g_bytes_get_data (answer, NULL);
}

static void
follow (Farm *farm)
{
  gboolean is_over = FALSE;

  for (;;) {
    while (!is_over && farm->n_running < farm->config->n_threads) {
      const guint64 task = ask (farm);

      is_over = task == NONE;
      if (!is_over)
        start (farm, task);
    }
    if (farm->n_running == 0)
      break;

    Task *const done = g_async_queue_pop (farm->done);

    farm->n_running--;
    tell (farm, done->result ? RESULT : FAILED, done);
    task_free (done);
  }
  tell (farm, LEAVE, NULL);
}

void
farm_run (Ranks *ranks, const FarmConfig *config)
{
  const guint n = MAX (config->n_threads, 1);
  g_autofree GThread **threads = g_new (GThread *, n);
  Farm farm = { .ranks = ranks,
    .config = config,
    .todo = g_async_queue_new (),
    .done = g_async_queue_new () };

  for (guint i = 0; i < n; i++)
    threads[i] = g_thread_new ("farm", work, &farm);
  if (ranks_index (ranks) == 0)
    lead (&farm);
  else
    follow (&farm);
  for (guint i = 0; i < n; i++)
    g_async_queue_push (farm.todo, &the_end);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
  g_async_queue_unref (farm.todo);
  g_async_queue_unref (farm.done);
}
