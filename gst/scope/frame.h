/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotionscope shows, drawn by cairo and Pango, which only this calls:
 *
 *   the label and its confidence        the window, and the model
 *   spectrogram (mel, dB below the loudest)      a bar for each label
 *   where somebody speaks
 *   what was said of which time
 *   time
 *
 * Any size; what does not fit is omitted. One thread at a time. */
#pragma once

#include <glib.h>
#include "gst/scope/spans.h"

typedef struct _GstEmotionFrame GstEmotionFrame;

typedef struct {
  const float *levels; /* [n_bands][n_columns], 0..1, oldest column first */
  gsize n_bands, n_columns;
  double f_max;       /* Hz, of the highest band */
  double db;          /* from light to dark */
  gint64 newest;      /* ns: the time of the newest column's centre */
  double column_ns;   /* from column to column */
  const float *voice; /* [n_voice], probabilities of chunks of voice_ns */
  gsize n_voice;
  gint64 voice_end; /* ns: where the last of them ends */
  double voice_ns;
  gint64 now;                     /* ns: the right edge */
  gint64 span;                    /* ns: from the left edge to the right */
  const GQueue *spans;            /* GstEmotionSpan */
  const GstEmotionResult *result; /* the last; NULL: none yet */
} GstEmotionView;

/* In pixels, > 0. NULL if there is no memory. Free with
 * gst_emotion_frame_free. */
GstEmotionFrame *gst_emotion_frame_new (gint width, gint height);
void gst_emotion_frame_free (GstEmotionFrame *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionFrame, gst_emotion_frame_free)

/* pixels: [height][stride bytes], 32 bits each, x R G B from the highest byte
 * of the native order, the highest 255; stride: a multiple of 4. */
void gst_emotion_frame_draw (GstEmotionFrame *self, const GstEmotionView *view,
    guint8 *pixels, gint stride);
