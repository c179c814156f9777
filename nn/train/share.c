/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/share.h"

#include <string.h>
#include "nn/loops.h"

NnShare *
nn_share_new (const NnComm *comm)
{
  NnShare *share = g_new0 (NnShare, 1);
  const size_t size = nn_comm_size (comm);

  share->comm = comm;
  share->branches = g_new0 (NnBranch, size);
  share->inside = g_array_new (FALSE, FALSE, sizeof (NnAddition));
  share->across = g_array_new (FALSE, FALSE, sizeof (NnAddition));
  share->cut = g_new0 (size_t, size + 1);
  return share;
}

void
nn_share_free (NnShare *share)
{
  if (!share)
    return;
  g_array_unref (share->inside);
  g_array_unref (share->across);
  g_free (share->branches);
  g_free (share->cut);
  g_free (share->received);
  g_free (share);
}

static void
add_inside (GArray *additions, size_t first, size_t n)
{
  const size_t left = (n + 1) / 2;
  const NnAddition addition = { first, first + left };

  if (n < 2)
    return;
  add_inside (additions, first, left);
  add_inside (additions, first + left, n - left);
  g_array_append_val (additions, addition);
}

/* Assigns chunks first .. first + n - 1 to ranks rank .. rank + size - 1, each
 * of which gets a branch if there are enough. */
static void
assign (NnShare *share, size_t first, size_t n, size_t rank, size_t size)
{
  const size_t left = (n + 1) / 2;

  if (size == 1 || n < 2) {
    share->branches[rank] = (NnBranch){ first, n };
    for (size_t r = rank + 1; r < rank + size; r++)
      share->branches[r] = (NnBranch){ first + n, 0 };
    return;
  }

  const size_t left_size = CLAMP ((size * left + n / 2) / n, 1, size - 1);
  const NnAddition addition = { rank, rank + left_size };

  assign (share, first, left, rank, left_size);
  assign (share, first + left, n - left, rank + left_size, size - left_size);
  g_array_append_val (share->across, addition);
}

void
nn_share_set (NnShare *share, size_t n_chunks)
{
  if (n_chunks == share->n_chunks)
    return;
  share->n_chunks = n_chunks;
  g_array_set_size (share->inside, 0);
  g_array_set_size (share->across, 0);
  assign (share, 0, n_chunks, 0, nn_comm_size (share->comm));
  share->mine = share->branches[nn_comm_rank (share->comm)];
  add_inside (share->inside, share->mine.first, share->mine.n);
}

const size_t *
nn_share_cut (NnShare *share, size_t chunk, size_t n_rows, size_t unit)
{
  const size_t size = nn_comm_size (share->comm);

  for (size_t r = 0; r < size; r++)
    share->cut[r] = MIN (share->branches[r].first * chunk, n_rows) * unit;
  share->cut[size] = n_rows * unit;
  return share->cut;
}

void
nn_share_sum (NnShare *share, float *values, size_t n)
{
  const NnComm *const comm = share->comm;
  const size_t size = nn_comm_size (comm), rank = nn_comm_rank (comm);
  size_t *const cut = share->cut;
  size_t len;

  if (size == 1)
    return;
  for (size_t r = 0; r <= size; r++)
    cut[r] = n / size * r + MIN (r, n % size);
  len = cut[rank + 1] - cut[rank];
  if (share->n_received < size * len) {
    share->n_received = size * len;
    g_free (share->received);
    share->received = g_new (float, share->n_received);
  }
  comm->exchange (comm->data, values, cut, share->received);
  for (guint i = 0; i < share->across->len; i++) {
    const NnAddition *const at = &g_array_index (share->across, NnAddition, i);

    nn_loops ()->add (
        len, share->received + at->from * len, share->received + at->to * len);
  }
  memcpy (values + cut[rank], share->received, len * sizeof *values);
  for (size_t r = 0; r <= size; r++)
    cut[r] *= sizeof *values;
  comm->gather (comm->data, values, cut);
}
