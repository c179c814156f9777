/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dense: the last axis multiplied by a matrix.
 *   in [..., k]  kernel [k][units]  bias [units]  ->  out [..., units] */
#include <string.h>
#include "nn/activation.h"
#include "nn/layers/layers.h"
#include "nn/simd.h"
#include "nn/training.h"

enum { KERNEL, BIAS };

typedef struct {
  NnLayer base;
  size_t k, units;
  bool use_bias;
  NnActivation activation;
  NnPacked packed; /* by dense_finish */
} Dense;

static void
dense_setup (NnLayer *layer, const NnConfig *config)
{
  Dense *self = (Dense *) layer;
  NnShape out;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  self->units = nn_config_size (config, "units", 0);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
  layer->last_activation = &self->activation;
  nn_layer_refuse (config, "lora_rank");
  out = layer->in[0];
  self->k = out.dim[out.rank - 1];
  out.dim[out.rank - 1] = self->units;
  nn_layer_add_param (layer, config, "", "kernel",
      &(NnShape){ .rank = 2, .dim = { self->k, self->units } }, true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "", "bias",
        &(NnShape){ .rank = 1, .dim = { self->units } }, true);
  nn_layer_add_output (layer, config, &out);
}

static void
dense_clear (NnLayer *layer)
{
  nn_packed_clear (&((Dense *) layer)->packed);
}

static bool
dense_finish (NnLayer *layer)
{
  Dense *self = (Dense *) layer;

  return nn_packed_init (&self->packed, nn_simd (),
      nn_layer_value (layer, KERNEL), self->units, self->k, self->units);
}

static void
dense_forward (const NnLayer *layer, const NnCall *call)
{
  const Dense *self = (const Dense *) layer;
  const size_t k = self->k, units = self->units;
  const size_t rows = call->n * nn_shape_size (&layer->in[0]) / k;
  float *const out = call->out[0];
  const float *const bias =
      self->use_bias ? nn_layer_value (layer, BIAS) : NULL;

  if (rows > 1 && !call->is_sequence) {
    nn_simd ()->product (&(NnProduct){ .m = rows,
        .a = call->in[0],
        .lda = k,
        .n_segments = 1,
        .segment_len = k,
        .b = &self->packed,
        .bias = bias,
        .c = out,
        .ldc = units });
  } else {
    for (size_t i = 0; i < rows; i++) {
      if (bias)
        memcpy (out + i * units, bias, units * sizeof *out);
      else
        memset (out + i * units, 0, units * sizeof *out);
      nn_simd ()->vector_product (
          call->in[0] + i * k, &self->packed, out + i * units);
    }
  }
  nn_activation_apply (&self->activation, out, rows, units);
}

static double
dense_flops (const NnLayer *layer)
{
  return 2.0 * nn_shape_size (&layer->in[0]) * ((const Dense *) layer)->units;
}

static void
dense_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const Dense *self = (const Dense *) layer;

  needs->scratch = nn_training_product_len (self->units, self->k);
}

static void
dense_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Dense *self = (const Dense *) layer;
  const size_t k = self->k, units = self->units;
  const size_t rows = call->forward.n * nn_shape_size (&layer->in[0]) / k;
  const float *const dy = call->out_grad[0];

  if (call->param_grad[KERNEL])
    nn_simd ()->transposed_product (&(NnTransposedProduct){ .m = rows,
        .k = k,
        .n = units,
        .a = call->forward.in[0],
        .lda = k,
        .n_segments = 1,
        .b = dy,
        .ldb = units,
        .c = call->param_grad[KERNEL],
        .ldc = units });
  if (self->use_bias && call->param_grad[BIAS])
    nn_loops ()->add_rows (rows, units, dy, units, call->param_grad[BIAS]);
  if (call->in_grad[0])
    nn_training_product (rows, units, k, dy, units,
        nn_layer_value (layer, KERNEL), 1, units, false, call->in_grad[0], k,
        call->forward.scratch);
}

static const NnTraining dense_training = {
  .measure = dense_measure,
  .backward = dense_backward,
};

const NnLayerClass nn_dense_classes[] = {
  {
      .keras_name = "Dense",
      .size = sizeof (Dense),
      .mask_rule = NN_MASK_PASS,
      .setup = dense_setup,
      .finish = dense_finish,
      .forward = dense_forward,
      .flops = dense_flops,
      .clear = dense_clear,
      .training = &dense_training,
  },
  { NULL },
};
