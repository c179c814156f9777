/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The path that is being built (DSP_KERNELS_NAME), and what its files share. */
#pragma once

#include "dsp/kernels.h"

#define DSP_CONCAT_(a, b) a##_##b
#define DSP_CONCAT(a, b) DSP_CONCAT_ (a, b)
#define DSP_PATH(name) DSP_CONCAT (name, DSP_KERNELS_NAME)

void DSP_PATH (dsp_kernels_spectra) (const DspSpectraTables *tables,
    const float *const *frames, size_t n, float *out);
