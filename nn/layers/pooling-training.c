/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gradients of MaxPooling and AveragePooling. */
#include <string.h>
#include "nn/layers/pooling.h"
#include "nn/loops.h"
#include "nn/training.h"

/* One window: where it is, and its gradient. */
typedef struct {
  const NnWindow *window;
  const float *in, *out; /* a sample; the output of the window */
  const float *out_grad;
  float *in_grad; /* a sample */
  float *left;    /* [channels] of out_grad: not distributed yet */
} Window;

/* Distributes the window's gradient over its positions. */
static void
window_back (const Window *w, size_t oz, size_t oy, size_t ox, bool is_mean)
{
  const NnWindow *const window = w->window;
  const NnAxis *const z = &window->z, *const y = &window->y,
                      *const x = &window->x;
  const size_t end_z = nn_axis_end_tap (z, oz), end_y = nn_axis_end_tap (y, oy),
               end_x = nn_axis_end_tap (x, ox), c = window->channels;

  for (size_t kz = nn_axis_first_tap (z, oz); kz < end_z; kz++)
    for (size_t ky = nn_axis_first_tap (y, oy); ky < end_y; ky++)
      for (size_t kx = nn_axis_first_tap (x, ox); kx < end_x; kx++) {
        const size_t iz = oz * z->stride + kz - z->pad_before;
        const size_t iy = oy * y->stride + ky - y->pad_before;
        const size_t ix = ox * x->stride + kx - x->pad_before;
        const size_t at = ((iz * y->in + iy) * x->in + ix) * c;

        if (is_mean)
          nn_loops ()->add (c, w->left, w->in_grad + at);
        else
          nn_loops ()->maximum_gradient (
              c, w->in + at, w->out, w->out_grad, w->left, w->in_grad + at);
      }
}

/* A mean gives each position its share; the first of equal maxima gets all. */
static void
start_window (const Window *w, size_t oz, size_t oy, size_t ox, bool is_mean)
{
  const NnAxis *const z = &w->window->z, *const y = &w->window->y,
                      *const x = &w->window->x;
  const size_t count = (nn_axis_end_tap (z, oz) - nn_axis_first_tap (z, oz))
      * (nn_axis_end_tap (y, oy) - nn_axis_first_tap (y, oy))
      * (nn_axis_end_tap (x, ox) - nn_axis_first_tap (x, ox));

  for (size_t c = 0; c < w->window->channels; c++)
    w->left[c] = is_mean ? w->out_grad[c] / count : 1;
}

static void
windows_back (Window *w, size_t in_size, bool is_mean)
{
  const NnWindow *const window = w->window;

  memset (w->in_grad, 0, in_size * sizeof (float));
  for (size_t oz = 0; oz < window->z.out; oz++)
    for (size_t oy = 0; oy < window->y.out; oy++)
      for (size_t ox = 0; ox < window->x.out; ox++) {
        start_window (w, oz, oy, ox, is_mean);
        window_back (w, oz, oy, ox, is_mean);
        w->out += window->channels;
        w->out_grad += window->channels;
      }
}

/* ---- maxima of tiles: remember where they came from ---- */

NnPoolRow
nn_pooling_row (const NnPooling *self)
{
  return (NnPoolRow){ .pool_y = self->window.y.kernel,
    .pool_x = self->window.x.kernel,
    .n = self->window.x.out,
    .channels = self->window.channels,
    .ld = nn_pooling_in_row (self) };
}

size_t
nn_pooling_from_len (const NnPooling *self)
{
  return (nn_shape_size (&self->base.out[0]) + sizeof (float) - 1)
      / sizeof (float);
}

static guint8 *
from_at (const NnPooling *self, const NnTrainingCall *call, size_t sample)
{
  return (guint8 *) (call->saved + sample * nn_pooling_from_len (self));
}

static void
max_pooling_forward (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnPooling *const self = (const NnPooling *) layer;
  const NnPoolRow row = nn_pooling_row (self);
  const size_t out_row = nn_pooling_out_row (self);
  const float *x = call->forward.in[0];
  float *y = call->forward.out[0];

  if (!nn_pooling_has_tiles (self)) {
    nn_pooling_run (self, &call->forward, false);
    return;
  }
  for (size_t i = 0; i < call->forward.n; i++) {
    guint8 *const from = from_at (self, call, i);

    for (size_t oy = 0; oy < self->window.y.out; oy++)
      nn_loops ()->pool_maximum (&row, x + oy * row.pool_y * row.ld,
          y + oy * out_row, from + oy * out_row);
    x += nn_shape_size (&layer->in[0]);
    y += nn_shape_size (&layer->out[0]);
  }
}

/* Zeros where no tile is. */
static void
tiles_back (
    const NnPooling *self, const guint8 *from, const float *dy, float *dx)
{
  const NnAxis *const y = &self->window.y;
  const NnPoolRow row = nn_pooling_row (self);
  const size_t out_row = nn_pooling_out_row (self);
  const size_t covered = row.n * row.pool_x * row.channels;

  for (size_t oy = 0; oy < y->out; oy++, dx += y->kernel * row.ld) {
    nn_loops ()->pool_gradient (
        &row, from + oy * out_row, dy + oy * out_row, dx);
    for (size_t k = 0; k < y->kernel && covered < row.ld; k++)
      memset (
          dx + k * row.ld + covered, 0, (row.ld - covered) * sizeof (float));
  }
  memset (dx, 0, (y->in - y->out * y->kernel) * row.ld * sizeof (float));
}

static void
pool_back (const NnLayer *layer, const NnTrainingCall *call, bool is_mean)
{
  const NnPooling *const self = (const NnPooling *) layer;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t out_size = nn_shape_size (&layer->out[0]);

  for (size_t i = 0; i < call->forward.n && call->in_grad[0]; i++) {
    Window w = { .window = &self->window,
      .in = call->forward.in[0] + i * in_size,
      .out = call->forward.out[0] + i * out_size,
      .out_grad = call->out_grad[0] + i * out_size,
      .in_grad = call->in_grad[0] + i * in_size,
      .left = call->forward.scratch };

    if (!is_mean && nn_pooling_has_tiles (self))
      tiles_back (self, from_at (self, call, i), w.out_grad, w.in_grad);
    else
      windows_back (&w, in_size, is_mean);
  }
}

static void
max_pooling_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  pool_back (layer, call, false);
}

static void
average_pooling_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  pool_back (layer, call, true);
}

static void
average_pooling_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->scratch = ((const NnPooling *) layer)->window.channels;
  needs->forgets_in = needs->forgets_out = true;
}

static void
max_pooling_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const NnPooling *const self = (const NnPooling *) layer;

  needs->scratch = self->window.channels;
  if (nn_pooling_has_tiles (self)) {
    needs->saved_per_sample = nn_pooling_from_len (self);
    needs->forgets_in = needs->forgets_out = true;
  }
}

const NnTraining nn_max_pooling_training = {
  .is_by_sample = true,
  .measure = max_pooling_measure,
  .forward = max_pooling_forward,
  .backward = max_pooling_backward,
};

const NnTraining nn_average_pooling_training = {
  .is_by_sample = true,
  .measure = average_pooling_measure,
  .backward = average_pooling_backward,
};
