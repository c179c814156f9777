/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/worker.h"

#include "gst/log.h"
#include "gst/pool.h"

struct _GstEmotionWorker {
  gatomicrefcount ref_count; /* the recognizer, and a turn in the pool */
  GstElement *owner;         /* borrowed; not the pool's to touch */
  GstEmotionDoneFunc done;
  gpointer user_data;

  /* Smoothing; only whoever classifies touches it, one thread at a time. */
  guint64 stretch;
  guint n_smooth; /* 0: no window of this stretch yet */
  float *smooth;  /* [n_smooth] */

  GMutex lock;     /* guards what follows */
  GCond changed;   /* anything of it */
  GQueue waiting;  /* GstEmotionJob */
  gboolean busy;   /* somebody has a job of ours */
  GThread *caller; /* is inside done, or NULL */
  GstEmotionPoolItem turn;
  gboolean has_turn; /* turn is in the pool's queue */
  gboolean is_live;  /* of which pool */
  gboolean is_async; /* a window was queued before: we are in a pool */
  gboolean flushing;
  gboolean quit;
  guint64 flushes; /* a job that began before one is cancelled */
  GstEmotionStats stats;
};

static void
job_free (GstEmotionJob *job)
{
  g_clear_pointer (&job->model, gst_emotion_model_unref);
  g_clear_pointer (&job->labels, gst_emotion_labels_unref);
  g_free (job->features);
  g_free (job);
}

static void take_turn (gpointer user_data, GstEmotionPoolSlot *slot);

GstEmotionWorker *
gst_emotion_worker_new (
    GstElement *owner, GstEmotionDoneFunc done, gpointer user_data)
{
  GstEmotionWorker *self = g_new0 (GstEmotionWorker, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->owner = owner;
  self->done = done;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->turn.run = take_turn;
  self->turn.user_data = self;
  return self;
}

static void
worker_unref (GstEmotionWorker *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_queue_clear_full (&self->waiting, (GDestroyNotify) job_free);
  g_free (self->smooth);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

/* With the lock. Waits for a call of done, unless it is this thread's own: a
 * sync handler of the bus may do anything. */
static void
wait_for_done (GstEmotionWorker *self)
{
  while (self->caller && self->caller != g_thread_self ())
    g_cond_wait (&self->changed, &self->lock);
}

void
gst_emotion_worker_free (GstEmotionWorker *self)
{
  gboolean is_async, is_live;

  if (!self)
    return;
  g_mutex_lock (&self->lock);
  self->quit = TRUE;
  g_cond_broadcast (&self->changed);
  wait_for_done (self);
  is_async = self->is_async;
  is_live = self->is_live;
  g_mutex_unlock (&self->lock);
  if (is_async)
    gst_emotion_pool_leave (is_live);
  worker_unref (self);
}

GstEmotionJob *
gst_emotion_job_new (GstEmotionModel *model, GstEmotionLabels *labels)
{
  GstEmotionJob *job = g_new0 (GstEmotionJob, 1);

  job->model = gst_emotion_model_ref (model);
  job->labels = gst_emotion_labels_ref (labels);
  return job;
}

static gboolean
are_probabilities (const float *p, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!(p[i] >= 0 && p[i] <= 1))
      return FALSE;
  return TRUE;
}

/* y = s y + (1 - s) p over the windows of a stretch, from y = p. */
static void
smooth (GstEmotionWorker *self, const GstEmotionJob *job, float *p, guint n)
{
  const gdouble s = job->smoothing;

  if (self->stretch != job->stretch || self->n_smooth != n) {
    if (self->n_smooth != n)
      self->smooth = g_renew (float, self->smooth, n);
    memcpy (self->smooth, p, n * sizeof *p);
    self->n_smooth = n;
    self->stretch = job->stretch;
    return;
  }
  for (guint i = 0; i < n; i++)
    p[i] = self->smooth[i] = s * self->smooth[i] + (1 - s) * p[i];
}

/* NULL if the model's output cannot be probabilities. */
static GstEmotionResult *
classify (GstEmotionWorker *self, const GstEmotionJob *job)
{
  const guint n = gst_emotion_labels_count (job->labels);
  const GstClockTime begin = gst_util_get_timestamp ();
  g_autoptr (GstEmotionResult) result = gst_emotion_result_new (
      &job->window, job->labels, gst_emotion_model_name (job->model));

  result->is_guess = gst_emotion_model_is_guess (job->model);
  if (!job->window.silence && job->has_voice) {
    gst_emotion_model_run (job->model, job->features, result->probabilities);
    if (!are_probabilities (result->probabilities, n))
      return NULL;
    smooth (self, job, result->probabilities, n);
    gst_emotion_result_decide (result, job->min_confidence);
  }
  result->processing_time =
      job->features_time + gst_util_get_timestamp () - begin;
  return g_steal_pointer (&result);
}

/* With the lock. */
static void
count (GstEmotionStats *stats, const GstEmotionResult *result)
{
  stats->windows++;
  if (!result || !gst_emotion_result_is_classified (result))
    return;
  stats->classified++;
  stats->total_time += result->processing_time;
  stats->max_time = MAX (stats->max_time, result->processing_time);
}

/* With the lock. Asks the pool for a turn, unless one was asked for. FALSE
 * if the pool has no thread. */
static gboolean
ask_for_turn (GstEmotionWorker *self)
{
  if (self->has_turn)
    return TRUE;
  g_atomic_ref_count_inc (&self->ref_count);
  self->has_turn = gst_emotion_pool_push (&self->turn, self->is_live);
  if (!self->has_turn)
    worker_unref (self);
  return self->has_turn;
}

/* Classifies the job and hands the result over, unless it was cancelled
 * meanwhile. slot: that of the pool, or NULL in the caller's thread. With the
 * lock, which is given up while it works. */
static void
process (GstEmotionWorker *self, GstEmotionJob *job, GstEmotionPoolSlot *slot)
{
  const guint64 flushes = self->flushes;
  GstEmotionResult *result;

  self->busy = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  result = classify (self, job);
  if (slot)
    gst_emotion_pool_yield (slot);
  g_mutex_lock (&self->lock);
  job_free (job);
  if (self->quit || self->flushing || self->flushes != flushes)
    gst_emotion_result_free (result);
  else {
    count (&self->stats, result);
    self->caller = g_thread_self ();
    g_mutex_unlock (&self->lock);
    self->done (result, self->user_data);
    g_mutex_lock (&self->lock);
    self->caller = NULL;
  }
  self->busy = FALSE;
  g_cond_broadcast (&self->changed);
  if (self->waiting.length > 0 && !self->quit)
    ask_for_turn (self);
}

static void
take_turn (gpointer user_data, GstEmotionPoolSlot *slot)
{
  GstEmotionWorker *self = user_data;

  g_mutex_lock (&self->lock);
  self->has_turn = FALSE;
  /* Whoever is busy asks for the next turn. */
  if (!self->busy && !self->quit && self->waiting.length > 0)
    process (self, g_queue_pop_head (&self->waiting), slot);
  else
    g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  worker_unref (self);
}

/* With the lock. Waits until no job is queued or being computed, or until
 * flushing. What the pool has no thread for is done here. */
static void
finish_waiting (GstEmotionWorker *self)
{
  while ((self->waiting.length > 0 || self->busy) && !self->flushing)
    if (self->busy || self->has_turn)
      g_cond_wait (&self->changed, &self->lock);
    else
      process (self, g_queue_pop_head (&self->waiting), NULL);
}

void
gst_emotion_worker_run (GstEmotionWorker *self, GstEmotionJob *job)
{
  g_mutex_lock (&self->lock);
  finish_waiting (self);
  if (self->flushing)
    job_free (job);
  else
    process (self, job, NULL);
  g_mutex_unlock (&self->lock);
}

/* With the lock. */
static void
drop_oldest_job (GstEmotionWorker *self)
{
  GstEmotionJob *const oldest = g_queue_pop_head (&self->waiting);

  self->stats.dropped++;
  GST_WARNING_OBJECT (self->owner,
      "window %" G_GUINT64_FORMAT " at %" GST_TIME_FORMAT " dropped: the "
      "model is too slow for a live stream (%" G_GUINT64_FORMAT
      " dropped so far)",
      oldest->window.id, GST_TIME_ARGS (oldest->window.timestamp),
      self->stats.dropped);
  job_free (oldest);
}

/* With the lock. */
static void
join_pool (GstEmotionWorker *self, gboolean is_live)
{
  if (self->is_async && self->is_live == is_live)
    return;
  GST_INFO_OBJECT (self->owner,
      "the model runs in threads that all elements share; %s",
      is_live ? "windows are dropped if it is too slow"
              : "the stream waits if it is too slow");
  gst_emotion_pool_join (is_live);
  if (self->is_async)
    gst_emotion_pool_leave (self->is_live);
  self->is_async = TRUE;
  self->is_live = is_live;
}

void
gst_emotion_worker_queue (
    GstEmotionWorker *self, GstEmotionJob *job, gboolean drop_oldest)
{
  g_mutex_lock (&self->lock);
  join_pool (self, drop_oldest);
  while (!self->flushing && self->waiting.length >= GST_EMOTION_QUEUE_LEN) {
    if (drop_oldest)
      drop_oldest_job (self);
    else
      g_cond_wait (&self->changed, &self->lock);
  }
  if (self->flushing) {
    job_free (job);
  } else {
    g_queue_push_tail (&self->waiting, job);
    if (!self->busy && !ask_for_turn (self)) {
      GST_WARNING_OBJECT (self->owner,
          "cannot create a thread: the model runs in the streaming thread");
      finish_waiting (self);
    }
  }
  g_mutex_unlock (&self->lock);
}

void
gst_emotion_worker_drain (GstEmotionWorker *self)
{
  g_mutex_lock (&self->lock);
  finish_waiting (self);
  g_mutex_unlock (&self->lock);
}

void
gst_emotion_worker_set_flushing (GstEmotionWorker *self, gboolean flushing)
{
  GstEmotionJob *job;

  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  if (flushing) {
    self->flushes++;
    while ((job = g_queue_pop_head (&self->waiting))) {
      GST_DEBUG_OBJECT (self->owner,
          "window %" G_GUINT64_FORMAT " dropped: flushing", job->window.id);
      job_free (job);
    }
    g_cond_broadcast (&self->changed);
  } else
    wait_for_done (self);
  g_mutex_unlock (&self->lock);
}

GstEmotionStats
gst_emotion_worker_stats (GstEmotionWorker *self)
{
  GstEmotionStats stats;

  g_mutex_lock (&self->lock);
  stats = self->stats;
  g_mutex_unlock (&self->lock);
  return stats;
}
