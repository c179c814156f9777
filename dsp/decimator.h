/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A third of the sample rate: every third output of a linear-phase FIR filter,
 *   y[m] = sum taps[reach + k] x[3 m + k],  k = -reach..reach
 * by overlap-save (Stockham 1966) in single precision: the spectrum of a block
 * times that of the filter, folded to that of the output. Many streams share a
 * filter, and each holds no more than the samples of a block, 6 kB. How the
 * input is cut into pushes never changes a bit of the output. */
#pragma once

#include <glib.h>
#include <stddef.h>

#define DSP_DECIMATOR_FACTOR ((size_t) 3)
/* Of the longest filter. */
#define DSP_DECIMATOR_REACH_MAX ((size_t) 384)

/* Immutable: threads may share one. */
typedef struct _DspDecimatorFilter DspDecimatorFilter;

/* taps [2 * reach + 1], the same forwards and backwards. Free with
 * dsp_decimator_filter_free, after its streams. NULL and DSP_ERROR_CONFIG or
 * _MEMORY. */
DspDecimatorFilter *dsp_decimator_filter_new (
    const double *taps, size_t reach, GError **error);
void dsp_decimator_filter_free (DspDecimatorFilter *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspDecimatorFilter, dsp_decimator_filter_free)

/* One stream, one thread at a time. */
typedef struct _DspDecimator DspDecimator;

/* filter is borrowed. Free with dsp_decimator_free. NULL and
 * DSP_ERROR_MEMORY. */
DspDecimator *dsp_decimator_new (
    const DspDecimatorFilter *filter, GError **error);
void dsp_decimator_free (DspDecimator *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspDecimator, dsp_decimator_free)

/* Takes up to n_in samples of in, zero where they are not finite, and writes up
 * to n_out of out. Returns the number written; *n_used is how many were taken:
 * all unless out became full. */
size_t dsp_decimator_push (DspDecimator *self, const float *in, size_t n_in,
    size_t *n_used, float *out, size_t n_out);

/* Back to the state of a new one. */
void dsp_decimator_reset (DspDecimator *self);
