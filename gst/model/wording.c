/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/wording.h"

static gint has_options; /* atomic */

const char *
gst_emotion_wording (GstEmotionSetting setting)
{
  static const char *const properties[] = { "the property “labels”",
    "the property “recipe”", "the property “model-file”" };
  static const char *const options[] = { "--labels", "--recipe", "--model" };

  return (g_atomic_int_get (&has_options) ? options : properties)[setting];
}

void
gst_emotion_wording_use_options (void)
{
  g_atomic_int_set (&has_options, TRUE);
}
