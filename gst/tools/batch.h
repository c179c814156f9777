/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes a list in several threads and emits results in order: those of the
 * first unfinished number are passed on at once, those of later ones wait for
 * their turn. */
#pragma once

#include <glib.h>
#include "gst/ranks/ranks.h"

typedef struct _ToolBatch ToolBatch;

typedef struct {
  /* Data of each thread; both may be NULL. */
  gpointer (*begin) (gpointer user_data);
  void (*end) (gpointer own);
  /* Works on number i; calls tool_batch_emit any number of times. In any
   * thread. */
  void (*work) (ToolBatch *batch, gsize i, gpointer own, gpointer user_data);
  /* Gets what was emitted (owned) in the order of i, never twice at once. */
  void (*take) (gsize i, gpointer item, gpointer user_data);
  /* Called in the caller's thread a few times a second; may be NULL. */
  void (*tick) (gpointer user_data);
  /* The cost of number i, in any unit; on ranks, the costliest of the last
   * begin first. May be NULL. */
  guint64 (*weight) (gsize i, gpointer user_data);
} ToolBatchFuncs;

/* Works on 0..n - 1 with that many threads, and returns when everything is
 * emitted. stop: not 0 (by g_atomic_int_get): nothing new is begun; or NULL. */
void tool_batch_run (gsize n, guint n_threads, const ToolBatchFuncs *funcs,
    gpointer user_data, const gint *stop);

/* Serialisation of items from other ranks. */
typedef struct {
  void (*pack) (gconstpointer item, GByteArray *bytes);
  /* Reads one item; moves *at past it. */
  gpointer (*unpack) (const char **at);
  void (*free) (gpointer item);
  /* On rank 0, the main thread: an item, before its turn; may be NULL. */
  void (*arrive) (gsize i, gconstpointer item, gpointer user_data);
} ToolBatchPacking;

/* The same, on n_threads threads of each rank, which get one number after the
 * other as they become free. Called by all; take and tick, on rank 0 alone. */
void tool_batch_run_on_ranks (Ranks *ranks, gsize n, guint n_threads,
    const ToolBatchFuncs *funcs, const ToolBatchPacking *packing,
    gpointer user_data, const gint *stop);

/* From the thread that processes i. Does not block. */
void tool_batch_emit (ToolBatch *self, gsize i, gpointer item);
