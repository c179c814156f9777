/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Communication between processes that train one model together. The functions
 * are supplied by gst/ranks/ranks.h, which uses MPI; nn/ does not depend on any
 * transport.
 *
 * Every rank calls the same functions in the same order, from the thread that
 * trains; each returns when the values have arrived. There are no errors: if a
 * rank is lost, all ranks end. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
  size_t rank, size; /* 0 .. size - 1 */
  gpointer data;
  /* In place: before, rank r has filled bytes[cut[r]] .. bytes[cut[r + 1] - 1];
   * after, every rank has all of it. cut: [size + 1], ascending. */
  void (*gather) (gpointer data, void *bytes, const size_t *cut);
  /* values [cut[size]] differ between ranks; row s of received, [size]
   * [cut[rank + 1] - cut[rank]], becomes what rank s has at cut[rank] ... */
  void (*exchange) (
      gpointer data, const float *values, const size_t *cut, float *received);
} NnComm;

/* comm NULL: this process alone. */
size_t nn_comm_rank (const NnComm *comm);
size_t nn_comm_size (const NnComm *comm);

/* Broadcasts bytes [n] from rank 0. */
void nn_comm_broadcast (const NnComm *comm, void *bytes, size_t n);

/* Whether value is true on any rank. */
bool nn_comm_any (const NnComm *comm, bool value);

/* Divides n items evenly: rank r has items cut[r] to cut[r + 1] - 1. Free with
 * g_free. */
size_t *nn_comm_cut (const NnComm *comm, size_t n);

/* Gathers rows of len bytes on all ranks; rank r has filled rows cut[r] to
 * cut[r + 1] - 1. */
void nn_comm_gather_rows (
    const NnComm *comm, void *rows, const size_t *cut, size_t len);
