/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/initializer.h"

#include <string.h>

/* The key that belongs to an array: "recurrent_kernel" has
 * "recurrent_initializer", "bias" has "bias_initializer". */
static NnConfig
get_for_param (const NnConfig *config, const char *param, const char *what)
{
  const size_t len = strlen (param);
  const bool is_kernel = len > 7 && g_str_has_suffix (param, "_kernel");
  g_autofree char *key = g_strdup_printf (
      "%.*s_%s", (int) (is_kernel ? len - 7 : len), param, what);

  return nn_config_get (config, key);
}

/* "GlorotUniform", "glorot_uniform" and the class_name of an object, as
 * "glorotuniform". */
static char *
read_name (const NnConfig *value)
{
  const NnConfig class_name = nn_config_get (value, "class_name");
  const NnConfig *const from =
      nn_config_is_object (value) ? &class_name : value;
  g_autoptr (GString) name = g_string_new (NULL);

  if (nn_config_is_string (from))
    for (const char *c = nn_config_as_string (from, ""); *c; c++)
      if (*c != '_')
        g_string_append_c (name, g_ascii_tolower (*c));
  return g_strdup (name->str);
}

static double
read_number (const NnConfig *value, const char *key, double fallback)
{
  const NnConfig options = nn_config_get (value, "config");
  const NnConfig number = nn_config_get (&options, key);

  return nn_config_is_number (&number) ? nn_config_as_double (&number, fallback)
                                       : fallback;
}

static const char *
read_text (const NnConfig *value, const char *key, const char *fallback)
{
  const NnConfig options = nn_config_get (value, "config");
  const NnConfig text = nn_config_get (&options, key);

  return nn_config_is_string (&text) ? nn_config_as_string (&text, fallback)
                                     : fallback;
}

/* clang-format off */
static const struct {
  const char *name;
  NnInitializer initializer;
} initializers[] = {
  { "zeros",         { NN_INIT_CONSTANT, 0 } },
  { "ones",          { NN_INIT_CONSTANT, 1 } },
  { "constant",      { NN_INIT_CONSTANT, 0 } },
  { "randomuniform", { NN_INIT_UNIFORM, -0.05, 0.05 } },
  { "uniform",       { NN_INIT_UNIFORM, -0.05, 0.05 } },
  { "randomnormal",  { NN_INIT_NORMAL, 0, 0.05 } },
  { "normal",        { NN_INIT_NORMAL, 0, 0.05 } },
  { "truncatednormal", { NN_INIT_TRUNCATED_NORMAL, 0, 0.05 } },
  { "glorotuniform", { NN_INIT_VARIANCE_SCALING, 1, 0, NN_FAN_AVG, NN_INIT_UNIFORM } },
  { "glorotnormal",  { NN_INIT_VARIANCE_SCALING, 1, 0, NN_FAN_AVG, NN_INIT_TRUNCATED_NORMAL } },
  { "heuniform",     { NN_INIT_VARIANCE_SCALING, 2, 0, NN_FAN_IN, NN_INIT_UNIFORM } },
  { "henormal",      { NN_INIT_VARIANCE_SCALING, 2, 0, NN_FAN_IN, NN_INIT_TRUNCATED_NORMAL } },
  { "lecununiform",  { NN_INIT_VARIANCE_SCALING, 1, 0, NN_FAN_IN, NN_INIT_UNIFORM } },
  { "lecunnormal",   { NN_INIT_VARIANCE_SCALING, 1, 0, NN_FAN_IN, NN_INIT_TRUNCATED_NORMAL } },
  { "variancescaling", { NN_INIT_VARIANCE_SCALING, 1, 0, NN_FAN_IN, NN_INIT_TRUNCATED_NORMAL } },
  { "orthogonal",    { NN_INIT_ORTHOGONAL, 1 } },
  { "orthogonalinitializer", { NN_INIT_ORTHOGONAL, 1 } },
};

/* Keras' defaults, by the name of the array. */
static const struct {
  const char *param;
  const char *initializer;
} defaults[] = {
  { "recurrent_kernel", "orthogonal" },
  { "gamma",            "ones" },
  { "moving_variance",  "ones" },
  { "bias",             "zeros" },
  { "beta",             "zeros" },
  { "moving_mean",      "zeros" },
  { "alpha",            "zeros" },
  { "embeddings",       "uniform" },
};
/* clang-format on */

static NnInitializer
find (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (initializers); i++)
    if (g_str_equal (initializers[i].name, name))
      return initializers[i].initializer;
  return (NnInitializer){ .kind = NN_INIT_UNKNOWN };
}

static void
read_variance_scaling (const NnConfig *value, NnInitializer *initializer)
{
  const char *const mode = read_text (value, "mode", "");
  const char *const distribution = read_text (value, "distribution", "");

  initializer->a = read_number (value, "scale", initializer->a);
  if (g_str_equal (mode, "fan_out"))
    initializer->fan = NN_FAN_OUT;
  else if (g_str_equal (mode, "fan_avg"))
    initializer->fan = NN_FAN_AVG;
  if (g_str_equal (distribution, "uniform"))
    initializer->distribution = NN_INIT_UNIFORM;
  else if (g_str_equal (distribution, "untruncated_normal"))
    initializer->distribution = NN_INIT_NORMAL;
}

NnInitializer
nn_initializer_read (const NnConfig *config, const char *param)
{
  const NnConfig value = get_for_param (config, param, "initializer");
  g_autofree char *name = read_name (&value);
  NnInitializer found;

  if (!nn_config_is_set (&value)) {
    for (size_t i = 0; i < G_N_ELEMENTS (defaults); i++)
      if (g_str_equal (defaults[i].param, param))
        return find (defaults[i].initializer);
    return find ("glorotuniform");
  }
  found = find (name);
  if (found.kind == NN_INIT_UNIFORM) {
    found.a = read_number (&value, "minval", found.a);
    found.b = read_number (&value, "maxval", found.b);
  } else if (found.kind == NN_INIT_NORMAL
      || found.kind == NN_INIT_TRUNCATED_NORMAL) {
    found.a = read_number (&value, "mean", found.a);
    found.b = read_number (&value, "stddev", found.b);
  } else if (found.kind == NN_INIT_ORTHOGONAL) {
    found.a = read_number (&value, "gain", found.a);
  } else if (found.kind == NN_INIT_CONSTANT) {
    found.a = read_number (&value, "value", found.a);
  } else if (g_str_equal (name, "variancescaling")) {
    read_variance_scaling (&value, &found);
  }
  return found;
}

NnRegularizer
nn_regularizer_read (const NnConfig *config, const char *param)
{
  const NnConfig value = get_for_param (config, param, "regularizer");
  g_autofree char *name = read_name (&value);
  NnRegularizer found = { 0 };

  if (!nn_config_is_set (&value))
    return found;
  if (g_str_equal (name, "l1") || g_str_equal (name, "l1l2"))
    found.l1 = read_number (&value, "l1", 0.01);
  if (g_str_equal (name, "l2") || g_str_equal (name, "l1l2"))
    found.l2 = read_number (&value, "l2", 0.01);
  found.is_unknown =
      !g_str_has_prefix (name, "l1") && !g_str_equal (name, "l2");
  return found;
}

bool
nn_constraint_is_set (const NnConfig *config, const char *param)
{
  const NnConfig value = get_for_param (config, param, "constraint");

  return nn_config_is_set (&value);
}
