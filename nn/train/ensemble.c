/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "nn/error.h"
#include "nn/keras-h5.h"
#include "nn/model-private.h"
#include "nn/train/rewrite.h"

#define INPUT "input"
#define OUTPUT "mean"
#define N_TRIALS 3
#define TOLERANCE 1e-4 /* of the mean of the members, as a self-test has it */

/* Objects that are the same by number in one file would be so in all. */
static void
forget_shared_ids (JsonNode *node)
{
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *const array = json_node_get_array (node);

    for (guint i = 0; i < json_array_get_length (array); i++)
      forget_shared_ids (json_array_get_element (array, i));
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *const object = json_node_get_object (node);
    JsonObjectIter iter;
    JsonNode *value;

    if (json_object_has_member (object, "shared_object_id"))
      json_object_remove_member (object, "shared_object_id");
    json_object_iter_init (&iter, object);
    while (json_object_iter_next (&iter, NULL, &value))
      forget_shared_ids (value);
  }
}

/* ---- a member ---- */

typedef struct {
  const NnModel *model;
  JsonNode *root;
  char *prefix;
  char *output;      /* the layer that gives its probabilities */
  GHashTable *names; /* old -> new, of its layers */
} Member;

static void
member_free (gpointer data)
{
  Member *const member = data;

  g_clear_pointer (&member->root, json_node_unref);
  g_clear_pointer (&member->names, g_hash_table_unref);
  g_free (member->prefix);
  g_free (member->output);
  g_free (member);
}

static bool
refuse (const Member *member, const char *reason, GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED, "%s: %s",
      member->model->name, reason);
  return false;
}

static void
rename_reference (JsonNode *name, gpointer data)
{
  const Member *const member = data;
  const char *const new_name =
      g_hash_table_lookup (member->names, json_node_get_string (name));

  if (new_name)
    json_node_set_string (name, new_name);
}

static bool
is_model (const char *class_name)
{
  static const char *const names[] = { "Sequential", "Functional", "Model",
    NULL };

  return g_strv_contains (names, class_name);
}

static void
note_names (Member *member, JsonArray *layers)
{
  for (guint i = 0; i < json_array_get_length (layers); i++) {
    JsonObject *const layer = json_array_get_object_element (layers, i);
    const bool is_input = g_str_equal (
        json_object_get_string_member (layer, "class_name"), "InputLayer");
    const char *const name = nn_rewrite_layer_name (layer);

    g_hash_table_insert (member->names, g_strdup (name),
        is_input ? g_strdup (INPUT) : g_strconcat (member->prefix, name, NULL));
  }
}

/* Moves a layer into the ensemble, under its new name. */
static void
move_layer (Member *member, JsonObject *layer, JsonArray *layers)
{
  JsonObject *const config = json_object_get_object_member (layer, "config");
  const char *const name =
      g_hash_table_lookup (member->names, nn_rewrite_layer_name (layer));
  JsonNode *const inbound = json_object_get_member (layer, "inbound_nodes");

  if (inbound)
    nn_rewrite_references (inbound, rename_reference, member);
  json_object_set_string_member (layer, "name", name);
  json_object_set_string_member (config, "name", name);
  json_array_add_object_element (layers, json_object_ref (layer));
}

/* In a Sequential model, each layer takes what the one before it gives. */
static void
chain_layer (JsonObject *layer, const char *before)
{
  JsonObject *const config = json_object_get_object_member (layer, "config");

  if (json_object_has_member (config, "batch_input_shape"))
    json_object_remove_member (config, "batch_input_shape");
  json_object_set_array_member (
      layer, "inbound_nodes", nn_rewrite_call (&before, 1));
}

/* The first (or only) reference in node, renamed. */
static void
take_reference (JsonNode *name, gpointer data)
{
  char **const output = data;

  if (!*output)
    *output = g_strdup (json_node_get_string (name));
}

static bool
add_member (Member *member, JsonArray *layers, GError **error)
{
  const NnModel *const model = member->model;
  const char *const activation = nn_model_output_activation (model, 0);
  JsonArray *own;
  const char *before = INPUT;
  bool is_sequential;

  member->root = json_from_string (model->config, NULL);
  own = nn_json_layers (member->root);
  is_sequential = g_str_equal (model->root->class_name, "Sequential");
  forget_shared_ids (member->root);
  note_names (member, own);
  for (guint i = 0; i < json_array_get_length (own); i++) {
    JsonObject *const layer = json_array_get_object_element (own, i);
    const char *const class_name =
        json_object_get_string_member (layer, "class_name");

    if (is_model (class_name))
      return refuse (member,
          "it holds a model within the model, which an ensemble cannot be "
          "made of",
          error);
    if (g_str_equal (class_name, "InputLayer"))
      continue;
    if (is_sequential)
      chain_layer (layer, before);
    before = g_hash_table_lookup (member->names, nn_rewrite_layer_name (layer));
    move_layer (member, layer, layers);
  }
  if (is_sequential) {
    member->output = g_strdup (before);
  } else {
    JsonNode *const ends = json_object_get_member (
        json_object_get_object_member (
            json_node_get_object (member->root), "config"),
        "output_layers");

    nn_rewrite_references (ends, rename_reference, member);
    nn_rewrite_references (ends, take_reference, &member->output);
  }
  if (activation
      && (g_str_equal (activation, "linear")
          || g_str_equal (activation, "log_softmax"))) {
    g_autofree char *name = g_strconcat (member->prefix, "softmax", NULL);
    JsonObject *const config = nn_rewrite_add_layer (layers, "Activation", name,
        nn_rewrite_call ((const char *const *) &member->output, 1));

    json_object_set_string_member (config, "activation", "softmax");
    g_free (member->output);
    member->output = g_steal_pointer (&name);
  }
  return true;
}

/* ---- checks ---- */

static bool
check_shapes (const NnModel *first, const NnModel *model, GError **error)
{
  const NnShape *const in = nn_model_input_shape (model, 0);
  const NnShape *const out = nn_model_output_shape (model, 0);
  g_autofree char *in_text = NULL, *out_text = NULL;
  g_autofree char *first_in = NULL, *first_out = NULL;

  if (nn_model_n_inputs (model) == 1 && nn_model_n_outputs (model) == 1
      && out->rank == 1 && out->dim[0] > 1
      && nn_shape_equal (in, nn_model_input_shape (first, 0))
      && nn_shape_equal (out, nn_model_output_shape (first, 0)))
    return true;
  in_text = nn_shape_to_string (in);
  out_text = nn_shape_to_string (out);
  first_in = nn_shape_to_string (nn_model_input_shape (first, 0));
  first_out = nn_shape_to_string (nn_model_output_shape (first, 0));
  g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
      "%s: takes %s and gives %s; members of an ensemble give at least two "
      "probabilities, and take and give what the first does: %s and %s (%s)",
      model->name, in_text, out_text, first_in, first_out, first->name);
  return false;
}

static const char *
version_of (const NnModel *const *members, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (members[i]->keras_version
        && strtol (members[i]->keras_version, NULL, 10) >= 3)
      return members[i]->keras_version;
  return members[0]->keras_version;
}

static void
softmax (float *p, size_t n)
{
  float largest = p[0];
  double sum = 0;

  for (size_t c = 1; c < n; c++)
    largest = MAX (largest, p[c]);
  for (size_t c = 0; c < n; c++)
    sum += p[c] = expf (p[c] - largest);
  for (size_t c = 0; c < n; c++)
    p[c] /= sum;
}

static bool
run (const NnModel *model, const float *in, float *out, GError **error)
{
  g_autoptr (NnSession) session = nn_session_new ((NnModel *) model, 1, error);

  if (session)
    nn_session_run (session, 1, &in, &out);
  return session != NULL;
}

/* Options may mean another thing to Keras 2 than to Keras 3, and one of them
 * reads the whole: the ensemble must say what its members do. */
static bool
check_mean (const NnModel *ensemble, const NnModel *const *members, size_t n,
    GError **error)
{
  const size_t n_in = nn_shape_size (nn_model_input_shape (ensemble, 0));
  const size_t n_out = nn_shape_size (nn_model_output_shape (ensemble, 0));
  g_autofree float *in = g_new (float, n_in);
  g_autofree float *all = g_new (float, n_out), *one = g_new (float, n_out);
  g_autofree double *mean = g_new (double, n_out);
  g_autoptr (GRand) rand = g_rand_new_with_seed (n);

  for (guint trial = 0; trial < N_TRIALS; trial++) {
    for (size_t i = 0; i < n_in; i++)
      in[i] = g_rand_double (rand);
    memset (mean, 0, n_out * sizeof *mean);
    if (!run (ensemble, in, all, error))
      return false;
    for (size_t k = 0; k < n; k++) {
      const char *const activation = nn_model_output_activation (members[k], 0);

      if (!run (members[k], in, one, error))
        return false;
      if (activation && g_str_equal (activation, "linear"))
        softmax (one, n_out);
      for (size_t c = 0; c < n_out; c++)
        mean[c] += (activation && g_str_equal (activation, "log_softmax")
                           ? expf (one[c])
                           : one[c])
            / n;
    }
    for (size_t c = 0; c < n_out; c++)
      if (!(fabs (mean[c] - all[c]) < TOLERANCE)) {
        g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
            "%s: read together with the other members it says something else "
            "(%g instead of %g): they were written by different versions of "
            "Keras",
            members[0]->name, all[c], mean[c]);
        return false;
      }
  }
  return true;
}

/* ---- weights ---- */

static const NnKerasLayer *
find_layer (const NnModel *model, const char *name)
{
  for (guint i = 0; i < model->layers->len; i++) {
    const NnKerasLayer *const layer = g_ptr_array_index (model->layers, i);

    if (g_str_equal (layer->name, name))
      return layer;
  }
  return NULL;
}

/* Layers of `from` called x are those of `to` called prefix x. */
static void
copy_weights (const NnModel *from, const char *prefix, NnModel *to)
{
  for (guint i = 0; i < from->layers->len; i++) {
    const NnKerasLayer *const source = g_ptr_array_index (from->layers, i);
    g_autofree char *name = g_strconcat (prefix, source->name, NULL);
    const NnKerasLayer *const layer = find_layer (to, name);
    g_autoptr (GPtrArray) values = nn_keras_h5_params (source);
    g_autoptr (GPtrArray) params = layer ? nn_keras_h5_params (layer) : NULL;

    for (guint k = 0; params && k < params->len; k++) {
      const NnParam *const value = g_ptr_array_index (values, k);
      NnParam *const param = g_ptr_array_index (params, k);

      param->value = g_memdup2 (value->value, value->size * sizeof (float));
    }
  }
}

/* ---- both ways ---- */

NnModel *
nn_model_ensemble (const NnModel *const *members, size_t n, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (member_free);
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  g_autoptr (JsonArray) layers = json_array_new ();
  g_autoptr (NnModel) result = NULL;
  g_autofree char *config = NULL;

  g_return_val_if_fail (members != NULL && n > 1, NULL);
  nn_rewrite_add_input (layers, INPUT, nn_model_input_shape (members[0], 0));
  for (size_t i = 0; i < n; i++) {
    Member *const member = g_new0 (Member, 1);

    g_ptr_array_add (all, member);
    member->model = members[i];
    member->prefix = g_strdup_printf ("m%" G_GSIZE_FORMAT "_", i + 1);
    member->names =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    if (!check_shapes (members[0], members[i], error)
        || !add_member (member, layers, error))
      return NULL;
    g_ptr_array_add (outputs, member->output);
  }
  nn_rewrite_add_layer (layers, "Average", OUTPUT,
      nn_rewrite_call ((const char *const *) outputs->pdata, outputs->len));
  config = nn_rewrite_functional (
      "ensemble", json_array_ref (layers), INPUT, nn_rewrite_ends (OUTPUT));
  result = nn_model_build ("the ensemble", config, version_of (members, n),
      nn_model_input_shape (members[0], 0), 1, error);
  if (!result)
    return NULL;
  for (size_t i = 0; i < n; i++) {
    const Member *const member = g_ptr_array_index (all, i);

    copy_weights (members[i], member->prefix, result);
  }
  return nn_model_finish (result, error)
          && check_mean (result, members, n, error)
      ? g_steal_pointer (&result)
      : NULL;
}

static JsonObject *
find_object (JsonArray *layers, const char *name)
{
  for (guint i = 0; i < json_array_get_length (layers); i++) {
    JsonObject *const layer = json_array_get_object_element (layers, i);

    if (g_str_equal (nn_rewrite_layer_name (layer), name))
      return layer;
  }
  return NULL;
}

/* What a value needs: names, in order, that wait for their own sources. */
static void
need (JsonNode *name, gpointer data)
{
  GPtrArray *const names = data;
  const char *const text = json_node_get_string (name);

  if (!g_ptr_array_find_with_equal_func (names, text, g_str_equal, NULL))
    g_ptr_array_add (names, (gpointer) text);
}

/* The member that ends at `end`, a reference. */
static NnModel *
member_of (const NnModel *model, JsonArray *layers, JsonNode *end,
    const char *input, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  JsonArray *const own = json_array_new (), *const ends = json_array_new ();
  g_autofree char *config = NULL;
  g_autoptr (NnModel) member = NULL;

  nn_rewrite_references (end, need, names);
  for (guint i = 0; i < names->len; i++) {
    JsonObject *const layer =
        find_object (layers, g_ptr_array_index (names, i));
    JsonNode *const inbound =
        layer ? json_object_get_member (layer, "inbound_nodes") : NULL;

    if (layer)
      json_array_add_object_element (own, json_object_ref (layer));
    if (inbound)
      nn_rewrite_references (inbound, need, names);
  }
  json_array_add_element (ends, json_node_copy (end));
  config = nn_rewrite_functional (model->name, own, input, ends);
  member = nn_model_build (model->name, config, model->keras_version,
      nn_model_input_shape (model, 0), 1, error);
  if (!member)
    return NULL;
  copy_weights (model, "", member);
  return nn_model_finish (member, error) ? g_steal_pointer (&member) : NULL;
}

/* The one call of the Average that a functional model ends in, or NULL. */
static JsonArray *
find_average (JsonObject *config, JsonArray *layers)
{
  JsonNode *const ends = json_object_get_member (config, "output_layers");
  g_autofree char *name = NULL;
  JsonObject *layer;
  JsonArray *calls;

  nn_rewrite_references (ends, take_reference, &name);
  layer = name ? find_object (layers, name) : NULL;
  if (!layer
      || !g_str_equal (
          json_object_get_string_member (layer, "class_name"), "Average"))
    return NULL;
  calls = json_object_get_array_member (layer, "inbound_nodes");
  return calls && json_array_get_length (calls) == 1
          && JSON_NODE_HOLDS_ARRAY (json_array_get_element (calls, 0))
      ? json_array_get_array_element (calls, 0)
      : NULL;
}

GPtrArray *
nn_model_members (const NnModel *model, GError **error)
{
  g_autoptr (JsonNode) root = json_from_string (model->config, NULL);
  g_autoptr (GPtrArray) members =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nn_model_unref);
  g_autofree char *input = NULL;
  JsonArray *layers, *sources;
  JsonObject *config;

  if (g_str_equal (model->root->class_name, "Sequential")
      || nn_model_n_inputs (model) != 1 || nn_model_n_outputs (model) != 1)
    return NULL;
  layers = nn_json_layers (root);
  config =
      json_object_get_object_member (json_node_get_object (root), "config");
  sources = find_average (config, layers);
  if (!sources || json_array_get_length (sources) < 2)
    return NULL;
  nn_rewrite_references (
      json_object_get_member (config, "input_layers"), take_reference, &input);
  for (guint i = 0; i < json_array_get_length (sources); i++) {
    NnModel *const member = member_of (
        model, layers, json_array_get_element (sources, i), input, error);

    if (!member)
      return NULL;
    g_ptr_array_add (members, member);
  }
  return g_steal_pointer (&members);
}
