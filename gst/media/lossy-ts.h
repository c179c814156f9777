/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MPEG-TS (ISO/IEC 13818-1) of which something was lost, for tsdemux:
 * - Up to GStreamer 1.22, the first access unit that it cannot take apart (such
 *   as one of Opus, a packet of which was lost) is an error that ends all
 *   streams, whatever their codec. It is made to go on behind it.
 * - It takes a hole of more than 0.5 s for a new time base, so that all times
 *   behind it are wrong, and nobody learns what is missing. Its clock is led
 *   across the hole by packets that hold nothing but clock references. */
#pragma once

#include <gst/gst.h>

/* An element that is plugged now, before it starts; other elements stay as they
 * are. Data will be pushed into a tsdemux: what it pulls itself cannot be
 * changed. */
void gst_emotion_lossy_ts_add (GstElement *element);
