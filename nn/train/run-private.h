/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a batch is laid out for nn/train/run.c: run-plan.c makes it, run.c runs
 * it, run-op.c one layer of it; run-local.c says what stays in a cache. */
#pragma once

#include "nn/train/run.h"
#include "nn/training.h"

/* Values of a tensor, or their gradients. Those that are written and read while
 * some samples go through a group of layers live in the thread's own memory,
 * and so in its cache. */
typedef struct {
  bool is_local;
  float *batch;    /* [batch_size][size], or NULL */
  size_t local_at; /* in NnRunSpace.local: [at_once][size] */
} NnRunArray;

typedef struct {
  size_t root;   /* the tensor whose memory this one shows */
  bool has_grad; /* the loss depends on it, and something wants to know */
  size_t size;   /* floats of one sample */
  NnRunArray value, grad;
} NnRunTensor;

/* What a layer does with the gradient of an input. */
typedef enum {
  NN_GRAD_NONE,  /* not wanted */
  NN_GRAD_WRITE, /* the first to write it */
  NN_GRAD_ADD,   /* another one has: goes through a temporary array */
} NnGradMode;

/* One layer that computes. */
typedef struct {
  const NnNode *node;
  NnLayer *layer;
  const NnTraining *training; /* NULL: only forward */
  guint32 index;              /* of the node */
  NnTrainingNeeds needs;
  bool is_backward;        /* a gradient goes through it */
  bool skips_activation;   /* out_grad is that of the softmax' input already */
  NnActivation activation; /* applied behind the layer, where its gradient needs
                              what came before it: */
  float *before;           /* [batch_size][out], or NULL */
  /* Operations that belong together, and how many samples go through all of
   * them before the next: what one writes is in the cache when another reads
   * it. */
  size_t group_first, group_end, at_once;
  NnGradMode *modes;    /* [n_in] */
  size_t *param_offset; /* [n_params] into a gradient, or NN_NOT_TRAINED */
  size_t saved_len;     /* floats of a chunk */
  float *saved;         /* [n_chunks][saved_len] */
  double *sums;         /* [n_chunks + 1][needs.sums], the last is all */
  double *backward_sums;
} NnRunOp;

static inline bool
nn_run_op_has_backward_sums (const NnRunOp *op)
{
  return op->is_backward && op->needs.backward_sums > 0;
}

/* Floats up to the next array of an arena: whole lines of 64 bytes. */
static inline size_t
nn_run_padded (size_t n)
{
  return (n + 15) / 16 * 16;
}

#define NN_NOT_TRAINED G_MAXSIZE

/* What a thread needs for one call. */
typedef struct {
  float *scratch, *temporary, *local;
  const float **in, **in_mask; /* [max_in] */
  float **out, **out_grad;     /* [max_out] */
  float **in_grad;             /* [max_in] */
  float **param_grad;          /* [max_params] */
} NnRunSpace;

struct _NnRun {
  NnModel *model;
  const NnGraph *graph;
  const NnWeightList *weights;
  NnPool *pool;
  NnRunConfig config;
  size_t n_chunks; /* of a full batch */
  NnShare *share;
  size_t output; /* tensor */

  NnRunTensor *tensors;
  NnRunOp *ops;
  size_t n_ops;
  NnRunSpace *spaces; /* [n_threads] */
  float *gradients;   /* [n_chunks][weights->n_trained] */
  float *arena;       /* all floats */
  double *sums;       /* all doubles */
  size_t memory;

  /* Of the batch that runs: */
  size_t n;
  guint32 step;
  NnLossFunc loss;
  gpointer loss_data;
  size_t from, to; /* operations of this stage */
  float *gradient;
};

/* Samples of a chunk that a layer works on: all, or some at a time. */
typedef struct {
  size_t chunk, first, n; /* of the batch */
} NnRunRange;

/* One layer, for the samples of a range, there and back; and the sums that it
 * wants over the batch, of which a chunk begins with its first range. */
void nn_run_op_forward (
    NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread);
void nn_run_op_sums (
    NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread);
void nn_run_op_backward (
    NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread);
void nn_run_op_backward_sums (
    NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread);

/* Groups the operations, and says which arrays are local. */
void nn_run_plan_local (NnRun *run);
/* Places these; returns the floats of NnRunSpace.local. */
size_t nn_run_place_local (NnRun *run);

/* Fills everything but the last part. */
bool nn_run_plan (NnRun *run, GError **error);
