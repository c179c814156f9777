/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/kin.h"

/* FALSE where name is no class. */
static gboolean
find_label (const GstEmotionLabels *labels, const char *name, guint *label)
{
  for (*label = 0; *label < gst_emotion_labels_count (labels); (*label)++)
    if (g_str_equal (gst_emotion_labels_get (labels, *label), name))
      return TRUE;
  return FALSE;
}

gboolean
train_kin_parse (const char *text, const GstEmotionLabels *labels,
    TrainKin *kin, GError **error)
{
  g_auto (GStrv) parts = g_strsplit_set (text ? text : "", "=:", 0);

  *kin = (TrainKin){ 0 };
  if (!text)
    return TRUE;
  if (g_strv_length (parts) == 3 && find_label (labels, parts[0], &kin->of)
      && find_label (labels, parts[1], &kin->label) && kin->label != kin->of) {
    kin->share = g_ascii_strtod (parts[2], NULL);
    if (kin->share > 0 && kin->share < 0.5)
      return TRUE;
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--kin %s: expected two of the labels and a share above 0, below 0.5: "
      "surprised=pleasant_surprise:0.3",
      text);
  return FALSE;
}

void
train_kin_add (const TrainKin *kin, guint label, double amount, float *target)
{
  const double share = label == kin->of ? kin->share : 0;

  target[label] += amount * (1 - share);
  target[kin->label] += amount * share;
}
