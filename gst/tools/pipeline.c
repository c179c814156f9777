/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/pipeline.h"

#include "gst/gstemotiondetect.h"
#include "gst/media/play.h"
#include "gst/tools/device.h"

typedef struct {
  const ToolAnalyzerOptions *options;
  const ToolAnalyzerCallbacks *callbacks;
  gpointer user_data;
  gboolean is_live;
  GstClockTime begin; /* used by the streaming thread: of the first buffer */
} Pipeline;

GstElement *
tool_pipeline_element_new (const ToolAnalyzerOptions *options)
{
  /* Not from the registry: the element is linked into this program. */
  GstElement *element = g_object_new (GST_TYPE_EMOTION_DETECT, NULL);

  g_object_set (element, "model-file", options->model_file, "labels",
      options->labels, "recipe", options->recipe, "quantize", options->quantize,
      "min-voice", options->min_voice, "attach-meta", FALSE, NULL);
  if (options->interval)
    g_object_set (element, "interval", options->interval, NULL);
  if (options->model)
    gst_util_set_object_arg (G_OBJECT (element), "model", options->model);
  return gst_object_ref_sink (element);
}

static GstElement *
source_new (gpointer user_data, GError **error)
{
  const Pipeline *self = user_data;

  return tool_device_source_new (self->options->device, error);
}

static GstElement *
add_sink (GstBin *pipeline, gpointer user_data)
{
  const Pipeline *self = user_data;
  g_autoptr (GstElement) detect = tool_pipeline_element_new (self->options);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  if (!sink)
    return NULL;
  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add_many (pipeline, detect, sink, NULL);
  gst_element_link (detect, sink);
  return detect;
}

/* Buffers that begin before the end of the recording pass. */
static gboolean
is_past_end (Pipeline *self, GstBuffer *buffer)
{
  const GstClockTime pts = GST_BUFFER_PTS (buffer);
  const gdouble record_s = self->options->record_s;

  if (!self->is_live || record_s <= 0 || !GST_CLOCK_TIME_IS_VALID (pts))
    return FALSE;
  if (!GST_CLOCK_TIME_IS_VALID (self->begin))
    self->begin = pts;
  return pts >= self->begin + record_s * GST_SECOND;
}

static gboolean
take_sound (
    GstBuffer *buffer, GstCaps *caps, gpointer user_data, GError **error)
{
  Pipeline *self = user_data;

  if (is_past_end (self, buffer))
    return FALSE;
  if (self->callbacks->sound)
    self->callbacks->sound (buffer, caps, self->user_data);
  return TRUE;
}

static void
take_message (GstMessage *message, gpointer user_data)
{
  const Pipeline *self = user_data;

  if (gst_message_has_name (message, "emotion"))
    self->callbacks->window (
        gst_message_get_structure (message), self->user_data);
}

static void
take_warning (const char *text, gpointer user_data)
{
  const Pipeline *self = user_data;

  self->callbacks->warning (text, self->user_data);
}

static void
take_progress (gdouble fraction, gpointer user_data)
{
  const Pipeline *self = user_data;

  if (self->callbacks->progress)
    self->callbacks->progress (fraction, self->user_data);
}

gboolean
tool_pipeline_run (const char *uri, const ToolAnalyzerOptions *options,
    const ToolAnalyzerCallbacks *callbacks, gpointer user_data,
    GPtrArray *decoders, char **loss, GError **error)
{
  const GstEmotionPlay play = { .uri = uri,
    .track = options->track,
    .stop = options->stop,
    .is_live = options->follow,
    .decoders = decoders,
    .source_new = source_new,
    .add_sink = add_sink,
    .take = take_sound,
    .message = take_message,
    .warning = take_warning,
    .progress = take_progress };
  Pipeline self = { .options = options,
    .callbacks = callbacks,
    .user_data = user_data,
    .is_live = !uri,
    .begin = GST_CLOCK_TIME_NONE };

  return gst_emotion_play (&play, &self, loss, error);
}
