/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interpolation along one axis, as tf.image.resize: each position of the output
 * is a weighted sum of neighbours in the input. Positions have their centres at
 * halves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef enum {
  NN_RESAMPLE_NEAREST,
  NN_RESAMPLE_BILINEAR,
  NN_RESAMPLE_BICUBIC, /* Keys, with a of -0.5; of PyTorch, see below */
  NN_RESAMPLE_AREA,
  NN_RESAMPLE_LANCZOS3,
  NN_RESAMPLE_LANCZOS5,
  NN_RESAMPLE_GAUSSIAN,
  NN_RESAMPLE_MITCHELL,
} NnResampleKind;

/* Their names in Keras and TensorFlow, NULL-terminated. */
extern const char *const nn_resample_names[];

typedef struct {
  size_t n_out, n_taps;
  size_t *first;  /* [n_out], the position of the first tap in the input */
  float *weights; /* [n_out][n_taps] */
} NnTaps;

typedef struct {
  NnResampleKind kind;
  bool antialias; /* the kernel is as wide as positions of the output */
  bool is_torch;  /* bicubic without antialias: a of -0.75, and positions beyond
                     the end are clamped to it; else they have no weight */
} NnResample;

/* The number of weights. */
size_t nn_taps_count (const NnResample *how, size_t n_in, size_t n_out);
NnTaps nn_taps_new (const NnResample *how, size_t n_in, size_t n_out);
void nn_taps_clear (NnTaps *taps);
