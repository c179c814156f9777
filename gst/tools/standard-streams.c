/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/standard-streams.h"

#include <fcntl.h>
#include <unistd.h>

void
tool_standard_streams_hold (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0)
      /* open returns the lowest free descriptor, so this one. */
      (void) !open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}
