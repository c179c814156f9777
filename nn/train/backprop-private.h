/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a batch is laid out: backprop-plan.c makes the layout, backprop.c takes
 * the batch through it, backprop-op.c does one layer of it; backprop-local.c
 * decides what stays in a cache. */
#pragma once

#include "nn/train/backprop.h"
#include "nn/training.h"

/* Values of a tensor, or their gradients. If they are only used while some
 * samples pass through a group of layers, they live in the thread's own memory,
 * and so in its cache. */
typedef struct {
  bool is_local;
  float *batch;    /* [batch_size][size], or NULL */
  size_t local_at; /* in NnBackpropSpace.local: [at_once][size] */
} NnBackpropArray;

typedef struct {
  size_t root;   /* the tensor whose memory this one shares */
  bool has_grad; /* the loss depends on it, and its gradient is needed */
  size_t size;   /* floats of one sample */
  NnBackpropArray value, grad;
} NnBackpropTensor;

/* How a layer writes the gradient of an input. */
typedef enum {
  NN_GRAD_NONE,  /* not wanted */
  NN_GRAD_WRITE, /* it is the first to write it */
  NN_GRAD_ADD,   /* another layer has: uses a temporary array */
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
  NnActivation activation; /* applied after the layer, if its gradient needs its
                              input: */
  float *before;           /* [batch_size][out], or NULL */
  /* The group of the operation, and how many samples pass through it at a time:
   * what one operation writes is still in the cache when another reads it. */
  size_t group_first, group_end, at_once;
  NnGradMode *modes;    /* [n_in] */
  size_t *param_offset; /* [n_params] into a gradient, or NN_NOT_TRAINED */
  size_t saved_len;     /* floats of a chunk */
  float *saved;         /* [n_chunks][saved_len] */
  double *sums;         /* [n_chunks + 1][needs.sums], the last is all */
  double *backward_sums;
} NnBackpropOp;

static inline bool
nn_backprop_op_has_backward_sums (const NnBackpropOp *op)
{
  return op->is_backward && op->needs.backward_sums > 0;
}

/* Rounds up to whole cache lines of 64 bytes, in floats. */
static inline size_t
nn_backprop_padded (size_t n)
{
  return (n + 15) / 16 * 16;
}

#define NN_NOT_TRAINED G_MAXSIZE

/* A thread's arrays for one call. */
typedef struct {
  float *scratch, *temporary, *local;
  const float **in, **in_mask; /* [max_in] */
  float **out, **out_grad;     /* [max_out] */
  float **in_grad;             /* [max_in] */
  float **param_grad;          /* [max_params] */
} NnBackpropSpace;

struct _NnBackprop {
  NnModel *model;
  const NnGraph *graph;
  const NnWeightList *weights;
  NnPool *pool;
  NnBackpropConfig config;
  size_t n_chunks; /* of a full batch */
  NnShare *share;
  size_t output; /* tensor */

  NnBackpropTensor *tensors;
  NnBackpropOp *ops;
  size_t n_ops;
  NnBackpropSpace *spaces; /* [n_threads] */
  float *gradients;        /* [n_chunks][weights->n_trained] */
  float *arena;            /* all floats */
  double *sums;            /* all doubles */
  size_t memory;

  /* Of the current batch: */
  size_t n;
  guint32 step;
  NnLossFunc loss;
  gpointer loss_data;
  size_t from, to; /* operations of this stage */
  float *gradient;
};

/* The tensor whose memory it has. */
static inline NnBackpropTensor *
nn_backprop_root (NnBackprop *backprop, size_t tensor)
{
  return &backprop->tensors[backprop->tensors[tensor].root];
}

/* Samples of a chunk that a layer processes: all, or some at a time. */
typedef struct {
  size_t chunk, first, n; /* of the batch */
} NnBackpropRange;

/* One layer, for the samples of a range, forward and backward; and its sums
 * over the batch, which the first range of a chunk clears. */
void nn_backprop_op_forward (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread);
void nn_backprop_op_sums (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread);
void nn_backprop_op_backward (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread);
void nn_backprop_op_backward_sums (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread);

/* Groups the operations, and decides which arrays are local. */
void nn_backprop_plan_local (NnBackprop *backprop);
/* Places these; returns the floats of NnBackpropSpace.local. */
size_t nn_backprop_place_local (NnBackprop *backprop);

/* Fills everything but the fields of the current batch. */
bool nn_backprop_plan (NnBackprop *backprop, GError **error);
