/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbered tasks, handed out one by one to the threads of all ranks as they
 * become free: a long one does not keep others waiting. */
#pragma once

#include "gst/ranks/ranks.h"

typedef struct {
  gsize n_tasks;
  const gsize *order; /* [n_tasks], in which they are handed out; NULL: by
                         number; on rank 0 only */
  guint n_threads;    /* of each rank */
  guint n_ahead;    /* most tasks that wait in a rank for a thread of it: some,
                       where one takes no longer than a message may */
  const gint *stop; /* not 0 (g_atomic_int_get): rank 0 begins and hands out no
                       more tasks */
  /* Data of each thread; both may be NULL. */
  gpointer (*begin) (gpointer data);
  void (*end) (gpointer own);
  /* Any thread of any rank. The result, or NULL: failed. */
  GBytes *(*run) (gpointer data, gpointer own, gsize task);
  /* On rank 0, the main thread, as results arrive. */
  void (*done) (gpointer data, gsize task, GBytes *result);
  /* On rank 0, the main thread, a few times a second; may be NULL. */
  void (*tick) (gpointer data);
  gpointer data;
} RanksFarmConfig;

/* Called by all ranks; returns when all tasks that were begun are done. */
void ranks_farm_run (Ranks *ranks, const RanksFarmConfig *config);
