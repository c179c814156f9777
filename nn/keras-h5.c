/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/keras-h5.h"

#include <string.h>
#include "nn/error.h"
#include "nn/keras-param.h"

/* The order in which Keras stored the arrays of a top-level layer. */
typedef enum {
  ORDER_TRAINABLE_FIRST, /* of everything below it, then the others */
  ORDER_IGNORE_FROZEN,   /* the same, including frozen layers below */
  ORDER_CREATED,
  N_ORDERS
} Order;

static void
collect_created (const NnKerasLayer *layer, GPtrArray *out)
{
  for (guint i = 0; i < layer->weights->params->len; i++)
    g_ptr_array_add (out, g_ptr_array_index (layer->weights->params, i));
  for (guint i = 0; layer->children && i < layer->children->len; i++)
    collect_created (g_ptr_array_index (layer->children, i), out);
}

/* Keras' layer.trainable_weights, or layer.non_trainable_weights: all weights
 * of a frozen layer are in the second. */
static void
collect (
    const NnKerasLayer *layer, bool trainable, bool obey_frozen, GPtrArray *out)
{
  if (obey_frozen && !layer->trainable) {
    if (!trainable)
      collect_created (layer, out);
    return;
  }
  for (guint i = 0; i < layer->weights->params->len; i++) {
    NnParam *const param = g_ptr_array_index (layer->weights->params, i);

    if (param->trainable == trainable)
      g_ptr_array_add (out, param);
  }
  for (guint i = 0; layer->children && i < layer->children->len; i++)
    collect (
        g_ptr_array_index (layer->children, i), trainable, obey_frozen, out);
}

/* The NnParams of a layer in that order. */
static GPtrArray *
params_in_order (const NnKerasLayer *layer, Order order)
{
  GPtrArray *params = g_ptr_array_new ();

  if (order == ORDER_CREATED) {
    collect_created (layer, params);
  } else {
    collect (layer, true, order == ORDER_TRAINABLE_FIRST, params);
    collect (layer, false, order == ORDER_TRAINABLE_FIRST, params);
  }
  return params;
}

/* "dense/kernel:0" and "dense/kernel" name a "kernel". Graphs of TensorFlow 1
 * may append a number: "kernel_1:0". */
static bool
is_called (const char *path, const NnParam *param)
{
  const char *const slash = strrchr (path, '/');

  return g_str_has_prefix (slash ? slash + 1 : path, param->name);
}

static bool
names_agree (char **names, const GPtrArray *params)
{
  for (guint i = 0; i < params->len; i++)
    if (!is_called (names[i], g_ptr_array_index (params, i)))
      return false;
  return true;
}

static bool
shapes_agree (
    NnH5 *file, const char *group, char **names, const GPtrArray *params)
{
  for (guint i = 0; i < params->len; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%s", group, names[i]);
    const NnParam *const param = g_ptr_array_index (params, i);
    NnShape shape;

    if (!nn_h5_dataset_shape (file, path, &shape, NULL)
        || !nn_shape_equal (&shape, &param->shape))
      return false;
  }
  return true;
}

/* Orders differ only for layers that contain others. If several fit by shape,
 * the names decide; if the names are unknown, Keras' rule. */
static GPtrArray *
find_order (
    NnH5 *file, const char *group, char **names, const NnKerasLayer *layer)
{
  for (int by_name = 1; by_name >= 0; by_name--)
    for (Order order = 0; order < N_ORDERS; order++) {
      g_autoptr (GPtrArray) params = params_in_order (layer, order);

      if ((!by_name || names_agree (names, params))
          && shapes_agree (file, group, names, params))
        return g_steal_pointer (&params);
    }
  return params_in_order (layer, ORDER_TRAINABLE_FIRST);
}

static bool
read_layer (NnH5 *file, const char *group, char **names,
    const NnKerasLayer *layer, GError **error)
{
  const size_t n = nn_keras_layer_n_params (layer);
  g_autoptr (GPtrArray) params = NULL;

  if (g_strv_length (names) != n) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: layer “%s” has %u weights in the file, expected %zu",
        nn_h5_name (file), layer->name, g_strv_length (names), n);
    return false;
  }
  params = find_order (file, group, names, layer);
  for (guint i = 0; i < params->len; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%s", group, names[i]);

    if (!nn_keras_param_read (file, path, g_ptr_array_index (params, i), error))
      return false;
  }
  return true;
}

/* Layers that are random in training may have the state of a generator among
 * their weights: "dropout/StateVar:0". It is ignored. */
static void
forget_generators (char **names)
{
  size_t n = 0;

  for (size_t i = 0; names[i]; i++) {
    const char *const slash = strrchr (names[i], '/');

    if (g_str_has_prefix (slash ? slash + 1 : names[i], "StateVar"))
      g_free (names[i]);
    else
      names[n++] = names[i];
  }
  names[n] = NULL;
}

/* The next layer, from *i on, that owns weights. */
static const NnKerasLayer *
next_with_weights (const GPtrArray *layers, guint *i)
{
  while (*i < layers->len) {
    const NnKerasLayer *const layer = g_ptr_array_index (layers, (*i)++);

    if (nn_keras_layer_n_params (layer) > 0)
      return layer;
  }
  return NULL;
}

bool
nn_keras_h5_read_weights (
    NnH5 *file, const char *group, const NnKerasLayer *model, GError **error)
{
  g_auto (GStrv) groups =
      nn_h5_attribute_strings (file, group, "layer_names", error);
  const NnKerasLayer *layer;
  guint next = 0;

  if (!groups)
    return false;
  for (size_t g = 0; groups[g]; g++) {
    g_autofree char *path = g_strdup_printf ("%s/%s", group, groups[g]);
    g_auto (GStrv) names =
        nn_h5_attribute_strings (file, path, "weight_names", error);

    if (!names)
      return false;
    forget_generators (names);
    if (!names[0])
      continue;
    layer = next_with_weights (model->children, &next);
    if (!layer) {
      g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
          "%s: the file has weights for more layers than the model",
          nn_h5_name (file));
      return false;
    }
    if (!read_layer (file, path, names, layer, error))
      return false;
  }
  layer = next_with_weights (model->children, &next);
  if (layer) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: the file has no weights for layer “%s”", nn_h5_name (file),
        layer->name);
    return false;
  }
  return true;
}

GPtrArray *
nn_keras_h5_params (const NnKerasLayer *layer)
{
  return params_in_order (layer, ORDER_TRAINABLE_FIRST);
}
