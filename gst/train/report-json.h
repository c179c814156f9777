/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What report.json has in common with that of a cross-validation. */
#pragma once

#include "nn/json-writer.h"
#include "gst/model/labels.h"
#include "gst/train/figures.h"
#include "nn/train/metrics.h"

/* "labels": [ ... ] */
void train_json_add_labels (NnJson *json, const GstEmotionLabels *labels);

/* name: { "count": ..., "accuracy": ..., "classes": { ... }, "confusion": ... }
 */
void train_json_add_metrics (NnJson *json, const char *name,
    const NnMetrics *metrics, const GstEmotionLabels *labels);

/* name: { "windows": ..., "uar": { "value": ..., "low": ..., "high": ... }, ...
 * } */
void train_json_add_figures (
    NnJson *json, const char *name, const TrainFigures *figures);
