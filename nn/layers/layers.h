/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The classes of each family of layers, for the table in nn/layer.c. Each list
 * ends with an entry without a name. */
#pragma once

#include "nn/layer.h"

extern const NnLayerClass nn_activation_classes[];
extern const NnLayerClass nn_adaptive_pooling_classes[];
extern const NnLayerClass nn_attention_classes[];
extern const NnLayerClass nn_batch_normalization_classes[];
extern const NnLayerClass nn_bidirectional_classes[];
extern const NnLayerClass nn_binary_classes[];
extern const NnLayerClass nn_concatenate_classes[];
extern const NnLayerClass nn_conv_classes[];
extern const NnLayerClass nn_conv_lstm_classes[];
extern const NnLayerClass nn_conv_transpose_classes[];
extern const NnLayerClass nn_dense_classes[];
extern const NnLayerClass nn_depthwise_classes[];
extern const NnLayerClass nn_discretization_classes[];
extern const NnLayerClass nn_dot_classes[];
extern const NnLayerClass nn_dropout_classes[];
extern const NnLayerClass nn_einsum_classes[];
extern const NnLayerClass nn_embedding_classes[];
extern const NnLayerClass nn_gather_classes[];
extern const NnLayerClass nn_get_item_classes[];
extern const NnLayerClass nn_global_pooling_classes[];
extern const NnLayerClass nn_glu_classes[];
extern const NnLayerClass nn_group_normalization_classes[];
extern const NnLayerClass nn_gru_classes[];
extern const NnLayerClass nn_highway_classes[];
extern const NnLayerClass nn_layer_normalization_classes[];
extern const NnLayerClass nn_locally_connected_classes[];
extern const NnLayerClass nn_lstm_classes[];
extern const NnLayerClass nn_masking_classes[];
extern const NnLayerClass nn_matmul_classes[];
extern const NnLayerClass nn_mel_spectrogram_classes[];
extern const NnLayerClass nn_merge_classes[];
extern const NnLayerClass nn_multi_head_attention_classes[];
extern const NnLayerClass nn_normalization_classes[];
extern const NnLayerClass nn_padding_classes[];
extern const NnLayerClass nn_permute_classes[];
extern const NnLayerClass nn_pooling_classes[];
extern const NnLayerClass nn_prelu_classes[];
extern const NnLayerClass nn_reduce_classes[];
extern const NnLayerClass nn_repeat_vector_classes[];
extern const NnLayerClass nn_reshape_classes[];
extern const NnLayerClass nn_simple_rnn_classes[];
extern const NnLayerClass nn_softmax_classes[];
extern const NnLayerClass nn_stacked_rnn_classes[];
extern const NnLayerClass nn_stft_spectrogram_classes[];
extern const NnLayerClass nn_unary_classes[];
extern const NnLayerClass nn_unit_normalization_classes[];
extern const NnLayerClass nn_up_sampling_classes[];
