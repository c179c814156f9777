/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators in Keras 2 models: tf.keras stores a + b as a layer of the class
 * TFOpLambda whose "function" is the name of the TensorFlow function, and whose
 * call has TensorFlow's keywords. Here they get the names of Keras 3.
 */
#include "nn/keras-private.h"

/* clang-format off */
static const struct {
  const char *function;
  const char *class_name;
} operators[] = {
  { "__operators__.add",     "ops.Add" },
  { "__operators__.getitem", "ops.GetItem" },
  { "math.abs",              "ops.Absolute" },
  { "math.add",              "ops.Add" },
  { "math.divide",           "ops.TrueDivide" },
  { "math.exp",              "ops.Exp" },
  { "math.log",              "ops.Log" },
  { "math.maximum",          "ops.Maximum" },
  { "math.minimum",          "ops.Minimum" },
  { "math.multiply",         "ops.Multiply" },
  { "math.negative",         "ops.Negative" },
  { "math.pow",              "ops.Power" },
  { "math.reduce_max",       "ops.Max" },
  { "math.reduce_mean",      "ops.Mean" },
  { "math.reduce_min",       "ops.Min" },
  { "math.reduce_sum",       "ops.Sum" },
  { "math.rsqrt",            "ops.Rsqrt" },
  { "math.sigmoid",          "ops.Sigmoid" },
  { "math.sqrt",             "ops.Sqrt" },
  { "math.square",           "ops.Square" },
  { "math.subtract",         "ops.Subtract" },
  { "math.tanh",             "ops.Tanh" },
  { "math.truediv",          "ops.TrueDivide" },
  { "nn.gelu",               "ops.Gelu" },
  { "nn.relu",               "ops.Relu" },
  { "nn.relu6",              "ops.Relu6" },
  { "nn.sigmoid",            "ops.Sigmoid" },
  { "nn.silu",               "ops.Silu" },
  { "nn.softmax",            "ops.Softmax" },
  { "nn.tanh",               "ops.Tanh" },
  { "linalg.matmul",         "ops.Matmul" },
  { "concat",                "ops.Concatenate" },
  { "expand_dims",           "ops.ExpandDims" },
  { "reshape",               "ops.Reshape" },
  { "squeeze",               "ops.Squeeze" },
  { "stack",                 "ops.Stack" },
  { "tile",                  "ops.Tile" },
  { "transpose",             "ops.Transpose" },
};

/* TensorFlow's keyword -> that of keras.ops. */
static const struct {
  const char *tensorflow;
  const char *keras;
} keywords[] = {
  { "b",          "x2" },
  { "multiples",  "repeats" },
  { "perm",       "axes" },
  { "shape",      "newshape" },
  { "slice_spec", "key" },
  { "y",          "x2" },
};
/* clang-format on */

const char *
nn_keras_operator_find (
    const NnConfig *entry, const NnConfig *config, NnArg *args, size_t n_args)
{
  const bool is_slice = g_str_equal (
      nn_config_string (entry, "class_name", ""), "SlicingOpLambda");
  const char *const function =
      nn_config_string (config, "function", is_slice ? "getitem" : "");

  for (size_t i = 0; i < n_args; i++)
    for (size_t k = 0; args[i].name && k < G_N_ELEMENTS (keywords); k++)
      if (g_str_equal (args[i].name, keywords[k].tensorflow)) {
        args[i].name = keywords[k].keras;
        break;
      }
  for (size_t i = 0; i < G_N_ELEMENTS (operators); i++)
    if (is_slice ? g_str_has_suffix (operators[i].function, ".getitem")
                 : g_str_equal (operators[i].function, function))
      return operators[i].class_name;
  nn_config_fail (config, NN_ERROR_UNSUPPORTED,
      "the TensorFlow operator “%s” is not supported", function);
  return NULL;
}
