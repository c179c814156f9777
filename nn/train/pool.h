/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few threads that share out numbered tasks. Which thread runs which task is
 * not determined: a task may depend on its number alone, and may use what
 * belongs to the thread as scratch.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct _NnPool NnPool;

/* n_threads 0: one for each processor. The caller's thread is one of them. */
NnPool *nn_pool_new (size_t n_threads);
void nn_pool_free (NnPool *pool); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnPool, nn_pool_free)

size_t nn_pool_n_threads (const NnPool *pool);

/* task: 0 .. n_tasks - 1; thread: 0 .. n_threads - 1, the caller's is 0. */
typedef void (*NnPoolFunc) (gpointer data, size_t task, size_t thread);

/* Runs all tasks; returns when all are done. Not from inside a task. */
void nn_pool_run (NnPool *pool, size_t n_tasks, NnPoolFunc func, gpointer data);
