/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real discrete Fourier transforms in double precision, by FFTW.
 *   forward: in [n] -> out [n / 2 + 1], X[k] = sum x[t] exp (-2 pi i k t / n)
 *   inverse: the other way, scaled by 1 / n, so that it undoes forward
 * Double, because single precision misses quiet bands beside a loud tone by up
 * to 0.8 % (golden square200), and single precision gains little: 94 transforms
 * of 2048 take 175 us, in single precision 157 us (emotion-bench, FFTW 3.3.10,
 * AVX2). Immutable once built: threads may share one, each with its own
 * buffers. */
#pragma once

#include <complex.h>
#include <glib.h>
#include <stddef.h>

typedef struct _DspFft DspFft;

/* n: even, 2..DSP_FFT_MAX. Free with dsp_fft_free. NULL and DSP_ERROR_CONFIG or
 * _MEMORY. Takes the FFTW planner's lock. */
#define DSP_FFT_MAX ((size_t) 1 << 17)
DspFft *dsp_fft_new (size_t n, GError **error);
void dsp_fft_free (DspFft *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspFft, dsp_fft_free)

/* Buffers for the two functions below have to be aligned to so many bytes, for
 * FFTW's vector code, as those are that come from here: n_bytes of zeros, or
 * NULL if there is no memory. */
#define DSP_FFT_ALIGN 64
void *dsp_fft_alloc (size_t n_bytes);
void dsp_fft_buffer_free (void *buffer); /* NULL is fine */

/* Never fail, never allocate. in and out must not overlap. */
void dsp_fft_forward (const DspFft *self, double *in, double complex *out);
/* Overwrites in. */
void dsp_fft_inverse (const DspFft *self, double complex *in, double *out);

/* The same in single precision, for samples; inverse is not scaled. */
typedef struct _DspFftSingle DspFftSingle;

DspFftSingle *dsp_fft_single_new (size_t n, GError **error);
void dsp_fft_single_free (DspFftSingle *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspFftSingle, dsp_fft_single_free)

void dsp_fft_single_forward (
    const DspFftSingle *self, float *in, float complex *out);
/* Overwrites in. */
void dsp_fft_single_inverse (
    const DspFftSingle *self, float complex *in, float *out);
