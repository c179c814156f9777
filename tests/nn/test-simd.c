/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every path of nn/simd.h that this processor has, against libm and the plain
 * loops in double precision. */
#include <math.h>
#include <string.h>
#include "tests/nn/paths.h"

/* Distance in units of the last place of the reference. */
static double
ulps (float found, double reference)
{
  const double unit =
      reference == 0 ? 1e-45 : exp2 (floor (log2 (fabs (reference))) - 23);

  return fabs (found - reference) / unit;
}

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

static void
check_function (void (*found) (float *, size_t), double (*reference) (double),
    double from, double to, double max_ulps)
{
  const size_t n = 100003;
  g_autofree float *x = paths_random_floats (n, from, to);
  g_autofree float *y = g_memdup2 (x, n * sizeof *x);
  double worst = 0;

  found (y, n);
  for (size_t i = 0; i < n; i++)
    worst = MAX (worst, ulps (y[i], reference (x[i])));
  g_test_message ("%g..%g: %g ulp", from, to, worst);
  g_assert_cmpfloat (worst, <=, max_ulps);
}

static void
test_functions (gconstpointer data)
{
  const NnSimd *const simd = paths_find (data);
  const float limits[6] = { -1, 1, -1, 1, 0, 0 };
  float extreme[6] = { -INFINITY, INFINITY, -1e30f, 1e30f, 0, -0.f };

  if (!simd)
    return;
  check_function (simd->exp, exp, -87, 88, 2);
  check_function (simd->tanh, tanh, -10, 10, 2.5);
  check_function (simd->tanh, tanh, -1e-3, 1e-3, 2);
  check_function (simd->sigmoid, sigmoid, -15, 88, 3);
  simd->tanh (extreme, 6);
  for (size_t i = 0; i < 6; i++)
    g_assert_cmpfloat (extreme[i], ==, limits[i]);
}

/* Sums onto c; a and b have rows that are longer than their columns. */
static void
check_transposed (
    const NnSimd *simd, size_t m, size_t n_segments, size_t len, size_t n)
{
  const size_t k = n_segments * len, lda = len + 1, segment = m * lda + 2;
  g_autofree float *a = paths_random_floats (n_segments * segment, -1, 1);
  g_autofree float *b = paths_random_floats (m * (n + 2), -1, 1);
  g_autofree float *c = paths_random_floats (k * (n + 3), -1, 1);
  g_autofree float *before = g_memdup2 (c, k * (n + 3) * sizeof *c);
  g_autofree size_t *segments = g_new (size_t, n_segments);

  for (size_t s = 0; s < n_segments; s++)
    segments[s] = (n_segments - 1 - s) * segment;
  simd->transposed_product (&(NnTransposedProduct){ .m = m,
      .k = k,
      .n = n,
      .a = a,
      .lda = lda,
      .n_segments = n_segments,
      .segments = n_segments > 1 ? segments : NULL,
      .b = b,
      .ldb = n + 2 * (n % 2),
      .c = c,
      .ldc = n + 3 });
  for (size_t i = 0; i < k; i++) {
    for (size_t j = 0; j < n; j++) {
      double sum = before[i * (n + 3) + j];

      for (size_t r = 0; r < m; r++)
        sum += (double) a[segments[i / len] + r * lda + i % len]
            * b[r * (n + 2 * (n % 2)) + j];
      g_assert_cmpfloat_with_epsilon (c[i * (n + 3) + j], sum, 1e-6 * (m + 4));
    }
    g_assert_cmpfloat (c[i * (n + 3) + n], ==, before[i * (n + 3) + n]);
  }
}

/* A second product on top of the first is twice the first. */
static void
check_accumulate (
    const NnSimd *simd, size_t m, size_t n, size_t k, const NnPacked *b)
{
  g_autofree float *a = paths_random_floats (m * k, -1, 1);
  g_autofree float *once = g_new0 (float, m *n);
  g_autofree float *twice = g_new0 (float, m *n);
  NnProduct product = { .m = m,
    .a = a,
    .lda = k,
    .n_segments = 1,
    .segment_len = k,
    .b = b,
    .c = once,
    .ldc = n };

  simd->product (&product);
  product.c = twice;
  product.accumulate = true;
  simd->product (&product);
  simd->product (&product);
  for (size_t i = 0; i < m * n; i++)
    g_assert_cmpfloat_with_epsilon (twice[i], 2 * once[i], 1e-6 * (k + 4));
}

static void
check_product (const NnSimd *simd, size_t m, size_t n, size_t segments,
    size_t len, bool use_bias)
{
  const size_t k = segments * len, lda = len + 3, stride = m * lda + 5;
  g_autofree float *a = paths_random_floats (segments * stride, -1, 1);
  g_autofree float *b = paths_random_floats (k * (n + 2), -1, 1);
  g_autofree float *bias = paths_random_floats (n, -1, 1);
  g_autofree float *c = paths_random_floats (m * (n + 1), -1, 1);
  g_autofree float *before = g_memdup2 (c, m * (n + 1) * sizeof *c);
  const size_t offsets[] = { 0, stride, 2 * stride };
  NnPacked packed = { 0 };

  g_assert_true (nn_packed_init (&packed, simd, b, n + 2, k, n));
  simd->product (&(NnProduct){ .m = m,
      .a = a,
      .lda = lda,
      .n_segments = segments,
      .segment_len = len,
      .segments = offsets,
      .b = &packed,
      .bias = use_bias ? bias : NULL,
      .c = c,
      .ldc = n + 1 });
  for (size_t r = 0; r < m; r++) {
    for (size_t j = 0; j < n; j++) {
      double sum = use_bias ? bias[j] : 0;

      for (size_t i = 0; i < k; i++)
        sum += (double) a[i / len * stride + r * lda + i % len]
            * b[i * (n + 2) + j];
      g_assert_cmpfloat_with_epsilon (c[r * (n + 1) + j], sum, 1e-6 * (k + 4));
    }
    g_assert_cmpfloat (c[r * (n + 1) + n], ==, before[r * (n + 1) + n]);
  }
  check_accumulate (simd, m, n, k, &packed);
  if (segments == 1) {
    g_autofree float *y = g_memdup2 (bias, n * sizeof *y);

    simd->vector_product (a, &packed, y);
    for (size_t j = 0; j < n; j++) {
      double sum = bias[j];

      for (size_t i = 0; i < k; i++)
        sum += (double) a[i] * b[i * (n + 2) + j];
      g_assert_cmpfloat_with_epsilon (y[j], sum, 1e-6 * (k + 4));
    }
  }
  nn_packed_clear (&packed);
}

static void
test_product (gconstpointer data)
{
  static const size_t columns[] = { 1, 3, 7, 16, 31, 32, 48, 63, 128, 144 };
  const NnSimd *const simd = paths_find (data);
  const size_t half = simd ? simd->panel / 2 : 0;

  if (!simd)
    return;
  for (size_t m = 1; m < 30; m += 3)
    for (size_t n = 1; n < 140; n = n * 2 + 1)
      for (size_t segments = 1; segments <= 3; segments += 2)
        check_product (simd, m, n, segments, 7 + m, n % 4 == 3);
  /* A panel and a half, and parts of it. */
  for (size_t m = 1; m < 30; m++)
    for (size_t n = 2 * half + 1; n <= 3 * half; n++) {
      check_product (simd, m, n, 1, 5, true);
      check_product (simd, m, 2 * half + n, 3, 4, false);
    }
  for (size_t m = 1; m < 300; m = m * 3 + 2)
    for (size_t len = 1; len < 40; len += len < 14 ? 1 : 5)
      for (size_t i = 0; i < G_N_ELEMENTS (columns); i++) {
        check_transposed (simd, m, 1, len, columns[i]);
        check_transposed (simd, m, 3, len, columns[i]);
      }
}

/* Of an element of a row: what it is rounded to, times 127. */
static int
rounded (float x)
{
  return (int) lrintf (CLAMP (x, -1, 1) * 127);
}

static float
largest_of_column (const float *b, size_t ldb, size_t k, size_t column)
{
  float largest = 0;

  for (size_t i = 0; i < k; i++)
    largest = MAX (largest, fabsf (b[i * ldb + column]));
  return largest;
}

/* a, b and bias as for NnQuantisedProduct: sums of integers, which are exact.
 */
static void
check_quantised (const NnSimd *simd, size_t m, size_t k, size_t n,
    const float *a, const float *b, const float *bias)
{
  const size_t ldb = n + 2;
  g_autofree float *c = paths_random_floats (m * (n + 1), -1, 1);
  g_autofree float *before = g_memdup2 (c, m * (n + 1) * sizeof *c);
  g_autofree guint8 *bytes = g_malloc (m * nn_quantised_row_len (k));
  NnQuantised quantised;

  g_assert_true (nn_quantised_init (&quantised, simd, b, ldb, k, n));
  simd->quantised_product (&(NnQuantisedProduct){ .m = m,
      .a = a,
      .b = &quantised,
      .bias = bias,
      .bytes = bytes,
      .c = c,
      .ldc = n + 1 });
  for (size_t j = 0; j < n; j++) {
    const float largest = largest_of_column (b, ldb, k, j);

    for (size_t r = 0; r < m; r++) {
      gint64 sum = 0;
      double wanted;

      for (size_t i = 0; i < k && largest > 0; i++)
        sum += rounded (a[r * k + i]) * rounded (b[i * ldb + j] / largest);
      wanted = (bias ? bias[j] : 0) + (double) sum * largest / (127 * 127);
      g_assert_cmpfloat_with_epsilon (
          c[r * (n + 1) + j], wanted, 3e-7 * (1 + fabs (wanted)));
    }
  }
  for (size_t r = 0; r < m; r++)
    g_assert_cmpfloat (c[r * (n + 1) + n], ==, before[r * (n + 1) + n]);
  nn_quantised_clear (&quantised);
}

static void
check_quantised_size (const NnSimd *simd, size_t m, size_t k, size_t n)
{
  g_autofree float *a = paths_random_floats (m * k, -1.1, 1.1);
  g_autofree float *b = paths_random_floats (k * (n + 2), -3, 3);
  g_autofree float *bias = paths_random_floats (n, -1, 1);

  /* 127 times an element is exact, so that all round it alike. */
  for (size_t i = 0; i < m * k; i++)
    a[i] = rintf (a[i] * 1024) / 1024;
  check_quantised (simd, m, k, n, a, b, n % 4 == 3 ? bias : NULL);
  /* The largest sums, with either sign, and a column of zeros. */
  for (size_t i = 0; i < m * k; i++)
    a[i] = i / k % 2 ? -1 : 1;
  for (size_t i = 0; i < k * (n + 2); i++)
    b[i] = i % (n + 2) == 0 ? 0 : i % (n + 2) % 2 ? 3 : -3;
  check_quantised (simd, m, k, n, a, b, bias);
}

static void
test_quantised (gconstpointer data)
{
  const NnSimd *const simd = paths_find (data);
  const float wrong[3][2] = { { 1, NAN }, { 1, INFINITY }, { -INFINITY, 1 } };
  NnQuantised quantised;

  if (!simd)
    return;
  for (size_t m = 1; m < 10; m += 2)
    for (size_t k = 1; k < 300; k = k * 2 + 1)
      for (size_t n = 1; n < 140; n = n * 2 + 1)
        check_quantised_size (simd, m, k, n);
  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (nn_quantised_init (&quantised, simd, wrong[i], 1, 2, 1));
  g_assert_null (quantised.data);
}

/* Of a state in -1..1, after a step. */
#define GATE_ERROR 6e-7

/* Gates that are as far open or shut as can be. */
static void
check_extreme_gates (const NnSimd *simd)
{
  float z[4] = { 1e30f, -INFINITY, -1e9f, INFINITY };
  float rec[4] = { 0, 0, 0, 0 };
  float c = 300, h = 0.25f;

  simd->lstm_gates (z, rec, 1, &c, &h); /* forgets, and takes -1 */
  g_assert_cmpfloat_with_epsilon (c, -1, 1e-6);
  g_assert_cmpfloat_with_epsilon (h, tanh (-1), 1e-6);
  z[0] = -1e30f;
  z[1] = INFINITY;
  c = 300;
  simd->lstm_gates (z, rec, 1, &c, &h); /* keeps, and takes nothing */
  g_assert_cmpfloat_with_epsilon (c, 300, 1e-4);
  g_assert_cmpfloat_with_epsilon (h, 1, 1e-6);
  h = 0.25f;
  z[0] = 1e30f;
  simd->gru_gates (z, rec, 1, &h); /* keeps */
  g_assert_cmpfloat_with_epsilon (h, 0.25, 1e-6);
  z[0] = -1e30f;
  rec[2] = 5;
  simd->gru_gates (z, rec, 1, &h); /* takes -1 */
  g_assert_cmpfloat_with_epsilon (h, -1, 1e-6);
}

static void
test_gates (gconstpointer data)
{
  const NnSimd *const simd = paths_find (data);

  if (!simd)
    return;
  check_extreme_gates (simd);
  for (size_t u = 1; u < 40; u++) {
    g_autofree float *z = paths_random_floats (4 * u, -6, 6);
    g_autofree float *rec = paths_random_floats (4 * u, -3, 3);
    g_autofree float *state = paths_random_floats (u, -1, 1);
    g_autofree float *c = g_memdup2 (state, u * sizeof *c);
    g_autofree float *h = g_new (float, u);

    simd->lstm_gates (z, rec, u, c, h);
    for (size_t k = 0; k < u; k++) {
      double gate[4];

      for (size_t i = 0; i < 4; i++)
        gate[i] = (double) z[i * u + k] + rec[i * u + k];
      const double cell =
          sigmoid (gate[1]) * state[k] + sigmoid (gate[0]) * tanh (gate[2]);

      g_assert_cmpfloat_with_epsilon (c[k], cell, GATE_ERROR);
      g_assert_cmpfloat_with_epsilon (
          h[k], sigmoid (gate[3]) * tanh (cell), GATE_ERROR);
    }
    memcpy (h, state, u * sizeof *h);
    simd->gru_gates (z, rec, u, h);
    for (size_t k = 0; k < u; k++) {
      const double update = sigmoid (z[k] + rec[k]);
      const double reset = sigmoid (z[u + k] + rec[u + k]);
      const double g = tanh (z[2 * u + k] + reset * rec[2 * u + k]);

      g_assert_cmpfloat_with_epsilon (
          h[k], update * state[k] + (1 - update) * g, GATE_ERROR);
    }
  }
}

/* What follows a sum, one after the other. */
static double
finished (const NnFinish *f, double x, size_t channel)
{
  x *= x < 0 ? f->slope_before : 1;
  x = f->scale ? x * f->scale[channel] + f->offset[channel] : x;
  return x * (x < 0 ? f->slope_after : 1);
}

/* Every combination of options, in plain C. */
static void
check_finish (const NnSimd *simd, size_t channels, const NnFinish *f)
{
  const size_t n = 3, ld = n * f->pool_x * channels + 5;
  g_autofree float *rows = paths_random_floats (f->pool_y * ld, -1, 1);
  g_autofree float *out = paths_random_floats (n * channels, -1, 1);

  simd->finish_row (&(NnFinishRow){ .finish = f,
      .rows = rows,
      .ld = ld,
      .n = n,
      .channels = channels,
      .out = out });
  for (size_t i = 0; i < n * channels; i++) {
    const size_t c = i % channels, first = i / channels * f->pool_x;
    double best = -INFINITY;

    for (size_t k = 0; k < f->pool_y * f->pool_x; k++) {
      const size_t x = first + k % f->pool_x;

      best = MAX (
          best, finished (f, rows[k / f->pool_x * ld + x * channels + c], c));
    }
    g_assert_cmpfloat_with_epsilon (out[i], best, 1e-6);
  }
}

/* A convolution of 2 x 3 taps of 2 channels, and its end. */
static void
check_pooled (const NnSimd *simd, size_t filters, const NnFinish *f)
{
  const size_t n = 4, taps = 3 * 2, row = (n * f->pool_x + 3) * 2;
  const size_t segments[] = { 0, row };
  g_autofree float *in = paths_random_floats ((f->pool_y + 1) * row, -1, 1);
  g_autofree float *b = paths_random_floats (2 * taps * filters, -1, 1);
  g_autofree float *bias = paths_random_floats (filters, -1, 1);
  g_autofree float *out = g_new (float, n *filters);
  NnPacked packed = { 0 };

  g_assert_true (nn_packed_init (&packed, simd, b, filters, 2 * taps, filters));
  simd->pooled_product (&(NnPooledProduct){ .finish = f,
      .n = n,
      .a = in,
      .lda = 2,
      .row = row,
      .n_segments = 2,
      .segment_len = taps,
      .segments = segments,
      .b = &packed,
      .bias = bias,
      .out = out });
  for (size_t i = 0; i < n * filters; i++) {
    const size_t c = i % filters;
    double best = -INFINITY;

    for (size_t k = 0; k < f->pool_y * f->pool_x; k++) {
      const float *const at = in + k / f->pool_x * row
          + (i / filters * f->pool_x + k % f->pool_x) * 2;
      double sum = bias[c];

      for (size_t t = 0; t < 2 * taps; t++)
        sum += (double) at[t / taps * row + t % taps] * b[t * filters + c];
      best = MAX (best, finished (f, sum, c));
    }
    g_assert_cmpfloat_with_epsilon (out[i], best, 3e-6);
  }
  nn_packed_clear (&packed);
}

static void
test_finish (gconstpointer data)
{
  static const float slopes[] = { 1, 0, 0.2f };
  const NnSimd *const simd = paths_find (data);

  if (!simd)
    return;
  for (size_t channels = 1; channels < 40; channels += 5)
    for (size_t pools = 0; pools < 9; pools++)
      for (guint options = 0; options < 18; options++) {
        g_autofree float *scale = paths_random_floats (channels, -1, 1);
        g_autofree float *offset = paths_random_floats (channels, -1, 1);
        const NnFinish f = { .pool_y = 1 + pools / 3,
          .pool_x = 1 + pools % 3,
          .slope_before = slopes[options % 3],
          .slope_after = slopes[options / 3 % 3],
          .scale = options / 9 ? scale : NULL,
          .offset = offset };

        check_finish (simd, channels, &f);
        if (nn_has_pooled_product (&f))
          check_pooled (simd, channels, &f);
      }
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestDataFunc run;
  } cases[] = {
    { "functions", test_functions },
    { "product", test_product },
    { "quantised", test_quantised },
    { "gates", test_gates },
    { "finish", test_finish },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    paths_add_test ("simd", cases[i].name, cases[i].run);
  return g_test_run ();
}
