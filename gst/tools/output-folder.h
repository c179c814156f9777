/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file for each source, in a folder: which is called how. */
#pragma once

#include "gst/tools/listing.h"

/* Whether path names a folder: it is one, or ends in "/". */
gboolean tool_output_folder_is (const char *path);

/* A path (owned) in folder for each entry of the listing; NULL is the
 * microphone. A source that came out of a folder keeps its place below it, any
 * other its name alone: "talks/a.wav" becomes "FOLDER/a.vtt". Where two would
 * be called the same they keep their extension, "FOLDER/a.wav.vtt", and where
 * that is not enough they are counted, "FOLDER/a.wav-2.vtt". */
GPtrArray *tool_output_folder_paths (
    const char *folder, const ToolListing *listing, const char *extension);
