/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configurations of layers, as Keras 2 writes them. */
#include "nn/train/network-private.h"

static void
add_object (NnJson *json, const char *key, const char *class_name)
{
  nn_json_begin_object (json, key);
  nn_json_add_string (json, "class_name", class_name);
  nn_json_begin_object (json, "config");
}

static void
end_object (NnJson *json)
{
  nn_json_end_object (json);
  nn_json_end_object (json);
}

static void
add_initializer (NnJson *json, const char *key, const char *class_name)
{
  add_object (json, key, class_name);
  if (g_str_equal (class_name, "Orthogonal"))
    nn_json_add_python_float (json, "gain", 1);
  if (g_str_equal (class_name, "Orthogonal")
      || g_str_equal (class_name, "GlorotUniform"))
    nn_json_add_string (json, "seed", NULL);
  end_object (json);
}

static void
add_regularizer (const NnNetwork *self, NnJson *json, double l2)
{
  l2 *= self->options.l2;
  if (l2 <= 0) {
    nn_json_add_string (json, "kernel_regularizer", NULL);
    return;
  }
  add_object (json, "kernel_regularizer", "L2");
  nn_json_add_python_float (json, "l2", l2);
  end_object (json);
}

static double
dropout_rate (const NnNetwork *self, double rate)
{
  return CLAMP (rate * self->options.dropout, 0, 0.95);
}

static void
add_sizes (NnJson *json, const char *key, size_t n, const size_t *sizes)
{
  nn_json_begin_array (json, key);
  for (size_t i = 0; i < n; i++)
    nn_json_add_int (json, NULL, sizes[i]);
  nn_json_end_array (json);
}

static void
add_pair (NnJson *json, const char *key, size_t y, size_t x)
{
  add_sizes (json, key, 2, (const size_t[]){ y, x });
}

/* Of layers with a kernel, in Keras' order. */
static void
add_weights (NnJson *json, const char *activation, bool use_bias)
{
  nn_json_add_string (json, "activation", activation ? activation : "linear");
  nn_json_add_boolean (json, "use_bias", use_bias);
  add_initializer (json, "kernel_initializer", "GlorotUniform");
  add_initializer (json, "bias_initializer", "Zeros");
}

NnValue
nn_network_conv2d (NnNetwork *self, NnValue x, const NnNetworkConv *conv)
{
  NnJson *const json = nn_network_begin (self, "Conv2D", "conv2d", x)->config;
  const size_t size = conv->size > 0 ? conv->size : 3;

  nn_json_add_int (json, "filters", conv->filters);
  add_pair (json, "kernel_size", size, size);
  add_pair (json, "strides", 1, 1);
  nn_json_add_string (json, "padding", "same");
  nn_json_add_string (json, "data_format", "channels_last");
  add_pair (json, "dilation_rate", 1, 1);
  nn_json_add_int (json, "groups", 1);
  add_weights (json, conv->activation, !conv->no_bias);
  add_regularizer (self, json, conv->l2);
  return nn_network_end (self);
}

NnValue
nn_network_max_pool2d (NnNetwork *self, NnValue x, size_t bands, size_t frames)
{
  NnJson *const json =
      nn_network_begin (self, "MaxPooling2D", "max_pooling2d", x)->config;

  add_pair (json, "pool_size", bands, frames);
  nn_json_add_string (json, "padding", "valid");
  add_pair (json, "strides", bands, frames);
  nn_json_add_string (json, "data_format", "channels_last");
  return nn_network_end (self);
}

static NnValue
add_mean (NnNetwork *self, NnValue x, const char *class_name, const char *stem,
    bool keeps_axes)
{
  NnJson *const json = nn_network_begin (self, class_name, stem, x)->config;

  nn_json_add_string (json, "data_format", "channels_last");
  nn_json_add_boolean (json, "keepdims", keeps_axes);
  return nn_network_end (self);
}

NnValue
nn_network_mean2d (NnNetwork *self, NnValue x, bool keeps_axes)
{
  return add_mean (self, x, "GlobalAveragePooling2D",
      "global_average_pooling2d", keeps_axes);
}

NnValue
nn_network_mean1d (NnNetwork *self, NnValue x)
{
  return add_mean (
      self, x, "GlobalAveragePooling1D", "global_average_pooling1d", false);
}

NnValue
nn_network_to_steps (NnNetwork *self, NnValue x, size_t features)
{
  NnJson *const json = nn_network_begin (self, "Reshape", "reshape", x)->config;

  nn_json_begin_array (json, "target_shape");
  nn_json_add_int (json, NULL, -1);
  nn_json_add_int (json, NULL, features);
  nn_json_end_array (json);
  return nn_network_end (self);
}

NnValue
nn_network_flatten (NnNetwork *self, NnValue x)
{
  nn_json_add_string (nn_network_begin (self, "Flatten", "flatten", x)->config,
      "data_format", "channels_last");
  return nn_network_end (self);
}

static NnJson *
begin_recurrent (NnNetwork *self, NnValue x, const char *class_name,
    const char *stem, size_t units, double dropout, bool is_sequence)
{
  NnJson *const json = nn_network_begin (self, class_name, stem, x)->config;

  nn_json_add_boolean (json, "return_sequences", is_sequence);
  nn_json_add_boolean (json, "return_state", false);
  nn_json_add_boolean (json, "go_backwards", false);
  nn_json_add_boolean (json, "stateful", false);
  nn_json_add_boolean (json, "unroll", false);
  nn_json_add_int (json, "units", units);
  nn_json_add_string (json, "activation", "tanh");
  nn_json_add_string (json, "recurrent_activation", "sigmoid");
  nn_json_add_boolean (json, "use_bias", true);
  add_initializer (json, "kernel_initializer", "GlorotUniform");
  add_initializer (json, "recurrent_initializer", "Orthogonal");
  add_initializer (json, "bias_initializer", "Zeros");
  nn_json_add_python_float (json, "dropout", dropout_rate (self, dropout));
  nn_json_add_python_float (json, "recurrent_dropout", 0);
  return json;
}

NnValue
nn_network_gru (NnNetwork *self, NnValue x, size_t units, double dropout)
{
  NnJson *const json =
      begin_recurrent (self, x, "GRU", "gru", units, dropout, false);

  nn_json_add_boolean (json, "reset_after", true);
  return nn_network_end (self);
}

NnValue
nn_network_lstm (
    NnNetwork *self, NnValue x, size_t units, double dropout, bool is_sequence)
{
  NnJson *const json =
      begin_recurrent (self, x, "LSTM", "lstm", units, dropout, is_sequence);

  nn_json_add_boolean (json, "unit_forget_bias", true);
  return nn_network_end (self);
}

NnValue
nn_network_attention (
    NnNetwork *self, NnValue x, size_t heads, size_t key_dim, double dropout)
{
  NnNetworkLayer *const layer =
      nn_network_begin (self, "MultiHeadAttention", "multi_head_attention", x);
  NnJson *const json = layer->config;

  layer->is_apart = true;
  layer->in[layer->n_in++] = x;
  nn_json_add_int (json, "num_heads", heads);
  nn_json_add_int (json, "key_dim", key_dim);
  nn_json_add_int (json, "value_dim", key_dim);
  nn_json_add_python_float (json, "dropout", dropout_rate (self, dropout));
  nn_json_add_boolean (json, "use_bias", true);
  nn_json_add_string (json, "output_shape", NULL);
  nn_json_add_string (json, "attention_axes", NULL);
  add_initializer (json, "kernel_initializer", "GlorotUniform");
  add_initializer (json, "bias_initializer", "Zeros");
  return nn_network_end (self);
}

NnValue
nn_network_dense_by_step (NnNetwork *self, NnValue x, size_t units)
{
  const size_t steps = nn_network_shape (self, x).dim[0];
  NnJson *const json =
      nn_network_begin (self, "EinsumDense", "einsum_dense", x)->config;

  nn_json_add_string (json, "equation", "abc,cd->abd");
  add_pair (json, "output_shape", steps, units);
  nn_json_add_string (json, "activation", "linear");
  nn_json_add_string (json, "bias_axes", "bd");
  add_initializer (json, "kernel_initializer", "GlorotUniform");
  add_initializer (json, "bias_initializer", "Zeros");
  return nn_network_end (self);
}

NnValue
nn_network_dense (
    NnNetwork *self, NnValue x, size_t units, const char *activation, double l2)
{
  NnJson *const json = nn_network_begin (self, "Dense", "dense", x)->config;

  nn_json_add_int (json, "units", units);
  add_weights (json, activation, true);
  add_regularizer (self, json, l2);
  return nn_network_end (self);
}

NnValue
nn_network_classes (NnNetwork *self, NnValue x, double l2)
{
  return nn_network_dense (self, x, self->options.n_classes, "softmax", l2);
}

NnValue
nn_network_activation (NnNetwork *self, NnValue x, const char *activation)
{
  nn_json_add_string (
      nn_network_begin (self, "Activation", "activation", x)->config,
      "activation", activation);
  return nn_network_end (self);
}

NnValue
nn_network_softmax (NnNetwork *self, NnValue x, int axis)
{
  nn_json_add_int (
      nn_network_begin (self, "Softmax", "softmax", x)->config, "axis", axis);
  return nn_network_end (self);
}

static NnValue
add_batch_norm (NnNetwork *self, NnValue x, const char *stem, double momentum,
    double epsilon, bool is_affine)
{
  NnJson *const json =
      nn_network_begin (self, "BatchNormalization", stem, x)->config;

  nn_json_add_int (json, "axis", -1);
  nn_json_add_python_float (json, "momentum", momentum);
  nn_json_add_python_float (json, "epsilon", epsilon);
  nn_json_add_boolean (json, "center", is_affine);
  nn_json_add_boolean (json, "scale", is_affine);
  if (is_affine) {
    add_initializer (json, "beta_initializer", "Zeros");
    add_initializer (json, "gamma_initializer", "Ones");
  }
  add_initializer (json, "moving_mean_initializer", "Zeros");
  add_initializer (json, "moving_variance_initializer", "Ones");
  return nn_network_end (self);
}

NnValue
nn_network_batch_norm (NnNetwork *self, NnValue x)
{
  return add_batch_norm (self, x, "batch_normalization", 0.99, 1e-3, true);
}

NnValue
nn_network_standardize (NnNetwork *self, NnValue x)
{
  return add_batch_norm (self, x, "standardize", 0.9, 1e-6, false);
}

NnValue
nn_network_layer_norm (NnNetwork *self, NnValue x)
{
  NnJson *const json =
      nn_network_begin (self, "LayerNormalization", "layer_normalization", x)
          ->config;

  nn_json_add_int (json, "axis", -1);
  nn_json_add_python_float (json, "epsilon", 1e-5);
  nn_json_add_boolean (json, "center", true);
  nn_json_add_boolean (json, "scale", true);
  add_initializer (json, "beta_initializer", "Zeros");
  add_initializer (json, "gamma_initializer", "Ones");
  return nn_network_end (self);
}

NnValue
nn_network_unit_norm (NnNetwork *self, NnValue x, int axis)
{
  nn_json_add_int (
      nn_network_begin (self, "UnitNormalization", "unit_normalization", x)
          ->config,
      "axis", axis);
  return nn_network_end (self);
}

NnValue
nn_network_rescale (NnNetwork *self, NnValue x, double scale)
{
  NnJson *const json =
      nn_network_begin (self, "Rescaling", "rescaling", x)->config;

  nn_json_add_python_float (json, "scale", scale);
  nn_json_add_python_float (json, "offset", 0);
  return nn_network_end (self);
}

NnValue
nn_network_dropout (NnNetwork *self, NnValue x, double rate)
{
  NnJson *const json = nn_network_begin (self, "Dropout", "dropout", x)->config;

  nn_json_add_python_float (json, "rate", dropout_rate (self, rate));
  nn_json_add_string (json, "noise_shape", NULL);
  nn_json_add_string (json, "seed", NULL);
  return nn_network_end (self);
}

NnValue
nn_network_permute (
    NnNetwork *self, NnValue x, size_t first, size_t second, size_t third)
{
  add_sizes (nn_network_begin (self, "Permute", "permute", x)->config, "dims",
      3, (const size_t[]){ first, second, third });
  return nn_network_end (self);
}

NnValue
nn_network_merge (NnNetwork *self, const char *class_name, NnValue a, NnValue b)
{
  static const struct {
    const char *class_name, *stem;
  } stems[] = {
    { "Add", "add" },
    { "Subtract", "subtract" },
    { "Multiply", "multiply" },
    { "Concatenate", "concatenate" },
  };
  const char *stem = NULL;
  NnNetworkLayer *layer;

  for (size_t i = 0; i < G_N_ELEMENTS (stems); i++)
    if (g_str_equal (stems[i].class_name, class_name))
      stem = stems[i].stem;
  g_assert (stem != NULL);
  layer = nn_network_begin (self, class_name, stem, a);
  layer->in[layer->n_in++] = b;
  if (g_str_equal (class_name, "Concatenate"))
    nn_json_add_int (layer->config, "axis", -1);
  return nn_network_end (self);
}

NnValue
nn_network_dot (NnNetwork *self, NnValue a, NnValue b, int axis)
{
  NnNetworkLayer *const layer = nn_network_begin (self, "Dot", "dot", a);

  layer->in[layer->n_in++] = b;
  nn_json_add_int (layer->config, "axes", axis);
  nn_json_add_boolean (layer->config, "normalize", false);
  return nn_network_end (self);
}
