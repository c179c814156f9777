/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of an NnModel, for files of this folder. */
#pragma once

#include "nn/compress.h"
#include "nn/graph.h"
#include "nn/keras.h"
#include "nn/model.h"
#include "nn/plan.h"

struct _NnModel {
  gatomicrefcount refs;
  char *name;          /* the path, or a name */
  char *metadata;      /* attribute "emotiondetect", or NULL */
  bool has_self_test;  /* which the model passed */
  const char *format;  /* "HDF5", ...: static; NULL: not from a file */
  char *config;        /* "model_config" (JSON) that the graph was built from */
  char *keras_version; /* of the writer, or NULL: before 2 */
  bool is_torch;       /* see NnConfig */
  NnStorage storage;   /* how it is saved */
  NnKerasLayer *root;  /* the model itself */
  GPtrArray *layers;   /* of NnKerasLayer: its layers in Keras' order, with the
                          InputLayers and operators; borrowed from root */
  NnGraph *graph;
  NnPlan *plan;
};

/* A model from its configuration, with the values of its weights still NULL;
 * fill these and call nn_model_finish. Arguments as for nn_model_load;
 * keras_version may be NULL. */
NnModel *nn_model_build (const char *name, const char *config,
    const char *keras_version, const NnShape *input_shapes, size_t n_inputs,
    GError **error);

/* The same where config was parsed already. */
NnModel *nn_model_build_document (const char *name, const char *config,
    NnDocument *document, const char *keras_version,
    const NnShape *input_shapes, size_t n_inputs, GError **error);

/* The shapes (NnShape) of the inputs that a configuration has; see
 * nn_model_file_inputs. */
GArray *nn_model_input_shapes (const char *name, NnDocument *document,
    const char *keras_version, GError **error);

/* Layers pack their weights; fails if out of memory. */
bool nn_model_pack (NnModel *model, GError **error);
/* The same after weights have changed, in a model that was packed or finished
 * but not quantised: cannot fail. */
void nn_model_repack (NnModel *model);

/* After the weights are filled: packs them, fuses layers and lays out memory;
 * the model is then ready for inference. */
bool nn_model_finish (NnModel *model, GError **error);

/* A copy of the model with its own weights, not finished. */
NnModel *nn_model_copy (const NnModel *model, GError **error);
