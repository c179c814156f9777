/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples in, the mel spectrogram of the last seconds out: the columns of the
 * default feature recipe, by the same STFT and mel bank, one every hop.
 *
 * A column is centred on the sample half an n_fft before the newest. */
#pragma once

#include <glib.h>
#include <stddef.h>

typedef struct _GstEmotionSpectrogram GstEmotionSpectrogram;

#define GST_EMOTION_SPECTROGRAM_DB 80.0f /* from dark to light */

/* n_columns: what is kept. Free with gst_emotion_spectrogram_free. NULL and
 * DSP_ERROR_MEMORY. */
GstEmotionSpectrogram *gst_emotion_spectrogram_new (
    gsize n_columns, GError **error);
void gst_emotion_spectrogram_free (GstEmotionSpectrogram *self); /* NULL is fine
                                                                  */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (
    GstEmotionSpectrogram, gst_emotion_spectrogram_free)

/* Hz of the samples, and of the highest band; samples from column to column. */
double gst_emotion_spectrogram_rate (void);
double gst_emotion_spectrogram_f_max (void);
gsize gst_emotion_spectrogram_hop (void);

gsize gst_emotion_spectrogram_n_bands (const GstEmotionSpectrogram *self);
gsize gst_emotion_spectrogram_n_columns (const GstEmotionSpectrogram *self);

/* Mono, at that rate. Never fails, never allocates. */
void gst_emotion_spectrogram_push (
    GstEmotionSpectrogram *self, const float *samples, gsize n);

/* Drops everything. */
void gst_emotion_spectrogram_clear (GstEmotionSpectrogram *self);

/* The distance from the newest column's centre to the newest sample, in
 * samples; and the number of columns. */
gsize gst_emotion_spectrogram_delay (const GstEmotionSpectrogram *self);
gsize gst_emotion_spectrogram_n_filled (const GstEmotionSpectrogram *self);

/* levels: [n_bands][n_columns], the newest column last, 0..1 over
 * GST_EMOTION_SPECTROGRAM_DB below the loudest that is kept (but what is next
 * to silence stays dark); columns that are not filled are 0. */
void gst_emotion_spectrogram_levels (
    const GstEmotionSpectrogram *self, float *levels);
