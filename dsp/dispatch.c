/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "dsp/kernels.h"

extern const DspKernels dsp_kernels_generic;
#ifdef DSP_HAVE_X86
extern const DspKernels dsp_kernels_avx2, dsp_kernels_avx512;
#endif

static bool
is_usable (const DspKernels *kernels)
{
#ifdef DSP_HAVE_X86
  __builtin_cpu_init ();
  if (kernels == &dsp_kernels_avx2)
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
  if (kernels == &dsp_kernels_avx512)
    return __builtin_cpu_supports ("avx512f")
        && __builtin_cpu_supports ("avx512vl")
        && __builtin_cpu_supports ("avx512dq")
        && __builtin_cpu_supports ("avx512bw");
#endif
  return true;
}

/* Best first. */
static const DspKernels *const paths[] = {
#ifdef DSP_HAVE_X86
  &dsp_kernels_avx512,
  &dsp_kernels_avx2,
#endif
  &dsp_kernels_generic,
};

const DspKernels *
dsp_kernels_find (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (paths); i++)
    if (strcmp (name, paths[i]->name) == 0 && is_usable (paths[i]))
      return paths[i];
  return NULL;
}

static const DspKernels *
choose (void)
{
  const char *name = g_getenv ("EMOTION_SIMD");
  const DspKernels *forced = name ? dsp_kernels_find (name) : NULL;
  size_t i = 0;

  while (!is_usable (paths[i]))
    i++;
  return forced ? forced : paths[i];
}

const DspKernels *
dsp_kernels (void)
{
  static gsize chosen;

  if (g_once_init_enter (&chosen))
    g_once_init_leave (&chosen, (gsize) choose ());
  return (const DspKernels *) chosen;
}
