/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/axis.h"

NnPadding
nn_padding_read (const NnConfig *config, bool allow_causal)
{
  static const char *const names[] = { "valid", "same", "causal", NULL };
  static const char *const no_causal[] = { "valid", "same", NULL };

  return nn_config_choice (
      config, "padding", allow_causal ? names : no_causal, NN_PADDING_VALID);
}

/* Elements from the first tap to the last. Cannot wrap: both factors are at
 * most NN_MAX_DIM. */
static size_t
kernel_span (const NnAxis *axis)
{
  return (axis->kernel - 1) * axis->dilation + 1;
}

void
nn_axis_resolve (NnAxis *axis, NnPadding padding, const NnConfig *config)
{
  const size_t span = kernel_span (axis);
  size_t reach;

  axis->out = 1;
  axis->pad_before = 0;
  if (padding == NN_PADDING_VALID) {
    if (span > axis->in)
      nn_config_fail (config, NN_ERROR_SHAPE,
          "the kernel spans %" G_GSIZE_FORMAT
          " elements of an axis that has %" G_GSIZE_FORMAT,
          span, axis->in);
    else
      axis->out = (axis->in - span) / axis->stride + 1;
    return;
  }
  axis->out = (axis->in - 1) / axis->stride + 1;
  if (padding == NN_PADDING_CAUSAL) {
    axis->pad_before = span - 1;
    return;
  }
  reach = (axis->out - 1) * axis->stride + span;
  axis->pad_before = reach > axis->in ? (reach - axis->in) / 2 : 0;
}

void
nn_axis_resolve_transposed (NnAxis *axis, NnPadding padding,
    size_t output_padding, const NnConfig *config)
{
  const size_t span = kernel_span (axis);
  const size_t reach = (axis->in - 1) * axis->stride + span;

  if (output_padding != G_MAXSIZE) {
    const size_t crop = padding == NN_PADDING_SAME ? span / 2 * 2 : 0;

    axis->out =
        reach + output_padding > crop ? reach + output_padding - crop : 0;
  } else if (padding == NN_PADDING_SAME) {
    axis->out = axis->in * axis->stride;
  } else {
    axis->out = axis->in * axis->stride
        + (span > axis->stride ? span - axis->stride : 0);
  }
  axis->pad_before = padding == NN_PADDING_SAME && reach > axis->out
      ? (reach - axis->out) / 2
      : 0;
}
