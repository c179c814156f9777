/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constants that a configuration states as a number or as nested lists. */
#pragma once

#include "nn/config.h"

/* The shape of value: rank 0 for a number. Nested lists may still be irregular:
 * nn_numbers_read then fails. */
NnShape nn_numbers_shape (const NnConfig *config, const NnConfig *value);

/* Reads value, row by row, into n numbers: exactly n, or one for all of them.
 * Fails through config. */
void nn_numbers_read (
    const NnConfig *config, const NnConfig *value, size_t n, float *numbers);
