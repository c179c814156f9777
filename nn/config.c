/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/config.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "nn/limits.h"

struct _NnDocument {
  JsonNode *root;
  bool is_torch;
};

/* Python writes NaN, Infinity and -Infinity, which JSON lacks. Outside strings
 * they are replaced: the infinities by numbers beyond the range of double, NaN
 * by a string that no file contains by accident. */
#define NAN_TEXT "\001NaN"

static const struct {
  const char *word;
  const char *json;
} python_words[] = {
  { "NaN", "\"\\u0001NaN\"" },
  { "Infinity", "1e999" },
};

static bool
fail_limit (const char *name, const char *what, size_t max, GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
      "%s: the JSON has more than %" G_GSIZE_FORMAT " %s", name, max, what);
  return false;
}

/* Checks bounds that json-glib does not: it recurses for each level, and takes
 * some 200 bytes for each value. Copies the text to json. */
static bool
prepare_text (const char *name, const char *text, gsize len, GString *json,
    GError **error)
{
  const char *const end = text + len;
  size_t depth = 0, n_values = 0;
  bool in_string = false;

  for (const char *c = text; c < end; c++) {
    bool is_word = false;

    for (size_t i = 0; i < G_N_ELEMENTS (python_words) && !in_string; i++)
      if (*c == python_words[i].word[0]
          && g_str_has_prefix (c, python_words[i].word)) {
        g_string_append (json, python_words[i].json);
        c += strlen (python_words[i].word) - 1;
        is_word = true;
        break;
      }
    if (is_word)
      continue;
    g_string_append_c (json, *c);
    if (in_string && *c == '\\' && c + 1 < end)
      g_string_append_c (json, *++c);
    else if (*c == '"')
      in_string = !in_string;
    else if (!in_string && (*c == '{' || *c == '['))
      depth++;
    else if (!in_string && (*c == '}' || *c == ']'))
      depth -= depth > 0;
    n_values += !in_string && strchr (",:{[", *c) != NULL;
    if (depth > NN_MAX_JSON_DEPTH)
      return fail_limit (name, "levels", NN_MAX_JSON_DEPTH, error);
    if (n_values > NN_MAX_JSON_VALUES)
      return fail_limit (name, "values", NN_MAX_JSON_VALUES, error);
  }
  return true;
}

static bool
check_text (const char *name, const char *text, gsize len, GError **error)
{
  if (len > NN_MAX_CONFIG_BYTES)
    return fail_limit (name, "bytes", NN_MAX_CONFIG_BYTES, error);
  if (g_utf8_validate_len (text, len, NULL)) /* and no NUL */
    return true;
  g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
      "%s: damaged JSON: it is not UTF-8 text", name);
  return false;
}

NnDocument *
nn_document_parse (
    const char *name, const char *text, gsize len, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) reason = NULL;
  g_autofree char *terminated = NULL;
  g_autoptr (GString) json = NULL;
  NnDocument *document;

  g_return_val_if_fail (name != NULL && text != NULL, NULL);
  if (!check_text (name, text, len, error))
    return NULL;
  terminated = g_strndup (text, len);
  json = g_string_sized_new (len);
  if (!prepare_text (name, terminated, len, json, error))
    return NULL;
  if (!json_parser_load_from_data (parser, json->str, json->len, &reason)
      || !json_parser_get_root (parser)) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT, "%s: damaged JSON: %s", name,
        reason ? reason->message : "it is empty");
    return NULL;
  }
  document = g_new0 (NnDocument, 1);
  document->root = json_parser_steal_root (parser);
  return document;
}

NnDocument *
nn_document_new (void)
{
  NnDocument *document = g_new0 (NnDocument, 1);

  document->root = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (document->root, json_object_new ());
  return document;
}

void
nn_document_add (NnDocument *document, const char *key, const NnConfig *value)
{
  if (value->node)
    json_object_set_member (json_node_get_object (document->root), key,
        json_node_ref (value->node));
}

void
nn_document_set_torch (NnDocument *document, bool is_torch)
{
  document->is_torch = is_torch;
}

void
nn_document_free (NnDocument *document)
{
  if (!document)
    return;
  json_node_unref (document->root);
  g_free (document);
}

NnConfig
nn_document_root (
    NnDocument *document, const char *where, int keras_major, GError **error)
{
  return (NnConfig){ .node = document->root,
    .where = where,
    .keras_major = keras_major,
    .is_torch = document->is_torch,
    .error = error };
}

void
nn_config_fail (const NnConfig *config, NnError code, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  if (*config->error)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (config->error, NN_ERROR, code, "%s: %s", config->where, text);
}

bool
nn_config_ok (const NnConfig *config)
{
  return *config->error == NULL;
}

bool
nn_config_is_set (const NnConfig *config)
{
  return config->node && !JSON_NODE_HOLDS_NULL (config->node);
}

bool
nn_config_is_object (const NnConfig *config)
{
  return config->node && JSON_NODE_HOLDS_OBJECT (config->node);
}

bool
nn_config_is_list (const NnConfig *config)
{
  return config->node && JSON_NODE_HOLDS_ARRAY (config->node);
}

static bool
holds_value (const NnConfig *config, GType type)
{
  return config->node && JSON_NODE_HOLDS_VALUE (config->node)
      && json_node_get_value_type (config->node) == type;
}

static bool
is_nan (const NnConfig *config)
{
  return holds_value (config, G_TYPE_STRING)
      && g_str_equal (json_node_get_string (config->node), NAN_TEXT);
}

bool
nn_config_is_string (const NnConfig *config)
{
  return holds_value (config, G_TYPE_STRING) && !is_nan (config);
}

bool
nn_config_is_number (const NnConfig *config)
{
  return holds_value (config, G_TYPE_INT64)
      || holds_value (config, G_TYPE_DOUBLE) || is_nan (config);
}

bool
nn_config_is_bool (const NnConfig *config)
{
  return holds_value (config, G_TYPE_BOOLEAN);
}

bool
nn_config_is_whole (const NnConfig *config)
{
  return holds_value (config, G_TYPE_INT64);
}

static NnConfig
cursor_to (const NnConfig *config, JsonNode *node)
{
  NnConfig there = *config;

  there.node = node && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
  return there;
}

NnConfig
nn_config_get (const NnConfig *config, const char *key)
{
  if (!nn_config_is_object (config))
    return cursor_to (config, NULL);
  return cursor_to (config,
      json_object_get_member (json_node_get_object (config->node), key));
}

NnConfig
nn_config_at (const NnConfig *config, size_t i)
{
  if (i >= nn_config_length (config))
    return cursor_to (config, NULL);
  return cursor_to (
      config, json_array_get_element (json_node_get_array (config->node), i));
}

size_t
nn_config_length (const NnConfig *config)
{
  return nn_config_is_list (config)
      ? json_array_get_length (json_node_get_array (config->node))
      : 0;
}

const char **
nn_config_keys (const NnConfig *config)
{
  GPtrArray *keys = g_ptr_array_new ();

  if (nn_config_is_object (config)) {
    JsonObjectIter iter;
    const char *key;

    json_object_iter_init_ordered (&iter, json_node_get_object (config->node));
    while (json_object_iter_next_ordered (&iter, &key, NULL))
      g_ptr_array_add (keys, (char *) key);
  }
  g_ptr_array_add (keys, NULL);
  return (const char **) g_ptr_array_free (keys, FALSE);
}

NnConfig
nn_config_constant (const NnConfig *config)
{
  const NnConfig class_name = nn_config_get (config, "class_name");
  const NnConfig inner = nn_config_get (config, "config");
  const NnConfig type = nn_config_get (config, "type");

  if (nn_config_is_string (&class_name)) {
    const char *const name = json_node_get_string (class_name.node);

    if (g_str_equal (name, "__numpy__") || g_str_equal (name, "__tensor__"))
      return nn_config_get (&inner, "value");
  }
  if (nn_config_is_string (&type)
      && g_str_equal (json_node_get_string (type.node), "ndarray"))
    return nn_config_get (config, "value");
  return *config;
}

static void
fail_kind (const NnConfig *config, const char *key, const char *expected)
{
  if (key)
    nn_config_fail (config, NN_ERROR_FORMAT, "“%s” is not %s", key, expected);
  else
    nn_config_fail (config, NN_ERROR_FORMAT, "a value is not %s", expected);
}

/* The readers below need the key only for messages. */
static const char *
read_string (const NnConfig *value, const char *key, const char *fallback)
{
  if (!value->node)
    return fallback;
  if (nn_config_is_string (value))
    return json_node_get_string (value->node);
  fail_kind (value, key, "a string");
  return fallback;
}

static double
read_double (const NnConfig *given, const char *key, double fallback)
{
  const NnConfig constant = nn_config_constant (given);
  const NnConfig *const value = &constant;

  if (!value->node)
    return fallback;
  if (is_nan (value))
    return NAN;
  if (nn_config_is_number (value))
    return json_node_get_double (value->node);
  fail_kind (value, key, "a number");
  return fallback;
}

static gint64
read_int (const NnConfig *value, const char *key, gint64 fallback)
{
  double number;

  if (!value->node)
    return fallback;
  if (holds_value (value, G_TYPE_INT64))
    return json_node_get_int (value->node);
  number = read_double (value, key, NAN);
  if (fabs (number) < 1e15 && number == floor (number))
    return (gint64) number;
  fail_kind (value, key, "a whole number");
  return fallback;
}

/* True as in Python: people write use_bias=1, and Keras keeps it. */
static bool
read_bool (const NnConfig *value, const char *key, bool fallback)
{
  if (!value->node)
    return fallback;
  if (holds_value (value, G_TYPE_BOOLEAN))
    return json_node_get_boolean (value->node);
  if (nn_config_is_number (value))
    return is_nan (value) || json_node_get_double (value->node) != 0;
  fail_kind (value, key, "true or false");
  return fallback;
}

static size_t
read_size (const NnConfig *value, const char *key, size_t fallback)
{
  gint64 number;

  if (!value->node && fallback == 0) {
    nn_config_fail (value, NN_ERROR_FORMAT, "“%s” is missing", key);
    return 1;
  }
  number = read_int (value, key, fallback);
  if (number >= 1 && (guint64) number <= NN_MAX_DIM)
    return number;
  nn_config_fail (value, NN_ERROR_LIMIT,
      "“%s” is %" G_GINT64_FORMAT ", expected 1 to %" G_GSIZE_FORMAT, key,
      number, NN_MAX_DIM);
  return 1;
}

const char *
nn_config_as_string (const NnConfig *config, const char *fallback)
{
  return read_string (config, NULL, fallback);
}

double
nn_config_as_double (const NnConfig *config, double fallback)
{
  return read_double (config, NULL, fallback);
}

gint64
nn_config_as_int (const NnConfig *config, gint64 fallback)
{
  return read_int (config, NULL, fallback);
}

bool
nn_config_as_bool (const NnConfig *config, bool fallback)
{
  return read_bool (config, NULL, fallback);
}

const char *
nn_config_string (const NnConfig *config, const char *key, const char *fallback)
{
  const NnConfig value = nn_config_get (config, key);

  return read_string (&value, key, fallback);
}

double
nn_config_double (const NnConfig *config, const char *key, double fallback)
{
  const NnConfig value = nn_config_get (config, key);

  return read_double (&value, key, fallback);
}

gint64
nn_config_int (const NnConfig *config, const char *key, gint64 fallback)
{
  const NnConfig value = nn_config_get (config, key);

  return read_int (&value, key, fallback);
}

bool
nn_config_bool (const NnConfig *config, const char *key, bool fallback)
{
  const NnConfig value = nn_config_get (config, key);

  /* In Python, None is false; only an absent key has the default. */
  if (!value.node && nn_config_is_object (config)
      && json_object_has_member (json_node_get_object (config->node), key))
    return false;
  return read_bool (&value, key, fallback);
}

size_t
nn_config_size (const NnConfig *config, const char *key, size_t fallback)
{
  const NnConfig value = nn_config_get (config, key);

  return read_size (&value, key, fallback);
}

void
nn_config_sizes (const NnConfig *config, const char *key, size_t fallback,
    size_t n, size_t *values)
{
  const NnConfig list = nn_config_get (config, key);
  const bool is_list = nn_config_is_list (&list);

  if (is_list && nn_config_length (&list) != n)
    nn_config_fail (config, NN_ERROR_FORMAT,
        "“%s” has %" G_GSIZE_FORMAT " numbers, expected %" G_GSIZE_FORMAT, key,
        nn_config_length (&list), n);
  for (size_t i = 0; i < n; i++) {
    const NnConfig value = is_list ? nn_config_at (&list, i) : list;

    values[i] = read_size (&value, key, fallback);
  }
}

size_t
nn_config_choice (const NnConfig *config, const char *key,
    const char *const *choices, size_t fallback)
{
  const char *const text = nn_config_string (config, key, choices[fallback]);
  g_autofree char *list = NULL;

  for (size_t i = 0; choices[i]; i++)
    if (g_str_equal (choices[i], text))
      return i;
  list = g_strjoinv (", ", (char **) choices);
  nn_config_fail (config, NN_ERROR_UNSUPPORTED,
      "“%s” is “%s”, supported are: %s", key, text, list);
  return fallback;
}

void
nn_config_shape (const NnConfig *config, size_t first, NnShape *shape)
{
  const size_t n = nn_config_length (config);

  *shape = (NnShape){ 0 };
  if (!nn_config_is_list (config) || n < first || n - first > NN_MAX_RANK) {
    nn_config_fail (config, NN_ERROR_FORMAT,
        "a shape is not a list of at most %d axes", NN_MAX_RANK);
    return;
  }
  for (size_t i = first; i < n; i++) {
    const NnConfig dim = nn_config_at (config, i);

    shape->dim[shape->rank++] =
        dim.node ? read_size (&dim, "shape", 0) : NN_DIM_UNKNOWN;
  }
}
