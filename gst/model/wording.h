/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What messages call a setting: elements have properties, programs options. */
#pragma once

#include <glib.h>

typedef enum {
  GST_EMOTION_SETTING_LABELS,
  GST_EMOTION_SETTING_RECIPE,
  GST_EMOTION_SETTING_MODEL_FILE,
} GstEmotionSetting;

/* "the property “labels”", or "--labels" in a program that has said so. */
const char *gst_emotion_wording (GstEmotionSetting setting);

/* For a program, before it does anything else: its users give options. */
void gst_emotion_wording_use_options (void);
