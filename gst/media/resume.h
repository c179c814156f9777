/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tsdemux goes on behind damaged data. Up to GStreamer 1.22, the first packet
 * that it cannot take apart (such as one of Opus, of which a part was lost) is
 * an error that ends all streams, whatever their codec. */
#pragma once

#include <gst/gst.h>

/* An element that is plugged now, before it starts; other elements stay as they
 * are. Data will be pushed into it, which cannot be done again where it pulls
 * itself. */
void gst_emotion_resume_add (GstElement *element);
