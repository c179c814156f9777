/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How messages name a setting: elements have properties, programs have options.
 */
#pragma once

#include <glib.h>

typedef enum {
  GST_EMOTION_SETTING_LABELS,
  GST_EMOTION_SETTING_RECIPE,
  GST_EMOTION_SETTING_MODEL_FILE,
} GstEmotionSetting;

/* "the property “labels”", or "--labels" in a program that has called the
 * function below. */
const char *gst_emotion_wording (GstEmotionSetting setting);

/* To be called by a program first of all: its users set options. */
void gst_emotion_wording_use_options (void);
