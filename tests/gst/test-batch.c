/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which numbers are begun for several ranks, and told. */
#include <string.h>
#include "gst/tools/batch.h"

#define N_SORTED 4096 /* the last so many are, by their weights */

typedef struct {
  gsize n;
  GArray *begun; /* of gsize */
  gsize told;
} Work;

/* Alike, but for the first, and one near the end, which is begun earlier. */
static guint64
weigh (gsize i, gpointer data)
{
  const Work *const work = data;

  return i == 0 ? 9 : i == work->n - 2 ? 7 : 1;
}

static void
work_on (ToolBatch *batch, gsize i, gpointer own, gpointer data)
{
  Work *const work = data;

  g_array_append_val (work->begun, i);
  tool_batch_emit (batch, i, g_memdup2 (&i, sizeof i));
}

static void
take (gsize i, gpointer item, gpointer data)
{
  Work *const work = data;

  g_assert_cmpuint (i, ==, work->told++);
  g_assert_cmpuint (*(gsize *) item, ==, i);
  g_free (item);
}

static void
pack (gconstpointer item, GByteArray *bytes)
{
  g_byte_array_append (bytes, item, sizeof (gsize));
}

static gpointer
unpack (const char **at)
{
  const gpointer item = g_memdup2 (*at, sizeof (gsize));

  *at += sizeof (gsize);
  return item;
}

static void
test_order (gconstpointer data)
{
  static const ToolBatchPacking packing = {
    .pack = pack, .unpack = unpack, .free = g_free
  };
  static const ToolBatchFuncs funcs = {
    .work = work_on, .take = take, .weight = weigh
  };
  const gsize n = GPOINTER_TO_SIZE (data);
  const gsize first_sorted = n - MIN (n, N_SORTED);
  Work work = { .n = n, .begun = g_array_new (FALSE, FALSE, sizeof (gsize)) };

  tool_batch_run_on_ranks (NULL, n, 1, &funcs, &packing, &work, NULL);
  g_assert_cmpuint (work.told, ==, n);
  g_assert_cmpuint (work.begun->len, ==, n);
  for (gsize k = 0; k < n; k++) {
    const gsize heavy = n - 2;
    const gsize first = MAX (first_sorted, 1); /* number 0 stays where it is */
    const gsize expected = k < first || k > heavy ? k
        : k == first                              ? heavy
                                                  : k - 1;

    g_assert_cmpuint (g_array_index (work.begun, gsize, k), ==, expected);
  }
  g_array_unref (work.begun);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/batch/few", GSIZE_TO_POINTER (10), test_order);
  g_test_add_data_func (
      "/batch/many", GSIZE_TO_POINTER (N_SORTED + 500), test_order);
  return g_test_run ();
}
