/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the sound of a file was decoded: samples are counted where they
 * leave the decoder, and compared with
 * - the duration that the container or parser states from the beginning on,
 * - the time stamps, which skip what was lost on the way,
 * - the bytes that a parser of plain streams (MP3, AAC) left out,
 * - the bytes that the head of the file announces (gst/media/extent.h). */
#pragma once

#include <gst/audio/audio.h>
#include <gst/gst.h>

/* Of one pipeline. Clear with gst_emotion_coverage_clear. */
typedef struct {
  /* Used by the streaming thread. */
  GstAudioInfo info;
  guint64 n_samples;  /* since the last caps */
  GstClockTime heard; /* before the last caps */
  GstSegment segment;
  GstClockTime end; /* stream time of the end of the samples so far; or none */
  GstClockTimeDiff gaps;     /* skipped by time stamps */
  GstClockTimeDiff told_gap; /* by gap events, unless no sound follows */
  GstClockTime stated;       /* duration, at the first buffer; or none */

  /* Atomic: gap events are about jumps in the time stamps of a file
   * (matroskademux), not about pauses that it states. */
  gint finds_holes;

  GArray *probes;       /* that count samples, and their pads */
  GMutex lock;          /* guards what follows */
  GPtrArray *elements;  /* demuxers and parsers, in their order */
  guint64 parsed_bytes; /* of frames that the first parser found */
  GstClockTime parsed_time;

  /* After gst_emotion_coverage_end. */
  GstClockTime duration; /* or none */
  GstClockTime framed;   /* of a plain stream, by its bytes; or none */
  gboolean has_others;   /* tracks other than the one that was played */
} GstEmotionCoverage;

/* Counts what reaches sink until gst_emotion_coverage_clear. */
void gst_emotion_coverage_begin (GstEmotionCoverage *self, GstPad *sink);
/* Adds an element of the path, in order; demuxers and parsers count. From any
 * thread. */
void gst_emotion_coverage_add (GstEmotionCoverage *self, GstElement *element);
/* To be called before the pipeline stops, which is queried. */
void gst_emotion_coverage_end (GstEmotionCoverage *self, GstPad *sink);
void gst_emotion_coverage_clear (GstEmotionCoverage *self);

/* The duration of the samples received. */
GstClockTime gst_emotion_coverage_heard (const GstEmotionCoverage *self);

/* A description of the loss if more than 1 s and 1 % of the file at uri is
 * missing, or it is truncated; else NULL. Free with g_free. */
char *gst_emotion_coverage_loss (
    const GstEmotionCoverage *self, const char *uri);
