/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A class without sounds of its own, trained on those of another. */
#pragma once

#include "gst/model/labels.h"

typedef struct {
  guint of, label; /* a sound of class `of` is one of `label`, too, */
  double share;    /* to this share; 0: off */
} TrainKin;

/* "A=B:SHARE", or NULL: off. FALSE and G_OPTION_ERROR_BAD_VALUE where A or B is
 * none of labels, or the share is not between 0 and 0.5. */
gboolean train_kin_parse (const char *text, const GstEmotionLabels *labels,
    TrainKin *kin, GError **error);

/* Adds a sound of that class to a target [labels], to that amount. */
void train_kin_add (
    const TrainKin *kin, guint label, double amount, float *target);
