/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/log.h"

#ifndef GST_DISABLE_GST_DEBUG
GST_DEBUG_CATEGORY_STATIC (emotiondetect_debug);

GstDebugCategory *
gst_emotion_log_category (void)
{
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (
        emotiondetect_debug, "emotiondetect", 0, "speech emotion recognition");
    g_once_init_leave (&once, 1);
  }
  return emotiondetect_debug;
}
#endif
