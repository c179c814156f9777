/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/keras.h"

#include "nn/limits.h"

static void
keras_layer_free (NnKerasLayer *layer)
{
  g_free (layer->name);
  g_free (layer->class_name);
  nn_weights_unref (layer->weights);
  g_free (layer);
}

GPtrArray *
nn_keras_layers_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) keras_layer_free);
}

static char *
describe (const char *class_name, const char *name)
{
  return g_strdup_printf ("layer “%s” (%s)", name, class_name);
}

/* The shape that a layer's config gives to the model's input, if it does:
 * Keras 2 "batch_input_shape", Keras 3 "batch_shape", without the batch. */
static bool
read_input_shape (const NnConfig *config, NnShape *shape)
{
  static const char *const keys[] = { "batch_shape", "batch_input_shape" };

  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++) {
    const NnConfig value = nn_config_get (config, keys[i]);

    if (nn_config_is_set (&value)) {
      nn_config_shape (&value, 1, shape);
      return nn_config_ok (config);
    }
  }
  return false;
}

/* Fills the axes that the file leaves open from what the caller asks for. */
static void
bind_input_shape (NnShape *shape, const NnShape *wanted, const NnConfig *config)
{
  g_autofree char *text = nn_shape_to_string (shape);
  bool fits = !wanted || wanted->rank == shape->rank;
  size_t size;

  for (size_t i = 0; i < shape->rank && wanted && fits; i++) {
    if (shape->dim[i] == NN_DIM_UNKNOWN)
      shape->dim[i] = wanted->dim[i];
    fits = shape->dim[i] == wanted->dim[i];
  }
  if (!fits) {
    g_autofree char *other = nn_shape_to_string (wanted);

    nn_config_fail (config, NN_ERROR_SHAPE,
        "the model takes %s, and was asked to take %s", text, other);
  } else if (!nn_shape_checked_size (shape, &size)) {
    nn_config_fail (config, NN_ERROR_SHAPE,
        "the input shape %s leaves an axis open or is too large", text);
  }
}

static void
add_input (NnGraph *graph, const NnConfig *config, NnShape *shape,
    const NnShape *input_shapes, size_t n_inputs)
{
  const size_t i = graph->inputs->len;
  size_t tensor;

  bind_input_shape (shape, i < n_inputs ? &input_shapes[i] : NULL, config);
  if (!nn_config_ok (config))
    return;
  tensor = nn_graph_add_tensor (graph, shape, 1);
  g_array_append_val (graph->inputs, tensor);
}

/* Appends one layer of a Sequential model behind tensor *last. */
static void
add_layer (
    NnGraph *graph, const NnConfig *entry, size_t *last, GPtrArray *layers)
{
  const char *const class_name = nn_config_string (entry, "class_name", "");
  NnConfig config = nn_config_get (entry, "config");
  const char *const name = nn_config_string (&config, "name", class_name);
  const NnLayerClass *const klass = nn_layer_class_find (class_name);
  g_autofree char *where = describe (class_name, name);
  NnKerasLayer *record;
  NnNode *node;

  config.where = where;
  if (!klass) {
    g_autofree char *list = nn_layer_class_list ();

    nn_config_fail (&config, NN_ERROR_UNSUPPORTED,
        "this kind of layer is not supported; supported are: %s", list);
    return;
  }
  node = nn_graph_add_node (graph, klass, name, NULL, &config,
      &(NnGraphCall){ .in = last, .n_in = 1 });
  if (!node)
    return;
  record = g_new0 (NnKerasLayer, 1);
  record->name = g_strdup (name);
  record->class_name = g_strdup (class_name);
  record->weights = nn_weights_ref (node->layer->weights);
  record->trainable = nn_config_bool (&config, "trainable", true);
  g_ptr_array_add (layers, record);
  *last = node->out[0];
}

static void
build_sequential (NnGraph *graph, const NnConfig *list,
    const NnShape *input_shapes, size_t n_inputs, GPtrArray *layers)
{
  size_t last = NN_NO_TENSOR;

  for (size_t i = 0; i < nn_config_length (list) && nn_config_ok (list); i++) {
    const NnConfig entry = nn_config_at (list, i);
    const NnConfig config = nn_config_get (&entry, "config");
    const char *const class_name = nn_config_string (&entry, "class_name", "");
    NnShape shape;

    if (last == NN_NO_TENSOR && read_input_shape (&config, &shape)) {
      add_input (graph, &config, &shape, input_shapes, n_inputs);
      last = graph->inputs->len - 1;
    }
    if (g_str_equal (class_name, "InputLayer") || !nn_config_ok (list))
      continue;
    if (last == NN_NO_TENSOR)
      nn_config_fail (list, NN_ERROR_FORMAT,
          "the first layer does not give the shape of its input");
    else
      add_layer (graph, &entry, &last, layers);
  }
  if (nn_config_ok (list) && layers->len == 0)
    nn_config_fail (list, NN_ERROR_FORMAT, "the model has no layers");
  if (nn_config_ok (list))
    g_array_append_val (graph->outputs, last);
}

void
nn_keras_build (NnGraph *graph, const NnConfig *config,
    const NnShape *input_shapes, size_t n_inputs, GPtrArray *layers)
{
  const char *const class_name = nn_config_string (config, "class_name", "");
  NnConfig list = nn_config_get (config, "config");

  if (nn_config_is_object (&list)) /* Keras before 2.2.3: the list itself */
    list = nn_config_get (&list, "layers");
  if (!g_str_equal (class_name, "Sequential") || !nn_config_is_list (&list)) {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "a model of class “%s”; supported is: Sequential", class_name);
    return;
  }
  build_sequential (graph, &list, input_shapes, n_inputs, layers);
}
