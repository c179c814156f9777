/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several models as one: the mean of their probabilities (Keras' Average), in a
 * functional model that every layer of every member is part of. Nested models
 * would be shorter, but Keras 2 and 3 count their calls in different ways, and
 * Keras 3 does not return from some that Keras 2 wrote (shared/formats.md).
 *
 * Members may be of different architectures and written by different versions
 * of Keras; their inputs are one.
 */
#pragma once

#include "nn/model.h"

/* members [n], n > 1: models with one input of the same shape, and one output,
 * as many probabilities or logits (which get a softmax) as the others. Layer l
 * of member k is called "mk_l", k from 1 on. Finished. NULL and
 * NN_ERROR_UNSUPPORTED or NN_ERROR_SHAPE, which names the member. */
NnModel *nn_model_ensemble (
    const NnModel *const *members, size_t n, GError **error);

/* The members (NnModel) of a model whose output is the Average of at least two
 * values, one for each of these: what is needed for that value alone. Their
 * layers keep their names, weights are copies. NULL and no error where it is no
 * such model. Free with g_ptr_array_unref. */
GPtrArray *nn_model_members (const NnModel *model, GError **error);
