/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/uri-source.h"

#include "gst/media/ogg.h"
#include "gst/media/tracks.h"

/* All below in a streaming thread; one source at a time is plugged. */

static void
add_track (GstElement *source, GstPad *pad, gpointer user_data)
{
  GstEmotionUriSource *self = user_data;

  g_ptr_array_add (self->candidates, gst_object_ref (pad));
}

/* Without this, a file with video only would never end. */
static void
choose_track (GstElement *source, gpointer user_data)
{
  GstEmotionUriSource *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *others = NULL;
  GstPad *chosen = NULL;

  if (self->candidates->len > 0)
    chosen = gst_emotion_tracks_choose (
        self->candidates, self->track, &others, &error);
  else if (!gst_pad_is_linked (self->sink))
    error = g_error_new_literal (
        GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "it contains no audio");
  if (chosen && others)
    gst_element_post_message (source,
        gst_message_new_application (GST_OBJECT (source),
            gst_structure_new (GST_EMOTION_OTHER_TRACKS, "text", G_TYPE_STRING,
                others, NULL)));
  if (chosen && !gst_pad_is_linked (self->sink)
      && GST_PAD_LINK_FAILED (gst_pad_link (chosen, self->sink)))
    error = g_error_new_literal (GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "its sound is in a format that cannot be read");
  if (error)
    gst_element_post_message (source,
        gst_message_new_error (
            GST_OBJECT (source), error, "from where tracks are chosen"));
  g_ptr_array_set_size (self->candidates, 0);
}

/* Not the bins that plug them. */
static void
note_decoder (
    GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GPtrArray *decoders = user_data;
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory && !GST_IS_BIN (element)
      && gst_element_factory_list_is_type (
          factory, GST_ELEMENT_FACTORY_TYPE_DECODABLE))
    g_ptr_array_add (decoders, gst_object_ref (factory));
}

static void
set_up_source (GstElement *bin, GstElement *source, gpointer user_data)
{
  GstEmotionUriSource *self = user_data;

  if (!self->wave)
    gst_emotion_ogg_number_links (source, self->path);
  else if (!gst_emotion_wave_feed (self->wave, self->path, source))
    GST_ELEMENT_ERROR (bin, STREAM, CODEC_NOT_FOUND,
        ("the format of its sound is unknown"), (NULL));
}

GstElement *
gst_emotion_uri_source_new (GstEmotionUriSource *self, GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-raw");
  GstElement *source = gst_element_factory_make ("uridecodebin", NULL);

  if (!source) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer's base plugins are not installed (Debian: apt install "
        "gstreamer1.0-plugins-base)");
    return NULL;
  }
  self->candidates = g_ptr_array_new_with_free_func (gst_object_unref);
  g_object_set (source, "uri", self->wave ? "appsrc://" : self->uri, "caps",
      caps, "expose-all-streams", FALSE, NULL);
  g_signal_connect (source, "source-setup", G_CALLBACK (set_up_source), self);
  g_signal_connect (source, "pad-added", G_CALLBACK (add_track), self);
  g_signal_connect (source, "no-more-pads", G_CALLBACK (choose_track), self);
  if (self->decoders)
    g_signal_connect (source, "deep-element-added", G_CALLBACK (note_decoder),
        self->decoders);
  return source;
}

void
gst_emotion_uri_source_clear (GstEmotionUriSource *self)
{
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
}
