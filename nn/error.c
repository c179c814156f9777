/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/error.h"

G_DEFINE_QUARK (nn_error, nn_error)
