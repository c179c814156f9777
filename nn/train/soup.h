/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several models of one architecture as one: the mean of their weights
 * (Wortsman et al. 2022, "Model soups"). It costs as much as one of them, and
 * is better than each where they were trained on from the same weights; from
 * different ones, the mean is usually worthless.
 *
 * All arrays are averaged, so the statistics of BatchNormalization are, too.
 */
#pragma once

#include "nn/model.h"

/* models [n], n > 1: that compute the same but for their weights. Names, and
 * what matters in training alone (initialisers, regularisers, rates of dropout,
 * what is trainable) may differ; the result has those of the first, in floats
 * even where that is stored in fewer bits. Finished. NULL and
 * NN_ERROR_UNSUPPORTED, which names the first layer that differs and how, or
 * NN_ERROR_SHAPE where it is the shape of the input. */
NnModel *nn_model_soup (const NnModel *const *models, size_t n, GError **error);
