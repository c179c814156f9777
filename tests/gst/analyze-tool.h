/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-analyze as a user runs it, and sound files for it. */
#pragma once

#include <glib.h>

/* A file of that many seconds, at 22.05 kHz in stereo. encoder: elements from
 * raw sound to the file ("wavenc"). FALSE where they are not installed. */
gboolean analyze_tool_make_sound (
    const char *path, gdouble seconds, const char *encoder);

/* The command line: the tool with the small model of tests/data, and then
 * arguments up to NULL. Free with g_ptr_array_unref. */
GPtrArray *analyze_tool_argv (const char *first, ...) G_GNUC_NULL_TERMINATED;

/* Runs it; returns its exit status. out, err: or NULL. envp: or NULL. */
/* Frees argv. */
int analyze_tool_run (GPtrArray *argv, char **envp, char **out, char **err);
