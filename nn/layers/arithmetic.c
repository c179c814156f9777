/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/arithmetic.h"

#include <math.h>

/* An expression in x and y. Strides of 0 and 1 have loops of their own, which
 * the compiler can vectorise. */
#define BINARY(name, expression)                                               \
  static void name (const float *a, size_t a_step, const float *b,             \
      size_t b_step, size_t n, float *out)                                     \
  {                                                                            \
    if (a_step == 1 && b_step == 1) {                                          \
      for (size_t i = 0; i < n; i++) {                                         \
        const float x = a[i], y = b[i];                                        \
                                                                               \
        out[i] = (expression);                                                 \
      }                                                                        \
    } else if (a_step == 1) {                                                  \
      const float y = *b;                                                      \
                                                                               \
      for (size_t i = 0; i < n; i++) {                                         \
        const float x = a[i];                                                  \
                                                                               \
        out[i] = (expression);                                                 \
      }                                                                        \
    } else {                                                                   \
      const float x = *a;                                                      \
                                                                               \
      for (size_t i = 0; i < n; i++) {                                         \
        const float y = b[i * b_step];                                         \
                                                                               \
        out[i] = (expression);                                                 \
      }                                                                        \
    }                                                                          \
  }

/* NaN propagates, as in NumPy. */
static inline float
maximum_of (float x, float y)
{
  return x > y || x != x ? x : y;
}

static inline float
minimum_of (float x, float y)
{
  return x < y || x != x ? x : y;
}

/* The sign of the divisor, as in Python. */
static inline float
modulo (float x, float y)
{
  const float rest = fmodf (x, y);

  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

/* clang-format off */
BINARY (add,           x + y)
BINARY (subtract,      x - y)
BINARY (multiply,      x * y)
BINARY (divide,        x / y)
BINARY (divide_no_nan, y == 0 ? 0 : x / y)
BINARY (floor_divide,  floorf (x / y))
BINARY (mod,           modulo (x, y))
BINARY (power,         powf (x, y))
BINARY (arctan2,       atan2f (x, y))
BINARY (log_add_exp,   fmaxf (x, y) + log1pf (expf (-fabsf (x - y))))
BINARY (maximum,       maximum_of (x, y))
BINARY (minimum,       minimum_of (x, y))
BINARY (squared_difference, (x - y) * (x - y))
BINARY (equal,         x == y)
BINARY (not_equal,     x != y)
BINARY (less,          x < y)
BINARY (less_equal,    x <= y)
BINARY (greater,       x > y)
BINARY (greater_equal, x >= y)
BINARY (logical_and,   x != 0 && y != 0)
BINARY (logical_or,    x != 0 || y != 0)
BINARY (logical_xor,   (x != 0) != (y != 0))

static const struct {
  const char *name;
  NnBroadcastRow row;
} table[] = {
  { "Add",               add },
  { "Arctan2",           arctan2 },
  { "Average",           add }, /* and then divided */
  { "DivideNoNan",       divide_no_nan },
  { "Divide",            divide },
  { "Equal",             equal },
  { "FloorDivide",       floor_divide },
  { "Greater",           greater },
  { "GreaterEqual",      greater_equal },
  { "Less",              less },
  { "LessEqual",         less_equal },
  { "Logaddexp",         log_add_exp },
  { "LogicalAnd",        logical_and },
  { "LogicalOr",         logical_or },
  { "LogicalXor",        logical_xor },
  { "Maximum",           maximum },
  { "Minimum",           minimum },
  { "Mod",               mod },
  { "Multiply",          multiply },
  { "NotEqual",          not_equal },
  { "Power",             power },
  { "SquaredDifference", squared_difference },
  { "Subtract",          subtract },
  { "TrueDivide",        divide },
};
/* clang-format on */

NnBroadcastRow
nn_arithmetic_find (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].name, name))
      return table[i].row;
  return NULL;
}
