/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that turn a Keras configuration into a graph. Everything
 * here fails through the NnConfig that it takes. */
#pragma once

#include "nn/keras.h"

/* The state while a model is built. */
typedef struct {
  NnGraph *graph;
  size_t work; /* against NN_MAX_WORK */
  int depth;   /* open models and wrappers */
} NnKerasBuild;

/* False, and a failure, if n more values are too many. */
bool nn_keras_spend (NnKerasBuild *build, const NnConfig *config, size_t n);

/* A node of a Functional model's graph as a file names it. */
typedef struct {
  const char *layer; /* borrowed from the document */
  gint64 node;       /* which call of the layer */
  gint64 tensor;     /* which of its outputs */
} NnKerasRef;

/* One call of a layer, however the file writes it. */
typedef struct {
  GArray *inputs; /* of NnKerasRef */
  GArray *args;   /* of NnArg, which refer to inputs */
  GArray *masks;  /* of NnKerasMask: mask=, query_mask= and the like */
} NnKerasCall;

typedef struct {
  size_t input; /* index */
  NnKerasRef ref;
} NnKerasMask;

/* Reads an item of inbound_nodes. Free with nn_keras_call_free. */
NnKerasCall *nn_keras_call_new (NnKerasBuild *build, const NnConfig *node);
void nn_keras_call_free (NnKerasCall *call); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnKerasCall, nn_keras_call_free)

/* Appends the references of input_layers or output_layers: one triple, a list
 * of them, or an object of them (in the order of its sorted keys). */
void nn_keras_read_refs (
    NnKerasBuild *build, const NnConfig *value, GArray *refs);

/* The class of a Keras 2 operator (TFOpLambda, SlicingOpLambda): its name as
 * that of an NnLayerClass ("ops.Add"); renames the arguments in args. NULL and
 * a failure if it is unknown. */
const char *nn_keras_operator_find (
    const NnConfig *entry, const NnConfig *config, NnArg *args, size_t n_args);

/* The class for a Merge of Keras 2.0 and 2.1; its options are put into options.
 * NULL and a failure if it needs Python code. */
const char *nn_keras_merge_find (const NnConfig *config, NnDocument *options);

bool nn_keras_is_model (const char *class_name);
bool nn_keras_is_wrapper (const char *class_name);

/* False, and a failure, if a layer is not what its class_name says: a class
 * that is not Keras', or one with quantized weights. All other dtypes are
 * computed in float32. */
bool nn_keras_check_entry (const NnConfig *entry);

/* Layer i of a model or wrapper; created if missing. */
NnKerasLayer *nn_keras_child (
    NnKerasLayer *parent, size_t i, const NnConfig *entry);

/* Calls a layer, wrapper or model; appends its output tensors to out (of
 * size_t). entry: the object with class_name and config. */
void nn_keras_call_entry (NnKerasBuild *build, NnKerasLayer *layer,
    const NnConfig *entry, const NnGraphCall *call, GArray *out);

/* The same for a wrapper (TimeDistributed, SpectralNormalization); config: its
 * "config". */
void nn_keras_call_wrapper (NnKerasBuild *build, NnKerasLayer *wrapper,
    const NnConfig *config, const NnGraphCall *call, GArray *out);

/* The same for a Functional model; config: its "config". */
void nn_keras_call_functional (NnKerasBuild *build, NnKerasLayer *model,
    const NnConfig *config, const NnGraphCall *call, GArray *out);

/* The inputs of a Functional model: shapes as for nn_keras_input_shapes. */
void nn_keras_functional_input_shapes (
    NnKerasBuild *build, const NnConfig *config, GArray *shapes);

/* The input shape stated by an InputLayer or, in Keras 2, any first layer. */
bool nn_keras_read_batch_shape (const NnConfig *config, NnShape *shape);
