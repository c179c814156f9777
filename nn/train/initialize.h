/* SPDX-License-Identifier: GPL-2.0-or-later */
/* First values of weights, by the initialisers of nn/initializer.h. */
#pragma once

#include "nn/model-private.h"

/* Gives values to all weights of a model that has none. NN_ERROR_UNSUPPORTED
 * where an initialiser is not known. */
bool nn_model_initialize (NnModel *model, guint64 seed, GError **error);
