/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models that have not been trained yet: the four of the Python system and ours
 * by their nick, the small ones for statistics of features (simple: two hidden
 * layers; logistic: none), or any Keras configuration. Weights come from
 * the initialisers that the configuration names, drawn as Keras draws them (the
 * distributions, not Keras' own random numbers) from one seed.
 */
#pragma once

#include "nn/model.h"

/* "cnn-gru", "cnn-lstm", ...; NULL-terminated. */
const char *const *nn_architecture_nicks (void);

/* What an architecture is drawn for. */
typedef enum {
  NN_FEATURES_PICTURE,    /* (bands, frames, 1) */
  NN_FEATURES_STATISTICS, /* (values): of each band over the window */
} NnFeatures;

/* PICTURE for a nick that does not exist: files say themselves. */
NnFeatures nn_architecture_features (const char *nick);

typedef struct {
  NnShape input; /* (bands, frames, 1); of the small ones: (values) */
  size_t n_classes;
  double dropout; /* factor of every dropout rate; 1 as published */
  double l2;      /* factor of every L2 penalty; 1 as published */
} NnArchitectureOptions;

/* As published, for (64, 94, 1) and 9 classes. */
void nn_architecture_options_init (NnArchitectureOptions *options);

/* options: NULL for what init gives. NULL and NN_ERROR_UNSUPPORTED for a
 * nick that does not exist (the message lists them), NN_ERROR_SHAPE where the
 * input is too small. */
NnModel *nn_architecture_new (const char *nick,
    const NnArchitectureOptions *options, guint64 seed, GError **error);

/* Any model: json is Keras' model_config (Sequential or functional), of the
 * given Keras version ("2.10.0", "3.9.2"). name stands for it in messages. */
NnModel *nn_model_new_from_config (const char *name, const char *json,
    const char *keras_version, guint64 seed, GError **error);
