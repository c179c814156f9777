/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers of the normal distribution, mean 0, sigma 1. */
#pragma once

#include <glib.h>
#include <math.h>

/* Two independent ones (Box & Muller, 1958). */
static inline void
dsp_normal_pair (GRand *rand, double pair[2])
{
  const double length = sqrt (-2 * log (1 - g_rand_double (rand)));
  const double angle = 2 * G_PI * g_rand_double (rand);

  pair[0] = length * cos (angle);
  pair[1] = length * sin (angle);
}
