/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures as text for people: the tables of scikit-learn. */
#pragma once

#include "gst/model/labels.h"
#include "nn/train/metrics.h"

/* Precision, recall, F1 and support of each class that occurs or was predicted;
 * accuracy, UAR, macro F1, calibration error; the confusion matrix. Free with
 * g_free. */
char *train_text_metrics (
    const NnMetrics *metrics, const GstEmotionLabels *labels);

/* A table of data sets, of TrainSetResult: UAR with its interval, restricted
 * UAR, calibration error. Free with g_free. */
char *train_text_sets (const GPtrArray *sets);
