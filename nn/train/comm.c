/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/comm.h"

size_t
nn_comm_rank (const NnComm *comm)
{
  return comm ? comm->rank : 0;
}

size_t
nn_comm_size (const NnComm *comm)
{
  return comm ? comm->size : 1;
}

void
nn_comm_broadcast (const NnComm *comm, void *bytes, size_t n)
{
  const size_t size = nn_comm_size (comm);
  g_autofree size_t *cut = g_new0 (size_t, size + 1);

  for (size_t r = 1; r <= size; r++)
    cut[r] = n;
  if (size > 1)
    comm->gather (comm->data, bytes, cut);
}

bool
nn_comm_any (const NnComm *comm, bool value)
{
  const size_t size = nn_comm_size (comm);
  g_autofree size_t *cut = nn_comm_cut (comm, size);
  g_autofree bool *values = g_new0 (bool, size);
  bool any = false;

  values[nn_comm_rank (comm)] = value;
  nn_comm_gather_rows (comm, values, cut, sizeof *values);
  for (size_t r = 0; r < size; r++)
    any = any || values[r];
  return any;
}

size_t *
nn_comm_cut (const NnComm *comm, size_t n)
{
  const size_t size = nn_comm_size (comm);
  size_t *const cut = g_new (size_t, size + 1);

  for (size_t r = 0; r <= size; r++)
    cut[r] = n * r / size;
  return cut;
}

void
nn_comm_gather_rows (
    const NnComm *comm, void *rows, const size_t *cut, size_t len)
{
  const size_t size = nn_comm_size (comm);
  g_autofree size_t *bytes = g_new (size_t, size + 1);

  for (size_t r = 0; r <= size; r++)
    bytes[r] = cut[r] * len;
  if (size > 1)
    comm->gather (comm->data, rows, bytes);
}
