/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a model, in memory, not yet parsed:
 *   NAME.h5, NAME.keras  a whole model
 *   NAME.json            its architecture (model.to_json) with the weights
 *                        (model.save_weights) beside it: NAME.weights.h5,
 *                        NAME_weights.h5, NAME-weights.h5 or NAME.h5 */
#pragma once

#include <glib.h>
#include "nn/model.h"

struct _NnModelFile {
  char *name;         /* for messages */
  GBytes *bytes;      /* the whole model, or its architecture */
  char *weights_name; /* NULL: a whole model */
  GBytes *weights;
};
