/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/training.h"

#include "nn/simd.h"
#include "nn/random.h"

NnPhilox
nn_training_random (const NnTrainingCall *call, size_t sample)
{
  return nn_random_stream (call->seed, NN_RANDOM_LAYER + call->node, call->step,
      call->first + sample);
}

size_t
nn_training_dropout_len (size_t n)
{
  return (n + NN_DROPOUT_BLOCK - 1) / NN_DROPOUT_BLOCK * (NN_DROPOUT_BLOCK / 2);
}

void
nn_training_dropout_again (
    const guint32 *words, size_t n, double rate, const float *in, float *out)
{
  const guint32 threshold = CLAMP (rate * 65536 + 0.5, 0, 65535);

  nn_loops ()->dropout (
      n, in, words, threshold, 65536.f / (65536 - threshold), out);
}

void
nn_training_dropout (const NnPhilox *stream, guint32 first_block, size_t n,
    double rate, guint32 *words, const float *in, float *out)
{
  guint32 some[1024];

  for (size_t i = 0; i < n; i += 2 * G_N_ELEMENTS (some)) {
    const size_t count = MIN (n - i, 2 * G_N_ELEMENTS (some));
    const size_t blocks = count / NN_DROPOUT_BLOCK;
    guint32 *const drawn = words ? words + i / 2 : some;

    nn_loops ()->random (stream, first_block + i / NN_DROPOUT_BLOCK, drawn,
        64 * blocks + MIN (count - NN_DROPOUT_BLOCK * blocks, 64));
    nn_training_dropout_again (drawn, count, rate, in + i, out + i);
  }
}

size_t
nn_training_product_len (size_t k, size_t n)
{
  return nn_packed_len (nn_simd (), k, n);
}

void
nn_training_product (size_t m, size_t k, size_t n, const float *a, size_t lda,
    const float *b, size_t b_row, size_t b_column, bool accumulate, float *c,
    size_t ldc, float *scratch)
{
  const NnPacked packed =
      nn_packed_at (scratch, nn_simd (), b, b_row, b_column, k, n);

  nn_simd ()->product (&(NnProduct){ .m = m,
      .a = a,
      .lda = lda,
      .n_segments = 1,
      .segment_len = k,
      .b = &packed,
      .accumulate = accumulate,
      .c = c,
      .ldc = ldc });
}
