/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of Conv1D, Conv2D and Conv3D, each of which calls only
 * those before it:
 *   conv-layout.c
 *     where patches lie, and what is done to a row of the output
 *   conv-rows.c, conv-few.c, conv-pooled.c, conv-winograd.c,
 *   conv-winograd-line.c
 *     the ways of computing it
 *   conv-ways.c
 *     the table of these, and the choice among them
 *   conv-training.c
 *     gradients
 *   conv.c
 *     the layer */
#pragma once

#include "nn/layer.h"
#include "nn/layers/window.h"
#include "nn/simd.h"

enum { NN_CONV_KERNEL, NN_CONV_BIAS };

typedef struct _NnConv NnConv;

/* An algorithm for convolutions. */
typedef struct {
  /* Whether it supports the shapes and is faster than the rest of the table. */
  bool (*suits) (const NnConv *self);
  size_t (*scratch) (const NnConv *self); /* floats that it needs */
  /* Packs a kernel into self->packed; false if out of memory. */
  bool (*pack) (NnConv *self, const float *kernel);
  /* n samples, in and out as of the layer. */
  void (*run) (const NnConv *self, size_t n, const float *in, float *scratch,
      float *out);
  /* One sample's gradient of the kernel, of which nothing was absorbed, added
   * to grad; in as of the layer, dy that of its output. NULL, or where it
   * needs no scratch memory: patch by patch (conv-training.c). */
  void (*kernel_gradient) (const NnConv *self, const float *in, const float *dy,
      float *scratch, float *grad);
  size_t (*gradient_scratch) (const NnConv *self); /* floats for that */
} NnConvWay;

struct _NnConv {
  NnLayer base; /* without class and weights in an adjoint */
  NnWindow window;
  size_t filters, groups;
  bool use_bias;
  NnActivation activation;

  /* Rows of the input, zero-padded, as needed for one row of the output: row i
   * of the input is in slot i % n_slots, and an additional slot is all zeros.
   * Without padding the input is used directly. */
  bool is_padded;
  size_t padded_x; /* positions of a slot */
  size_t n_slots;
  /* A patch is segments of consecutive floats, the same in each row of taps. */
  size_t n_segments, segment_len;
  NnPacked *packed; /* [n_packed]: the way's, as nn_conv_pack left them */
  size_t n_packed;

  /* Absorbed from the layers that follow. */
  NnFinish end; /* scale and offset are borrowed from a BatchNormalization */

  const NnConvWay *way;

  /* For training without strides: the gradient of the input is a convolution of
   * that of the output with the reversed kernel. */
  NnConv *adjoint; /* or NULL; has no bias and no activation */
};

/* Of row i of the pooled output, or of plain rows if nothing is pooled. */
static inline size_t
nn_conv_out_rows (const NnConv *self)
{
  return self->window.y.out / self->end.pool_y;
}

/* Floats of such a row. */
static inline size_t
nn_conv_out_row_len (const NnConv *self)
{
  return self->window.x.out / self->end.pool_x * self->filters;
}

/* The bias, or NULL. */
static inline const float *
nn_conv_bias (const NnConv *self)
{
  return self->use_bias ? nn_layer_value (&self->base, NN_CONV_BIAS) : NULL;
}

/* Floats of a sample. */
static inline size_t
nn_conv_in_size (const NnConv *self)
{
  const NnWindow *const window = &self->window;

  return window->z.in * window->y.in * window->x.in * window->channels;
}

static inline size_t
nn_conv_out_size (const NnConv *self)
{
  return self->window.z.out * nn_conv_out_rows (self)
      * nn_conv_out_row_len (self);
}

/* ---- conv-layout.c ---- */

/* Finds the segments of a patch and the slots; false if a size overflows. */
bool nn_conv_lay_out (NnConv *self);
/* Floats that hold n_segments offsets. */
size_t nn_conv_segments_len (const NnConv *self);
/* Where the segments begin that row (oz, oy) of the output needs, in memory of
 * n_slots rows and one of zeros. */
void nn_conv_find_segments (const NnConv *self, size_t oz, size_t oy,
    size_t n_slots, bool is_padded, size_t *segments);
/* What is done to an output. False where the activation is not part of it, but
 * must be applied first. */
bool nn_conv_end (const NnConv *self, NnFinish *end);
/* Activation and what was absorbed, for the rows of one row of pools: rows
 * [pool_y][x.out][filters], ld apart -> out. */
void nn_conv_finish_rows (
    const NnConv *self, float *rows, size_t ld, float *out);
/* Allocates n packed matrices, to be packed afterwards; keeps existing ones if
 * there are as many. */
void nn_conv_resize_packed (NnConv *self, size_t n);
/* Packs the kernel of each group: for algorithms with products of patches. */
bool nn_conv_pack_groups (NnConv *self, const float *kernel);

/* ---- the ways ---- */

extern const NnConvWay nn_conv_few;      /* one or two outputs */
extern const NnConvWay nn_conv_rows;     /* a row of the output is a product */
extern const NnConvWay nn_conv_pooled;   /* few taps and a pool, in registers */
extern const NnConvWay nn_conv_winograd; /* 3 x 3 taps of many channels */
extern const NnConvWay nn_conv_winograd_line; /* 3 taps of many channels */

/* ---- conv-ways.c ---- */

/* Sets the algorithm, and scratch_len: the one for all shapes; the fastest. */
void nn_conv_use_rows (NnConv *self);
void nn_conv_use_fastest (NnConv *self);

/* ---- conv-training.c ---- */

/* The adjoint: packs the kernel again (false if out of memory); frees it (NULL
 * is fine). */
bool nn_conv_pack_adjoint (NnConv *self);
void nn_conv_free_adjoint (NnConv *adjoint);

extern const NnTraining nn_conv_training;
