/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of one path. All .c files of this folder but simd.c are compiled
 * several times, with NN_SIMD_NAME and the machine flags that go with it; see
 * nn/simd.h. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

/* Applies f to n floats; the rest goes through a padded vector. */
#define ARRAY_FUNCTION(name, f)                                                \
  static void name (float *x, size_t n)                                        \
  {                                                                            \
    size_t i = 0;                                                              \
                                                                               \
    for (; i + VECTOR <= n; i += VECTOR)                                       \
      store (x + i, f (load (x + i)));                                         \
    if (i < n) {                                                               \
      float rest[VECTOR] = { 0 };                                              \
                                                                               \
      memcpy (rest, x + i, (n - i) * sizeof *x);                               \
      store (rest, f (load (rest)));                                           \
      memcpy (x + i, rest, (n - i) * sizeof *x);                               \
    }                                                                          \
  }

ARRAY_FUNCTION (exp_array, exp_v)
ARRAY_FUNCTION (tanh_array, tanh_v)
ARRAY_FUNCTION (sigmoid_array, sigmoid_v)

#define STRING_(a) #a
#define STRING(a) STRING_ (a)

extern const NnLoops NN_PATH (loops);
extern const NnSimd NN_PATH (simd);
const NnSimd NN_PATH (simd) = {
  .name = STRING (NN_SIMD_NAME),
  .vector = VECTOR,
  .panel = PANEL,
  .loops = &NN_PATH (loops),
  .product = NN_PATH (product),
  .transposed_product = NN_PATH (transposed_product),
  .vector_product = NN_PATH (vector_product),
  .quantised_product = NN_PATH (quantised_product),
  .finish_row = NN_PATH (finish_row),
  .pooled_product = NN_PATH (pooled_product),
  .winograd_kernel = NN_PATH (winograd_kernel),
  .winograd_input = NN_PATH (winograd_input),
  .winograd_output = NN_PATH (winograd_output),
  .winograd_gradient = NN_PATH (winograd_gradient),
  .winograd_kernel_gradient = NN_PATH (winograd_kernel_gradient),
  .winograd_line_kernel = NN_PATH (winograd_line_kernel),
  .winograd_line_input = NN_PATH (winograd_line_input),
  .winograd_line_output = NN_PATH (winograd_line_output),
  .winograd_line_gradient = NN_PATH (winograd_line_gradient),
  .winograd_line_kernel_gradient = NN_PATH (winograd_line_kernel_gradient),
  .exp = exp_array,
  .tanh = tanh_array,
  .sigmoid = sigmoid_array,
  .lstm_gates = NN_PATH (lstm_gates),
  .gru_gates = NN_PATH (gru_gates),
};
