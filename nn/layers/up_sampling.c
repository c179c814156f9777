/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UpSampling, 1D to 3D, Resizing, CenterCrop and the operator Resize: an image
 * of another size, each position the nearest of the input's; in 2D also
 * bilinear. The centres of positions are at halves and nothing is smoothed
 * (tf.image.resize). What keeps the aspect ratio first takes a window of the
 * input, which may be larger.
 *   in [z][y][x][c]  ->  window [z][y][x][c]  ->  out [z'][y'][x'][c]
 */
#include <math.h>
#include <string.h>
#include "nn/layers/layers.h"

#define MAX_AXES 3

typedef struct {
  NnLayer base;
  size_t in[MAX_AXES], out[MAX_AXES]; /* z, y, x; in: of the window */
  size_t channels;
  bool is_bilinear;
  bool has_window;
  gssize first[MAX_AXES]; /* of the window in the input; below 0: outside */
  float fill;             /* outside */
} UpSampling;

/* An image that has the aspect ratio of the result: as much of the input as
 * fits into it, or the least that holds all of the input. */
typedef enum { WHOLE, CROP, PAD } Fit;

/* size: [n_axes] of the output. */
static void
set_sizes (UpSampling *self, const NnConfig *config, const size_t *size)
{
  NnLayer *const layer = &self->base;
  const size_t n = layer->klass->n_axes, skip = MAX_AXES - n;
  NnShape out = { .rank = n + 1 };

  for (size_t i = 0; i < MAX_AXES; i++) {
    self->in[i] = i < skip ? 1 : layer->in[0].dim[i - skip];
    self->out[i] = i < skip ? 1 : size[i - skip];
  }
  for (size_t i = 0; i < n; i++)
    out.dim[i] = size[i];
  out.dim[n] = self->channels = layer->in[0].dim[n];
  nn_layer_add_output (layer, config, &out);
}

static void
up_sampling_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const kinds[] = { "nearest", "bilinear", NULL };
  static const char *const no_bilinear[] = { "nearest", NULL };
  UpSampling *self = (UpSampling *) layer;
  const size_t n = layer->klass->n_axes;
  size_t size[MAX_AXES];

  if (!nn_layer_expect (layer, config, 1, n + 1, n + 1))
    return;
  self->is_bilinear = nn_config_choice (
      config, "interpolation", n == 2 ? kinds : no_bilinear, 0);
  nn_config_sizes (config, "size", 2, n, size);
  for (size_t i = 0; i < n; i++)
    size[i] *= layer->in[0].dim[i];
  set_sizes (self, config, size);
}

/* Sizes as Keras rounds them, in the middle of the input. */
static void
take_window (UpSampling *self, const NnConfig *config, Fit fit)
{
  NnLayer *const layer = &self->base;
  const size_t *const out = &self->out[1];
  size_t have[2], want[2];
  NnShape window = { .rank = 3 };
  size_t size;

  for (size_t i = 0; i < 2; i++)
    have[i] = layer->in[0].dim[i];
  for (size_t i = 0; i < 2; i++) {
    want[i] = (double) have[1 - i] * out[i] / out[1 - i];
    want[i] =
        fit == CROP ? MAX (MIN (want[i], have[i]), 1) : MAX (want[i], have[i]);
    self->in[1 + i] = window.dim[i] = want[i];
    self->first[1 + i] = ((gssize) have[i] - (gssize) want[i]) / 2;
    if (fit == PAD && (want[i] - have[i]) % 2 != 0)
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "“pad_to_aspect_ratio” with margins of unequal width, in which "
          "backends of Keras differ");
  }
  window.dim[2] = self->channels;
  self->has_window = true;
  if (nn_shape_checked_size (&window, &size))
    layer->scratch_len = size;
  else
    nn_config_fail (
        config, NN_ERROR_LIMIT, "the image with its margins is too large");
}

static Fit
read_fit (const NnConfig *config)
{
  static const char *const modes[] = { "constant", NULL };

  if (nn_config_bool (config, "crop_to_aspect_ratio", false))
    return CROP;
  if (!nn_config_bool (config, "pad_to_aspect_ratio", false))
    return WHOLE;
  nn_config_choice (config, "fill_mode", modes, 0);
  return PAD;
}

static void
resizing_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const kinds[] = { "bilinear", "nearest", NULL };
  UpSampling *self = (UpSampling *) layer;
  const bool is_crop = g_str_equal (layer->klass->keras_name, "CenterCrop");
  size_t size[2];
  Fit fit;

  if (!nn_layer_expect (layer, config, 1, 3, 3))
    return;
  self->is_bilinear = nn_config_choice (config, "interpolation", kinds, 0) == 0;
  self->fill = nn_config_double (config, "fill_value", 0);
  nn_layer_refuse (config, "antialias");
  fit = is_crop ? CROP : read_fit (config);
  nn_layer_refuse (config, "preserve_aspect_ratio");
  if (g_str_equal (layer->klass->keras_name, "ops.Resize")) {
    nn_config_sizes (config, "size", 0, 2, size);
  } else {
    size[0] = nn_config_size (config, "height", 0);
    size[1] = nn_config_size (config, "width", 0);
  }
  set_sizes (self, config, size);
  if (!nn_config_ok (config) || fit == WHOLE)
    return;
  if (is_crop && self->out[1] <= self->in[1] && self->out[2] <= self->in[2]) {
    for (size_t i = 1; i < MAX_AXES; i++) {
      self->first[i] = (self->in[i] - self->out[i]) / 2;
      self->in[i] = self->out[i];
    }
    self->has_window = true;
    layer->scratch_len = nn_shape_size (&layer->out[0]);
  } else {
    take_window (self, config, fit);
  }
}

/* The window of one sample. */
static const float *
fill_window (const UpSampling *self, const float *in, float *window)
{
  const NnShape *const shape = &self->base.in[0];
  const size_t c = self->channels;

  for (size_t y = 0; y < self->in[1]; y++)
    for (size_t x = 0; x < self->in[2]; x++) {
      const size_t iy = (size_t) ((gssize) y + self->first[1]);
      const size_t ix = (size_t) ((gssize) x + self->first[2]);
      float *const out = window + (y * self->in[2] + x) * c;

      if (iy < shape->dim[0] && ix < shape->dim[1])
        memcpy (out, in + (iy * shape->dim[1] + ix) * c, c * sizeof (float));
      else
        for (size_t k = 0; k < c; k++)
          out[k] = self->fill;
    }
  return window;
}

/* The input position whose span holds the centre of output position o. */
static size_t
nearest (size_t o, size_t n_in, size_t n_out)
{
  return (2 * o + 1) * n_in / (2 * n_out);
}

static void
repeat_row (const UpSampling *self, const float *in, float *out)
{
  const size_t c = self->channels;

  for (size_t x = 0; x < self->out[2]; x++, out += c)
    memcpy (out, in + nearest (x, self->in[2], self->out[2]) * c,
        c * sizeof (float));
}

static void
repeat_sample (const UpSampling *self, const float *in, float *out)
{
  const size_t in_row = self->in[2] * self->channels;
  const size_t out_row = self->out[2] * self->channels;

  for (size_t oz = 0; oz < self->out[0]; oz++)
    for (size_t oy = 0; oy < self->out[1]; oy++, out += out_row) {
      const size_t z = nearest (oz, self->in[0], self->out[0]);
      const size_t y = nearest (oy, self->in[1], self->out[1]);

      repeat_row (self, in + (z * self->in[1] + y) * in_row, out);
    }
}

/* Between which input positions output position o lies, and how far. */
static float
locate (size_t o, size_t n_in, size_t n_out, size_t *low, size_t *high)
{
  const double at = fmax ((o + 0.5) * n_in / n_out - 0.5, 0);

  *low = (size_t) at;
  *high = MIN (*low + 1, n_in - 1);
  return at - *low;
}

static void
interpolate_sample (const UpSampling *self, const float *in, float *out)
{
  const size_t n_x = self->in[2], c = self->channels;

  for (size_t oy = 0; oy < self->out[1]; oy++) {
    size_t y0, y1;
    const float v = locate (oy, self->in[1], self->out[1], &y0, &y1);

    for (size_t ox = 0; ox < self->out[2]; ox++, out += c) {
      size_t x0, x1;
      const float h = locate (ox, n_x, self->out[2], &x0, &x1);
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

  for (size_t i = 0; i < call->n; i++) {
    const float *const in = call->in[0] + i * nn_shape_size (&layer->in[0]);

    (self->is_bilinear ? interpolate_sample : repeat_sample) (self,
        self->has_window ? fill_window (self, in, call->scratch) : in,
        call->out[0] + i * nn_shape_size (&layer->out[0]));
  }
}

/* clang-format off */
#define UP_SAMPLING(name, n, how)                                              \
  {                                                                            \
    .keras_name = name, .size = sizeof (UpSampling), .n_axes = n,              \
    .setup = how, .forward = up_sampling_forward,                              \
  }
/* clang-format on */

const NnLayerClass nn_up_sampling_classes[] = {
  UP_SAMPLING ("UpSampling1D", 1, up_sampling_setup),
  UP_SAMPLING ("UpSampling2D", 2, up_sampling_setup),
  UP_SAMPLING ("UpSampling3D", 3, up_sampling_setup),
  UP_SAMPLING ("CenterCrop", 2, resizing_setup),
  UP_SAMPLING ("Resizing", 2, resizing_setup),
  UP_SAMPLING ("ops.Resize", 2, resizing_setup),
  { NULL },
};
