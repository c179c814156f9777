/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/analytics.h"

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>

/* By descending probability, equal ones in the order of labels. */
static gint
compare_labels (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const float *const p = user_data;
  const guint i = *(const guint *) a, j = *(const guint *) b;

  if (p[i] != p[j])
    return p[i] > p[j] ? -1 : 1;
  return i < j ? -1 : 1;
}

void
gst_emotion_analytics_add (GstBuffer *buffer, const GstEmotionResult *result)
{
  const guint n = gst_emotion_labels_count (result->labels);
  g_autoptr (GArray) order =
      g_array_sized_new (FALSE, FALSE, sizeof (guint), n);
  g_autofree GQuark *classes = g_new (GQuark, n);
  g_autofree gfloat *levels = g_new (gfloat, n);
  GstAnalyticsRelationMeta *relations;
  GstAnalyticsClsMtd classification;

  if (result->label_index < 0)
    return;
  for (guint i = 0; i < n; i++)
    g_array_append_val (order, i);
  g_array_sort_with_data (order, compare_labels, result->probabilities);
  for (guint i = 0; i < n; i++) {
    const guint label = g_array_index (order, guint, i);

    classes[i] =
        g_quark_from_string (gst_emotion_labels_get (result->labels, label));
    levels[i] = result->probabilities[label];
  }
  relations = gst_buffer_get_analytics_relation_meta (buffer);
  if (!relations)
    relations = gst_buffer_add_analytics_relation_meta (buffer);
  gst_analytics_relation_meta_add_cls_mtd (
      relations, n, levels, classes, &classification);
}
#else
void
gst_emotion_analytics_add (GstBuffer *buffer, const GstEmotionResult *result)
{
}
#endif
