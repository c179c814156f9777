/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keras' activation functions, for layers that end in one and for layers that
 * are just that. To add one: see nn/activation-table.h. */
#pragma once

#include "nn/config.h"

typedef struct _NnActivationClass NnActivationClass;

typedef struct {
  const NnActivationClass *klass; /* NULL: linear */
  float args[3];                  /* slope, maximum, threshold and such */
  bool is_elsewhere; /* a softmax along an axis other than the last, which
                        nn_activation_apply assumes */
} NnActivation;

/* Reads config[key]: a name, null, or an object with its parameters. Fails
 * through config if it is unknown. */
NnActivation nn_activation_read (
    const NnConfig *config, const char *key, const char *fallback);
/* A layer or operator that is just an activation ("LeakyReLU", "ops.Gelu"),
 * with its config. False if class_name is none; an axis is ignored. */
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

/* The gradient, dy *= f' in place; y is the output of the function, x its
 * input; x may be NULL unless it is needed: most derivatives follow from y. */
void nn_activation_gradient (const NnActivation *activation, const float *x,
    const float *y, float *dy, size_t n, size_t len);
bool nn_activation_gradient_wants_input (const NnActivation *activation);

/* Whether it is the function with this name. */
bool nn_activation_is (const NnActivation *activation, const char *name);
/* Whether it is x where x > 0, else slope * x, with a slope of 0 (ReLU) to 1
 * (linear), so that it keeps the order of numbers. slope is not touched where
 * it is not. */
bool nn_activation_is_rectifier (const NnActivation *activation, float *slope);
/* Whether it works on rows: softmax and the like. */
bool nn_activation_is_of_rows (const NnActivation *activation);
