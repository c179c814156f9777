/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where each tensor of a graph lives while the model runs: tensors whose
 * lifetimes do not meet share memory, views share it with what they show. */
#pragma once

#include "nn/graph.h"

typedef struct {
  size_t *root;   /* [n_tensors] the tensor whose memory this one shows */
  size_t *offset; /* [n_tensors] floats for one sample, of roots that are not
                     inputs of the graph */
  size_t arena;   /* floats for one sample, in all */
  size_t scratch; /* floats, largest of all layers */
  size_t scratch_per_sample; /* floats for each sample more */
} NnPlan;

/* Free with nn_plan_free. NULL and NN_ERROR_LIMIT where the model wants more
 * than NN_MAX_SCRATCH. */
NnPlan *nn_plan_new (const NnGraph *graph, const char *name, GError **error);
void nn_plan_free (NnPlan *plan); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnPlan, nn_plan_free)
