/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loops of nn/loops.h on every path that this processor has, against their
 * definitions. */
#include <math.h>
#include <string.h>
#include "nn/loops.h"
#include "nn/training.h"
#include "tests/nn/paths.h"

/* The known answers of the Random123 library (kat_vectors). */
static void
test_random (void)
{
  static const struct {
    guint32 counter, stream[3], key[2], word[4];
  } known[] = {
    { 0, { 0, 0, 0 }, { 0, 0 },
        { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { 0xffffffff, { 0xffffffff, 0xffffffff, 0xffffffff },
        { 0xffffffff, 0xffffffff },
        { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { 0x243f6a88, { 0x85a308d3, 0x13198a2e, 0x03707344 },
        { 0xa4093822, 0x299f31d0 },
        { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (known); i++) {
    NnPhilox philox;
    guint32 words[64], some[10];

    memcpy (philox.key, known[i].key, sizeof philox.key);
    memcpy (philox.stream, known[i].stream, sizeof philox.stream);
    nn_loops ()->random (&philox, known[i].counter / 16, words, 64);
    for (size_t w = 0; w < 4; w++)
      g_assert_cmphex (
          words[w * 16 + known[i].counter % 16], ==, known[i].word[w]);
    nn_loops ()->random (&philox, known[i].counter / 16, some, 10);
    g_assert_cmpmem (some, sizeof some, words, sizeof some);
  }
}

/* Dropout of any length against its definition: 16 bits for each number. */
static void
test_dropout (void)
{
  static const struct {
    double rate;
    guint32 threshold;
  } rates[] = { { 0.1, 6554 }, { 0.5, 32768 }, { 1e-9, 0 },
    { 0.9999999, 65535 } };
  const size_t most = 6000;
  const NnPhilox stream = { { 1, 2 }, { 3, 4, 5 } };
  const guint32 first_block = 7;
  g_autofree guint32 *words = g_new (guint32, most);
  g_autofree float *x = paths_random_floats (most, 1, 2);
  g_autofree float *out = g_new (float, most);
  g_autofree float *again = g_new (float, most);
  g_autofree guint32 *kept = g_new (guint32, nn_training_dropout_len (most));

  nn_loops ()->random (&stream, first_block, words, most);
  for (size_t r = 0; r < G_N_ELEMENTS (rates); r++)
    for (size_t n = 1; n <= most; n += n < 140 ? 1 : 977) {
      nn_training_dropout (
          &stream, first_block, n, rates[r].rate, kept, x, again);
      nn_training_dropout (
          &stream, first_block, n, rates[r].rate, NULL, x, out);
      g_assert_cmpmem (again, n * sizeof *out, out, n * sizeof *out);
      nn_training_dropout_again (kept, n, rates[r].rate, x, again);
      g_assert_cmpmem (again, n * sizeof *out, out, n * sizeof *out);
      for (size_t i = 0; i < n; i++) {
        const guint32 word = words[i / 128 * 64 + i % 64];
        const guint32 bits = i % 128 < 64 ? word & 0xffff : word >> 16;
        const float factor = 65536.f / (65536 - rates[r].threshold);

        g_assert_cmpfloat (
            out[i], ==, bits >= rates[r].threshold ? x[i] * factor : 0);
      }
    }
}

static void
check_leaky_relu (const NnLoops *loops, size_t n, float slope)
{
  g_autofree float *x = paths_random_floats (n, -1, 1);
  g_autofree float *dy = paths_random_floats (n, -1, 1);
  g_autofree float *y = g_memdup2 (x, n * sizeof *x);
  g_autofree float *dx = g_memdup2 (dy, n * sizeof *dy);

  if (n > 1)
    x[n / 2] = y[n / 2] = -INFINITY;
  loops->leaky_relu (n, slope, y);
  loops->leaky_relu_gradient (n, slope, x, dx);
  for (size_t i = 0; i < n; i++) {
    const float below = slope == 0 ? 0 : slope * x[i];

    g_assert_cmpfloat (y[i], ==, x[i] > 0 ? x[i] : below);
    g_assert_cmpfloat (dx[i], ==, x[i] > 0 ? dy[i] : slope * dy[i]);
  }
}

/* m x c numbers by columns, against their definitions. */
static void
check_columns (const NnLoops *loops, size_t m, size_t c)
{
  g_autofree float *x = paths_random_floats (m * c, -1, 1);
  g_autofree float *y = paths_random_floats (m * c, -1, 1);
  g_autofree float *a = paths_random_floats (c, -1, 1);
  g_autofree float *b = paths_random_floats (c, -1, 1);
  g_autofree float *d = paths_random_floats (c, -1, 1);
  g_autofree float *scaled = g_new (float, m *c);
  g_autofree float *mixed = g_new (float, m *c);
  g_autofree float *sum = g_memdup2 (a, c * sizeof *a);
  g_autofree double *sum_x = g_new0 (double, c);
  g_autofree double *sum_xy = g_new0 (double, c);

  sum_x[c - 1] = 1;
  sum_xy[0] = 2;
  loops->column_sums (m, c, x, y, sum_x, sum_xy);
  loops->add_rows (m, c, x, c, sum);
  loops->scale_columns (m, c, a, x, d, scaled);
  loops->mix_columns (m, c, a, x, b, y, d, mixed);
  for (size_t i = 0; i < c; i++) {
    double all = i == c - 1, products = i == 0 ? 2 : 0, added = a[i];

    for (size_t k = i; k < m * c; k += c) {
      const double scale = (double) a[i] * x[k] + d[i];

      all += x[k];
      added += x[k];
      products += (double) x[k] * y[k];
      g_assert_cmpfloat_with_epsilon (scaled[k], scale, 1e-6);
      g_assert_cmpfloat_with_epsilon (
          mixed[k], scale + (double) b[i] * y[k], 1e-6);
    }
    /* Sums of up to 16 rows are floats. */
    g_assert_cmpfloat_with_epsilon (sum_x[i], all, 1e-6 * (1 + sqrt (m)));
    g_assert_cmpfloat_with_epsilon (sum_xy[i], products, 1e-6 * (1 + sqrt (m)));
    g_assert_cmpfloat_with_epsilon (sum[i], added, 1e-4);
  }
}

/* Few different numbers, so that some maxima are there twice. */
static void
check_pools (const NnLoops *loops, const NnPoolRow *row)
{
  const size_t n = row->n * row->channels, pools = row->pool_y * row->pool_x;
  g_autofree float *x = g_new (float, row->pool_y * row->ld);
  g_autofree float *y = g_new (float, n);
  g_autofree guint8 *from = g_new (guint8, n);
  g_autofree float *dy = paths_random_floats (n, -1, 1);
  g_autofree float *dx = paths_random_floats (row->pool_y * row->ld, -1, 1);

  for (size_t i = 0; i < row->pool_y * row->ld; i++)
    x[i] = g_test_rand_int_range (-4, 0);
  loops->pool_maximum (row, x, y, from);
  loops->pool_gradient (row, from, dy, dx);
  for (size_t i = 0; i < n; i++) {
    bool is_found = false;

    for (size_t k = 0; k < pools; k++) {
      const size_t at = k / row->pool_x * row->ld
          + (i / row->channels * row->pool_x + k % row->pool_x) * row->channels
          + i % row->channels;
      const bool is_first = x[at] == y[i] && !is_found;

      g_assert_cmpfloat (x[at], <=, y[i]);
      g_assert_cmpfloat (dx[at], ==, is_first ? dy[i] : 0);
      g_assert_true (!is_first || from[i] == k);
      is_found = is_found || is_first;
    }
    g_assert_true (is_found);
  }
}

/* Of a x + d, first and last, and both by themselves. */
static void
check_scaled_pools (const NnLoops *loops, const NnPoolRow *row)
{
  const size_t c = row->channels, n = row->n * c, n_x = row->pool_y * row->ld;
  g_autofree float *x = g_new (float, n_x);
  g_autofree float *dy = paths_random_floats (n, -1, 1);
  g_autofree float *a = g_new (float, c);
  g_autofree float *sign = g_new (float, c);
  g_autofree float *b = paths_random_floats (c, -1, 1);
  g_autofree float *d = paths_random_floats (c, -1, 1);
  g_autofree float *y = g_new (float, n);
  g_autofree float *expected = g_new (float, n_x);
  g_autofree float *dx = g_new0 (float, n_x);
  g_autofree guint8 *from = g_new (guint8, n);
  g_autofree guint8 *expected_from = g_new (guint8, n);

  for (size_t i = 0; i < n_x; i++)
    x[i] = g_test_rand_int_range (-4, 0);
  for (size_t i = 0; i < c; i++) {
    sign[i] = (int) i % 3 - 1;
    a[i] = sign[i] * g_test_rand_double_range (0.5, 2);
  }
  loops->scale_columns (n_x / c, c, a, x, d, dx);
  loops->pool_maximum (row, dx, expected, expected_from);
  loops->pool_extreme (row, sign, x, y, from);
  loops->scale_columns (n / c, c, a, y, d, y);
  g_assert_cmpmem (y, n * sizeof *y, expected, n * sizeof *y);
  g_assert_cmpmem (from, n, expected_from, n);

  memset (expected, 0, n_x * sizeof *expected);
  memset (dx, 0, n_x * sizeof *dx);
  loops->pool_gradient (row, from, dy, expected);
  loops->mix_columns (n_x / c, c, a, expected, b, x, d, expected);
  loops->pool_mix (row, a, from, dy, b, x, d, dx);
  for (size_t i = 0; i < n_x; i++) {
    const bool is_covered = i % row->ld < row->n * row->pool_x * c;

    g_assert_cmpfloat_with_epsilon (dx[i], is_covered ? expected[i] : 0, 1e-5);
  }
}

static void
test_columns (gconstpointer data)
{
  const NnSimd *const simd = paths_find (data);

  if (!simd)
    return;
  for (size_t c = 1; c < 70; c += c < 20 ? 1 : 7)
    for (size_t m = 1; m < 50; m += m < 12 ? 1 : 9)
      check_columns (simd->loops, m, c);
  for (size_t n = 0; n < 70; n += n < 20 ? 1 : 7) {
    check_leaky_relu (simd->loops, n, 0);
    check_leaky_relu (simd->loops, n, 0.2f);
    check_leaky_relu (simd->loops, n, -0.5f);
  }
  for (size_t c = 1; c < 40; c += 3)
    for (size_t k = 0; k < 9; k++) {
      const NnPoolRow row = { 1 + k / 3, 1 + k % 3, 3, c,
        (3 * (1 + k % 3) + 1) * c };

      check_pools (simd->loops, &row);
      check_scaled_pools (simd->loops, &row);
    }
}

/* ---- rows ---- */

/* One row, by the definitions in double. */
static void
check_normalized_row (const NnRowNorm *norm, const float *x, const float *dy,
    const float *y, const float *dx)
{
  const size_t len = norm->len;
  double mean = 0, square = 0, sum = 0, product = 0, scale;

  for (size_t i = 0; i < len && !norm->is_rms; i++)
    mean += x[i] / (double) len;
  for (size_t i = 0; i < len; i++)
    square += (x[i] - mean) * (x[i] - mean);
  scale = 1 / sqrt (square / len + norm->epsilon);
  for (size_t i = 0; i < len; i++) {
    const double g = dy[i] * (norm->gamma ? norm->gamma[i] : 1);

    sum += norm->is_rms ? 0 : g / len;
    product += g * (x[i] - mean) * scale / len;
  }
  for (size_t i = 0; i < len; i++) {
    const double xhat = (x[i] - mean) * scale;
    const double gamma = norm->gamma ? norm->gamma[i] : 1;

    g_assert_cmpfloat_with_epsilon (
        y[i], gamma * xhat + (norm->beta ? norm->beta[i] : 0), 1e-5);
    g_assert_cmpfloat_with_epsilon (
        dx[i], (dy[i] * gamma - sum - xhat * product) * scale, 1e-5 * scale);
  }
}

static void
check_normalized (const NnLoops *loops, size_t len, bool is_rms, bool is_affine)
{
  const size_t m = 3;
  g_autofree float *x = paths_random_floats (m * len, -1, 3);
  g_autofree float *dy = paths_random_floats (m * len, -1, 1);
  g_autofree float *gamma = paths_random_floats (len, -1, 1);
  g_autofree float *beta = paths_random_floats (len, -1, 1);
  g_autofree float *gamma_grad = g_new0 (float, len);
  g_autofree float *beta_grad = g_new0 (float, len);
  g_autofree float *y = g_new (float, m *len);
  g_autofree float *dx = g_new (float, m *len);
  const NnRowNorm norm = { .len = len,
    .is_rms = is_rms,
    .epsilon = 1e-3f,
    .gamma = is_affine ? gamma : NULL,
    .beta = is_affine ? beta : NULL };

  loops->normalize_rows (&norm, m, x, y);
  loops->normalize_rows_gradient (&norm, m, x, dy,
      is_affine ? gamma_grad : NULL, is_affine ? beta_grad : NULL, dx);
  for (size_t r = 0; r < m; r++)
    check_normalized_row (
        &norm, x + r * len, dy + r * len, y + r * len, dx + r * len);
  for (size_t i = 0; i < len && is_affine; i++) {
    double to_gamma = 0, to_beta = 0;

    for (size_t k = i; k < m * len; k += len) {
      to_gamma += dy[k] * (y[k] - beta[i]) / gamma[i];
      to_beta += dy[k];
    }
    g_assert_cmpfloat_with_epsilon (
        gamma_grad[i], to_gamma, 1e-5 / fabsf (gamma[i]));
    g_assert_cmpfloat_with_epsilon (beta_grad[i], to_beta, 1e-5);
  }
}

/* With one number that a mask has put far below the others. */
static void
check_softmax (const NnLoops *loops, size_t len)
{
  const size_t m = 3;
  g_autofree float *x = paths_random_floats (m * len, -5, 5);
  g_autofree float *dy = paths_random_floats (m * len, -1, 1);
  g_autofree float *y = NULL, *dx = g_memdup2 (dy, m * len * sizeof *dy);

  if (len > 1)
    x[len - 1] = -1e9f;
  y = g_memdup2 (x, m * len * sizeof *x);
  loops->softmax_rows (m, len, y);
  loops->softmax_rows_gradient (m, len, y, dx);
  if (len > 1)
    g_assert_cmpfloat (y[len - 1], ==, 0);
  for (size_t r = 0; r < m; r++) {
    double sum = 0, product = 0;

    for (size_t i = r * len; i < (r + 1) * len; i++) {
      sum += exp (x[i]);
      product += (double) y[i] * dy[i];
    }
    for (size_t i = r * len; i < (r + 1) * len; i++) {
      g_assert_cmpfloat_with_epsilon (y[i], exp (x[i]) / sum, 1e-6);
      g_assert_cmpfloat_with_epsilon (dx[i], y[i] * (dy[i] - product), 1e-6);
    }
  }
}

static void
check_gelu (const NnLoops *loops, size_t n)
{
  g_autofree float *x = paths_random_floats (n, -7, 7);
  g_autofree float *dy = paths_random_floats (n, -1, 1);
  g_autofree float *y = g_memdup2 (x, n * sizeof *x);
  g_autofree float *dx = g_memdup2 (dy, n * sizeof *dy);

  loops->gelu (n, y);
  loops->gelu_gradient (n, x, dx);
  for (size_t i = 0; i < n; i++) {
    const double p = erfc (-x[i] / sqrt (2)) / 2;
    const double slope =
        p + x[i] * exp (-x[i] * (double) x[i] / 2) / sqrt (2 * G_PI);

    g_assert_cmpfloat_with_epsilon (y[i], x[i] * p, 1e-5 * fabs (x[i] * p));
    g_assert_cmpfloat_with_epsilon (dx[i], dy[i] * slope, 1e-6);
  }
}

static void
test_rows (gconstpointer data)
{
  const NnSimd *const simd = paths_find (data);

  if (!simd)
    return;
  for (size_t len = 1; len < 70; len += len < 20 ? 1 : 7) {
    for (int k = 0; k < 4; k++)
      check_normalized (simd->loops, len, (k & 1) != 0, (k & 2) != 0);
    check_softmax (simd->loops, len);
    check_gelu (simd->loops, len);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  paths_add_test ("loops", "rows", test_rows);
  paths_add_test ("loops", "columns", test_columns);
  g_test_add_func ("/loops/random", test_random);
  g_test_add_func ("/loops/dropout", test_dropout);
  return g_test_run ();
}
