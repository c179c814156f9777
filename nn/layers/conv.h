/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conv1D, Conv2D and Conv3D, between their files: nn/layers/conv.c has the
 * layer, which runs by rows; conv-winograd.c and conv-pooled.c have faster ways
 * for some shapes, and conv-training.c the way back. */
#pragma once

#include "nn/layer.h"
#include "nn/layers/window.h"
#include "nn/simd.h"

enum { NN_CONV_KERNEL, NN_CONV_BIAS };

typedef enum {
  NN_CONV_ROWS,     /* a row of the output is a product */
  NN_CONV_POOLED,   /* few taps and a pool, in registers */
  NN_CONV_WINOGRAD, /* 3 x 3 taps of many channels */
} NnConvWay;

typedef struct _NnConv NnConv;

struct _NnConv {
  NnLayer base; /* without class and weights in an adjoint */
  NnWindow window;
  size_t filters, groups;
  bool use_bias;
  NnActivation activation;

  /* The input's rows, with zeros before and behind, as far as one row of the
   * output needs them: row i of the input is in slot i % n_slots, and one more
   * slot is all zeros. Without padding the input serves as it is. */
  bool is_padded;
  size_t padded_x; /* positions of a slot */
  size_t n_slots;
  /* A patch is runs of consecutive floats, the same in each row of taps. */
  size_t n_segments, segment_len;
  NnPacked *packed; /* [groups], or of Winograd's products; by conv_finish */
  size_t n_packed;

  /* Absorbed from the layers that follow. */
  NnFinish end; /* scale and offset are borrowed from a BatchNormalization */

  NnConvWay way;

  /* Where it is trained and has no strides: the gradient of the input is a
   * convolution of that of the output, with the kernel turned round. */
  NnConv *adjoint; /* or NULL; has no bias and no activation */
};

/* Of row i of the pooled output, or of plain rows where nothing is pooled. */
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

/* Lays out rows, and says what scratch memory they need; false where a size
 * overflows. */
bool nn_conv_lay_out (NnConv *self);
/* Chooses the fastest way, and says what scratch memory that needs. */
void nn_conv_choose_way (NnConv *self);
/* Packs a kernel for the way that was chosen. */
void nn_conv_pack (NnConv *self, const float *kernel);
/* n samples. */
void nn_conv_run (
    const NnConv *self, size_t n, const float *in, float *scratch, float *out);
/* Frees what was packed. */
void nn_conv_clear_packed (NnConv *self);

/* The adjoint: packs the kernel anew; frees it (NULL is fine). */
void nn_conv_pack_adjoint (NnConv *self);
void nn_conv_free_adjoint (NnConv *adjoint);

/* Floats that hold n_segments offsets. */
size_t nn_conv_segments_len (const NnConv *self);
/* Where the runs begin that row (oz, oy) of the output needs, in memory of
 * n_slots rows and one of zeros. */
void nn_conv_find_segments (const NnConv *self, size_t oz, size_t oy,
    size_t n_slots, bool is_padded, size_t *segments);

/* Activation and what was absorbed, for the rows of one row of pools: rows
 * [pool_y][x.out][filters], ld apart -> out. */
void nn_conv_finish_rows (
    const NnConv *self, float *rows, size_t ld, float *out);

/* The other ways: whether the shapes suit them, the scratch memory they need
 * (in floats), their packed weights, and one sample. */
bool nn_conv_suits_pooled (const NnConv *self);
size_t nn_conv_pooled_scratch (const NnConv *self);
void nn_conv_pooled_run (
    const NnConv *self, const float *in, float *scratch, float *out);

bool nn_conv_suits_winograd (const NnConv *self);
size_t nn_conv_winograd_scratch (const NnConv *self);
void nn_conv_winograd_pack (NnConv *self, const float *kernel);
void nn_conv_winograd_run (
    const NnConv *self, const float *in, float *scratch, float *out);

extern const NnTraining nn_conv_training;
