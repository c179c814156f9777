/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Playlists: M3U and PLS. */
#pragma once

#include <glib.h>

/* By its extension: .m3u, .m3u8, .pls, and those that tool_playlist_read only
 * names in an error. */
gboolean tool_playlist_is (const char *path);

/* The sources that it names; paths are relative to its folder. Free with
 * g_strfreev. NULL and G_FILE_ERROR if it cannot be read or is empty; NULL
 * without an error if it is an HLS stream, which is one sound. */
char **tool_playlist_read (const char *path, GError **error);
