/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work on many things by several threads, told of in their order: what is said
 * of the first that is not done is passed on at once, what is said of those
 * after it waits for its turn. */
#pragma once

#include <glib.h>

typedef struct _Batch Batch;

typedef struct {
  /* What a thread needs of its own; both may be NULL. */
  gpointer (*begin) (gpointer user_data);
  void (*end) (gpointer own);
  /* Works on number i; calls batch_tell any number of times. In any thread. */
  void (*work) (Batch *batch, gsize i, gpointer own, gpointer user_data);
  /* Gets what was told (owned) in the order of i, never twice at once. */
  void (*take) (gsize i, gpointer item, gpointer user_data);
  /* Called in the caller's thread a few times a second; may be NULL. */
  void (*tick) (gpointer user_data);
} BatchFuncs;

/* Works on 0..n - 1 with that many threads, and returns when all is told.
 * stop: not 0 (by g_atomic_int_get): nothing new is begun; or NULL. */
void batch_run (gsize n, guint n_threads, const BatchFuncs *funcs,
    gpointer user_data, const gint *stop);

/* From the thread that works on i. Waits for nobody. */
void batch_tell (Batch *self, gsize i, gpointer item);
