/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a convolution does besides products: see nn/simd.h. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

/* One vector of channels of one output position. */
INLINE V
finish_vector (const NnFinishRow *f, const float *row, size_t c)
{
  const V zero = splat (0);
  V best = zero;

  for (size_t k = 0; k < f->pool; k++) {
    V x = load (row + k * f->channels + c);

    if (f->relu_before)
      x = select_ (x < zero, zero, x);
    if (f->scale)
      x = x * load (f->scale + c) + load (f->offset + c);
    if (f->relu_after)
      x = select_ (x < zero, zero, x);
    best = k == 0 ? x : max_ (x, best);
  }
  return best;
}

/* The last channels, fewer than a vector. */
static void
finish_rest (const NnFinishRow *f, const float *row, size_t c, float *out)
{
  for (; c < f->channels; c++)
    for (size_t k = 0; k < f->pool; k++) {
      float x = row[k * f->channels + c];

      if (f->relu_before && x < 0)
        x = 0;
      if (f->scale)
        x = x * f->scale[c] + f->offset[c];
      if (f->relu_after && x < 0)
        x = 0;
      if ((k == 0 && !f->add) || x > out[c])
        out[c] = x;
    }
}

void
NN_PATH (finish_row) (const NnFinishRow *f)
{
  for (size_t i = 0; i < f->n; i++) {
    const float *const row = f->row + i * f->pool * f->channels;
    float *const out = f->out + i * f->channels;
    size_t c = 0;

    for (; c + VECTOR <= f->channels; c += VECTOR) {
      const V best = finish_vector (f, row, c);

      store (out + c, f->add ? max_ (best, load (out + c)) : best);
    }
    finish_rest (f, row, c, out);
  }
}
