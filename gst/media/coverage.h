/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the sound that a file holds was decoded: samples are counted
 * where they leave the decoder, and compared with
 * - the duration that the container or parser states from the beginning on,
 * - the time stamps, which skip what was lost on the way,
 * - the bytes that a parser of plain streams (MP3, AAC) left out,
 * - the bytes that the head of the file announces (gst/media/extent.h). */
#pragma once

#include <gst/audio/audio.h>
#include <gst/gst.h>

/* Of one pipeline. Clear with gst_emotion_coverage_clear. */
typedef struct {
  /* The streaming thread's. */
  GstAudioInfo info;
  guint64 n_samples;  /* since the last caps */
  GstClockTime heard; /* before the last caps */
  GstSegment segment;
  GstClockTime end;      /* stream time up to which samples came; or none */
  GstClockTimeDiff gaps; /* that time stamps skipped */
  GstClockTime stated;   /* duration, at the first buffer; or none */

  GArray *probes;       /* that count, and their pads */
  GMutex lock;          /* guards what follows */
  GPtrArray *elements;  /* demuxers and parsers, in their order */
  guint64 parsed_bytes; /* of frames that the first parser found */
  GstClockTime parsed_time;

  /* After gst_emotion_coverage_end. */
  GstClockTime duration; /* or none */
  GstClockTime framed;   /* of a plain stream, by its bytes; or none */
  gboolean has_others;   /* tracks beside the one that was played */
} GstEmotionCoverage;

/* Counts what reaches sink until gst_emotion_coverage_clear. */
void gst_emotion_coverage_begin (GstEmotionCoverage *self, GstPad *sink);
/* A demuxer or a parser on the way, or any other element, in their order. From
 * any thread. */
void gst_emotion_coverage_add (GstEmotionCoverage *self, GstElement *element);
/* Before the pipeline stops: asks it what it knows. */
void gst_emotion_coverage_end (GstEmotionCoverage *self, GstPad *sink);
void gst_emotion_coverage_clear (GstEmotionCoverage *self);

/* Samples that came, as time. */
GstClockTime gst_emotion_coverage_heard (const GstEmotionCoverage *self);

/* In words, where more than 1 s and 1 % of the file at uri is missing, or it
 * ends in the middle; else NULL. Free with g_free. */
char *gst_emotion_coverage_loss (
    const GstEmotionCoverage *self, const char *uri);
