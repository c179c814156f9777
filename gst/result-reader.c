/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/result-reader.h"

void
gst_emotion_reader_reset (GstEmotionReader *self)
{
  self->has_seen = FALSE;
}

static void
read_structure (GstEmotionReader *self, const GstStructure *s,
    GstEmotionReaderFunc func, gpointer user_data)
{
  g_autoptr (GstEmotionResult) result = gst_emotion_result_from_structure (s);

  if (!result)
    return;
  /* If only upstream was restarted, ids begin at 0 and times continue. */
  if (self->has_seen && result->window.id <= self->id
      && result->window.timestamp <= self->timestamp)
    return;
  self->has_seen = TRUE;
  self->id = result->window.id;
  self->timestamp = result->window.timestamp;
  func (g_steal_pointer (&result), user_data);
}

void
gst_emotion_reader_read_buffer (GstEmotionReader *self, GstBuffer *buffer,
    GstEmotionReaderFunc func, gpointer user_data)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state)))
    if (gst_meta_info_is_custom (meta->info)
        && gst_custom_meta_has_name ((GstCustomMeta *) meta, GST_EMOTION_META))
      read_structure (self,
          gst_custom_meta_get_structure ((GstCustomMeta *) meta), func,
          user_data);
}

gboolean
gst_emotion_reader_read_event (GstEmotionReader *self, GstEvent *event,
    GstEmotionReaderFunc func, gpointer user_data)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_CUSTOM_DOWNSTREAM
      || !gst_event_has_name (event, GST_EMOTION_META))
    return FALSE;
  read_structure (self, gst_event_get_structure (event), func, user_data);
  return TRUE;
}
