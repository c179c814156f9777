/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotionscope shows, drawn by cairo and Pango, which only this calls:
 *
 *   the label and its confidence        the window, and the model
 *   spectrogram (mel, dB below the loudest)      a bar for each label
 *   what was said of which time
 *   time
 *
 * Any size; what finds no place is left out. One thread at a time. */
#pragma once

#include <glib.h>
#include "gst/scope-spells.h"

typedef struct _GstEmotionPicture GstEmotionPicture;

typedef struct {
  const float *levels; /* [n_bands][n_columns], 0..1, oldest column first */
  gsize n_bands, n_columns;
  double f_max;         /* Hz, of the highest band */
  double db;            /* from light to dark */
  gint64 newest;        /* ns: the time of the newest column's centre */
  double column_ns;     /* from column to column */
  gint64 now;           /* ns: the right edge */
  gint64 span;          /* ns: from the left edge to the right */
  const GQueue *spells; /* GstEmotionSpell */
  const GstEmotionResult *result; /* the last; NULL: none yet */
} GstEmotionView;

/* In pixels, > 0. NULL where there is no memory. Free with
 * gst_emotion_picture_free. */
GstEmotionPicture *gst_emotion_picture_new (gint width, gint height);
void gst_emotion_picture_free (GstEmotionPicture *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionPicture, gst_emotion_picture_free)

/* pixels: [height][stride bytes], 32 bits each, x R G B from the highest byte
 * of the native order, the highest 255; stride: a multiple of 4. */
void gst_emotion_picture_draw (GstEmotionPicture *self,
    const GstEmotionView *view, guint8 *pixels, gint stride);
