/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is inside an NnModel, for the folder's own files. */
#pragma once

#include "nn/graph.h"
#include "nn/model.h"
#include "nn/plan.h"

struct _NnModel {
  gatomicrefcount refs;
  char *name;     /* the path, or what stands for it */
  char *metadata; /* attribute "emotiondetect", or NULL */
  char *keras_version;
  NnGraph *graph;
  NnPlan *plan;
};
