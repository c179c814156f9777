/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nn/train/metrics.h"

/* Classes worth a line: those that occur or were predicted, in their order.
 * [*n], free with g_free. */
guint *train_used_classes (const NnMetrics *metrics, guint *n);
