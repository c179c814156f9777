/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Model files that are made from others without training. */
#pragma once

#include "nn/json-writer.h"
#include "nn/model.h"

/* What the attribute "emotiondetect" of such a file holds. Everything is
 * borrowed. */
typedef struct {
  const char *metadata; /* of the old file (an object), kept but for... */
  const char *const *replaced; /* ...these members, NULL-terminated, */
  /* which this writes, or those that are new; may be NULL. */
  void (*add) (NnJson *json, gconstpointer data);
  gconstpointer data;
} TrainDerived;

/* Writes the model with this attribute and a new self-test. NN_ERROR. */
gboolean train_derived_save (NnModel *model, const TrainDerived *derived,
    const char *path, GError **error);
