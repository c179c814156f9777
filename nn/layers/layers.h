/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The classes of all layers, for the table in nn/layer.c. */
#pragma once

#include "nn/layer.h"

extern const NnLayerClass nn_activation_class;
extern const NnLayerClass nn_average_pooling1d_class;
extern const NnLayerClass nn_average_pooling2d_class;
extern const NnLayerClass nn_average_pooling3d_class;
extern const NnLayerClass nn_batch_normalization_class;
extern const NnLayerClass nn_bidirectional_class;
extern const NnLayerClass nn_conv1d_class;
extern const NnLayerClass nn_conv2d_class;
extern const NnLayerClass nn_conv3d_class;
extern const NnLayerClass nn_cudnn_gru_class;
extern const NnLayerClass nn_cudnn_lstm_class;
extern const NnLayerClass nn_dense_class;
extern const NnLayerClass nn_dropout_class;
extern const NnLayerClass nn_flatten_class;
extern const NnLayerClass nn_global_average_pooling1d_class;
extern const NnLayerClass nn_gru_class;
extern const NnLayerClass nn_lstm_class;
extern const NnLayerClass nn_max_pooling1d_class;
extern const NnLayerClass nn_max_pooling2d_class;
extern const NnLayerClass nn_max_pooling3d_class;
extern const NnLayerClass nn_reshape_class;
extern const NnLayerClass nn_simple_rnn_class;
