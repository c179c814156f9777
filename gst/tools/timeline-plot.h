/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of one source over time: its waveform, the emotion of each window,
 * and all probabilities. By PLplot: PNG or SVG. Builds without PLplot make no
 * pictures. */
#pragma once

#include "gst/result.h"

gboolean tool_timeline_plot_is_available (void);

typedef struct _ToolTimelinePlot ToolTimelinePlot;

/* title: above the picture. Free with tool_timeline_plot_free. */
ToolTimelinePlot *tool_timeline_plot_new (const char *title);
void tool_timeline_plot_free (ToolTimelinePlot *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolTimelinePlot, tool_timeline_plot_free)

/* Sound (buffers as they come, of one stream) and windows may
 * come from two threads at once. */
void tool_timeline_plot_add_sound (
    ToolTimelinePlot *self, GstBuffer *buffer, GstCaps *caps);
void tool_timeline_plot_add_window (
    ToolTimelinePlot *self, const GstEmotionResult *result);

/* path: ends in ".png" or ".svg". FALSE and G_FILE_ERROR. One thread of the
 * process at a time. */
gboolean tool_timeline_plot_write (
    const ToolTimelinePlot *self, const char *path, GError **error);
