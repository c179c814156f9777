/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Training, step by step: samples and targets in, better weights out. Losses
 * and updates are those of Keras 3: categorical cross-entropy + L2, Adam.
 *
 * The same model, config and batches give the same weights bit for bit, for
 * every number of threads and ranks: a batch is cut into chunks of config.chunk
 * samples, each chunk is computed by itself, and chunks are added in a fixed
 * order (nn/train/share.h); dropout depends on (seed, step, layer, sample).
 * Other processors may round differently.
 *
 * On several ranks (config.comm) all make the same calls with the same
 * arguments; each computes its share of the chunks of a batch, and of the
 * samples of an evaluation, and gets the results of all.
 *
 * nn/train/fit.h drives epochs. A trainer is used by one thread; it has worker
 * threads of its own. */
#pragma once

#include "nn/model.h"
#include "nn/train/comm.h"
#include "nn/train/samples.h"

typedef struct _NnTrainer NnTrainer;

typedef struct {
  size_t batch_size; /* maximum number of samples of a step */
  size_t chunk;      /* samples that one thread takes at a time */
  size_t n_threads;  /* 0: one for each processor */
  guint64 seed;      /* of dropout, shuffling and NnSampleRequest.seed */
  double learning_rate;
  double head_rate; /* times the learning rate, for the last layer that has
                       weights: a new one may learn faster than the rest */
  double beta_1, beta_2, epsilon; /* Adam */
  double clip_norm;       /* bound of the global gradient norm; 0: none */
  double weight_decay;    /* of AdamW, before each update; 0: none */
  double label_smoothing; /* 0 .. 1: (1 - s) y + s / n_classes */
  double teacher_weight;  /* 0 .. 1, see nn/train/loss.h; 0: no teacher */
  double temperature;     /* of the probabilities of teacher and model */
  const char *freeze;     /* nn_model_freeze; NULL: nothing; borrowed until
                             nn_trainer_new returns */
  const NnComm *comm;     /* NULL: this process alone; borrowed */
} NnTrainConfig;

/* 32 samples, chunks of 8, one thread for each processor, seed 0, Adam (1e-3,
 * 0.9, 0.999, 1e-7), temperature and head_rate 1; everything else off. */
void nn_train_config_init (NnTrainConfig *config);

/* Sums over samples; nn_score_* give means. */
typedef struct {
  double weighted_loss; /* of weight * cross-entropy */
  double correct;       /* argmax of the output is argmax of the target */
  double penalty;       /* L1 and L2 terms, times samples */
  size_t n;
} NnScore;

void nn_score_add (NnScore *score, const NnScore *more);
/* As Keras reports them: loss with the penalty. NaN where n is 0. */
double nn_score_loss (const NnScore *score);
double nn_score_accuracy (const NnScore *score);

/* A trainer for a copy of model (from nn_architecture_new, or loaded: then it
 * is fine-tuning). The model must have one input and one output, a
 * distribution [n_classes]. NULL and NN_ERROR_UNSUPPORTED where a layer cannot
 * be trained, NN_ERROR_LIMIT where there is no memory. Free with
 * nn_trainer_free. */
NnTrainer *nn_trainer_new (
    const NnModel *model, const NnTrainConfig *config, GError **error);
void nn_trainer_free (NnTrainer *trainer); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnTrainer, nn_trainer_free)

size_t nn_trainer_input_size (const NnTrainer *trainer); /* floats */
size_t nn_trainer_n_classes (const NnTrainer *trainer);
/* Floats of a target: n_classes, or with a teacher twice as many: the labels,
 * and behind them the teacher's probabilities. */
size_t nn_trainer_target_size (const NnTrainer *trainer);
size_t nn_trainer_n_weights (const NnTrainer *trainer); /* that are trained */
size_t nn_trainer_n_threads (const NnTrainer *trainer);
size_t nn_trainer_memory (const NnTrainer *trainer); /* bytes, about */

/* The samples first ... first + n_mine - 1 of a batch of n are this rank's; all
 * where it is alone. */
void nn_trainer_share (
    NnTrainer *trainer, size_t n, size_t *first, size_t *n_mine);

/* One step on n <= batch_size samples. x [n][input size], target [n][target
 * size] (a distribution each), weight [n] or NULL: all 1; of these only the
 * share of this rank is read. The loss is the mean over n of weight * nn_loss,
 * before the update. score (may be NULL): of all n; a sample without a label is
 * right where the model answers as the teacher. */
void nn_trainer_step (NnTrainer *trainer, size_t n, const float *x,
    const float *target, const float *weight, NnScore *score);

/* The next call of step uses this rate. */
void nn_trainer_set_learning_rate (NnTrainer *trainer, double learning_rate);
double nn_trainer_learning_rate (const NnTrainer *trainer);

/* Fills x, target and weight ([n] each) with the samples index[n], on all
 * threads. epoch, training: for NnSampleRequest. */
void nn_trainer_make_batch (NnTrainer *trainer, const NnSamples *samples,
    size_t epoch, bool training, const size_t *index, size_t n, float *x,
    float *target, float *weight);

/* All ranks take the weights and the optimiser's state of rank 0, because other
 * kinds of processors may have rounded differently. */
void nn_trainer_align (NnTrainer *trainer);

/* Applies the current model (inference: no dropout, moving statistics) to
 * samples. output: [samples->n][n_classes] probabilities, or NULL. score: loss
 * and accuracy against the targets, or NULL. */
void nn_trainer_evaluate (NnTrainer *trainer, const NnSamples *samples,
    float *output, NnScore *score);

/* A copy of the current model. metadata: text for "emotiondetect" (JSON), or
 * NULL: that of the original model. Save it with nn_model_save. */
NnModel *nn_trainer_export (
    const NnTrainer *trainer, const char *metadata, GError **error);
