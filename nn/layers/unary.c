/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Element-wise operators of one operand, other than activations. */
#include <math.h>
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/op.h"

typedef struct {
  NnLayer base;
  float (*function) (float x);
  float low, high; /* of Clip */
} Unary;

/* clang-format off */
#define FUNCTION(name, expression)                                             \
  static float name (float x) { return (expression); }

FUNCTION (negative,    -x)
FUNCTION (square,      x * x)
FUNCTION (rsqrt,       1 / sqrtf (x))
FUNCTION (reciprocal,  1 / x)
FUNCTION (sign,        x > 0 ? 1 : x < 0 ? -1 : x)
FUNCTION (logical_not, x == 0)
FUNCTION (to_bool,     x != 0)
FUNCTION (is_finite,   isfinite (x))
FUNCTION (is_nan,      isnan (x))
FUNCTION (one,         1)
FUNCTION (zero,        0)

static const struct {
  const char *keras_name;
  float (*function) (float x);
} table[] = {
  { "ops.Abs",        fabsf },
  { "ops.Absolute",   fabsf },
  { "ops.Arccos",     acosf },
  { "ops.Arcsin",     asinf },
  { "ops.Arctan",     atanf },
  { "ops.Ceil",       ceilf },
  { "ops.Cos",        cosf },
  { "ops.Cosh",       coshf },
  { "ops.Erf",        erff },
  { "ops.Exp",        expf },
  { "ops.Exp2",       exp2f },
  { "ops.Expm1",      expm1f },
  { "ops.Floor",      floorf },
  { "ops.Isfinite",   is_finite },
  { "ops.Isnan",      is_nan },
  { "ops.Log",        logf },
  { "ops.Log10",      log10f },
  { "ops.Log1p",      log1pf },
  { "ops.Log2",       log2f },
  { "ops.LogicalNot", logical_not },
  { "ops.Negative",   negative },
  { "ops.OnesLike",   one },
  { "ops.Reciprocal", reciprocal },
  { "ops.Round",      rintf },
  { "ops.Rsqrt",      rsqrt },
  { "ops.Sign",       sign },
  { "ops.Sin",        sinf },
  { "ops.Sinh",       sinhf },
  { "ops.Sqrt",       sqrtf },
  { "ops.Square",     square },
  { "ops.Tan",        tanf },
  { "ops.Trunc",      truncf },
  { "ops.ZerosLike",  zero },
};
/* clang-format on */

static void
unary_setup (NnLayer *layer, const NnConfig *config)
{
  Unary *self = (Unary *) layer;

  if (!nn_layer_expect (layer, config, 1, 0, NN_MAX_RANK))
    return;
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].keras_name, layer->klass->keras_name))
      self->function = table[i].function;
  nn_layer_add_output (layer, config, &layer->in[0]);
}

/* All numbers are floats here, whatever their type in the model: a cast only
 * changes values. */
static void
cast_setup (NnLayer *layer, const NnConfig *config)
{
  Unary *self = (Unary *) layer;
  const NnConfig value = nn_op_option (layer, config, "dtype", 1);
  const char *const dtype = nn_config_as_string (&value, "float32");

  if (!nn_layer_expect (layer, config, 1, 0, NN_MAX_RANK))
    return;
  if (g_str_equal (dtype, "bool"))
    self->function = to_bool;
  else if (strstr (dtype, "int"))
    self->function = truncf;
  else
    layer->is_view = true;
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static void
unary_forward (const NnLayer *layer, const NnCall *call)
{
  const Unary *self = (const Unary *) layer;
  const size_t n = call->n * nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < n; i++)
    call->out[0][i] = self->function (call->in[0][i]);
}

static void
clip_setup (NnLayer *layer, const NnConfig *config)
{
  Unary *self = (Unary *) layer;
  const NnConfig low = nn_op_option (layer, config, "x_min", 1);
  const NnConfig high = nn_op_option (layer, config, "x_max", 2);

  if (!nn_layer_expect (layer, config, 1, 0, NN_MAX_RANK))
    return;
  self->low = nn_config_as_double (&low, -INFINITY);
  self->high = nn_config_as_double (&high, INFINITY);
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static void
clip_forward (const NnLayer *layer, const NnCall *call)
{
  const Unary *self = (const Unary *) layer;
  const size_t n = call->n * nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < n; i++)
    call->out[0][i] = fminf (fmaxf (call->in[0][i], self->low), self->high);
}

/* clang-format off */
#define UNARY(name)                                                            \
  {                                                                            \
    .keras_name = "ops." name, .size = sizeof (Unary), .setup = unary_setup,   \
    .forward = unary_forward,                                                  \
  }
/* clang-format on */

const NnLayerClass nn_unary_classes[] = {
  UNARY ("Abs"),
  UNARY ("Absolute"),
  UNARY ("Arccos"),
  UNARY ("Arcsin"),
  UNARY ("Arctan"),
  UNARY ("Ceil"),
  UNARY ("Cos"),
  UNARY ("Cosh"),
  UNARY ("Erf"),
  UNARY ("Exp"),
  UNARY ("Exp2"),
  UNARY ("Expm1"),
  UNARY ("Floor"),
  UNARY ("Isfinite"),
  UNARY ("Isnan"),
  UNARY ("Log"),
  UNARY ("Log10"),
  UNARY ("Log1p"),
  UNARY ("Log2"),
  UNARY ("LogicalNot"),
  UNARY ("Negative"),
  UNARY ("OnesLike"),
  UNARY ("Reciprocal"),
  UNARY ("Round"),
  UNARY ("Rsqrt"),
  UNARY ("Sign"),
  UNARY ("Sin"),
  UNARY ("Sinh"),
  UNARY ("Sqrt"),
  UNARY ("Square"),
  UNARY ("Tan"),
  UNARY ("Trunc"),
  UNARY ("ZerosLike"),
  {
      .keras_name = "ops.Cast",
      .size = sizeof (Unary),
      .setup = cast_setup,
      .forward = unary_forward,
  },
  {
      .keras_name = "ops.Clip",
      .size = sizeof (Unary),
      .setup = clip_setup,
      .forward = clip_forward,
  },
  { NULL },
};
