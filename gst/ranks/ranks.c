/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of ranks.h that all builds share. */
#include "gst/ranks/ranks.h"

#include <gio/gio.h>
#include <string.h>

#define MOST_TEXT 1024 /* of an error that is sent to rank 0 */

/* Of Open MPI's mpirun, of MPICH's and Slurm's PMI, of srun with PMIx. */
guint
ranks_launched (void)
{
  static const char *const sizes[] = { "OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
    NULL };
  guint64 n = 1;

  for (const char *const *name = sizes; *name; name++)
    if (g_getenv (*name)
        && g_ascii_string_to_unsigned (
            g_getenv (*name), 10, 1, G_MAXINT, &n, NULL))
      return n;
  if ((g_getenv ("PMIX_RANK") || g_getenv ("PMI_RANK"))
      && g_getenv ("SLURM_STEP_NUM_TASKS"))
    g_ascii_string_to_unsigned (
        g_getenv ("SLURM_STEP_NUM_TASKS"), 10, 1, G_MAXINT, &n, NULL);
  return n;
}

size_t
ranks_index (const Ranks *self)
{
  return nn_comm_rank (ranks_comm (self));
}

size_t
ranks_size (const Ranks *self)
{
  return nn_comm_size (ranks_comm (self));
}

gboolean
ranks_agree (Ranks *self, gboolean ok, GError **error)
{
  const NnComm *const comm = ranks_comm (self);
  const size_t size = ranks_size (self);

  if (size == 1 || !nn_comm_any (comm, !ok))
    return ok;

  g_autofree char *texts = g_malloc0 (size * MOST_TEXT);
  g_autofree size_t *cut = nn_comm_cut (comm, size); /* one row of each */
  size_t first = 0;

  if (!ok)
    g_strlcpy (texts + comm->rank * MOST_TEXT,
        error && *error && *(*error)->message ? (*error)->message : "failed",
        MOST_TEXT);
  nn_comm_gather_rows (comm, texts, cut, MOST_TEXT);
  while (*(texts + first * MOST_TEXT) == '\0')
    first++;
  if (ok)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "rank %zu: %s", first,
        texts + first * MOST_TEXT);
  return FALSE;
}

gboolean
ranks_have_same (Ranks *self, gconstpointer bytes, gsize n)
{
  const NnComm *const comm = ranks_comm (self);
  g_autofree char *digest =
      g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, n);
  char other[65] = "";

  if (ranks_size (self) == 1)
    return TRUE;
  g_strlcpy (other, digest, sizeof other);
  nn_comm_broadcast (comm, other, sizeof other);
  return !nn_comm_any (comm, !g_str_equal (digest, other));
}
