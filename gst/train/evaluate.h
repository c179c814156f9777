/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How good a network is on examples: the one that is being trained, or a model
 * file. The ranks share the work, and all get the result: metrics and figures
 * of each data set. Free with train_trial_free. */
#pragma once

#include "gst/model/model.h"
#include "gst/train/examples.h"
#include "gst/train/trials.h"
#include "nn/train/comm.h"
#include "nn/train/metrics.h"
#include "nn/train/trainer.h"

TrainTrial *train_evaluate_trainer (
    NnTrainer *trainer, const TrainExamples *examples);

/* Runs the model as the element does, on n_threads threads of each rank. It has
 * as many outputs as the corpus has labels, and the examples' recipe. */
TrainTrial *train_evaluate_model (GstEmotionModel *model,
    const TrainExamples *examples, guint n_threads, const NnComm *comm);
