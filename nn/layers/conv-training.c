/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gradients of Conv1D, Conv2D and Conv3D. */
#include <string.h>
#include "nn/layers/conv.h"
#include "nn/loops.h"
#include "nn/training.h"

/* Rows of the input with zeros around, and one row of zeros. */
static size_t
image_len (const NnConv *self)
{
  const NnWindow *const window = &self->window;

  return (window->z.in * window->y.in + 1) * self->padded_x * window->channels;
}

static size_t
depth (const NnConv *self)
{
  return self->n_segments * self->segment_len;
}

/* The gradient of the input as a convolution: in and out are swapped. */
static NnAxis
adjoint_axis (const NnAxis *axis)
{
  return (NnAxis){ .in = axis->out,
    .out = axis->in,
    .kernel = axis->kernel,
    .stride = 1,
    .dilation = axis->dilation,
    .pad_before = (axis->kernel - 1) * axis->dilation - axis->pad_before };
}

static bool
has_strides (const NnWindow *window)
{
  return window->z.stride > 1 || window->y.stride > 1 || window->x.stride > 1;
}

static NnConv *
new_adjoint (const NnConv *self)
{
  const NnWindow *const window = &self->window;
  NnConv *const adjoint = g_new0 (NnConv, 1);

  adjoint->window = (NnWindow){ .n_axes = window->n_axes,
    .z = adjoint_axis (&window->z),
    .y = adjoint_axis (&window->y),
    .x = adjoint_axis (&window->x),
    .channels = self->filters };
  adjoint->filters = window->channels;
  adjoint->groups = self->groups;
  if (nn_conv_lay_out (adjoint)) {
    nn_conv_use_fastest (adjoint);
    return adjoint;
  }
  g_free (adjoint);
  return NULL;
}

void
nn_conv_free_adjoint (NnConv *adjoint)
{
  if (adjoint)
    nn_conv_resize_packed (adjoint, 0);
  g_free (adjoint);
}

/* kernel [taps][c / groups][filters], divided among groups -> [taps,
 * reversed][filters / groups][c] */
bool
nn_conv_pack_adjoint (NnConv *self)
{
  const float *const kernel = nn_layer_value (&self->base, NN_CONV_KERNEL);
  const size_t taps = nn_window_taps (&self->window);
  const size_t c = self->window.channels / self->groups;
  const size_t f = self->filters / self->groups;
  g_autofree float *turned = g_try_new (float, taps *f * self->window.channels);
  float *out = turned;

  if (!turned)
    return false;
  for (size_t t = taps; t-- > 0;)
    for (size_t j = 0; j < f; j++)
      for (size_t g = 0; g < self->groups; g++)
        for (size_t i = 0; i < c; i++)
          *out++ = kernel[(t * c + i) * self->filters + g * f + j];
  return self->adjoint->way->pack (self->adjoint, turned);
}

static bool
conv_prepare (NnLayer *layer)
{
  NnConv *const self = (NnConv *) layer;

  nn_conv_use_fastest (self);
  if (!has_strides (&self->window) && !self->adjoint)
    self->adjoint = new_adjoint (self);
  return layer->klass->finish (layer);
}

/* Whether the way has a gradient of the kernel for these shapes. */
static bool
has_way_back (const NnConv *self)
{
  return self->way->kernel_gradient && self->way->gradient_scratch (self) > 0;
}

static void
conv_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const NnConv *self = (const NnConv *) layer;

  needs->scratch = nn_conv_segments_len (self) + image_len (self);
  needs->forgets_out = true;
  if (self->adjoint)
    needs->scratch = MAX (needs->scratch, self->adjoint->base.scratch_len);
  else
    needs->scratch += image_len (self) + self->window.x.out * depth (self)
        + nn_training_product_len (self->filters / self->groups, depth (self));
  if (has_way_back (self))
    needs->scratch = MAX (needs->scratch, self->way->gradient_scratch (self));
}

/* Layout of the scratch memory in backward. */
typedef struct {
  size_t *segments; /* [n_segments] of the current row */
  float *image;     /* [z.in * y.in + 1][padded_x][channels] */
  /* Without an adjoint: */
  float *grad;    /* as the image */
  float *patches; /* [x.out][depth] */
  float *packed;  /* the transposed kernel of a group */
} BackwardScratch;

/* Copies between rows with and without zero padding. */
static void
copy_image (const NnConv *self, float *image, const float *in, float *out)
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
kernel_back (const NnConv *self, const BackwardScratch *scratch, const float *a,
    const float *dy, float *kernel_grad)
{
  nn_simd ()->transposed_product (
      &(NnTransposedProduct){ .m = self->window.x.out,
          .k = depth (self),
          .n = self->filters / self->groups,
          .a = a,
          .lda = self->window.x.stride * self->window.channels,
          .n_segments = self->n_segments,
          .segments = scratch->segments,
          .b = dy,
          .ldb = self->filters,
          .c = kernel_grad,
          .ldc = self->filters });
}

/* Adds the gradient of the patches of a row at their positions. */
static void
input_back (const NnConv *self, const BackwardScratch *scratch, const float *dy,
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
group_back (const NnConv *self, const NnTrainingCall *call,
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

    nn_conv_find_segments (self, r / window->y.out, r % window->y.out,
        window->z.in * window->y.in, true, scratch->segments);
    if (call->param_grad[NN_CONV_KERNEL])
      kernel_back (self, scratch, scratch->image + channel, dy,
          call->param_grad[NN_CONV_KERNEL] + group * filters);
    if (call->in_grad[0] && !self->adjoint)
      input_back (self, scratch, dy, scratch->grad + channel);
  }
}

static void
pack_transposed (const NnConv *self, size_t group, float *packed)
{
  const size_t filters = self->filters / self->groups;

  nn_packed_at (packed, nn_simd (),
      nn_layer_value (&self->base, NN_CONV_KERNEL) + group * filters, 1,
      self->filters, filters, depth (self));
}

/* What way and adjoint leave: the rest of the gradients, patch by patch. */
static void
patches_back (const NnConv *self, const NnTrainingCall *call)
{
  const size_t in_size = nn_conv_in_size (self);
  const bool by_taps = call->in_grad[0] && !self->adjoint;
  BackwardScratch scratch = { .segments = (size_t *) call->forward.scratch };

  scratch.image = call->forward.scratch + nn_conv_segments_len (self);
  scratch.grad = scratch.image + image_len (self);
  scratch.patches = scratch.grad + image_len (self);
  scratch.packed = scratch.patches + self->window.x.out * depth (self);
  memset (scratch.image, 0, image_len (self) * sizeof (float));
  for (size_t i = 0; i < call->forward.n; i++) {
    copy_image (self, scratch.image, call->forward.in[0] + i * in_size, NULL);
    if (by_taps)
      memset (scratch.grad, 0, image_len (self) * sizeof (float));
    for (size_t g = 0; g < self->groups; g++) {
      if (by_taps && (self->groups > 1 || i == 0))
        pack_transposed (self, g, scratch.packed);
      group_back (self, call, &scratch, g, i);
    }
    if (by_taps)
      copy_image (self, scratch.grad, NULL, call->in_grad[0] + i * in_size);
  }
}

static void
conv_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnConv *self = (const NnConv *) layer;
  const size_t out_size = nn_conv_out_size (self);
  float *const kernel_grad = call->param_grad[NN_CONV_KERNEL];

  if (self->adjoint && call->in_grad[0])
    self->adjoint->way->run (self->adjoint, call->forward.n, call->out_grad[0],
        call->forward.scratch, call->in_grad[0]);
  if (self->use_bias && call->param_grad[NN_CONV_BIAS])
    nn_loops ()->add_rows (call->forward.n * (out_size / self->filters),
        self->filters, call->out_grad[0], self->filters,
        call->param_grad[NN_CONV_BIAS]);
  if ((call->in_grad[0] && !self->adjoint)
      || (kernel_grad && !has_way_back (self)))
    patches_back (self, call);
  else if (kernel_grad)
    for (size_t i = 0; i < call->forward.n; i++)
      self->way->kernel_gradient (self,
          call->forward.in[0] + i * nn_conv_in_size (self),
          call->out_grad[0] + i * out_size, call->forward.scratch, kernel_grad);
}

const NnTraining nn_conv_training = {
  .is_by_sample = true,
  .prepare = conv_prepare,
  .measure = conv_measure,
  .backward = conv_backward,
};
