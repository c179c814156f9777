/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New models, not trained: the four of the Python system and ours by their
 * nick, the small ones for statistics of features (simple: two hidden layers;
 * logistic: none), or any Keras configuration. Weights come from the
 * initialisers named in the configuration, with Keras' distributions (but not
 * Keras' random numbers), from one seed. */
#pragma once

#include "nn/model.h"

/* "cnn-gru", "cnn-lstm", ...; NULL-terminated. */
const char *const *nn_architecture_nicks (void);

/* The kind of input of an architecture. */
typedef enum {
  NN_FEATURES_PICTURE,    /* (bands, frames, 1) */
  NN_FEATURES_STATISTICS, /* (values): of each band over the window */
} NnFeatures;

/* PICTURE for an unknown nick: files state their own input. */
NnFeatures nn_architecture_features (const char *nick);

typedef struct {
  NnShape input; /* (bands, frames, 1); of the small ones: (values) */
  size_t n_classes;
  double dropout; /* factor of every dropout rate; 1 as published */
  double l2;      /* factor of every L2 penalty; 1 as published */
} NnArchitectureOptions;

/* As published, for (64, 94, 1) and 9 classes. */
void nn_architecture_options_init (NnArchitectureOptions *options);

/* options: NULL for the defaults. NULL and NN_ERROR_UNSUPPORTED for an unknown
 * nick (the message lists them), NN_ERROR_SHAPE if the input is too small. */
NnModel *nn_architecture_new (const char *nick,
    const NnArchitectureOptions *options, guint64 seed, GError **error);

/* Any model: json is Keras' model_config (Sequential or functional), of the
 * given Keras version ("2.10.0", "3.9.2"). name is its name in messages. */
NnModel *nn_model_new_from_config (const char *name, const char *json,
    const char *keras_version, guint64 seed, GError **error);
