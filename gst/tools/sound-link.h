/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an <audio> of a page in a folder plays: a source by a URL, or its bytes.
 */
#pragma once

#include <glib.h>

/* Appends the URL of source (a path or a URI) for a page whose path is page: a
 * relative one for a local file, so that both may be moved together; http and
 * https URLs are unchanged. FALSE if a browser cannot access it. */
gboolean tool_sound_link (GString *out, const char *source, const char *page);

/* Appends all of a local file as a data: URL. FALSE and an error if it cannot
 * be read, or is larger than browsers accept (TOOL_SOUND_MAX_EMBEDDED). */
#define TOOL_SOUND_MAX_EMBEDDED (256 << 20) /* bytes */
gboolean tool_sound_embed (GString *out, const char *source, GError **error);
