/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/architectures.h"

#include "nn/error.h"
#include "nn/train/initialize.h"

typedef enum {
  END,
  CONV, /* filters; L2 */
  BATCH_NORM,
  STANDARDIZE, /* each value by its mean and variance in training */
  MAX_POOL,    /* size */
  DROPOUT,     /* rate */
  TO_STEPS,    /* channels: (bands, frames, channels) -> (steps, channels) */
  GRU,         /* units; input dropout */
  LSTM,        /* units; input dropout */
  LSTM_SEQUENCE,
  MEAN,    /* over steps */
  MEAN_2D, /* over bands and frames */
  DENSE,   /* units, ReLU; L2 */
  CLASSES, /* Dense, softmax; L2 */
} Kind;

typedef struct {
  Kind kind;
  size_t size;
  double rate, l2;
} Layer;

/* clang-format off */
static const Layer cnn_gru[] = {
  { CONV, 32 }, { BATCH_NORM }, { MAX_POOL, 2 }, { DROPOUT, .rate = 0.3 },
  { CONV, 64 }, { BATCH_NORM }, { MAX_POOL, 2 }, { DROPOUT, .rate = 0.3 },
  { TO_STEPS, 64 }, { GRU, 128 }, { DROPOUT, .rate = 0.3 },
  { DENSE, 128, .l2 = 0.001 }, { DROPOUT, .rate = 0.5 }, { CLASSES }, { END },
};

static const Layer cnn_lstm[] = {
  { CONV, 32 }, { BATCH_NORM }, { MAX_POOL, 2 }, { DROPOUT, .rate = 0.3 },
  { CONV, 64 }, { BATCH_NORM }, { MAX_POOL, 2 }, { DROPOUT, .rate = 0.3 },
  { TO_STEPS, 64 }, { LSTM, 128 }, { DROPOUT, .rate = 0.3 },
  { DENSE, 128, .l2 = 0.001 }, { DROPOUT, .rate = 0.5 }, { CLASSES }, { END },
};

static const Layer cnn_lstm_optimized[] = {
  { CONV, 16 }, { BATCH_NORM }, { MAX_POOL, 3 }, { DROPOUT, .rate = 0.3 },
  { CONV, 32 }, { BATCH_NORM }, { MAX_POOL, 3 }, { DROPOUT, .rate = 0.3 },
  { TO_STEPS, 32 }, { LSTM_SEQUENCE, 64 }, { MEAN },
  { DENSE, 32 }, { DROPOUT, .rate = 0.3 }, { CLASSES }, { END },
};

static const Layer cnn_lstm_regularized[] = {
  { CONV, 32, .l2 = 0.001 }, { BATCH_NORM }, { MAX_POOL, 2 }, { DROPOUT, .rate = 0.3 },
  { CONV, 64, .l2 = 0.001 }, { BATCH_NORM }, { MAX_POOL, 2 }, { DROPOUT, .rate = 0.3 },
  { TO_STEPS, 64 }, { LSTM, 128, .rate = 0.3 },
  { DENSE, 64, .l2 = 0.001 }, { DROPOUT, .rate = 0.5 }, { CLASSES, .l2 = 0.001 }, { END },
};

/* Ours: a value of the last convolution sees 38 frames (1.2 s) and as many of the 64
 * bands; the mean of all of them does not mind where a voice lies. */
static const Layer cnn[] = {
  { CONV, 16 }, { BATCH_NORM }, { MAX_POOL, 2 },
  { CONV, 32 }, { BATCH_NORM }, { MAX_POOL, 2 }, { DROPOUT, .rate = 0.2 },
  { CONV, 64 }, { BATCH_NORM }, { MAX_POOL, 2 }, { DROPOUT, .rate = 0.2 },
  { CONV, 96 }, { BATCH_NORM }, { MEAN_2D }, { DROPOUT, .rate = 0.4 },
  { CLASSES }, { END },
};

static const Layer simple[] = {
  { STANDARDIZE },
  { DENSE, 128, .l2 = 0.001 }, { DROPOUT, .rate = 0.5 },
  { DENSE, 64, .l2 = 0.001 }, { DROPOUT, .rate = 0.3 }, { CLASSES }, { END },
};

static const Layer logistic[] = {
  { STANDARDIZE }, { CLASSES, .l2 = 0.001 }, { END },
};

static const struct {
  const char *nick;
  const Layer *layers;
} architectures[] = {
  { "cnn-gru",              cnn_gru },
  { "cnn-lstm",             cnn_lstm },
  { "cnn-lstm-optimized",   cnn_lstm_optimized },
  { "cnn-lstm-regularized", cnn_lstm_regularized },
  { "cnn",                  cnn },
  { "simple",               simple },
  { "logistic",             logistic },
};

#define GLOROT "{\"class_name\": \"GlorotUniform\", \"config\": {\"seed\": null}}"
#define ORTHOGONAL "{\"class_name\": \"Orthogonal\", \"config\": {\"gain\": 1.0, \"seed\": null}}"
#define ZEROS "{\"class_name\": \"Zeros\", \"config\": {}}"
#define ONES "{\"class_name\": \"Ones\", \"config\": {}}"
#define RECURRENT                                                              \
  "\"go_backwards\": false, \"stateful\": false, \"unroll\": false, "          \
  "\"units\": %n, \"activation\": \"tanh\", \"recurrent_activation\": "        \
  "\"sigmoid\", \"use_bias\": true, \"kernel_initializer\": " GLOROT           \
  ", \"recurrent_initializer\": " ORTHOGONAL ", \"bias_initializer\": " ZEROS  \
  ", \"dropout\": %r, \"recurrent_dropout\": 0.0, "
#define DENSE_CONFIG(activation)                                               \
  "\"units\": %n, \"activation\": \"" activation "\", \"use_bias\": true, "    \
  "\"kernel_initializer\": " GLOROT ", \"bias_initializer\": " ZEROS           \
  ", \"kernel_regularizer\": %l"

/* The configurations of layers. They hold what Keras 2 and Keras 3 both read
 * (so no "time_major", which Keras 3 refuses in recurrent layers, no "module",
 * no object for "dtype"). %n: size, %r: rate, %l: L2. */
static const struct {
  const char *class_name, *name, *config;
} templates[] = {
  [CONV] = { "Conv2D", "conv2d",
      "\"filters\": %n, \"kernel_size\": [3, 3], \"strides\": [1, 1], "
      "\"padding\": \"same\", \"data_format\": \"channels_last\", "
      "\"dilation_rate\": [1, 1], \"groups\": 1, \"activation\": \"relu\", "
      "\"use_bias\": true, \"kernel_initializer\": " GLOROT
      ", \"bias_initializer\": " ZEROS ", \"kernel_regularizer\": %l" },
  [BATCH_NORM] = { "BatchNormalization", "batch_normalization",
      "\"axis\": -1, \"momentum\": 0.99, \"epsilon\": 0.001, \"center\": true, "
      "\"scale\": true, \"beta_initializer\": " ZEROS
      ", \"gamma_initializer\": " ONES ", \"moving_mean_initializer\": " ZEROS
      ", \"moving_variance_initializer\": " ONES },
  [STANDARDIZE] = { "BatchNormalization", "standardize",
      "\"axis\": -1, \"momentum\": 0.9, \"epsilon\": 1e-06, \"center\": false, "
      "\"scale\": false, \"moving_mean_initializer\": " ZEROS
      ", \"moving_variance_initializer\": " ONES },
  [MAX_POOL] = { "MaxPooling2D", "max_pooling2d",
      "\"pool_size\": [%n, %n], \"padding\": \"valid\", "
      "\"strides\": [%n, %n], \"data_format\": \"channels_last\"" },
  [DROPOUT] = { "Dropout", "dropout",
      "\"rate\": %r, \"noise_shape\": null, \"seed\": null" },
  [TO_STEPS] = { "Reshape", "reshape", "\"target_shape\": [-1, %n]" },
  [GRU] = { "GRU", "gru", "\"return_sequences\": false, \"return_state\": "
      "false, " RECURRENT "\"reset_after\": true" },
  [LSTM] = { "LSTM", "lstm", "\"return_sequences\": false, \"return_state\": "
      "false, " RECURRENT "\"unit_forget_bias\": true" },
  [LSTM_SEQUENCE] = { "LSTM", "lstm", "\"return_sequences\": true, "
      "\"return_state\": false, " RECURRENT "\"unit_forget_bias\": true" },
  [MEAN] = { "GlobalAveragePooling1D", "global_average_pooling1d",
      "\"data_format\": \"channels_last\", \"keepdims\": false" },
  [MEAN_2D] = { "GlobalAveragePooling2D", "global_average_pooling2d",
      "\"data_format\": \"channels_last\", \"keepdims\": false" },
  [DENSE] = { "Dense", "dense", DENSE_CONFIG ("relu") },
  [CLASSES] = { "Dense", "dense", DENSE_CONFIG ("softmax") },
};
/* clang-format on */

static void
append_number (GString *json, double x)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (json, g_ascii_dtostr (text, sizeof text, x));
}

static void
append_l2 (GString *json, double l2)
{
  if (l2 <= 0) {
    g_string_append (json, "null");
    return;
  }
  g_string_append (json, "{\"class_name\": \"L2\", \"config\": {\"l2\": ");
  append_number (json, l2);
  g_string_append (json, "}}");
}

static void
append_config (GString *json, const Layer *layer, size_t size,
    const NnArchitectureOptions *options)
{
  for (const char *c = templates[layer->kind].config; *c; c++)
    if (*c != '%')
      g_string_append_c (json, *c);
    else if (*++c == 'n')
      g_string_append_printf (json, "%" G_GSIZE_FORMAT, size);
    else if (*c == 'r')
      append_number (json, CLAMP (layer->rate * options->dropout, 0, 0.95));
    else
      append_l2 (json, layer->l2 * options->l2);
}

/* How many earlier layers have this name: the second is called name_1. */
static size_t
count_name (const Layer *layers, const Layer *layer)
{
  size_t n = 0;

  for (; layers < layer; layers++)
    n +=
        g_str_equal (templates[layers->kind].name, templates[layer->kind].name);
  return n;
}

static char *
write_config (
    const char *nick, const Layer *layers, const NnArchitectureOptions *options)
{
  GString *json = g_string_new (NULL);

  g_string_append_printf (json,
      "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"%s\", "
      "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": "
      "{\"batch_input_shape\": [null",
      nick);
  for (size_t i = 0; i < options->input.rank; i++)
    g_string_append_printf (json, ", %" G_GSIZE_FORMAT, options->input.dim[i]);
  g_string_append (json,
      "], \"dtype\": \"float32\", \"sparse\": false, \"ragged\": false, "
      "\"name\": \"features\"}}");
  for (const Layer *layer = layers; layer->kind != END; layer++) {
    const size_t count = count_name (layers, layer);

    g_string_append_printf (json,
        ", {\"class_name\": \"%s\", \"config\": {\"name\": \"%s",
        templates[layer->kind].class_name, templates[layer->kind].name);
    if (count > 0)
      g_string_append_printf (json, "_%" G_GSIZE_FORMAT, count);
    g_string_append (json, "\", \"trainable\": true, \"dtype\": \"float32\", ");
    append_config (json, layer,
        layer->kind == CLASSES ? options->n_classes : layer->size, options);
    g_string_append (json, "}}");
  }
  g_string_append (json, "]}}");
  return g_string_free (json, FALSE);
}

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
      g_autofree char *json =
          write_config (nick, architectures[i].layers, options);

      return nn_model_new_from_config (nick, json, "2.10.0", seed, error);
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
