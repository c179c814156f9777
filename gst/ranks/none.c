/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This process alone: a build without MPI. */
#include "gst/ranks/ranks.h"

#include <stdlib.h>

struct _Ranks {
  guint n_processors;
};

Ranks *
ranks_new (GError **error)
{
  const guint n = ranks_launched ();
  Ranks *self;

  if (n > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
        "started as one of %u processes, but this build lacks MPI: build with "
        "-Dmpi=enabled (Debian: libopenmpi-dev), or split the work with "
        "--shard",
        n);
    return NULL;
  }
  self = g_new0 (Ranks, 1);
  self->n_processors = g_get_num_processors ();
  return self;
}

void
ranks_free (Ranks *self)
{
  g_free (self);
}

const NnComm *
ranks_comm (const Ranks *self)
{
  return NULL;
}

guint
ranks_n_processors (const Ranks *self)
{
  return self->n_processors;
}

/* There are no other ranks. */

void
ranks_send (Ranks *self, size_t to, gconstpointer bytes, gsize n)
{
  g_assert_not_reached ();
}

GBytes *
ranks_receive (Ranks *self, gboolean wait, size_t *from)
{
  return NULL;
}

void
ranks_abort (Ranks *self, int status)
{
  exit (status);
}
