/* SPDX-License-Identifier: GPL-2.0-or-later */
/* data_format "channels_first": such layers run as channels_last, between two
 * permutations that the graph gets for them.
 */
#pragma once

#include "nn/graph.h"

/* Whether a layer of this class and configuration has channels first. Fails
 * through config where the value is neither. */
bool nn_channels_are_first (const NnLayerClass *klass, const NnConfig *config);

/* Adds the permutation of a tensor of images: its first axis behind the others,
 * or the last in front of them. Returns the new tensor; the same one where it
 * has one axis or config failed. */
size_t nn_channels_move_last (
    NnGraph *graph, size_t tensor, const NnConfig *config);
size_t nn_channels_move_first (
    NnGraph *graph, size_t tensor, const NnConfig *config);
