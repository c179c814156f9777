/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result as GstAnalytics classification metadata (GstAnalyticsClsMtd), for
 * elements that read that. This is the one place that asks for the version of
 * GStreamer: its analytics library came with 1.24. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"

/* Adds a classification with all labels and their probabilities, in falling
 * order: index 0 is the answer. Labels of equal probability keep their order.
 * buffer must be writable. Nothing is added for a result that is "unknown",
 * nor in builds without the library. */
void gst_emotion_analytics_add (
    GstBuffer *buffer, const GstEmotionResult *result);
