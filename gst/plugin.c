/* SPDX-License-Identifier: GPL-2.0-or-later */
#define PACKAGE "gst-emotiondetect"

#include <gst/gst.h>

#include "gst/gstemotiondetect.h"
#ifdef HAVE_SCOPE
#include "gst/scope/gstemotionscope.h"
#endif
#include "gst/text/gstemotiontext.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
#ifdef HAVE_SCOPE
  if (!GST_ELEMENT_REGISTER (emotionscope, plugin))
    return FALSE;
#endif
  return GST_ELEMENT_REGISTER (emotiondetect, plugin)
      && GST_ELEMENT_REGISTER (emotiontext, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, emotiondetect,
    "Speech emotion recognition", plugin_init, PACKAGE_VERSION, "GPL", PACKAGE,
    "built from source")
