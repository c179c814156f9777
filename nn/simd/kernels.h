/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of nn/simd.h of the path that is being built, between the files
 * of this folder. */
#pragma once

#include "nn/loops.h"
#include "nn/simd.h"

#define NN_CONCAT_(a, b, c) a##b##_##c
#define NN_CONCAT(a, b, c) NN_CONCAT_ (a, b, c)
/* The name of this path's function or table. */
#define NN_PATH(name) NN_CONCAT (nn_, name, NN_SIMD_NAME)

void NN_PATH (product) (const NnProduct *product);
void NN_PATH (transposed_product) (const NnTransposedProduct *product);
void NN_PATH (vector_product) (const float *x, const NnPacked *b, float *y);
void NN_PATH (quantised_product) (const NnQuantisedProduct *product);
void NN_PATH (finish_row) (const NnFinishRow *row);
void NN_PATH (pooled_product) (const NnPooledProduct *product);
void NN_PATH (winograd_kernel) (const float *kernel, size_t size, float *out);
void NN_PATH (winograd_input) (const float *in, size_t row, size_t column,
    size_t channels, float *out, size_t ld);
void NN_PATH (winograd_output) (const float *in, size_t ld, size_t channels,
    const float *bias, float *out, size_t row, size_t column);
void NN_PATH (winograd_gradient) (const float *in, size_t row, size_t column,
    size_t channels, float *out, size_t ld);
void NN_PATH (winograd_kernel_gradient) (
    const float *sums, size_t size, float *grad);
void NN_PATH (winograd_line_kernel) (
    const float *kernel, size_t size, float *out);
void NN_PATH (winograd_line_input) (const NnWinogradLineInput *line);
void NN_PATH (winograd_line_output) (const NnWinogradLineOutput *line);
void NN_PATH (winograd_line_gradient) (const NnWinogradLineInput *line);
void NN_PATH (winograd_line_kernel_gradient) (
    const float *sums, size_t size, float *grad);
void NN_PATH (lstm_gates) (
    const float *x, const float *rec, size_t units, float *c, float *h);
void NN_PATH (gru_gates) (
    const float *x, const float *rec, size_t units, float *h);

void NN_PATH (random_words) (
    const NnPhilox *stream, guint32 first_block, guint32 *out, size_t n);
void NN_PATH (column_sums) (size_t m, size_t c, const float *x, const float *y,
    double *sum_x, double *sum_xy);
void NN_PATH (add_rows) (
    size_t m, size_t c, const float *x, size_t ldx, float *sum);
void NN_PATH (scale_columns) (size_t m, size_t c, const float *a,
    const float *x, const float *d, float *out);
void NN_PATH (mix_columns) (size_t m, size_t c, const float *a, const float *x,
    const float *b, const float *y, const float *d, float *out);
void NN_PATH (normalize_rows) (
    const NnRowNorm *norm, size_t m, const float *x, float *out);
void NN_PATH (normalize_rows_gradient) (const NnRowNorm *norm, size_t m,
    const float *x, const float *dy, float *gamma_grad, float *beta_grad,
    float *dx);
void NN_PATH (softmax_rows) (size_t m, size_t len, float *x);
void NN_PATH (softmax_rows_gradient) (
    size_t m, size_t len, const float *y, float *dy);
void NN_PATH (gelu) (size_t n, float *x);
void NN_PATH (gelu_gradient) (size_t n, const float *x, float *dy);
void NN_PATH (pool_maximum) (
    const NnPoolRow *row, const float *x, float *y, guint8 *from);
void NN_PATH (pool_gradient) (
    const NnPoolRow *row, const guint8 *from, const float *dy, float *dx);
void NN_PATH (pool_extreme) (const NnPoolRow *row, const float *sign,
    const float *x, float *y, guint8 *from);
void NN_PATH (pool_mix) (const NnPoolRow *row, const float *a,
    const guint8 *from, const float *dy, const float *b, const float *x,
    const float *d, float *out);
