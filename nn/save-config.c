/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/save-config.h"

#include <math.h>
#include <string.h>
#include "nn/config.h"

/* Members of a layer's config that are written under another name, or not at
 * all (NULL). class_name NULL: of any layer; only_with: where the config also
 * has this member. */
static const struct {
  const char *class_name, *only_with, *key, *replacement;
} rules[] = {
  { "InputLayer", NULL, "batch_shape", "batch_input_shape" },
  { "InputLayer", NULL, "optional", NULL },
  { "LeakyReLU", NULL, "negative_slope", "alpha" },
  { "SpatialDropout1D", NULL, "trainable", NULL },
  { "SpatialDropout2D", NULL, "trainable", NULL },
  { "SpatialDropout3D", NULL, "trainable", NULL },
  { "BatchNormalization", NULL, "synchronized", NULL },
  { NULL, "recurrent_initializer", "time_major", NULL },
  { NULL, "recurrent_initializer", "implementation", NULL },
  { NULL, "recurrent_initializer", "seed", NULL },
  { NULL, NULL, "quantization_config", NULL },
};

/* What the writer knows of where it is. */
typedef struct {
  const char *class_name; /* whose config this is, or NULL */
  bool is_wrapped;        /* the value of a wrapper's "layer" and so on */
} Place;

static void write_value (GString *json, const NnConfig *value, Place place);

static void
write_string (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (const char *c = text; *c; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (json, "\\%c", *c);
    else if ((guchar) *c < 0x20)
      g_string_append_printf (json, "\\u%04x", *c);
    else
      g_string_append_c (json, *c);
  g_string_append_c (json, '"');
}

static void
write_double (GString *json, double x)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (x)) {
    g_string_append (json,
        isnan (x)   ? "NaN"
            : x > 0 ? "Infinity"
                    : "-Infinity");
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    const char format[] = { '%', '.', '1', '0' + digits - 10, 'g', '\0' };

    if (g_ascii_strtod (g_ascii_formatd (text, sizeof text, format, x), NULL)
        == x)
      break;
  }
  g_string_append (json, text);
  if (!strpbrk (text, ".e"))
    g_string_append (json, ".0"); /* Python tells floats from ints by it */
}

/* The name under which a member is written; NULL: not at all. */
static const char *
find_name (const NnConfig *object, const char *key, const char *class_name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (rules); i++) {
    const NnConfig other = nn_config_get (
        object, rules[i].only_with ? rules[i].only_with : rules[i].key);

    if (g_str_equal (rules[i].key, key)
        && (!rules[i].class_name
            || (class_name && g_str_equal (rules[i].class_name, class_name)))
        && (!rules[i].only_with || nn_config_is_set (&other)))
      return rules[i].replacement;
  }
  return key;
}

/* {"module": ..., "class_name": "DTypePolicy", "config": {"name": "float32"}}
 */
static bool
write_dtype (GString *json, const NnConfig *value)
{
  const NnConfig config = nn_config_get (value, "config");
  const NnConfig name = nn_config_get (&config, "name");

  if (!nn_config_is_object (value) || !nn_config_is_string (&name))
    return false;
  write_string (json, nn_config_as_string (&name, ""));
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

/* Where the value of a member is. */
static Place
place_of (const NnConfig *object, const char *key)
{
  const NnConfig class_name = nn_config_get (object, "class_name");
  Place place = { .is_wrapped = holds_layer (key) };

  if (g_str_equal (key, "config") && nn_config_is_string (&class_name))
    place.class_name = nn_config_as_string (&class_name, "");
  return place;
}

/* Keras 2 has no modules, and Keras 3 finds classes without them but for the
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
write_object (GString *json, const NnConfig *object, Place place)
{
  g_autofree const char **keys = nn_config_keys (object);
  const NnConfig class_name = nn_config_get (object, "class_name");
  const bool is_serialized = nn_config_is_string (&class_name);
  const char *separator = "";

  g_string_append_c (json, '{');
  if (place.is_wrapped && is_serialized) {
    g_string_append (
        json, "\"module\": \"keras.layers\", \"registered_name\": null");
    separator = ", ";
  }
  for (size_t i = 0; keys && keys[i]; i++) {
    const NnConfig value = nn_config_get (object, keys[i]);
    const char *const name = find_name (object, keys[i], place.class_name);

    if (!name || (is_serialized && is_bookkeeping (keys[i])))
      continue;
    g_string_append (json, separator);
    separator = ", ";
    write_string (json, name);
    g_string_append (json, ": ");
    if (!g_str_equal (keys[i], "dtype") || !write_dtype (json, &value))
      write_value (json, &value, place_of (object, keys[i]));
  }
  g_string_append_c (json, '}');
}

static void
write_value (GString *json, const NnConfig *value, Place place)
{
  if (!nn_config_is_set (value)) {
    g_string_append (json, "null");
  } else if (nn_config_is_object (value)) {
    write_object (json, value, place);
  } else if (nn_config_is_list (value)) {
    g_string_append_c (json, '[');
    for (size_t i = 0; i < nn_config_length (value); i++) {
      const NnConfig item = nn_config_at (value, i);

      g_string_append (json, i > 0 ? ", " : "");
      write_value (json, &item, place);
    }
    g_string_append_c (json, ']');
  } else if (nn_config_is_string (value)) {
    write_string (json, nn_config_as_string (value, ""));
  } else if (nn_config_is_bool (value)) {
    g_string_append (json, nn_config_as_bool (value, false) ? "true" : "false");
  } else if (nn_config_is_whole (value)) {
    g_string_append_printf (
        json, "%" G_GINT64_FORMAT, nn_config_as_int (value, 0));
  } else {
    write_double (json, nn_config_as_double (value, 0));
  }
}

char *
nn_save_config (const char *config, GError **error)
{
  g_autoptr (NnDocument) document =
      nn_document_parse ("the model", config, strlen (config), error);
  g_autoptr (GError) failure = NULL;
  GString *json;
  NnConfig root;

  if (!document)
    return NULL;
  root = nn_document_root (document, "the model", 2, &failure);
  json = g_string_new (NULL);
  write_value (json, &root, (Place){ 0 });
  return g_string_free (json, FALSE);
}
