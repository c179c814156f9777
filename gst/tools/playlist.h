/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of sounds that players save: M3U and PLS. */
#pragma once

#include <glib.h>

/* By its extension: .m3u, .m3u8, .pls, and those that tool_playlist_read only
 * names in an error. */
gboolean tool_playlist_is (const char *path);

/* The sources that it names, those that are no URIs relative to its folder.
 * Free with g_strfreev. NULL and G_FILE_ERROR where it cannot be read or has
 * none; NULL alone where it is a stream in pieces (HLS), which is one sound. */
char **tool_playlist_read (const char *path, GError **error);
