/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The element emotiontext: audio with results in, subtitles out. */
#pragma once

#include <gst/gst.h>

#define GST_TYPE_EMOTION_TEXT (gst_emotion_text_get_type ())
G_DECLARE_FINAL_TYPE (
    GstEmotionText, gst_emotion_text, GST, EMOTION_TEXT, GstElement)

GST_ELEMENT_REGISTER_DECLARE (emotiontext)
