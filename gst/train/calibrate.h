/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temperature folded into a model file, so that its confidence means what it
 * says. */
#pragma once

#include "nn/model.h"

/* Writes a copy of a model whose logits are divided by temperature; its
 * attribute “emotiondetect” says so ("temperature", over all times that this
 * was done) and has the self-test of the copy. NN_ERROR. */
gboolean train_calibrate (const NnModel *model, double temperature,
    const char *output, GError **error);
