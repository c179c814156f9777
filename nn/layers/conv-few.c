/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Convolutions of one or two outputs: each is a product over all samples, whose
 * weights come from memory once and not for each sample.
 */
#include "nn/layers/conv.h"

#define MAX_OUTPUTS ((size_t) 2)

static bool
few_suits (const NnConv *self)
{
  const NnWindow *const window = &self->window;

  return window->n_axes <= 2 && self->groups == 1 && !self->is_padded
      && window->y.out * window->x.out <= MAX_OUTPUTS && self->end.pool_y == 1
      && self->end.pool_x == 1;
}

static size_t
few_scratch (const NnConv *self)
{
  return nn_conv_segments_len (self);
}

static void
few_run (
    const NnConv *self, size_t n, const float *in, float *scratch, float *out)
{
  const NnWindow *const window = &self->window;
  const size_t in_size = nn_conv_in_size (self);
  const size_t out_size = nn_conv_out_size (self);
  const size_t row = window->x.out * self->filters;
  size_t *const segments = (size_t *) scratch;

  for (size_t y = 0; y < window->y.out; y++) {
    nn_conv_find_segments (self, 0, y, self->n_slots, false, segments);
    for (size_t x = 0; x < window->x.out; x++)
      nn_simd ()->product (&(NnProduct){ .m = n,
          .a = in + x * window->x.stride * window->channels,
          .lda = in_size,
          .n_segments = self->n_segments,
          .segment_len = self->segment_len,
          .segments = segments,
          .b = &self->packed[0],
          .bias = nn_conv_bias (self),
          .c = out + y * row + x * self->filters,
          .ldc = out_size });
  }
  for (size_t i = 0; i < n * window->y.out; i++)
    nn_conv_finish_rows (self, out + i * row, row, out + i * row);
}

const NnConvWay nn_conv_few = {
  .suits = few_suits,
  .scratch = few_scratch,
  .pack = nn_conv_pack_groups,
  .run = few_run,
};
