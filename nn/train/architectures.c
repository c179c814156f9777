/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/architectures.h"

#include "nn/error.h"
#include "nn/train/initialize.h"
#include "nn/train/network.h"

/* Draws everything between the features and the classes. */
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

/* A value of the last convolution sees 38 frames (1.2 s) and as many of the 64
 * bands; the mean of all of them does not mind where a voice lies. */
static NnValue
cnn (NnNetwork *n, NnValue x)
{
  x = conv_pool (n, x, 16, 0, 2, 0);
  x = conv_pool (n, x, 32, 0, 2, 0.2);
  x = conv_pool (n, x, 64, 0, 2, 0.2);
  x = nn_network_mean2d (n, conv (n, x, 96, 0), false);
  return nn_network_classes (n, nn_network_dropout (n, x, 0.4), 0);
}

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
