/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/save-config.h"

#include <string.h>
#include "nn/config.h"
#include "nn/json-writer.h"
#include "nn/layer.h"

/* Members written under another name, or omitted (NULL), besides those of
 * NnLayerClass.saved_keys. Objects that are not layers of nn/layers/: */
static const NnSavedKey input_keys[] = {
  { "batch_shape", "batch_input_shape" },
  { "optional", NULL },
  { NULL },
};

/* Of recurrent layers, and of their cells. */
static const NnSavedKey recurrent_keys[] = {
  { "time_major", NULL },
  { "implementation", NULL },
  { "seed", NULL },
  { NULL },
};

static const NnSavedKey all_keys[] = {
  { "quantization_config", NULL },
  { NULL },
};

/* The position of the writer. */
typedef struct {
  const char *class_name; /* whose config this is, or NULL */
  bool is_wrapped;        /* the value of a wrapper's "layer" or the like */
} Place;

static void write_value (
    NnJson *json, const char *name, const NnConfig *value, Place place);

static bool
find_key (const NnSavedKey *keys, const char *key, const char **saved)
{
  for (; keys && keys->key; keys++)
    if (g_str_equal (keys->key, key)) {
      *saved = keys->saved;
      return true;
    }
  return false;
}

/* The name under which a member is written; NULL: it is omitted. */
static const char *
find_name (const NnConfig *object, const char *key, const char *class_name)
{
  const NnLayerClass *const klass =
      class_name ? nn_layer_class_find (class_name) : NULL;
  const bool is_input = class_name && g_str_equal (class_name, "InputLayer");
  const NnConfig recurrent = nn_config_get (object, "recurrent_initializer");
  const char *saved = key;

  if (find_key (is_input ? input_keys : NULL, key, &saved)
      || find_key (klass ? klass->saved_keys : NULL, key, &saved)
      || (nn_config_is_set (&recurrent)
          && find_key (recurrent_keys, key, &saved)))
    return saved;
  find_key (all_keys, key, &saved);
  return saved;
}

/* {"module": ..., "class_name": "DTypePolicy", "config": {"name": "float32"}}
 */
static bool
write_dtype (NnJson *json, const char *key, const NnConfig *value)
{
  const NnConfig config = nn_config_get (value, "config");
  const NnConfig name = nn_config_get (&config, "name");

  if (!nn_config_is_object (value) || !nn_config_is_string (&name))
    return false;
  nn_json_add_string (json, key, nn_config_as_string (&name, ""));
  return true;
}

static bool
holds_layer (const char *key)
{
  static const char *const keys[] = { "layer", "backward_layer", "cell",
    "cells" };

  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i], key))
      return true;
  return false;
}

/* The position of a member's value. */
static Place
place_of (const NnConfig *object, const char *key)
{
  const NnConfig class_name = nn_config_get (object, "class_name");
  Place place = { .is_wrapped = holds_layer (key) };

  if (g_str_equal (key, "config") && nn_config_is_string (&class_name))
    place.class_name = nn_config_as_string (&class_name, "");
  return place;
}

/* Keras 2 has no modules, and Keras 3 finds classes without them, except for
 * layers in wrappers. */
static bool
is_bookkeeping (const char *key)
{
  static const char *const keys[] = { "module", "registered_name",
    "build_config", "compile_config" };

  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i], key))
      return true;
  return false;
}

static void
write_object (
    NnJson *json, const char *object_name, const NnConfig *object, Place place)
{
  g_autofree const char **keys = nn_config_keys (object);
  const NnConfig class_name = nn_config_get (object, "class_name");
  const bool is_serialized = nn_config_is_string (&class_name);

  nn_json_begin_object (json, object_name);
  if (place.is_wrapped && is_serialized) {
    nn_json_add_string (json, "module", "keras.layers");
    nn_json_add_string (json, "registered_name", NULL);
  }
  for (size_t i = 0; keys && keys[i]; i++) {
    const NnConfig value = nn_config_get (object, keys[i]);
    const char *const name = find_name (object, keys[i], place.class_name);

    if (!name || (is_serialized && is_bookkeeping (keys[i])))
      continue;
    if (!g_str_equal (keys[i], "dtype") || !write_dtype (json, name, &value))
      write_value (json, name, &value, place_of (object, keys[i]));
  }
  nn_json_end_object (json);
}

static void
write_value (NnJson *json, const char *name, const NnConfig *value, Place place)
{
  if (!nn_config_is_set (value)) {
    nn_json_add_string (json, name, NULL);
  } else if (nn_config_is_object (value)) {
    write_object (json, name, value, place);
  } else if (nn_config_is_list (value)) {
    nn_json_begin_array (json, name);
    for (size_t i = 0; i < nn_config_length (value); i++) {
      const NnConfig item = nn_config_at (value, i);

      write_value (json, NULL, &item, place);
    }
    nn_json_end_array (json);
  } else if (nn_config_is_string (value)) {
    nn_json_add_string (json, name, nn_config_as_string (value, ""));
  } else if (nn_config_is_bool (value)) {
    nn_json_add_boolean (json, name, nn_config_as_bool (value, false));
  } else if (nn_config_is_whole (value)) {
    nn_json_add_int (json, name, nn_config_as_int (value, 0));
  } else {
    nn_json_add_python_float (json, name, nn_config_as_double (value, 0));
  }
}

char *
nn_save_config (const char *config, GError **error)
{
  g_autoptr (NnDocument) document =
      nn_document_parse ("the model", config, strlen (config), error);
  g_autoptr (GError) failure = NULL;
  g_autoptr (NnJson) json = NULL;
  NnConfig root;

  if (!document)
    return NULL;
  root = nn_document_root (document, "the model", 2, &failure);
  json = nn_json_new (false);
  write_value (json, NULL, &root, (Place){ 0 });
  return g_strdup (nn_json_text (json));
}
