/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/nn/train/crew.h"

#include <string.h>

typedef struct {
  size_t size;
  CrewFunc func;
  gpointer data;

  GMutex lock; /* of all that follows */
  GCond cond;
  size_t waiting, round;
  gconstpointer *offers; /* [size] */
} Crew;

typedef struct {
  Crew *crew;
  NnComm comm;
} Rank;

static void
meet (Crew *crew)
{
  g_mutex_lock (&crew->lock);

  const size_t round = crew->round;

  if (++crew->waiting == crew->size) {
    crew->waiting = 0;
    crew->round++;
    g_cond_broadcast (&crew->cond);
  }
  while (crew->round == round)
    g_cond_wait (&crew->cond, &crew->lock);
  g_mutex_unlock (&crew->lock);
}

/* What each rank has, until meet is called twice more. */
static const gconstpointer *
offer (const Rank *rank, gconstpointer mine)
{
  rank->crew->offers[rank->comm.rank] = mine;
  meet (rank->crew);
  return rank->crew->offers;
}

static void
gather (gpointer data, void *bytes, const size_t *cut)
{
  const Rank *const rank = data;
  const size_t size = rank->crew->size;
  g_autofree char *all = g_malloc (cut[size]);
  const gconstpointer *const offers = offer (rank, bytes);

  for (size_t r = 0; r < size; r++)
    memcpy (
        all + cut[r], (const char *) offers[r] + cut[r], cut[r + 1] - cut[r]);
  meet (rank->crew);
  memcpy (bytes, all, cut[size]);
}

static void
exchange (
    gpointer data, const float *values, const size_t *cut, float *received)
{
  const Rank *const rank = data;
  const size_t first = cut[rank->comm.rank];
  const size_t n = cut[rank->comm.rank + 1] - first;
  const gconstpointer *const offers = offer (rank, values);

  for (size_t r = 0; r < rank->crew->size; r++)
    memcpy (received + r * n, (const float *) offers[r] + first,
        n * sizeof *received);
  meet (rank->crew);
}

static gpointer
rank_main (gpointer data)
{
  const Rank *const rank = data;

  rank->crew->func (&rank->comm, rank->crew->data);
  return NULL;
}

void
crew_run (size_t size, CrewFunc func, gpointer data)
{
  Crew crew = { .size = size,
    .func = func,
    .data = data,
    .offers = g_new0 (gconstpointer, size) };
  g_autofree Rank *ranks = g_new0 (Rank, size);
  g_autofree GThread **threads = g_new0 (GThread *, size);

  g_mutex_init (&crew.lock);
  g_cond_init (&crew.cond);
  for (size_t r = 0; r < size; r++)
    ranks[r] = (Rank){ .crew = &crew,
      .comm = { .rank = r,
          .size = size,
          .data = &ranks[r],
          .gather = gather,
          .exchange = exchange } };
  for (size_t r = 0; r < size; r++)
    threads[r] = g_thread_new ("rank", rank_main, &ranks[r]);
  for (size_t r = 0; r < size; r++)
    g_thread_join (threads[r]);
  g_mutex_clear (&crew.lock);
  g_cond_clear (&crew.cond);
  g_free (crew.offers);
}
