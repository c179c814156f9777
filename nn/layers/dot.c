/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dot: for each sample, the sum over one axis of each of two tensors.
 *   a [o][k][i]  b [p][k][j]  ->  out [o][i][p][j]
 * (a scalar product of two vectors has the shape (1)).
 */
#include <math.h>
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/split.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  NnSplit a, b; /* around the axis of summation */
  bool is_normalized;
  double epsilon; /* smallest length that is normalised */
} Dot;

static void
read_axes (const NnConfig *config, const NnShape *in, size_t *axes)
{
  const NnConfig value = nn_config_get (config, "axes");

  if (!nn_config_is_set (&value)
      || (nn_config_is_list (&value) && nn_config_length (&value) != 2))
    nn_config_fail (config, NN_ERROR_FORMAT, "“axes” is not one or two axes");
  for (size_t i = 0; i < 2; i++) {
    const NnConfig item = nn_config_at (&value, i);

    axes[i] = nn_axis_index (config,
        nn_config_as_int (nn_config_is_list (&value) ? &item : &value, 0),
        in[i].rank);
  }
}

static void
dot_setup (NnLayer *layer, const NnConfig *config)
{
  Dot *self = (Dot *) layer;
  NnShape out = { .rank = 0 };
  size_t axes[2];

  if (!nn_layer_expect (layer, config, 2, 1, (NN_MAX_RANK + 1) / 2))
    return;
  read_axes (config, layer->in, axes);
  if (!nn_config_ok (config))
    return;
  self->a = nn_split (&layer->in[0], axes[0], axes[0] + 1);
  self->b = nn_split (&layer->in[1], axes[1], axes[1] + 1);
  self->is_normalized = nn_config_bool (config, "normalize", false);
  self->epsilon = config->keras_major < 3 ? 1e-6 : 1e-7;
  if (self->a.len != self->b.len)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "axes of %" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT
        " elements do not fit each other",
        self->a.len, self->b.len);
  for (size_t t = 0; t < 2; t++)
    for (size_t i = 0; i < layer->in[t].rank; i++)
      if (i != axes[t])
        out.dim[out.rank++] = layer->in[t].dim[i];
  if (out.rank == 0)
    out.dim[out.rank++] = 1;
  nn_layer_add_output (layer, config, &out);
  layer->scratch_len =
      nn_shape_size (&layer->in[0]) + nn_shape_size (&layer->in[1]);
}

/* in [outer][len][inner] -> out, where element (o, k, i) goes to
 * (o * inner + i) * vector_stride + k * element_stride */
static void
arrange (const NnSplit *split, const float *in, size_t vector_stride,
    size_t element_stride, float *out)
{
  for (size_t o = 0; o < split->outer; o++)
    for (size_t k = 0; k < split->len; k++)
      for (size_t i = 0; i < split->inner; i++)
        out[(o * split->inner + i) * vector_stride + k * element_stride] =
            *in++;
}

static void
normalize (const Dot *self, float *vector, size_t stride)
{
  double square = 0;
  float scale;

  for (size_t k = 0; k < self->a.len; k++)
    square += (double) vector[k * stride] * vector[k * stride];
  scale = 1 / fmax (sqrt (square), self->epsilon);
  for (size_t k = 0; k < self->a.len; k++)
    vector[k * stride] *= scale;
}

static void
dot_forward (const NnLayer *layer, const NnCall *call)
{
  const Dot *self = (const Dot *) layer;
  const size_t a_size = nn_shape_size (&layer->in[0]);
  const size_t b_size = nn_shape_size (&layer->in[1]);
  const size_t m = self->a.outer * self->a.inner, k = self->a.len;
  const size_t n = self->b.outer * self->b.inner;
  float *const a = call->scratch; /* [m][k] */
  float *const b = a + a_size;    /* [k][n] */

  for (size_t s = 0; s < call->n; s++) {
    arrange (&self->a, call->in[0] + s * a_size, k, 1, a);
    arrange (&self->b, call->in[1] + s * b_size, 1, n, b);
    for (size_t i = 0; i < m && self->is_normalized; i++)
      normalize (self, a + i * k, 1);
    for (size_t j = 0; j < n && self->is_normalized; j++)
      normalize (self, b + j, n);
    nn_blas_gemm (m, n, k, a, k, b, n, false, call->out[0] + s * m * n, n);
  }
}

/* ---- training ---- */

/* The way back of arrange. */
static void
restore (const NnSplit *split, const float *in, size_t vector_step,
    size_t element_step, float *out)
{
  for (size_t o = 0; o < split->outer; o++)
    for (size_t k = 0; k < split->len; k++)
      for (size_t i = 0; i < split->inner; i++)
        *out++ = in[(o * split->inner + i) * vector_step + k * element_step];
}

/* out [m][n] = a b: da [m][k] = dy b', db [k][n] = a' dy */
static void
dot_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Dot *self = (const Dot *) layer;
  const size_t a_size = nn_shape_size (&layer->in[0]);
  const size_t b_size = nn_shape_size (&layer->in[1]);
  const size_t m = self->a.outer * self->a.inner, k = self->a.len;
  const size_t n = self->b.outer * self->b.inner;
  float *const a = call->forward.scratch; /* [m][k], or its gradient */
  float *const b = a + a_size; /* [n][k], or [k][n] of its gradient */

  for (size_t s = 0; s < call->forward.n; s++) {
    const float *const dy = call->out_grad[0] + s * m * n;

    if (call->in_grad[0]) {
      arrange (&self->b, call->forward.in[1] + s * b_size, k, 1, b);
      nn_blas_gemm (m, k, n, dy, n, b, k, false, a, k);
      restore (&self->a, a, k, 1, call->in_grad[0] + s * a_size);
    }
    if (call->in_grad[1]) {
      arrange (&self->a, call->forward.in[0] + s * a_size, 1, m, a);
      nn_blas_gemm (k, n, m, a, m, dy, n, false, b, n);
      restore (&self->b, b, 1, n, call->in_grad[1] + s * b_size);
    }
  }
}

static const char *
dot_obstacle (const NnLayer *layer)
{
  return ((const Dot *) layer)->is_normalized
      ? "the option “normalize” is not supported in training"
      : NULL;
}

static void
dot_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_out = true;
}

static const NnTraining dot_training = {
  .is_by_sample = true,
  .obstacle = dot_obstacle,
  .measure = dot_measure,
  .backward = dot_backward,
};

static double
dot_flops (const NnLayer *layer)
{
  return 2.0 * nn_shape_size (&layer->out[0]) * ((const Dot *) layer)->a.len;
}

const NnLayerClass nn_dot_classes[] = {
  {
      .keras_name = "Dot",
      .size = sizeof (Dot),
      .setup = dot_setup,
      .forward = dot_forward,
      .flops = dot_flops,
      .training = &dot_training,
  },
  { NULL },
};
