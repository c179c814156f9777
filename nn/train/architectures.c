/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/architectures.h"

#include "nn/error.h"
#include "nn/train/initialize.h"
#include "nn/train/network.h"

/* Builds everything between the features and the classes. */
typedef NnValue (*Draw) (NnNetwork *n, NnValue x);

/* ---- blocks ---- */

static NnValue
conv (NnNetwork *n, NnValue x, size_t filters, double l2)
{
  x = nn_network_conv2d (n, x,
      &(NnNetworkConv){ .filters = filters, .activation = "relu", .l2 = l2 });
  return nn_network_batch_norm (n, x);
}

/* Convolution, pools of size * size, dropout. */
static NnValue
conv_pool (NnNetwork *n, NnValue x, size_t filters, double l2, size_t size,
    double dropout)
{
  x = conv (n, x, filters, l2);
  x = nn_network_max_pool2d (n, x, size, size);
  return dropout > 0 ? nn_network_dropout (n, x, dropout) : x;
}

/* (bands, frames, channels) -> (steps, channels) */
static NnValue
to_steps (NnNetwork *n, NnValue x)
{
  return nn_network_to_steps (n, x, nn_network_shape (n, x).dim[2]);
}

static NnValue
dense (NnNetwork *n, NnValue x, size_t units, double l2, double dropout)
{
  x = nn_network_dense (n, x, units, "relu", l2);
  return nn_network_dropout (n, x, dropout);
}

/* ---- the four of the Python system ---- */

static NnValue
cnn_gru (NnNetwork *n, NnValue x)
{
  x = conv_pool (n, x, 32, 0, 2, 0.3);
  x = conv_pool (n, x, 64, 0, 2, 0.3);
  x = nn_network_gru (n, to_steps (n, x), 128, 0);
  x = nn_network_dropout (n, x, 0.3);
  return nn_network_classes (n, dense (n, x, 128, 0.001, 0.5), 0);
}

static NnValue
cnn_lstm (NnNetwork *n, NnValue x)
{
  x = conv_pool (n, x, 32, 0, 2, 0.3);
  x = conv_pool (n, x, 64, 0, 2, 0.3);
  x = nn_network_lstm (n, to_steps (n, x), 128, 0, false);
  x = nn_network_dropout (n, x, 0.3);
  return nn_network_classes (n, dense (n, x, 128, 0.001, 0.5), 0);
}

static NnValue
cnn_lstm_optimized (NnNetwork *n, NnValue x)
{
  x = conv_pool (n, x, 16, 0, 3, 0.3);
  x = conv_pool (n, x, 32, 0, 3, 0.3);
  x = nn_network_lstm (n, to_steps (n, x), 64, 0, true);
  x = nn_network_mean1d (n, x);
  return nn_network_classes (n, dense (n, x, 32, 0, 0.3), 0);
}

static NnValue
cnn_lstm_regularized (NnNetwork *n, NnValue x)
{
  x = conv_pool (n, x, 32, 0.001, 2, 0.3);
  x = conv_pool (n, x, 64, 0.001, 2, 0.3);
  x = nn_network_lstm (n, to_steps (n, x), 128, 0.3, false);
  return nn_network_classes (n, dense (n, x, 64, 0.001, 0.5), 0.001);
}

/* ---- ours ---- */

/* The receptive field of the last convolution is 38 frames (1.2 s) and 38 of
 * the 64 bands; the mean over all positions is invariant to where a voice lies.
 */
static NnValue
cnn (NnNetwork *n, NnValue x)
{
  x = conv_pool (n, x, 16, 0, 2, 0);
  x = conv_pool (n, x, 32, 0, 2, 0.2);
  x = conv_pool (n, x, 64, 0, 2, 0.2);
  x = nn_network_mean2d (n, conv (n, x, 96, 0), false);
  return nn_network_classes (n, nn_network_dropout (n, x, 0.4), 0);
}

/* ---- attention ---- */

/* Squeeze and excitation: scales channels by weights computed from the whole
 * image (Hu et al. 2018). */
static NnValue
squeeze_and_excite (NnNetwork *n, NnValue x)
{
  const size_t channels = nn_network_shape (n, x).dim[2];
  NnValue scale = nn_network_mean2d (n, x, true);

  scale = nn_network_dense (n, scale, MAX (channels / 4, 1), "relu", 0);
  scale = nn_network_dense (n, scale, channels, "sigmoid", 0);
  return nn_network_merge (n, "Multiply", x, scale);
}

/* Two convolutions with a shortcut (He et al. 2016). */
static NnValue
residual (NnNetwork *n, NnValue x, size_t filters)
{
  const bool has_as_many = nn_network_shape (n, x).dim[2] == filters;
  NnValue y = conv (n, x, filters, 0);

  y = nn_network_conv2d (
      n, y, &(NnNetworkConv){ .filters = filters, .no_bias = true });
  y = squeeze_and_excite (n, nn_network_batch_norm (n, y));
  if (!has_as_many) {
    x = nn_network_conv2d (n, x,
        &(NnNetworkConv){ .filters = filters, .size = 1, .no_bias = true });
    x = nn_network_batch_norm (n, x);
  }
  return nn_network_activation (n, nn_network_merge (n, "Add", x, y), "relu");
}

/* (steps, features) -> (2 * features): mean and standard deviation over steps,
 * weighted by attention (Okabe et al. 2018). Keras has no layer for a square
 * root, but one that divides by a norm. With b = w / |w|, w a softmax:
 *   b^2 = softmax (twice the scores)       mean = sum of b^2 x
 *   u = b (x - mean), so |u|^2 = variance  deviation = |u| = sum of u u / |u|
 */
static NnValue
attentive_statistics (NnNetwork *n, NnValue x, size_t units)
{
  const size_t steps = nn_network_shape (n, x).dim[0];
  NnValue score, root, mean, u, deviation;

  score = nn_network_dense (n, x, units, "tanh", 0);
  score = nn_network_dense (n, score, 1, NULL, 0);
  root = nn_network_unit_norm (n, nn_network_softmax (n, score, 1), 1);
  mean = nn_network_dot (n, nn_network_merge (n, "Multiply", root, root), x, 1);
  u = nn_network_merge (n, "Subtract", x, mean);
  u = nn_network_merge (n, "Multiply", u, root);
  deviation =
      nn_network_merge (n, "Multiply", u, nn_network_unit_norm (n, u, 1));
  deviation = nn_network_rescale (n, nn_network_mean1d (n, deviation), steps);
  return nn_network_merge (
      n, "Concatenate", nn_network_flatten (n, mean), deviation);
}

/* cnn with residual blocks, and statistics instead of its mean. */
static NnValue
cnn_attention (NnNetwork *n, NnValue x)
{
  x = conv_pool (n, x, 16, 0, 2, 0);
  x = nn_network_max_pool2d (n, residual (n, x, 32), 2, 2);
  x = nn_network_dropout (n, x, 0.2);
  x = nn_network_max_pool2d (n, residual (n, x, 64), 2, 2);
  x = nn_network_dropout (n, x, 0.2);
  x = attentive_statistics (n, to_steps (n, residual (n, x, 96)), 32);
  return nn_network_classes (n, nn_network_dropout (n, x, 0.4), 0);
}

/* Normalisation comes first (Xiong et al. 2020). */
static NnValue
encoder (NnNetwork *n, NnValue x)
{
  const size_t units = nn_network_shape (n, x).dim[1], heads = 4;
  NnValue y;

  y = nn_network_layer_norm (n, x);
  y = nn_network_attention (n, y, heads, units / heads, 0.1);
  x = nn_network_merge (n, "Add", x, nn_network_dropout (n, y, 0.1));
  y = nn_network_layer_norm (n, x);
  y = nn_network_dense (n, y, 2 * units, "gelu", 0);
  y = nn_network_dense (n, nn_network_dropout (n, y, 0.1), units, NULL, 0);
  return nn_network_merge (n, "Add", x, nn_network_dropout (n, y, 0.1));
}

/* Convolutions make 47 steps of 94 frames, of 8 bands with 64 channels; then
 * encoder blocks. score_units: of what scores a step for the statistics. */
static NnValue
draw_transformer (
    NnNetwork *n, NnValue x, size_t units, size_t blocks, size_t score_units)
{
  NnShape picture;

  x = nn_network_max_pool2d (n, conv (n, x, 16, 0), 2, 2);
  x = nn_network_max_pool2d (n, conv (n, x, 32, 0), 2, 1);
  x = nn_network_max_pool2d (n, conv (n, x, 64, 0), 2, 1);
  x = nn_network_dropout (n, x, 0.2);
  picture = nn_network_shape (n, x);
  x = nn_network_permute (n, x, 2, 1, 3);
  x = nn_network_to_steps (n, x, picture.dim[0] * picture.dim[2]);
  x = nn_network_dense_by_step (n, x, units);
  for (size_t i = 0; i < blocks; i++)
    x = encoder (n, x);
  x = attentive_statistics (n, nn_network_layer_norm (n, x), score_units);
  return nn_network_classes (n, nn_network_dropout (n, x, 0.3), 0);
}

static NnValue
transformer (NnNetwork *n, NnValue x)
{
  return draw_transformer (n, x, 96, 3, 32);
}

/* Below 100,000 weights: a student of larger models. */
static NnValue
transformer_small (NnNetwork *n, NnValue x)
{
  return draw_transformer (n, x, 48, 2, 24);
}

/* ---- statistics of features ---- */

static NnValue
simple (NnNetwork *n, NnValue x)
{
  x = nn_network_standardize (n, x);
  x = dense (n, x, 128, 0.001, 0.5);
  return nn_network_classes (n, dense (n, x, 64, 0.001, 0.3), 0);
}

static NnValue
logistic (NnNetwork *n, NnValue x)
{
  return nn_network_classes (n, nn_network_standardize (n, x), 0.001);
}

/* ---- the table ---- */

static const struct {
  const char *nick;
  Draw draw;
  NnFeatures features;
} architectures[] = {
  { "cnn-gru", cnn_gru, NN_FEATURES_PICTURE },
  { "cnn-lstm", cnn_lstm, NN_FEATURES_PICTURE },
  { "cnn-lstm-optimized", cnn_lstm_optimized, NN_FEATURES_PICTURE },
  { "cnn-lstm-regularized", cnn_lstm_regularized, NN_FEATURES_PICTURE },
  { "cnn", cnn, NN_FEATURES_PICTURE },
  { "cnn-attention", cnn_attention, NN_FEATURES_PICTURE },
  { "transformer", transformer, NN_FEATURES_PICTURE },
  { "transformer-small", transformer_small, NN_FEATURES_PICTURE },
  { "simple", simple, NN_FEATURES_STATISTICS },
  { "logistic", logistic, NN_FEATURES_STATISTICS },
};

const char *const *
nn_architecture_nicks (void)
{
  static const char *nicks[G_N_ELEMENTS (architectures) + 1];
  static gsize ready;

  if (g_once_init_enter (&ready)) {
    for (size_t i = 0; i < G_N_ELEMENTS (architectures); i++)
      nicks[i] = architectures[i].nick;
    g_once_init_leave (&ready, 1);
  }
  return nicks;
}

NnFeatures
nn_architecture_features (const char *nick)
{
  for (size_t i = 0; i < G_N_ELEMENTS (architectures); i++)
    if (g_str_equal (architectures[i].nick, nick))
      return architectures[i].features;
  return NN_FEATURES_PICTURE;
}

void
nn_architecture_options_init (NnArchitectureOptions *options)
{
  *options =
      (NnArchitectureOptions){ .input = { .rank = 3, .dim = { 64, 94, 1 } },
        .n_classes = 9,
        .dropout = 1,
        .l2 = 1 };
}

NnModel *
nn_architecture_new (const char *nick, const NnArchitectureOptions *options,
    guint64 seed, GError **error)
{
  NnArchitectureOptions defaults;
  g_autofree char *list = NULL;

  g_return_val_if_fail (nick != NULL, NULL);
  nn_architecture_options_init (&defaults);
  if (!options)
    options = &defaults;
  for (size_t i = 0; i < G_N_ELEMENTS (architectures); i++)
    if (g_str_equal (architectures[i].nick, nick)) {
      g_autoptr (NnNetwork) network = nn_network_new (nick, options);

      return nn_network_build (
          network, architectures[i].draw (network, 0), seed, error);
    }
  list = g_strjoinv (", ", (char **) nn_architecture_nicks ());
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
      "unknown architecture “%s”; the architectures are %s", nick, list);
  return NULL;
}

NnModel *
nn_model_new_from_config (const char *name, const char *json,
    const char *keras_version, guint64 seed, GError **error)
{
  g_autoptr (NnModel) model = NULL;

  g_return_val_if_fail (name != NULL && json != NULL, NULL);
  model = nn_model_build (name, json, keras_version, NULL, 0, error);
  if (!model || !nn_model_initialize (model, seed, error)
      || !nn_model_finish (model, error))
    return NULL;
  return g_steal_pointer (&model);
}
