/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranks by MPI: the only file that calls it. MPI's own errors end all ranks
 * (MPI_ERRORS_ARE_FATAL), so nothing is checked here. */
#include "gst/ranks/ranks.h"

#include <mpi.h>
#include <stdlib.h>

#define MOST ((size_t) 1 << 30) /* bytes of one call: MPI counts by int */
#define TAG 1

struct _Ranks {
  gboolean is_alone; /* MPI was not initialised */
  NnComm comm;
  guint n_processors;
  int *counts, *places; /* [size] */
};

/* What does not fit into an int, piece by piece. */
static void
gather_pieces (const Ranks *self, char *bytes, const size_t *cut)
{
  for (size_t r = 0; r < self->comm.size; r++)
    for (size_t at = cut[r]; at < cut[r + 1]; at += MOST)
      MPI_Bcast (
          bytes + at, MIN (MOST, cut[r + 1] - at), MPI_BYTE, r, MPI_COMM_WORLD);
}

static void
gather (gpointer data, void *bytes, const size_t *cut)
{
  const Ranks *const self = data;

  if (cut[self->comm.size] > MOST) {
    gather_pieces (self, bytes, cut);
    return;
  }
  for (size_t r = 0; r < self->comm.size; r++) {
    self->places[r] = cut[r];
    self->counts[r] = cut[r + 1] - cut[r];
  }
  MPI_Allgatherv (MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, bytes, self->counts,
      self->places, MPI_BYTE, MPI_COMM_WORLD);
}

static void
exchange (
    gpointer data, const float *values, const size_t *cut, float *received)
{
  const Ranks *const self = data;
  const size_t size = self->comm.size;
  const size_t n = cut[self->comm.rank + 1] - cut[self->comm.rank];
  g_autofree int *row_counts = g_new (int, size);
  g_autofree int *rows = g_new (int, size);

  g_assert (cut[size] <= G_MAXINT && n * size <= G_MAXINT);
  for (size_t r = 0; r < size; r++) {
    self->places[r] = cut[r];
    self->counts[r] = cut[r + 1] - cut[r];
    rows[r] = r * n;
    row_counts[r] = n;
  }
  MPI_Alltoallv (values, self->counts, self->places, MPI_FLOAT, received,
      row_counts, rows, MPI_FLOAT, MPI_COMM_WORLD);
}

static void
join (Ranks *self)
{
  MPI_Comm machine;
  int provided, rank, size, n_here;

  MPI_Init_thread (NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank (MPI_COMM_WORLD, &rank);
  MPI_Comm_size (MPI_COMM_WORLD, &size);
  MPI_Comm_split_type (
      MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &machine);
  MPI_Comm_size (machine, &n_here);
  MPI_Comm_free (&machine);
  self->counts = g_new (int, size);
  self->places = g_new (int, size);
  self->n_processors = MAX (self->n_processors / n_here, 1);
  self->comm = (NnComm){ .rank = rank,
    .size = size,
    .data = self,
    .gather = gather,
    .exchange = exchange };
}

Ranks *
ranks_new (GError **error)
{
  Ranks *self = g_new0 (Ranks, 1);

  self->n_processors = g_get_num_processors ();
  self->is_alone = ranks_launched () == 1;
  if (!self->is_alone)
    join (self);
  return self;
}

void
ranks_free (Ranks *self)
{
  if (!self)
    return;
  if (!self->is_alone)
    MPI_Finalize ();
  g_free (self->counts);
  g_free (self->places);
  g_free (self);
}

const NnComm *
ranks_comm (const Ranks *self)
{
  return !self || self->is_alone ? NULL : &self->comm;
}

guint
ranks_n_processors (const Ranks *self)
{
  return self->n_processors;
}

void
ranks_send (Ranks *self, size_t to, gconstpointer bytes, gsize n)
{
  g_assert (n <= MOST);
  MPI_Send (bytes, n, MPI_BYTE, to, TAG, MPI_COMM_WORLD);
}

GBytes *
ranks_receive (Ranks *self, gboolean wait, size_t *from)
{
  MPI_Status status;
  int is_there = 1, n;
  char *bytes;

  if (wait)
    MPI_Probe (MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &status);
  else
    MPI_Iprobe (MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &is_there, &status);
  if (!is_there)
    return NULL;
  MPI_Get_count (&status, MPI_BYTE, &n);
  bytes = g_malloc (n);
  MPI_Recv (bytes, n, MPI_BYTE, status.MPI_SOURCE, TAG, MPI_COMM_WORLD,
      MPI_STATUS_IGNORE);
  *from = status.MPI_SOURCE;
  return g_bytes_new_take (bytes, n);
}

void
ranks_abort (Ranks *self, int status)
{
  if (!self->is_alone)
    MPI_Abort (MPI_COMM_WORLD, status);
  exit (status);
}
