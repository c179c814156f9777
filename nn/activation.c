/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/activation.h"

#include <math.h>
#include <string.h>
#include "nn/simd.h"

#define N_ARGS 3

struct _NnActivationClass {
  const char *name;
  int keras_major; /* 0: the same in all versions */
  void (*apply) (float *x, size_t n, size_t len, const float *args);
  float args[N_ARGS];
};

/* A function of each element by itself, as an expression in x. */
#define ELEMENTWISE(name, expression)                                          \
  static void name (float *values, size_t n, size_t len, const float *args)    \
  {                                                                            \
    for (size_t i = 0; i < n * len; i++) {                                     \
      const float x = values[i];                                               \
                                                                               \
      values[i] = (expression);                                                \
    }                                                                          \
  }

static inline float
clip (float x, float low, float high)
{
  return fminf (fmaxf (x, low), high);
}

static inline float
logistic (float x)
{
  return 1 / (1 + expf (-x));
}

/* log (1 + exp (x)), which neither overflows nor loses small values. */
static inline float
log_1p_exp (float x)
{
  return fmaxf (x, 0) + log1pf (expf (-fabsf (x)));
}

/* max (x, 0) above the threshold, limited to a maximum; below it, a slope. */
static inline float
rectify (float x, float slope, float max, float threshold)
{
  const float above = x > threshold ? x : 0;

  return (max < INFINITY ? clip (above, 0, max) : above)
      - slope * fmaxf (threshold - x, 0);
}

/* clang-format off */
ELEMENTWISE (relu,         x > 0 ? x : 0)
ELEMENTWISE (relu_options, rectify (x, args[0], args[1], args[2]))
ELEMENTWISE (leaky_relu,   x > 0 ? x : args[0] * x)
ELEMENTWISE (elu,          x > 0 ? x : args[0] * expm1f (x))
ELEMENTWISE (celu,         x > 0 ? x : args[0] * expm1f (x / args[0]))
ELEMENTWISE (selu,         1.05070098735548f
                           * (x > 0 ? x : 1.67326324235438f * expm1f (x)))
ELEMENTWISE (hard_sigmoid, clip (args[0] * x + args[1], 0, 1))
ELEMENTWISE (log_sigmoid,  -log_1p_exp (-x))
ELEMENTWISE (silu,         x * logistic (x))
ELEMENTWISE (hard_silu,    x * clip (x / 6 + 0.5f, 0, 1))
ELEMENTWISE (hard_tanh,    clip (x, -1, 1))
ELEMENTWISE (tanh_shrink,  x - tanhf (x))
ELEMENTWISE (hard_shrink,  fabsf (x) > args[0] ? x : 0)
ELEMENTWISE (soft_shrink,  x - clip (x, -args[0], args[0]))
ELEMENTWISE (threshold,    x > args[0] ? x : args[1])
ELEMENTWISE (softplus,     log_1p_exp (x))
ELEMENTWISE (softsign,     x / (1 + fabsf (x)))
ELEMENTWISE (squareplus,   (x + sqrtf (x * x + args[0])) / 2)
ELEMENTWISE (sparse_plus,  x <= -1 ? 0 : x < 1 ? (x + 1) * (x + 1) / 4 : x)
ELEMENTWISE (sparse_sigmoid, clip ((x + 1) / 2, 0, 1))
ELEMENTWISE (mish,         x * tanhf (log_1p_exp (x)))
ELEMENTWISE (gelu,         x * 0.5f * erfcf (-x * 0.70710678118654752f))
ELEMENTWISE (gelu_tanh,    x * logistic (1.5957691216057308f
                                         * (x + 0.044715f * x * x * x)))
ELEMENTWISE (exponential,  expf (x))
/* clang-format on */

static void
sigmoid (float *x, size_t n, size_t len, const float *args)
{
  nn_simd ()->sigmoid (x, n * len);
}

static void
tanh_ (float *x, size_t n, size_t len, const float *args)
{
  nn_simd ()->tanh (x, n * len);
}

static float
row_max (const float *x, size_t len)
{
  float max = x[0];

  for (size_t i = 1; i < len; i++)
    max = fmaxf (max, x[i]);
  return max;
}

static void
softmax (float *x, size_t n, size_t len, const float *args)
{
  for (size_t r = 0; r < n; r++, x += len) {
    const float max = row_max (x, len);
    float sum = 0;

    for (size_t i = 0; i < len; i++)
      sum += x[i] = expf (x[i] - max);
    for (size_t i = 0; i < len; i++)
      x[i] /= sum;
  }
}

static void
log_softmax (float *x, size_t n, size_t len, const float *args)
{
  for (size_t r = 0; r < n; r++, x += len) {
    const float max = row_max (x, len);
    float sum = 0;

    for (size_t i = 0; i < len; i++)
      sum += expf (x[i] - max);
    sum = max + logf (sum);
    for (size_t i = 0; i < len; i++)
      x[i] -= sum;
  }
}

/* max (x - tau, 0) with tau such that the sum is 1 (Martins & Astudillo 2016).
 * tau grows as elements below it drop out of the mean (Michelot 1986). */
static void
sparsemax (float *x, size_t n, size_t len, const float *args)
{
  for (size_t r = 0; r < n; r++, x += len) {
    const float max = row_max (x, len);
    float tau = -INFINITY;
    size_t kept = len + 1, before;

    do {
      double sum = 0;

      before = kept;
      kept = 0;
      for (size_t i = 0; i < len; i++)
        if (x[i] > tau) {
          sum += x[i] - max;
          kept++;
        }
      if (kept > 0)
        tau = max + (sum - 1) / kept;
    } while (kept < before && kept > 0);
    for (size_t i = 0; i < len; i++)
      x[i] = fmaxf (x[i] - tau, 0);
  }
}

/* clang-format off */
static const NnActivationClass table[] = {
  { "linear",         0, NULL },
  { "relu",           0, relu },
  { "sigmoid",        0, sigmoid },
  { "tanh",           0, tanh_ },
  { "softmax",        0, softmax },
  { "hard_sigmoid",   2, hard_sigmoid, { 0.2f, 0.5f } },
  { "hard_sigmoid",   3, hard_sigmoid, { 1 / 6.f, 0.5f } },
  { "celu",           0, celu, { 1 } },
  { "elu",            0, elu, { 1 } },
  { "exponential",    0, exponential },
  { "gelu",           0, gelu },
  { "gelu_tanh",      0, gelu_tanh },
  { "hard_shrink",    0, hard_shrink, { 0.5f } },
  { "hard_silu",      0, hard_silu },
  { "hard_swish",     0, hard_silu },
  { "hard_tanh",      0, hard_tanh },
  { "leaky_relu",     0, leaky_relu, { 0.2f } },
  { "log_sigmoid",    0, log_sigmoid },
  { "log_softmax",    0, log_softmax },
  { "mish",           0, mish },
  { "relu6",          0, relu_options, { 0, 6, 0 } },
  { "relu_options",   0, relu_options, { 0, INFINITY, 0 } },
  { "selu",           0, selu },
  { "silu",           0, silu },
  { "soft_shrink",    0, soft_shrink, { 0.5f } },
  { "softplus",       0, softplus },
  { "softsign",       0, softsign },
  { "sparse_plus",    0, sparse_plus },
  { "sparse_sigmoid", 0, sparse_sigmoid },
  { "sparsemax",      0, sparsemax },
  { "squareplus",     0, squareplus, { 4 } },
  { "swish",          0, silu },
  { "tanh_shrink",    0, tanh_shrink },
  { "threshold",      0, threshold, { 0, 0 } },
};

/* Keras' layers and operators that are nothing but an activation, and the keys
 * of their configs that set args: Keras 3's, and where it differs Keras 2's. A
 * key that is absent leaves the default given here. */
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
  /* What TensorFlow calls tf.nn.softmax. */
  if (g_str_equal (name, "softmax_v2"))
    name = "softmax";
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].name, name)
        && (table[i].keras_major == 0 || table[i].keras_major == keras_major)) {
      activation->klass = &table[i];
      memcpy (activation->args, table[i].args, sizeof activation->args);
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
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (i == 0 || !g_str_equal (table[i].name, table[i - 1].name))
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", table[i].name);
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

/* An activation around another. */
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

/* What varies the function beyond its numbers. TensorFlow's gelu is exact where
 * it is not told otherwise, that of Keras 3 is not. */
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

/* An activation that was given as an object: a layer, or a function. */
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
nn_activation_is_relu (const NnActivation *activation)
{
  return activation->klass && activation->klass->apply == relu;
}

bool
nn_activation_is_of_rows (const NnActivation *activation)
{
  return activation->klass
      && (activation->klass->apply == softmax
          || activation->klass->apply == log_softmax
          || activation->klass->apply == sparsemax);
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
