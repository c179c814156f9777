/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dense: the last axis times a matrix.
 *   in [..., k]  kernel [k][units]  bias [units]  ->  out [..., units]
 */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/layers.h"

enum { KERNEL, BIAS };

typedef struct {
  NnLayer base;
  size_t units;
  bool use_bias;
  NnActivation activation;
} Dense;

static void
dense_setup (NnLayer *layer, const NnConfig *config)
{
  Dense *self = (Dense *) layer;
  NnShape out;
  size_t k;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  self->units = nn_config_size (config, "units", 0);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
  nn_layer_refuse (config, "lora_rank");
  nn_layer_refuse (config, "quantization_config");
  out = layer->in[0];
  k = out.dim[out.rank - 1];
  out.dim[out.rank - 1] = self->units;
  nn_layer_add_param (layer, config, "", "kernel",
      &(NnShape){ .rank = 2, .dim = { k, self->units } }, true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "", "bias",
        &(NnShape){ .rank = 1, .dim = { self->units } }, true);
  nn_layer_add_output (layer, config, &out);
}

static void
dense_forward (const NnLayer *layer, const NnCall *call)
{
  const Dense *self = (const Dense *) layer;
  const NnShape *const in = &layer->in[0];
  const size_t k = in->dim[in->rank - 1];
  const size_t rows = call->n * nn_shape_size (in) / k;
  const size_t units = self->units;
  float *const out = call->out[0];

  if (self->use_bias)
    for (size_t r = 0; r < rows; r++)
      memcpy (out + r * units, nn_layer_value (layer, BIAS),
          units * sizeof (float));
  nn_blas_gemm (rows, units, k, call->in[0], k, nn_layer_value (layer, KERNEL),
      units, self->use_bias, out, units);
  nn_activation_apply (&self->activation, out, rows, units);
}

static double
dense_flops (const NnLayer *layer)
{
  return 2.0 * nn_shape_size (&layer->in[0]) * ((const Dense *) layer)->units;
}

const NnLayerClass nn_dense_classes[] = {
  {
      .keras_name = "Dense",
      .size = sizeof (Dense),
      .mask_rule = NN_MASK_PASS,
      .setup = dense_setup,
      .forward = dense_forward,
      .flops = dense_flops,
  },
  { NULL },
};
