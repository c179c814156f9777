/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one error domain of dsp/. Only constructors fail; functions that process
 * samples never do. */
#pragma once

#include <glib.h>

#define DSP_ERROR (dsp_error_quark ())
GQuark dsp_error_quark (void);

typedef enum {
  DSP_ERROR_CONFIG, /* a parameter is out of its range; the message names it */
  DSP_ERROR_MEMORY, /* the buffers for these parameters cannot be allocated */
} DspError;
