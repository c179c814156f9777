/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "gst/media/source-uri.h"

#define WIDTH 24 /* of the bar, characters */
#define INTERVAL (G_USEC_PER_SEC / 10)

static gint64 last_shown; /* monotonic time; 0: nothing is on the screen */

static gboolean
is_due (gboolean is_last)
{
  const gint64 now = g_get_monotonic_time ();

  if (!isatty (STDERR_FILENO)
      || (!is_last && last_shown && now - last_shown < INTERVAL))
    return FALSE;
  last_shown = now;
  return TRUE;
}

static void
show (const char *before, gdouble fraction, const char *after)
{
  const gint n_full = fraction * WIDTH;

  fprintf (stderr, "\r%s [", before);
  for (gint i = 0; i < WIDTH; i++)
    fputc (i < n_full ? '#' : ' ', stderr);
  fprintf (stderr, "] %s\033[K", after);
  fflush (stderr);
}

void
tool_progress_show (
    const char *before, gsize done, gsize all, const char *after)
{
  g_autofree char *text = NULL;

  if (!is_due (done >= all))
    return;
  text = g_strdup_printf ("%zu/%zu %s", done, all, after);
  show (before, all > 0 ? (gdouble) done / all : 0, text);
}

void
tool_progress_show_fraction (
    const char *before, gdouble fraction, const char *after)
{
  if (is_due (FALSE))
    show (before, fraction, after);
}

void
tool_progress_clear (void)
{
  if (!last_shown)
    return;
  fputs ("\r\033[K", stderr);
  fflush (stderr);
  last_shown = 0;
}

void
tool_progress_complain (const char *program, const char *what, const char *text)
{
  g_autofree char *shown = what ? gst_emotion_source_line (what) : NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  tool_progress_clear ();
  fprintf (stderr, "%s: %s%s", program, shown ? shown : "", shown ? ": " : "");
  for (char **line = lines; *line; line++) {
    g_autofree char *safe = gst_emotion_source_line (*line);

    fprintf (stderr, "%s\n", safe);
  }
}
