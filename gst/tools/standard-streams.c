/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/standard-streams.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

void
tool_standard_streams_hold (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0)
      /* open returns the lowest free descriptor, so this one. */
      (void) !open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void
tool_standard_locale_set (void)
{
  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");
  if (strcmp (nl_langinfo (CODESET), "ANSI_X3.4-1968") == 0)
    setlocale (LC_CTYPE, "C.UTF-8");
}
