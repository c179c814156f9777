/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/stall.h"

#include <string.h>

/* A decoder may push some empty buffers in a row, but not this many. */
#define MAX_EMPTY 10000

gboolean
gst_emotion_stall_takes (GstEmotionStall *self, GstBuffer *buffer)
{
  self->n_empty = gst_buffer_get_size (buffer) > 0 ? 0 : self->n_empty + 1;
  return self->n_empty == MAX_EMPTY;
}

/* A pad's thread holds its stream lock, also between pausing its task and
 * pushing EOS, as wavparse and others do. */
static gboolean
pad_works (GstPad *pad)
{
  gboolean works;

  GST_OBJECT_LOCK (pad);
  works = GST_PAD_TASK (pad)
      && gst_task_get_state (GST_PAD_TASK (pad)) == GST_TASK_STARTED;
  GST_OBJECT_UNLOCK (pad);
  if (works || !GST_PAD_STREAM_TRYLOCK (pad))
    return TRUE;
  GST_PAD_STREAM_UNLOCK (pad);
  return FALSE;
}

static gboolean
has_working_pad (GstElement *element)
{
  gboolean works = FALSE;

  GST_OBJECT_LOCK (element);
  for (GList *item = element->pads; item && !works; item = item->next)
    works = pad_works (item->data);
  GST_OBJECT_UNLOCK (element);
  return works;
}

/* Adaptive demuxers (HLS, DASH) download in threads that cannot be observed. */
static gboolean
may_fetch (GstElement *element)
{
  const char *const class =
      gst_element_get_metadata (element, GST_ELEMENT_METADATA_KLASS);

  return class && strstr (class, "Adaptive");
}

static gint
compare_with_working (gconstpointer value, gconstpointer data)
{
  GstElement *const element = g_value_get_object (value);

  return has_working_pad (element) || may_fetch (element) ? 0 : 1;
}

static gboolean
works (GstElement *pipeline)
{
  GstIterator *elements = gst_bin_iterate_recurse (GST_BIN (pipeline));
  GValue found = G_VALUE_INIT;
  const gboolean is_found =
      gst_iterator_find_custom (elements, compare_with_working, &found, NULL);

  if (is_found)
    g_value_unset (&found);
  gst_iterator_free (elements);
  return is_found;
}

gboolean
gst_emotion_stall_is_reached (
    GstEmotionStall *self, GstElement *pipeline, GstPad *sink, const char *uri)
{
  const guint enough = GST_PAD_IS_EOS (sink) ? GST_EMOTION_STALL_EOS_CHECKS : 2;

  self->n_quiet = gst_uri_has_protocol (uri, "file") && !works (pipeline)
      ? self->n_quiet + 1
      : 0;
  return self->n_quiet >= enough;
}

#define STALL_TEXT                                                             \
  "the file is damaged, or GStreamer stopped in the middle of it"

GError *
gst_emotion_stall_error (void)
{
  return g_error_new_literal (
      GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, STALL_TEXT);
}

gboolean
gst_emotion_stall_may_be_chance (const GError *failure)
{
  return g_error_matches (failure, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED)
      || g_str_equal (failure->message, STALL_TEXT);
}

/* In any thread. */
static void
note_element (
    GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  g_async_queue_push (user_data, gst_object_ref (element));
}

GAsyncQueue *
gst_emotion_note_elements (GstElement *pipeline)
{
  GAsyncQueue *const noted = g_async_queue_new_full (gst_object_unref);

  g_signal_connect (
      pipeline, "deep-element-added", G_CALLBACK (note_element), noted);
  return noted;
}

void
gst_emotion_stall_stop (GstElement *pipeline, GAsyncQueue *noted)
{
  GstElement *element;

  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_signal_handlers_disconnect_by_data (pipeline, noted);
  while ((element = g_async_queue_try_pop (noted))) {
    gst_element_set_state (element, GST_STATE_NULL);
    gst_object_unref (element);
  }
  g_async_queue_unref (noted);
}
