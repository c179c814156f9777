/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few threads that execute numbered tasks. Which thread executes which task
 * is undetermined: a task may depend on its number only, and may use data of
 * the thread as scratch memory. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct _NnPool NnPool;

/* n_threads 0: one for each processor. The calling thread is one of them. */
NnPool *nn_pool_new (size_t n_threads);
void nn_pool_free (NnPool *pool); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnPool, nn_pool_free)

size_t nn_pool_n_threads (const NnPool *pool);

/* task: 0 .. n_tasks - 1; thread: 0 .. n_threads - 1, the caller's is 0. */
typedef void (*NnPoolFunc) (gpointer data, size_t task, size_t thread);

/* Runs all tasks and returns when they are done. Not to be called from a task.
 */
void nn_pool_run (NnPool *pool, size_t n_tasks, NnPoolFunc func, gpointer data);
