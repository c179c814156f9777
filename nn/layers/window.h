/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window that a convolution or pooling moves over one to three spatial
 * axes. Layers of fewer axes have missing ones of length 1, so that each family
 * needs one loop:
 *   in [z.in][y.in][x.in][channels]  ->  out [z.out][y.out][x.out][...] */
#pragma once

#include "nn/layer.h"
#include "nn/layers/axis.h"

typedef struct {
  size_t n_axes; /* 1: x; 2: y and x; 3: all */
  NnAxis z, y, x;
  size_t channels;
} NnWindow;

/* Reads the window of a layer with one input of klass->n_axes spatial axes and
 * channels. size_key: "kernel_size" or "pool_size". Axes are not resolved yet.
 * False if config failed. */
bool nn_window_read (NnWindow *window, const NnLayer *layer,
    const NnConfig *config, const char *size_key);
/* Fills the lengths of the output: "padding" valid, same, causal (x only). */
void nn_window_resolve (NnWindow *window, const NnConfig *config);

/* Taps of the window. */
static inline size_t
nn_window_taps (const NnWindow *window)
{
  return window->z.kernel * window->y.kernel * window->x.kernel;
}

/* Shapes of n_axes axes and those after them. */
NnShape nn_window_out_shape (const NnWindow *window, size_t channels);
NnShape nn_window_kernel_shape (const NnWindow *window, size_t from, size_t to);
