/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AdaptiveAveragePooling and AdaptiveMaxPooling, 1D to 3D: an output of a given
 * size, each position of which is the mean or maximum of its window of the
 * input. Windows overlap if the sizes do not divide. in [z][y][x][c]  ->  out
 * [z'][y'][x'][c] o covers floor (o n / n') to ceil ((o + 1) n / n') */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/loops.h"

#define MAX_AXES 3

typedef struct {
  NnLayer base;
  size_t in[MAX_AXES], out[MAX_AXES]; /* z, y, x */
  size_t channels;
  bool is_mean;
} AdaptivePooling;

static void
adaptive_pooling_setup (NnLayer *layer, const NnConfig *config)
{
  AdaptivePooling *self = (AdaptivePooling *) layer;
  const size_t n = layer->klass->n_axes, skip = MAX_AXES - n;
  NnShape out = { .rank = n + 1 };

  if (!nn_layer_expect (layer, config, 1, n + 1, n + 1))
    return;
  nn_config_sizes (config, "output_size", 0, n, out.dim);
  for (size_t i = 0; i < MAX_AXES; i++) {
    self->in[i] = i < skip ? 1 : layer->in[0].dim[i - skip];
    self->out[i] = i < skip ? 1 : out.dim[i - skip];
  }
  out.dim[n] = self->channels = layer->in[0].dim[n];
  self->is_mean = strstr (layer->klass->keras_name, "Average") != NULL;
  nn_layer_add_output (layer, config, &out);
}

/* The window of output position o along axis i. */
static size_t
share_start (const AdaptivePooling *self, size_t i, size_t o)
{
  return o * self->in[i] / self->out[i];
}

static size_t
share_end (const AdaptivePooling *self, size_t i, size_t o)
{
  return ((o + 1) * self->in[i] + self->out[i] - 1) / self->out[i];
}

static void
pool_position (
    const AdaptivePooling *self, const float *in, const size_t *o, float *out)
{
  const size_t c = self->channels, first_z = share_start (self, 0, o[0]),
               first_y = share_start (self, 1, o[1]),
               first_x = share_start (self, 2, o[2]);
  const size_t end_z = share_end (self, 0, o[0]),
               end_y = share_end (self, 1, o[1]),
               end_x = share_end (self, 2, o[2]);
  const size_t n = (end_z - first_z) * (end_y - first_y) * (end_x - first_x);
  bool is_first = true;

  for (size_t z = first_z; z < end_z; z++)
    for (size_t y = first_y; y < end_y; y++)
      for (size_t x = first_x; x < end_x; x++, is_first = false) {
        const float *const from =
            in + ((z * self->in[1] + y) * self->in[2] + x) * c;

        if (is_first)
          memcpy (out, from, c * sizeof (float));
        else if (self->is_mean)
          nn_loops ()->add (c, from, out);
        else
          nn_loops ()->maximum (c, from, out);
      }
  for (size_t i = 0; i < c && self->is_mean; i++)
    out[i] /= n;
}

static void
adaptive_pooling_forward (const NnLayer *layer, const NnCall *call)
{
  const AdaptivePooling *self = (const AdaptivePooling *) layer;
  float *out = call->out[0];
  size_t o[MAX_AXES];

  for (size_t i = 0; i < call->n; i++)
    for (o[0] = 0; o[0] < self->out[0]; o[0]++)
      for (o[1] = 0; o[1] < self->out[1]; o[1]++)
        for (o[2] = 0; o[2] < self->out[2]; o[2]++, out += self->channels)
          pool_position (
              self, call->in[0] + i * nn_shape_size (&layer->in[0]), o, out);
}

/* clang-format off */
#define ADAPTIVE_POOLING(name, n)                                              \
  {                                                                            \
    .keras_name = "Adaptive" name "Pooling" #n "D",                            \
    .size = sizeof (AdaptivePooling), .n_axes = n,                             \
    .setup = adaptive_pooling_setup, .forward = adaptive_pooling_forward,      \
  }
/* clang-format on */

const NnLayerClass nn_adaptive_pooling_classes[] = {
  ADAPTIVE_POOLING ("Average", 1),
  ADAPTIVE_POOLING ("Average", 2),
  ADAPTIVE_POOLING ("Average", 3),
  ADAPTIVE_POOLING ("Max", 1),
  ADAPTIVE_POOLING ("Max", 2),
  ADAPTIVE_POOLING ("Max", 3),
  { NULL },
};
