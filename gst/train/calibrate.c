/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/calibrate.h"

#include <json-glib/json-glib.h>
#include "gst/train/derived.h"
#include "nn/train/transfer.h"

/* What logits were divided by up to now. */
static double
temperature_of (const NnModel *model)
{
  const char *const text = nn_model_metadata (model);
  g_autoptr (JsonNode) root = json_from_string (text ? text : "{}", NULL);

  return json_object_get_double_member_with_default (
      json_node_get_object (root), "temperature", 1);
}

static void
add_temperature (NnJson *json, gconstpointer data)
{
  nn_json_add_double (json, "temperature", *(const double *) data);
}

gboolean
train_calibrate (const NnModel *model, double temperature, const char *output,
    GError **error)
{
  static const char *const replaced[] = { "temperature", NULL };
  g_autoptr (NnModel) cool = nn_model_cool (model, temperature, error);
  const double all = temperature_of (model) * temperature;
  const TrainDerived derived = { .metadata = nn_model_metadata (model),
    .replaced = replaced,
    .add = add_temperature,
    .data = &all };

  return cool && train_derived_save (cool, &derived, output, error);
}
