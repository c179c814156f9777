/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/error.h"

G_DEFINE_QUARK (dsp_error, dsp_error)
