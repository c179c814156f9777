/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One weight array from a file. */
#pragma once

#include "nn/h5.h"
#include "nn/layer.h"

/* Reads the dataset at path into param->value. Its shape must be that of param,
 * and its values finite. */
bool nn_keras_param_read (
    NnH5 *file, const char *path, NnParam *param, GError **error);
