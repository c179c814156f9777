/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keras' initialisers and regularisers of a weight array, from the
 * configuration of its layer. Reading never fails: inference does not need
 * them. */
#pragma once

#include "nn/config.h"

typedef enum {
  NN_INIT_UNKNOWN,          /* the file names one that is not supported */
  NN_INIT_CONSTANT,         /* a */
  NN_INIT_UNIFORM,          /* a .. b */
  NN_INIT_NORMAL,           /* mean a, standard deviation b */
  NN_INIT_TRUNCATED_NORMAL, /* the same, within two deviations */
  NN_INIT_VARIANCE_SCALING, /* of fan: a = scale */
  NN_INIT_ORTHOGONAL,       /* a = gain */
} NnInitKind;

typedef enum { NN_FAN_IN, NN_FAN_OUT, NN_FAN_AVG } NnFan;

typedef struct {
  NnInitKind kind;
  double a, b;
  NnFan fan;               /* of VARIANCE_SCALING */
  NnInitKind distribution; /* of VARIANCE_SCALING: UNIFORM, NORMAL or
                              TRUNCATED_NORMAL */
  size_t ones_first,
      n_ones; /* elements set to 1 afterwards: unit_forget_bias */
} NnInitializer;

/* loss += l1 * sum of |w| + l2 * sum of w * w */
typedef struct {
  bool is_unknown; /* the file names one that is neither L1 nor L2 */
  double l1, l2;
} NnRegularizer;

/* config["kernel_initializer"] for the array "kernel",
 * config["recurrent_initializer"] for "recurrent_kernel", and so on; if absent,
 * Keras' default for arrays of this name. */
NnInitializer nn_initializer_read (const NnConfig *config, const char *param);
NnRegularizer nn_regularizer_read (const NnConfig *config, const char *param);
/* Whether config has a constraint for this array. */
bool nn_constraint_is_set (const NnConfig *config, const char *param);
