/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators in Keras 2 models: tf.keras stores a + b as a layer of the class
 * TFOpLambda whose "function" is the name of the TensorFlow function, and whose
 * call has TensorFlow's keywords. Here they get the names of Keras 3.
 */
#include "nn/keras-private.h"

/* A keyword of TensorFlow, and its name in Keras 3. */
typedef struct {
  const char *tensorflow, *keras;
} Keyword;

#define N_KEYWORDS 4

/* clang-format off */
#define NONE    { { NULL, NULL } }
#define Y       { { "y", "x2" } }
#define OTHER   { { "other", "x2" } }
#define AXIS    { { "axis", "axis" } }
#define REDUCED { { "axis", "axis" }, { "keepdims", "keepdims" } }
#define INDEX   { { "axis", "axis" }, { "output_type", "dtype" } }

/* keywords: those known besides the first argument and "name". */
static const struct {
  const char *function;
  const char *class_name;
  Keyword keywords[N_KEYWORDS];
} operators[] = {
  { "__operators__.add",       "ops.Add",              Y },
  { "__operators__.eq",        "ops.Equal",            OTHER },
  { "__operators__.getitem",   "ops.GetItem",
    { { "slice_spec", "key" } } },
  { "__operators__.ne",        "ops.NotEqual",         OTHER },
  { "cast",                    "ops.Cast",
    { { "dtype", "dtype" } } },
  { "clip_by_value",           "ops.Clip",
    { { "clip_value_min", "x_min" }, { "clip_value_max", "x_max" } } },
  { "concat",                  "ops.Concatenate",      AXIS },
  { "expand_dims",             "ops.ExpandDims",       AXIS },
  { "identity",                "ops.Identity",         NONE },
  { "image.grayscale_to_rgb",  "ops.GrayscaleToRgb",   NONE },
  { "image.resize",            "ops.Resize",
    { { "size", "size" }, { "method", "interpolation" }, { "antialias", "antialias" },
      { "preserve_aspect_ratio", "preserve_aspect_ratio" } } },
  { "linalg.matmul",           "ops.Matmul",
    { { "b", "x2" }, { "transpose_a", "transpose_a" }, { "transpose_b", "transpose_b" } } },
  { "math.abs",                "ops.Absolute",         NONE },
  { "math.add",                "ops.Add",              Y },
  { "math.argmax",             "ops.Argmax",           INDEX },
  { "math.argmin",             "ops.Argmin",           INDEX },
  { "math.ceil",               "ops.Ceil",             NONE },
  { "math.cos",                "ops.Cos",              NONE },
  { "math.cumsum",             "ops.Cumsum",           AXIS },
  { "math.divide",             "ops.TrueDivide",       Y },
  { "math.divide_no_nan",      "ops.DivideNoNan",      Y },
  { "math.equal",              "ops.Equal",            Y },
  { "math.erf",                "ops.Erf",              NONE },
  { "math.exp",                "ops.Exp",              NONE },
  { "math.expm1",              "ops.Expm1",            NONE },
  { "math.floor",              "ops.Floor",            NONE },
  { "math.floordiv",           "ops.FloorDivide",      Y },
  { "math.floormod",           "ops.Mod",              Y },
  { "math.greater",            "ops.Greater",          Y },
  { "math.greater_equal",      "ops.GreaterEqual",     Y },
  { "math.l2_normalize",       "ops.L2Normalize",
    { { "axis", "axis" }, { "epsilon", "epsilon" } } },
  { "math.less",               "ops.Less",             Y },
  { "math.less_equal",         "ops.LessEqual",        Y },
  { "math.log",                "ops.Log",              NONE },
  { "math.log1p",              "ops.Log1p",            NONE },
  { "math.log_sigmoid",        "ops.LogSigmoid",       NONE },
  { "math.logical_and",        "ops.LogicalAnd",       Y },
  { "math.logical_not",        "ops.LogicalNot",       NONE },
  { "math.logical_or",         "ops.LogicalOr",        Y },
  { "math.maximum",            "ops.Maximum",          Y },
  { "math.minimum",            "ops.Minimum",          Y },
  { "math.multiply",           "ops.Multiply",         Y },
  { "math.negative",           "ops.Negative",         NONE },
  { "math.not_equal",          "ops.NotEqual",         Y },
  { "math.pow",                "ops.Power",            Y },
  { "math.reciprocal",         "ops.Reciprocal",       NONE },
  { "math.reduce_all",         "ops.All",              REDUCED },
  { "math.reduce_any",         "ops.Any",              REDUCED },
  { "math.reduce_logsumexp",   "ops.Logsumexp",        REDUCED },
  { "math.reduce_max",         "ops.Max",              REDUCED },
  { "math.reduce_mean",        "ops.Mean",             REDUCED },
  { "math.reduce_min",         "ops.Min",              REDUCED },
  { "math.reduce_prod",        "ops.Prod",             REDUCED },
  { "math.reduce_std",         "ops.Std",              REDUCED },
  { "math.reduce_sum",         "ops.Sum",              REDUCED },
  { "math.reduce_variance",    "ops.Var",              REDUCED },
  { "math.round",              "ops.Round",            NONE },
  { "math.rsqrt",              "ops.Rsqrt",            NONE },
  { "math.sigmoid",            "ops.Sigmoid",          NONE },
  { "math.sign",               "ops.Sign",             NONE },
  { "math.sin",                "ops.Sin",              NONE },
  { "math.softplus",           "ops.Softplus",         NONE },
  { "math.sqrt",               "ops.Sqrt",             NONE },
  { "math.square",             "ops.Square",           NONE },
  { "math.squared_difference", "ops.SquaredDifference",Y },
  { "math.subtract",           "ops.Subtract",         Y },
  { "math.tanh",               "ops.Tanh",             NONE },
  { "math.truediv",            "ops.TrueDivide",       Y },
  { "nn.bias_add",             "ops.Add",
    { { "bias", "x2" }, { "data_format", "data_format" } } },
  { "nn.elu",                  "ops.Elu",              NONE },
  { "nn.gelu",                 "ops.Gelu",
    { { "approximate", "approximate" } } },
  { "nn.l2_normalize",         "ops.L2Normalize",
    { { "axis", "axis" }, { "epsilon", "epsilon" } } },
  { "nn.leaky_relu",           "ops.LeakyRelu",
    { { "alpha", "alpha" } } },
  { "nn.log_softmax",          "ops.LogSoftmax",       AXIS },
  { "nn.relu",                 "ops.Relu",             NONE },
  { "nn.relu6",                "ops.Relu6",            NONE },
  { "nn.selu",                 "ops.Selu",             NONE },
  { "nn.sigmoid",              "ops.Sigmoid",          NONE },
  { "nn.silu",                 "ops.Silu",             NONE },
  { "nn.softmax",              "ops.Softmax",          AXIS },
  { "nn.softplus",             "ops.Softplus",         NONE },
  { "nn.softsign",             "ops.Softsign",         NONE },
  { "nn.swish",                "ops.Silu",             NONE },
  { "nn.tanh",                 "ops.Tanh",             NONE },
  { "norm",                    "ops.Norm",
    { { "ord", "ord" }, { "axis", "axis" }, { "keepdims", "keepdims" } } },
  { "ones_like",               "ops.OnesLike",         NONE },
  { "pad",                     "ops.Pad",
    { { "paddings", "pad_width" }, { "mode", "mode" },
      { "constant_values", "constant_values" } } },
  { "repeat",                  "ops.Repeat",
    { { "repeats", "repeats" }, { "axis", "axis" } } },
  { "reshape",                 "ops.Reshape",
    { { "shape", "newshape" } } },
  { "reverse",                 "ops.Flip",             AXIS },
  { "roll",                    "ops.Roll",
    { { "shift", "shift" }, { "axis", "axis" } } },
  { "split",                   "ops.Split",
    { { "num_or_size_splits", "num_or_size_splits" }, { "axis", "axis" } } },
  { "squeeze",                 "ops.Squeeze",          AXIS },
  { "stack",                   "ops.Stack",            AXIS },
  { "stop_gradient",           "ops.StopGradient",     NONE },
  { "tile",                    "ops.Tile",
    { { "multiples", "repeats" } } },
  { "transpose",               "ops.Transpose",        { { "perm", "axes" } } },
  { "unstack",                 "ops.Unstack",
    { { "axis", "axis" }, { "num", "num" } } },
  { "where",                   "ops.Where",
    { { "x", "x1" }, { "y", "x2" } } },
  { "zeros_like",              "ops.ZerosLike",        NONE },
};
/* clang-format on */

/* Options of some functions that must have one value. */
static const struct {
  const char *keyword;
  const char *value;
} fixed[] = {
  { "data_format", "NHWC" },
};

/* Gives arg its name in Keras 3; false if the function has no such keyword. */
static bool
rename_arg (const Keyword *keywords, NnArg *arg)
{
  for (size_t i = 0; i < N_KEYWORDS && keywords[i].tensorflow; i++)
    if (g_str_equal (keywords[i].tensorflow, arg->name)) {
      arg->name = keywords[i].keras;
      return true;
    }
  return false;
}

static void
check_value (const NnConfig *config, const NnArg *arg)
{
  for (size_t i = 0; i < G_N_ELEMENTS (fixed); i++)
    if (g_str_equal (fixed[i].keyword, arg->name)
        && !g_str_equal (
            fixed[i].value, nn_config_as_string (&arg->value, fixed[i].value)))
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "“%s” is “%s”, supported is: %s", arg->name,
          nn_config_as_string (&arg->value, ""), fixed[i].value);
}

const char *
nn_keras_operator_find (
    const NnConfig *entry, const NnConfig *config, NnArg *args, size_t n_args)
{
  const bool is_slice = g_str_equal (
      nn_config_string (entry, "class_name", ""), "SlicingOpLambda");
  const char *const function = nn_config_string (
      config, "function", is_slice ? "__operators__.getitem" : "");
  size_t i = 0;

  while (i < G_N_ELEMENTS (operators)
      && !g_str_equal (operators[i].function, function))
    i++;
  if (i == G_N_ELEMENTS (operators)) {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "the TensorFlow operator “%s” is not supported", function);
    return NULL;
  }
  for (size_t k = 0; k < n_args; k++) {
    if (!args[k].name || g_str_equal (args[k].name, "name"))
      continue;
    if (rename_arg (operators[i].keywords, &args[k]))
      check_value (config, &args[k]);
    else
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "the argument “%s” of the TensorFlow operator “%s” is not supported",
          args[k].name, function);
  }
  return nn_config_ok (config) ? operators[i].class_name : NULL;
}

const char *
nn_keras_merge_find (const NnConfig *config, NnDocument *options)
{
  static const char *const modes[] = { "sum", "mul", "ave", "max", "concat",
    "dot", NULL };
  static const char *const classes[] = { "Add", "Multiply", "Average",
    "Maximum", "Concatenate", "Dot" };
  const NnConfig axis = nn_config_get (config, "concat_axis");
  const NnConfig axes = nn_config_get (config, "dot_axes");
  const size_t mode = nn_config_choice (config, "mode", modes, 0);

  if (!g_str_equal (nn_config_string (config, "mode_type", "raw"), "raw"))
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "a Merge by a function of Python, which cannot be run; use one of the "
        "modes of Keras instead");
  nn_document_add (options, "axis", &axis);
  nn_document_add (options, "axes", &axes);
  return nn_config_ok (config) ? classes[mode] : NULL;
}
