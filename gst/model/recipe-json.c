/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/recipe-json.h"

void
gst_emotion_recipe_write (
    NnJson *json, const char *name, const DspRecipe *recipe)
{
  size_t n;
  const DspRecipeField *const fields = dsp_recipe_fields (&n);

  nn_json_begin_object (json, name);
  for (size_t i = 0; i < n; i++) {
    g_autofree char *text = dsp_recipe_get_text (recipe, &fields[i]);

    if (fields[i].names)
      nn_json_add_string (json, fields[i].name, text);
    else
      nn_json_add_double (
          json, fields[i].name, dsp_recipe_get (recipe, &fields[i]));
  }
  nn_json_end_object (json);
}

static void
read_field (
    const NnConfig *config, const DspRecipeField *field, DspRecipe *recipe)
{
  g_autoptr (GError) failure = NULL;

  if (field->names) {
    const char *const text = nn_config_string (config, field->name, NULL);

    if (text && !dsp_recipe_set_text (recipe, field, text, &failure))
      nn_config_fail (config, NN_ERROR_FORMAT, "%s", failure->message);
    return;
  }

  /* Keras' layers take booleans as numbers, but here they are not counts. */
  const NnConfig given = nn_config_get (config, field->name);

  if (given.node && !nn_config_is_number (&given)) {
    nn_config_fail (
        config, NN_ERROR_FORMAT, "“%s” is not a number", field->name);
    return;
  }

  const double value =
      nn_config_double (config, field->name, dsp_recipe_get (recipe, field));

  if (!dsp_recipe_set (recipe, field, value))
    nn_config_fail (config, NN_ERROR_FORMAT, "“%s” is %g", field->name, value);
}

void
gst_emotion_recipe_read (const NnConfig *config, DspRecipe *recipe)
{
  g_autoptr (GError) failure = NULL;

  if (!nn_config_is_object (config)) {
    nn_config_fail (config, NN_ERROR_FORMAT, "the recipe is not a JSON object");
    return;
  }

  g_autofree const char **keys = nn_config_keys (config);

  for (size_t i = 0; keys[i] && nn_config_ok (config); i++) {
    const DspRecipeField *const field = dsp_recipe_find_field (keys[i]);

    if (field)
      read_field (config, field, recipe);
    else
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "the recipe has an unknown key “%s”", keys[i]);
  }
  if (nn_config_ok (config) && !dsp_recipe_check (recipe, &failure))
    nn_config_fail (config, NN_ERROR_FORMAT, "%s", failure->message);
}
