/* SPDX-License-Identifier: GPL-2.0-or-later */
#define PACKAGE "gst-emotiondetect"

#include <gst/gst.h>

#include "gst/gstemotiondetect.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (emotiondetect, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, emotiondetect,
    "Speech emotion recognition", plugin_init, PACKAGE_VERSION, "GPL", PACKAGE,
    "built from source")
