/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole way of a stream, without GObject:
 *
 *   buffers -> mono float at the recipe's rate -> windows -> features
 *     -> network -> results
 *
 * Results depend on the samples and their times, never on where buffers end.
 * The streaming thread calls everything but set_flushing and stats. */
#pragma once

#include <gst/audio/audio.h>
#include "gst/intake.h"
#include "gst/model/model.h"
#include "gst/worker.h"

typedef struct {
  GstClockTime interval; /* from window to window; 0: not asked for */
  GstClockTime alignment_threshold; /* see continuity.h */
  GstClockTime discont_wait;        /* likewise */
  gdouble silence_threshold; /* dBFS (RMS); windows up to it are silent */
  gdouble min_confidence;
  gboolean align_voice;   /* windows begin where speech begins, too */
  GstClockTime min_voice; /* speech that a window must hold; 0: any will do */
  gdouble smoothing;
  gboolean async;       /* classify in a thread */
  gboolean drop_oldest; /* where that is too slow; else the stream waits */
} GstEmotionOptions;

typedef struct _GstEmotionRecognizer GstEmotionRecognizer;

/* done gets the results: see worker.h. owner: the element, for log lines;
 * borrowed; NULL is fine. Free with gst_emotion_recognizer_free,
 * which calls it no more. Does nothing useful before it has a model, a format
 * and options. */
GstEmotionRecognizer *gst_emotion_recognizer_new (
    GstElement *owner, GstEmotionDoneFunc done, gpointer user_data);
void gst_emotion_recognizer_free (GstEmotionRecognizer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (
    GstEmotionRecognizer, gst_emotion_recognizer_free)

/* To call before every push, gap and finish: they count from then on. */
void gst_emotion_recognizer_set_options (
    GstEmotionRecognizer *self, const GstEmotionOptions *options);

/* From the next window on; one with other features also restarts the window.
 * Takes references. labels: as many as the model has outputs. False and
 * DSP_ERROR if the features cannot be had: then the old model stays. */
gboolean gst_emotion_recognizer_set_model (GstEmotionRecognizer *self,
    GstEmotionModel *model, GstEmotionLabels *labels, GError **error);

/* The window in progress goes on if the next buffer follows in time. An info
 * that is not valid is a format unknown: pushes do nothing until the next.
 * False and DSP_ERROR if the rate is past all bounds: then, too. */
gboolean gst_emotion_recognizer_set_format (
    GstEmotionRecognizer *self, const GstAudioInfo *info, GError **error);

/* One that gives samples other times restarts the window. Nothing is analysed
 * where its rate is negative: the sound would come backwards. */
void gst_emotion_recognizer_set_segment (
    GstEmotionRecognizer *self, const GstSegment *segment);

/* Reads buffer and never changes it. FALSE if it cannot be read: that is a
 * break, and the window restarts. */
gboolean gst_emotion_recognizer_push (
    GstEmotionRecognizer *self, GstBuffer *buffer);

/* Silence. Unknown durations (GST_CLOCK_TIME_NONE) are no silence. */
void gst_emotion_recognizer_push_gap (
    GstEmotionRecognizer *self, GstClockTime timestamp, GstClockTime duration);

/* The end of the stream. A rest of at least half a window is padded, or any
 * rest if there was no window yet. The rest is what no window had: where
 * windows overlap, only what came after the last one. */
void gst_emotion_recognizer_finish (GstEmotionRecognizer *self);

/* Waits for the results of all windows so far, or until flushing. */
void gst_emotion_recognizer_drain (GstEmotionRecognizer *self);

/* Forgets all that came in; windows count from 0 again. */
void gst_emotion_recognizer_flush (GstEmotionRecognizer *self);

/* From any thread: lets go of what waits, and of whom. */
void gst_emotion_recognizer_set_flushing (
    GstEmotionRecognizer *self, gboolean flushing);

/* From any thread. */
GstEmotionStats gst_emotion_recognizer_stats (GstEmotionRecognizer *self);
GstEmotionContinuityStats gst_emotion_recognizer_continuity_stats (
    GstEmotionRecognizer *self);
