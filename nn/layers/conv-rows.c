/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Convolutions of every shape: one row of the output at a time is a product of
 * the padded input and the packed kernel. The patch under each position is a
 * few segments of consecutive floats, so nothing is gathered.
 */
#include <string.h>
#include "nn/layers/conv.h"

/* Floats of the slots. */
static size_t
slots_len (const NnConv *self)
{
  return self->is_padded
      ? (self->n_slots + 1) * self->padded_x * self->window.channels
      : 0;
}

static size_t
rows_scratch (const NnConv *self)
{
  return nn_conv_segments_len (self)
      + self->end.pool_y * self->window.x.out * self->filters
      + slots_len (self);
}

/* Copies the rows *next..end - 1 of the input into their slots. */
static void
fill_slots (
    const NnConv *self, const float *in, size_t *next, size_t end, float *slots)
{
  const NnWindow *const window = &self->window;
  const size_t row = window->x.in * window->channels;
  const size_t slot = self->padded_x * window->channels;

  for (; *next < end; (*next)++)
    memcpy (slots + *next % self->n_slots * slot
            + window->x.pad_before * window->channels,
        in + *next * row, row * sizeof (float));
}

/* Row (oz, oy) of the output, without its activation: row [x.out][filters] */
static void
convolve_row (
    const NnConv *self, const float *rows, const size_t *segments, float *row)
{
  const NnWindow *const window = &self->window;
  const size_t n = window->channels / self->groups;
  const size_t filters = self->filters / self->groups;
  const float *const bias = nn_conv_bias (self);

  for (size_t g = 0; g < self->groups; g++)
    nn_simd ()->product (&(NnProduct){ .m = window->x.out,
        .a = rows + g * n,
        .lda = window->x.stride * window->channels,
        .n_segments = self->n_segments,
        .segment_len = self->segment_len,
        .segments = segments,
        .b = &self->packed[g],
        .bias = bias ? bias + g * filters : NULL,
        .c = row + g * filters,
        .ldc = self->filters });
}

/* The number of rows of the input, from the first on, that row oy of the output
 * needs. */
static size_t
rows_needed (const NnConv *self, size_t oy)
{
  const NnAxis *const z = &self->window.z, *const y = &self->window.y;
  const size_t end = oy * y->stride + (y->kernel - 1) * y->dilation + 1;

  if (z->in > 1)
    return z->in * y->in;
  return end > y->pad_before ? MIN (end - y->pad_before, y->in) : 0;
}

/* Layout of the scratch memory. */
typedef struct {
  size_t *segments; /* [n_segments] */
  float *rows;      /* [pool_y][x.out][filters] */
  float *slots;     /* [n_slots + 1][padded_x][channels], where padded */
} Scratch;

static void
conv_sample (
    const NnConv *self, const float *in, const Scratch *scratch, float *out)
{
  const size_t pool_y = self->end.pool_y,
               ld = self->window.x.out * self->filters;
  const bool in_place = pool_y == 1 && self->end.pool_x == 1;
  size_t next = 0;

  for (size_t oz = 0; oz < self->window.z.out; oz++)
    for (size_t y = 0; y < nn_conv_out_rows (self); y++) {
      float *const rows = in_place ? out : scratch->rows;

      for (size_t k = 0; k < pool_y; k++) {
        const size_t oy = y * pool_y + k;

        if (self->is_padded)
          fill_slots (self, in, &next, rows_needed (self, oy), scratch->slots);
        nn_conv_find_segments (
            self, oz, oy, self->n_slots, self->is_padded, scratch->segments);
        convolve_row (self, self->is_padded ? scratch->slots : in,
            scratch->segments, rows + k * ld);
      }
      nn_conv_finish_rows (self, rows, ld, out);
      out += nn_conv_out_row_len (self);
    }
}

static void
rows_run (
    const NnConv *self, size_t n, const float *in, float *memory, float *out)
{
  const Scratch scratch = { .segments = (size_t *) memory,
    .rows = memory + nn_conv_segments_len (self),
    .slots = memory + rows_scratch (self) - slots_len (self) };

  /* Once: only what is between the zeros changes. */
  memset (scratch.slots, 0, slots_len (self) * sizeof (float));
  for (size_t i = 0; i < n; i++)
    conv_sample (self, in + i * nn_conv_in_size (self), &scratch,
        out + i * nn_conv_out_size (self));
}

static bool
rows_suits (const NnConv *self)
{
  return true;
}

const NnConvWay nn_conv_rows = {
  .suits = rows_suits,
  .scratch = rows_scratch,
  .pack = nn_conv_pack_groups,
  .run = rows_run,
};
