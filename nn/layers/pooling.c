/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MaxPooling and AveragePooling, 1D to 3D: the maximum or mean of a window of
 * positions, for each channel. Positions outside the input do not count: a mean
 * divides by the positions that are inside (TensorFlow's rule).
 *   in [z][y][x][c]  ->  out [z'][y'][x'][c] */
#include <math.h>
#include "nn/fuse.h"
#include "nn/layers/layers.h"
#include "nn/layers/pooling.h"
#include "nn/loops.h"

/* Accumulates the c channels of one position in out. */
typedef void (*Fold) (const float *in, size_t c, float *out);

static void
pooling_setup (NnLayer *layer, const NnConfig *config)
{
  NnPooling *self = (NnPooling *) layer;
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

/* Accumulates the window of output (oz, oy, ox); returns the number of its
 * positions. */
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

bool
nn_pooling_has_tiles (const NnPooling *self)
{
  const NnAxis *const y = &self->window.y, *const x = &self->window.x;

  return self->window.n_axes == 2 && y->kernel == y->stride
      && x->kernel == x->stride && y->out * y->kernel <= y->in
      && x->out * x->kernel <= x->in && y->pad_before == 0 && x->pad_before == 0
      && y->kernel * x->kernel <= NN_MAX_POOL;
}

void
nn_pooling_run (const NnPooling *self, const NnCall *call, bool is_mean)
{
  const size_t in_size = nn_shape_size (&self->base.in[0]);
  const size_t out_size = nn_shape_size (&self->base.out[0]);

  for (size_t i = 0; i < call->n; i++)
    pool_sample (&self->window, call->in[0] + i * in_size, is_mean,
        call->out[0] + i * out_size);
}

static void
max_pooling_forward (const NnLayer *layer, const NnCall *call)
{
  nn_pooling_run ((const NnPooling *) layer, call, false);
}

static void
average_pooling_forward (const NnLayer *layer, const NnCall *call)
{
  nn_pooling_run ((const NnPooling *) layer, call, true);
}

/* clang-format off */
#define POOLING(name, n, run, how_to_train)                                    \
  {                                                                            \
    .keras_name = name #n "D", .size = sizeof (NnPooling), .n_axes = n,          \
    .setup = pooling_setup, .forward = run, .training = how_to_train,          \
  }
/* clang-format on */

bool
nn_max_pooling_tiles (const NnLayer *layer, size_t *pool_y, size_t *pool_x)
{
  const NnPooling *const self = (const NnPooling *) layer;

  if (layer->klass->forward != max_pooling_forward
      || !nn_pooling_has_tiles (self))
    return false;
  *pool_y = self->window.y.kernel;
  *pool_x = self->window.x.kernel;
  return true;
}

const NnLayerClass nn_pooling_classes[] = {
  POOLING ("MaxPooling", 1, max_pooling_forward, &nn_max_pooling_training),
  POOLING ("MaxPooling", 2, max_pooling_forward, &nn_max_pooling_training),
  POOLING ("MaxPooling", 3, max_pooling_forward, &nn_max_pooling_training),
  POOLING ("AveragePooling", 1, average_pooling_forward,
      &nn_average_pooling_training),
  POOLING ("AveragePooling", 2, average_pooling_forward,
      &nn_average_pooling_training),
  POOLING ("AveragePooling", 3, average_pooling_forward,
      &nn_average_pooling_training),
  { NULL },
};
