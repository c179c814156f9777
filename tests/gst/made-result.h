/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results that no network made, and sound that carries them. */
#pragma once

#include "gst/result.h"

/* What a window says; times in ms. */
typedef struct {
  guint64 id;
  guint64 start_ms;
  guint64 length_ms;
  gint label; /* of the nine; -1: below min-confidence; -2: silence */
  gdouble confidence;
} Made;

/* Timestamp, stream and running time are the same. */
GstEmotionResult *made_result (const Made *made);

/* A buffer of sound of that time, S16 mono at 8000 Hz. */
GstBuffer *made_sound (guint64 start_ms, guint64 length_ms);

#define MADE_CAPS                                                              \
  "audio/x-raw,format=S16LE,layout=interleaved,rate=8000,channels=1"
