/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests train on, and a trainer for it with everything on that a run could
 * depend on: chunks smaller than a batch, dropout, penalties, smoothing. */
#pragma once

#include "nn/train/trainer.h"

#define PATTERN_CLASSES 3
#define PATTERN_BANDS 18
#define PATTERN_FRAMES 20
/* Behind the nick of an architecture: it learns from a teacher, too. */
#define PATTERN_TEACHER "+teacher"
#define PATTERN_SIZE (PATTERN_BANDS * PATTERN_FRAMES)

/* For NnSamples: noise with a brighter third of the bands for each class; a new
 * one in each epoch, as augmentation does. With a teacher, every fifth sample
 * has no label. */
void pattern_make (gpointer data, const NnSampleRequest *request, float *x,
    float *target, float *weight);

/* Of a new network of that architecture, as in "cnn" PATTERN_TEACHER. comm:
 * NULL for none; borrowed. Free with nn_trainer_free. */
NnTrainer *pattern_trainer (
    const char *nick, size_t n_threads, const NnComm *comm);
