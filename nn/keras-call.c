/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How files write the call of a layer:
 *   Keras 2    [["a", 0, 0, {kwargs}], ["b", 0, 0, {}]], one triple for each
 *              tensor of the first argument; tensors in kwargs are triples too
 *   operators  ["a", 0, 0, {kwargs}] in Keras 2: one level less
 *   Keras 3    {"args": [...], "kwargs": {...}}, where a tensor is
 *              {"class_name": "__keras_tensor__",
 *               "config": {"keras_history": ["a", 0, 0]}}
 */
#include <string.h>
#include "nn/keras-private.h"

typedef struct {
  NnKerasBuild *build;
  NnKerasCall *call;
} Reader;

void
nn_keras_call_free (NnKerasCall *call)
{
  if (!call)
    return;
  g_array_unref (call->inputs);
  g_array_unref (call->args);
  g_array_unref (call->masks);
  g_free (call);
}

/* ["name", node, tensor] or, in Keras 2, ["name", node, tensor, {kwargs}]. */
static bool
is_triple (const NnConfig *value)
{
  const size_t n = nn_config_length (value);
  const NnConfig name = nn_config_at (value, 0), node = nn_config_at (value, 1);

  return (n == 3 || n == 4) && nn_config_is_string (&name)
      && nn_config_is_number (&node);
}

static bool
read_triple (const NnConfig *value, NnKerasRef *ref)
{
  const NnConfig name = nn_config_at (value, 0), node = nn_config_at (value, 1),
                 tensor = nn_config_at (value, 2);

  ref->layer = nn_config_as_string (&name, "");
  ref->node = nn_config_as_int (&node, 0);
  ref->tensor = nn_config_as_int (&tensor, 0);
  return nn_config_ok (value);
}

static const char *
class_of (const NnConfig *value)
{
  const NnConfig name = nn_config_get (value, "class_name");

  return nn_config_is_string (&name) ? nn_config_as_string (&name, "") : "";
}

/* A tensor of either kind. */
static bool
is_tensor (const NnConfig *value)
{
  if (nn_config_is_object (value))
    return g_str_equal (class_of (value), "__keras_tensor__");
  return is_triple (value);
}

static bool
read_tensor (const NnConfig *value, NnKerasRef *ref)
{
  NnConfig history = *value;

  if (nn_config_is_object (value)) {
    const NnConfig config = nn_config_get (value, "config");

    history = nn_config_get (&config, "keras_history");
    if (!is_triple (&history)) {
      nn_config_fail (value, NN_ERROR_FORMAT,
          "a tensor without “keras_history”: [layer, node, tensor]");
      return false;
    }
  }
  return read_triple (&history, ref);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Appends the tensors in value, at any depth, to refs. The parser has bounded
 * the depth. */
static void
collect (NnKerasBuild *build, const NnConfig *value, GArray *refs)
{
  /* Skips numbers quickly: constants may be large arrays. */
  if (!nn_config_is_set (value) || nn_config_is_number (value)
      || !nn_keras_spend (build, value, 1 + nn_config_length (value) / 16))
    return;
  if (is_tensor (value)) {
    NnKerasRef ref;

    if (read_tensor (value, &ref))
      g_array_append_val (refs, ref);
  } else if (nn_config_is_list (value)) {
    for (size_t i = 0; i < nn_config_length (value); i++) {
      const NnConfig item = nn_config_at (value, i);

      collect (build, &item, refs);
    }
  } else if (nn_config_is_object (value) && class_of (value)[0] == '\0') {
    g_autofree const char **keys = nn_config_keys (value);

    qsort (keys, g_strv_length ((char **) keys), sizeof *keys, compare_names);
    for (size_t i = 0; keys[i]; i++) {
      const NnConfig item = nn_config_get (value, keys[i]);

      collect (build, &item, refs);
    }
  }
}

void
nn_keras_read_refs (NnKerasBuild *build, const NnConfig *value, GArray *refs)
{
  collect (build, value, refs);
}

static void
add_arg (const Reader *reader, const char *name, size_t position,
    const NnConfig *value)
{
  NnKerasCall *const call = reader->call;
  NnArg arg = {
    .name = name, .position = position, .first = call->inputs->len
  };

  if (!nn_config_is_set (value) || !nn_keras_spend (reader->build, value, 1))
    return;
  collect (reader->build, value, call->inputs);
  arg.n = call->inputs->len - arg.first;
  arg.value = nn_config_constant (value);
  g_array_append_val (call->args, arg);
}

static const NnArg *
find_arg (const NnKerasCall *call, const char *name, size_t position)
{
  for (guint i = 0; i < call->args->len; i++) {
    const NnArg *const arg = &g_array_index (call->args, NnArg, i);

    if (arg->name ? g_str_equal (arg->name, name) : arg->position == position)
      return arg;
  }
  return NULL;
}

static void
add_mask (
    const Reader *reader, const NnConfig *value, const NnArg *arg, size_t i)
{
  NnKerasMask mask = { .input = arg->first + i };

  if (!nn_config_is_set (value))
    return;
  if (!is_tensor (value))
    nn_config_fail (value, NN_ERROR_UNSUPPORTED, "a mask that is a constant");
  else if (i < arg->n && read_tensor (value, &mask.ref))
    g_array_append_val (reader->call->masks, mask);
}

/* The masks of one keyword, for the argument of this name or position. */
static void
add_masks (const Reader *reader, const NnConfig *value, const char *name,
    size_t position)
{
  const NnArg *arg = find_arg (reader->call, name, position);

  if (!arg && g_str_equal (name, "key"))
    arg = find_arg (reader->call, "value", 1); /* attention: key is value */
  if (!arg)
    return;
  if (nn_config_is_list (value) && !is_tensor (value)) {
    for (size_t i = 0; i < nn_config_length (value); i++) {
      const NnConfig item = nn_config_at (value, i);

      add_mask (reader, &item, arg, i);
    }
  } else {
    add_mask (reader, value, arg, 0);
  }
}

static const struct {
  const char *keyword;
  const char *argument;
  size_t position;
} masks[] = {
  { "mask", "inputs", 0 },
  { "query_mask", "query", 0 },
  { "value_mask", "value", 1 },
  { "key_mask", "key", 2 },
};

static bool
is_mask (const char *keyword)
{
  for (size_t i = 0; i < G_N_ELEMENTS (masks); i++)
    if (g_str_equal (keyword, masks[i].keyword))
      return true;
  return false;
}

static void
refuse_training (const NnConfig *kwargs)
{
  const NnConfig training = nn_config_get (kwargs, "training");

  if (nn_config_is_number (&training) ? nn_config_as_double (&training, 0) != 0
                                      : nn_config_as_bool (&training, false))
    nn_config_fail (kwargs, NN_ERROR_UNSUPPORTED,
        "the layer is called with training=True, which makes its output "
        "random");
}

static void
add_kwargs (const Reader *reader, const NnConfig *kwargs)
{
  g_autofree const char **keys = nn_config_keys (kwargs);

  refuse_training (kwargs);
  for (size_t i = 0; keys[i] && nn_config_ok (kwargs); i++) {
    const NnConfig value = nn_config_get (kwargs, keys[i]);

    if (!is_mask (keys[i]) && !g_str_equal (keys[i], "training"))
      add_arg (reader, keys[i], G_MAXSIZE, &value);
  }
  for (size_t i = 0; i < G_N_ELEMENTS (masks); i++) {
    const NnConfig value = nn_config_get (kwargs, masks[i].keyword);

    add_masks (reader, &value, masks[i].argument, masks[i].position);
  }
}

static void
read_keras3 (const Reader *reader, const NnConfig *node)
{
  const NnConfig args = nn_config_get (node, "args");
  const NnConfig kwargs = nn_config_get (node, "kwargs");

  for (size_t i = 0; i < nn_config_length (&args); i++) {
    const NnConfig value = nn_config_at (&args, i);

    add_arg (reader, NULL, i, &value);
  }
  add_kwargs (reader, &kwargs);
}

/* The first argument, and the kwargs after its first tensor. A constant first
 * argument is ["_CONSTANT_VALUE", -1, value, {kwargs}]. */
static void
read_keras2 (const Reader *reader, const NnConfig *node)
{
  const NnConfig item = nn_config_at (node, 0);
  const NnConfig *const first = is_triple (node) ? node : &item;
  const NnConfig name = nn_config_at (first, 0);
  const NnConfig kwargs = nn_config_at (first, 3);

  if (is_triple (first)
      && g_str_equal (nn_config_as_string (&name, ""), "_CONSTANT_VALUE")) {
    const NnConfig value = nn_config_at (first, 2);

    add_arg (reader, NULL, 0, &value);
  } else {
    add_arg (reader, NULL, 0, node);
  }
  add_kwargs (reader, &kwargs);
}

NnKerasCall *
nn_keras_call_new (NnKerasBuild *build, const NnConfig *node)
{
  g_autoptr (NnKerasCall) call = g_new0 (NnKerasCall, 1);
  const Reader reader = { build, call };

  call->inputs = g_array_new (FALSE, FALSE, sizeof (NnKerasRef));
  call->args = g_array_new (FALSE, FALSE, sizeof (NnArg));
  call->masks = g_array_new (FALSE, FALSE, sizeof (NnKerasMask));
  if (nn_config_is_object (node))
    read_keras3 (&reader, node);
  else if (nn_config_is_list (node))
    read_keras2 (&reader, node);
  else
    nn_config_fail (
        node, NN_ERROR_FORMAT, "an item of “inbound_nodes” is damaged");
  return nn_config_ok (node) ? g_steal_pointer (&call) : NULL;
}
