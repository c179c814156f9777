/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constants that a configuration writes as a number or as lists in lists. */
#pragma once

#include "nn/config.h"

/* Reads value, row by row, into n numbers: exactly n, or one for all of them.
 * Fails through config. */
void nn_numbers_read (
    const NnConfig *config, const NnConfig *value, size_t n, float *numbers);
