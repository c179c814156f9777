/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UpSampling, 1D to 3D, Resizing, CenterCrop and the operator Resize: an image
 * of another size, by nearest neighbours; in 2D also by interpolation
 * (nn/layers/resample.h). To keep the aspect ratio, a window of the input is
 * taken first, which may be larger than the input.
 *   in [z][y][x][c]  ->  window [z][y][x][c]  ->  out [z'][y'][x'][c] */
#include <math.h>
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/resample.h"
#include "nn/limits.h"

#define MAX_AXES 3

typedef struct {
  NnLayer base;
  size_t in[MAX_AXES], out[MAX_AXES]; /* z, y, x; in: of the window */
  size_t channels;
  NnTaps taps[2]; /* of y and x; empty: nearest neighbours */
  size_t row_len; /* of scratch, for interpolation */
  bool has_window;
  gssize first[MAX_AXES]; /* of the window in the input; below 0: outside */
  float fill;             /* outside */
} UpSampling;

/* The window with the aspect ratio of the result: the largest inside the input,
 * or the smallest around it. */
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

/* The interpolation between the window and the output; after both are known.
 * Its row of scratch memory precedes the window. */
static void
plan_taps (UpSampling *self, const NnConfig *config, NnResampleKind kind)
{
  const NnResample how = { .kind = kind,
    .antialias = nn_config_bool (config, "antialias", false),
    .is_torch = config->is_torch };

  if (kind == NN_RESAMPLE_NEAREST || !nn_config_ok (config))
    return;
  for (size_t i = 0; i < G_N_ELEMENTS (self->taps); i++) {
    if (nn_taps_count (&how, self->in[i + 1], self->out[i + 1])
        > NN_MAX_TABLE) {
      nn_config_fail (config, NN_ERROR_LIMIT,
          "an image of %" G_GSIZE_FORMAT " by %" G_GSIZE_FORMAT
          " is too large to be interpolated",
          self->out[1], self->out[2]);
      return;
    }
    self->taps[i] = nn_taps_new (&how, self->in[i + 1], self->out[i + 1]);
  }
  self->row_len = self->in[2] * self->channels;
  self->base.scratch_len += self->row_len;
}

static void
up_sampling_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const only_nearest[] = { "nearest", NULL };
  UpSampling *self = (UpSampling *) layer;
  const size_t n = layer->klass->n_axes;
  size_t size[MAX_AXES], kind;

  if (!nn_layer_expect (layer, config, 1, n + 1, n + 1))
    return;
  kind = nn_config_choice (
      config, "interpolation", n == 2 ? nn_resample_names : only_nearest, 0);
  nn_config_sizes (config, "size", 2, n, size);
  for (size_t i = 0; i < n; i++)
    size[i] *= layer->in[0].dim[i];
  set_sizes (self, config, size);
  plan_taps (self, config, kind);
}

/* Sizes rounded as in Keras, centred in the input. */
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
  UpSampling *self = (UpSampling *) layer;
  const bool is_crop = g_str_equal (layer->klass->keras_name, "CenterCrop");
  size_t size[2], kind;
  Fit fit;

  if (!nn_layer_expect (layer, config, 1, 3, 3))
    return;
  kind = nn_config_choice (
      config, "interpolation", nn_resample_names, NN_RESAMPLE_BILINEAR);
  self->fill = nn_config_double (config, "fill_value", 0);
  fit = is_crop ? CROP : read_fit (config);
  nn_layer_refuse (config, "preserve_aspect_ratio");
  if (g_str_equal (layer->klass->keras_name, "ops.Resize")) {
    nn_config_sizes (config, "size", 0, 2, size);
  } else {
    size[0] = nn_config_size (config, "height", 0);
    size[1] = nn_config_size (config, "width", 0);
  }
  set_sizes (self, config, size);
  if (!nn_config_ok (config))
    return;
  if (is_crop && self->out[1] <= self->in[1] && self->out[2] <= self->in[2]) {
    for (size_t i = 1; i < MAX_AXES; i++) {
      self->first[i] = (self->in[i] - self->out[i]) / 2;
      self->in[i] = self->out[i];
    }
    self->has_window = true;
    layer->scratch_len = nn_shape_size (&layer->out[0]);
    kind = NN_RESAMPLE_NEAREST;
  } else if (fit != WHOLE) {
    take_window (self, config, fit);
  }
  plan_taps (self, config, kind);
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

/* The input position whose span contains the centre of output position o. */
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

/* First combines all rows for one of the output in scratch. */
static void
interpolate_sample (
    const UpSampling *self, const float *in, float *out, float *row)
{
  const NnTaps *const ys = &self->taps[0], *const xs = &self->taps[1];
  const size_t c = self->channels, in_row = self->in[2] * c;

  for (size_t oy = 0; oy < self->out[1]; oy++) {
    memset (row, 0, in_row * sizeof *row);
    for (size_t i = 0; i < ys->n_taps; i++) {
      const float weight = ys->weights[oy * ys->n_taps + i];
      const float *const from = in + (ys->first[oy] + i) * in_row;

      for (size_t k = 0; k < in_row && weight != 0; k++)
        row[k] += weight * from[k];
    }
    for (size_t ox = 0; ox < self->out[2]; ox++, out += c)
      for (size_t k = 0; k < c; k++) {
        const float *const from = row + xs->first[ox] * c + k;
        float sum = 0;

        for (size_t i = 0; i < xs->n_taps; i++)
          sum += xs->weights[ox * xs->n_taps + i] * from[i * c];
        out[k] = sum;
      }
  }
}

static void
up_sampling_forward (const NnLayer *layer, const NnCall *call)
{
  const UpSampling *self = (const UpSampling *) layer;

  for (size_t i = 0; i < call->n; i++) {
    const float *const sample = call->in[0] + i * nn_shape_size (&layer->in[0]);
    float *const out = call->out[0] + i * nn_shape_size (&layer->out[0]);
    const float *const in = self->has_window
        ? fill_window (self, sample, call->scratch + self->row_len)
        : sample;

    if (self->taps[0].weights)
      interpolate_sample (self, in, out, call->scratch);
    else
      repeat_sample (self, in, out);
  }
}

static void
up_sampling_clear (NnLayer *layer)
{
  UpSampling *self = (UpSampling *) layer;

  for (size_t i = 0; i < G_N_ELEMENTS (self->taps); i++)
    nn_taps_clear (&self->taps[i]);
}

/* clang-format off */
#define UP_SAMPLING(name, n, how)                                              \
  {                                                                            \
    .keras_name = name, .size = sizeof (UpSampling), .n_axes = n,              \
    .setup = how, .forward = up_sampling_forward, .clear = up_sampling_clear,  \
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
