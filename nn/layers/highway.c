/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Highway and MaxoutDense, from Keras 2.0 and 2.1 (keras/legacy):
 *   Highway: t = sigmoid (x W_carry + b_carry)
 *            y = activation (x W + b) * t + x * (1 - t)       W, W_carry [d][d]
 *   MaxoutDense: y = max over f of x W[f] + b[f]         W [features][d][units]
 */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/layers.h"

/* Indices of the arrays of Highway. */
enum { W, W_CARRY, B, B_CARRY };

typedef struct {
  NnLayer base;
  size_t n, units, n_features;
  bool has_bias;
  NnActivation activation, gate;
} Highway;

/* x w + b, or x w if b is NULL. */
static void
apply (const float *x, size_t n, const float *w, size_t units, const float *b,
    float *out)
{
  if (b)
    memcpy (out, b, units * sizeof *out);
  nn_blas_gemm (1, units, n, x, n, w, units, b != NULL, out, units);
}

static void
highway_setup (NnLayer *layer, const NnConfig *config)
{
  Highway *self = (Highway *) layer;
  NnShape square;

  if (!nn_layer_expect (layer, config, 1, 1, 1))
    return;
  self->n = self->units = layer->in[0].dim[0];
  self->has_bias = nn_config_bool (config, "bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
  nn_activation_find ("sigmoid", config->keras_major, &self->gate);
  square = (NnShape){ .rank = 2, .dim = { self->n, self->n } };
  nn_layer_add_param (layer, config, "", "W", &square, true);
  nn_layer_add_param (layer, config, "", "W_carry", &square, true);
  if (self->has_bias) {
    nn_layer_add_param (layer, config, "", "b", &layer->in[0], true);
    nn_layer_add_param (layer, config, "", "b_carry", &layer->in[0], true);
  }
  layer->scratch_len = self->n;
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static void
highway_forward (const NnLayer *layer, const NnCall *call)
{
  const Highway *self = (const Highway *) layer;
  const size_t n = self->n;
  float *const carry = call->scratch;

  for (size_t s = 0; s < call->n; s++) {
    const float *const x = call->in[0] + s * n;
    float *const out = call->out[0] + s * n;

    apply (x, n, nn_layer_value (layer, W), n,
        self->has_bias ? nn_layer_value (layer, B) : NULL, out);
    apply (x, n, nn_layer_value (layer, W_CARRY), n,
        self->has_bias ? nn_layer_value (layer, B_CARRY) : NULL, carry);
    nn_activation_apply (&self->activation, out, 1, n);
    nn_activation_apply (&self->gate, carry, 1, n);
    for (size_t i = 0; i < n; i++)
      out[i] = out[i] * carry[i] + x[i] * (1 - carry[i]);
  }
}

static void
maxout_setup (NnLayer *layer, const NnConfig *config)
{
  Highway *self = (Highway *) layer;
  NnShape kernel, bias, out;

  if (!nn_layer_expect (layer, config, 1, 1, 1))
    return;
  self->n = layer->in[0].dim[0];
  self->units = nn_config_size (config, "output_dim", 0);
  self->n_features = nn_config_size (config, "nb_feature", 4);
  self->has_bias = nn_config_bool (config, "bias", true);
  kernel =
      (NnShape){ .rank = 3, .dim = { self->n_features, self->n, self->units } };
  bias = (NnShape){ .rank = 2, .dim = { self->n_features, self->units } };
  out = (NnShape){ .rank = 1, .dim = { self->units } };
  nn_layer_add_param (layer, config, "", "W", &kernel, true);
  if (self->has_bias)
    nn_layer_add_param (layer, config, "", "b", &bias, true);
  layer->scratch_len = self->units;
  nn_layer_add_output (layer, config, &out);
}

static void
maxout_forward (const NnLayer *layer, const NnCall *call)
{
  const Highway *self = (const Highway *) layer;
  const size_t units = self->units;
  const float *const kernel = nn_layer_value (layer, 0);
  const float *const bias = self->has_bias ? nn_layer_value (layer, 1) : NULL;

  for (size_t s = 0; s < call->n; s++)
    for (size_t f = 0; f < self->n_features; f++) {
      float *const out = call->out[0] + s * units;

      apply (call->in[0] + s * self->n, self->n, kernel + f * self->n * units,
          units, bias ? bias + f * units : NULL, f == 0 ? out : call->scratch);
      for (size_t i = 0; i < units && f > 0; i++)
        out[i] = MAX (out[i], call->scratch[i]);
    }
}

const NnLayerClass nn_highway_classes[] = {
  {
      .keras_name = "Highway",
      .size = sizeof (Highway),
      .setup = highway_setup,
      .forward = highway_forward,
  },
  {
      .keras_name = "MaxoutDense",
      .size = sizeof (Highway),
      .setup = maxout_setup,
      .forward = maxout_forward,
  },
  { NULL },
};
