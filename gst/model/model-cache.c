/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/model-cache.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include "gst/log.h"
#include "nn/error.h"
#include "nn/model.h"

/* loading: held while a file is read, so that elements that start together read
 * it once. table: held only briefly. */
static GMutex loading;
static GMutex table_lock;
static GHashTable *table; /* key (owned) -> GstEmotionModel (borrowed) */

/* NULL if there is no such file: loading gives a better error. */
static char *
identity_of (const char *path)
{
  char *true_path = realpath (path, NULL);
  char *identity = NULL;
  GStatBuf info;

  if (true_path && g_stat (true_path, &info) == 0)
    identity =
        g_strdup_printf ("%s:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ".%09ld",
            true_path, (gint64) info.st_size, (gint64) info.st_mtim.tv_sec,
            info.st_mtim.tv_nsec);
  free (true_path);
  return identity;
}

/* Of an architecture, with that of its weights. */
static char *
name_of (const char *path)
{
  g_autofree char *weights_path = nn_model_weights_path (path);
  g_autofree char *weights = weights_path ? identity_of (weights_path) : NULL;
  g_autofree char *model = identity_of (path);

  return model ? g_strjoin (" ", model, weights, NULL) : NULL;
}

static GstEmotionModel *
look_up (const char *key)
{
  GstEmotionModel *model = NULL;

  g_mutex_lock (&table_lock);
  if (table)
    model = g_hash_table_lookup (table, key);
  if (model && !gst_emotion_model_try_ref (model))
    model = NULL;
  g_mutex_unlock (&table_lock);
  return model;
}

static gboolean
is_model (gpointer key, gpointer value, gpointer model)
{
  return value == model;
}

static void
forget (GstEmotionModel *model, gpointer user_data)
{
  g_mutex_lock (&table_lock);
  if (table) {
    g_hash_table_foreach_remove (table, is_model, model);
    if (g_hash_table_size (table) == 0)
      g_clear_pointer (&table, g_hash_table_unref);
  }
  g_mutex_unlock (&table_lock);
}

static GstEmotionModel *
load_builtin (GstEmotionBuiltin builtin, const GstEmotionModelOptions *options,
    GError **error)
{
  g_autoptr (GBytes) bytes = gst_emotion_builtin_bytes (builtin, error);

  return bytes ? gst_emotion_model_load_bytes (
             gst_emotion_builtin_nick (builtin), bytes, options, error)
               : NULL;
}

static void
remember (char *key, GstEmotionModel *model)
{
  g_mutex_lock (&table_lock);
  if (!table)
    table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace (table, key, model);
  g_mutex_unlock (&table_lock);
  gst_emotion_model_on_free (model, forget, NULL);
}

/* What distinguishes the models made from one file. */
static char *
key_of (const char *name, const GstEmotionModelOptions *options)
{
  const gboolean quantize = options && options->quantize;
  const char *const recipe = options ? options->recipe : NULL;

  return g_strconcat (
      name, quantize ? " quantized" : "", recipe ? " " : NULL, recipe, NULL);
}

/* name: NULL if there is none. file: NULL for the built-in. */
static GstEmotionModel *
get (const char *name, const char *file, GstEmotionBuiltin builtin,
    const GstEmotionModelOptions *options, GError **error)
{
  g_autofree char *key = name ? key_of (name, options) : NULL;
  GstEmotionModel *model = key ? look_up (key) : NULL;

  if (model) {
    GST_DEBUG ("%s is in use already: shared", key);
    return model;
  }
  g_mutex_lock (&loading);
  if (key)
    model = look_up (key);
  if (!model) {
    model = file ? gst_emotion_model_load (file, options, error)
                 : load_builtin (builtin, options, error);
    if (model && key)
      remember (g_steal_pointer (&key), model);
  }
  g_mutex_unlock (&loading);
  return model;
}

GstEmotionModel *
gst_emotion_model_cache_get (
    const char *path, const GstEmotionModelOptions *options, GError **error)
{
  g_autofree char *name = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  name = name_of (path);
  return get (name, path, 0, options, error);
}

GstEmotionModel *
gst_emotion_model_cache_get_builtin (GstEmotionBuiltin builtin,
    const GstEmotionModelOptions *options, GError **error)
{
  /* Paths, the other keys, begin with a slash. */
  return get (
      gst_emotion_builtin_nick (builtin), NULL, builtin, options, error);
}

/* A file that exists but is unreadable is OPEN_READ, not NOT_FOUND. */
static GstEmotionModel *
load_file (
    const char *file, const GstEmotionModelOptions *options, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GstEmotionModel *model =
      gst_emotion_model_cache_get (file, options, &failure);

  if (model)
    return model;
  if (g_error_matches (failure, NN_ERROR, NN_ERROR_NOT_FOUND)
      && g_file_test (file, G_FILE_TEST_EXISTS))
    g_set_error_literal (error, GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_OPEN_READ, failure->message);
  else
    g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

GstEmotionModel *
gst_emotion_model_cache_load (const GstEmotionModelRequest *request,
    GstEmotionLabels **labels, GError **error)
{
  g_autoptr (GstEmotionModel) model = request->file
      ? load_file (request->file, &request->options, error)
      : gst_emotion_model_cache_get_builtin (
          request->builtin, &request->options, error);

  if (!model)
    return NULL;
  *labels = gst_emotion_model_labels (model, request->labels, error);
  return *labels ? g_steal_pointer (&model) : NULL;
}
