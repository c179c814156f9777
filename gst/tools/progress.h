/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A progress bar in the last line of the terminal, on stderr; nothing if stderr
 * is not a terminal. One thread at a time. */
#pragma once

#include <glib.h>

/* Draws the bar: [#####     ] done/all, with text before and after it. Drawn
 * ten times a second at most. */
void tool_progress_show (
    const char *before, gsize done, gsize all, const char *after);
/* The same for a fraction 0..1. */
void tool_progress_show_fraction (
    const char *before, gdouble fraction, const char *after);
/* Makes room for a line of output. */
void tool_progress_clear (void);

/* Prints "program: what: text" to standard error, safe for a terminal, in place
 * of the progress. what: of whom, a source; or NULL. */
void tool_progress_complain (
    const char *program, const char *what, const char *text);
