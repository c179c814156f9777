/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The element emotiondetect: passes audio through untouched and reports the
 * emotion of the voice. */
#pragma once

#include <gst/base/gstbasetransform.h>

#define GST_TYPE_EMOTION_DETECT (gst_emotion_detect_get_type ())
G_DECLARE_FINAL_TYPE (
    GstEmotionDetect, gst_emotion_detect, GST, EMOTION_DETECT, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (emotiondetect)
