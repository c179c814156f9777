/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One spatial axis of a convolution or pooling: how output positions map to
 * input positions.
 *   input index = output index * stride + tap * dilation - pad_before
 */
#pragma once

#include "nn/config.h"

typedef struct {
  size_t in, out; /* lengths */
  size_t kernel;
  size_t stride;
  size_t dilation;
  size_t pad_before; /* zeros before the first element */
} NnAxis;

typedef enum {
  NN_PADDING_VALID,
  NN_PADDING_SAME,
  NN_PADDING_CAUSAL, /* Conv1D only */
} NnPadding;

/* Reads "padding"; causal only where allowed. */
NnPadding nn_padding_read (const NnConfig *config, bool allow_causal);

/* Fills out and pad_before as Keras does (the odd zero of "same" goes to the
 * end); fails where the kernel is longer than a valid input. */
void nn_axis_resolve (NnAxis *axis, NnPadding padding, const NnConfig *config);
