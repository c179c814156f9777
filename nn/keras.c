/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/keras.h"

#include <string.h>
#include "nn/channels.h"
#include "nn/keras-private.h"
#include "nn/limits.h"

NnKerasLayer *
nn_keras_layer_new (const char *name, const char *class_name)
{
  NnKerasLayer *layer = g_new0 (NnKerasLayer, 1);

  layer->name = g_strdup (name);
  layer->class_name = g_strdup (class_name);
  layer->trainable = true;
  layer->weights = nn_weights_new ();
  return layer;
}

void
nn_keras_layer_free (NnKerasLayer *layer)
{
  if (!layer)
    return;
  g_free (layer->name);
  g_free (layer->class_name);
  nn_weights_unref (layer->weights);
  g_clear_pointer (&layer->children, g_ptr_array_unref);
  if (layer->reads)
    g_string_free (layer->reads, TRUE);
  g_free (layer);
}

size_t
nn_keras_layer_n_params (const NnKerasLayer *layer)
{
  size_t n = layer->weights->params->len;

  for (guint i = 0; layer->children && i < layer->children->len; i++)
    n += nn_keras_layer_n_params (g_ptr_array_index (layer->children, i));
  return n;
}

bool
nn_keras_spend (NnKerasBuild *build, const NnConfig *config, size_t n)
{
  build->work += MIN (n, NN_MAX_WORK);
  if (build->work <= NN_MAX_WORK)
    return true;
  nn_config_fail (config, NN_ERROR_LIMIT,
      "the model is too large once its shared parts are unfolded");
  return false;
}

bool
nn_keras_is_model (const char *class_name)
{
  static const char *const classes[] = { "Sequential", "Functional", "Model" };

  for (size_t i = 0; i < G_N_ELEMENTS (classes); i++)
    if (g_str_equal (classes[i], class_name))
      return true;
  return false;
}

static bool
is_sequential (const NnConfig *entry)
{
  return g_str_equal (nn_config_string (entry, "class_name", ""), "Sequential");
}

/* The layers of a Sequential model. Before Keras 2.2.3 "config" was the list
 * itself. */
static NnConfig
sequential_layers (const NnConfig *entry)
{
  const NnConfig config = nn_config_get (entry, "config");

  return nn_config_is_list (&config) ? config
                                     : nn_config_get (&config, "layers");
}

bool
nn_keras_read_batch_shape (const NnConfig *config, NnShape *shape)
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

/* The input of a Sequential model: stated by its first layer, or the first
 * layer of that, or, if it was built without one, beside the layers. */
static bool
sequential_input_shape (const NnConfig *entry, NnShape *shape, int depth)
{
  const NnConfig list = sequential_layers (entry);
  const NnConfig first = nn_config_at (&list, 0);
  const NnConfig inner = nn_config_get (&first, "config");
  const NnConfig config = nn_config_get (entry, "config");
  const NnConfig build = nn_config_get (entry, "build_config");
  const NnConfig built[] = { nn_config_get (&config, "build_input_shape"),
    nn_config_get (&build, "input_shape") };

  if (nn_keras_read_batch_shape (&inner, shape))
    return true;
  if (is_sequential (&first) && depth < NN_MAX_NESTING
      && sequential_input_shape (&first, shape, depth + 1))
    return true;
  for (size_t i = 0; i < G_N_ELEMENTS (built); i++)
    if (nn_config_is_list (&built[i])) {
      nn_config_shape (&built[i], 1, shape);
      return nn_config_ok (entry);
    }
  return false;
}

static void
input_shapes_of (NnKerasBuild *build, const NnConfig *entry, GArray *shapes)
{
  const char *const class_name = nn_config_string (entry, "class_name", "");
  const NnConfig config = nn_config_get (entry, "config");
  const NnConfig list = sequential_layers (entry);
  const NnConfig first = nn_config_at (&list, 0);
  NnShape shape;

  if (!nn_keras_is_model (class_name)) {
    nn_config_fail (entry, NN_ERROR_UNSUPPORTED,
        "is of the class “%s”; supported are: Sequential, Functional",
        class_name);
  } else if (!is_sequential (entry)) {
    nn_keras_functional_input_shapes (build, &config, shapes);
  } else if (nn_config_length (&list) == 0) {
    nn_config_fail (entry, NN_ERROR_FORMAT, "has no layers");
  } else if (sequential_input_shape (entry, &shape, 0)) {
    g_array_append_val (shapes, shape);
  } else if (nn_config_ok (entry)
      && nn_keras_is_model (nn_config_string (&first, "class_name", ""))) {
    build->depth++;
    if (build->depth > NN_MAX_NESTING)
      nn_config_fail (entry, NN_ERROR_LIMIT, "models are nested too deep");
    else
      input_shapes_of (build, &first, shapes);
    build->depth--;
  }
}

void
nn_keras_input_shapes (const NnConfig *config, GArray *shapes)
{
  NnKerasBuild build = { 0 };

  input_shapes_of (&build, config, shapes);
}

static char *
describe (const NnConfig *entry)
{
  const NnConfig config = nn_config_get (entry, "config");
  const char *const class_name = nn_config_string (entry, "class_name", "?");
  const char *const name = nn_config_string (&config, "name", NULL);

  return g_strdup_printf ("layer “%s” (%s)",
      name ? name : nn_config_string (entry, "name", "without a name"),
      class_name);
}

static bool
is_operator (const NnConfig *entry)
{
  const char *const class_name = nn_config_string (entry, "class_name", "");
  const char *const module = nn_config_string (entry, "module", NULL);
  const NnConfig config = nn_config_get (entry, "config");
  const NnConfig dtype = nn_config_get (&config, "dtype");

  if (g_str_equal (class_name, "TFOpLambda")
      || g_str_equal (class_name, "SlicingOpLambda"))
    return true;
  if (module)
    return g_str_has_prefix (module, "keras.src.ops")
        || g_str_has_prefix (module, "keras.ops");
  /* Keras 3 does not write the module into .h5 files. Only layers have a dtype
   * there, operators do not. */
  return entry->keras_major >= 3 && !nn_config_is_set (&dtype)
      && !nn_keras_is_model (class_name)
      && !g_str_equal (class_name, "InputLayer");
}

NnKerasLayer *
nn_keras_child (NnKerasLayer *parent, size_t i, const NnConfig *entry)
{
  const NnConfig config = nn_config_get (entry, "config");
  const NnConfig id = nn_config_get (entry, "shared_object_id");
  const char *const class_name = nn_config_string (entry, "class_name", "");
  NnKerasLayer *layer;

  if (i < parent->children->len)
    return g_ptr_array_index (parent->children, i);
  g_assert (i == parent->children->len);
  layer = nn_keras_layer_new (
      nn_config_string (&config, "name", class_name), class_name);
  layer->trainable = nn_config_bool (&config, "trainable", true);
  layer->is_operator = is_operator (entry);
  layer->is_wrapper = nn_keras_is_wrapper (class_name);
  layer->shared_id = nn_config_as_int (&id, 0);
  if (layer->is_wrapper || nn_keras_is_model (class_name))
    layer->children =
        g_ptr_array_new_with_free_func ((GDestroyNotify) nn_keras_layer_free);
  g_ptr_array_add (parent->children, layer);
  return layer;
}

static void
call_sequential (NnKerasBuild *build, NnKerasLayer *model,
    const NnConfig *entry, const NnGraphCall *call, GArray *out)
{
  const NnConfig list = sequential_layers (entry);
  const size_t n = nn_config_length (&list);
  g_autoptr (GArray) last = g_array_new (FALSE, FALSE, sizeof (size_t));

  if (call->n_in != 1) {
    nn_config_fail (entry, NN_ERROR_SHAPE,
        "a Sequential model is called with %zu inputs", call->n_in);
    return;
  }
  g_array_append_vals (last, call->in, 1);
  for (size_t i = 0; i < n && nn_config_ok (entry); i++) {
    const NnConfig item = nn_config_at (&list, i);
    NnKerasLayer *const layer = nn_keras_child (model, i, &item);
    const size_t in = g_array_index (last, size_t, 0);

    if (!nn_keras_spend (build, entry, 1)
        || g_str_equal (layer->class_name, "InputLayer"))
      continue;
    g_array_set_size (last, 0);
    nn_keras_call_entry (
        build, layer, &item, &(NnGraphCall){ .in = &in, .n_in = 1 }, last);
    if (nn_config_ok (entry) && last->len != 1)
      nn_config_fail (&item, NN_ERROR_FORMAT,
          "layer “%s” has %u outputs; inside Sequential it must have one",
          layer->name, last->len);
  }
  if (nn_config_ok (entry))
    g_array_append_vals (out, last->data, 1);
}

/* An explicit mask needs a new view of the tensor. */
static size_t
with_mask (
    NnKerasBuild *build, const NnConfig *entry, size_t tensor, size_t mask)
{
  const NnTensor from = *nn_graph_tensor (build->graph, tensor);

  return mask == NN_NO_TENSOR ? tensor
                              : nn_graph_add_view (build->graph, tensor,
                                  &from.shape, from.repeat, mask, entry);
}

static void
call_model (NnKerasBuild *build, NnKerasLayer *model, const NnConfig *entry,
    const NnGraphCall *call, GArray *out)
{
  const NnConfig config = nn_config_get (entry, "config");
  g_autofree size_t *in = g_new0 (size_t, call->n_in);

  for (size_t i = 0; i < call->n_in; i++)
    in[i] = with_mask (
        build, entry, call->in[i], call->mask ? call->mask[i] : NN_NO_TENSOR);
  if (!nn_config_ok (entry))
    return;
  const NnGraphCall plain = { .in = in, .n_in = call->n_in };
  if (is_sequential (entry))
    call_sequential (build, model, entry, &plain, out);
  else
    nn_keras_call_functional (build, model, &config, &plain, out);
}

static void
fail_unknown (const NnConfig *config, const char *class_name)
{
  if (g_str_has_prefix (class_name, "ops."))
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "save the model with operators that run here instead (emotion-analyze "
        "--list-layers): this one is not supported");
  else if (g_str_equal (class_name, "Lambda"))
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "save the model with layers of Keras instead: a Lambda layer is Python "
        "code, which cannot be run");
  else
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "save the model with layers that run here instead (emotion-analyze "
        "--list-layers): this kind of layer is not supported, and one of your "
        "own is Python code, which cannot be run");
}

/* An activation along an axis other than the last one becomes a layer of its
 * own, after this one. */
static size_t
run_activation_apart (NnKerasBuild *build, const NnLayer *layer,
    bool channels_first, const NnConfig *config, size_t tensor)
{
  NnActivation *const last = layer->last_activation;
  const NnConfig value = nn_config_get (config, "activation");
  const NnConfig inner = nn_config_get (&value, "config");
  const bool is_elsewhere = last && last->is_elsewhere;
  const NnNode *node;

  if (!is_elsewhere
      && !(last && channels_first && nn_activation_is_of_rows (last)))
    return tensor;
  *last = (NnActivation){ 0 };
  node = nn_graph_add_node (build->graph,
      nn_layer_class_find (is_elsewhere ? "Softmax" : "Activation"),
      layer->name, NULL, is_elsewhere ? &inner : config,
      &(NnGraphCall){ .in = &tensor, .n_in = 1 });
  return node ? node->out[0] : tensor;
}

static void
call_layer (NnKerasBuild *build, NnKerasLayer *layer, const char *class_name,
    const NnConfig *config, const NnGraphCall *call, GArray *out)
{
  const NnLayerClass *const klass = nn_layer_class_find (class_name);
  NnGraphCall moved = *call;
  bool channels_first;
  size_t in, *last;
  NnNode *node;

  if (!klass) {
    fail_unknown (config, class_name);
    return;
  }
  channels_first = call->n_in == 1 && nn_channels_are_first (klass, config);
  if (channels_first) {
    in = nn_channels_move_last (build->graph, call->in[0], config);
    moved.in = &in;
  }
  node = nn_graph_add_node (build->graph, klass, layer->name,
      layer->is_called ? layer->weights : NULL, config, &moved);
  if (!node)
    return;
  if (!layer->is_called) {
    nn_weights_unref (layer->weights);
    layer->weights = nn_weights_ref (node->layer->weights);
    layer->is_called = true;
  }
  g_array_append_vals (out, node->out, node->layer->n_out);
  last = &g_array_index (out, size_t, out->len - 1);
  if (channels_first)
    *last = nn_channels_move_first (build->graph, *last, config);
  *last =
      run_activation_apart (build, node->layer, channels_first, config, *last);
}

/* In Keras 2 the options of an operator are constants of its call: the layer
 * takes them as its configuration, as in Keras 3. */
static NnDocument *
collect_options (const NnArg *args, size_t n_args)
{
  NnDocument *options = nn_document_new ();

  for (size_t i = 0; i < n_args; i++)
    if (args[i].name && args[i].n == 0)
      nn_document_add (options, args[i].name, &args[i].value);
  return options;
}

static void
call_lambda (NnKerasBuild *build, NnKerasLayer *layer, const NnConfig *entry,
    const NnConfig *config, const NnGraphCall *call, GArray *out)
{
  g_autofree NnArg *args = g_memdup2 (call->args, call->n_args * sizeof *args);
  const char *const class_name =
      nn_keras_operator_find (entry, config, args, call->n_args);
  g_autoptr (NnDocument) document = NULL;
  NnGraphCall renamed = *call;
  NnConfig options;

  if (!class_name)
    return;
  renamed.args = args;
  document = collect_options (args, call->n_args);
  options = nn_document_root (
      document, config->where, config->keras_major, config->error);
  call_layer (build, layer, class_name, &options, &renamed, out);
}

static void
call_operator (NnKerasBuild *build, NnKerasLayer *layer, const NnConfig *entry,
    const NnConfig *config, const NnGraphCall *call, GArray *out)
{
  g_autofree char *class_name = g_strconcat ("ops.", layer->class_name, NULL);

  if (g_str_has_suffix (layer->class_name, "OpLambda"))
    call_lambda (build, layer, entry, config, call, out);
  else
    call_layer (build, layer, class_name, config, call, out);
}

/* Merge of Keras 2.0 and 2.1, as the layer that replaced it. */
static void
call_merge (NnKerasBuild *build, NnKerasLayer *layer, const NnConfig *config,
    const NnGraphCall *call, GArray *out)
{
  g_autoptr (NnDocument) document = nn_document_new ();
  const char *const class_name = nn_keras_merge_find (config, document);
  const NnConfig options = nn_document_root (
      document, config->where, config->keras_major, config->error);

  if (class_name)
    call_layer (build, layer, class_name, &options, call, out);
}

void
nn_keras_call_entry (NnKerasBuild *build, NnKerasLayer *layer,
    const NnConfig *entry, const NnGraphCall *call, GArray *out)
{
  g_autofree char *where = describe (entry);
  NnConfig named = *entry, config;
  const guint n_before = out->len;

  named.where = where;
  config = nn_config_get (&named, "config");
  if (++build->depth > NN_MAX_NESTING)
    nn_config_fail (&named, NN_ERROR_LIMIT,
        "models or wrappers are nested deeper than %d", NN_MAX_NESTING);
  else if (!nn_keras_spend (build, &named, 1) || !nn_keras_check_entry (&named))
    ;
  else if (nn_keras_is_model (layer->class_name))
    call_model (build, layer, &named, call, out);
  else if (layer->is_wrapper)
    nn_keras_call_wrapper (build, layer, &config, call, out);
  else if (layer->is_operator)
    call_operator (build, layer, &named, &config, call, out);
  else if (g_str_equal (layer->class_name, "Merge"))
    call_merge (build, layer, &config, call, out);
  else
    call_layer (build, layer, layer->class_name, &config, call, out);
  build->depth--;
  if (nn_config_ok (&named) && out->len > n_before && !layer->has_output) {
    const size_t first = g_array_index (out, size_t, n_before);

    layer->out = nn_graph_tensor (build->graph, first)->shape;
    layer->has_output = true;
  }
}

/* Fills the axes that the file leaves open from the caller's shapes. */
static void
bind_input_shape (NnShape *shape, const NnShape *wanted, const NnConfig *config)
{
  g_autofree char *text = nn_shape_to_string (shape);
  bool fits = !wanted || wanted->rank == shape->rank;
  size_t size;

  for (size_t i = 0; i < shape->rank && wanted && fits; i++) {
    if (shape->dim[i] == NN_DIM_UNKNOWN)
      shape->dim[i] = wanted->dim[i];
    fits = wanted->dim[i] == NN_DIM_UNKNOWN || shape->dim[i] == wanted->dim[i];
  }
  if (!fits) {
    g_autofree char *other = nn_shape_to_string (wanted);

    nn_config_fail (config, NN_ERROR_SHAPE,
        "takes %s, and was asked to take %s", text, other);
  } else if (!nn_shape_checked_size (shape, &size)) {
    nn_config_fail (config, NN_ERROR_SHAPE,
        "the input shape %s leaves an axis open or is too large", text);
  }
}

/* The model's inputs become tensors of the graph. */
static void
add_inputs (NnGraph *graph, const NnConfig *config, const NnShape *wanted,
    size_t n_wanted)
{
  g_autoptr (GArray) shapes = g_array_new (FALSE, FALSE, sizeof (NnShape));

  nn_keras_input_shapes (config, shapes);
  if (nn_config_ok (config) && shapes->len == 0) {
    /* Built without an input shape: any will do, if the weights agree. */
    if (n_wanted == 1)
      g_array_append_vals (shapes, wanted, 1);
    else
      nn_config_fail (config, NN_ERROR_FORMAT,
          "the first layer does not give the shape of its input");
  }
  for (guint i = 0; i < shapes->len && nn_config_ok (config); i++) {
    NnShape *const shape = &g_array_index (shapes, NnShape, i);
    size_t tensor;

    bind_input_shape (shape, i < n_wanted ? &wanted[i] : NULL, config);
    if (!nn_config_ok (config))
      return;
    tensor = nn_graph_add_tensor (graph, shape, 1);
    g_array_append_val (graph->inputs, tensor);
  }
}

NnKerasLayer *
nn_keras_build (NnGraph *graph, const NnConfig *config,
    const NnShape *input_shapes, size_t n_inputs)
{
  NnKerasBuild build = { .graph = graph };
  g_autoptr (NnKerasLayer) model = NULL;

  add_inputs (graph, config, input_shapes, n_inputs);
  if (!nn_config_ok (config) || !nn_keras_check_entry (config))
    return NULL;
  model = nn_keras_layer_new (
      "the model", nn_config_string (config, "class_name", ""));
  model->children =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nn_keras_layer_free);
  call_model (&build, model, config,
      &(NnGraphCall){ .in = (const size_t *) graph->inputs->data,
          .n_in = graph->inputs->len },
      graph->outputs);
  return nn_config_ok (config) ? g_steal_pointer (&model) : NULL;
}
