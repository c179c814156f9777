/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EinsumDense and Einsum between their files: einsum.c is the layer,
 * einsum-training.c how it is trained. */
#pragma once

#include "nn/activation.h"
#include "nn/layer.h"
#include "nn/layers/strided.h"

enum { NN_EINSUM_A, NN_EINSUM_B, NN_EINSUM_OUT, NN_EINSUM_OPERANDS };
enum { NN_EINSUM_KERNEL, NN_EINSUM_BIAS };

/* Letters and dots of one operand; the dots are replaced by reserved letters.
 */
typedef struct {
  size_t rank;
  char axis[NN_MAX_RANK + 1];
} NnEinsumAxes;

typedef struct {
  NnLayer base;
  NnEinsumAxes axes[NN_EINSUM_OPERANDS];
  bool is_dense; /* B is the kernel */
  size_t dim[G_MAXUINT8 + 1];
  /* Operands in the layout of products: a [z][m][k], b [z][k][n], out [z][m][n]
   */
  size_t z, m, n, k;
  NnStrided bring[NN_EINSUM_OPERANDS],
      restore[NN_EINSUM_OPERANDS]; /* to that, and back */
  bool is_straight; /* they have it already, and one matrix is the kernel of all
                       samples: the rows of n samples are n * m rows */
  bool use_bias;
  NnShape bias;
  gssize bias_stride[NN_MAX_RANK]; /* for each axis of the output */
  NnActivation activation;
} NnEinsum;

extern const NnTraining nn_einsum_training;
