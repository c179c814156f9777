/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "gst/tools/batch.h"

/* The destination of emitted items. */
struct _ToolBatch {
  void (*tell) (ToolBatch *self, gsize i, gpointer item);
};
