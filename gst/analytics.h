/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result as GstAnalytics classification metadata (GstAnalyticsClsMtd), for
 * elements that read it. The only place that depends on the version of
 * GStreamer: the analytics library was added in 1.24. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"

/* Adds a classification with all labels and their probabilities, in descending
 * order: index 0 is the result. Labels of equal probability keep their order.
 * buffer must be writable. Nothing is added for an "unknown" result, nor in
 * builds without the library. */
void gst_emotion_analytics_add (
    GstBuffer *buffer, const GstEmotionResult *result);
