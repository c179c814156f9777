/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The debug category "emotiondetect", for the modules of the element that are
 * not GObjects. Their lines name the element (their `owner`):
 *
 *   GST_DEBUG_OBJECT (self->owner, "...");
 *
 * ERROR, WARNING  what the user must know     LOG    once per window INFO
 * once per stream             TRACE  once per buffer DEBUG           decisions
 *
 * gst/REFERENCE.md explains the lines to users. */
#pragma once

#include <gst/gst.h>

#ifndef GST_DISABLE_GST_DEBUG
#define GST_CAT_DEFAULT (gst_emotion_log_category ())

/* The first call registers the category. */
GstDebugCategory *gst_emotion_log_category (void);
#endif
