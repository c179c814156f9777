/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory layout of a graph for inference: tensors whose lifetimes do not
 * overlap share memory, views share that of their tensor. */
#pragma once

#include "nn/graph.h"

typedef struct {
  size_t *root;   /* [n_tensors] the tensor whose memory this one shares */
  size_t *offset; /* [n_tensors] floats for one sample, of roots that are not
                     inputs of the graph */
  size_t arena;   /* floats for one sample, in total */
  size_t scratch; /* floats, largest of all layers */
  size_t scratch_per_sample; /* additional floats for each sample */
} NnPlan;

/* Free with nn_plan_free. NULL and NN_ERROR_LIMIT if the model needs more than
 * NN_MAX_SCRATCH. */
NnPlan *nn_plan_new (const NnGraph *graph, const char *name, GError **error);
void nn_plan_free (NnPlan *plan); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnPlan, nn_plan_free)
