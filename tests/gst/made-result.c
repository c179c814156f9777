/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/made-result.h"

GstEmotionResult *
made_result (const Made *made)
{
  const GstClockTime start = made->start_ms * GST_MSECOND;
  const GstEmotionWindow window = { .timestamp = start,
    .stream_time = start,
    .running_time = start,
    .duration = made->length_ms * GST_MSECOND,
    .id = made->id,
    .partial = made->length_ms < 3000,
    .silence = made->label == -2,
    .voice = made->label == -2 ? 0 : made->length_ms * GST_MSECOND / 2 };
  g_autoptr (GstEmotionLabels) labels = gst_emotion_labels_new_default ();
  GstEmotionResult *result = gst_emotion_result_new (&window, labels, "made");
  const guint n = gst_emotion_labels_count (labels);

  if (made->label == -2)
    return result;
  for (guint i = 0; i < n; i++)
    result->probabilities[i] = (float) ((1 - made->confidence) / (n - 1));
  result->probabilities[MAX (made->label, 0)] = (float) made->confidence;
  result->label_index = made->label;
  result->confidence = made->confidence;
  return result;
}

GstBuffer *
made_sound (guint64 start_ms, guint64 length_ms)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, length_ms * 16, NULL);

  gst_buffer_memset (buffer, 0, 0, length_ms * 16);
  GST_BUFFER_PTS (buffer) = start_ms * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = length_ms * GST_MSECOND;
  return buffer;
}
