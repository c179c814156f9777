/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The models that are measured where none is named. */
#pragma once

#include "nn/model.h"

typedef struct {
  const char *nick;
  const char *file; /* in the folder EMOTION_SHARED */
} BenchModel;

#define N_BENCH_MODELS 4
extern const BenchModel bench_models[N_BENCH_MODELS];

/* Where the weights of a nick are; what is no nick is a file. g_free. */
char *bench_model_path (const char *what);

/* what: a nick, or a model file. NULL and the reason otherwise. */
NnModel *bench_model_load (const char *what, GError **error);
