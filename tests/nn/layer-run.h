/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One layer by itself: made from a configuration, weights and inputs filled
 * with numbers that look random and are always the same.
 */
#pragma once

#include "nn/layer.h"

#define LAYER_RUN_MAX_IN 6

/* What is asked for. */
typedef struct {
  const char *class_name;
  const char *config; /* JSON */
  int keras_major;    /* 0: 3 */
  size_t n_in;        /* 0: 1 */
  NnShape in[LAYER_RUN_MAX_IN];
  bool masked[LAYER_RUN_MAX_IN];
  bool separate_args; /* one argument for each input, not one for all */
  const char *keywords[LAYER_RUN_MAX_IN]; /* of these, or NULL: by position */
  const char *constant;         /* JSON of the argument behind them, or NULL */
  const char *constant_keyword; /* of that, or NULL: by position */
  size_t max_size; /* of an array; 0: any. Larger: only made, not filled */
  bool specialise; /* runs as in a model that is not trained */
  bool quantise;   /* runs with weights of 8 bits */
} LayerSpec;

#define LAYER_RUN_BATCH 3

typedef struct {
  NnDocument *document, *constant;
  NnLayer *layer;
  GError *error;     /* why there is no layer */
  bool is_too_large; /* for max_size: must not be run */
  float *in[LAYER_RUN_MAX_IN], *mask[LAYER_RUN_MAX_IN]; /* of the whole batch */
  float **out, *out_mask;
  float *state; /* NULL: each sample begins anew; the caller's */
} LayerRun;

/* Makes the layer and its arrays; does not run. layer is NULL where the
 * configuration was refused. */
LayerRun *layer_run_new (const LayerSpec *spec);
/* Runs a batch of LAYER_RUN_BATCH samples. */
void layer_run_forward (LayerRun *run);
void layer_run_free (LayerRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LayerRun, layer_run_free)

/* Element i of the k-th weight array. */
static inline float
layer_run_weight (const LayerRun *run, size_t k, size_t i)
{
  return nn_layer_value (run->layer, k)[i];
}
