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

void
nn_axis_resolve (NnAxis *axis, NnPadding padding, const NnConfig *config)
{
  size_t span, reach;

  axis->out = 1;
  if (!g_size_checked_mul (&span, axis->kernel - 1, axis->dilation)
      || !g_size_checked_add (&span, span, 1)) {
    nn_config_fail (config, NN_ERROR_LIMIT, "the kernel is too large");
    return;
  }
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
