/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands for timeline-plot.c where the build has no PLplot. */
#include "gst/tools/timeline-plot.h"

gboolean
timeline_plot_is_available (void)
{
  return FALSE;
}

TimelinePlot *
timeline_plot_new (const char *title)
{
  return NULL;
}

void
timeline_plot_free (TimelinePlot *self)
{
}

void
timeline_plot_add_sound (TimelinePlot *self, GstBuffer *buffer, GstCaps *caps)
{
}

void
timeline_plot_add_window (TimelinePlot *self, const GstEmotionResult *result)
{
}

gboolean
timeline_plot_write (const TimelinePlot *self, const char *path, GError **error)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
      "this build has no PLplot, so it draws no pictures");
  return FALSE;
}
