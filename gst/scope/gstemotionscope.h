/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The element emotionscope: audio with results in, video out. */
#pragma once

#include <gst/pbutils/gstaudiovisualizer.h>

#define GST_TYPE_EMOTION_SCOPE (gst_emotion_scope_get_type ())
G_DECLARE_FINAL_TYPE (
    GstEmotionScope, gst_emotion_scope, GST, EMOTION_SCOPE, GstAudioVisualizer)

GST_ELEMENT_REGISTER_DECLARE (emotionscope)
