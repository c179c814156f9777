/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session run step by step, for who measures it (tests/bench): one run is
 * nn_session_begin, every step in order, nn_session_end, and nn_session_run is
 * nothing else.
 */
#pragma once

#include "nn/model.h"

typedef struct {
  const char *name; /* of the layer, in the file; lives as long as the model */
  const char *kind; /* Keras' class_name */
  double flops;     /* for one sample; 0: not counted (see NnLayerClass) */
} NnStepInfo;

/* One step for each layer that computes something: inactive ones (Dropout) and
 * those that only change a shape have none. */
size_t nn_session_n_steps (const NnSession *session);
NnStepInfo nn_session_step_info (const NnSession *session, size_t step);

/* in and out as for nn_session_run. The steps of one run have the same n. */
void nn_session_begin (NnSession *session, const float *const *in);
void nn_session_step (NnSession *session, size_t step, size_t n);
void nn_session_end (NnSession *session, size_t n, float *const *out);
