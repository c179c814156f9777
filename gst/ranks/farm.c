/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rank 0 has the list. The main thread of each rank communicates for its
 * workers:
 *
 *   rank -> rank 0   ASK n, ahead   n workers have nothing to do, and so many
 *                                   tasks more may wait: answered by tasks, and
 *                                   NONE or LATER where those are all
 *                    RESULT task    with what the task gave
 *                    FAILED task
 *                    LEAVE          when all its workers are done
 *
 * Rank 0's own workers get tasks from the same list. While there are many, some
 * wait in each rank (n_ahead), so that no worker waits for an answer, which
 * takes about as long as a short file; fewer and fewer towards the end, and
 * then none, for another rank may be idle. */
#include "gst/ranks/farm.h"

#include <string.h>

#define NONE G_MAXUINT64
#define LATER (G_MAXUINT64 - 1)
#define LOOK_INTERVAL 500 /* us, for messages while own workers compute */
#define TICK (G_USEC_PER_SEC / 5)

typedef enum { ASK, RESULT, FAILED, LEAVE } Kind;

typedef struct {
  guint64 kind, task; /* or n */
  guint64 ahead;
} Header;

typedef struct {
  gsize index;
  gboolean is_dropped; /* on rank 0: not begun before the stop */
  GBytes *result;
} Task;

typedef struct {
  Ranks *ranks;
  const RanksFarmConfig *config;
  GAsyncQueue *todo, *done; /* of Task */
  gsize next;               /* rank 0 */
  guint n_running;          /* tasks of this rank */
} Farm;

/* In todo: no more tasks. */
static Task the_end;

static gboolean
is_stopped (const RanksFarmConfig *config)
{
  return config->stop && g_atomic_int_get (config->stop) != 0;
}

/* Returns the microseconds spent working. */
static gpointer
work (gpointer data)
{
  const Farm *const farm = data;
  const RanksFarmConfig *const config = farm->config;
  const gpointer own = config->begin ? config->begin (config->data) : NULL;
  gint64 busy = 0;
  Task *task;

  while ((task = g_async_queue_pop (farm->todo)) != &the_end) {
    const gint64 begin = g_get_monotonic_time ();

    /* Rank 0 would not know which tasks others have dropped. */
    task->is_dropped = ranks_index (farm->ranks) == 0 && is_stopped (config);
    if (!task->is_dropped)
      task->result = config->run (config->data, own, task->index);
    busy += g_get_monotonic_time () - begin;
    g_async_queue_push (farm->done, task);
  }
  if (config->end)
    config->end (own);
  return GSIZE_TO_POINTER (busy);
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
  const RanksFarmConfig *const config = farm->config;

  if (farm->next == config->n_tasks || is_stopped (config))
    return NONE;
  return config->order ? config->order[farm->next++] : farm->next++;
}

/* Rank 0: tasks that may wait in a rank now: a quarter of its even share of
 * what is left. */
static guint64
ahead (const Farm *farm)
{
  const RanksFarmConfig *const config = farm->config;
  const gsize n_workers = ranks_size (farm->ranks) * config->n_threads;

  return MIN (
      config->n_ahead, (config->n_tasks - farm->next) / (4 * n_workers));
}

/* Rank 0: tasks for its own workers. */
static void
start_own (Farm *farm)
{
  guint64 task;

  while (farm->n_running < farm->config->n_threads + ahead (farm)
      && (task = next_task (farm)) != NONE)
    start (farm, task);
}

static void
task_free (Task *task)
{
  g_clear_pointer (&task->result, g_bytes_unref);
  g_free (task);
}

/* Rank 0: tasks for another rank. */
static void
give (Farm *farm, const Header *asked, size_t to)
{
  const guint64 most = asked->task + MIN (asked->ahead, ahead (farm));
  g_autofree guint64 *tasks = g_new (guint64, most + 1);
  gsize n = 0;

  while (n < most && (tasks[n] = next_task (farm)) != NONE)
    n++;
  if (n < most)
    n++; /* the NONE */
  else if (most < asked->task + asked->ahead)
    tasks[n++] = LATER;
  ranks_send (farm->ranks, to, tasks, n * sizeof *tasks);
}

/* Rank 0: a message of another rank; TRUE if it leaves. */
static gboolean
answer (Farm *farm, GBytes *message, size_t from)
{
  const RanksFarmConfig *const config = farm->config;
  const Header *const header = g_bytes_get_data (message, NULL);
  g_autoptr (GBytes) result = NULL;

  switch ((Kind) header->kind) {
    case ASK:
      give (farm, header, from);
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
  const RanksFarmConfig *const config = farm->config;
  size_t n_others = ranks_size (farm->ranks) - 1;
  gint64 next_tick = g_get_monotonic_time () + TICK;

  start_own (farm);
  while (farm->n_running > 0 || n_others > 0) {
    Task *const done = g_async_queue_timeout_pop (
        farm->done, n_others > 0 ? LOOK_INTERVAL : TICK);
    g_autoptr (GBytes) message = NULL;
    size_t from;

    if (done) {
      farm->n_running--;
      start_own (farm);
      if (!done->is_dropped)
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
  const Header header = { .kind = kind, .task = task ? task->index : 0 };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) &header, sizeof header);
  if (task && task->result)
    g_byte_array_append (bytes, g_bytes_get_data (task->result, NULL),
        g_bytes_get_size (task->result));
  ranks_send (farm->ranks, 0, bytes->data, bytes->len);
}

/* The state of the list on a rank other than 0. */
typedef struct {
  gboolean is_asked; /* and there is no answer yet */
  gboolean is_scarce, is_over;
} Follower;

static void
ask (Farm *farm, Follower *self)
{
  const guint n = farm->config->n_threads, in_hand = farm->n_running;
  const guint most = n + farm->config->n_ahead;

  if (self->is_over || self->is_asked
      || in_hand >= (self->is_scarce ? n : (n + most + 1) / 2))
    return;

  const Header header = { .kind = ASK,
    .task = in_hand < n ? n - in_hand : 0,
    .ahead = most - MAX (n, in_hand) };

  ranks_send (farm->ranks, 0, &header, sizeof header);
  self->is_asked = TRUE;
}

static void
take_answer (Farm *farm, Follower *self)
{
  size_t from;
  g_autoptr (GBytes) answer = ranks_receive (farm->ranks, FALSE, &from);

  if (!answer)
    return;

  gsize len;
  const guint64 *const tasks = g_bytes_get_data (answer, &len);

  self->is_asked = FALSE;
  for (gsize i = 0; i < len / sizeof *tasks; i++)
    if (tasks[i] == NONE)
      self->is_over = TRUE;
    else if (tasks[i] == LATER)
      self->is_scarce = TRUE;
    else
      start (farm, tasks[i]);
}

/* Polls for answers now and then, as rank 0 does: waiting in MPI would keep a
 * processor busy that the workers need. */
static void
follow (Farm *farm)
{
  Follower self = { 0 };

  for (;;) {
    ask (farm, &self);
    if (farm->n_running == 0 && !self.is_asked)
      break;

    Task *const done = self.is_asked
        ? g_async_queue_timeout_pop (farm->done, LOOK_INTERVAL)
        : g_async_queue_pop (farm->done);

    if (done) {
      farm->n_running--;
      tell (farm, done->result ? RESULT : FAILED, done);
      task_free (done);
    }
    if (self.is_asked)
      take_answer (farm, &self);
  }
  tell (farm, LEAVE, NULL);
}

void
ranks_farm_run (Ranks *ranks, const RanksFarmConfig *config)
{
  const guint n = MAX (config->n_threads, 1);
  g_autofree GThread **threads = g_new (GThread *, n);
  Farm farm = { .ranks = ranks,
    .config = config,
    .todo = g_async_queue_new (),
    .done = g_async_queue_new () };
  const gint64 begin = g_get_monotonic_time ();
  gint64 whole, busy = 0;

  for (guint i = 0; i < n; i++)
    threads[i] = g_thread_new ("farm", work, &farm);
  if (ranks_index (ranks) == 0)
    lead (&farm);
  else
    follow (&farm);
  whole = g_get_monotonic_time () - begin;
  for (guint i = 0; i < n; i++)
    g_async_queue_push (farm.todo, &the_end);
  for (guint i = 0; i < n; i++)
    busy += GPOINTER_TO_SIZE (g_thread_join (threads[i]));
  g_debug ("rank %zu was idle for %.1f %% of %.3f s", ranks_index (ranks),
      100 - 100.0 * busy / MAX (n * whole, 1), whole / 1e6);
  g_async_queue_unref (farm.todo);
  g_async_queue_unref (farm.done);
}
