/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Basics of all plots: the page, colours, text. By PLplot, which only this file
 * and those that include it call. One thread at a time. */
#pragma once

#include <glib.h>
#include <plplot.h>
#include "gst/colours.h"

/* Colours that suit any colour vision (Okabe and Ito 2008), by PLplot's number;
 * the rest is black, white and grey. */
typedef enum {
  GST_EMOTION_PLOT_WHITE,
  GST_EMOTION_PLOT_BLACK,
  GST_EMOTION_PLOT_BLUE,
  GST_EMOTION_PLOT_VERMILION,
  GST_EMOTION_PLOT_GREY,
  GST_EMOTION_PLOT_N_COLOURS, /* the first free number */
} GstEmotionPlotColour;

extern const GstEmotionRgb gst_emotion_plot_colours[GST_EMOTION_PLOT_N_COLOURS];

/* Whether PLplot has a driver of that name. */
gboolean gst_emotion_plot_has_device (const char *device);

/* Begins a picture of so many pixels; end it with gst_emotion_plot_end. FALSE
 * and G_FILE_ERROR where the file cannot be written. */
gboolean gst_emotion_plot_begin (const char *path, const char *device,
    gint width, gint height, GError **error);

/* FALSE and G_FILE_ERROR, and no file, if it could not be written completely.
 */
gboolean gst_emotion_plot_end (const char *path, GError **error);

/* A box in the colour of the pen. */
void gst_emotion_plot_fill (double x0, double x1, double y0, double y1);

/* A file's name as a title, for PLplot: the end of a long one. Free with
 * g_free. */
char *gst_emotion_plot_name (const char *name);

/* Text for PLplot, where "#" begins escapes. Free with g_free. */
char *gst_emotion_plot_escape (const char *text);
