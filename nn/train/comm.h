/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several processes that train one model together, as nn/train sees them: what
 * they send each other. Who starts them fills this in (gst/ranks/ranks.h, by
 * MPI); nn/ itself knows no way to send anything.
 *
 * Every rank calls the same functions in the same order, from the thread that
 * trains; each returns when the values are there. There are no errors: where a
 * rank is lost, all ranks end.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
  size_t rank, size; /* 0 .. size - 1 */
  gpointer data;
  /* In place: before, rank r has filled bytes[cut[r]] .. bytes[cut[r + 1] - 1];
   * after, all of it is there on every rank. cut: [size + 1], rising. */
  void (*gather) (gpointer data, void *bytes, const size_t *cut);
  /* values [cut[size]] is another on each rank; row s of received, [size]
   * [cut[rank + 1] - cut[rank]], becomes what rank s has at cut[rank] ... */
  void (*exchange) (
      gpointer data, const float *values, const size_t *cut, float *received);
} NnComm;

/* comm NULL: this process alone. */
size_t nn_comm_rank (const NnComm *comm);
size_t nn_comm_size (const NnComm *comm);

/* Gives what rank 0 has in bytes [n] to all. */
void nn_comm_broadcast (const NnComm *comm, void *bytes, size_t n);

/* Whether it is true on any rank. */
bool nn_comm_any (const NnComm *comm, bool value);

/* n things shared out evenly: rank r has those from cut[r] to cut[r + 1] - 1.
 * Free with g_free. */
size_t *nn_comm_cut (const NnComm *comm, size_t n);

/* Rows of len bytes, of which rank r has filled those from cut[r] to
 * cut[r + 1] - 1: all of them get to all. */
void nn_comm_gather_rows (
    const NnComm *comm, void *rows, const size_t *cut, size_t len);
