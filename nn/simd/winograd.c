/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The transforms of F(4x4, 3x3): see nn/simd.h. Each is the same step down the
 * columns of a tile and then along its rows. With the points 0, +-sqrt (1/2),
 * +-sqrt (2) the error is that of the plain sums; with the usual 0, +-1, +-2 it
 * is four times as large. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

#define TILE NN_WINOGRAD_TILE
#define PATCH NN_WINOGRAD_PATCH

#define ROOT_HALF 0.707106781186547524f
#define ROOT_TWO 1.41421356237309505f
/* In double precision, divided by 3 and by 6. */
#define ROOT_TWO_3 (1.41421356237309505 / 3)
#define ROOT_TWO_6 (1.41421356237309505 / 6)

/* out = B^T d; elements of out are step apart. */
INLINE void
input_step (const V *d, V *out, size_t step)
{
  const V half = splat (0.5f), two = splat (2.f), both = splat (2.5f);
  const V near_even = d[4] - two * d[2];
  const V near_odd = splat (ROOT_HALF) * (d[3] - two * d[1]);
  const V far_even = d[4] - half * d[2];
  const V far_odd = splat (ROOT_TWO) * (d[3] - half * d[1]);

  out[0] = d[0] - both * d[2] + d[4];
  out[step] = near_even + near_odd;
  out[2 * step] = near_even - near_odd;
  out[3 * step] = far_even + far_odd;
  out[4 * step] = far_even - far_odd;
  out[5 * step] = d[1] - both * d[3] + d[5];
}

/* out = A^T m */
INLINE void
output_step (const V *m, V *out, size_t step)
{
  const V near_sum = m[1] + m[2], near_difference = m[1] - m[2];
  const V far_sum = m[3] + m[4], far_difference = m[3] - m[4];

  out[0] = m[0] + near_sum + far_sum;
  out[step] =
      splat (ROOT_HALF) * near_difference + splat (ROOT_TWO) * far_difference;
  out[2 * step] = splat (0.5f) * near_sum + splat (2.f) * far_sum;
  out[3 * step] = splat (ROOT_HALF / 2) * near_difference
      + splat (ROOT_TWO * 2) * far_difference + m[5];
}

/* out = A dy */
INLINE void
gradient_step (const V *dy, V *out, size_t step)
{
  const V near_even = dy[0] + splat (0.5f) * dy[2];
  const V far_even = dy[0] + splat (2.f) * dy[2];
  const V near_odd = splat (ROOT_HALF) * dy[1] + splat (ROOT_HALF / 2) * dy[3];
  const V far_odd = splat (ROOT_TWO) * dy[1] + splat (ROOT_TWO * 2) * dy[3];

  out[0] = dy[0];
  out[step] = near_even + near_odd;
  out[2 * step] = near_even - near_odd;
  out[3 * step] = far_even + far_odd;
  out[4 * step] = far_even - far_odd;
  out[5 * step] = dy[3];
}

/* A tile of size x size -> [6][6], step by step: see nn/simd.h. */
INLINE void
transform_tile (const float *in, size_t row, size_t column, size_t channels,
    float *out, size_t ld, size_t size,
    void (*step) (const V *in, V *out, size_t distance))
{
  for (size_t c = 0; c < channels; c += VECTOR) {
    V half[PATCH * PATCH]; /* [y][x], of size columns */

#pragma GCC unroll 6
    for (size_t x = 0; x < size; x++) {
      V d[PATCH];

#pragma GCC unroll 6
      for (size_t y = 0; y < size; y++)
        d[y] = load (in + y * row + x * column + c);
      step (d, half + x, size);
    }
#pragma GCC unroll 6
    for (size_t y = 0; y < PATCH; y++) {
      V whole[PATCH];

      step (half + y * size, whole, 1);
#pragma GCC unroll 6
      for (size_t x = 0; x < PATCH; x++)
        store (out + (y * PATCH + x) * ld + c, whole[x]);
    }
  }
}

void
NN_PATH (winograd_input) (const float *in, size_t row, size_t column,
    size_t channels, float *out, size_t ld)
{
  transform_tile (in, row, column, channels, out, ld, PATCH, input_step);
}

void
NN_PATH (winograd_gradient) (const float *in, size_t row, size_t column,
    size_t channels, float *out, size_t ld)
{
  transform_tile (in, row, column, channels, out, ld, TILE, gradient_step);
}

void
NN_PATH (winograd_output) (const float *in, size_t ld, size_t channels,
    const float *bias, float *out, size_t row, size_t column)
{
  for (size_t c = 0; c < channels; c += VECTOR) {
    const V start = bias ? load (bias + c) : splat (0);
    V half[TILE * PATCH]; /* [y][x] */

#pragma GCC unroll 6
    for (size_t x = 0; x < PATCH; x++) {
      V m[PATCH];

#pragma GCC unroll 6
      for (size_t y = 0; y < PATCH; y++)
        m[y] = load (in + (y * PATCH + x) * ld + c);
      output_step (m, half + x, PATCH);
    }
#pragma GCC unroll 4
    for (size_t y = 0; y < TILE; y++) {
      V whole[TILE];

      output_step (half + y * PATCH, whole, 1);
#pragma GCC unroll 4
      for (size_t x = 0; x < TILE; x++)
        store (out + y * row + x * column + c, whole[x] + start);
    }
  }
}

/* out = G^T s */
INLINE void
kernel_step_back (const V *s, V *out)
{
  const V near_sum = s[1] + s[2], near_difference = s[2] - s[1];
  const V far_sum = s[3] + s[4], far_difference = s[3] - s[4];

  out[0] = s[0] - splat (2 / 3.f) * near_sum + splat (1 / 6.f) * far_sum;
  out[1] = splat ((float) ROOT_TWO_3) * near_difference
      + splat ((float) ROOT_TWO_6) * far_difference;
  out[2] = splat (1 / 3.f) * (far_sum - near_sum) + s[5];
}

/* grad += G^T sums G */
void
NN_PATH (winograd_kernel_gradient) (const float *sums, size_t size, float *grad)
{
  for (size_t i = 0; i < size; i += VECTOR) {
    V half[PATCH][3]; /* [x][y] */

#pragma GCC unroll 6
    for (size_t x = 0; x < PATCH; x++) {
      V s[PATCH];

#pragma GCC unroll 6
      for (size_t y = 0; y < PATCH; y++)
        s[y] = load (sums + (y * PATCH + x) * size + i);
      kernel_step_back (s, half[x]);
    }
#pragma GCC unroll 3
    for (size_t y = 0; y < 3; y++) {
      V s[PATCH], whole[3];

#pragma GCC unroll 6
      for (size_t x = 0; x < PATCH; x++)
        s[x] = half[x][y];
      kernel_step_back (s, whole);
#pragma GCC unroll 3
      for (size_t x = 0; x < 3; x++) {
        float *const g = grad + (y * 3 + x) * size + i;

        store (g, load (g) + whole[x]);
      }
    }
  }
}

/* ---- along one axis ---- */

/* The vector of channels after that at c; the last may overlap the one before.
 */
INLINE size_t
next_vector (size_t c, size_t channels)
{
  const size_t next = c + VECTOR;

  return next >= channels        ? channels
      : next > channels - VECTOR ? channels - VECTOR
                                 : next;
}

void
NN_PATH (winograd_line_input) (const NnWinogradLineInput *line)
{
  /* Copies: as far as the compiler knows, stores of vectors change the rest. */
  const size_t n = line->n, channels = line->channels, ld = line->ld;
  const float *in[PATCH];
  float *to = line->out;

  for (size_t j = 0; j < PATCH; j++)
    in[j] = line->in[j];
  for (size_t t = 0, first = 0; t < n; t++, first += line->step, to += channels)
    for (size_t c = 0; c < channels; c = next_vector (c, channels)) {
      float *out = to + c;
      V d[PATCH], whole[PATCH];

#pragma GCC unroll 6
      for (size_t j = 0; j < PATCH; j++)
        d[j] = load (in[j] + first + c);
      input_step (d, whole, 1);
#pragma GCC unroll 6
      for (size_t j = 0; j < PATCH; j++, out += ld)
        store (out, whole[j]);
    }
}

void
NN_PATH (winograd_line_output) (const NnWinogradLineOutput *line)
{
  const size_t n = line->n, channels = line->channels, ld = line->ld;
  const float *const bias = line->bias, *from = line->in;
  const float slope = line->slope;
  float *out[TILE];

  for (size_t j = 0; j < TILE; j++)
    out[j] = line->out[j];
  for (size_t t = 0, first = 0; t < n;
       t++, first += line->step, from += channels)
    for (size_t c = 0; c < channels; c = next_vector (c, channels)) {
      const V start = bias ? load (bias + c) : splat (0);
      const float *in = from + c;
      V m[PATCH], whole[TILE];

#pragma GCC unroll 6
      for (size_t j = 0; j < PATCH; j++, in += ld)
        m[j] = load (in);
      output_step (m, whole, 1);
#pragma GCC unroll 4
      for (size_t j = 0; j < TILE; j++)
        store (out[j] + first + c, rectify (whole[j] + start, slope));
    }
}

void
NN_PATH (winograd_line_gradient) (const NnWinogradLineInput *line)
{
  const size_t channels = line->channels, ld = line->ld;

  for (size_t t = 0; t < line->n; t++)
    for (size_t c = 0; c < channels; c = next_vector (c, channels)) {
      float *const out = line->out + t * channels + c;
      V dy[TILE], whole[PATCH];

#pragma GCC unroll 4
      for (size_t j = 0; j < TILE; j++)
        dy[j] = load (line->in[j] + t * line->step + c);

      gradient_step (dy, whole, 1);
#pragma GCC unroll 6
      for (size_t j = 0; j < PATCH; j++)
        store (out + j * ld, whole[j]);
    }
}

/* grad += G^T sums */
void
NN_PATH (winograd_line_kernel_gradient) (
    const float *sums, size_t size, float *grad)
{
  for (size_t i = 0; i < size; i++) {
    const float *const s = sums + i;
    const float near_sum = s[size] + s[2 * size];
    const float near_difference = s[2 * size] - s[size];
    const float far_sum = s[3 * size] + s[4 * size];
    const float far_difference = s[3 * size] - s[4 * size];

    grad[i] += s[0] - 2 / 3.f * near_sum + 1 / 6.f * far_sum;
    grad[size + i] += (float) ROOT_TWO_3 * near_difference
        + (float) ROOT_TWO_6 * far_difference;
    grad[2 * size + i] += 1 / 3.f * (far_sum - near_sum) + s[5 * size];
  }
}

#define BLOCK 32 /* of the elements of the kernel */

/* G */
static const double kernel_step[PATCH][3] = { { 1, 0, 0 },
  { -2 / 3., -ROOT_TWO_3, -1 / 3. }, { -2 / 3., ROOT_TWO_3, -1 / 3. },
  { 1 / 6., ROOT_TWO_6, 1 / 3. }, { 1 / 6., -ROOT_TWO_6, 1 / 3. },
  { 0, 0, 1 } };

/* out = G g for each element of [3][size]. */
void
NN_PATH (winograd_line_kernel) (const float *kernel, size_t size, float *out)
{
  for (size_t y = 0; y < PATCH; y++)
    for (size_t i = 0; i < size; i++)
      out[y * size + i] = (float) (kernel_step[y][0] * kernel[i]
          + kernel_step[y][1] * kernel[size + i]
          + kernel_step[y][2] * kernel[2 * size + i]);
}

/* out = G g G^T for each element of [3][3][size]. */
void
NN_PATH (winograd_kernel) (const float *kernel, size_t size, float *out)
{
  const double (*const g)[3] = kernel_step;

  for (size_t first = 0; first < size; first += BLOCK) {
    const size_t n = size - first < BLOCK ? size - first : BLOCK;
    double rows[PATCH][3][BLOCK];

    for (size_t y = 0; y < PATCH; y++)
      for (size_t x = 0; x < 3; x++) {
        const float *const taps = kernel + x * size + first;

        for (size_t i = 0; i < n; i++)
          rows[y][x][i] = g[y][0] * taps[i] + g[y][1] * taps[3 * size + i]
              + g[y][2] * taps[6 * size + i];
      }
    for (size_t y = 0; y < PATCH; y++)
      for (size_t x = 0; x < PATCH; x++)
        for (size_t i = 0; i < n; i++)
          out[(y * PATCH + x) * size + first + i] =
              (float) (g[x][0] * rows[y][0][i] + g[x][1] * rows[y][1][i]
                  + g[x][2] * rows[y][2][i]);
  }
}
