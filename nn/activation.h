/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keras' activation functions, for the layers that end in one and for the
 * layers that are nothing else. To add one: see nn/activation-table.h. */
#pragma once

#include "nn/config.h"

typedef struct _NnActivationClass NnActivationClass;

typedef struct {
  const NnActivationClass *klass; /* NULL: linear */
  float args[3];                  /* slope, maximum, threshold and such */
  bool is_elsewhere; /* a softmax given with an axis: not of the last axis'
                        rows, as nn_activation_apply would have it */
} NnActivation;

/* Reads config[key]: a name, null, or an object with its parameters. Fails
 * through config where it is not known. */
NnActivation nn_activation_read (
    const NnConfig *config, const char *key, const char *fallback);
/* A layer or operator that is nothing but an activation ("LeakyReLU",
 * "ops.Gelu"), with its config. False where class_name is none; the axis of
 * those that have one is not looked at. */
bool nn_activation_read_object (
    const NnConfig *config, const char *class_name, NnActivation *activation);
/* By name, with Keras' default parameters; for keras_major 2 or 3. */
bool nn_activation_find (
    const char *name, int keras_major, NnActivation *activation);

/* In place over n rows of len (softmax and the like work on rows). */
void nn_activation_apply (
    const NnActivation *activation, float *x, size_t n, size_t len);

/* Its name in the table; "linear" for none. */
const char *nn_activation_name (const NnActivation *activation);

/* The gradient, dy *= f' in place; y is behind the function, x before it and
 * may be NULL unless it is wanted: most derivatives follow from y. */
void nn_activation_gradient (const NnActivation *activation, const float *x,
    const float *y, float *dy, size_t n, size_t len);
bool nn_activation_gradient_wants_input (const NnActivation *activation);

/* Whether it is the function of this name. */
bool nn_activation_is (const NnActivation *activation, const char *name);
bool nn_activation_is_relu (const NnActivation *activation);
/* Whether it works on rows: softmax and the like. */
bool nn_activation_is_of_rows (const NnActivation *activation);
