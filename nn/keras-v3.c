/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/keras-v3.h"

#include <string.h>
#include "nn/error.h"
#include "nn/keras-param.h"

/* The variants of the layout. */
typedef struct {
  NnH5 *file;
  const char *container; /* group of a model's layers */
  bool is_old;           /* of Keras 2.12 to 2.14: see find_step */
  char separator; /* '\\' where Keras 2 ran on Windows: groups in the root are
                     then named by whole paths, up to "vars" */
  GHashTable *shared; /* shared_id -> NnKerasLayer read before */
} Reader;

static bool read_container (
    Reader *reader, const char *path, const GPtrArray *layers, GError **error);

char *
nn_keras_v3_snake_case (const char *class_name)
{
  GString *text = g_string_new (NULL);

  /* The only class that Keras registers under a different name. */
  if (g_str_equal (class_name, "GroupQueryAttention"))
    class_name = "GroupedQueryAttention";
  for (const char *c = class_name; *c; c++) {
    if (!g_ascii_isalnum (*c) && *c != '_')
      continue;
    if (c > class_name && g_ascii_isupper (*c)
        && (g_ascii_islower (c[1]) || g_ascii_islower (c[-1])))
      g_string_append_c (text, '_');
    g_string_append_c (text, g_ascii_tolower (*c));
  }
  return g_string_free (text, FALSE);
}

static char *
join (const Reader *reader, const char *path, const char *name)
{
  return *path ? g_strdup_printf ("%s%c%s", path, reader->separator, name)
               : g_strdup (name);
}

/* "query_dense" was "_query_dense" before Keras 3, and still is in newer
 * layers: takes whichever group exists. */
static char *
find_scope (const Reader *reader, const char *path, const char *scope)
{
  g_auto (GStrv) parts = g_strsplit (scope, "/", -1);
  char *here = g_strdup (path);

  for (size_t i = 0; parts[i]; i++) {
    g_autofree char *hidden = g_strconcat ("_", parts[i], NULL);
    g_autofree char *vars = NULL;
    char *next = join (reader, here, parts[i]);

    vars = g_strconcat (next, "/vars", NULL);
    if (!nn_h5_has_group (reader->file, next)
        && !nn_h5_has_group (reader->file, vars)) {
      g_free (next);
      next = join (reader, here, hidden);
    }
    g_free (here);
    here = next;
  }
  return here;
}

/* How many arrays of the inner layer precede a wrapper's own:
 * SpectralNormalization of Keras 3 stores the kernel with its vector, and again
 * in the layer's group. */
static guint
count_borrowed (
    const Reader *reader, const char *path, const NnKerasLayer *layer)
{
  g_autofree char *beyond =
      g_strdup_printf ("%s/vars/%u", path, layer->weights->params->len);

  return layer->is_wrapper && layer->weights->params->len > 0
      && nn_h5_has_dataset (reader->file, beyond);
}

/* The arrays of a layer, each counted within its scope. */
static bool
read_params (const Reader *reader, const char *path, const NnKerasLayer *layer,
    GError **error)
{
  const NnWeights *const weights = layer->weights;
  const guint first_own = count_borrowed (reader, path, layer);

  for (guint i = 0; i < weights->params->len; i++) {
    NnParam *const param = g_ptr_array_index (weights->params, i);
    g_autofree char *scope =
        *param->scope ? find_scope (reader, path, param->scope) : NULL;
    g_autofree char *dataset = NULL;
    guint index = 0;

    for (guint k = 0; k < i; k++) {
      const NnParam *const other = g_ptr_array_index (weights->params, k);

      index += g_str_equal (other->scope, param->scope);
    }
    dataset =
        g_strdup_printf ("%s/vars/%u", scope ? scope : path, first_own + index);
    if (!nn_keras_param_read (reader->file, dataset, param, error))
      return false;
  }
  return true;
}

/* A layer that occurs twice in the tree has its weights at its first place. */
static bool
copy_params (const NnKerasLayer *from, const NnKerasLayer *to)
{
  const guint n = from->weights->params->len;
  const guint n_children = from->children ? from->children->len : 0;

  if (n != to->weights->params->len
      || n_children != (to->children ? to->children->len : 0))
    return false;
  for (guint i = 0; i < n; i++) {
    const NnParam *const source = g_ptr_array_index (from->weights->params, i);
    NnParam *const target = g_ptr_array_index (to->weights->params, i);

    if (!nn_shape_equal (&source->shape, &target->shape))
      return false;
    g_free (target->value);
    target->value =
        g_memdup2 (source->value, source->size * sizeof *source->value);
  }
  for (guint i = 0; i < n_children; i++)
    if (!copy_params (g_ptr_array_index (from->children, i),
            g_ptr_array_index (to->children, i)))
      return false;
  return true;
}

static bool
read_layer (
    Reader *reader, const char *path, const NnKerasLayer *layer, GError **error)
{
  const NnKerasLayer *const twin = layer->shared_id != 0
      ? g_hash_table_lookup (reader->shared, &layer->shared_id)
      : NULL;
  g_autofree char *inner = NULL;

  if (twin && copy_params (twin, layer))
    return true;
  if (!read_params (reader, path, layer, error))
    return false;
  if (layer->is_wrapper) {
    inner = join (reader, path, "layer");
    if (layer->children->len > 0
        && !read_layer (
            reader, inner, g_ptr_array_index (layer->children, 0), error))
      return false;
  } else if (layer->children) {
    inner = join (reader, path, reader->container);
    if (!read_container (reader, inner, layer->children, error))
      return false;
  }
  if (layer->shared_id != 0)
    g_hash_table_insert (
        reader->shared, (gpointer) &layer->shared_id, (gpointer) layer);
  return true;
}

/* The name of the next group of a class: dense, dense_1, dense_2, ... step: by
 * how much a layer with weights advances the count. */
static char *
next_name (const NnKerasLayer *layer, guint step, GHashTable *counts)
{
  char *snake = nn_keras_v3_snake_case (layer->class_name);
  const guint k = GPOINTER_TO_UINT (g_hash_table_lookup (counts, snake));
  char *name = k > 0 ? g_strdup_printf ("%s_%u", snake, k) : g_strdup (snake);

  g_hash_table_insert (counts, snake,
      GUINT_TO_POINTER (k + (nn_keras_layer_n_params (layer) > 0 ? step : 1)));
  return name;
}

/* The groups of layers (NULL for operators, which have none). */
static GPtrArray *
name_groups (
    const Reader *reader, const char *path, const GPtrArray *layers, guint step)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) counts =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < layers->len; i++) {
    const NnKerasLayer *const layer = g_ptr_array_index (layers, i);
    g_autofree char *name =
        layer->is_operator ? NULL : next_name (layer, step, counts);

    g_ptr_array_add (groups, name ? join (reader, path, name) : NULL);
  }
  return groups;
}

/* If Keras 2 ran on Windows, the whole path is the name of one group. */
static bool
has_layer (const Reader *reader, const char *group)
{
  g_autofree char *vars = g_strconcat (group, "/vars", NULL);

  return nn_h5_has_group (reader->file, group)
      || nn_h5_has_group (reader->file, vars);
}

/* Keras 2.12 and 2.13 listed, and counted, a layer with weights twice: dense,
 * dense_2, dense_4. Files of 2.14 have the same layout but count by one. */
static guint
find_step (const Reader *reader, const char *path, const GPtrArray *layers)
{
  g_autoptr (GPtrArray) groups =
      reader->is_old ? name_groups (reader, path, layers, 2) : NULL;

  for (guint i = 0; groups && i < layers->len; i++)
    if (nn_keras_layer_n_params (g_ptr_array_index (layers, i)) > 0
        && !has_layer (reader, g_ptr_array_index (groups, i)))
      return 1;
  return groups ? 2 : 1;
}

static bool
read_container (
    Reader *reader, const char *path, const GPtrArray *layers, GError **error)
{
  g_autoptr (GPtrArray) groups =
      name_groups (reader, path, layers, find_step (reader, path, layers));

  for (guint i = 0; i < layers->len; i++) {
    const NnKerasLayer *const layer = g_ptr_array_index (layers, i);
    const char *const group = g_ptr_array_index (groups, i);

    if (group && nn_keras_layer_n_params (layer) > 0
        && !read_layer (reader, group, layer, error))
      return false;
  }
  return true;
}

#define OLD_CONTAINER "_layer_checkpoint_dependencies"

/* Detects the variant of the file; false if it is none. */
static bool
find_layout (Reader *reader)
{
  g_auto (GStrv) names = nn_h5_children (reader->file, "", NULL);

  for (size_t i = 0; names && names[i]; i++) {
    const bool is_old = g_str_has_prefix (names[i], OLD_CONTAINER);
    const size_t len = strlen (is_old ? OLD_CONTAINER : "layers");

    if ((!is_old && !g_str_has_prefix (names[i], "layers"))
        || (names[i][len] != '\0' && names[i][len] != '\\'))
      continue;
    reader->container = is_old ? OLD_CONTAINER : "layers";
    reader->is_old = is_old;
    reader->separator = names[i][len] == '\\' ? '\\' : '/';
    return true;
  }
  return false;
}

bool
nn_keras_v3_is_weights (NnH5 *file)
{
  Reader reader = { .file = file };

  return find_layout (&reader);
}

bool
nn_keras_v3_read_weights (NnH5 *file, const NnKerasLayer *model, GError **error)
{
  g_autoptr (GHashTable) shared =
      g_hash_table_new (g_int64_hash, g_int64_equal);
  Reader reader = { .file = file, .shared = shared };

  if (nn_keras_layer_n_params (model) == 0)
    return true;
  if (!find_layout (&reader)) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: no Keras weights in this file: it has no group “layers”",
        nn_h5_name (file));
    return false;
  }
  return read_container (&reader, reader.container, model->children, error);
}
