/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator Matmul: a [..][m][k]  b [..][k][n]  ->  out [..][m][n], with the
 * same leading axes. */
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/scores.h"

typedef struct {
  NnLayer base;
  size_t products; /* of one sample */
  size_t m, n, k;
  bool turn_a, turn_b; /* TensorFlow's transpose_a, transpose_b */
} Matmul;

static bool
read_flag (const NnLayer *layer, const NnConfig *config, const char *name)
{
  const NnConfig value = nn_op_option (layer, config, name, G_MAXSIZE);

  return nn_config_as_bool (&value, false);
}

static void
matmul_setup (NnLayer *layer, const NnConfig *config)
{
  Matmul *self = (Matmul *) layer;
  NnShape a, b;

  if (!nn_layer_expect (layer, config, 2, 2, NN_MAX_RANK))
    return;
  self->turn_a = read_flag (layer, config, "transpose_a");
  self->turn_b = read_flag (layer, config, "transpose_b");
  a = layer->in[0];
  b = layer->in[1];
  self->m = a.dim[a.rank - (self->turn_a ? 1 : 2)];
  self->k = a.dim[a.rank - (self->turn_a ? 2 : 1)];
  self->n = b.dim[b.rank - (self->turn_b ? 2 : 1)];
  if (b.dim[b.rank - (self->turn_b ? 1 : 2)] != self->k)
    b.rank = 0;
  for (size_t i = 1; i <= 2 && b.rank == a.rank; i++)
    a.dim[a.rank - i] = b.dim[b.rank - i] = i == 1 ? self->n : self->m;
  if (!nn_shape_equal (&a, &b)) {
    nn_config_fail (config, NN_ERROR_SHAPE, "the matrices do not fit");
    return;
  }
  nn_layer_add_output (layer, config, &a);
  if (!nn_config_ok (config))
    return;
  self->products = nn_shape_size (&a) / (self->m * self->n);
  layer->scratch_len = (self->m + self->n) * self->k;
}

static void
matmul_forward (const NnLayer *layer, const NnCall *call)
{
  const Matmul *self = (const Matmul *) layer;
  const size_t m = self->m, n = self->n, k = self->k;

  for (size_t i = 0; i < call->n * self->products; i++) {
    const float *a = call->in[0] + i * m * k;
    const float *b = call->in[1] + i * k * n;

    if (self->turn_a) {
      nn_scores_transpose (a, k, m, m, call->scratch);
      a = call->scratch;
    }
    if (self->turn_b) {
      nn_scores_transpose (b, n, k, k, call->scratch + m * k);
      b = call->scratch + m * k;
    }
    nn_blas_gemm (m, n, k, a, k, b, n, false, call->out[0] + i * m * n, n);
  }
}

static double
matmul_flops (const NnLayer *layer)
{
  const Matmul *self = (const Matmul *) layer;

  return 2.0 * self->products * self->m * self->n * self->k;
}

const NnLayerClass nn_matmul_classes[] = {
  {
      .keras_name = "ops.Matmul",
      .size = sizeof (Matmul),
      .setup = matmul_setup,
      .forward = matmul_forward,
      .flops = matmul_flops,
  },
  { NULL },
};
