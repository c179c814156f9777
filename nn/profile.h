/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session layer by layer, for benchmarks: nn_session_begin, every call in
 * order and nn_session_end are what nn_session_run does.
 */
#pragma once

#include "nn/model.h"

typedef struct {
  const char *name; /* of the layer, in the file; lives as long as the model */
  const char *kind; /* Keras' class_name */
  double flops;     /* for one sample; 0: not counted (see NnLayerClass) */
} NnCallInfo;

/* One call for each layer that computes something: inactive ones (Dropout) and
 * those that only change a shape have none. */
size_t nn_session_n_calls (const NnSession *session);
NnCallInfo nn_session_call_info (const NnSession *session, size_t index);

/* in and out as for nn_session_run. All calls in between have the same n. */
void nn_session_begin (NnSession *session, const float *const *in);
void nn_session_run_call (NnSession *session, size_t index, size_t n);
void nn_session_end (NnSession *session, size_t n, float *const *out);
