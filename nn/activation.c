/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/activation.h"

#include <math.h>
#include <string.h>
#include "nn/activation-table.h"

#define N_ARGS 3

/* clang-format off */
/* Keras' layers and operators that are just an activation, and the keys of
 * their configs that set args: Keras 3's and, where different, Keras 2's.
 * Absent keys leave the defaults given here. */
static const struct {
  const char *class_name;
  const char *name;
  struct {
    const char *key, *old_key;
    float fallback;
  } args[N_ARGS];
} objects[] = {
  { "ReLU",            "relu_options", { { "negative_slope", NULL, 0 },
                                         { "max_value", NULL, INFINITY },
                                         { "threshold", NULL, 0 } } },
  { "LeakyReLU",       "leaky_relu",   { { "negative_slope", "alpha", 0.3f } } },
  { "ELU",             "elu",          { { "alpha", NULL, 1 } } },
  { "ThresholdedReLU", "threshold",    { { "theta", NULL, 1 } } },
  { "Softmax",         "softmax" },
  { "Mish",            "mish" },
  { "ops.Celu",        "celu",         { { "alpha", NULL, 1 } } },
  { "ops.Elu",         "elu",          { { "alpha", NULL, 1 } } },
  { "ops.Exp",         "exponential" },
  { "ops.Gelu",        "gelu" },
  { "ops.HardShrink",  "hard_shrink",  { { "threshold", NULL, 0.5f } } },
  { "ops.HardSigmoid", "hard_sigmoid" },
  { "ops.HardSilu",    "hard_silu" },
  { "ops.HardTanh",    "hard_tanh" },
  { "ops.LeakyRelu",   "leaky_relu",   { { "negative_slope", "alpha", 0.2f } } },
  { "ops.LogSigmoid",  "log_sigmoid" },
  { "ops.LogSoftmax",  "log_softmax" },
  { "ops.Mish",        "mish" },
  { "ops.ReLU",        "relu_options", { { "negative_slope", NULL, 0 },
                                         { "max_value", NULL, INFINITY },
                                         { "threshold", NULL, 0 } } },
  { "ops.Relu",        "relu" },
  { "ops.Relu6",       "relu6" },
  { "ops.Selu",        "selu" },
  { "ops.Sigmoid",     "sigmoid" },
  { "ops.Silu",        "silu" },
  { "ops.SoftShrink",  "soft_shrink",  { { "threshold", NULL, 0.5f } } },
  { "ops.Softmax",     "softmax" },
  { "ops.Softplus",    "softplus" },
  { "ops.Softsign",    "softsign" },
  { "ops.SparsePlus",  "sparse_plus" },
  { "ops.SparseSigmoid", "sparse_sigmoid" },
  { "ops.Sparsemax",   "sparsemax" },
  { "ops.Squareplus",  "squareplus",   { { "b", NULL, 4 } } },
  { "ops.Tanh",        "tanh" },
  { "ops.TanhShrink",  "tanh_shrink" },
  { "ops.Threshold",   "threshold",    { { "threshold", NULL, 0 },
                                         { "default_value", NULL, 0 } } },
};
/* clang-format on */

bool
nn_activation_find (const char *name, int keras_major, NnActivation *activation)
{
  /* As TensorFlow names tf.nn.softmax. */
  if (g_str_equal (name, "softmax_v2"))
    name = "softmax";
  for (const NnActivationClass *row = nn_activation_table; row->name; row++)
    if (g_str_equal (row->name, name)
        && (row->keras_major == 0 || row->keras_major == keras_major)) {
      activation->klass = row;
      memcpy (activation->args, row->args, sizeof activation->args);
      return true;
    }
  return false;
}

static NnActivation
find_or_fail (const char *name, const NnConfig *config)
{
  NnActivation activation = { 0 };
  g_autoptr (GString) known = NULL;

  if (nn_activation_find (name, config->keras_major, &activation))
    return activation;
  known = g_string_new (NULL);
  for (const NnActivationClass *row = nn_activation_table; row->name; row++)
    if (row == nn_activation_table || !g_str_equal (row->name, row[-1].name))
      g_string_append_printf (
          known, "%s%s", row == nn_activation_table ? "" : ", ", row->name);
  nn_config_fail (config, NN_ERROR_UNSUPPORTED,
      "the activation “%s” is not supported; supported are: %s", name,
      known->str);
  return activation;
}

static bool
has_other_axis (const NnConfig *config)
{
  const NnConfig axis = nn_config_get (config, "axis");
  const NnConfig first = nn_config_at (&axis, 0);

  return nn_config_length (&axis) > 1
      || nn_config_as_int (nn_config_is_list (&axis) ? &first : &axis, -1)
      != -1;
}

/* An activation wrapped in another. */
static NnActivation
read_wrapped (const NnConfig *config)
{
  const NnActivation activation =
      nn_activation_read (config, "activation", "linear");

  if (activation.is_elsewhere)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "an activation with an axis inside another is not supported");
  return activation;
}

/* Variants of a function beyond its parameters. TensorFlow's gelu is exact by
 * default, that of Keras 3 is not. */
static const char *
choose_form (
    const char *name, const NnActivation *found, const NnConfig *config)
{
  if (g_str_equal (name, "gelu")
      && nn_config_bool (config, "approximate", config->keras_major >= 3))
    return "gelu_tanh";
  if (g_str_equal (name, "relu_options") && found->args[0] == 0
      && found->args[1] == INFINITY && found->args[2] == 0)
    return "relu";
  return name;
}

bool
nn_activation_read_object (
    const NnConfig *config, const char *class_name, NnActivation *activation)
{
  for (size_t i = 0; i < G_N_ELEMENTS (objects); i++) {
    const char *form;

    if (!g_str_equal (objects[i].class_name, class_name))
      continue;
    nn_activation_find (objects[i].name, config->keras_major, activation);
    for (size_t k = 0; k < N_ARGS && objects[i].args[k].key; k++) {
      const char *const old = objects[i].args[k].old_key;

      activation->args[k] = nn_config_double (config, objects[i].args[k].key,
          old ? nn_config_double (config, old, objects[i].args[k].fallback)
              : objects[i].args[k].fallback);
    }
    form = choose_form (objects[i].name, activation, config);
    if (form != objects[i].name)
      nn_activation_find (form, config->keras_major, activation);
    return true;
  }
  return false;
}

/* An activation given as an object: a layer, or a function. */
static NnActivation
read_nested (const NnConfig *value)
{
  const char *const class_name = nn_config_string (value, "class_name", "");
  const NnConfig inner = nn_config_get (value, "config");
  NnActivation activation = { 0 };

  if (nn_config_is_string (&inner)) /* {"class_name": "function", ...} */
    return find_or_fail (nn_config_as_string (&inner, ""), value);
  if (g_str_equal (class_name, "Activation"))
    return read_wrapped (&inner);
  if (!nn_activation_read_object (&inner, class_name, &activation))
    return find_or_fail (class_name, value);
  activation.is_elsewhere = has_other_axis (&inner);
  return activation;
}

NnActivation
nn_activation_read (
    const NnConfig *config, const char *key, const char *fallback)
{
  const NnConfig value = nn_config_get (config, key);

  return nn_config_is_object (&value)
      ? read_nested (&value)
      : find_or_fail (nn_config_string (config, key, fallback), config);
}

void
nn_activation_apply (
    const NnActivation *activation, float *x, size_t n, size_t len)
{
  if (activation->klass && activation->klass->apply)
    activation->klass->apply (x, n, len, activation->args);
}

bool
nn_activation_gradient_wants_input (const NnActivation *activation)
{
  if (nn_activation_is (activation, "leaky_relu"))
    return activation->args[0] < 0;
  return activation->klass && activation->klass->gradient_wants_x;
}

void
nn_activation_gradient (const NnActivation *activation, const float *x,
    const float *y, float *dy, size_t n, size_t len)
{
  if (activation->klass && activation->klass->gradient)
    activation->klass->gradient (&(NnActivationGradient){ .x = x,
        .y = y,
        .dy = dy,
        .n = n,
        .len = len,
        .args = activation->args });
}

bool
nn_activation_is_rectifier (const NnActivation *activation, float *slope)
{
  float found;

  if (nn_activation_is (activation, "leaky_relu"))
    found = activation->args[0];
  else if (nn_activation_is (activation, "relu"))
    found = 0;
  else if (!activation->klass || nn_activation_is (activation, "linear"))
    found = 1;
  else
    return false;
  if (!(found >= 0 && found <= 1))
    return false;
  *slope = found;
  return true;
}

bool
nn_activation_is_of_rows (const NnActivation *activation)
{
  return nn_activation_is (activation, "softmax")
      || nn_activation_is (activation, "log_softmax")
      || nn_activation_is (activation, "sparsemax");
}

const char *
nn_activation_name (const NnActivation *activation)
{
  return activation->klass ? activation->klass->name : "linear";
}

bool
nn_activation_is (const NnActivation *activation, const char *name)
{
  return activation->klass && g_str_equal (activation->klass->name, name);
}
