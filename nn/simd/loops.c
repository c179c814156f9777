/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled several times, with NN_SIMD_NAME and the machine flags that go with
 * it; see nn/loops.h. The compiler makes vectors of these loops. */
#include "nn/loops.h"
#include "nn/simd/kernels.h"

#include <math.h>

/* Element i of an output depends on element i of the inputs only. */
#ifdef __clang__
#define INDEPENDENT _Pragma ("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma ("GCC ivdep")
#endif

static void
add (size_t n, const float *x, float *out)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++)
    out[i] += x[i];
}

static void
multiply (size_t n, const float *x, const float *y, float *out)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++)
    out[i] = x[i] * y[i];
}

static void
multiply_add (size_t n, const float *x, const float *y, float *out)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++)
    out[i] += x[i] * y[i];
}

static void
blend (size_t n, const float *z, const float *x, const float *y, float *out)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++)
    out[i] = y[i] + z[i] * (x[i] - y[i]);
}

static void
blend_gradient (size_t n, const float *z, const float *x, const float *y,
    float *dout, float *dz, float *dy)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++) {
    const float d = dout[i];

    dz[i] = d * (x[i] - y[i]);
    dy[i] = d * (1 - z[i]);
    dout[i] = d * z[i];
  }
}

static void
dropout (size_t n, const float *x, const guint32 *word, guint32 threshold,
    float factor, float *out)
{
  const gint32 limit = threshold;

  for (size_t i = 0; i < n; i += 128, word += 64) {
    const size_t end = MIN (n - i, 64), rest = MIN (n - i - end, 64);

    INDEPENDENT
    for (size_t k = 0; k < end; k++)
      out[i + k] = (gint32) (word[k] & 0xffff) >= limit ? x[i + k] * factor : 0;
    INDEPENDENT
    for (size_t k = 0; k < rest; k++)
      out[i + 64 + k] =
          (gint32) (word[k] >> 16) >= limit ? x[i + 64 + k] * factor : 0;
  }
}

static void
maximum (size_t n, const float *x, float *out)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++)
    out[i] = x[i] > out[i] ? x[i] : out[i];
}

static void
maximum_gradient (size_t n, const float *x, const float *y, const float *dy,
    float *left, float *dx)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++) {
    const float mine = x[i] == y[i] ? left[i] : 0;

    dx[i] += mine * dy[i];
    left[i] -= mine;
  }
}

static void
leaky_relu (size_t n, float slope, float *x)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++) {
    const float below = slope == 0 ? 0 : slope * x[i]; /* 0 of -INFINITY */

    x[i] = x[i] > 0 ? x[i] : below;
  }
}

static void
leaky_relu_gradient (size_t n, float slope, const float *side, float *dy)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++) {
    const float below = slope * dy[i];

    dy[i] = side[i] > 0 ? dy[i] : below;
  }
}

static void
relu_gradient (size_t n, const float *y, float *dy)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++)
    dy[i] = y[i] > 0 ? dy[i] : 0;
}

static void
sigmoid_gradient (size_t n, const float *y, float *dy)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++)
    dy[i] *= y[i] * (1 - y[i]);
}

static void
tanh_gradient (size_t n, const float *y, float *dy)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++)
    dy[i] *= 1 - y[i] * y[i];
}

static void
adam (size_t n, const float *gradient, float rate, float beta_1, float beta_2,
    float epsilon, float *w, float *m, float *v)
{
  INDEPENDENT
  for (size_t i = 0; i < n; i++) {
    const float g = gradient[i];

    m[i] += (g - m[i]) * (1 - beta_1);
    v[i] += (g * g - v[i]) * (1 - beta_2);
    w[i] -= m[i] * rate / (sqrtf (v[i]) + epsilon);
  }
}

extern const NnLoops NN_PATH (loops);
const NnLoops NN_PATH (loops) = {
  .random = NN_PATH (random_words),
  .column_sums = NN_PATH (column_sums),
  .add_rows = NN_PATH (add_rows),
  .scale_columns = NN_PATH (scale_columns),
  .mix_columns = NN_PATH (mix_columns),
  .add = add,
  .multiply = multiply,
  .multiply_add = multiply_add,
  .blend = blend,
  .blend_gradient = blend_gradient,
  .dropout = dropout,
  .maximum = maximum,
  .maximum_gradient = maximum_gradient,
  .pool_maximum = NN_PATH (pool_maximum),
  .pool_gradient = NN_PATH (pool_gradient),
  .pool_extreme = NN_PATH (pool_extreme),
  .pool_mix = NN_PATH (pool_mix),
  .leaky_relu = leaky_relu,
  .relu_gradient = relu_gradient,
  .leaky_relu_gradient = leaky_relu_gradient,
  .sigmoid_gradient = sigmoid_gradient,
  .tanh_gradient = tanh_gradient,
  .adam = adam,
  .normalize_rows = NN_PATH (normalize_rows),
  .normalize_rows_gradient = NN_PATH (normalize_rows_gradient),
  .softmax_rows = NN_PATH (softmax_rows),
  .softmax_rows_gradient = NN_PATH (softmax_rows_gradient),
  .gelu = NN_PATH (gelu),
  .gelu_gradient = NN_PATH (gelu_gradient),
};
