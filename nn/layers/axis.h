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
  NN_PADDING_CAUSAL, /* one spatial axis only */
} NnPadding;

/* Reads "padding"; causal only if allowed. */
NnPadding nn_padding_read (const NnConfig *config, bool allow_causal);

/* Fills out and pad_before as Keras does (the odd zero of "same" goes to the
 * end); fails if the kernel is longer than a valid input. */
void nn_axis_resolve (NnAxis *axis, NnPadding padding, const NnConfig *config);

/* The same for a transposed convolution, where in and out are swapped in the
 * equation above: fills out (from in) and pad_before. output_padding: G_MAXSIZE
 * if the file states none. TensorFlow's rule, not PyTorch's. */
void nn_axis_resolve_transposed (NnAxis *axis, NnPadding padding,
    size_t output_padding, const NnConfig *config);

/* Input index of tap 0 of output position o; below 0 inside the padding. */
static inline gssize
nn_axis_start (const NnAxis *axis, size_t o)
{
  return (gssize) (o * axis->stride) - (gssize) axis->pad_before;
}

/* The first tap of output position o that is inside the input, and the one
 * after the last. */
static inline size_t
nn_axis_first_tap (const NnAxis *axis, size_t o)
{
  const gssize start = nn_axis_start (axis, o);

  return start < 0 ? ((size_t) -start + axis->dilation - 1) / axis->dilation
                   : 0;
}

static inline size_t
nn_axis_end_tap (const NnAxis *axis, size_t o)
{
  const gssize room = (gssize) axis->in - nn_axis_start (axis, o);

  return room <= 0 ? 0
                   : MIN (axis->kernel,
                       ((size_t) room + axis->dilation - 1) / axis->dilation);
}
