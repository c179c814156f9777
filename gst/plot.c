/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/plot.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define MAX_NAME 72 /* characters */

const GstEmotionRgb gst_emotion_plot_colours[GST_EMOTION_PLOT_N_COLOURS] = {
  [GST_EMOTION_PLOT_WHITE] = { 255, 255, 255 },
  [GST_EMOTION_PLOT_BLACK] = { 0, 0, 0 },
  [GST_EMOTION_PLOT_BLUE] = GST_EMOTION_BLUE,
  [GST_EMOTION_PLOT_VERMILION] = GST_EMOTION_VERMILION,
  [GST_EMOTION_PLOT_GREY] = { 215, 215, 215 },
};

gboolean
gst_emotion_plot_has_device (const char *device)
{
  const char *menus[64], *names[64], **menu = menus, **name = names;
  int n = G_N_ELEMENTS (names);

  plgFileDevs (&menu, &name, &n);
  for (int i = 0; i < n; i++)
    if (strcmp (names[i], device) == 0)
      return TRUE;
  return FALSE;
}

/* PLplot exits if it cannot write, and expands “%n” in names, so it gets an
 * open file. */
gboolean
gst_emotion_plot_begin (const char *path, const char *device, gint width,
    gint height, GError **error)
{
  FILE *const file = fopen (path, "wb");

  if (!file) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "cannot write %s: %s", path, g_strerror (errno));
    return FALSE;
  }
  plsdev (device);
  plsfile (file); /* which it closes */
  plspage (0, 0, width, height, 0, 0);
  for (gsize i = 0; i < GST_EMOTION_PLOT_N_COLOURS; i++)
    plscol0 (i, gst_emotion_plot_colours[i].red,
        gst_emotion_plot_colours[i].green, gst_emotion_plot_colours[i].blue);
  plinit ();
  pladv (0);
  plschr (0, 0.8);
  plcol0 (GST_EMOTION_PLOT_BLACK);
  return TRUE;
}

/* Whether the file is complete, by the end of PNG and SVG. */
static gboolean
is_whole (const char *path)
{
  char end[33] = "";
  FILE *const file = fopen (path, "rb");
  gsize n = 0;

  if (file && fseek (file, -32, SEEK_END) == 0)
    n = fread (end, 1, 32, file);
  if (file)
    fclose (file);
  return g_strstr_len (end, n, "</svg>")
      || (n == 32 && memcmp (end + 24, "IEND", 4) == 0);
}

/* PLplot does not check for write errors. */
gboolean
gst_emotion_plot_end (const char *path, GError **error)
{
  plend ();
  if (is_whole (path))
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_IO,
      "could not write all of %s; is the disk full?", path);
  g_unlink (path);
  return FALSE;
}

void
gst_emotion_plot_fill (double x0, double x1, double y0, double y1)
{
  const PLFLT xs[] = { x0, x1, x1, x0 }, ys[] = { y0, y0, y1, y1 };

  plfill (4, xs, ys);
}

char *
gst_emotion_plot_name (const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);
  const glong len = g_utf8_strlen (valid, -1);
  g_autofree char *end = len <= MAX_NAME
      ? g_strdup (valid)
      : g_strconcat (
          "…", g_utf8_offset_to_pointer (valid, len - MAX_NAME + 1), NULL);

  return gst_emotion_plot_escape (end);
}

char *
gst_emotion_plot_escape (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "#", -1);

  return g_strjoinv ("##", parts);
}
