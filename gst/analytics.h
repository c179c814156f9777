/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result as GstAnalytics classification metadata (ClsMtd), beside
 * GstEmotionMeta, for elements that read that. Unlike ours it is dropped by
 * converters. Only in builds with gstreamer-analytics >= 1.24. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"

/* buffer must be writable. Nothing for a window that is silent: a
 * classification without a class is none. */
void gst_emotion_analytics_add (
    GstBuffer *buffer, const GstEmotionResult *result);
