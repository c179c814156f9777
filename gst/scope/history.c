/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/scope/history.h"

GST_DEBUG_CATEGORY_EXTERN (gst_emotion_scope_debug);
#define GST_CAT_DEFAULT gst_emotion_scope_debug

void
gst_emotion_history_clear (GstEmotionHistory *self)
{
  g_clear_pointer (&self->spectrogram, gst_emotion_spectrogram_free);
  g_clear_pointer (&self->levels, g_free);
  g_clear_pointer (&self->voice, gst_emotion_voice_free);
}

gboolean
gst_emotion_history_set_span (GstEmotionHistory *self, GstClockTime span,
    GstElement *owner, GError **error)
{
  const guint64 rate = (guint64) gst_emotion_spectrogram_rate ();
  const gsize hop = gst_emotion_spectrogram_hop ();
  /* One more than fit, since the outer ones are cut. */
  const gsize n_columns =
      2 + gst_util_uint64_scale (span, rate, GST_SECOND * hop);
  g_autoptr (GError) no_voice = NULL;

  if (self->spectrogram && self->span == span)
    return TRUE;
  gst_emotion_history_clear (self);
  self->span = span;
  self->spectrogram = gst_emotion_spectrogram_new (n_columns, error);
  if (!self->spectrogram)
    return FALSE;
  self->levels = g_new0 (
      float, n_columns *gst_emotion_spectrogram_n_bands (self->spectrogram));
  self->voice = gst_emotion_voice_new (
      gst_emotion_spectrogram_rate (), 0, n_columns * hop, &no_voice);
  if (!self->voice)
    GST_WARNING_OBJECT (owner, "no line of voice: %s", no_voice->message);
  GST_DEBUG_OBJECT (owner,
      "a spectrogram of %" GST_TIME_FORMAT ": %" G_GSIZE_FORMAT
      " columns of %" G_GSIZE_FORMAT " bands",
      GST_TIME_ARGS (span), n_columns,
      gst_emotion_spectrogram_n_bands (self->spectrogram));
  return TRUE;
}

void
gst_emotion_history_push (
    GstEmotionHistory *self, const float *samples, gsize n)
{
  gst_emotion_spectrogram_push (self->spectrogram, samples, n);
  if (self->voice)
    gst_emotion_voice_push (self->voice, samples, n, FALSE);
}

void
gst_emotion_history_restart (GstEmotionHistory *self)
{
  if (self->spectrogram)
    gst_emotion_spectrogram_clear (self->spectrogram);
  if (self->voice)
    gst_emotion_voice_reset (self->voice, 0);
}

void
gst_emotion_history_view (
    GstEmotionHistory *self, GstClockTime now, GstEmotionView *view)
{
  const double rate = gst_emotion_spectrogram_rate ();
  const double delay =
      (double) gst_emotion_spectrogram_delay (self->spectrogram);

  gst_emotion_spectrogram_levels (self->spectrogram, self->levels);
  view->levels = self->levels;
  view->n_bands = gst_emotion_spectrogram_n_bands (self->spectrogram);
  view->n_columns = gst_emotion_spectrogram_n_columns (self->spectrogram);
  view->f_max = gst_emotion_spectrogram_f_max ();
  view->db = GST_EMOTION_SPECTROGRAM_DB;
  view->newest = (gint64) now - (gint64) (delay / rate * GST_SECOND);
  view->column_ns = (double) gst_emotion_spectrogram_hop () / rate * GST_SECOND;
  view->now = (gint64) now;
  view->span = (gint64) self->span;
  if (!self->voice)
    return;
  view->voice = gst_emotion_voice_probabilities (self->voice, &view->n_voice);
  view->voice_end = (gint64) now
      - (gint64) (gst_emotion_voice_rest (self->voice) * GST_SECOND
          / GST_EMOTION_VOICE_RATE);
  view->voice_ns =
      (double) GST_EMOTION_VOICE_CHUNK / GST_EMOTION_VOICE_RATE * GST_SECOND;
}
