/* SPDX-License-Identifier: GPL-2.0-or-later */
/* data_format "channels_first": such layers run as channels_last, between two
 * permutations that are added to the graph. */
#pragma once

#include "nn/graph.h"

/* Whether a layer of this class and configuration has channels first. Fails
 * through config if the value is neither first nor last. */
bool nn_channels_are_first (const NnLayerClass *klass, const NnConfig *config);

/* Adds the permutation of a tensor of images: moves its first axis to the end,
 * or the last one to the front. Returns the new tensor, or the same one if it
 * has one axis or config failed. */
size_t nn_channels_move_last (
    NnGraph *graph, size_t tensor, const NnConfig *config);
size_t nn_channels_move_first (
    NnGraph *graph, size_t tensor, const NnConfig *config);
