/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that work together: those started by a launcher (mpirun, srun),
 * rank 0 ... size - 1; or this one alone. mpi.c is the only file that calls
 * MPI; a build without it has none.c.
 *
 * Everything here is called from the main thread, and by all ranks in the same
 * order, but for messages. */
#pragma once

#include <glib.h>
#include "nn/train/comm.h"

typedef struct _Ranks Ranks;

/* Joins the others. NULL and G_OPTION_ERROR if a launcher started several and
 * this build has no MPI. Without a launcher nothing is initialised. */
Ranks *ranks_new (GError **error);
/* Waits for the others, and leaves them; NULL is fine. */
void ranks_free (Ranks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ranks, ranks_free)

/* The number of processes started by a launcher, according to the environment;
 * 1: none. */
guint ranks_launched (void);

/* For nn/train; borrowed. NULL: alone. In all functions below, self NULL means
 * alone. */
const NnComm *ranks_comm (const Ranks *self);
size_t ranks_index (const Ranks *self);
size_t ranks_size (const Ranks *self);
/* Processors for each of the ranks of this machine, at least 1. */
guint ranks_n_processors (const Ranks *self);

/* TRUE if ok is TRUE on all ranks. Else FALSE, with an error on each: its own,
 * or G_IO_ERROR_CANCELLED that says which rank failed (rank 0 has the text of
 * the first one that did). */
gboolean ranks_agree (Ranks *self, gboolean ok, GError **error);

/* TRUE if `bytes` is the same on all ranks. */
gboolean ranks_have_same (Ranks *self, gconstpointer bytes, gsize n);

/* A message to one rank. */
void ranks_send (Ranks *self, size_t to, gconstpointer bytes, gsize n);
/* The next message, from anyone. wait FALSE: NULL if there is none yet. */
GBytes *ranks_receive (Ranks *self, gboolean wait, size_t *from);

/* Ends all ranks at once, for an error on only one. */
void ranks_abort (Ranks *self, int status) G_GNUC_NORETURN;
