/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory layout of the patches of a convolution, and the end of a row of its
 * output: shared by all algorithms. */
#include "nn/activation.h"
#include "nn/layers/conv.h"

/* Positions that the windows of an axis cover, including zeros. */
static size_t
padded_length (const NnAxis *axis)
{
  return MAX (axis->pad_before + axis->in,
      (axis->out - 1) * axis->stride + (axis->kernel - 1) * axis->dilation + 1);
}

static bool
has_padding (const NnAxis *axis)
{
  return padded_length (axis) > axis->in;
}

/* Segments of consecutive floats in one row of taps: one if all channels are
 * used and no column is skipped, else one for each tap. */
static size_t
segments_of_row (const NnConv *self)
{
  return self->groups == 1 && self->window.x.dilation == 1
      ? 1
      : self->window.x.kernel;
}

size_t
nn_conv_segments_len (const NnConv *self)
{
  return self->n_segments * sizeof (size_t) / sizeof (float);
}

bool
nn_conv_lay_out (NnConv *self)
{
  const NnWindow *const window = &self->window;
  const NnAxis *const z = &window->z, *const y = &window->y;
  const size_t per_row = segments_of_row (self);
  NnShape slots;
  size_t size;

  self->end = (NnFinish){
    .pool_y = 1, .pool_x = 1, .slope_before = 1, .slope_after = 1
  };
  self->padded_x = padded_length (&window->x);
  self->is_padded =
      has_padding (z) || has_padding (y) || has_padding (&window->x);
  /* Rows follow each other, but with several planes they are needed again. */
  self->n_slots = z->in > 1 ? z->in * y->in : (y->kernel - 1) * y->dilation + 1;
  self->n_slots = MIN (self->n_slots, z->in * y->in);
  self->segment_len =
      window->channels / self->groups * window->x.kernel / per_row;
  self->n_segments = z->kernel * y->kernel * per_row;
  slots = (NnShape){ .rank = 3,
    .dim = { self->n_slots + 1, self->padded_x, window->channels } };
  if (!nn_shape_checked_size (&slots, &size))
    return false;
  return true;
}

void
nn_conv_find_segments (const NnConv *self, size_t oz, size_t oy, size_t n_slots,
    bool is_padded, size_t *segments)
{
  const NnWindow *const window = &self->window;
  const NnAxis *const z = &window->z, *const y = &window->y;
  const size_t per_row = segments_of_row (self);

  for (size_t kz = 0; kz < z->kernel; kz++)
    for (size_t ky = 0; ky < y->kernel; ky++) {
      /* An index before the first wraps, so it is beyond the last. */
      const size_t iz = oz * z->stride + kz * z->dilation - z->pad_before;
      const size_t iy = oy * y->stride + ky * y->dilation - y->pad_before;
      size_t slot = n_slots;

      if (iz < z->in && iy < y->in)
        slot = is_padded ? (iz * y->in + iy) % n_slots : iz * y->in + iy;
      for (size_t kx = 0; kx < per_row; kx++)
        *segments++ = (slot * self->padded_x + kx * window->x.dilation)
            * window->channels;
    }
}

bool
nn_conv_end (const NnConv *self, NnFinish *end)
{
  *end = self->end;
  if (!nn_activation_is_rectifier (&self->activation, &end->slope_before))
    return false;
  if (!end->scale) { /* nothing between the two */
    end->slope_before *= end->slope_after;
    end->slope_after = 1;
  }
  return true;
}

void
nn_conv_finish_rows (const NnConv *self, float *rows, size_t ld, float *out)
{
  const size_t x_out = self->window.x.out;
  NnFinish end;

  if (!nn_conv_end (self, &end))
    for (size_t y = 0; y < end.pool_y; y++)
      nn_activation_apply (
          &self->activation, rows + y * ld, x_out, self->filters);
  nn_simd ()->finish_row (&(NnFinishRow){ .finish = &end,
      .rows = rows,
      .ld = ld,
      .n = x_out / end.pool_x,
      .channels = self->filters,
      .out = out });
}

void
nn_conv_resize_packed (NnConv *self, size_t n)
{
  if (self->n_packed == n)
    return;
  for (size_t i = 0; i < self->n_packed; i++)
    nn_packed_clear (&self->packed[i]);
  g_free (self->packed);
  self->packed = g_new0 (NnPacked, n);
  self->n_packed = n;
}

bool
nn_conv_pack_groups (NnConv *self, const float *kernel)
{
  const size_t filters = self->filters / self->groups;

  nn_conv_resize_packed (self, self->groups);
  for (size_t g = 0; g < self->groups; g++)
    if (!nn_packed_init (&self->packed[g], nn_simd (), kernel + g * filters,
            self->filters, self->n_segments * self->segment_len, filters))
      return false;
  return true;
}
