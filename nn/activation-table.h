/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every activation function with its derivative. To add one: the two
 * expressions and a row of the table in nn/activation-table.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a derivative takes: x before and y after the function; dy in place. */
typedef struct {
  const float *x, *y;
  float *dy; /* [n][len] */
  size_t n, len;
  const float *args;
} NnActivationGradient;

typedef struct _NnActivationClass {
  const char *name;
  int keras_major; /* 0: the same in all versions */
  /* In place over n rows of len; NULL: linear. */
  void (*apply) (float *x, size_t n, size_t len, const float *args);
  void (*gradient) (const NnActivationGradient *g); /* NULL: linear */
  bool gradient_wants_x;
  float args[3];
} NnActivationClass;

/* Ends with a row without a name. */
extern const NnActivationClass nn_activation_table[];
