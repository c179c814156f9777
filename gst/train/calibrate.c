/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/calibrate.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include "nn/json-node.h"
#include "nn/metadata.h"
#include "nn/model.h"
#include "nn/save.h"
#include "nn/train/transfer.h"

#define SELF_TEST_SEED 7

static void
add_self_test (NnJson *json, const float *output, gsize n)
{
  nn_json_begin_object (json, "self_test");
  nn_json_add_int (json, "seed", SELF_TEST_SEED);
  nn_json_begin_array (json, "output");
  nn_json_begin_array (json, NULL);
  for (gsize i = 0; i < n; i++)
    nn_json_add_double (json, NULL, output[i]);
  nn_json_end_array (json);
  nn_json_end_array (json);
  nn_json_end_object (json);
}

/* The attribute of the model with what has changed. The loader has checked that
 * it is an object. */
static char *
new_metadata (
    const NnModel *model, double temperature, const float *output, gsize n)
{
  const char *const old = nn_model_metadata (model);
  g_autoptr (JsonNode) root = json_from_string (old ? old : "{}", NULL);
  JsonObject *const object = json_node_get_object (root);
  const double before =
      json_object_get_double_member_with_default (object, "temperature", 1);
  g_autoptr (NnJson) json = nn_json_new (false);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  nn_json_begin_object (json, NULL);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &value))
    if (!g_str_equal (name, "self_test") && !g_str_equal (name, "temperature"))
      nn_json_add_node (json, name, value);
  nn_json_add_double (json, "temperature", before * temperature);
  add_self_test (json, output, n);
  nn_json_end_object (json);
  return g_strdup (nn_json_text (json));
}

gboolean
train_calibrate_file (
    const char *path, double temperature, const char *output, GError **error)
{
  g_autoptr (NnModel) model = nn_model_load (path, NULL, 0, error);
  g_autoptr (NnModel) cool =
      model ? nn_model_cool (model, temperature, error) : NULL;
  g_autofree float *self_test = NULL;
  g_autofree char *metadata = NULL;
  gsize n;

  if (!cool)
    return FALSE;
  self_test = nn_metadata_self_test (cool, SELF_TEST_SEED, &n, error);
  if (!self_test)
    return FALSE;
  metadata = new_metadata (model, temperature, self_test, n);
  return nn_model_save (cool, output, metadata, error);
}
