/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Derivatives of the functions in nn/activation.c. */
#include <math.h>
#include "nn/activation.h"
#include "nn/loops.h"

/* What one is given: x before, y behind the function; dy in place. */
typedef struct {
  const float *x, *y;
  float *dy;
  size_t n, len;
  const float *args;
} Gradient;

typedef struct {
  const char *name;
  void (*apply) (const Gradient *g);
  bool wants_x;
} GradientClass;

/* dy *= an expression in y, or in x. */
#define ELEMENTWISE(name, from, expression)                                    \
  static void name (const Gradient *g)                                         \
  {                                                                            \
    const float *const args G_GNUC_UNUSED = g->args;                           \
                                                                               \
    for (size_t i = 0; i < g->n * g->len; i++) {                               \
      const float from = g->from[i];                                           \
                                                                               \
      g->dy[i] *= (expression);                                                \
    }                                                                          \
  }

static inline float
logistic (float x)
{
  return 1 / (1 + expf (-x));
}

/* f = x * logistic (u), du = u' */
static inline float
gated (float x, float u, float du)
{
  const float s = logistic (u);

  return s + x * s * (1 - s) * du;
}

static inline float
rectified (float x, float slope, float max, float threshold)
{
  if (x <= threshold)
    return slope;
  return max < INFINITY ? x > 0 && x < max : 1;
}

static inline float
mish_slope (float x)
{
  const float t = tanhf (fmaxf (x, 0) + log1pf (expf (-fabsf (x))));

  return t + x * logistic (x) * (1 - t * t);
}

/* clang-format off */
ELEMENTWISE (relu_options,   x, rectified (x, args[0], args[1], args[2]))
ELEMENTWISE (leaky_relu,     x, x > 0 ? 1 : args[0])
ELEMENTWISE (elu,            y, y > 0 ? 1 : y + args[0])
ELEMENTWISE (celu,           y, y > 0 ? 1 : y / args[0] + 1)
ELEMENTWISE (selu,           y, y > 0 ? 1.05070098735548f
                                      : y + 1.05070098735548f * 1.67326324235438f)
ELEMENTWISE (hard_sigmoid,   y, y > 0 && y < 1 ? args[0] : 0)
ELEMENTWISE (log_sigmoid,    y, 1 - expf (y))
ELEMENTWISE (silu,           x, gated (x, x, 1))
ELEMENTWISE (hard_silu,      x, x < -3 ? 0 : x > 3 ? 1 : x / 3 + 0.5f)
ELEMENTWISE (hard_tanh,      y, fabsf (y) < 1)
ELEMENTWISE (tanh_shrink,    x, tanhf (x) * tanhf (x))
ELEMENTWISE (shrink,         y, y != 0)
ELEMENTWISE (threshold,      x, x > args[0])
ELEMENTWISE (softplus,       y, 1 - expf (-y))
ELEMENTWISE (softsign,       y, (1 - fabsf (y)) * (1 - fabsf (y)))
ELEMENTWISE (squareplus,     x, (1 + x / sqrtf (x * x + args[0])) / 2)
ELEMENTWISE (sparse_plus,    x, x <= -1 ? 0 : x < 1 ? (x + 1) / 2 : 1)
ELEMENTWISE (sparse_sigmoid, y, y > 0 && y < 1 ? 0.5f : 0)
ELEMENTWISE (mish,           x, mish_slope (x))
ELEMENTWISE (gelu,           x, 0.5f * erfcf (-x * 0.70710678118654752f)
                                + x * 0.39894228040143268f * expf (-x * x / 2))
ELEMENTWISE (gelu_tanh,      x, gated (x,
    1.5957691216057308f * (x + 0.044715f * x * x * x),
    1.5957691216057308f * (1 + 3 * 0.044715f * x * x)))
ELEMENTWISE (exponential,    y, y)
/* clang-format on */

static void
linear (const Gradient *g)
{
}

static void
relu (const Gradient *g)
{
  nn_loops ()->relu_gradient (g->n * g->len, g->y, g->dy);
}

static void
sigmoid (const Gradient *g)
{
  nn_loops ()->sigmoid_gradient (g->n * g->len, g->y, g->dy);
}

static void
tanh_ (const Gradient *g)
{
  nn_loops ()->tanh_gradient (g->n * g->len, g->y, g->dy);
}

static void
softmax (const Gradient *g)
{
  for (size_t r = 0; r < g->n; r++) {
    const float *const y = g->y + r * g->len;
    float *const dy = g->dy + r * g->len;
    double sum = 0;

    for (size_t i = 0; i < g->len; i++)
      sum += (double) y[i] * dy[i];
    for (size_t i = 0; i < g->len; i++)
      dy[i] = y[i] * (dy[i] - sum);
  }
}

static void
log_softmax (const Gradient *g)
{
  for (size_t r = 0; r < g->n; r++) {
    const float *const y = g->y + r * g->len;
    float *const dy = g->dy + r * g->len;
    double sum = 0;

    for (size_t i = 0; i < g->len; i++)
      sum += dy[i];
    for (size_t i = 0; i < g->len; i++)
      dy[i] -= expf (y[i]) * sum;
  }
}

/* What is not zero shares the gradient. */
static void
sparsemax (const Gradient *g)
{
  for (size_t r = 0; r < g->n; r++) {
    const float *const y = g->y + r * g->len;
    float *const dy = g->dy + r * g->len;
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < g->len; i++)
      if (y[i] > 0) {
        sum += dy[i];
        count++;
      }
    for (size_t i = 0; i < g->len; i++)
      dy[i] = y[i] > 0 ? dy[i] - sum / count : 0;
  }
}

/* clang-format off */
static const GradientClass table[] = {
  { "linear",         linear },
  { "relu",           relu },
  { "sigmoid",        sigmoid },
  { "tanh",           tanh_ },
  { "softmax",        softmax },
  { "hard_sigmoid",   hard_sigmoid },
  { "celu",           celu },
  { "elu",            elu },
  { "exponential",    exponential },
  { "gelu",           gelu, true },
  { "gelu_tanh",      gelu_tanh, true },
  { "hard_shrink",    shrink },
  { "hard_silu",      hard_silu, true },
  { "hard_swish",     hard_silu, true },
  { "hard_tanh",      hard_tanh },
  { "leaky_relu",     leaky_relu, true },
  { "log_sigmoid",    log_sigmoid },
  { "log_softmax",    log_softmax },
  { "mish",           mish, true },
  { "relu6",          relu_options, true },
  { "relu_options",   relu_options, true },
  { "selu",           selu },
  { "silu",           silu, true },
  { "soft_shrink",    shrink },
  { "softplus",       softplus },
  { "softsign",       softsign },
  { "sparse_plus",    sparse_plus, true },
  { "sparse_sigmoid", sparse_sigmoid },
  { "sparsemax",      sparsemax },
  { "squareplus",     squareplus, true },
  { "swish",          silu, true },
  { "tanh_shrink",    tanh_shrink, true },
  { "threshold",      threshold, true },
};
/* clang-format on */

static const GradientClass *
find (const NnActivation *activation)
{
  const char *const name = nn_activation_name (activation);

  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].name, name))
      return &table[i];
  g_return_val_if_reached (&table[0]);
}

bool
nn_activation_gradient_wants_input (const NnActivation *activation)
{
  return find (activation)->wants_x;
}

void
nn_activation_gradient (const NnActivation *activation, const float *x,
    const float *y, float *dy, size_t n, size_t len)
{
  find (activation)
      ->apply (&(Gradient){ .x = x,
          .y = y,
          .dy = dy,
          .n = n,
          .len = len,
          .args = activation->args });
}
