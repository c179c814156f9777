/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ZeroPadding and Cropping, 1D to 3D: adds zeros around the spatial axes, or
 * crops them.
 *   in [z][y][x][c]  ->  out [z'][y'][x'][c] */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/limits.h"
#include "nn/training.h"

#define MAX_AXES 3

/* Output index o is input index o - before. */
typedef struct {
  size_t in, out;
  gint64 before; /* below 0: cropped */
} Margin;

typedef struct {
  NnLayer base;
  Margin margin[MAX_AXES]; /* z, y, x */
  size_t channels;
} Padding;

/* The i-th of the two numbers in value: a list of two, or one for both. */
static gint64
read_side (const NnConfig *config, const NnConfig *value, size_t i)
{
  const NnConfig item = nn_config_at (value, i);
  const gint64 n =
      nn_config_as_int (nn_config_is_list (value) ? &item : value, 0);

  if (n < 0 || (guint64) n > NN_MAX_DIM)
    nn_config_fail (config, NN_ERROR_FORMAT,
        "a margin of %" G_GINT64_FORMAT " elements", n);
  return nn_config_ok (config) ? n : 0;
}

static void
read_margin (const NnConfig *config, const NnConfig *value, size_t in,
    bool is_cropping, Margin *margin)
{
  const gint64 before = read_side (config, value, 0);
  const gint64 after = read_side (config, value, 1);
  const gint64 sign = is_cropping ? -1 : 1;
  const gint64 out = (gint64) in + sign * (before + after);

  if (out < 1)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "the margin leaves nothing of an axis of %" G_GSIZE_FORMAT, in);
  *margin = (Margin){ .in = in, .out = MAX (out, 1), .before = sign * before };
}

static void
padding_setup (NnLayer *layer, const NnConfig *config)
{
  Padding *self = (Padding *) layer;
  const bool is_cropping =
      g_str_has_prefix (layer->klass->keras_name, "Cropping");
  const NnConfig value =
      nn_config_get (config, is_cropping ? "cropping" : "padding");
  const size_t n = layer->klass->n_axes, skip = MAX_AXES - n;
  NnShape out = { .rank = n + 1 };

  if (!nn_layer_expect (layer, config, 1, n + 1, n + 1))
    return;
  if (!nn_config_is_set (&value))
    nn_config_fail (config, NN_ERROR_FORMAT, "the margins are missing");
  for (size_t i = 0; i < MAX_AXES; i++)
    self->margin[i] = (Margin){ .in = 1, .out = 1 };
  for (size_t i = 0; i < n; i++) {
    const NnConfig item = nn_config_at (&value, i);

    read_margin (config, n > 1 && nn_config_is_list (&value) ? &item : &value,
        layer->in[0].dim[i], is_cropping, &self->margin[skip + i]);
    out.dim[i] = self->margin[skip + i].out;
  }
  out.dim[n] = self->channels = layer->in[0].dim[n];
  if (nn_config_ok (config))
    nn_layer_add_output (layer, config, &out);
}

/* Input index of output index o, or beyond the end if there is none. */
static size_t
source (const Margin *margin, size_t o)
{
  return (size_t) ((gint64) o - margin->before);
}

static void
copy_row (const Padding *self, const float *in, float *out)
{
  const Margin *const x = &self->margin[2];
  const size_t c = self->channels;
  const size_t skip = x->before < 0 ? -x->before : 0;
  const size_t zeros = x->before > 0 ? x->before : 0;
  const size_t n = MIN (x->in - skip, x->out - zeros);

  memset (out, 0, zeros * c * sizeof (float));
  memcpy (out + zeros * c, in + skip * c, n * c * sizeof (float));
  memset (out + (zeros + n) * c, 0, (x->out - zeros - n) * c * sizeof (float));
}

static void
pad_sample (const Padding *self, const float *in, float *out)
{
  const Margin *const z = &self->margin[0], *const y = &self->margin[1];
  const size_t in_row = self->margin[2].in * self->channels;
  const size_t out_row = self->margin[2].out * self->channels;

  for (size_t oz = 0; oz < z->out; oz++)
    for (size_t oy = 0; oy < y->out; oy++, out += out_row) {
      const size_t iz = source (z, oz), iy = source (y, oy);

      if (iz < z->in && iy < y->in)
        copy_row (self, in + (iz * y->in + iy) * in_row, out);
      else
        memset (out, 0, out_row * sizeof (float));
    }
}

static void
padding_forward (const NnLayer *layer, const NnCall *call)
{
  for (size_t i = 0; i < call->n; i++)
    pad_sample ((const Padding *) layer,
        call->in[0] + i * nn_shape_size (&layer->in[0]),
        call->out[0] + i * nn_shape_size (&layer->out[0]));
}

/* ---- training ---- */

/* What a row of the output shows of one of the input. */
static void
copy_row_back (const Padding *self, const float *dy, float *dx)
{
  const Margin *const x = &self->margin[2];
  const size_t c = self->channels;
  const size_t skip = x->before < 0 ? -x->before : 0;
  const size_t zeros = x->before > 0 ? x->before : 0;

  memcpy (dx + skip * c, dy + zeros * c,
      MIN (x->in - skip, x->out - zeros) * c * sizeof (float));
}

static void
padding_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Padding *self = (const Padding *) layer;
  const Margin *const z = &self->margin[0], *const y = &self->margin[1];
  const size_t in_row = self->margin[2].in * self->channels;
  const size_t out_row = self->margin[2].out * self->channels;
  const size_t size = nn_shape_size (&layer->in[0]);
  const float *dy = call->out_grad[0];
  float *dx = call->in_grad[0];

  if (!dx)
    return;
  memset (dx, 0, call->forward.n * size * sizeof *dx);
  for (size_t i = 0; i < call->forward.n; i++, dx += size)
    for (size_t oz = 0; oz < z->out; oz++)
      for (size_t oy = 0; oy < y->out; oy++, dy += out_row) {
        const size_t iz = source (z, oz), iy = source (y, oy);

        if (iz < z->in && iy < y->in)
          copy_row_back (self, dy, dx + (iz * y->in + iy) * in_row);
      }
}

static void
padding_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_in = needs->forgets_out = true;
}

static const NnTraining padding_training = {
  .is_by_sample = true,
  .measure = padding_measure,
  .backward = padding_backward,
};

/* clang-format off */
#define PADDING(name, n)                                                       \
  {                                                                            \
    .keras_name = name #n "D", .size = sizeof (Padding), .n_axes = n,          \
    .setup = padding_setup, .forward = padding_forward,                        \
    .training = &padding_training,                                             \
  }
/* clang-format on */

const NnLayerClass nn_padding_classes[] = {
  PADDING ("ZeroPadding", 1),
  PADDING ("ZeroPadding", 2),
  PADDING ("ZeroPadding", 3),
  PADDING ("Cropping", 1),
  PADDING ("Cropping", 2),
  PADDING ("Cropping", 3),
  { NULL },
};
