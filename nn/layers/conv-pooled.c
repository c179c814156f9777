/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Convolutions of few taps that are pooled, such as the first of a network: the
 * outputs of a pool stay in registers, and only their maximum is written. The
 * input is copied once, with zeros around it.
 */
#include <string.h>
#include "nn/layers/conv.h"

/* Taps times channels, up to which a copy of the input and small tiles are
 * cheaper than writing the outputs. */
#define MAX_DEPTH ((size_t) 64)

static bool
pooled_suits (const NnConv *self)
{
  NnFinish end;

  return self->window.n_axes == 2 && self->groups == 1
      && self->n_segments * self->segment_len <= MAX_DEPTH
      && nn_has_pooled_product (&self->end) && nn_conv_end (self, &end);
}

/* Rows of the input with the zeros above and below. */
static size_t
padded_y (const NnConv *self)
{
  const NnAxis *const y = &self->window.y;

  return MAX (y->pad_before + y->in,
      (y->out - 1) * y->stride + (y->kernel - 1) * y->dilation + 1);
}

static size_t
row_len (const NnConv *self)
{
  return self->padded_x * self->window.channels;
}

static size_t
pooled_scratch (const NnConv *self)
{
  return nn_conv_segments_len (self) + padded_y (self) * row_len (self);
}

static void
copy_padded (const NnConv *self, const float *in, float *image)
{
  const NnWindow *const window = &self->window;
  const size_t len = window->x.in * window->channels;

  memset (image, 0, padded_y (self) * row_len (self) * sizeof *image);
  image += window->y.pad_before * row_len (self)
      + window->x.pad_before * window->channels;
  for (size_t y = 0; y < window->y.in; y++)
    memcpy (image + y * row_len (self), in + y * len, len * sizeof *image);
}

/* Of the first output; the others are at a distance from it. */
static void
first_segments (const NnConv *self, size_t *segments)
{
  const NnWindow *const window = &self->window;
  const size_t per_row = self->n_segments / window->y.kernel;

  for (size_t i = 0; i < self->n_segments; i++)
    segments[i] = i / per_row * window->y.dilation * row_len (self)
        + i % per_row * window->x.dilation * window->channels;
}

static void
run_sample (const NnConv *self, const float *in, float *scratch, float *out)
{
  const NnWindow *const window = &self->window;
  size_t *const segments = (size_t *) scratch;
  float *const image = scratch + nn_conv_segments_len (self);
  const size_t row = window->y.stride * row_len (self);
  NnFinish end;

  nn_conv_end (self, &end);
  copy_padded (self, in, image);
  first_segments (self, segments);
  for (size_t y = 0; y < nn_conv_out_rows (self); y++)
    nn_simd ()->pooled_product (&(NnPooledProduct){ .finish = &end,
        .n = window->x.out / end.pool_x,
        .a = image + y * end.pool_y * row,
        .lda = window->x.stride * window->channels,
        .row = row,
        .n_segments = self->n_segments,
        .segment_len = self->segment_len,
        .segments = segments,
        .b = &self->packed[0],
        .bias = nn_conv_bias (self),
        .out = out + y * nn_conv_out_row_len (self) });
}

static void
pooled_run (
    const NnConv *self, size_t n, const float *in, float *scratch, float *out)
{
  for (size_t i = 0; i < n; i++)
    run_sample (self, in + i * nn_conv_in_size (self), scratch,
        out + i * nn_conv_out_size (self));
}

const NnConvWay nn_conv_pooled = {
  .suits = pooled_suits,
  .scratch = pooled_scratch,
  .pack = nn_conv_pack_groups,
  .run = pooled_run,
};
