/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/analytics.h"

#include <gst/analytics/analytics.h>

void
gst_emotion_analytics_add (GstBuffer *buffer, const GstEmotionResult *result)
{
  const guint n = gst_emotion_labels_count (result->labels);
  g_autofree GQuark *classes = NULL;
  GstAnalyticsRelationMeta *relations;
  GstAnalyticsClsMtd classification;

  if (result->window.silence)
    return;
  relations = gst_buffer_get_analytics_relation_meta (buffer);
  if (!relations)
    relations = gst_buffer_add_analytics_relation_meta (buffer);
  classes = g_new (GQuark, n);
  for (guint i = 0; i < n; i++)
    classes[i] =
        g_quark_from_string (gst_emotion_labels_get (result->labels, i));
  gst_analytics_relation_meta_add_cls_mtd (
      relations, n, result->probabilities, classes, &classification);
}
