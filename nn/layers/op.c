/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/op.h"

NnConfig
nn_op_option (const NnLayer *layer, const NnConfig *config, const char *name,
    size_t position)
{
  const NnArg *const arg = nn_layer_arg (layer, name, position);

  return arg && arg->n == 0 ? arg->value : nn_config_get (config, name);
}
