/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model that another one learns from: samples of a window in, probabilities
 * of the student's labels out. It takes the window with its own recipe,
 * whatever the student's is. Immutable; any thread.
 */
#pragma once

#include "gst/model/model.h"

typedef struct _TrainTeacher TrainTeacher;

/* Keeps a reference to model. labels, recipe: those of the student. NULL and
 * G_OPTION_ERROR_BAD_VALUE where the model does not know one of the labels, or
 * takes windows of another length or rate. Labels that the student does not
 * have are left out of its answers. Free with train_teacher_free. */
TrainTeacher *train_teacher_new (GstEmotionModel *model,
    const GstEmotionLabels *labels, const DspRecipe *recipe, GError **error);
void train_teacher_free (TrainTeacher *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainTeacher, train_teacher_free)

/* SHA-256 in hexadecimal digits, of its weights, recipe and labels: another
 * one in the same file has another. NULL and NN_ERROR. Free with g_free. */
char *train_teacher_digest (const TrainTeacher *self, GError **error);

/* samples [n], up to a window, at the rate of the recipe; what is missing is
 * silence. probabilities: [labels], a distribution. Never fails. */
void train_teacher_ask (const TrainTeacher *self, const float *samples, gsize n,
    float *probabilities);
