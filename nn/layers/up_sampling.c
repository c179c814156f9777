/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UpSampling, 1D to 3D: each position several times; in 2D also bilinear, with
 * the centres of positions at halves (tf.image.resize, PyTorch without
 * align_corners).
 *   in [z][y][x][c]  ->  out [z * sz][y * sy][x * sx][c]
 */
#include <math.h>
#include <string.h>
#include "nn/layers/layers.h"

#define MAX_AXES 3

typedef struct {
  NnLayer base;
  size_t in[MAX_AXES], size[MAX_AXES]; /* z, y, x */
  size_t channels;
  bool is_bilinear;
} UpSampling;

static void
up_sampling_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const kinds[] = { "nearest", "bilinear", NULL };
  static const char *const no_bilinear[] = { "nearest", NULL };
  UpSampling *self = (UpSampling *) layer;
  const size_t n = layer->klass->n_axes, skip = MAX_AXES - n;
  size_t size[MAX_AXES];
  NnShape out = { .rank = n + 1 };

  if (!nn_layer_expect (layer, config, 1, n + 1, n + 1))
    return;
  self->is_bilinear = nn_config_choice (
      config, "interpolation", n == 2 ? kinds : no_bilinear, 0);
  nn_config_sizes (config, "size", 2, n, size);
  for (size_t i = 0; i < MAX_AXES; i++) {
    self->in[i] = i < skip ? 1 : layer->in[0].dim[i - skip];
    self->size[i] = i < skip ? 1 : size[i - skip];
  }
  for (size_t i = 0; i < n; i++)
    out.dim[i] = layer->in[0].dim[i] * size[i];
  out.dim[n] = self->channels = layer->in[0].dim[n];
  nn_layer_add_output (layer, config, &out);
}

/* One row of x: each position size times. */
static void
repeat_row (const UpSampling *self, const float *in, float *out)
{
  const size_t c = self->channels;

  for (size_t x = 0; x < self->in[2]; x++)
    for (size_t k = 0; k < self->size[2]; k++, out += c)
      memcpy (out, in + x * c, c * sizeof (float));
}

static void
repeat_sample (const UpSampling *self, const float *in, float *out)
{
  const size_t in_row = self->in[2] * self->channels;
  const size_t out_row = in_row * self->size[2];

  for (size_t z = 0; z < self->in[0] * self->size[0]; z++)
    for (size_t y = 0; y < self->in[1] * self->size[1]; y++, out += out_row)
      repeat_row (self,
          in + (z / self->size[0] * self->in[1] + y / self->size[1]) * in_row,
          out);
}

/* Between which input positions output position o lies, and how far. */
static float
locate (size_t o, size_t size, size_t n, size_t *low, size_t *high)
{
  const float at = fmaxf ((o + 0.5f) / size - 0.5f, 0);

  *low = (size_t) at;
  *high = MIN (*low + 1, n - 1);
  return at - *low;
}

static void
interpolate_sample (const UpSampling *self, const float *in, float *out)
{
  const size_t n_y = self->in[1], n_x = self->in[2], c = self->channels;

  for (size_t oy = 0; oy < n_y * self->size[1]; oy++) {
    size_t y0, y1;
    const float v = locate (oy, self->size[1], n_y, &y0, &y1);

    for (size_t ox = 0; ox < n_x * self->size[2]; ox++, out += c) {
      size_t x0, x1;
      const float h = locate (ox, self->size[2], n_x, &x0, &x1);
      const float *const a = in + (y0 * n_x + x0) * c;
      const float *const b = in + (y0 * n_x + x1) * c;
      const float *const d = in + (y1 * n_x + x0) * c;
      const float *const e = in + (y1 * n_x + x1) * c;

      for (size_t k = 0; k < c; k++)
        out[k] = (1 - v) * ((1 - h) * a[k] + h * b[k])
            + v * ((1 - h) * d[k] + h * e[k]);
    }
  }
}

static void
up_sampling_forward (const NnLayer *layer, const NnCall *call)
{
  const UpSampling *self = (const UpSampling *) layer;

  for (size_t i = 0; i < call->n; i++)
    (self->is_bilinear ? interpolate_sample : repeat_sample) (self,
        call->in[0] + i * nn_shape_size (&layer->in[0]),
        call->out[0] + i * nn_shape_size (&layer->out[0]));
}

/* clang-format off */
#define UP_SAMPLING(n)                                                         \
  {                                                                            \
    .keras_name = "UpSampling" #n "D", .size = sizeof (UpSampling),            \
    .n_axes = n, .setup = up_sampling_setup, .forward = up_sampling_forward,   \
  }
/* clang-format on */

const NnLayerClass nn_up_sampling_classes[] = {
  UP_SAMPLING (1),
  UP_SAMPLING (2),
  UP_SAMPLING (3),
  { NULL },
};
