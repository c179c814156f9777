/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sound of the last seconds as emotionscope shows it: its spectrogram, and
 * where somebody speaks. Belongs to the streaming thread. */
#pragma once

#include <gst/gst.h>
#include "gst/scope/frame.h"
#include "gst/scope/spectrogram.h"
#include "gst/voice.h"

typedef struct {
  GstClockTime span;                  /* that is kept */
  GstEmotionSpectrogram *spectrogram; /* NULL: set_span comes first */
  float *levels;                      /* [n_bands][n_columns] of it */
  GstEmotionVoice *voice;             /* NULL: it cannot be had */
} GstEmotionHistory;                  /* zero-filled memory is a valid start */

void gst_emotion_history_clear (GstEmotionHistory *self);

/* Another span begins empty; the same goes on. owner: whom log lines are of.
 * FALSE and DSP_ERROR_MEMORY. */
gboolean gst_emotion_history_set_span (GstEmotionHistory *self,
    GstClockTime span, GstElement *owner, GError **error);

/* Mono, at gst_emotion_spectrogram_rate. */
void gst_emotion_history_push (
    GstEmotionHistory *self, const float *samples, gsize n);

/* Forgets all sound. */
void gst_emotion_history_restart (GstEmotionHistory *self);

/* Fills what a picture at stream time `now`, the end of the sound so far, shows
 * of it; borrowed, until anything else is called. */
void gst_emotion_history_view (
    GstEmotionHistory *self, GstClockTime now, GstEmotionView *view);
