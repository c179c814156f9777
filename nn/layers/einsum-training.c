/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gradients of EinsumDense and Einsum. */
#include <string.h>
#include "nn/layers/einsum.h"
#include "nn/loops.h"
#include "nn/simd.h"
#include "nn/training.h"

/* The gradient of add_bias. */
static const float *
collect_bias (const NnEinsum *self, size_t i, const float *dy, float *grad)
{
  const NnShape *const shape = &self->base.out[0];

  if (i == shape->rank) {
    *grad += *dy;
    return dy + 1;
  }
  if (i + 1 == shape->rank && self->bias_stride[i] == 1) {
    nn_loops ()->add (shape->dim[i], dy, grad);
    return dy + shape->dim[i];
  }
  for (size_t k = 0; k < shape->dim[i]; k++)
    dy = collect_bias (
        self, i + 1, dy, grad + (gssize) k * self->bias_stride[i]);
  return dy;
}

/* The parts of the scratch memory in backward. */
typedef struct {
  float *a, *b, *dy; /* as products see them */
  float *a_grad, *b_grad;
  float *plain; /* the gradient of the kernel, as that is */
  float *packed;
} EinsumBack;

static EinsumBack
lay_out (const NnEinsum *self, float *scratch)
{
  const size_t a_size = self->z * self->m * self->k;
  const size_t b_size = self->z * self->k * self->n;
  EinsumBack at = { .a = scratch };

  at.a_grad = at.a + a_size;
  at.b = at.a_grad + a_size;
  at.b_grad = at.b + b_size;
  at.plain = at.b_grad + b_size;
  at.dy = at.plain + b_size;
  at.packed = at.dy + self->z * self->m * self->n;
  return at;
}

/* out [z][m][n] = a [z][m][k] b [z][k][n]; b_grad is added to. */
static void
product_back (
    const NnEinsum *self, const EinsumBack *at, bool wants_a, bool wants_b)
{
  const size_t m = self->m, n = self->n, k = self->k;

  for (size_t i = 0; i < self->z; i++) {
    const float *const dy = at->dy + i * m * n;

    if (wants_a)
      nn_training_product (m, n, k, dy, n, at->b + i * k * n, 1, n, false,
          at->a_grad + i * m * k, k, at->packed);
    if (wants_b)
      nn_simd ()->transposed_product (&(NnTransposedProduct){ .m = m,
          .k = k,
          .n = n,
          .a = at->a + i * m * k,
          .lda = k,
          .n_segments = 1,
          .b = dy,
          .ldb = n,
          .c = at->b_grad + i * k * n,
          .ldc = n });
  }
}

/* The gradients of all samples, as those of a Dense layer. */
static void
straight_back (const NnEinsum *self, const NnTrainingCall *call)
{
  const size_t rows = call->forward.n * self->m, n = self->n, k = self->k;
  const float *const dy = call->out_grad[0];

  if (call->param_grad[NN_EINSUM_KERNEL])
    nn_simd ()->transposed_product (&(NnTransposedProduct){ .m = rows,
        .k = k,
        .n = n,
        .a = call->forward.in[0],
        .lda = k,
        .n_segments = 1,
        .b = dy,
        .ldb = n,
        .c = call->param_grad[NN_EINSUM_KERNEL],
        .ldc = n });
  if (call->in_grad[0])
    nn_training_product (rows, n, k, dy, n,
        nn_layer_value (&self->base, NN_EINSUM_KERNEL), 1, n, false,
        call->in_grad[0], k, call->forward.scratch);
}

/* The same for any order of axes, and for two tensors. */
static void
multiply_back (const NnEinsum *self, const NnTrainingCall *call)
{
  const NnLayer *const layer = &self->base;
  const size_t a_size = self->z * self->m * self->k;
  const size_t b_size = self->z * self->k * self->n;
  const size_t out_size = self->z * self->m * self->n;
  const bool is_dense = self->is_dense;
  float *const a_grad = call->in_grad[0];
  float *const b_grad =
      is_dense ? call->param_grad[NN_EINSUM_KERNEL] : call->in_grad[1];
  const EinsumBack at = lay_out (self, call->forward.scratch);

  for (size_t s = 0; s < call->forward.n; s++) {
    nn_strided_copy (
        &self->bring[NN_EINSUM_OUT], call->out_grad[0] + s * out_size, at.dy);
    nn_strided_copy (
        &self->bring[NN_EINSUM_A], call->forward.in[0] + s * a_size, at.a);
    if (!is_dense || s == 0) { /* one kernel, whose gradients add up */
      nn_strided_copy (&self->bring[NN_EINSUM_B],
          is_dense ? nn_layer_value (layer, NN_EINSUM_KERNEL)
                   : call->forward.in[1] + s * b_size,
          at.b);
      memset (at.b_grad, 0, b_size * sizeof (float));
    }
    product_back (self, &at, a_grad != NULL, b_grad != NULL);
    if (a_grad)
      nn_strided_copy (
          &self->restore[NN_EINSUM_A], at.a_grad, a_grad + s * a_size);
    if (b_grad && !is_dense)
      nn_strided_copy (
          &self->restore[NN_EINSUM_B], at.b_grad, b_grad + s * b_size);
  }
  if (b_grad && is_dense) {
    nn_strided_copy (&self->restore[NN_EINSUM_B], at.b_grad, at.plain);
    nn_loops ()->add (b_size, at.plain, b_grad);
  }
}

static void
einsum_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnEinsum *self = (const NnEinsum *) layer;
  const size_t out_size = self->z * self->m * self->n;

  for (size_t s = 0; s < call->forward.n; s++)
    if (self->use_bias && call->param_grad[NN_EINSUM_BIAS])
      collect_bias (self, 0, call->out_grad[0] + s * out_size,
          call->param_grad[NN_EINSUM_BIAS]);
  if (self->is_straight)
    straight_back (self, call);
  else
    multiply_back (self, call);
}

static void
einsum_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const NnEinsum *self = (const NnEinsum *) layer;

  needs->scratch = 2 * self->z * self->m * self->k
      + 3 * self->z * self->k * self->n + self->z * self->m * self->n
      + nn_training_product_len (self->n, self->k);
  needs->forgets_out = true;
}

const NnTraining nn_einsum_training = {
  .measure = einsum_measure,
  .backward = einsum_backward,
};
