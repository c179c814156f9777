/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conv1D, Conv2D, Conv3D: cross-correlation.
 *   in [z][y][x][c]  kernel [kz][ky][kx][c / groups][filters]  bias [filters]
 *   -> out [z'][y'][x'][filters]
 * One row of the output at a time is a product of the padded input and the
 * packed kernel: the patch under each position is a few runs of consecutive
 * floats, so nothing is gathered. What follows in the model (batch
 * normalisation, ReLU, maximum pooling) is done to the row while it is in the
 * cache: see nn/fuse.h.
 */
#include <string.h>
#include "nn/activation.h"
#include "nn/fuse.h"
#include "nn/layers/layers.h"
#include "nn/layers/window.h"
#include "nn/simd.h"
#include "nn/training.h"

enum { KERNEL, BIAS };

typedef struct {
  NnLayer base;
  NnWindow window;
  size_t filters, groups;
  bool use_bias;
  NnActivation activation;

  /* The input's rows, with zeros before and behind, as far as one row of the
   * output needs them: row i of the input is in slot i % n_slots, and one more
   * slot is all zeros. Without padding the input serves as it is. */
  bool is_padded;
  size_t padded_x; /* positions of a slot */
  size_t n_slots;
  /* A patch is runs of consecutive floats, the same in each row of taps. */
  size_t n_segments, segment_len;
  NnPacked *packed; /* [groups], by conv_finish */

  /* Absorbed from the layers that follow. */
  bool relu_after;
  const float *scale, *offset; /* borrowed from the BatchNormalization */
  size_t pool_y, pool_x;       /* 1: none */
} Conv;

static bool
conv_read (Conv *self, const NnConfig *config)
{
  NnWindow *const window = &self->window;

  if (!nn_window_read (window, &self->base, config, "kernel_size"))
    return false;
  nn_window_resolve (window, config);
  self->filters = nn_config_size (config, "filters", 0);
  self->groups = nn_config_size (config, "groups", 1);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
  self->base.last_activation = &self->activation;
  if (nn_config_ok (config)
      && (window->channels % self->groups || self->filters % self->groups))
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT " channels and %" G_GSIZE_FORMAT
        " filters do not divide into %" G_GSIZE_FORMAT " groups",
        window->channels, self->filters, self->groups);
  return nn_config_ok (config);
}

/* Positions that the windows of an axis reach, the zeros included. */
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

/* Runs of consecutive floats in one row of taps: one where all channels are
 * taken and no column is left out, else one for each tap. */
static size_t
runs_of_row (const Conv *self)
{
  return self->groups == 1 && self->window.x.dilation == 1
      ? 1
      : self->window.x.kernel;
}

/* Floats that hold n_segments offsets. */
static size_t
segments_len (const Conv *self)
{
  return self->n_segments * sizeof (size_t) / sizeof (float);
}

static void
conv_lay_out (Conv *self, const NnConfig *config)
{
  const NnWindow *const window = &self->window;
  const NnAxis *const z = &window->z, *const y = &window->y;
  const size_t runs = runs_of_row (self);
  NnShape slots;
  size_t size;

  self->pool_y = self->pool_x = 1;
  self->padded_x = padded_length (&window->x);
  self->is_padded =
      has_padding (z) || has_padding (y) || has_padding (&window->x);
  /* Rows follow each other, but where there are planes they come again. */
  self->n_slots = z->in > 1 ? z->in * y->in : (y->kernel - 1) * y->dilation + 1;
  self->n_slots = MIN (self->n_slots, z->in * y->in);
  self->segment_len = window->channels / self->groups * window->x.kernel / runs;
  self->n_segments = z->kernel * y->kernel * runs;
  slots = (NnShape){ .rank = 3,
    .dim = { self->n_slots + 1, self->padded_x, window->channels } };
  if (!nn_shape_checked_size (&slots, &size)) {
    nn_config_fail (
        config, NN_ERROR_LIMIT, "the input is too large with its padding");
    return;
  }
  self->base.scratch_len = segments_len (self) + window->x.out * self->filters
      + (self->is_padded ? size : 0);
}

static void
conv_setup (NnLayer *layer, const NnConfig *config)
{
  Conv *self = (Conv *) layer;
  const NnWindow *const window = &self->window;
  NnShape kernel, out;

  if (!conv_read (self, config))
    return;
  kernel = nn_window_kernel_shape (
      window, window->channels / self->groups, self->filters);
  out = nn_window_out_shape (window, self->filters);
  nn_layer_add_param (layer, config, "", "kernel", &kernel, true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "", "bias",
        &(NnShape){ .rank = 1, .dim = { self->filters } }, true);
  nn_layer_add_output (layer, config, &out);
  if (nn_config_ok (config))
    conv_lay_out (self, config);
}

static void
clear_packed (Conv *self)
{
  for (size_t g = 0; g < self->groups && self->packed; g++)
    nn_packed_clear (&self->packed[g]);
  g_clear_pointer (&self->packed, g_free);
}

static void
conv_finish (NnLayer *layer)
{
  Conv *self = (Conv *) layer;
  const size_t filters = self->filters / self->groups;

  clear_packed (self);
  self->packed = g_new0 (NnPacked, self->groups);
  for (size_t g = 0; g < self->groups; g++)
    nn_packed_init (&self->packed[g], nn_simd (),
        nn_layer_value (layer, KERNEL) + g * filters, self->filters,
        self->n_segments * self->segment_len, filters);
}

static void
conv_clear (NnLayer *layer)
{
  clear_packed ((Conv *) layer);
}

/* Copies the rows *next..end - 1 of the input into their slots. */
static void
fill_slots (
    const Conv *self, const float *in, size_t *next, size_t end, float *slots)
{
  const NnWindow *const window = &self->window;
  const size_t row = window->x.in * window->channels;
  const size_t slot = self->padded_x * window->channels;

  for (; *next < end; (*next)++)
    memcpy (slots + *next % self->n_slots * slot
            + window->x.pad_before * window->channels,
        in + *next * row, row * sizeof (float));
}

/* Where the runs begin that row (oz, oy) of the output needs, in memory of
 * n_slots rows and one of zeros. */
static void
find_segments (const Conv *self, size_t oz, size_t oy, size_t n_slots,
    bool is_padded, size_t *segments)
{
  const NnWindow *const window = &self->window;
  const NnAxis *const z = &window->z, *const y = &window->y;
  const size_t runs = runs_of_row (self);

  for (size_t kz = 0; kz < z->kernel; kz++)
    for (size_t ky = 0; ky < y->kernel; ky++) {
      /* An index before the first wraps, and so is past the last. */
      const size_t iz = oz * z->stride + kz * z->dilation - z->pad_before;
      const size_t iy = oy * y->stride + ky * y->dilation - y->pad_before;
      size_t slot = n_slots;

      if (iz < z->in && iy < y->in)
        slot = is_padded ? (iz * y->in + iy) % n_slots : iz * y->in + iy;
      for (size_t kx = 0; kx < runs; kx++)
        *segments++ = (slot * self->padded_x + kx * window->x.dilation)
            * window->channels;
    }
}

/* Row (oz, oy) of the output, without its activation: row [x.out][filters] */
static void
convolve_row (
    const Conv *self, const float *rows, const size_t *segments, float *row)
{
  const NnWindow *const window = &self->window;
  const size_t n = window->channels / self->groups;
  const size_t filters = self->filters / self->groups;
  const float *const bias =
      self->use_bias ? nn_layer_value (&self->base, BIAS) : NULL;

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

/* Activation and what was absorbed; out [x.out / pool_x][filters] */
static void
finish_row (const Conv *self, float *row, bool is_first, float *out)
{
  const bool is_relu = nn_activation_is_relu (&self->activation);

  if (!is_relu)
    nn_activation_apply (
        &self->activation, row, self->window.x.out, self->filters);
  nn_simd ()->finish_row (&(NnFinishRow){ .row = row,
      .n = self->window.x.out / self->pool_x,
      .pool = self->pool_x,
      .channels = self->filters,
      .relu_before = is_relu,
      .scale = self->scale,
      .offset = self->offset,
      .relu_after = self->relu_after,
      .add = !is_first,
      .out = out });
}

/* How many rows of the input, from the first on, row oy of the output needs. */
static size_t
rows_needed (const Conv *self, size_t oy)
{
  const NnAxis *const z = &self->window.z, *const y = &self->window.y;
  const size_t end = oy * y->stride + (y->kernel - 1) * y->dilation + 1;

  if (z->in > 1)
    return z->in * y->in;
  return end > y->pad_before ? MIN (end - y->pad_before, y->in) : 0;
}

/* The parts of the scratch memory. */
typedef struct {
  size_t *segments; /* [n_segments] */
  float *row;       /* [x.out][filters] */
  float *slots;     /* [n_slots + 1][padded_x][channels], where padded */
} Scratch;

static void
conv_sample (
    const Conv *self, const float *in, const Scratch *scratch, float *out)
{
  const size_t n_rows = self->window.y.out / self->pool_y;
  const size_t out_row = self->window.x.out / self->pool_x * self->filters;
  const bool in_place = self->pool_y == 1 && self->pool_x == 1;
  size_t next = 0;

  for (size_t oz = 0; oz < self->window.z.out; oz++)
    for (size_t y = 0; y < n_rows; y++, out += out_row)
      for (size_t k = 0; k < self->pool_y; k++) {
        const size_t oy = y * self->pool_y + k;
        float *const row = in_place ? out : scratch->row;

        if (self->is_padded)
          fill_slots (self, in, &next, rows_needed (self, oy), scratch->slots);
        find_segments (
            self, oz, oy, self->n_slots, self->is_padded, scratch->segments);
        convolve_row (self, self->is_padded ? scratch->slots : in,
            scratch->segments, row);
        finish_row (self, row, k == 0, out);
      }
}

static void
conv_forward (const NnLayer *layer, const NnCall *call)
{
  const Conv *self = (const Conv *) layer;
  const NnWindow *const window = &self->window;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t out_size = window->z.out * (window->y.out / self->pool_y)
      * (window->x.out / self->pool_x) * self->filters;
  const Scratch scratch = { .segments = (size_t *) call->scratch,
    .row = call->scratch + segments_len (self),
    .slots =
        call->scratch + segments_len (self) + window->x.out * self->filters };

  if (self->is_padded) /* once: only what is between the zeros changes */
    memset (scratch.slots, 0,
        (self->n_slots + 1) * self->padded_x * window->channels
            * sizeof (float));
  for (size_t i = 0; i < call->n; i++)
    conv_sample (
        self, call->in[0] + i * in_size, &scratch, call->out[0] + i * out_size);
}

static bool
conv_absorb (NnLayer *layer, const NnLayer *next)
{
  Conv *self = (Conv *) layer;
  const bool is_pooled = self->pool_y > 1 || self->pool_x > 1;
  size_t pool_y, pool_x;

  if (is_pooled)
    return false;
  if (!self->scale && !self->relu_after
      && nn_batch_normalization_affine (next, &self->scale, &self->offset))
    return true;
  if (nn_activation_layer_is_relu (next))
    return self->relu_after = true;
  if (self->window.n_axes == 2
      && nn_max_pooling_tiles (next, &pool_y, &pool_x)) {
    self->pool_y = pool_y;
    self->pool_x = pool_x;
    return true;
  }
  return false;
}

/* ---- training ---- */

/* Rows of the input with zeros around, and one row of zeros. */
static size_t
image_len (const Conv *self)
{
  const NnWindow *const window = &self->window;

  return (window->z.in * window->y.in + 1) * self->padded_x * window->channels;
}

static size_t
depth (const Conv *self)
{
  return self->n_segments * self->segment_len;
}

/* Short runs are gathered, so that products have enough columns. */
#define SHORT_RUN ((size_t) 24)

static void
conv_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const Conv *self = (const Conv *) layer;

  needs->scratch = segments_len (self) + 2 * image_len (self)
      + self->window.x.out * depth (self)
      + nn_training_product_len (self->filters / self->groups, depth (self));
}

/* The parts of the scratch memory in backward. */
typedef struct {
  size_t *segments;    /* [n_segments] of the row at hand */
  float *image, *grad; /* [z.in * y.in + 1][padded_x][channels] */
  float *patches;      /* [x.out][depth] */
  float *packed;       /* the transposed kernel of a group */
} BackwardScratch;

/* Between the rows with zeros around and those without. */
static void
copy_image (const Conv *self, float *image, const float *in, float *out)
{
  const NnWindow *const window = &self->window;
  const size_t row = window->x.in * window->channels;
  const size_t slot = self->padded_x * window->channels;

  image += window->x.pad_before * window->channels;
  for (size_t i = 0; i < window->z.in * window->y.in; i++)
    if (in)
      memcpy (image + i * slot, in + i * row, row * sizeof (float));
    else
      memcpy (out + i * row, image + i * slot, row * sizeof (float));
}

/* grad of the kernel of a group += patches of a row, transposed, times dy
 * [x.out][filters]. a: the image, at the group's first channel. */
static void
kernel_back (const Conv *self, const BackwardScratch *scratch, const float *a,
    const float *dy, float *kernel_grad)
{
  const size_t lda = self->window.x.stride * self->window.channels;
  const size_t k = self->segment_len, m = self->window.x.out;
  NnTransposedProduct product = { .m = m,
    .k = k,
    .n = self->filters / self->groups,
    .lda = lda,
    .b = dy,
    .ldb = self->filters,
    .ldc = self->filters };

  if (k >= SHORT_RUN) {
    for (size_t s = 0; s < self->n_segments; s++) {
      product.a = a + scratch->segments[s];
      product.c = kernel_grad + s * k * self->filters;
      nn_simd ()->transposed_product (&product);
    }
    return;
  }
  for (size_t x = 0; x < m; x++)
    for (size_t s = 0; s < self->n_segments; s++)
      for (size_t i = 0; i < k; i++)
        scratch->patches[x * depth (self) + s * k + i] =
            a[scratch->segments[s] + x * lda + i];
  product.a = scratch->patches;
  product.lda = product.k = depth (self);
  product.c = kernel_grad;
  nn_simd ()->transposed_product (&product);
}

/* The gradient of the patches of a row goes to where they came from. */
static void
input_back (const Conv *self, const BackwardScratch *scratch, const float *dy,
    float *grad)
{
  const size_t lda = self->window.x.stride * self->window.channels;
  const size_t filters = self->filters / self->groups;
  const NnPacked packed = { filters, depth (self), scratch->packed };

  nn_simd ()->product (&(NnProduct){ .m = self->window.x.out,
      .a = dy,
      .lda = self->filters,
      .n_segments = 1,
      .segment_len = filters,
      .b = &packed,
      .c = scratch->patches,
      .ldc = depth (self) });
  for (size_t x = 0; x < self->window.x.out; x++)
    for (size_t s = 0; s < self->n_segments; s++)
      nn_loops ()->add (self->segment_len,
          scratch->patches + x * depth (self) + s * self->segment_len,
          grad + scratch->segments[s] + x * lda);
}

/* All samples, one group. */
static void
group_back (const Conv *self, const NnTrainingCall *call,
    const BackwardScratch *scratch, size_t group, size_t sample)
{
  const NnWindow *const window = &self->window;
  const size_t filters = self->filters / self->groups;
  const size_t channel = group * (window->channels / self->groups);
  const size_t n_rows = window->z.out * window->y.out;
  const size_t row = window->x.out * self->filters;

  for (size_t r = 0; r < n_rows; r++) {
    const float *const dy =
        call->out_grad[0] + (sample * n_rows + r) * row + group * filters;

    find_segments (self, r / window->y.out, r % window->y.out,
        window->z.in * window->y.in, true, scratch->segments);
    if (call->param_grad[KERNEL])
      kernel_back (self, scratch, scratch->image + channel, dy,
          call->param_grad[KERNEL] + group * filters);
    if (call->in_grad[0])
      input_back (self, scratch, dy, scratch->grad + channel);
  }
}

static void
pack_transposed (const Conv *self, size_t group, float *packed)
{
  const size_t filters = self->filters / self->groups;

  nn_packed_at (packed, nn_simd (),
      nn_layer_value (&self->base, KERNEL) + group * filters, 1, self->filters,
      filters, depth (self));
}

static void
conv_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Conv *self = (const Conv *) layer;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t positions = nn_shape_size (&layer->out[0]) / self->filters;
  BackwardScratch scratch = { .segments = (size_t *) call->run.scratch };

  scratch.image = call->run.scratch + segments_len (self);
  scratch.grad = scratch.image + image_len (self);
  scratch.patches = scratch.grad + image_len (self);
  scratch.packed = scratch.patches + self->window.x.out * depth (self);
  memset (scratch.image, 0, image_len (self) * sizeof (float));
  if (self->use_bias && call->param_grad[BIAS])
    nn_loops ()->add_rows (call->run.n * positions, self->filters,
        call->out_grad[0], self->filters, call->param_grad[BIAS]);
  for (size_t i = 0; i < call->run.n; i++) {
    copy_image (self, scratch.image, call->run.in[0] + i * in_size, NULL);
    memset (scratch.grad, 0, image_len (self) * sizeof (float));
    for (size_t g = 0; g < self->groups; g++) {
      if (call->in_grad[0] && (self->groups > 1 || i == 0))
        pack_transposed (self, g, scratch.packed);
      group_back (self, call, &scratch, g, i);
    }
    if (call->in_grad[0])
      copy_image (self, scratch.grad, NULL, call->in_grad[0] + i * in_size);
  }
}

static const NnTraining conv_training = {
  .measure = conv_measure,
  .backward = conv_backward,
};

static double
conv_flops (const NnLayer *layer)
{
  const Conv *self = (const Conv *) layer;

  return 2.0 * self->n_segments * self->segment_len
      * nn_shape_size (&layer->out[0]);
}

/* clang-format off */
#define CONV(n)                                                                \
  {                                                                            \
    .keras_name = "Conv" #n "D", .size = sizeof (Conv), .n_axes = n,           \
    .setup = conv_setup, .finish = conv_finish, .forward = conv_forward,       \
    .absorb = conv_absorb, .clear = conv_clear, .flops = conv_flops,           \
    .training = &conv_training,                                                \
  }
/* clang-format on */

const NnLayerClass nn_conv_classes[] = {
  CONV (1),
  CONV (2),
  CONV (3),
  { NULL },
};
