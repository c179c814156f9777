/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a configuration to an NnModel, whether it comes from a file or from the
 * trainer. */
#include <string.h>
#include "nn/config.h"
#include "nn/error.h"
#include "nn/fuse.h"
#include "nn/model-private.h"

/* Some options mean different things in Keras 2 and 3. Files without a version
 * are older than both. */
static int
keras_major (const char *keras_version)
{
  return keras_version && strtol (keras_version, NULL, 10) >= 3 ? 3 : 2;
}

static bool
check_version (const NnModel *model, GError **error)
{
  const char *const version = model->keras_version;

  if (!version || !g_ascii_isdigit (*version)
      || strtol (version, NULL, 10) >= 2)
    return true;
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
      "%s: written by Keras %s; supported are 2 and 3, so open it with Keras 2 "
      "and save it again",
      model->name, version);
  return false;
}

static bool
build_graph (NnModel *model, NnDocument *document, const NnShape *input_shapes,
    size_t n_inputs, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const NnConfig root = nn_document_root (
      document, "the model", keras_major (model->keras_version), &failure);

  model->root = nn_keras_build (model->graph, &root, input_shapes, n_inputs);
  if (model->root) {
    model->layers = model->root->children;
    return true;
  }
  g_propagate_prefixed_error (
      error, g_steal_pointer (&failure), "%s: ", model->name);
  return false;
}

GArray *
nn_model_input_shapes (const char *name, NnDocument *document,
    const char *keras_version, GError **error)
{
  g_autoptr (GArray) shapes = g_array_new (FALSE, FALSE, sizeof (NnShape));
  GError *failure = NULL;
  const NnConfig root = nn_document_root (
      document, "the model", keras_major (keras_version), &failure);

  nn_keras_input_shapes (&root, shapes);
  if (!failure)
    return g_steal_pointer (&shapes);
  g_propagate_prefixed_error (error, failure, "%s: ", name);
  return NULL;
}

NnModel *
nn_model_build_document (const char *name, const char *config,
    NnDocument *document, const char *keras_version,
    const NnShape *input_shapes, size_t n_inputs, GError **error)
{
  g_autoptr (NnModel) model = g_new0 (NnModel, 1);

  g_atomic_ref_count_init (&model->refs);
  model->name = g_strdup (name);
  model->config = g_strdup (config);
  model->keras_version = g_strdup (keras_version);
  model->graph = nn_graph_new ();
  if (!check_version (model, error)
      || !build_graph (model, document, input_shapes, n_inputs, error))
    return NULL;
  return g_steal_pointer (&model);
}

NnModel *
nn_model_build (const char *name, const char *config, const char *keras_version,
    const NnShape *input_shapes, size_t n_inputs, GError **error)
{
  g_autoptr (NnDocument) document =
      nn_document_parse (name, config, strlen (config), error);

  return document ? nn_model_build_document (name, config, document,
             keras_version, input_shapes, n_inputs, error)
                  : NULL;
}

static bool
pack_layers (NnModel *model)
{
  for (size_t i = 0; i < model->graph->nodes->len; i++) {
    NnLayer *const layer = nn_graph_node (model->graph, i)->layer;

    if (layer->klass->finish && !layer->klass->finish (layer))
      return false;
  }
  return true;
}

static bool
fail_to_pack (const NnModel *model, GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
      "%s: not enough memory for the weights", model->name);
  return false;
}

bool
nn_model_pack (NnModel *model, GError **error)
{
  return pack_layers (model) || fail_to_pack (model, error);
}

void
nn_model_repack (NnModel *model)
{
  pack_layers (model); /* into memory that it already has */
}

bool
nn_model_finish (NnModel *model, GError **error)
{
  if (!pack_layers (model) || !nn_fuse (model->graph))
    return fail_to_pack (model, error);
  model->plan = nn_plan_new (model->graph, model->name, error);
  return model->plan != NULL;
}

void
nn_model_quantise (NnModel *model)
{
  g_return_if_fail (model != NULL);
  for (size_t i = 0; i < model->graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (model->graph, i);

    if (node->layer->klass->quantise && !node->is_absorbed)
      node->layer->klass->quantise (node->layer);
  }
}

static void
copy_weights (const NnWeights *from, NnWeights *to)
{
  for (guint i = 0; i < to->params->len; i++) {
    const NnParam *const source = g_ptr_array_index (from->params, i);
    NnParam *const param = g_ptr_array_index (to->params, i);

    if (!param->value) /* shared layers occur more than once */
      param->value = g_memdup2 (source->value, param->size * sizeof (float));
  }
}

NnModel *
nn_model_copy (const NnModel *model, GError **error)
{
  const size_t n = model->graph->inputs->len;
  g_autofree NnShape *shapes = g_new (NnShape, n);
  g_autoptr (NnDocument) document = NULL;
  g_autoptr (NnModel) copy = NULL;

  for (size_t i = 0; i < n; i++)
    shapes[i] = *nn_model_input_shape (model, i);
  document = nn_document_parse (
      model->name, model->config, strlen (model->config), error);
  if (!document)
    return NULL;
  nn_document_set_torch (document, model->is_torch);
  copy = nn_model_build_document (model->name, model->config, document,
      model->keras_version, shapes, n, error);
  if (!copy)
    return NULL;
  copy->is_torch = model->is_torch;
  copy->metadata = g_strdup (model->metadata);
  for (size_t i = 0; i < copy->graph->nodes->len; i++)
    copy_weights (nn_graph_node (model->graph, i)->layer->weights,
        nn_graph_node (copy->graph, i)->layer->weights);
  return g_steal_pointer (&copy);
}
