/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The weights of a model in one row, in the order of its layers, for the
 * optimiser, the copy of the best epoch and the saved state. */
#pragma once

#include "nn/model-private.h"

typedef struct {
  NnParam *param;    /* borrowed from the model */
  const char *layer; /* its name, likewise */
  bool is_trained;
  bool is_head;  /* of the last layer that has any, in the order of running */
  size_t offset; /* among all that are trained, in floats */
} NnWeight;

typedef struct {
  NnWeight *items; /* [n] */
  size_t n;
  size_t n_values;  /* floats of all */
  size_t n_trained; /* floats of those that are trained */
} NnWeightList;

/* Also marks the layers of the graph that are frozen. */
NnWeightList *nn_weight_list_new (NnModel *model);
void nn_weight_list_free (NnWeightList *list); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnWeightList, nn_weight_list_free)

/* The entry of the array in the list, or NULL. */
const NnWeight *nn_weight_list_find (
    const NnWeightList *list, const NnParam *param);

/* Reads or writes all values, [n_values]. */
void nn_weight_list_get (const NnWeightList *list, float *values);
void nn_weight_list_set (NnWeightList *list, const float *values);
