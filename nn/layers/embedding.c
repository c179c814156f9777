/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Embedding: a row of a table for each index.
 *   in [...] of whole numbers  embeddings [rows][k]  ->  out [...][k]
 * An index outside the table is clamped. With mask_zero, steps of index 0 are
 * masked. */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/loops.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  size_t rows, k;
} Embedding;

static void
embedding_setup (NnLayer *layer, const NnConfig *config)
{
  Embedding *self = (Embedding *) layer;
  NnShape out;

  if (!nn_layer_expect (layer, config, 1, 0, NN_MAX_RANK - 1))
    return;
  self->rows = nn_config_size (config, "input_dim", 0);
  self->k = nn_config_size (config, "output_dim", 0);
  nn_layer_add_param (layer, config, "", "embeddings",
      &(NnShape){ .rank = 2, .dim = { self->rows, self->k } }, true);
  out = layer->in[0];
  out.dim[out.rank++] = self->k;
  nn_layer_add_output (layer, config, &out);
  if (nn_config_bool (config, "mask_zero", false) && out.rank >= 2)
    layer->mask_rule = NN_MASK_MAKE;
  layer->mask_rank = out.rank - 1;
}

/* NaN gives the first row. */
static size_t
row_of (const Embedding *self, float index)
{
  if (!(index > 0))
    return 0;
  return index >= self->rows ? self->rows - 1 : (size_t) index;
}

static void
embedding_forward (const NnLayer *layer, const NnCall *call)
{
  const Embedding *self = (const Embedding *) layer;
  const float *const table = nn_layer_value (layer, 0);
  const size_t n = call->n * nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < n; i++) {
    memcpy (call->out[0] + i * self->k,
        table + row_of (self, call->in[0][i]) * self->k,
        self->k * sizeof (float));
    if (call->out_mask)
      call->out_mask[i] = call->in[0][i] != 0;
  }
}

/* To the rows that were taken; an index has no gradient. */
static void
embedding_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Embedding *self = (const Embedding *) layer;
  const size_t n = call->forward.n * nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < n && call->param_grad[0]; i++)
    nn_loops ()->add (self->k, call->out_grad[0] + i * self->k,
        call->param_grad[0] + row_of (self, call->forward.in[0][i]) * self->k);
  if (call->in_grad[0])
    memset (call->in_grad[0], 0, n * sizeof (float));
}

static void
embedding_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_out = true;
}

static const NnTraining embedding_training = {
  .measure = embedding_measure,
  .backward = embedding_backward,
};

const NnLayerClass nn_embedding_classes[] = {
  {
      .keras_name = "Embedding",
      .size = sizeof (Embedding),
      .setup = embedding_setup,
      .forward = embedding_forward,
      .training = &embedding_training,
  },
  { NULL },
};
