/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/derived.h"

#include <json-glib/json-glib.h>
#include "nn/json-node.h"
#include "nn/metadata.h"
#include "nn/save.h"

#define SELF_TEST_SEED 7
#define SELF_TEST "self_test"

static void
add_self_test (NnJson *json, const float *output, gsize n)
{
  nn_json_begin_object (json, SELF_TEST);
  nn_json_add_int (json, "seed", SELF_TEST_SEED);
  nn_json_begin_array (json, "output");
  nn_json_begin_array (json, NULL);
  for (gsize i = 0; i < n; i++)
    nn_json_add_double (json, NULL, output[i]);
  nn_json_end_array (json);
  nn_json_end_array (json);
  nn_json_end_object (json);
}

static gboolean
is_kept (const TrainDerived *derived, const char *name)
{
  return !g_str_equal (name, SELF_TEST)
      && !(derived->replaced && g_strv_contains (derived->replaced, name));
}

/* The loader has checked that the old one is an object. */
static char *
new_metadata (const TrainDerived *derived, const float *output, gsize n)
{
  g_autoptr (JsonNode) root =
      json_from_string (derived->metadata ? derived->metadata : "{}", NULL);
  g_autoptr (NnJson) json = nn_json_new (false);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  nn_json_begin_object (json, NULL);
  json_object_iter_init_ordered (&iter, json_node_get_object (root));
  while (json_object_iter_next_ordered (&iter, &name, &value))
    if (is_kept (derived, name))
      nn_json_add_node (json, name, value);
  if (derived->add)
    derived->add (json, derived->data);
  add_self_test (json, output, n);
  nn_json_end_object (json);
  return g_strdup (nn_json_text (json));
}

gboolean
train_derived_save (NnModel *model, const TrainDerived *derived,
    const char *path, GError **error)
{
  gsize n;
  g_autofree float *output =
      nn_metadata_self_test (model, SELF_TEST_SEED, &n, error);
  g_autofree char *metadata = output ? new_metadata (derived, output, n) : NULL;

  return metadata && nn_model_save (model, path, metadata, error);
}
