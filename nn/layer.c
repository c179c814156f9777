/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layer.h"

#include <string.h>
#include "nn/layers/layers.h"
#include "nn/limits.h"

/* All layers, by family. */
static const NnLayerClass *const families[] = {
  nn_activation_classes,
  nn_adaptive_pooling_classes,
  nn_attention_classes,
  nn_batch_normalization_classes,
  nn_bidirectional_classes,
  nn_binary_classes,
  nn_concatenate_classes,
  nn_conv_classes,
  nn_conv_lstm_classes,
  nn_conv_transpose_classes,
  nn_dense_classes,
  nn_depthwise_classes,
  nn_discretization_classes,
  nn_dot_classes,
  nn_dropout_classes,
  nn_einsum_classes,
  nn_embedding_classes,
  nn_gather_classes,
  nn_get_item_classes,
  nn_global_pooling_classes,
  nn_glu_classes,
  nn_group_normalization_classes,
  nn_gru_classes,
  nn_highway_classes,
  nn_layer_normalization_classes,
  nn_locally_connected_classes,
  nn_lstm_classes,
  nn_masking_classes,
  nn_matmul_classes,
  nn_mel_spectrogram_classes,
  nn_merge_classes,
  nn_multi_head_attention_classes,
  nn_normalization_classes,
  nn_padding_classes,
  nn_permute_classes,
  nn_pooling_classes,
  nn_prelu_classes,
  nn_reduce_classes,
  nn_repeat_vector_classes,
  nn_reshape_classes,
  nn_simple_rnn_classes,
  nn_softmax_classes,
  nn_stacked_rnn_classes,
  nn_stft_spectrogram_classes,
  nn_unary_classes,
  nn_unit_normalization_classes,
  nn_up_sampling_classes,
};

/* Iterates over all classes. */
static const NnLayerClass *
next_class (const NnLayerClass *klass, size_t *family)
{
  if (klass)
    klass++;
  while ((!klass || !klass->keras_name) && *family < G_N_ELEMENTS (families))
    klass = families[(*family)++];
  return klass && klass->keras_name ? klass : NULL;
}

const NnLayerClass *
nn_layer_class_find (const char *keras_name)
{
  const NnLayerClass *klass = NULL;
  size_t family = 0;

  while ((klass = next_class (klass, &family)))
    if (g_str_equal (klass->keras_name, keras_name))
      break;
  return klass;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

char *
nn_layer_class_list (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const NnLayerClass *klass = NULL;
  size_t family = 0;

  while ((klass = next_class (klass, &family)))
    g_ptr_array_add (names, (char *) klass->keras_name);
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

static void
param_free (NnParam *param)
{
  g_free (param->value);
  g_free (param);
}

NnWeights *
nn_weights_new (void)
{
  NnWeights *weights = g_new0 (NnWeights, 1);

  weights->params =
      g_ptr_array_new_with_free_func ((GDestroyNotify) param_free);
  g_atomic_ref_count_init (&weights->refs);
  return weights;
}

NnWeights *
nn_weights_ref (NnWeights *weights)
{
  g_atomic_ref_count_inc (&weights->refs);
  return weights;
}

NnParam *
nn_weights_add (
    NnWeights *weights, const char *name, const NnShape *shape, bool trainable)
{
  NnParam *const param = g_new0 (NnParam, 1);

  param->scope = "";
  param->name = name;
  param->shape = *shape;
  param->size = nn_shape_size (shape);
  param->trainable = trainable;
  g_ptr_array_add (weights->params, param);
  return param;
}

void
nn_weights_unref (NnWeights *weights)
{
  if (!weights || !g_atomic_ref_count_dec (&weights->refs))
    return;
  g_ptr_array_unref (weights->params);
  g_free (weights);
}

/* A shared layer must declare the same arrays in every call. */
static bool
weights_fit (NnWeights *weights, const NnLayer *self, size_t n_declared,
    const NnConfig *config)
{
  if (!weights || n_declared == weights->params->len)
    return true;
  nn_config_fail (config, NN_ERROR_SHAPE,
      "the layer is shared between inputs that need different weights");
  return false;
}

static bool
has_activity_regularizer (const NnConfig *config)
{
  const NnConfig value = nn_config_get (config, "activity_regularizer");

  return nn_config_is_set (&value);
}

NnLayer *
nn_layer_new (const NnLayerClass *klass, const char *name, NnWeights *weights,
    const NnConfig *config, const NnArgs *args)
{
  g_autoptr (NnLayer) self = g_malloc0 (klass->size);

  self->klass = klass;
  self->name = g_strdup (name);
  self->n_in = args->n_in;
  self->in = g_memdup2 (args->in, args->n_in * sizeof *args->in);
  self->has_mask =
      g_memdup2 (args->has_mask, args->n_in * sizeof *args->has_mask);
  self->mask_rule = klass->mask_rule;
  self->weights = nn_weights_new ();
  self->args = args;
  self->has_penalty = has_activity_regularizer (config);
  klass->setup (self, config);
  self->args = NULL;
  if (!nn_config_ok (config)
      || !weights_fit (weights, self, self->weights->params->len, config))
    return NULL;
  if (weights) {
    for (size_t i = 0; i < weights->params->len; i++) {
      const NnParam *const mine = g_ptr_array_index (self->weights->params, i);
      const NnParam *const theirs = g_ptr_array_index (weights->params, i);

      if (!nn_shape_equal (&mine->shape, &theirs->shape)) {
        weights_fit (weights, self, G_MAXSIZE, config);
        return NULL;
      }
    }
    nn_weights_unref (self->weights);
    self->weights = nn_weights_ref (weights);
  }
  return g_steal_pointer (&self);
}

void
nn_layer_free (NnLayer *layer)
{
  if (!layer)
    return;
  if (layer->klass->clear)
    layer->klass->clear (layer);
  nn_weights_unref (layer->weights);
  g_free (layer->in);
  g_free (layer->has_mask);
  g_free (layer->out);
  g_free (layer->name);
  g_free (layer);
}

static bool
check_size (const NnConfig *config, const char *what, const NnShape *shape,
    size_t *size)
{
  g_autofree char *text = NULL;

  if (nn_shape_checked_size (shape, size))
    return true;
  text = nn_shape_to_string (shape);
  nn_config_fail (config, NN_ERROR_LIMIT,
      "%s would have the shape %s; every axis must be at least 1 and all "
      "together at most %" G_GSIZE_FORMAT " elements",
      what, text, NN_MAX_ELEMENTS);
  return false;
}

size_t
nn_layer_add_param (NnLayer *self, const NnConfig *config, const char *scope,
    const char *name, const NnShape *shape, bool trainable)
{
  NnParam *param;
  size_t size;

  if (!check_size (config, name, shape, &size))
    return 0;
  param = nn_weights_add (self->weights, name, shape, trainable);
  param->scope = scope;
  param->initializer = nn_initializer_read (config, name);
  param->regularizer = nn_regularizer_read (config, name);
  param->has_constraint = nn_constraint_is_set (config, name);
  return self->weights->params->len - 1;
}

void
nn_layer_add_output (
    NnLayer *self, const NnConfig *config, const NnShape *shape)
{
  size_t size;

  if (!check_size (config, "the output", shape, &size))
    return;
  self->out = g_renew (NnShape, self->out, self->n_out + 1);
  self->out[self->n_out++] = *shape;
}

const NnArg *
nn_layer_arg (const NnLayer *self, const char *name, size_t position)
{
  for (size_t i = 0; self->args && i < self->args->n_args; i++) {
    const NnArg *const arg = &self->args->args[i];

    if (arg->name ? g_str_equal (arg->name, name) : arg->position == position)
      return arg;
  }
  return NULL;
}

bool
nn_layer_flag (const NnLayer *self, const char *name, bool fallback)
{
  const NnArg *const arg = nn_layer_arg (self, name, G_MAXSIZE);

  return arg && arg->n == 0 ? nn_config_as_bool (&arg->value, fallback)
                            : fallback;
}

bool
nn_layer_expect (const NnLayer *self, const NnConfig *config, size_t n_in,
    size_t min_rank, size_t max_rank)
{
  if (self->n_in != n_in) {
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT " inputs, expected %" G_GSIZE_FORMAT, self->n_in,
        n_in);
    return false;
  }
  for (size_t i = 0; i < n_in; i++)
    if (self->in[i].rank < min_rank || self->in[i].rank > max_rank) {
      g_autofree char *text = nn_shape_to_string (&self->in[i]);

      nn_config_fail (config, NN_ERROR_SHAPE,
          "the input has the shape %s, expected %" G_GSIZE_FORMAT
          " to %" G_GSIZE_FORMAT " axes",
          text, min_rank, max_rank);
      return false;
    }
  return true;
}

void
nn_layer_refuse (const NnConfig *config, const char *key)
{
  const NnConfig value = nn_config_get (config, key);

  if (nn_config_is_set (&value)
      && (nn_config_is_object (&value) || nn_config_is_list (&value)
          || nn_config_is_string (&value) || nn_config_as_bool (&value, false)))
    nn_config_fail (
        config, NN_ERROR_UNSUPPORTED, "the option “%s” is not supported", key);
}
