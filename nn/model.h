/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Keras model, loaded: immutable, reference counted, shared by any number of
 * threads. What changes while it runs lives in an NnSession, one for each
 * stream.
 *   loading may fail, and says why; running a loaded model cannot fail,
 *   allocates nothing, locks nothing, logs nothing.
 */
#pragma once

#include <glib.h>
#include "nn/shape.h"

typedef struct _NnModel NnModel;
typedef struct _NnSession NnSession;

/* Reads a model file: Keras 2 .h5, Keras 3 .h5 or .keras, told apart by their
 * contents, or an architecture (.json) with its weights (nn/model-file.h).
 * input_shapes: NULL, or n_inputs shapes that replace the axes which the file
 * leaves open (None); other axes must agree, or be NN_DIM_UNKNOWN: as the file
 * says. Release with nn_model_unref. NULL and NN_ERROR otherwise; the message
 * names the file. */
NnModel *nn_model_load (const char *path, const NnShape *input_shapes,
    size_t n_inputs, GError **error);

/* The same from memory (built-in weights, tests). name stands for the path in
 * messages. */
NnModel *nn_model_load_bytes (const char *name, GBytes *bytes,
    const NnShape *input_shapes, size_t n_inputs, GError **error);

/* The same in two steps. */
typedef struct _NnModelFile NnModelFile;
NnModelFile *nn_model_file_open (const char *path, GError **error);
NnModelFile *nn_model_file_new (const char *name, GBytes *bytes);
NnModel *nn_model_file_load (const NnModelFile *file,
    const NnShape *input_shapes, size_t n_inputs, GError **error);

/* Where the one input has axes that the file leaves open, or no shape at all:
 * with the first of choices (as input_shapes) that the model takes. */
NnModel *nn_model_file_load_fitting (const NnModelFile *file,
    const NnShape *choices, size_t n_choices, GError **error);
void nn_model_file_free (NnModelFile *file); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnModelFile, nn_model_file_free)

/* The file that the weights are in, where path is an architecture and they are
 * there, or NULL. Free with g_free. */
char *nn_model_weights_path (const char *path);

/* Rounds the weights of layers that run faster so to 8 bits each (the product
 * with the state, in recurrent layers with tanh and sigmoid). Outputs change a
 * little. Before the model is run or shared; what is saved, copied or trained
 * has the weights as they were. */
void nn_model_quantise (NnModel *model);

NnModel *nn_model_ref (NnModel *model);
void nn_model_unref (NnModel *model); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnModel, nn_model_unref)

/* Inputs and outputs in the order of the file; shapes are of one sample. What
 * is returned lives as long as the model. */
size_t nn_model_n_inputs (const NnModel *model);
size_t nn_model_n_outputs (const NnModel *model);
const NnShape *nn_model_input_shape (const NnModel *model, size_t i);
const NnShape *nn_model_output_shape (const NnModel *model, size_t i);

/* The root attribute "emotiondetect" (JSON text), or NULL where the file has
 * none. */
const char *nn_model_metadata (const NnModel *model);

/* A table of the model for people: layers, output shapes, numbers of
 * parameters, what each layer of a Functional model reads, labels, recipe, kind
 * and version of the file. other: NULL, or the same model for inputs of another
 * size: axes that differ are None. Several lines of UTF-8, each ends in a
 * newline. Free with g_free. */
char *nn_model_describe (const NnModel *model, const NnModel *other);

/* The inputs of a model file as it has them, without building the model: axes
 * that it leaves open are NN_DIM_UNKNOWN, for nn_model_load to be told. Sets
 * *shapes to an array of *n_inputs (free with g_free): none where the file does
 * not say (and *shapes may be NULL then), as Sequential models of Keras 2 that
 * were built without. False and NN_ERROR where it cannot be read. */
bool nn_model_file_inputs (const NnModelFile *file, NnShape **shapes,
    size_t *n_inputs, GError **error);

/* The activation function that output i ends in, as Keras names it: "softmax",
 * "sigmoid", "linear", ... NULL where it is what another kind of layer puts
 * out, such as a mean. */
const char *nn_model_output_activation (const NnModel *model, size_t i);

/* What runs a model: its scratch memory, for up to max_batch samples at once.
 * Keeps a reference to model. Free with nn_session_free. NULL and
 * NN_ERROR_LIMIT where the memory cannot be had. */
NnSession *nn_session_new (NnModel *model, size_t max_batch, GError **error);
void nn_session_free (NnSession *session); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnSession, nn_session_free)

/* Runs n <= max_batch samples. in[i]: [n][input shape i], out[i]: [n][output
 * shape i], floats; out must not overlap in. Never fails. */
void nn_session_run (
    NnSession *session, size_t n, const float *const *in, float *const *out);

/* Floats that stateful layers carry from one sample to the next: LSTM, GRU and
 * SimpleRNN with stateful=True. 0: the model has none, or others. */
size_t nn_model_state_len (const NnModel *model);

/* The same for n samples that follow each other in time: stateful layers go on
 * from one to the next, as Keras does with a batch of one, call after call.
 * state: [nn_model_state_len], zeros before the first sample; it is what the
 * last sample leaves. How many samples a call has changes no bit of the
 * outputs. */
void nn_session_run_sequence (NnSession *session, size_t n,
    const float *const *in, float *const *out, float *state);

/* Bytes of scratch memory that the session holds. */
size_t nn_session_memory (const NnSession *session);
