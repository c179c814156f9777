/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applies a model to many samples, on the threads of a pool:
 * nn_trainer_evaluate. */
#pragma once

#include "nn/train/pool.h"
#include "nn/train/trainer.h"

typedef struct _NnEvaluator NnEvaluator;

/* model is kept, pool and comm (NULL: alone) are borrowed; ranks divide the
 * samples, and all get the results. NULL and NN_ERROR_LIMIT if out of memory;
 * NN_ERROR_SHAPE if the model has more than one input or output. */
NnEvaluator *nn_evaluator_new (
    NnModel *model, NnPool *pool, const NnComm *comm, GError **error);
void nn_evaluator_free (NnEvaluator *evaluator); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnEvaluator, nn_evaluator_free)

/* output: [samples->n][n_classes] or NULL; score or NULL, without penalty. */
void nn_evaluator_run (NnEvaluator *evaluator, const NnSamples *samples,
    double label_smoothing, float *output, NnScore *score);

/* The L1 and L2 terms of all weights of a model. */
double nn_model_penalty (const NnModel *model);

/* Of NnSampleRequest. */
guint64 nn_sample_seed (guint64 seed, size_t epoch, size_t index);
