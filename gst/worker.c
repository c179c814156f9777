/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/worker.h"

#include "gst/log.h"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#endif

/* Of the thread, where windows that it cannot do in time go. */
#define LIVE_NICE 10

struct _GstEmotionWorker {
  gatomicrefcount ref_count; /* the recognizer, and the thread */
  GstElement *owner;         /* borrowed; not the thread's to touch */
  GstEmotionDoneFunc done;
  gpointer user_data;

  /* Smoothing; only whoever classifies touches it, one thread at a time. */
  guint64 run;
  guint n_smooth; /* 0: no window of this run yet */
  float *smooth;  /* [n_smooth] */

  GMutex lock;      /* guards what follows */
  GCond changed;    /* anything of it */
  GThread *thread;  /* NULL until the first window is queued */
  gboolean is_live; /* when it was started */
  GQueue waiting;   /* GstEmotionJob */
  GQueue spare;     /* GstEmotionJob, to be used again */
  gboolean busy;    /* the thread has a job */
  GThread *caller;  /* is inside done, or NULL */
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
  return self;
}

static void
worker_unref (GstEmotionWorker *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_queue_clear_full (&self->waiting, (GDestroyNotify) job_free);
  g_queue_clear_full (&self->spare, (GDestroyNotify) job_free);
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
  GThread *thread;

  if (!self)
    return;
  g_mutex_lock (&self->lock);
  self->quit = TRUE;
  g_cond_broadcast (&self->changed);
  wait_for_done (self);
  thread = g_steal_pointer (&self->thread);
  g_mutex_unlock (&self->lock);
  if (thread)
    g_thread_unref (thread);
  worker_unref (self);
}

/* With the lock. */
static void
recycle (GstEmotionWorker *self, GstEmotionJob *job)
{
  g_clear_pointer (&job->model, gst_emotion_model_unref);
  g_clear_pointer (&job->labels, gst_emotion_labels_unref);
  g_queue_push_tail (&self->spare, job);
}

GstEmotionJob *
gst_emotion_worker_new_job (
    GstEmotionWorker *self, GstEmotionModel *model, GstEmotionLabels *labels)
{
  const gsize n = gst_emotion_model_n_features (model);
  GstEmotionJob *job;

  g_mutex_lock (&self->lock);
  job = g_queue_pop_head (&self->spare);
  g_mutex_unlock (&self->lock);
  if (!job)
    job = g_new0 (GstEmotionJob, 1);
  if (job->n_features != n) {
    g_free (job->features);
    job->features = g_new (float, n);
    job->n_features = n;
  }
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

/* y = s y + (1 - s) p over the windows of a run; the first is taken as it is.
 */
static void
smooth (GstEmotionWorker *self, const GstEmotionJob *job, float *p, guint n)
{
  const gdouble s = job->smoothing;

  if (self->run != job->run || self->n_smooth != n) {
    if (self->n_smooth != n)
      self->smooth = g_renew (float, self->smooth, n);
    memcpy (self->smooth, p, n * sizeof *p);
    self->n_smooth = n;
    self->run = job->run;
    return;
  }
  for (guint i = 0; i < n; i++)
    p[i] = self->smooth[i] = s * self->smooth[i] + (1 - s) * p[i];
}

/* NULL where the model's output cannot be probabilities. */
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

/* Classifies the job and hands the result over, unless it was cancelled
 * meanwhile. With the lock, which is given up while it works. */
static void
process (GstEmotionWorker *self, GstEmotionJob *job)
{
  const guint64 flushes = self->flushes;
  GstEmotionResult *result;

  g_mutex_unlock (&self->lock);
  result = classify (self, job);
  g_mutex_lock (&self->lock);
  recycle (self, job);
  if (self->quit || self->flushing || self->flushes != flushes) {
    gst_emotion_result_free (result);
    return;
  }
  count (&self->stats, result);
  self->caller = g_thread_self ();
  g_mutex_unlock (&self->lock);
  self->done (result, self->user_data);
  g_mutex_lock (&self->lock);
  self->caller = NULL;
  g_cond_broadcast (&self->changed);
}

void
gst_emotion_worker_run (GstEmotionWorker *self, GstEmotionJob *job)
{
  g_mutex_lock (&self->lock);
  while ((self->waiting.length > 0 || self->busy) && !self->flushing)
    g_cond_wait (&self->changed, &self->lock);
  if (self->flushing)
    recycle (self, job);
  else
    process (self, job);
  g_mutex_unlock (&self->lock);
}

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

static gpointer
thread_main (gpointer data)
{
  GstEmotionWorker *self = data;

  step_back (self->is_live);
  g_mutex_lock (&self->lock);
  while (!self->quit) {
    GstEmotionJob *job = g_queue_pop_head (&self->waiting);

    if (!job) {
      g_cond_wait (&self->changed, &self->lock);
      continue;
    }
    self->busy = TRUE;
    g_cond_broadcast (&self->changed);
    process (self, job);
    self->busy = FALSE;
    g_cond_broadcast (&self->changed);
  }
  g_mutex_unlock (&self->lock);
  worker_unref (self);
  return NULL;
}

/* With the lock. FALSE where the system has no thread for us. */
static gboolean
ensure_thread (GstEmotionWorker *self, gboolean is_live)
{
  if (self->thread)
    return TRUE;
  self->is_live = is_live;
  g_atomic_ref_count_inc (&self->ref_count);
  self->thread = g_thread_try_new ("emotiondetect", thread_main, self, NULL);
  if (self->thread) {
    GST_INFO_OBJECT (self->owner, "the model runs in a thread of its own; %s",
        is_live ? "windows are dropped if it is too slow"
                : "the stream waits if it is too slow");
    return TRUE;
  }
  worker_unref (self);
  GST_WARNING_OBJECT (self->owner,
      "cannot create a thread: the model runs in the streaming thread");
  return FALSE;
}

void
gst_emotion_worker_queue (
    GstEmotionWorker *self, GstEmotionJob *job, gboolean drop_oldest)
{
  g_mutex_lock (&self->lock);
  if (!ensure_thread (self, drop_oldest)) {
    process (self, job);
    g_mutex_unlock (&self->lock);
    return;
  }
  while (!self->flushing && self->waiting.length >= GST_EMOTION_QUEUE_LEN) {
    if (drop_oldest) {
      GstEmotionJob *const oldest = g_queue_pop_head (&self->waiting);

      self->stats.dropped++;
      GST_WARNING_OBJECT (self->owner,
          "window %" G_GUINT64_FORMAT " at %" GST_TIME_FORMAT " dropped: the "
          "model is too slow for a live stream (%" G_GUINT64_FORMAT
          " dropped so far)",
          oldest->window.id, GST_TIME_ARGS (oldest->window.timestamp),
          self->stats.dropped);
      recycle (self, oldest);
    } else
      g_cond_wait (&self->changed, &self->lock);
  }
  if (self->flushing)
    recycle (self, job);
  else
    g_queue_push_tail (&self->waiting, job);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
gst_emotion_worker_drain (GstEmotionWorker *self)
{
  g_mutex_lock (&self->lock);
  while ((self->waiting.length > 0 || self->busy) && !self->flushing)
    g_cond_wait (&self->changed, &self->lock);
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
      recycle (self, job);
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
