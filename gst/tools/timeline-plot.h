/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of one source over time: its waveform, the emotion of each window,
 * and all probabilities. By PLplot: PNG or SVG. Where the build has no PLplot
 * there are no pictures. */
#pragma once

#include "gst/result.h"

gboolean timeline_plot_is_available (void);

typedef struct _TimelinePlot TimelinePlot;

/* title: above the picture. Free with timeline_plot_free. */
TimelinePlot *timeline_plot_new (const char *title);
void timeline_plot_free (TimelinePlot *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TimelinePlot, timeline_plot_free)

/* Sound (buffers as they come, of one stream) and windows may
 * come from two threads at once. */
void timeline_plot_add_sound (
    TimelinePlot *self, GstBuffer *buffer, GstCaps *caps);
void timeline_plot_add_window (
    TimelinePlot *self, const GstEmotionResult *result);

/* path: ends in ".png" or ".svg". FALSE and G_FILE_ERROR. One thread of the
 * process at a time. */
gboolean timeline_plot_write (
    const TimelinePlot *self, const char *path, GError **error);
