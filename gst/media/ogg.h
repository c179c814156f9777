/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chained Ogg (RFC 3533, 4) whose links have serial numbers in common: one file
 * behind itself, or files of an encoder that always takes the same number.
 * oggdemux (1.22 to 1.26) tells links apart by these numbers alone, and leaves
 * out all but the first, or lets time begin anew. Here each link gets numbers
 * of its own on the way from the source; the file is not touched. */
#pragma once

#include <gst/gst.h>

/* source: before it starts; anything but Ogg passes as it is. path: of the
 * local file that it reads; NULL: unknown. */
void gst_emotion_ogg_number_links (GstElement *source, const char *path);
