/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks for entries of a model that would be computed wrongly if ignored: a
 * foreign class with the name of one of Keras', and quantized weights. */
#include <string.h>
#include "nn/keras-private.h"

/* Packages that contain Keras' classes. */
static const char *const packages[] = { "keras", "tf_keras", "keras_core",
  "tensorflow" };

static bool
is_package (const char *name, size_t len)
{
  for (size_t i = 0; i < G_N_ELEMENTS (packages); i++)
    if (strlen (packages[i]) == len && strncmp (packages[i], name, len) == 0)
      return true;
  return false;
}

/* "module" is the origin of a class; since Keras 2.12 only registered classes
 * lack it: these have "Package>Class". */
static void
check_origin (const NnConfig *entry)
{
  const char *const module = nn_config_string (entry, "module", NULL);
  const char *const registered =
      nn_config_string (entry, "registered_name", "");
  const char *const mark = strchr (registered, '>');
  g_autofree char *package = NULL;

  if (module && !is_package (module, strcspn (module, ".")))
    package = g_strdup (module);
  else if (!module && mark && !is_package (registered, mark - registered)
      && !g_str_has_prefix (registered, "Keras>"))
    package = g_strndup (registered, mark - registered);
  if (package)
    nn_config_fail (entry, NN_ERROR_UNSUPPORTED,
        "a class of “%s”, not of Keras; layers written in Python cannot be run",
        package);
}

/* The name of a policy for quantized weights, wherever it is in dtype; NULL if
 * there is none. The parser has bounded the depth. */
static char *
find_quantized (const NnConfig *dtype)
{
  const NnConfig class_name = nn_config_get (dtype, "class_name");
  const NnConfig config = nn_config_get (dtype, "config");
  const NnConfig map = nn_config_get (&config, "policy_map");
  g_autofree const char **keys = nn_config_keys (&map);
  char *found = NULL;

  if (nn_config_is_string (dtype)) {
    const char *const name = nn_config_as_string (dtype, "");

    return strstr (name, "_from_") ? g_strdup (name) : NULL;
  }
  if (nn_config_is_string (&class_name)
      && g_str_has_prefix (nn_config_as_string (&class_name, ""), "Quantized"))
    return g_strdup_printf ("%s_from_%s",
        nn_config_string (&config, "mode", "?"),
        nn_config_string (&config, "source_name", "?"));
  for (size_t i = 0; keys[i] && !found; i++) {
    const NnConfig policy = nn_config_get (&map, keys[i]);

    found = find_quantized (&policy);
  }
  return found;
}

static void
check_precision (const NnConfig *entry)
{
  const NnConfig config = nn_config_get (entry, "config");
  const NnConfig dtype = nn_config_get (&config, "dtype");
  const NnConfig options = nn_config_get (&config, "quantization_config");
  g_autofree char *policy = find_quantized (&dtype);

  if (policy)
    nn_config_fail (entry, NN_ERROR_UNSUPPORTED,
        "quantized (%s), which is not supported; save the model before it is "
        "quantized",
        policy);
  else if (nn_config_is_set (&options))
    nn_config_fail (entry, NN_ERROR_UNSUPPORTED,
        "the option “quantization_config” is not supported; save the model "
        "before it is quantized");
}

bool
nn_keras_check_entry (const NnConfig *entry)
{
  check_origin (entry);
  check_precision (entry);
  return nn_config_ok (entry);
}
