/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initial head of a network, computed instead of learnt: "linear probing,
 * then fine-tuning" (Kumar et al. 2022), which preserves more of a pretrained
 * network's knowledge about other kinds of sounds than fine-tuning from a
 * random head. */
#pragma once

#include "nn/train/trainer.h"

/* Sets the end of the trainer's model, a BatchNormalization and a Dense layer
 * of nn_model_trunk: mean and variance of the one, and weights of the other by
 * ridge regression of the targets (Hoerl & Kennard 1970), scaled so that the
 * cross-entropy is least. Classes are assumed to be as frequent as they are in
 * samples, which are those of the first n_epochs epochs of training, variations
 * included; samples without a label are ignored. The result does not depend on
 * the number of threads. On several ranks each computes all of it. False and
 * NN_ERROR_UNSUPPORTED if the model has no such end, or no sample has a label.
 */
bool nn_trainer_probe (NnTrainer *trainer, const NnSamples *samples,
    size_t n_epochs, GError **error);
