/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole sound file, decoded by GStreamer, in the format that it has. */
#pragma once

#include <gst/audio/audio.h>

/* All samples in one buffer without time stamps, and their format. Ends the
 * test where the file cannot be decoded. Free with gst_buffer_unref. */
GstBuffer *decode_file (const char *path, GstAudioInfo *info);
