/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 24 /* of the bar, characters */
#define INTERVAL (G_USEC_PER_SEC / 10)

static gint64 last_shown; /* monotonic time; 0: nothing is on the screen */

void
progress_show (const char *before, gsize done, gsize all, const char *after)
{
  const gint64 now = g_get_monotonic_time ();
  const gint n_full = all > 0 ? done * WIDTH / all : 0;

  if (!isatty (STDERR_FILENO)
      || (done < all && last_shown && now - last_shown < INTERVAL))
    return;
  last_shown = now;
  fprintf (stderr, "\r%s [", before);
  for (gint i = 0; i < WIDTH; i++)
    fputc (i < n_full ? '#' : ' ', stderr);
  fprintf (stderr, "] %zu/%zu %s\033[K", done, all, after);
  fflush (stderr);
}

void
progress_clear (void)
{
  if (!last_shown)
    return;
  fputs ("\r\033[K", stderr);
  fflush (stderr);
  last_shown = 0;
}
