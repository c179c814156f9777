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

void
nn_training_dropout (const NnPhilox *stream, guint32 first_block, size_t n,
    double rate, const float *in, float *out)
{
  const guint32 threshold = CLAMP (rate * 65536 + 0.5, 0, 65535);
  const float factor = 65536.f / (65536 - threshold);
  guint32 words[1024];

  for (size_t i = 0; i < n; i += 2 * G_N_ELEMENTS (words)) {
    const size_t count = MIN (n - i, 2 * G_N_ELEMENTS (words));
    const size_t blocks = count / NN_DROPOUT_BLOCK;

    nn_loops ()->random (stream, first_block + i / NN_DROPOUT_BLOCK, words,
        64 * blocks + MIN (count - NN_DROPOUT_BLOCK * blocks, 64));
    nn_loops ()->dropout (count, in + i, words, threshold, factor, out + i);
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
