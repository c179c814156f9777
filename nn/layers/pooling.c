/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MaxPooling and AveragePooling, 1D to 3D: the maximum or mean of what a window
 * of positions holds, for each channel. Positions outside the input do not
 * count: a mean divides by the positions that are inside (TensorFlow's rule).
 *   in [z][y][x][c]  ->  out [z'][y'][x'][c]
 */
#include <math.h>
#include <string.h>
#include "nn/fuse.h"
#include "nn/layers/layers.h"
#include "nn/layers/window.h"
#include "nn/loops.h"
#include "nn/simd.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  NnWindow window;
} Pooling;

/* Adds the c channels of one position to what out holds. */
typedef void (*Fold) (const float *in, size_t c, float *out);

static void
pooling_setup (NnLayer *layer, const NnConfig *config)
{
  Pooling *self = (Pooling *) layer;
  NnShape out;

  if (!nn_window_read (&self->window, layer, config, "pool_size"))
    return;
  nn_window_resolve (&self->window, config);
  out = nn_window_out_shape (&self->window, self->window.channels);
  if (nn_config_ok (config))
    nn_layer_add_output (layer, config, &out);
}

static void
fold_max (const float *in, size_t c, float *out)
{
  nn_loops ()->maximum (c, in, out);
}

static void
fold_sum (const float *in, size_t c, float *out)
{
  nn_loops ()->add (c, in, out);
}

/* Folds all positions under output (oz, oy, ox); returns how many they are. */
static size_t
fold_window (const NnWindow *window, const float *in, size_t oz, size_t oy,
    size_t ox, Fold fold, float *out)
{
  const NnAxis *const z = &window->z, *const y = &window->y,
                      *const x = &window->x;
  const size_t end_z = nn_axis_end_tap (z, oz), end_y = nn_axis_end_tap (y, oy),
               end_x = nn_axis_end_tap (x, ox);
  size_t count = 0;

  for (size_t kz = nn_axis_first_tap (z, oz); kz < end_z; kz++)
    for (size_t ky = nn_axis_first_tap (y, oy); ky < end_y; ky++)
      for (size_t kx = nn_axis_first_tap (x, ox); kx < end_x; kx++, count++) {
        const size_t iz = oz * z->stride + kz - z->pad_before;
        const size_t iy = oy * y->stride + ky - y->pad_before;
        const size_t ix = ox * x->stride + kx - x->pad_before;

        fold (in + ((iz * y->in + iy) * x->in + ix) * window->channels,
            window->channels, out);
      }
  return count;
}

static void
pool_sample (const NnWindow *window, const float *in, bool is_mean, float *out)
{
  for (size_t oz = 0; oz < window->z.out; oz++)
    for (size_t oy = 0; oy < window->y.out; oy++)
      for (size_t ox = 0; ox < window->x.out; ox++, out += window->channels) {
        size_t count;

        for (size_t c = 0; c < window->channels; c++)
          out[c] = is_mean ? 0 : -INFINITY;
        count = fold_window (
            window, in, oz, oy, ox, is_mean ? fold_sum : fold_max, out);
        for (size_t c = 0; c < window->channels && is_mean; c++)
          out[c] /= count;
      }
}

/* Windows that do not overlap, each inside the input, in rows. */
static bool
has_tiles (const NnWindow *window)
{
  const NnAxis *const y = &window->y, *const x = &window->x;

  return window->n_axes == 2 && y->kernel == y->stride && x->kernel == x->stride
      && y->out * y->kernel <= y->in && x->out * x->kernel <= x->in
      && y->pad_before == 0 && x->pad_before == 0
      && y->kernel * x->kernel <= NN_MAX_POOL;
}

/* Floats of a row of the input and of the output. */
static size_t
in_row (const NnWindow *window)
{
  return window->x.in * window->channels;
}

static size_t
out_row (const NnWindow *window)
{
  return window->x.out * window->channels;
}

static void
max_tiles (const NnWindow *window, const float *in, float *out)
{
  const NnFinish finish = { .pool_y = window->y.kernel,
    .pool_x = window->x.kernel };

  for (size_t oy = 0; oy < window->y.out; oy++)
    nn_simd ()->finish_row (&(NnFinishRow){ .finish = &finish,
        .rows = in + oy * window->y.kernel * in_row (window),
        .ld = in_row (window),
        .n = window->x.out,
        .channels = window->channels,
        .out = out + oy * out_row (window) });
}

static void
pool (const NnLayer *layer, const NnCall *call, bool is_mean)
{
  const NnWindow *const window = &((const Pooling *) layer)->window;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t out_size = nn_shape_size (&layer->out[0]);

  for (size_t i = 0; i < call->n; i++) {
    const float *const in = call->in[0] + i * in_size;
    float *const out = call->out[0] + i * out_size;

    if (!is_mean && has_tiles (window))
      max_tiles (window, in, out);
    else
      pool_sample (window, in, is_mean, out);
  }
}

static void
max_pooling_forward (const NnLayer *layer, const NnCall *call)
{
  pool (layer, call, false);
}

static void
average_pooling_forward (const NnLayer *layer, const NnCall *call)
{
  pool (layer, call, true);
}

/* ---- training ---- */

/* One window: where it is, and its gradient. */
typedef struct {
  const NnWindow *window;
  const float *in, *out; /* a sample; what the window gave */
  const float *out_grad;
  float *in_grad; /* a sample */
  float *left;    /* [channels] of out_grad: what nobody has yet */
} Window;

/* Hands the window's gradient to its positions. */
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

/* A mean gives each position its share; of equal maxima the first gets all. */
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

/* ---- maxima of tiles: remember where they came from ---- */

static NnPoolRow
pool_row (const NnWindow *window)
{
  return (NnPoolRow){ .pool_y = window->y.kernel,
    .pool_x = window->x.kernel,
    .n = window->x.out,
    .channels = window->channels,
    .ld = in_row (window) };
}

/* Floats that hold where the maxima of a sample came from. */
static size_t
from_len (const NnLayer *layer)
{
  return (nn_shape_size (&layer->out[0]) + sizeof (float) - 1) / sizeof (float);
}

static guint8 *
from_at (const NnLayer *layer, const NnTrainingCall *call, size_t sample)
{
  return (guint8 *) (call->saved + sample * from_len (layer));
}

static void
max_pooling_train (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnWindow *const window = &((const Pooling *) layer)->window;
  const NnPoolRow row = pool_row (window);
  const float *x = call->run.in[0];
  float *y = call->run.out[0];

  if (!has_tiles (window)) {
    pool (layer, &call->run, false);
    return;
  }
  for (size_t i = 0; i < call->run.n; i++) {
    guint8 *const from = from_at (layer, call, i);

    for (size_t oy = 0; oy < window->y.out; oy++)
      nn_loops ()->pool_maximum (&row, x + oy * window->y.kernel * row.ld,
          y + oy * out_row (window), from + oy * out_row (window));
    x += nn_shape_size (&layer->in[0]);
    y += nn_shape_size (&layer->out[0]);
  }
}

/* What no tile covers gets zeros. */
static void
tiles_back (
    const NnWindow *window, const guint8 *from, const float *dy, float *dx)
{
  const NnAxis *const y = &window->y;
  const NnPoolRow row = pool_row (window);
  const size_t covered = row.n * row.pool_x * row.channels;

  for (size_t oy = 0; oy < y->out; oy++, dx += y->kernel * row.ld) {
    nn_loops ()->pool_gradient (
        &row, from + oy * out_row (window), dy + oy * out_row (window), dx);
    for (size_t k = 0; k < y->kernel && covered < row.ld; k++)
      memset (
          dx + k * row.ld + covered, 0, (row.ld - covered) * sizeof (float));
  }
  memset (dx, 0, (y->in - y->out * y->kernel) * row.ld * sizeof (float));
}

static void
windows_back (Window *w, bool is_mean)
{
  const NnWindow *const window = w->window;
  const size_t in_size = window->z.in * window->y.in * in_row (window);

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

static void
pool_back (const NnLayer *layer, const NnTrainingCall *call, bool is_mean)
{
  const NnWindow *const window = &((const Pooling *) layer)->window;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t out_size = nn_shape_size (&layer->out[0]);

  for (size_t i = 0; i < call->run.n && call->in_grad[0]; i++) {
    Window w = { .window = window,
      .in = call->run.in[0] + i * in_size,
      .out = call->run.out[0] + i * out_size,
      .out_grad = call->out_grad[0] + i * out_size,
      .in_grad = call->in_grad[0] + i * in_size,
      .left = call->run.scratch };

    if (!is_mean && has_tiles (window))
      tiles_back (window, from_at (layer, call, i), w.out_grad, w.in_grad);
    else
      windows_back (&w, is_mean);
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
  needs->scratch = ((const Pooling *) layer)->window.channels;
  needs->forgets_in = needs->forgets_out = true;
}

static void
max_pooling_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const NnWindow *const window = &((const Pooling *) layer)->window;

  needs->scratch = window->channels;
  if (has_tiles (window)) {
    needs->saved_per_sample = from_len (layer);
    needs->forgets_in = needs->forgets_out = true;
  }
}

static const NnTraining max_pooling_training = {
  .is_by_sample = true,
  .measure = max_pooling_measure,
  .forward = max_pooling_train,
  .backward = max_pooling_backward,
};

static const NnTraining average_pooling_training = {
  .is_by_sample = true,
  .measure = average_pooling_measure,
  .backward = average_pooling_backward,
};

/* clang-format off */
#define POOLING(name, n, run, how_to_train)                                    \
  {                                                                            \
    .keras_name = name #n "D", .size = sizeof (Pooling), .n_axes = n,          \
    .setup = pooling_setup, .forward = run, .training = how_to_train,          \
  }
/* clang-format on */

bool
nn_max_pooling_tiles (const NnLayer *layer, size_t *pool_y, size_t *pool_x)
{
  const NnWindow *const window = &((const Pooling *) layer)->window;

  if (layer->klass->forward != max_pooling_forward || !has_tiles (window))
    return false;
  *pool_y = window->y.kernel;
  *pool_x = window->x.kernel;
  return true;
}

const NnLayerClass nn_pooling_classes[] = {
  POOLING ("MaxPooling", 1, max_pooling_forward, &max_pooling_training),
  POOLING ("MaxPooling", 2, max_pooling_forward, &max_pooling_training),
  POOLING ("MaxPooling", 3, max_pooling_forward, &max_pooling_training),
  POOLING (
      "AveragePooling", 1, average_pooling_forward, &average_pooling_training),
  POOLING (
      "AveragePooling", 2, average_pooling_forward, &average_pooling_training),
  POOLING (
      "AveragePooling", 3, average_pooling_forward, &average_pooling_training),
  { NULL },
};
