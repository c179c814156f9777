/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of output files in a folder, one for each source. */
#pragma once

#include "gst/tools/listing.h"

/* Whether path names a folder: it is one, or ends in "/". */
gboolean tool_output_folder_is (const char *path);

/* A path (owned) in folder for each entry of the listing; NULL is the
 * microphone. A source from a folder keeps its path below it, others only their
 * name: "talks/a.wav" becomes "FOLDER/a.vtt". If two would have the same name
 * they keep their extension, "FOLDER/a.wav.vtt", and if that is not enough they
 * are numbered, "FOLDER/a.wav-2.vtt". */
GPtrArray *tool_output_folder_paths (
    const char *folder, const ToolListing *listing, const char *extension);
