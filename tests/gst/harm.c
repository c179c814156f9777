/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/harm.h"

#include <string.h>

#define PACKET 188
#define N_SPARED 20 /* packets */
#define SPARED 5000 /* bytes */

void
harm_lose_packets (char *bytes, gsize *n, gdouble much, GRand *rand)
{
  gsize kept = 0;

  for (gsize i = 0; i + PACKET <= *n; i += PACKET)
    if (i < N_SPARED * PACKET || g_rand_double (rand) >= much) {
      memmove (bytes + kept, bytes + i, PACKET);
      kept += PACKET;
    }
  *n = kept;
}

void
harm_bytes (char *bytes, gsize *n, gdouble much, GRand *rand)
{
  for (guint p = 0; p < much; p++) {
    const gsize at = g_rand_int_range (rand, SPARED, (gint) *n - 100);

    for (guint k = 0; k < 8; k++)
      bytes[at + k] = (char) g_rand_int (rand);
  }
}

void
harm_hole (char *bytes, gsize *n, gdouble much, GRand *rand)
{
  const gsize len = (gsize) (*n * much);

  memset (bytes + (*n - len) / 2, 0, len);
}

void
harm_cut (char *bytes, gsize *n, gdouble much, GRand *rand)
{
  *n = (gsize) (*n * much);
}

void
harm_file (
    const char *whole, const char *path, Harm harm, gdouble much, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autofree char *bytes = NULL;
  gsize n;

  g_assert_true (g_file_get_contents (whole, &bytes, &n, NULL));
  harm (bytes, &n, much, rand);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL));
}
