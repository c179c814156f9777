/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operators share: their options are in the config (Keras 3) or among the
 * arguments of the call (Keras 2, and some of Keras 3). */
#pragma once

#include "nn/layer.h"

/* The option of this name: the constant of the call at this keyword or
 * position, else the config's member. Unset if there is neither. */
NnConfig nn_op_option (const NnLayer *layer, const NnConfig *config,
    const char *name, size_t position);
