/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/recognizer.h"

#include <math.h>

#include "dsp/features.h"
#include "gst/convert.h"
#include "gst/log.h"
#include "gst/timeline.h"
#include "gst/windower.h"

struct _GstEmotionRecognizer {
  GstElement *owner; /* borrowed */
  GstEmotionOptions options;
  GstAudioInfo info; /* invalid until there is a format */
  GstEmotionModel *model;
  GstEmotionLabels *labels;

  GstEmotionConvert *convert; /* NULL until there are a format and a model */
  GstEmotionTimeline timeline;
  GstEmotionWindower *windower; /* of the model's recipe, as */
  DspFeatures *features;        /* this one */
  GstEmotionWorker *worker;

  gboolean joins;    /* the window in progress began in another format */
  guint64 next_id;   /* of the next window */
  guint64 n_windows; /* since the stream began */
  guint64 run;       /* one more with each break */
};

GstEmotionRecognizer *
gst_emotion_recognizer_new (
    GstElement *owner, GstEmotionDoneFunc done, gpointer user_data)
{
  GstEmotionRecognizer *self = g_new0 (GstEmotionRecognizer, 1);

  self->owner = owner;
  gst_audio_info_init (&self->info);
  gst_segment_init (&self->timeline.segment, GST_FORMAT_TIME);
  self->worker = gst_emotion_worker_new (owner, done, user_data);
  return self;
}

void
gst_emotion_recognizer_free (GstEmotionRecognizer *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->worker, gst_emotion_worker_free);
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  g_clear_pointer (&self->windower, gst_emotion_windower_free);
  g_clear_pointer (&self->features, dsp_features_free);
  g_clear_pointer (&self->model, gst_emotion_model_unref);
  g_clear_pointer (&self->labels, gst_emotion_labels_unref);
  g_free (self);
}

void
gst_emotion_recognizer_set_options (
    GstEmotionRecognizer *self, const GstEmotionOptions *options)
{
  if (self->windower && options->interval != self->options.interval) {
    GST_DEBUG_OBJECT (self->owner, "a window every %" GST_TIME_FORMAT,
        GST_TIME_ARGS (options->interval));
    gst_emotion_windower_set_interval (self->windower, options->interval);
  }
  self->options = *options;
}

/* Mean power in dB relative to full scale; -infinity for digital silence. */
static gdouble
level_of (const float *samples, gsize n)
{
  gdouble sum = 0;

  for (gsize i = 0; i < n; i++)
    if (isfinite (samples[i]))
      sum += (gdouble) samples[i] * samples[i];
  return 10 * log10 (sum / n);
}

/* Fills in the job from the window in progress. */
static void
prepare (GstEmotionRecognizer *self, GstEmotionJob *job, gboolean partial)
{
  const GstClockTime begin = gst_util_get_timestamp ();
  const float *samples;
  guint64 position;
  const gsize n =
      gst_emotion_windower_peek (self->windower, &samples, &position);

  job->window = (GstEmotionWindow){
    .id = self->next_id++, .partial = partial, .voice = GST_CLOCK_TIME_NONE
  };
  gst_emotion_timeline_stamp (&self->timeline, position, n, &job->window);
  job->run = self->run;
  job->smoothing = self->options.smoothing;
  job->min_confidence = self->options.min_confidence;
  const gdouble level = level_of (samples, n);
  job->window.silence = level <= self->options.silence_threshold
      || !dsp_features_compute_at (
          self->features, position, samples, n, job->features);
  job->features_time = gst_util_get_timestamp () - begin;
  GST_LOG_OBJECT (self->owner,
      "window %" G_GUINT64_FORMAT ": %" GST_TIME_FORMAT " - %" GST_TIME_FORMAT
      "%s, level %.1f dBFS%s, features took %" GST_TIME_FORMAT,
      job->window.id, GST_TIME_ARGS (job->window.timestamp),
      GST_TIME_ARGS (job->window.timestamp + job->window.duration),
      partial ? " (padded)" : "", level, job->window.silence ? " (silent)" : "",
      GST_TIME_ARGS (job->features_time));
}

/* The window in progress becomes a result, now or later. */
static void
emit_window (GstEmotionRecognizer *self, gboolean partial)
{
  GstEmotionJob *job =
      gst_emotion_worker_new_job (self->worker, self->model, self->labels);

  prepare (self, job, partial);
  self->n_windows++;
  if (self->options.async)
    gst_emotion_worker_queue (self->worker, job, self->options.drop_oldest);
  else
    gst_emotion_worker_run (self->worker, job);
}

static void
take_samples (const float *samples, gsize n, gpointer user_data)
{
  GstEmotionRecognizer *self = user_data;

  while (n > 0) {
    const gsize taken = gst_emotion_windower_push (self->windower, samples, n);

    samples += taken;
    n -= taken;
    if (gst_emotion_windower_is_full (self->windower)) {
      emit_window (self, FALSE);
      gst_emotion_windower_next (self->windower);
    }
  }
}

/* The samples that follow do not continue the ones before. */
static void
restart (GstEmotionRecognizer *self, const char *reason)
{
  if (self->windower)
    GST_DEBUG_OBJECT (self->owner,
        "restart: %s; %" G_GSIZE_FORMAT " samples not analysed", reason,
        gst_emotion_windower_rest (self->windower));
  if (self->convert)
    gst_emotion_convert_drain (self->convert);
  if (self->windower)
    gst_emotion_windower_restart (self->windower);
  if (self->features)
    dsp_features_forget (self->features);
  gst_emotion_timeline_break (&self->timeline);
  self->joins = FALSE;
  self->run++;
}

static gboolean
update_convert (GstEmotionRecognizer *self, GError **error)
{
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  if (!self->model || !GST_AUDIO_INFO_IS_VALID (&self->info))
    return TRUE;

  const gdouble rate = gst_emotion_model_recipe (self->model)->rate;

  GST_INFO_OBJECT (self->owner, "%s %s, channels=%d, rate=%d: %s, %s %g Hz",
      GST_AUDIO_INFO_NAME (&self->info),
      GST_AUDIO_INFO_LAYOUT (&self->info) == GST_AUDIO_LAYOUT_INTERLEAVED
          ? "interleaved"
          : "non-interleaved",
      GST_AUDIO_INFO_CHANNELS (&self->info), GST_AUDIO_INFO_RATE (&self->info),
      GST_AUDIO_INFO_CHANNELS (&self->info) == 1 ? "mono" : "averaged to mono",
      GST_AUDIO_INFO_RATE (&self->info) == rate ? "already at" : "resampled to",
      rate);
  gst_emotion_timeline_set_rates (
      &self->timeline, GST_AUDIO_INFO_RATE (&self->info), rate);
  self->convert =
      gst_emotion_convert_new (&self->info, rate, take_samples, self, error);
  return self->convert != NULL;
}

static void
log_model (const GstEmotionRecognizer *self)
{
#ifndef GST_DISABLE_GST_DEBUG
  if (gst_debug_category_get_threshold (GST_CAT_DEFAULT) < GST_LEVEL_INFO)
    return;

  const DspRecipe *recipe = gst_emotion_model_recipe (self->model);
  g_autoptr (GString) labels = g_string_new (NULL);

  for (guint i = 0; i < gst_emotion_labels_count (self->labels); i++)
    g_string_append_printf (labels, "%s%s", i > 0 ? ", " : "",
        gst_emotion_labels_get (self->labels, i));
  GST_INFO_OBJECT (self->owner,
      "model %s: windows of %.3f s at %g Hz, features %" G_GSIZE_FORMAT
      " x %" G_GSIZE_FORMAT ", labels %s",
      gst_emotion_model_name (self->model), recipe->window_len / recipe->rate,
      recipe->rate, dsp_recipe_n_bands (recipe), dsp_recipe_n_columns (recipe),
      labels->str);
#endif
}

gboolean
gst_emotion_recognizer_set_model (GstEmotionRecognizer *self,
    GstEmotionModel *model, GstEmotionLabels *labels, GError **error)
{
  const DspRecipe *recipe = gst_emotion_model_recipe (model);
  const gboolean same_features = self->model
      && dsp_recipe_equal (recipe, gst_emotion_model_recipe (self->model));

  if (!same_features) {
    DspFeatures *features = dsp_features_new (recipe, error);

    if (!features)
      return FALSE;
    restart (self, "the new model has other features");
    g_clear_pointer (&self->features, dsp_features_free);
    g_clear_pointer (&self->windower, gst_emotion_windower_free);
    self->features = features;
    self->windower = gst_emotion_windower_new (
        recipe->window_len, recipe->rate, self->options.interval);
  }
  gst_emotion_model_ref (model);
  gst_emotion_labels_ref (labels);
  gst_emotion_model_unref (self->model);
  gst_emotion_labels_unref (self->labels);
  self->model = model;
  self->labels = labels;
  self->run++;
  log_model (self);
  return same_features || update_convert (self, error);
}

gboolean
gst_emotion_recognizer_set_format (
    GstEmotionRecognizer *self, const GstAudioInfo *info, GError **error)
{
  if (gst_audio_info_is_equal (info, &self->info) && self->convert)
    return TRUE;
  if (self->convert)
    gst_emotion_convert_drain (self->convert);
  if (!GST_AUDIO_INFO_IS_VALID (info))
    restart (self, "the format is unknown");
  self->info = *info;
  self->joins |= self->timeline.is_anchored;
  if (update_convert (self, error))
    return TRUE;
  restart (self, "the format cannot be converted");
  return FALSE;
}

/* Whether the two give every sample the same times. */
static gboolean
same_times (const GstSegment *a, const GstSegment *b)
{
  const guint64 t = b->start;
  guint64 a_time, b_time;

  return a->format == b->format && a->rate == b->rate
      && a->applied_rate == b->applied_rate
      && gst_segment_to_running_time_full (a, a->format, t, &a_time)
      == gst_segment_to_running_time_full (b, b->format, t, &b_time)
      && a_time == b_time
      && gst_segment_to_stream_time_full (a, a->format, t, &a_time)
      == gst_segment_to_stream_time_full (b, b->format, t, &b_time)
      && a_time == b_time;
}

void
gst_emotion_recognizer_set_segment (
    GstEmotionRecognizer *self, const GstSegment *segment)
{
  if (self->timeline.is_anchored
      && same_times (&self->timeline.segment, segment)) {
    GST_DEBUG_OBJECT (self->owner,
        "%" GST_SEGMENT_FORMAT " continues the one before", segment);
    self->timeline.segment = *segment;
    return;
  }
  GST_DEBUG_OBJECT (self->owner, "%" GST_SEGMENT_FORMAT, segment);
  if (segment->rate < 0)
    GST_INFO_OBJECT (self->owner,
        "playback is reversed: audio is passed through but not analysed");
  restart (self, "a new segment");
  gst_emotion_timeline_set_segment (&self->timeline, segment);
}

static gboolean
is_active (const GstEmotionRecognizer *self)
{
  return self->convert && self->timeline.segment.rate > 0;
}

/* Restarts the window unless what comes at pts continues what came before. */
static void
check_continuity (
    GstEmotionRecognizer *self, GstClockTime pts, gboolean is_discont)
{
  if (is_discont)
    restart (self, "DISCONT or RESYNC is set");
  else if (!gst_emotion_timeline_continues (&self->timeline, pts)
      || (self->joins && !gst_emotion_timeline_meets (&self->timeline, pts))) {
    GST_DEBUG_OBJECT (self->owner,
        "time stamp %" GST_TIME_FORMAT ", expected %" GST_TIME_FORMAT,
        GST_TIME_ARGS (pts),
        GST_TIME_ARGS (gst_emotion_timeline_next (&self->timeline)));
    restart (self, "time stamps jump");
  }
  self->joins = FALSE;
}

static void
advance (GstEmotionRecognizer *self, GstClockTime pts, gsize n)
{
  gst_emotion_timeline_advance (
      &self->timeline, pts, n, gst_emotion_windower_position (self->windower));
}

/* Of n frames at *pts, leaves those within the segment: from *first on. */
static gsize
clip (
    const GstEmotionRecognizer *self, GstClockTime *pts, gsize n, gsize *first)
{
  const guint64 rate = self->info.rate;
  guint64 start, stop;

  *first = 0;
  if (!GST_CLOCK_TIME_IS_VALID (*pts))
    return n;
  stop = *pts + gst_util_uint64_scale (n, GST_SECOND, rate);
  if (!gst_segment_clip (
          &self->timeline.segment, GST_FORMAT_TIME, *pts, stop, &start, &stop))
    return 0;
  *first =
      MIN (n, gst_util_uint64_scale_round (start - *pts, rate, GST_SECOND));
  n = MIN (n, gst_util_uint64_scale_round (stop - *pts, rate, GST_SECOND));
  *pts = start;
  return n - MIN (*first, n);
}

/* FALSE where buffer is not what the caps say: mapping such a one would be our
 * fault. */
static gboolean
count_frames (const GstEmotionRecognizer *self, GstBuffer *buffer, gsize *n)
{
  const GstAudioInfo *info = &self->info;
  const GstAudioMeta *meta = gst_buffer_get_audio_meta (buffer);
  const gsize max = gst_buffer_get_size (buffer) / GST_AUDIO_INFO_BPF (info);

  *n = meta ? meta->samples : max;
  if (!meta)
    return *n == 0
        || GST_AUDIO_INFO_LAYOUT (info) == GST_AUDIO_LAYOUT_INTERLEAVED;
  return *n <= max
      && GST_AUDIO_INFO_LAYOUT (&meta->info) == GST_AUDIO_INFO_LAYOUT (info)
      && GST_AUDIO_INFO_FORMAT (&meta->info) == GST_AUDIO_INFO_FORMAT (info)
      && GST_AUDIO_INFO_CHANNELS (&meta->info)
      == GST_AUDIO_INFO_CHANNELS (info);
}

/* With a second reference the buffer is not writable, and so mapping never
 * merges its memories for good. */
static gboolean
convert (GstEmotionRecognizer *self, GstBuffer *buffer, gsize first, gsize n)
{
  const GstAudioMeta *meta = gst_buffer_get_audio_meta (buffer);
  GstAudioBuffer audio;
  gboolean mapped;

  gst_buffer_ref (buffer);
  /* Rate and positions may differ, and mapping insists on those of the meta. */
  mapped = gst_audio_buffer_map (
      &audio, meta ? &meta->info : &self->info, buffer, GST_MAP_READ);
  if (mapped) {
    gst_emotion_convert_push (self->convert, &audio, first, n);
    gst_audio_buffer_unmap (&audio);
  }
  gst_buffer_unref (buffer);
  return mapped;
}

gboolean
gst_emotion_recognizer_push (GstEmotionRecognizer *self, GstBuffer *buffer)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  gsize first, n;

  if (!is_active (self))
    return TRUE;
  if (!count_frames (self, buffer, &n)) {
    restart (self, "the buffer contradicts the caps");
    return FALSE;
  }
  GST_TRACE_OBJECT (
      self->owner, "%" G_GSIZE_FORMAT " frames: %" GST_PTR_FORMAT, n, buffer);
  n = clip (self, &pts, n, &first);
  check_continuity (self, pts,
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT)
          || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_RESYNC));
  if (n == 0)
    return TRUE;
  advance (self, pts, n);
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)) {
    gst_emotion_convert_push_silence (self->convert, n);
    return TRUE;
  }
  if (convert (self, buffer, first, n))
    return TRUE;
  restart (self, "the buffer cannot be mapped");
  return FALSE;
}

/* Frames from the end of the run so far to the time `end`. */
static guint64
frames_until (const GstEmotionTimeline *timeline, GstClockTime end)
{
  const guint64 n = end > timeline->time ? gst_util_uint64_scale_round (
                        end - timeline->time, timeline->rate_in, GST_SECOND)
                                         : 0;

  return n > timeline->n_in ? n - timeline->n_in : 0;
}

void
gst_emotion_recognizer_push_gap (
    GstEmotionRecognizer *self, GstClockTime timestamp, GstClockTime duration)
{
  GstEmotionTimeline *timeline = &self->timeline;
  guint64 start, stop;

  if (!is_active (self) || !GST_CLOCK_TIME_IS_VALID (timestamp)
      || !GST_CLOCK_TIME_IS_VALID (duration)
      || !gst_segment_clip (&timeline->segment, GST_FORMAT_TIME, timestamp,
          timestamp + duration, &start, &stop))
    return;
  check_continuity (self, start, FALSE);
  GST_DEBUG_OBJECT (self->owner,
      "gap: %" GST_TIME_FORMAT " - %" GST_TIME_FORMAT " is silence",
      GST_TIME_ARGS (start), GST_TIME_ARGS (stop));
  if (stop - start > GST_EMOTION_LONG_GAP) {
    if (timeline->is_anchored)
      gst_emotion_convert_push_silence (self->convert,
          gst_util_uint64_scale_ceil (
              gst_emotion_model_recipe (self->model)->window_len,
              timeline->rate_in, timeline->rate));
    restart (self, "the gap is longer than a minute");
    timeline->time = stop;
    return;
  }
  advance (self, start, 0);

  const guint64 n = frames_until (timeline, stop);

  advance (self, GST_CLOCK_TIME_NONE, n);
  gst_emotion_convert_push_silence (self->convert, n);
}

void
gst_emotion_recognizer_finish (GstEmotionRecognizer *self)
{
  if (!self->convert)
    return;
  gst_emotion_convert_drain (self->convert);

  const gsize rest = gst_emotion_windower_rest (self->windower);

  if (dsp_recipe_keeps_rest (
          gst_emotion_model_recipe (self->model), rest, self->n_windows == 0)) {
    emit_window (self, TRUE);
    gst_emotion_windower_next (self->windower);
  } else if (rest > 0) {
    GST_DEBUG_OBJECT (self->owner,
        "the last %" G_GSIZE_FORMAT " samples are not analysed: less than half "
        "a window",
        rest);
  }
  restart (self, "the stream ended");
  self->n_windows = 0;
}

void
gst_emotion_recognizer_drain (GstEmotionRecognizer *self)
{
  gst_emotion_worker_drain (self->worker);
}

void
gst_emotion_recognizer_flush (GstEmotionRecognizer *self)
{
  if (self->convert)
    gst_emotion_convert_reset (self->convert);
  restart (self, "flush");
  self->next_id = 0;
  self->n_windows = 0;
}

void
gst_emotion_recognizer_set_flushing (
    GstEmotionRecognizer *self, gboolean flushing)
{
  gst_emotion_worker_set_flushing (self->worker, flushing);
}

GstEmotionStats
gst_emotion_recognizer_stats (GstEmotionRecognizer *self)
{
  return gst_emotion_worker_stats (self->worker);
}
