/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces timeline-plot.c in builds without PLplot. */
#include "gst/tools/timeline-plot.h"

gboolean
tool_timeline_plot_is_available (void)
{
  return FALSE;
}

ToolTimelinePlot *
tool_timeline_plot_new (const char *title)
{
  return NULL;
}

void
tool_timeline_plot_free (ToolTimelinePlot *self)
{
}

void
tool_timeline_plot_add_sound (
    ToolTimelinePlot *self, GstBuffer *buffer, GstCaps *caps)
{
}

void
tool_timeline_plot_add_window (
    ToolTimelinePlot *self, const GstEmotionResult *result)
{
}

gboolean
tool_timeline_plot_write (
    const ToolTimelinePlot *self, const char *path, GError **error)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
      "this build cannot draw pictures: it lacks PLplot");
  return FALSE;
}
