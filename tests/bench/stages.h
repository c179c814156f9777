/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotion-bench measures: each adds its tables and probes to a bench. */
#pragma once

#include "nn/model.h"
#include "tests/bench/bench.h"

/* Resampling and each step of the features of one window. Returns the row of
 * the bare FFTW transforms. */
BenchRow *stages_add_features (Bench *bench);

/* Each layer of a model and the whole of it, with `batch` windows at once; with
 * batch 1 also the way from samples to probabilities. title: of the table.
 * false and NN_ERROR where the model does not take our features. */
bool stages_add_model (Bench *bench, const char *title, NnModel *model,
    size_t batch, GError **error);
