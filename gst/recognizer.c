/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/recognizer.h"

#include <math.h>

#include "gst/intake.h"
#include "gst/log.h"
#include "gst/model/recipe-guess.h"
#include "gst/settings.h"

struct _GstEmotionRecognizer {
  GstElement *owner; /* borrowed */
  GstEmotionOptions options;
  GstEmotionModel *model;
  GstEmotionLabels *labels;

  GstEmotionIntake in; /* windows of the model's recipe */
  DspFrames *frames;   /* NULL unless windows share them */
  guint64 edits;       /* of the intake, which the frames know about */
  GstEmotionWorker *worker;

  guint64 next_id;   /* of the next window */
  guint64 n_windows; /* since the stream began */
  guint64 n_models;
};

static void emit_full (gpointer user_data);

GstEmotionRecognizer *
gst_emotion_recognizer_new (
    GstElement *owner, GstEmotionDoneFunc done, gpointer user_data)
{
  GstEmotionRecognizer *self = g_new0 (GstEmotionRecognizer, 1);

  self->owner = owner;
  gst_emotion_intake_init (&self->in, owner, emit_full, self);
  self->worker = gst_emotion_worker_new (owner, done, user_data);
  return self;
}

void
gst_emotion_recognizer_free (GstEmotionRecognizer *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->worker, gst_emotion_worker_free);
  gst_emotion_intake_clear (&self->in);
  g_clear_pointer (&self->frames, dsp_frames_free);
  g_clear_pointer (&self->model, gst_emotion_model_unref);
  g_clear_pointer (&self->labels, gst_emotion_labels_unref);
  g_free (self);
}

/* Without an explicit interval, windows shorter than the default interval are
 * adjacent, so that all samples are analysed. */
static GstClockTime
interval_for (GstClockTime wanted, const DspRecipe *recipe)
{
  const GstClockTime window =
      floor (recipe->window_len / recipe->rate * GST_SECOND);

  return wanted ? wanted : MIN (window, GST_EMOTION_INTERVAL);
}

static gboolean
wants_voice (const GstEmotionOptions *options)
{
  return options->min_voice > 0 || options->align_voice;
}

static void
set_voice (GstEmotionRecognizer *self, const GstEmotionOptions *options)
{
  gst_emotion_intake_set_voice (&self->in, wants_voice (options));
  gst_emotion_intake_set_aligns (&self->in, options->align_voice);
}

void
gst_emotion_recognizer_set_options (
    GstEmotionRecognizer *self, const GstEmotionOptions *options)
{
  if (self->in.windower && options->interval != self->options.interval) {
    const GstClockTime interval = interval_for (
        options->interval, gst_emotion_model_recipe (self->model));

    GST_DEBUG_OBJECT (self->owner, "a window every %" GST_TIME_FORMAT,
        GST_TIME_ARGS (interval));
    gst_emotion_intake_set_interval (&self->in, interval);
  }
  if (wants_voice (options) != wants_voice (&self->options)
      || options->align_voice != self->options.align_voice)
    set_voice (self, options);
  self->options = *options;
  self->in.continuity.alignment_threshold = options->alignment_threshold;
  self->in.continuity.discont_wait = options->discont_wait;
}

/* Samples that are not finite count as zero. */
static gdouble
square_of (float sample)
{
  return isfinite (sample) ? (gdouble) sample * sample : 0;
}

/* Mean power in dB relative to full scale; -infinity for digital silence. */
static gdouble
level_of (const float *samples, gsize n)
{
  gdouble sum[4] = {
    0
  }; /* several sums, to break the dependency between additions */
  gsize i = 0;

  for (; i + 4 <= n; i += 4)
    for (gsize k = 0; k < 4; k++)
      sum[k] += square_of (samples[i + k]);
  for (; i < n; i++)
    sum[0] += square_of (samples[i]);
  return 10 * log10 ((sum[0] + sum[1] + sum[2] + sum[3]) / n);
}

/* Windows that are whole hops apart have frames in common (dsp/features.h);
 * then the stream keeps them. */
static gboolean
shares_frames (const DspRecipe *recipe, GstClockTime interval)
{
  const gdouble step = interval / (gdouble) GST_SECOND * recipe->rate;

  return step < recipe->window_len && fmod (step, recipe->hop_length) == 0;
}

/* With the frames of the window before, where that saves work. */
static gboolean
compute_features (GstEmotionRecognizer *self, GstEmotionJob *job,
    const float *samples, gsize n, guint64 position)
{
  const DspRecipe *const recipe = gst_emotion_model_recipe (self->model);

  if (!shares_frames (recipe, interval_for (self->options.interval, recipe)))
    g_clear_pointer (&self->frames, dsp_frames_free);
  else if (!self->frames)
    self->frames = dsp_frames_new (recipe, NULL);
  else if (self->edits != self->in.edits)
    dsp_frames_forget (self->frames);
  self->edits = self->in.edits;
  job->features = g_new (float, gst_emotion_model_n_features (self->model));
  return gst_emotion_model_compute_features (
      self->model, self->frames, position, samples, n, job->features);
}

/* Fills in the job from the window in progress. */
static void
prepare (GstEmotionRecognizer *self, GstEmotionJob *job, gboolean partial)
{
  const GstClockTime begin = gst_util_get_timestamp ();
  const float *samples;
  guint64 position;
  const gsize n =
      gst_emotion_windower_peek (self->in.windower, &samples, &position);

  job->window = (GstEmotionWindow){ .id = self->next_id++,
    .partial = partial,
    .voice = gst_emotion_intake_measure_voice (&self->in) };
  job->window.filled = gst_util_uint64_scale (
      gst_emotion_windower_filled (self->in.windower, position, position + n),
      GST_SECOND, self->in.rate);
  gst_emotion_timeline_stamp (&self->in.timeline, position, n, &job->window);
  job->stretch = self->in.stretch + self->n_models;
  job->smoothing = self->options.smoothing;
  job->min_confidence = self->options.min_confidence;
  job->has_voice = !GST_CLOCK_TIME_IS_VALID (job->window.voice)
      || job->window.voice >= self->options.min_voice;
  const gdouble level = level_of (samples, n);
  /* Without voice nobody asks for features. */
  job->window.silence = level <= self->options.silence_threshold
      || (job->has_voice
          && !compute_features (self, job, samples, n, position));
  job->features_time = gst_util_get_timestamp () - begin;
  GST_LOG_OBJECT (self->owner,
      "window %" G_GUINT64_FORMAT ": %" GST_TIME_FORMAT " - %" GST_TIME_FORMAT
      "%s, level %.1f dBFS%s, voice %" GST_TIME_FORMAT
      "%s, features took %" GST_TIME_FORMAT,
      job->window.id, GST_TIME_ARGS (job->window.timestamp),
      GST_TIME_ARGS (job->window.timestamp + job->window.duration),
      partial ? " (padded)" : "", level, job->window.silence ? " (silent)" : "",
      GST_TIME_ARGS (job->window.voice),
      job->has_voice ? "" : " (less than min-voice: not classified)",
      GST_TIME_ARGS (job->features_time));
}

/* Submits the window in progress; its result comes now or later. */
static void
emit_window (GstEmotionRecognizer *self, gboolean partial)
{
  GstEmotionJob *job = gst_emotion_job_new (self->model, self->labels);

  prepare (self, job, partial);
  self->n_windows++;
  if (self->options.async)
    gst_emotion_worker_queue (self->worker, job, self->options.drop_oldest);
  else
    gst_emotion_worker_run (self->worker, job);
}

static void
emit_full (gpointer user_data)
{
  GstEmotionRecognizer *self = user_data;

  emit_window (self, !gst_emotion_windower_is_full (self->in.windower));
}

static void
log_model (const GstEmotionRecognizer *self)
{
#ifndef GST_DISABLE_GST_DEBUG
  if (gst_emotion_model_is_guess (self->model)) {
    g_autofree char *guess =
        gst_emotion_recipe_text (gst_emotion_model_recipe (self->model));

    GST_WARNING_OBJECT (self->owner,
        "model %s: the features that it was trained on are unknown; guessed "
        "from "
        "its input: recipe=\"%s\"",
        gst_emotion_model_name (self->model), guess);
  }
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
    gst_emotion_intake_restart (&self->in, "new model with other features");
    g_clear_pointer (&self->frames, dsp_frames_free);
  }
  gst_emotion_model_ref (model);
  gst_emotion_labels_ref (labels);
  gst_emotion_model_unref (self->model);
  gst_emotion_labels_unref (self->labels);
  self->model = model;
  self->labels = labels;
  self->n_models++;
  log_model (self);
  if (same_features)
    return TRUE;
  if (!gst_emotion_intake_set_windows (&self->in, recipe->window_len,
          recipe->rate, interval_for (self->options.interval, recipe), error))
    return FALSE;
  set_voice (self, &self->options);
  return TRUE;
}

gboolean
gst_emotion_recognizer_set_format (
    GstEmotionRecognizer *self, const GstAudioInfo *info, GError **error)
{
  return gst_emotion_intake_set_format (&self->in, info, error);
}

void
gst_emotion_recognizer_set_segment (
    GstEmotionRecognizer *self, const GstSegment *segment)
{
  gst_emotion_intake_set_segment (&self->in, segment);
}

gboolean
gst_emotion_recognizer_push (GstEmotionRecognizer *self, GstBuffer *buffer)
{
  return gst_emotion_intake_push (&self->in, buffer);
}

void
gst_emotion_recognizer_push_gap (
    GstEmotionRecognizer *self, GstClockTime timestamp, GstClockTime duration)
{
  gst_emotion_intake_push_gap (&self->in, timestamp, duration);
}

void
gst_emotion_recognizer_finish (GstEmotionRecognizer *self)
{
  if (!self->in.convert)
    return;
  gst_emotion_intake_drain (&self->in);

  const gsize rest = gst_emotion_windower_rest (self->in.windower);

  if (dsp_recipe_keeps_rest (
          gst_emotion_model_recipe (self->model), rest, self->n_windows == 0)) {
    emit_window (self, TRUE);
    gst_emotion_windower_next (self->in.windower);
  } else if (rest > 0) {
    GST_DEBUG_OBJECT (self->owner,
        "the last %" G_GSIZE_FORMAT " samples are not analysed: less than half "
        "a window",
        rest);
  }
  gst_emotion_intake_restart (&self->in, "end of stream");
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
  gst_emotion_intake_flush (&self->in);
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

GstEmotionContinuityStats
gst_emotion_recognizer_continuity_stats (GstEmotionRecognizer *self)
{
  return gst_emotion_intake_stats (&self->in);
}
