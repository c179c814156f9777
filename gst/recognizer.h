/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole processing of a stream, without GObject:
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
  GstClockTime interval;            /* from window to window; 0: the default */
  GstClockTime alignment_threshold; /* see continuity.h */
  GstClockTime discont_wait;        /* likewise */
  gdouble silence_threshold; /* dBFS (RMS); windows up to it are silent */
  gdouble min_confidence;
  gboolean align_voice;   /* windows also begin where speech begins */
  GstClockTime min_voice; /* minimum of speech in a window; 0: none */
  gdouble smoothing;
  gboolean async;       /* classify in a thread */
  gboolean drop_oldest; /* if that is too slow; else the stream waits */
} GstEmotionOptions;

typedef struct _GstEmotionRecognizer GstEmotionRecognizer;

/* done gets the results: see worker.h. owner: the element, for log lines;
 * borrowed; NULL is fine. Free with gst_emotion_recognizer_free, after which
 * done is not called any more. Needs a model, a format and options first. */
GstEmotionRecognizer *gst_emotion_recognizer_new (
    GstElement *owner, GstEmotionDoneFunc done, gpointer user_data);
void gst_emotion_recognizer_free (GstEmotionRecognizer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (
    GstEmotionRecognizer, gst_emotion_recognizer_free)

/* To be called before every push, gap and finish: takes effect from then on. */
void gst_emotion_recognizer_set_options (
    GstEmotionRecognizer *self, const GstEmotionOptions *options);

/* From the next window on; one with other features also restarts the window.
 * Takes references. labels: as many as the model has outputs. FALSE and
 * DSP_ERROR if the features cannot be set up: the old model stays then. */
gboolean gst_emotion_recognizer_set_model (GstEmotionRecognizer *self,
    GstEmotionModel *model, GstEmotionLabels *labels, GError **error);

/* The window in progress continues if the next buffer follows in time. An
 * invalid info is an unknown format: pushes do nothing until the next. FALSE
 * and DSP_ERROR if the rate is out of bounds: likewise. */
gboolean gst_emotion_recognizer_set_format (
    GstEmotionRecognizer *self, const GstAudioInfo *info, GError **error);

/* A segment that changes the times of samples restarts the window. Nothing is
 * analysed at a negative rate: the sound would be reversed. */
void gst_emotion_recognizer_set_segment (
    GstEmotionRecognizer *self, const GstSegment *segment);

/* Reads buffer and never changes it. FALSE if it cannot be read: that is a
 * break, and the window restarts. */
gboolean gst_emotion_recognizer_push (
    GstEmotionRecognizer *self, GstBuffer *buffer);

/* Silence. Gaps of unknown duration (GST_CLOCK_TIME_NONE) are ignored. */
void gst_emotion_recognizer_push_gap (
    GstEmotionRecognizer *self, GstClockTime timestamp, GstClockTime duration);

/* The end of the stream. A remainder of at least half a window is padded, or
 * any if there was no window yet. The remainder are samples in no window: with
 * overlapping windows, only those after the last one. */
void gst_emotion_recognizer_finish (GstEmotionRecognizer *self);

/* Waits for the results of all windows so far, or until flushing. */
void gst_emotion_recognizer_drain (GstEmotionRecognizer *self);

/* Drops all input; windows count from 0 again. */
void gst_emotion_recognizer_flush (GstEmotionRecognizer *self);

/* From any thread: drops queued windows, and releases waiting threads. */
void gst_emotion_recognizer_set_flushing (
    GstEmotionRecognizer *self, gboolean flushing);

/* From any thread. */
GstEmotionStats gst_emotion_recognizer_stats (GstEmotionRecognizer *self);
GstEmotionContinuityStats gst_emotion_recognizer_continuity_stats (
    GstEmotionRecognizer *self);
