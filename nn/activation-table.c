/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/activation-table.h"

#include <math.h>
#include "nn/loops.h"
#include "nn/simd.h"

/* ---- the functions ---- */

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
ELEMENTWISE (relu_options, rectify (x, args[0], args[1], args[2]))
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
ELEMENTWISE (gelu_tanh,    x * logistic (1.5957691216057308f
                                         * (x + 0.044715f * x * x * x)))
ELEMENTWISE (exponential,  expf (x))
/* clang-format on */

static void
relu (float *x, size_t n, size_t len, const float *args)
{
  nn_loops ()->leaky_relu (n * len, 0, x);
}

static void
leaky_relu (float *x, size_t n, size_t len, const float *args)
{
  nn_loops ()->leaky_relu (n * len, args[0], x);
}

static void
gelu (float *x, size_t n, size_t len, const float *args)
{
  nn_loops ()->gelu (n * len, x);
}

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
 * tau grows as elements below it are excluded from the mean (Michelot 1986). */
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

/* ---- their derivatives ---- */

/* dy *= an expression in y, or in x. */
#define SLOPE(name, from, expression)                                          \
  static void name (const NnActivationGradient *g)                             \
  {                                                                            \
    const float *const args G_GNUC_UNUSED = g->args;                           \
                                                                               \
    for (size_t i = 0; i < g->n * g->len; i++) {                               \
      const float from = g->from[i];                                           \
                                                                               \
      g->dy[i] *= (expression);                                                \
    }                                                                          \
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
slope_of_mish (float x)
{
  const float t = tanhf (fmaxf (x, 0) + log1pf (expf (-fabsf (x))));

  return t + x * logistic (x) * (1 - t * t);
}

/* clang-format off */
SLOPE (relu_options_slope,   x, rectified (x, args[0], args[1], args[2]))
SLOPE (elu_slope,            y, y > 0 ? 1 : y + args[0])
SLOPE (celu_slope,           y, y > 0 ? 1 : y / args[0] + 1)
SLOPE (selu_slope,           y, y > 0 ? 1.05070098735548f
                                      : y + 1.05070098735548f * 1.67326324235438f)
SLOPE (hard_sigmoid_slope,   y, y > 0 && y < 1 ? args[0] : 0)
SLOPE (log_sigmoid_slope,    y, 1 - expf (y))
SLOPE (silu_slope,           x, gated (x, x, 1))
SLOPE (hard_silu_slope,      x, x < -3 ? 0 : x > 3 ? 1 : x / 3 + 0.5f)
SLOPE (hard_tanh_slope,      y, fabsf (y) < 1)
SLOPE (tanh_shrink_slope,    x, tanhf (x) * tanhf (x))
SLOPE (shrink_slope,         y, y != 0)
SLOPE (threshold_slope,      x, x > args[0])
SLOPE (softplus_slope,       y, 1 - expf (-y))
SLOPE (softsign_slope,       y, (1 - fabsf (y)) * (1 - fabsf (y)))
SLOPE (squareplus_slope,     x, (1 + x / sqrtf (x * x + args[0])) / 2)
SLOPE (sparse_plus_slope,    x, x <= -1 ? 0 : x < 1 ? (x + 1) / 2 : 1)
SLOPE (sparse_sigmoid_slope, y, y > 0 && y < 1 ? 0.5f : 0)
SLOPE (mish_slope,           x, slope_of_mish (x))
SLOPE (gelu_tanh_slope,      x, gated (x,
    1.5957691216057308f * (x + 0.044715f * x * x * x),
    1.5957691216057308f * (1 + 3 * 0.044715f * x * x)))
SLOPE (exponential_slope,    y, y)
/* clang-format on */

static void
gelu_slope (const NnActivationGradient *g)
{
  nn_loops ()->gelu_gradient (g->n * g->len, g->x, g->dy);
}

static void
relu_slope (const NnActivationGradient *g)
{
  nn_loops ()->relu_gradient (g->n * g->len, g->y, g->dy);
}

/* A non-negative slope keeps the sign, so y suffices. */
static void
leaky_relu_slope (const NnActivationGradient *g)
{
  nn_loops ()->leaky_relu_gradient (
      g->n * g->len, g->args[0], g->args[0] < 0 ? g->x : g->y, g->dy);
}

static void
sigmoid_slope (const NnActivationGradient *g)
{
  nn_loops ()->sigmoid_gradient (g->n * g->len, g->y, g->dy);
}

static void
tanh_slope (const NnActivationGradient *g)
{
  nn_loops ()->tanh_gradient (g->n * g->len, g->y, g->dy);
}

static void
softmax_slope (const NnActivationGradient *g)
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
log_softmax_slope (const NnActivationGradient *g)
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

/* The non-zero elements share the gradient. */
static void
sparsemax_slope (const NnActivationGradient *g)
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
enum { Y = false, X = true }; /* what the derivative takes */

const NnActivationClass nn_activation_table[] = {
  { "linear",         0, NULL,           NULL,                 Y },
  { "relu",           0, relu,           relu_slope,           Y },
  { "sigmoid",        0, sigmoid,        sigmoid_slope,        Y },
  { "tanh",           0, tanh_,          tanh_slope,           Y },
  { "softmax",        0, softmax,        softmax_slope,        Y },
  { "hard_sigmoid",   2, hard_sigmoid,   hard_sigmoid_slope,   Y, { 0.2f, 0.5f } },
  { "hard_sigmoid",   3, hard_sigmoid,   hard_sigmoid_slope,   Y, { 1 / 6.f, 0.5f } },
  { "celu",           0, celu,           celu_slope,           Y, { 1 } },
  { "elu",            0, elu,            elu_slope,            Y, { 1 } },
  { "exponential",    0, exponential,    exponential_slope,    Y },
  { "gelu",           0, gelu,           gelu_slope,           X },
  { "gelu_tanh",      0, gelu_tanh,      gelu_tanh_slope,      X },
  { "hard_shrink",    0, hard_shrink,    shrink_slope,         Y, { 0.5f } },
  { "hard_silu",      0, hard_silu,      hard_silu_slope,      X },
  { "hard_swish",     0, hard_silu,      hard_silu_slope,      X },
  { "hard_tanh",      0, hard_tanh,      hard_tanh_slope,      Y },
  { "leaky_relu",     0, leaky_relu,     leaky_relu_slope,     X, { 0.2f } },
  { "log_sigmoid",    0, log_sigmoid,    log_sigmoid_slope,    Y },
  { "log_softmax",    0, log_softmax,    log_softmax_slope,    Y },
  { "mish",           0, mish,           mish_slope,           X },
  { "relu6",          0, relu_options,   relu_options_slope,   X, { 0, 6, 0 } },
  { "relu_options",   0, relu_options,   relu_options_slope,   X, { 0, INFINITY, 0 } },
  { "selu",           0, selu,           selu_slope,           Y },
  { "silu",           0, silu,           silu_slope,           X },
  { "soft_shrink",    0, soft_shrink,    shrink_slope,         Y, { 0.5f } },
  { "softplus",       0, softplus,       softplus_slope,       Y },
  { "softsign",       0, softsign,       softsign_slope,       Y },
  { "sparse_plus",    0, sparse_plus,    sparse_plus_slope,    X },
  { "sparse_sigmoid", 0, sparse_sigmoid, sparse_sigmoid_slope, Y },
  { "sparsemax",      0, sparsemax,      sparsemax_slope,      Y },
  { "squareplus",     0, squareplus,     squareplus_slope,     X, { 4 } },
  { "swish",          0, silu,           silu_slope,           X },
  { "tanh_shrink",    0, tanh_shrink,    tanh_shrink_slope,    X },
  { "threshold",      0, threshold,      threshold_slope,      X, { 0, 0 } },
  { NULL },
};
/* clang-format on */
