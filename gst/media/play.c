/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/play.h"

#include <unistd.h>

#include "gst/media/adts.h"
#include "gst/media/coverage.h"
#include "gst/media/diagnosis.h"
#include "gst/media/lossy-ts.h"
#include "gst/media/source-uri.h"
#include "gst/media/stall.h"
#include "gst/media/uri-source.h"
#include "gst/media/wave.h"

GST_DEBUG_CATEGORY (gst_emotion_play_debug);
#define GST_CAT_DEFAULT gst_emotion_play_debug

/* Name of our message: enough was taken. */
#define ENOUGH "emotion-enough"

typedef struct {
  const GstEmotionPlay *play;
  gpointer user_data;
  const char *uri;            /* that is played now; NULL: live */
  const char *path;           /* of the same; NULL: not a local file */
  const GstEmotionWave *wave; /* the same, read by ourselves; or NULL */
  GstEmotionUriSource source;
  GstElement *pipeline;
  GstPad *sink; /* that takes the sound */
  GstEmotionStall stall;
  GstEmotionCoverage coverage;
  GstClockTime heard;  /* in the last attempt */
  gint has_sound;      /* atomic: a buffer with samples came, in any try */
  gint is_enough;      /* atomic */
  gboolean is_ending;  /* a live source was asked to stop */
  gboolean was_built;  /* there was something to play with */
  gboolean is_stopped; /* a file was given up */
  gboolean has_named_others;
  gint64 next_progress; /* monotonic time */
  GstMessage *missing;  /* for what a plugin is missing; or NULL */
  GError *warning;      /* the first of those about a file */
  guint n_warnings;
  char *loss;      /* of the last attempt */
  GError *refusal; /* by a device; a later error may only say “none” */
} Player;

/* In any thread. */
static void
fail (Player *self, const GError *error)
{
  gst_element_post_message (self->pipeline,
      gst_message_new_error (GST_OBJECT (self->pipeline), (GError *) error,
          "from where sound is taken"));
}

static void
add_element (
    GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  gst_emotion_coverage_add (user_data, element);
  gst_emotion_lossy_ts_add (element);
}

/* The streaming thread */

/* Posted once: not every demuxer turns GST_FLOW_EOS into the end of the stream.
 */
static void
post_enough (Player *self)
{
  if (g_atomic_int_compare_and_exchange (&self->is_enough, FALSE, TRUE))
    gst_element_post_message (self->pipeline,
        gst_message_new_application (
            GST_OBJECT (self->pipeline), gst_structure_new_empty (ENOUGH)));
}

static GstPadProbeReturn
take_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Player *self = user_data;
  GstBuffer *const buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCaps) caps = NULL;

  if (g_atomic_int_get (&self->is_enough))
    return GST_PAD_PROBE_DROP;
  if (gst_emotion_stall_takes (&self->stall, buffer)) {
    error = gst_emotion_stall_error ();
    fail (self, error);
    return GST_PAD_PROBE_OK;
  }
  if (gst_buffer_get_size (buffer) > 0)
    g_atomic_int_set (&self->has_sound, TRUE);
  if (!self->play->take)
    return GST_PAD_PROBE_OK;
  caps = gst_pad_get_current_caps (pad);
  if (self->play->take (buffer, caps, self->user_data, &error))
    return GST_PAD_PROBE_OK;
  if (error)
    fail (self, error);
  else
    post_enough (self);
  return GST_PAD_PROBE_DROP;
}

/* The bus */

static gboolean
has_sound (Player *self)
{
  return g_atomic_int_get (&self->has_sound);
}

static void
tell_progress (Player *self)
{
  const gint64 now = g_get_monotonic_time ();
  gint64 position, duration;

  if (!self->play->progress || now < self->next_progress)
    return;
  self->next_progress = now + GST_TIME_AS_USECONDS (GST_EMOTION_PULSE);
  if (gst_element_query_position (self->pipeline, GST_FORMAT_TIME, &position)
      && gst_element_query_duration (self->pipeline, GST_FORMAT_TIME, &duration)
      && duration > 0)
    self->play->progress (
        CLAMP ((gdouble) position / duration, 0, 1), self->user_data);
}

static void
warn (Player *self, const char *text)
{
  if (self->play->warning)
    self->play->warning (text, self->user_data);
}

static void
take_element_message (Player *self, GstMessage *message)
{
  if (gst_emotion_diagnosis_is_missing_plugin (message)) {
    if (!self->missing)
      self->missing = gst_message_ref (message);
  } else if (self->play->message)
    self->play->message (message, self->user_data);
}

static void
take_warning (Player *self, GstMessage *message)
{
  g_autoptr (GError) warning = NULL;

  gst_message_parse_warning (message, &warning, NULL);
  if (gst_emotion_diagnosis_misses_plugin (warning))
    return;
  if (!self->uri && !self->refusal && warning->domain == GST_RESOURCE_ERROR)
    self->refusal = g_steal_pointer (&warning);
  else if (!self->uri)
    warn (self, warning->message);
  else if (self->n_warnings++ == 0)
    self->warning = g_steal_pointer (&warning);
}

/* A damaged file may give one for each of its frames: they are reported
 * together.
 */
static void
tell_warnings (Player *self)
{
  g_autofree char *text = NULL;

  if (self->n_warnings == 0
      || (self->loss && self->warning->domain == GST_STREAM_ERROR))
    return;
  text = self->n_warnings == 1
      ? g_strdup (self->warning->message)
      : g_strdup_printf ("%s (the first of %u warnings)",
          self->warning->message, self->n_warnings);
  warn (self, text);
}

static void
end_live (Player *self)
{
  if (!self->is_ending)
    gst_element_send_event (self->pipeline, gst_event_new_eos ());
  self->is_ending = TRUE;
}

/* FALSE at the end. */
static gboolean
take_own_message (Player *self, GstMessage *message)
{
  const GstStructure *const about = gst_message_get_structure (message);

  if (gst_structure_has_name (about, GST_EMOTION_OTHER_TRACKS)) {
    if (!self->has_named_others)
      warn (self, gst_structure_get_string (about, "text"));
    self->has_named_others = TRUE;
    return TRUE;
  }
  if (self->uri)
    return FALSE;
  end_live (self);
  return TRUE;
}

/* FALSE at the end, with an error if it is a bad one. */
static gboolean
take_message (Player *self, GstMessage *message, GError **error)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      take_element_message (self, message);
      return TRUE;
    case GST_MESSAGE_APPLICATION:
      return take_own_message (self, message);
    case GST_MESSAGE_WARNING:
      take_warning (self, message);
      return TRUE;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, error, NULL);
      return FALSE;
    case GST_MESSAGE_EOS:
      return FALSE;
    default:
      return TRUE;
  }
}

/* A live source is stopped by EOS; a file is abandoned. FALSE: at once. */
static gboolean
stop_if_asked (Player *self, GError **error)
{
  if (!self->play->stop || !g_atomic_int_get (self->play->stop))
    return TRUE;
  if (!self->uri) {
    end_live (self);
    return TRUE;
  }
  if (self->play->is_live) {
    g_atomic_int_set (&self->is_enough, TRUE);
    return FALSE;
  }
  self->is_stopped = TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED, "interrupted");
  return FALSE;
}

/* The bus has been silent for a while: FALSE, with an error, if it will remain
 * so. */
static gboolean
take_silence (Player *self, GError **error)
{
  if (!self->uri
      || !gst_emotion_stall_is_reached (
          &self->stall, self->pipeline, self->sink, self->play->uri))
    return TRUE;
  g_propagate_error (error, gst_emotion_stall_error ());
  return FALSE;
}

/* After an error, lets pending results arrive. */
static void
drain (Player *self, GstBus *bus)
{
  GstState state;
  GstMessage *message;

  /* Before it plays, its sinks wait for preroll. */
  if (gst_element_get_state (self->pipeline, &state, NULL, 0)
          == GST_STATE_CHANGE_SUCCESS
      && state == GST_STATE_PLAYING)
    gst_pad_send_event (self->sink, gst_event_new_eos ());
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT))) {
    take_element_message (self, message);
    gst_message_unref (message);
  }
}

static gboolean
follow_bus (Player *self, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GError) failure = NULL;
  gboolean goes_on = TRUE;

  while (goes_on) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, GST_EMOTION_PULSE);

    goes_on = message ? take_message (self, message, &failure)
                      : take_silence (self, &failure);
    goes_on = goes_on && stop_if_asked (self, &failure);
    tell_progress (self);
  }
  if (has_sound (self)
      && (failure ? !self->is_stopped
                  : self->play->is_live && g_atomic_int_get (&self->is_enough)))
    drain (self, bus);
  if (!failure)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* One pipeline from its beginning to its end */

static gboolean
build (Player *self, GError **error)
{
  GstElement *sink =
      self->play->add_sink (GST_BIN (self->pipeline), self->user_data);
  GstElement *source;

  if (!sink) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer's core elements are missing");
    return FALSE;
  }
  self->sink = gst_element_get_static_pad (sink, "sink");
  self->source = (GstEmotionUriSource){ .uri = self->uri,
    .path = self->path,
    .wave = self->wave,
    .track = self->play->track,
    .decoders = self->play->decoders,
    .sink = self->sink };
  source = self->uri ? gst_emotion_uri_source_new (&self->source, error)
                     : self->play->source_new (self->user_data, error);
  if (!source)
    return FALSE;
  gst_pad_add_probe (
      self->sink, GST_PAD_PROBE_TYPE_BUFFER, take_buffer, self, NULL);
  gst_emotion_coverage_begin (&self->coverage, self->sink);
  g_signal_connect (self->pipeline, "deep-element-added",
      G_CALLBACK (add_element), &self->coverage);
  gst_bin_add (GST_BIN (self->pipeline), source);
  if (!self->uri)
    gst_element_link (source, sink);
  return TRUE;
}

static gboolean
run (Player *self, const char *uri, GError **error)
{
  GAsyncQueue *noted;
  gboolean ok;

  GST_DEBUG ("playing %s", uri ? uri : "a live source");
  self->uri = uri;
  self->stall = (GstEmotionStall){ 0 };
  self->is_enough = FALSE;
  if (self->play->decoders)
    g_ptr_array_set_size (self->play->decoders, 0);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  noted = gst_emotion_note_elements (self->pipeline);
  ok = build (self, error);
  self->was_built = ok;
  if (ok) {
    gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
    ok = follow_bus (self, error);
    if (ok)
      gst_emotion_coverage_end (&self->coverage, self->sink);
  }
  gst_emotion_stall_stop (self->pipeline, noted);
  if (ok && uri && !self->is_enough && has_sound (self))
    self->loss = gst_emotion_coverage_loss (&self->coverage, self->play->uri);
  self->heard = gst_emotion_coverage_heard (&self->coverage);
  g_signal_handlers_disconnect_by_data (self->pipeline, &self->coverage);
  gst_emotion_coverage_clear (&self->coverage);
  gst_emotion_uri_source_clear (&self->source);
  gst_clear_object (&self->sink);
  gst_clear_object (&self->pipeline);
  return ok;
}

/* The alternative for elements that were too early. */
static gboolean
run_pushed (Player *self, GError **error)
{
  int fd;
  g_autofree char *uri = gst_emotion_source_pushed (self->play->uri, &fd);
  gboolean ok;

  if (!uri)
    return run (self, self->play->uri, error);
  ok = run (self, uri, error);
  close (fd);
  return ok;
}

static gboolean
run_tries (Player *self, GError **error)
{
  const char *const uri = self->play->uri;
  g_autoptr (GError) failure = NULL;

  if (run (self, uri, &failure))
    return TRUE;
  /* Data from a pipe can be read only once. */
  for (guint i = 1;
       uri && !gst_uri_has_protocol (uri, "fd") && i < GST_EMOTION_MAX_TRIES
       && !has_sound (self) && gst_emotion_stall_may_be_chance (failure);
       i++) {
    g_autoptr (GError) other = NULL;

    GST_INFO ("%s: once more, after: %s", uri, failure->message);
    if (i % 2 == 1 ? run_pushed (self, &other) : run (self, uri, &other))
      return TRUE;
    /* Not every source that works in pull mode works in push mode. */
    if (i % 2 == 0 || has_sound (self) || self->is_stopped) {
      g_clear_error (&failure);
      failure = g_steal_pointer (&other);
    }
  }
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Its error counts only if there was any sound. */
static void
run_wave (Player *self, const GstEmotionWave *wave, GError **error)
{
  g_autoptr (GError) failure = NULL;

  GST_INFO ("%s: read without wavparse", self->path);
  self->wave = wave;
  if (!run (self, self->play->uri, &failure) && has_sound (self))
    g_propagate_error (error, g_steal_pointer (&failure));
  self->wave = NULL;
}

static gboolean
run_all (Player *self, GError **error)
{
  g_autofree char *path = self->play->uri
      ? g_filename_from_uri (self->play->uri, NULL, NULL)
      : NULL;
  g_autoptr (GError) failure = NULL;
  GstEmotionWave wave = { 0 };
  const gboolean is_wave = path && gst_emotion_wave_read (&wave, path);

  self->path = path;
  if (is_wave && gst_emotion_wave_is_large (&wave))
    run_wave (self, &wave, &failure);
  if (self->play->is_live && self->play->uri)
    run_pushed (self, &failure); /* fdsrc ends while it waits for a pipe */
  else if (wave.is_cut_early) /* wavparse 1.24 would take its head for sound */
    failure = g_error_new_literal (GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX,
        "it is a WAV file that ends before its sound begins: it is cut off");
  else if (!failure && !has_sound (self) && !self->is_stopped)
    run_tries (self, &failure);
  if (is_wave && !has_sound (self) && !self->is_stopped) {
    g_autoptr (GError) other = NULL;

    run_wave (self, &wave, &other);
    if (has_sound (self)) {
      g_clear_error (&failure);
      failure = g_steal_pointer (&other);
    }
  }
  if (is_wave)
    gst_emotion_wave_clear (&wave);
  if (!failure && !has_sound (self))
    failure = g_error_new_literal (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
        "it contains an audio stream without a single sample");
  if (!failure)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

gboolean
gst_emotion_play (
    const GstEmotionPlay *play, gpointer user_data, char **loss, GError **error)
{
  Player self = { .play = play, .user_data = user_data };
  g_autoptr (GError) failure = NULL;
  gboolean ok;

  GST_DEBUG_CATEGORY_INIT (
      gst_emotion_play_debug, "emotionplay", 0, "sources of the emotion tools");
  gst_emotion_adts_register ();
  ok = run_all (&self, &failure);
  if (failure) {
    g_autoptr (GError) said = self.was_built
        ? gst_emotion_diagnosis_of (
            play->uri, self.refusal ? self.refusal : failure, self.missing)
        : g_error_copy (failure);

    ok = play->uri && has_sound (&self) && !self.is_stopped;
    if (ok)
      self.loss = g_strdup_printf ("read up to %.2f s only: %s",
          self.heard / (gdouble) GST_SECOND, said->message);
    else
      g_propagate_error (error, g_steal_pointer (&said));
  } else {
    if (self.missing) {
      g_autofree char *text = gst_emotion_diagnosis_passed_over (self.missing);

      if (text)
        warn (&self, text);
    }
    if (self.refusal)
      warn (&self, self.refusal->message);
  }
  tell_warnings (&self);
  *loss = self.loss;
  gst_clear_message (&self.missing);
  g_clear_error (&self.refusal);
  g_clear_error (&self.warning);
  return ok;
}
