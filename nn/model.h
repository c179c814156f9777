/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Keras model, loaded: immutable, reference counted, shared by any number of
 * threads. Mutable state lives in an NnSession, one for each stream. Loading
 * may fail, with an error that says why; running a loaded model cannot fail,
 * allocates nothing, locks nothing, logs nothing. */
#pragma once

#include <glib.h>
#include "nn/shape.h"

typedef struct _NnModel NnModel;
typedef struct _NnSession NnSession;

/* Reads a model file: Keras 2 .h5, Keras 3 .h5 or .keras, recognised by their
 * contents, or an architecture (.json) with its weights (nn/model-file.h).
 * input_shapes: NULL, or n_inputs shapes that replace the axes that the file
 * leaves open (None); other axes must agree, or be NN_DIM_UNKNOWN: as in the
 * file. Release with nn_model_unref. NULL and NN_ERROR on failure; the message
 * names the file. */
NnModel *nn_model_load (const char *path, const NnShape *input_shapes,
    size_t n_inputs, GError **error);

/* The same from memory (built-in weights, tests). name replaces the path in
 * messages. */
NnModel *nn_model_load_bytes (const char *name, GBytes *bytes,
    const NnShape *input_shapes, size_t n_inputs, GError **error);

/* The same in two steps. */
typedef struct _NnModelFile NnModelFile;
NnModelFile *nn_model_file_open (const char *path, GError **error);
NnModelFile *nn_model_file_new (const char *name, GBytes *bytes);
NnModel *nn_model_file_load (const NnModelFile *file,
    const NnShape *input_shapes, size_t n_inputs, GError **error);

/* The same; if the only input has open axes or no shape, it gets the first of
 * choices (as input_shapes) that the model accepts. */
NnModel *nn_model_file_load_fitting (const NnModelFile *file,
    const NnShape *choices, size_t n_choices, GError **error);
void nn_model_file_free (NnModelFile *file); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnModelFile, nn_model_file_free)

/* The file of the weights, if path is an architecture and they exist, or NULL.
 * Free with g_free. */
char *nn_model_weights_path (const char *path);

/* Rounds weights to 8 bits in layers that become faster by it (the product with
 * the state, in recurrent layers with tanh and sigmoid). Outputs change
 * slightly. To be called before the model is run or shared; saving, copying and
 * training use the original weights. */
void nn_model_quantise (NnModel *model);

NnModel *nn_model_ref (NnModel *model);
void nn_model_unref (NnModel *model); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnModel, nn_model_unref)

/* Inputs and outputs in the order of the file; shapes are of one sample.
 * Results live as long as the model. */
size_t nn_model_n_inputs (const NnModel *model);
size_t nn_model_n_outputs (const NnModel *model);
const NnShape *nn_model_input_shape (const NnModel *model, size_t i);
const NnShape *nn_model_output_shape (const NnModel *model, size_t i);

/* The root attribute "emotiondetect" (JSON text), or NULL if the file has none.
 */
const char *nn_model_metadata (const NnModel *model);

/* A human-readable table of the model: layers, output shapes, numbers of
 * parameters, what each layer of a Functional model reads, labels, recipe, kind
 * and version of the file. other: NULL, or the same model for inputs of another
 * size: axes that differ are shown as None. UTF-8, each line ends in a newline.
 * Free with g_free. */
char *nn_model_describe (const NnModel *model, const NnModel *other);

/* The inputs stated in a model file, without building the model: open axes are
 * NN_DIM_UNKNOWN, to be given to nn_model_load. Sets *shapes to an array of
 * *n_inputs (free with g_free): 0 (and *shapes may be NULL) if the file states
 * none, as for Sequential models of Keras 2 built without. False and NN_ERROR
 * if it cannot be read. */
bool nn_model_file_inputs (const NnModelFile *file, NnShape **shapes,
    size_t *n_inputs, GError **error);

/* Keras' name of the activation function of output i: "softmax", "sigmoid",
 * "linear", ... NULL if another kind of layer computes the output, such as a
 * mean. */
const char *nn_model_output_activation (const NnModel *model, size_t i);

/* Runs a model: its working memory, for up to max_batch samples at once. Keeps
 * a reference to model. Free with nn_session_free. NULL and NN_ERROR_LIMIT if
 * out of memory. */
NnSession *nn_session_new (NnModel *model, size_t max_batch, GError **error);
void nn_session_free (NnSession *session); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnSession, nn_session_free)

/* Runs n <= max_batch samples. in[i]: [n][input shape i], out[i]: [n][output
 * shape i], floats; out must not overlap in. Never fails. */
void nn_session_run (
    NnSession *session, size_t n, const float *const *in, float *const *out);

/* Floats of state that stateful layers keep from sample to sample: LSTM, GRU
 * and SimpleRNN with stateful=True. 0: none, or only other stateful layers. */
size_t nn_model_state_len (const NnModel *model);

/* The same for n samples that follow each other in time: stateful layers keep
 * their state from one to the next, as Keras does over calls with a batch of
 * one. state: [nn_model_state_len], zeros before the first sample; replaced by
 * the state after the last. The outputs do not depend, bit for bit, on how many
 * samples a call has. */
void nn_session_run_sequence (NnSession *session, size_t n,
    const float *const *in, float *const *out, float *state);

/* Bytes of working memory of the session. */
size_t nn_session_memory (const NnSession *session);
