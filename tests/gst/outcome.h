/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pipelines that are run to their end, and the windows that come out; to
 * compare a stream with the same one without damage. */
#pragma once

#include "tests/gst/fixture.h"

typedef struct {
  GstClockTime at;
  GstClockTime filled;
  gdouble probabilities[9];
} Window;

typedef struct {
  GArray *windows; /* Window */
  guint64 gaps, breaks, repeated;
  GstClockTime filled;
} Outcome;

void outcome_clear (Outcome *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

const Window *outcome_window (const Outcome *self, guint i);

/* As many windows, at the same times within `within`. */
void outcome_assert_same_times (
    const Outcome *self, const Outcome *clean, GstClockTime within);

/* A pipeline of chain and emotiondetect with the properties `analysis`; it is
 * not started. */
GstElement *outcome_pipeline (const char *chain, const char *analysis);

/* The windows until it ends, or fails the test. */
Outcome outcome_collect (GstElement *pipeline);

/* All of it. What `identity` loses it loses by a seed. */
Outcome outcome_run (const char *chain, const char *analysis);

/* FALSE, and the test is skipped, where one of them (separated by spaces) is
 * not installed. */
gboolean outcome_has_elements (const char *names);

/* Both modes of inference, with windows every 3 s, 1 s and 0.25 s. */
#define N_ANALYSES 6
extern const char *const outcome_analyses[N_ANALYSES];

/* 58 s of sound, at 16 and at 48 kHz. */
#define SOUND                                                                  \
  "audiotestsrc wave=pink-noise samplesperbuffer=320 num-buffers=2900 "        \
  "! audio/x-raw,rate=16000,channels=1 "
#define SOUND_48                                                               \
  "audiotestsrc wave=pink-noise samplesperbuffer=960 num-buffers=2900 "        \
  "! audio/x-raw,format=S16LE,rate=48000,channels=1 "
