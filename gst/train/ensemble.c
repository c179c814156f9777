/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/ensemble.h"

#include <json-glib/json-glib.h>
#include "gst/model/recipe-json.h"
#include "gst/train/derived.h"
#include "gst/train/report-json.h"
#include "nn/save.h"
#include "nn/train/ensemble.h"
#include "nn/train/soup.h"

/* "top_db: 80 and 60"; NULL: they are equal. */
static char *
difference_of (const DspRecipe *a, const DspRecipe *b)
{
  gsize n;
  const DspRecipeField *const fields = dsp_recipe_fields (&n);

  if (dsp_recipe_equal (a, b))
    return NULL;
  for (gsize i = 0; i < n; i++) {
    g_autofree char *x = dsp_recipe_get_text (a, &fields[i]);
    g_autofree char *y = dsp_recipe_get_text (b, &fields[i]);

    if (!g_str_equal (x, y))
      return g_strdup_printf ("%s: %s and %s", fields[i].name, x, y);
  }
  return g_strdup ("they differ");
}

static char *
labels_text (const GstEmotionLabels *labels)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < gst_emotion_labels_count (labels); i++)
    g_string_append_printf (
        text, "%s%s", i > 0 ? "," : "", gst_emotion_labels_get (labels, i));
  return g_string_free (text, FALSE);
}

/* One file has one recipe and one row of labels. */
static gboolean
check_same (GstEmotionModel *const *models, const char *const *names, guint i,
    GError **error)
{
  g_autoptr (GstEmotionLabels) first =
      gst_emotion_model_labels (models[0], NULL, error);
  g_autoptr (GstEmotionLabels) labels =
      first ? gst_emotion_model_labels (models[i], NULL, error) : NULL;
  g_autofree char *difference =
      difference_of (gst_emotion_model_recipe (models[0]),
          gst_emotion_model_recipe (models[i]));
  g_autofree char *x = NULL, *y = NULL;

  if (!labels)
    return FALSE;
  if (difference) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "%s and %s take different features (%s); models that are joined in one "
        "file take the same",
        names[0], names[i], difference);
    return FALSE;
  }
  x = labels_text (first);
  y = labels_text (labels);
  if (g_str_equal (x, y))
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "%s has the labels %s, and %s has %s; models that are joined in one file "
      "have the same, in the same order",
      names[0], x, names[i], y);
  return FALSE;
}

static void
add_storage (NnJson *json, NnStorage storage)
{
  if (storage != NN_STORAGE_FLOAT32)
    nn_json_add_string (
        json, "weights", storage == NN_STORAGE_INT8 ? "int8" : "float16");
}

/* What the attribute says of a new file. */
typedef struct {
  const GstEmotionLabels *labels;
  const DspRecipe *recipe;
  const char *const *names; /* NULL-terminated, of what was joined; or NULL */
  const char *joined;       /* what this list is called in the file */
  NnStorage storage;
} Facts;

static void
add_facts (NnJson *json, gconstpointer data)
{
  const Facts *const facts = data;

  train_json_add_labels (json, facts->labels);
  gst_emotion_recipe_write (json, "recipe", facts->recipe);
  add_storage (json, facts->storage);
  if (!facts->names)
    return;
  nn_json_begin_array (json, facts->joined);
  for (const char *const *name = facts->names; *name; name++)
    nn_json_add_string (json, NULL, *name);
  nn_json_end_array (json);
}

static const struct {
  const char *name;
  NnModel *(*join) (const NnModel *const *models, size_t n, GError **error);
} joins[] = {
  [TRAIN_JOIN_ENSEMBLE] = { "ensemble", nn_model_ensemble },
  [TRAIN_JOIN_SOUP] = { "soup", nn_model_soup },
};

gboolean
train_join_save (TrainJoin how, GstEmotionModel *const *models,
    const char *const *names, guint n, NnStorage storage, const char *path,
    GError **error)
{
  g_autofree const NnModel **networks = g_new (const NnModel *, n);
  g_autofree const char **kept = g_new0 (const char *, n + 1);
  g_autoptr (NnModel) whole = NULL;
  g_autoptr (NnModel) stored = NULL;
  g_autoptr (GstEmotionLabels) labels = NULL;

  for (guint i = 0; i < n; i++) {
    if (i > 0 && !check_same (models, names, i, error))
      return FALSE;
    networks[i] = gst_emotion_model_network (models[i]);
    kept[i] = names[i];
  }
  labels = gst_emotion_model_labels (models[0], NULL, error);
  whole = labels ? joins[how].join (networks, n, error) : NULL;
  stored = whole ? nn_model_compress (whole, storage, error) : NULL;
  if (!stored)
    return FALSE;

  const Facts facts = { .labels = labels,
    .recipe = gst_emotion_model_recipe (models[0]),
    .names = kept,
    .joined = joins[how].name,
    .storage = storage };
  const TrainDerived derived = { .add = add_facts, .data = &facts };

  return train_derived_save (stored, &derived, path, error);
}

/* ---- back again ---- */

/* A network as a model of its own, with labels and recipe of another. */
static GstEmotionModel *
new_model (const char *name, const NnModel *network,
    const GstEmotionModel *like, gsize *len, GError **error)
{
  g_autoptr (GstEmotionLabels) labels =
      gst_emotion_model_labels (like, NULL, error);
  const Facts facts = { .labels = labels,
    .recipe = gst_emotion_model_recipe (like) };
  g_autoptr (NnJson) json = nn_json_new (false);
  g_autoptr (GBytes) bytes = NULL;

  if (!labels)
    return NULL;
  nn_json_begin_object (json, NULL);
  add_facts (json, &facts);
  nn_json_end_object (json);
  bytes = nn_model_save_bytes (network, nn_json_text (json), error);
  if (bytes && len)
    *len = g_bytes_get_size (bytes);
  return bytes ? gst_emotion_model_load_bytes (name, bytes, NULL, error) : NULL;
}

/* The names that the file has of its members, in root; NULL: it was not made
 * here, and what it is the mean of need not be models. */
static JsonArray *
recorded_names (JsonNode *root)
{
  JsonNode *const list =
      json_object_get_member (json_node_get_object (root), "ensemble");

  return list && JSON_NODE_HOLDS_ARRAY (list) ? json_node_get_array (list)
                                              : NULL;
}

static char *
member_name (JsonArray *names, guint i)
{
  JsonNode *const name = i < json_array_get_length (names)
      ? json_array_get_element (names, i)
      : NULL;
  g_autofree char *base =
      name && json_node_get_value_type (name) == G_TYPE_STRING
      ? g_path_get_basename (json_node_get_string (name))
      : NULL;

  return g_strdup_printf ("%u %s", i + 1, base ? base : "member");
}

GPtrArray *
train_ensemble_members (GstEmotionModel *model, GError **error)
{
  const NnModel *const network = gst_emotion_model_network (model);
  const char *const text = nn_model_metadata (network);
  g_autoptr (JsonNode) root = json_from_string (text ? text : "{}", NULL);
  JsonArray *const names = recorded_names (root);
  g_autoptr (GPtrArray) networks =
      names ? nn_model_members (network, error) : NULL;
  g_autoptr (GPtrArray) members =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_emotion_model_unref);

  for (guint i = 0; networks && i < networks->len; i++) {
    g_autofree char *name = member_name (names, i);
    GstEmotionModel *const member =
        new_model (name, g_ptr_array_index (networks, i), model, NULL, error);

    if (!member)
      return NULL;
    g_ptr_array_add (members, member);
  }
  return networks ? g_steal_pointer (&members) : NULL;
}

/* ---- smaller files ---- */

GstEmotionModel *
train_compressed (GstEmotionModel *model, const char *name, NnStorage storage,
    gsize *len, GError **error)
{
  g_autoptr (NnModel) stored =
      nn_model_compress (gst_emotion_model_network (model), storage, error);

  return stored ? new_model (name, stored, model, len, error) : NULL;
}

static void
add_weights (NnJson *json, gconstpointer data)
{
  add_storage (json, *(const NnStorage *) data);
}

gboolean
train_compressed_save (
    GstEmotionModel *model, NnStorage storage, const char *path, GError **error)
{
  static const char *const replaced[] = { "weights", NULL };
  const NnModel *const network = gst_emotion_model_network (model);
  g_autoptr (NnModel) stored = nn_model_compress (network, storage, error);
  const TrainDerived derived = { .metadata = nn_model_metadata (network),
    .replaced = replaced,
    .add = add_weights,
    .data = &storage };

  return stored && train_derived_save (stored, &derived, path, error);
}
