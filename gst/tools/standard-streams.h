/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* To be called first in a program: if it was started without standard input,
 * output or error, files that it opens would take their descriptors, and
 * receive what is written to them. Afterwards they are open, and writing to
 * them fails (EBADF). */
void tool_standard_streams_hold (void);

/* The user's language, with a decimal point: lines and pages are read by
 * programs, too. In the locale C, that of containers, text is UTF-8. To be
 * called second. */
void tool_standard_locale_set (void);
