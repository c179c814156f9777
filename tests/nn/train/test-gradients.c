/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gradients of every layer that trains, against finite differences: of each
 * weight array and of the input, in random directions. The loss is a fixed
 * random combination of the outputs, so that every output counts. */
#include <math.h>
#include <string.h>
#include "nn/model-private.h"
#include "nn/train/initialize.h"
#include "nn/random.h"
#include "nn/train/backprop-private.h"

#define BATCH 5 /* two chunks: one of three, one of two */
#define CHUNK 3
#define TOLERANCE 1e-3 /* relative to the length of the gradient */

/* Lengths of a difference, of weights of about 1: rounding spoils short ones,
 * and kinks (ReLU, maxima) long ones. One that fits is enough: a gradient that
 * is wrong fits none. */
static const double lengths[] = { 3e-2, 1e-2, 3e-3, 1e-3 };

#define L(class_name, config)                                                  \
  "{\"class_name\": \"" class_name "\", \"config\": {\"name\": "               \
  "\"" class_name "\", \"dtype\": \"float32\", " config "}}"
#define D(units) L ("Dense", "\"units\": " #units)
#define SEQ ", \"return_sequences\": true"

/* clang-format off */
static const struct {
  const char *name, *input, *layers;
  bool is_fixed; /* the gradient of the input is not asked for */
} cases[] = {
  { "dense", "4", D (3) },
  { "dense-3d", "3, 4", L ("Dense", "\"units\": 5, \"activation\": \"tanh\"") },
  { "dense-no-bias", "4", L ("Dense", "\"units\": 3, \"use_bias\": false") },
  { "conv1d", "9, 3", L ("Conv1D", "\"filters\": 4, \"kernel_size\": 3, \"strides\": 2, \"padding\": \"same\"") },
  { "conv1d-causal", "9, 2", L ("Conv1D", "\"filters\": 3, \"kernel_size\": 3, \"dilation_rate\": 2, \"padding\": \"causal\"") },
  { "conv2d", "6, 7, 1", L ("Conv2D", "\"filters\": 5, \"kernel_size\": [3, 3], \"padding\": \"same\", \"activation\": \"tanh\"") },
  { "conv2d-valid", "6, 7, 9", L ("Conv2D", "\"filters\": 4, \"kernel_size\": [2, 3], \"strides\": [2, 1]") },
  { "conv2d-dilated", "8, 9, 2", L ("Conv2D", "\"filters\": 4, \"kernel_size\": 3, \"dilation_rate\": [2, 3], \"padding\": \"same\"") },
  { "conv2d-groups", "5, 6, 4", L ("Conv2D", "\"filters\": 6, \"kernel_size\": 3, \"groups\": 2, \"padding\": \"same\", \"use_bias\": false") },
  { "conv2d-1x1", "5, 6, 3", L ("Conv2D", "\"filters\": 4, \"kernel_size\": 1") },
  { "conv2d-winograd", "9, 10, 16", L ("Conv2D", "\"filters\": 32, \"kernel_size\": 3, \"padding\": \"same\"") },
  { "conv2d-winograd-valid", "11, 12, 32", L ("Conv2D", "\"filters\": 16, \"kernel_size\": 3, \"activation\": \"tanh\"") },
  { "conv2d-down", "9, 10, 17", L ("Conv2D", "\"filters\": 24, \"kernel_size\": [3, 1], \"padding\": \"same\"") },
  { "conv2d-down-valid", "6, 7, 16", L ("Conv2D", "\"filters\": 18, \"kernel_size\": [3, 1], \"activation\": \"tanh\"") },
  { "conv2d-along", "5, 13, 16", L ("Conv2D", "\"filters\": 20, \"kernel_size\": [1, 3], \"padding\": \"same\"") },
  { "conv2d-along-valid", "4, 9, 24", L ("Conv2D", "\"filters\": 16, \"kernel_size\": [1, 3], \"use_bias\": false") },
  { "conv1d-along-tiny", "6, 17", L ("Conv1D", "\"filters\": 16, \"kernel_size\": 3, \"activation\": \"tanh\"") },
  { "conv1d-few", "5, 4", L ("Conv1D", "\"filters\": 6, \"kernel_size\": 4") },
  { "conv2d-elu", "4, 9, 24", L ("Conv2D", "\"filters\": 16, \"kernel_size\": [1, 3]") ", " L ("ELU", "\"alpha\": 1.0") },
  { "conv2d-elu-relu", "5, 6, 3", L ("Conv2D", "\"filters\": 4, \"kernel_size\": 2") ", " L ("ELU", "\"alpha\": 0.7") ", " L ("Activation", "\"activation\": \"gelu\"") },
  { "conv3d-plain", "4, 5, 4, 2", L ("Conv3D", "\"filters\": 3, \"kernel_size\": 3, \"padding\": \"same\", \"groups\": 1") },
  { "conv3d", "4, 5, 4, 2", L ("Conv3D", "\"filters\": 3, \"kernel_size\": 2, \"padding\": \"same\", \"strides\": 2") },
  { "batch-normalization", "3, 4, 6", L ("BatchNormalization", "\"axis\": -1") },
  { "batch-normalization-axis", "3, 4, 6", L ("BatchNormalization", "\"axis\": 1, \"momentum\": 0.9") },
  { "batch-normalization-plain", "7", D (6) ", " L ("BatchNormalization", "\"scale\": false, \"center\": false") },
  { "batch-normalization-twice", "7", L ("BatchNormalization", "\"axis\": -1") ", " D (4) ", "
      "{\"class_name\": \"BatchNormalization\", \"config\": {\"name\": \"second\", \"dtype\": \"float32\"}}" },
  { "batch-normalization-frozen", "6", D (4) ", " L ("BatchNormalization", "\"trainable\": false") },
  { "batch-normalization-pooled", "7, 8, 5", L ("BatchNormalization", "\"axis\": -1") ", " L ("MaxPooling2D", "\"pool_size\": 2") ", " D (4) },
  { "batch-normalization-pooled-rest", "7, 8, 17", L ("Conv2D", "\"filters\": 9, \"kernel_size\": 1, \"use_bias\": false") ", " L ("BatchNormalization", "\"scale\": false") ", " L ("MaxPooling2D", "\"pool_size\": [2, 3]") },
  { "batch-normalization-pooled-frozen", "4, 4, 3", D (6) ", " L ("BatchNormalization", "\"trainable\": false") ", " L ("MaxPooling2D", "\"pool_size\": [2, 1]") },
  { "layer-normalization", "3, 5", L ("LayerNormalization", "\"axis\": -1") },
  { "layer-normalization-axis", "3, 4, 5", L ("LayerNormalization", "\"axis\": [1, 2], \"center\": false") },
  { "rms-normalization", "3, 5", L ("RMSNormalization", "\"axis\": -1") },
  { "group-normalization", "3, 4, 6", L ("GroupNormalization", "\"groups\": 3") },
  { "group-normalization-axis", "4, 5", L ("GroupNormalization", "\"groups\": 2, \"axis\": 1, \"scale\": false") },
  { "group-normalization-instance", "5, 4", L ("GroupNormalization", "\"groups\": -1, \"center\": false") },
  { "unit-normalization", "3, 5", L ("UnitNormalization", "\"axis\": -1") },
  { "unit-normalization-axis", "4, 3", L ("UnitNormalization", "\"axis\": 1") },
  { "normalization", "3, 2", D (2) ", " L ("Normalization", "\"axis\": -1, \"mean\": [0.5, -1.0], \"variance\": [4.0, 0.25]") },
  { "rescaling", "5, 4, 2", L ("Rescaling", "\"scale\": 0.5, \"offset\": 1.0") ", " L ("Conv2D", "\"filters\": 3, \"kernel_size\": 3") },
  { "rescaling-channels", "3, 2", L ("Rescaling", "\"scale\": [0.5, -2.0], \"offset\": [1.0, 2.0]") },
  { "zero-padding1d", "4, 3", L ("ZeroPadding1D", "\"padding\": [1, 2]") ", " D (2) },
  { "zero-padding2d", "4, 3, 2", L ("ZeroPadding2D", "\"padding\": [[1, 0], [2, 1]]") ", " L ("Conv2D", "\"filters\": 3, \"kernel_size\": 3") },
  { "zero-padding3d", "2, 3, 2, 2", L ("ZeroPadding3D", "\"padding\": 1") ", " D (3) },
  { "cropping1d", "6, 3", L ("Cropping1D", "\"cropping\": [1, 2]") },
  { "cropping2d", "5, 6, 2", L ("Cropping2D", "\"cropping\": [[1, 0], [2, 1]]") },
  { "cropping3d", "4, 3, 4, 2", L ("Cropping3D", "\"cropping\": 1") },
  { "permute", "3, 4, 5", L ("Permute", "\"dims\": [2, 3, 1]") ", " D (4) },
  { "depthwise-conv2d", "6, 7, 3", L ("DepthwiseConv2D", "\"kernel_size\": 3, \"padding\": \"same\", \"activation\": \"tanh\"") },
  { "depthwise-conv2d-multiplier", "7, 6, 2", L ("DepthwiseConv2D", "\"kernel_size\": [3, 2], \"strides\": 2, \"depth_multiplier\": 3") },
  { "depthwise-conv1d", "9, 4", L ("DepthwiseConv1D", "\"kernel_size\": 5, \"padding\": \"same\", \"use_bias\": false") },
  { "separable-conv2d", "6, 5, 3", L ("SeparableConv2D", "\"filters\": 4, \"kernel_size\": 3, \"padding\": \"same\", \"depth_multiplier\": 2") },
  { "separable-conv1d", "9, 3", L ("SeparableConv1D", "\"filters\": 5, \"kernel_size\": 3, \"dilation_rate\": 2, \"activation\": \"tanh\"") },
  { "embedding", "6", L ("Embedding", "\"input_dim\": 4, \"output_dim\": 3"), true },
  { "einsum-dense", "4, 3", L ("EinsumDense", "\"equation\": \"abc,cd->abd\", \"output_shape\": [4, 5], \"bias_axes\": \"bd\"") },
  { "einsum-dense-heads", "4, 6", L ("EinsumDense", "\"equation\": \"abc,cde->adbe\", \"output_shape\": [2, 4, 3], \"bias_axes\": \"de\", \"activation\": \"tanh\"") },
  { "einsum-dense-matrices", "4, 3", L ("EinsumDense", "\"equation\": \"abc,bcd->abd\", \"output_shape\": [4, 5], \"bias_axes\": \"d\"") },
  { "softmax-layer", "3, 5", D (4) ", " L ("Softmax", "\"axis\": -1") ", " L ("Reshape", "\"target_shape\": [12]") },
  { "softmax-steps", "6, 3", D (2) ", " L ("Softmax", "\"axis\": 1") },
  { "max-pooling1d", "9, 3", L ("MaxPooling1D", "\"pool_size\": 3, \"strides\": 2, \"padding\": \"same\"") },
  { "max-pooling2d", "7, 6, 3", L ("MaxPooling2D", "\"pool_size\": [2, 3]") },
  { "max-pooling3d", "4, 5, 4, 2", L ("MaxPooling3D", "\"pool_size\": 2") },
  { "average-pooling1d", "9, 3", L ("AveragePooling1D", "\"pool_size\": 3, \"strides\": 2, \"padding\": \"same\"") },
  { "average-pooling2d", "7, 6, 3", L ("AveragePooling2D", "\"pool_size\": 3, \"strides\": 2, \"padding\": \"same\"") },
  { "average-pooling3d", "4, 5, 4, 2", L ("AveragePooling3D", "\"pool_size\": 2") },
  { "global-average1d", "6, 4", L ("GlobalAveragePooling1D", "\"keepdims\": false") },
  { "global-average2d", "3, 4, 5", L ("GlobalAveragePooling2D", "\"keepdims\": true") },
  { "global-average3d", "2, 3, 4, 3", L ("GlobalAveragePooling3D", "\"keepdims\": false") },
  { "global-max1d", "6, 4", L ("GlobalMaxPooling1D", "\"keepdims\": false") },
  { "global-max2d", "3, 4, 5", L ("GlobalMaxPooling2D", "\"keepdims\": true") },
  { "global-max3d", "2, 3, 4, 3", L ("GlobalMaxPooling3D", "\"keepdims\": false") },
  { "dropout", "3, 40", D (30) ", " L ("Dropout", "\"rate\": 0.4") },
  { "spatial-dropout1d", "4, 30", L ("SpatialDropout1D", "\"rate\": 0.4") ", " D (3) },
  { "spatial-dropout2d", "3, 4, 30", L ("SpatialDropout2D", "\"rate\": 0.4") },
  { "spatial-dropout3d", "2, 2, 3, 30", L ("SpatialDropout3D", "\"rate\": 0.4") },
  { "gaussian-dropout", "30", L ("GaussianDropout", "\"rate\": 0.3") },
  { "gaussian-noise", "30", L ("GaussianNoise", "\"stddev\": 0.3") ", " D (4) },
  { "reshape", "4, 6", D (6) ", " L ("Reshape", "\"target_shape\": [8, 3]") ", "
      "{\"class_name\": \"Dense\", \"config\": {\"name\": \"last\", \"dtype\": \"float32\", \"units\": 2}}" },
  { "flatten", "4, 3", L ("Flatten", "\"data_format\": \"channels_last\"") ", " D (5) },
  { "lstm", "7, 3", L ("LSTM", "\"units\": 5") },
  { "lstm-sequence", "7, 3", L ("LSTM", "\"units\": 5, \"go_backwards\": true" SEQ) },
  { "lstm-dropout", "7, 30", L ("LSTM", "\"units\": 20, \"dropout\": 0.3, \"recurrent_dropout\": 0.3, \"activation\": \"softsign\", \"recurrent_activation\": \"hard_sigmoid\"") },
  { "lstm-masked", "7, 3", L ("Masking", "\"mask_value\": 0.0") ", " L ("LSTM", "\"units\": 5" SEQ) ", " L ("GlobalAveragePooling1D", "\"keepdims\": false"), true },
  { "gru", "7, 3", L ("GRU", "\"units\": 5") },
  { "gru-reset-before", "7, 3", L ("GRU", "\"units\": 5, \"reset_after\": false" SEQ) },
  { "gru-no-bias", "7, 3", L ("GRU", "\"units\": 4, \"use_bias\": false, \"go_backwards\": true") },
  { "gru-dropout", "5, 20", L ("GRU", "\"units\": 20, \"dropout\": 0.3, \"recurrent_dropout\": 0.3") },
  { "gru-masked", "7, 3", L ("Masking", "\"mask_value\": 0.0") ", " L ("GRU", "\"units\": 5, \"reset_after\": false, \"go_backwards\": true"), true },
  { "simple-rnn", "7, 3", L ("SimpleRNN", "\"units\": 5" SEQ) },
  { "simple-rnn-masked", "7, 3", L ("Masking", "\"mask_value\": 0.0") ", " L ("SimpleRNN", "\"units\": 5, \"zero_output_for_mask\": true" SEQ), true },
  { "bidirectional-concat", "6, 3", L ("Bidirectional", "\"merge_mode\": \"concat\", \"layer\": " L ("LSTM", "\"units\": 4" SEQ)) },
  { "bidirectional-sum", "6, 3", L ("Bidirectional", "\"merge_mode\": \"sum\", \"layer\": " L ("GRU", "\"units\": 4" SEQ)) },
  { "bidirectional-mul", "6, 3", L ("Bidirectional", "\"merge_mode\": \"mul\", \"layer\": " L ("GRU", "\"units\": 4" SEQ)) },
  { "bidirectional-ave", "6, 3", L ("Bidirectional", "\"merge_mode\": \"ave\", \"layer\": " L ("SimpleRNN", "\"units\": 4")) },
  { "activation-layers", "20", D (20) ", " L ("ELU", "\"alpha\": 0.7") ", " L ("LeakyReLU", "\"negative_slope\": 0.2")
      ", " L ("ThresholdedReLU", "\"theta\": 0.1") ", " L ("Activation", "\"activation\": \"softmax\"") },
  { "leaky-relu-falling", "20", D (8) ", " L ("LeakyReLU", "\"negative_slope\": -0.1") },
  { "softmax-inside", "5", L ("Dense", "\"units\": 4, \"activation\": \"softmax\"") ", "
      "{\"class_name\": \"Dense\", \"config\": {\"name\": \"last\", \"dtype\": \"float32\", \"units\": 3}}" },
  { "relu-layer", "4", D (5) ", " L ("ReLU", "\"negative_slope\": 0.1, \"max_value\": 1.0") },
  { "network", "12, 12, 1", L ("Conv2D", "\"filters\": 4, \"kernel_size\": 3, \"padding\": \"same\", \"activation\": \"tanh\"")
      ", " L ("BatchNormalization", "\"axis\": -1") ", " L ("AveragePooling2D", "\"pool_size\": 2") ", " L ("Reshape", "\"target_shape\": [-1, 4]")
      ", " L ("LSTM", "\"units\": 6, \"dropout\": 0.2" SEQ) ", " L ("GlobalAveragePooling1D", "\"keepdims\": false")
      ", " L ("Dense", "\"units\": 3, \"activation\": \"softmax\"") },
};

/* Pictures, which go through one by one (30 x 37 x 60 floats: not all at once):
 * two ways meet, of which one is a shortcut, and are pooled. */
static const char pictures_config[] =
  "{\"class_name\": \"Functional\", \"config\": {\"layers\": ["
  "{\"class_name\": \"InputLayer\", \"name\": \"in\", \"config\": {\"name\": \"in\", \"batch_input_shape\": [null, 30, 37, 1]}, \"inbound_nodes\": []},"
  "{\"class_name\": \"Conv2D\", \"name\": \"a\", \"config\": {\"name\": \"a\", \"dtype\": \"float32\", \"filters\": 60, \"kernel_size\": 3, \"padding\": \"same\"}, \"inbound_nodes\": [[[\"in\", 0, 0, {}]]]},"
  "{\"class_name\": \"Conv2D\", \"name\": \"b\", \"config\": {\"name\": \"b\", \"dtype\": \"float32\", \"filters\": 60, \"kernel_size\": 3, \"padding\": \"same\", \"activation\": \"tanh\"}, \"inbound_nodes\": [[[\"a\", 0, 0, {}]]]},"
  "{\"class_name\": \"SpatialDropout2D\", \"name\": \"c\", \"config\": {\"name\": \"c\", \"dtype\": \"float32\", \"rate\": 0.4}, \"inbound_nodes\": [[[\"a\", 0, 0, {}]]]},"
  "{\"class_name\": \"Add\", \"name\": \"d\", \"config\": {\"name\": \"d\", \"dtype\": \"float32\"}, \"inbound_nodes\": [[[\"b\", 0, 0, {}], [\"c\", 0, 0, {}]]]},"
  "{\"class_name\": \"AveragePooling2D\", \"name\": \"e\", \"config\": {\"name\": \"e\", \"dtype\": \"float32\", \"pool_size\": 3}, \"inbound_nodes\": [[[\"d\", 0, 0, {}]]]},"
  "{\"class_name\": \"SpatialDropout2D\", \"name\": \"f\", \"config\": {\"name\": \"f\", \"dtype\": \"float32\", \"rate\": 0.4}, \"inbound_nodes\": [[[\"e\", 0, 0, {}]]]},"
  "{\"class_name\": \"BatchNormalization\", \"name\": \"g\", \"config\": {\"name\": \"g\", \"dtype\": \"float32\"}, \"inbound_nodes\": [[[\"f\", 0, 0, {}]]]},"
  "{\"class_name\": \"GlobalAveragePooling2D\", \"name\": \"h\", \"config\": {\"name\": \"h\", \"dtype\": \"float32\"}, \"inbound_nodes\": [[[\"g\", 0, 0, {}]]]},"
  "{\"class_name\": \"Dense\", \"name\": \"i\", \"config\": {\"name\": \"i\", \"dtype\": \"float32\", \"units\": 3, \"activation\": \"tanh\"}, \"inbound_nodes\": [[[\"h\", 0, 0, {}]]]}"
  "], \"input_layers\": [[\"in\", 0, 0]], \"output_layers\": [[\"i\", 0, 0]]}}";

static const char *const activations[] = {
  "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid",
  "hard_silu", "hard_tanh", "leaky_relu", "linear", "log_sigmoid",
  "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax",
  "soft_shrink", "softplus", "softsign", "sparse_plus", "sparse_sigmoid",
  "sparsemax", "squareplus", "tanh", "tanh_shrink", "threshold",
};

/* Two dense layers on one input meet, and the input joins them. Arguments of
 * the call that are tensors stand with the first. */
static const char merge_config[] =
  "{\"class_name\": \"Functional\", \"config\": {\"layers\": ["
  "{\"class_name\": \"InputLayer\", \"name\": \"in\", \"config\": {\"name\": \"in\", \"batch_input_shape\": [null, 4, 6]}, \"inbound_nodes\": []},"
  "{\"class_name\": \"Dense\", \"name\": \"a\", \"config\": {\"name\": \"a\", \"dtype\": \"float32\", \"units\": 6}, \"inbound_nodes\": [[[\"in\", 0, 0, {}]]]},"
  "{\"class_name\": \"Dense\", \"name\": \"b\", \"config\": {\"name\": \"b\", \"dtype\": \"float32\", \"units\": %s}, \"inbound_nodes\": [[[\"in\", 0, 0, {}]]]},"
  "{\"class_name\": \"%s\", \"name\": \"m\", \"config\": {\"name\": \"m\", \"dtype\": \"float32\"%s}, \"inbound_nodes\": [[[\"a\", 0, 0, {%s}]%s]]}"
  "], \"input_layers\": [[\"in\", 0, 0]], \"output_layers\": [[\"m\", 0, 0]]}}";

#define B ", [\"b\", 0, 0, {}]"
#define IN ", [\"in\", 0, 0, {}]"

#define HEADS ", \"num_heads\": 2, \"key_dim\": 3"

static const struct {
  const char *class_name, *units, *others, *config, *arguments;
} merges[] = {
  { "Add", "6", B IN ", [\"a\", 0, 0, {}]", "", "" },
  { "Add", "1", B, "", "" },
  { "Subtract", "6", B, "", "" },
  { "Multiply", "6", B IN, "", "" },
  { "Multiply", "1", B, "", "" },
  { "Average", "6", B IN, "", "" },
  { "Maximum", "6", B, "", "" },
  { "Minimum", "6", B, "", "" },
  { "Concatenate", "3", B IN, "", "" },
  { "Dot", "3", B, ", \"axes\": 1", "" },
  { "Dot", "6", B, ", \"axes\": [2, 2]", "" },
  { "MultiHeadAttention", "1", "", HEADS, "\"value\": [\"a\", 0, 0]" },
  { "MultiHeadAttention", "5", "", HEADS ", \"value_dim\": 4, \"use_bias\": false", "\"value\": [\"b\", 0, 0]" },
  { "MultiHeadAttention", "5", "", HEADS ", \"output_shape\": [2, 4]", "\"value\": [\"b\", 0, 0], \"key\": [\"in\", 0, 0]" },
  { "MultiHeadAttention", "5", "", HEADS ", \"dropout\": 0.4", "\"value\": [\"b\", 0, 0], \"use_causal_mask\": true" },
  { "MultiHeadAttention", "4", "", HEADS, "\"value\": [\"in\", 0, 0], \"attention_mask\": [\"b\", 0, 0]" },
  { "GroupedQueryAttention", "5", "", ", \"num_query_heads\": 4, \"num_key_value_heads\": 2, \"head_dim\": 3", "\"value\": [\"b\", 0, 0]" },
};

/* Steps that a mask hides: of queries and of keys. */
static const char masked_config[] =
  "{\"class_name\": \"Functional\", \"config\": {\"layers\": ["
  "{\"class_name\": \"InputLayer\", \"name\": \"in\", \"config\": {\"name\": \"in\", \"batch_input_shape\": [null, 6, 4]}, \"inbound_nodes\": []},"
  "{\"class_name\": \"Masking\", \"name\": \"a\", \"config\": {\"name\": \"a\", \"dtype\": \"float32\", \"mask_value\": 0.0}, \"inbound_nodes\": [[[\"in\", 0, 0, {}]]]},"
  "{\"class_name\": \"Dense\", \"name\": \"b\", \"config\": {\"name\": \"b\", \"dtype\": \"float32\", \"units\": 5}, \"inbound_nodes\": [[[\"a\", 0, 0, {}]]]},"
  "{\"class_name\": \"MultiHeadAttention\", \"name\": \"m\", \"config\": {\"name\": \"m\", \"dtype\": \"float32\"" HEADS "}, \"inbound_nodes\": [[[\"b\", 0, 0, {\"value\": [\"b\", 0, 0]}]]]},"
  "{\"class_name\": \"LayerNormalization\", \"name\": \"n\", \"config\": {\"name\": \"n\", \"dtype\": \"float32\", \"axis\": -1}, \"inbound_nodes\": [[[\"m\", 0, 0, {}]]]},"
  "{\"class_name\": \"GlobalAveragePooling1D\", \"name\": \"p\", \"config\": {\"name\": \"p\", \"dtype\": \"float32\"}, \"inbound_nodes\": [[[\"n\", 0, 0, {}]]]}"
  "], \"input_layers\": [[\"in\", 0, 0]], \"output_layers\": [[\"p\", 0, 0]]}}";
/* clang-format on */

/* ---- the check ---- */

/* loss = sum of factor * output; where the model ends in a softmax, the
 * cross-entropy with a distribution that is made of the factors: then the
 * gradient is that of what goes into the softmax, as in training. */
typedef struct {
  size_t size;         /* of the output of one sample */
  double *loss;        /* [BATCH] */
  const float *factor; /* [BATCH][size] */
  bool of_softmax;
} Loss;

/* p - t and - sum of t log p */
static double
cross_entropy (const float *factor, const float *p, size_t n, float *gradient)
{
  double sum = 0, loss = 0;

  for (size_t k = 0; k < n; k++)
    sum += fabsf (factor[k]);
  for (size_t k = 0; k < n; k++) {
    const double t = fabsf (factor[k]) / sum;

    loss -= t * log (p[k]);
    gradient[k] = p[k] - t;
  }
  return loss;
}

static void
combine (
    gpointer data, size_t first, size_t n, const float *output, float *gradient)
{
  const Loss *const loss = data;

  for (size_t i = 0; i < n; i++) {
    loss->loss[first + i] = 0;
    if (loss->of_softmax)
      loss->loss[first + i] =
          cross_entropy (loss->factor + (first + i) * loss->size,
              output + i * loss->size, loss->size, gradient + i * loss->size);
    for (size_t k = 0; k < loss->size && !loss->of_softmax; k++) {
      const float factor = loss->factor[(first + i) * loss->size + k];

      loss->loss[first + i] += (double) factor * output[i * loss->size + k];
      gradient[i * loss->size + k] = factor;
    }
  }
}

static float *
normal_floats (guint32 stream, size_t n)
{
  const NnPhilox philox = nn_random_stream (7, stream, 0, 0);
  float *values = g_new (float, n);
  NnRandom random;

  nn_random_init (&random, &philox);
  for (size_t i = 0; i < n; i++)
    values[i] = nn_random_normal (&random);
  return values;
}

typedef struct {
  NnModel *model;
  NnBackprop *backprop;
  Loss loss;
  float *x; /* [BATCH][input] */
} Check;

static double
loss_at (const Check *check)
{
  double sum = 0;

  nn_model_repack (check->model);
  nn_backprop_forward (check->backprop, BATCH,
      (const float *const[]){ check->x }, 3, combine, (gpointer) &check->loss);
  for (size_t i = 0; i < BATCH; i++)
    sum += check->loss.loss[i];
  return sum;
}

/* The loss behind a step of this length along way [n] from before [n]. */
static double
loss_behind (const Check *check, float *values, const float *before,
    const double *way, size_t n, double step)
{
  for (size_t i = 0; i < n; i++)
    values[i] = before[i] + step * way[i];
  return loss_at (check);
}

/* The derivative along way by differences, without the terms of the third
 * order. */
static double
difference (const Check *check, float *values, const float *before,
    const double *way, size_t n, double step)
{
  double side[2] = { 0 };

  for (int k = 0; k < 2; k++)
    side[k] = loss_behind (check, values, before, way, n, (k + 1) * step)
        - loss_behind (check, values, before, way, n, -(k + 1) * step);
  return (8 * side[0] - side[1]) / (12 * step);
}

/* Moves values [n] along the gradient (then none of it cancels out) and along a
 * random direction; compares with what the loss does. */
static void
check_array (const Check *check, const char *name, float *values,
    const float *gradient, size_t n)
{
  g_autofree float *before = g_memdup2 (values, n * sizeof *values);
  g_autofree float *random = normal_floats (99, n);
  g_autofree double *way = g_new (double, n);
  double length = 0;

  for (size_t i = 0; i < n; i++)
    length += (double) gradient[i] * gradient[i];
  length = sqrt (length);
  for (int pass = 0; pass < 2; pass++) {
    double expected = 0, error = INFINITY;

    for (size_t i = 0; i < n; i++) {
      way[i] =
          pass == 0 ? gradient[i] / MAX (length, 1e-30) : random[i] / sqrt (n);
      expected += gradient[i] * way[i];
    }
    for (size_t i = 0; i < G_N_ELEMENTS (lengths) && error > TOLERANCE; i++) {
      const double found =
          difference (check, values, before, way, n, lengths[i]);

      error = fabs (found - expected) / (length + 0.02);
      g_test_message (
          "%s: %g, by differences %g (%.1g)", name, expected, found, error);
    }
    memcpy (values, before, n * sizeof *values);
    g_assert_cmpfloat (error, <=, TOLERANCE);
  }
}

/* With masks: the last two steps of each sample are zeros, and one between. */
static void
mask_steps (const NnShape *shape, float *x)
{
  const size_t k = shape->dim[1], steps = shape->dim[0];

  for (size_t i = 0; i < BATCH; i++)
    for (size_t t = 0; t < steps; t++)
      if (t == i || t + 2 >= steps)
        memset (x + (i * steps + t) * k, 0, k * sizeof *x);
}

static void
check_model (const char *json, bool is_fixed)
{
  const NnBackpropConfig config = {
    .batch_size = BATCH, .chunk = CHUNK, .wants_input_gradient = !is_fixed
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_model_build ("test", json, "3.9.2", NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_true (nn_model_initialize (model, 1, &error));
  g_assert_true (nn_model_pack (model, &error));
  g_autoptr (NnWeightList) weights = nn_weight_list_new (model);
  g_autoptr (NnPool) pool = nn_pool_new (2);
  g_autoptr (NnBackprop) backprop =
      nn_backprop_new (model, weights, pool, &config, &error);
  g_assert_no_error (error);
  const NnShape *const shape = nn_model_input_shape (model, 0);
  const size_t in_size = nn_shape_size (shape);
  const size_t out_size = nn_shape_size (nn_model_output_shape (model, 0));
  double loss[BATCH];
  g_autofree float *factor = normal_floats (1, BATCH * out_size);
  g_autofree float *x = normal_floats (2, BATCH * in_size);
  g_autofree float *gradient = g_new0 (float, weights->n_trained + 1);
  Check check = { model, backprop,
    { out_size, loss, factor, nn_backprop_ends_in_softmax (backprop) }, x };

  /* Biases that are zero would hide errors; so would a variance of 1. */
  for (size_t i = 0; i < weights->n; i++) {
    NnParam *const param = weights->items[i].param;
    g_autofree float *noise = normal_floats (3 + i, param->size);

    for (size_t k = 0; k < param->size; k++)
      param->value[k] = g_str_equal (param->name, "moving_variance")
          ? 1 + 0.3 * fabsf (noise[k])
          : param->value[k] + 0.1f * noise[k];
  }
  nn_model_repack (model);
  if (is_fixed)
    mask_steps (shape, x);
  nn_backprop_step (backprop, BATCH, (const float *const[]){ x }, 3, combine,
      &check.loss, gradient);
  g_autofree float *input_gradient = is_fixed
      ? NULL
      : g_memdup2 (nn_backprop_input_gradient (backprop, 0),
          BATCH * in_size * sizeof (float));
  for (size_t i = 0; i < weights->n; i++) {
    const NnWeight *const weight = &weights->items[i];

    if (weight->is_trained)
      check_array (&check, weight->param->name, weight->param->value,
          gradient + weight->offset, weight->param->size);
  }
  if (!is_fixed)
    check_array (&check, "input", x, input_gradient, BATCH * in_size);
}

static char *
sequential (const char *input, const char *layers)
{
  return g_strdup_printf (
      "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
      "{\"class_name\": \"InputLayer\", \"config\": {\"batch_shape\": "
      "[null, %s]}}, %s]}}",
      input, layers);
}

static void
test_layer (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autofree char *json = sequential (cases[i].input, cases[i].layers);

  check_model (json, cases[i].is_fixed);
}

static void
test_activation (gconstpointer data)
{
  g_autofree char *layers =
      g_strdup_printf ("{\"class_name\": \"Dense\", \"config\": {\"name\": "
                       "\"d\", \"dtype\": \"float32\", \"units\": 7, "
                       "\"activation\": \"%s\"}}",
          (const char *) data);
  g_autofree char *json = sequential ("6", layers);

  check_model (json, false);
}

static void
test_merge (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autofree char *json =
      g_strdup_printf (merge_config, merges[i].units, merges[i].class_name,
          merges[i].config, merges[i].arguments, merges[i].others);

  check_model (json, false);
}

static void
test_masked_attention (void)
{
  check_model (masked_config, true);
}

/* And what this layout is meant to test: something is in a thread's memory. */
static void
test_pictures (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_model_build ("test", pictures_config, "3.9.2", NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_true (nn_model_initialize (model, 1, &error));
  g_assert_true (nn_model_pack (model, &error));
  g_autoptr (NnWeightList) weights = nn_weight_list_new (model);
  g_autoptr (NnPool) pool = nn_pool_new (2);
  g_autoptr (NnBackprop) backprop = nn_backprop_new (model, weights, pool,
      &(NnBackpropConfig){ .batch_size = BATCH, .chunk = CHUNK }, &error);
  g_assert_no_error (error);
  size_t n_local = 0;

  g_assert_cmpuint (backprop->ops[0].at_once, ==, 1);
  for (size_t t = 0; t < model->graph->tensors->len; t++)
    n_local += backprop->tensors[t].value.is_local
        + backprop->tensors[t].grad.is_local;
  g_assert_cmpuint (n_local, >=, 4);
  check_model (pictures_config, false);
}

static bool
is_in_tables (const char *class_name)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", class_name);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    if (strstr (cases[i].layers, quoted))
      return true;
  for (size_t i = 0; i < G_N_ELEMENTS (merges); i++)
    if (g_str_equal (merges[i].class_name, class_name))
      return true;
  return false;
}

/* No way to train is missing above. Classes may share one: operators that of
 * the layers which do the same. */
static void
test_complete (void)
{
  g_autofree char *list = nn_layer_class_list ();
  g_auto (GStrv) names = g_strsplit (list, ", ", -1);
  g_autoptr (GHashTable) tested = g_hash_table_new (NULL, NULL);

  for (size_t n = 0; names[n]; n++)
    if (is_in_tables (names[n]))
      g_hash_table_add (
          tested, (gpointer) nn_layer_class_find (names[n])->training);
  for (size_t n = 0; names[n]; n++) {
    const NnTraining *const training = nn_layer_class_find (names[n])->training;

    g_test_message ("%s", names[n]);
    g_assert_true (!training || !training->backward
        || g_hash_table_contains (tested, training));
  }
}

static void
add (const char *folder, const char *name, size_t number, gconstpointer data,
    GTestDataFunc test)
{
  g_autofree char *path =
      g_strdup_printf ("/gradients/%s/%zu-%s", folder, number, name);

  g_test_add_data_func (path, data, test);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    add ("layer", cases[i].name, i, GSIZE_TO_POINTER (i), test_layer);
  for (size_t i = 0; i < G_N_ELEMENTS (activations); i++)
    add ("activation", activations[i], i, activations[i], test_activation);
  for (size_t i = 0; i < G_N_ELEMENTS (merges); i++)
    add ("merge", merges[i].class_name, i, GSIZE_TO_POINTER (i), test_merge);
  g_test_add_func ("/gradients/pictures", test_pictures);
  g_test_add_func ("/gradients/masked-attention", test_masked_attention);
  g_test_add_func ("/gradients/complete", test_complete);
  return g_test_run ();
}
