/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initial values of weights, by the initialisers of nn/initializer.h. */
#pragma once

#include "nn/model-private.h"

/* Initialises all weights of a model. NN_ERROR_UNSUPPORTED if an initialiser is
 * unknown. */
bool nn_model_initialize (NnModel *model, guint64 seed, GError **error);
