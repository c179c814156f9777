/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the intake does with samples once it knows where they belong; for
 * gst/intake.c alone. */
#pragma once

#include "gst/intake.h"

/* The next n samples. is_new: nobody has heard them yet. */
void gst_emotion_intake_add (
    GstEmotionIntake *self, const float *samples, gsize n, gboolean is_new);

/* A break before the window in progress: the detector hears that again. */
void gst_emotion_intake_restart_voice (GstEmotionIntake *self);

/* What came is not what is kept: samples were moved. */
void gst_emotion_intake_forget_recent (GstEmotionIntake *self);

/* Adds n to field, one of self->stats. */
void gst_emotion_intake_count (
    GstEmotionIntake *self, guint64 *field, guint64 n);

/* Those positions will be in no window; returns how many samples that are, but
 * for silence that filled gaps. */
guint64 gst_emotion_intake_discard (
    GstEmotionIntake *self, guint64 from, guint64 to);
