/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second half of the intake: samples whose positions are known, into
 * windows. For gst/intake.c only. */
#pragma once

#include "gst/intake.h"

/* The next n samples. is_new: the voice detector has not had them yet. */
void gst_emotion_intake_add (
    GstEmotionIntake *self, const float *samples, gsize n, gboolean is_new);

/* Gives the voice detector the samples that it has not had yet: before those in
 * the window in progress are moved. */
void gst_emotion_intake_catch_up (GstEmotionIntake *self);

/* A break before the window in progress: the voice detector gets that window
 * again. */
void gst_emotion_intake_restart_voice (GstEmotionIntake *self);

/* Samples were moved, so those kept are not those that came in. */
void gst_emotion_intake_forget_recent (GstEmotionIntake *self);

/* Adds n to field, one of self->stats. */
void gst_emotion_intake_count (
    GstEmotionIntake *self, guint64 *field, guint64 n);

/* Marks positions that will be in no window; returns the number of samples, not
 * counting silence that filled gaps. */
guint64 gst_emotion_intake_discard (
    GstEmotionIntake *self, guint64 from, guint64 to);
