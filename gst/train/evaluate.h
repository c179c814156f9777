/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How good a model file is, run as the element runs it. */
#pragma once

#include "gst/model/model.h"
#include "gst/train/examples.h"
#include "nn/train/comm.h"
#include "nn/train/metrics.h"

/* Classifies all examples on n_threads threads of each rank. The model has as
 * many outputs as the corpus has labels, and the examples' recipe. */
NnMetrics *train_evaluate (GstEmotionModel *model,
    const TrainExamples *examples, guint n_threads, const NnComm *comm);
