/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many elements in one process: what each further one costs, and that all is
 * given back. */
#include <malloc.h>

#include "tests/gst/fixture.h"

#define CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=1"
#define N 64
#define MAX_KIB 600

/* Heap in use, in KiB; 0 where malloc is not that of the C library. */
static gdouble
heap (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return (info.uordblks + info.hblkhd) / 1024.0;
}

static void
start_one (Fixture *f, const char *inference)
{
  fixture_init (f, MODEL_M1, CAPS);
  gst_util_set_object_arg (G_OBJECT (f->element), "inference", inference);
  fixture_push (f, 48000, 0, 7 * 48000, 4800);
  g_usleep (1000);
  fixture_count (f);
}

static void
start_all (Fixture *all, const char *inference)
{
  for (guint i = 0; i < N; i++)
    start_one (&all[i], inference);
}

static void
clear_all (Fixture *all)
{
  for (guint i = 0; i < N; i++)
    fixture_clear (&all[i]);
  g_usleep (200000); /* worker threads end by themselves */
}

static void
test_memory (gconstpointer inference)
{
  Fixture all[N];
  gdouble one, each;
  gdouble before, left;

  /* Everything that is made once per process is made now: quarks, caches of
   * GLib and malloc, the model's sessions. */
  start_all (all, inference);
  clear_all (all);
  before = heap ();
  if (before == 0) {
    g_test_skip ("the heap of this build cannot be measured");
    return;
  }
  start_one (&all[0], inference);
  one = heap ();
  for (guint i = 1; i < N; i++)
    start_one (&all[i], inference);
  each = (heap () - one) / (N - 1);
  clear_all (all);
  left = heap () - before;
  g_test_message ("%s: the first %.0f KiB, each further element %.0f KiB; %.0f "
                  "KiB left of %d",
      (const char *) inference, one - before, each, left, N);
  g_assert_cmpfloat (each, <, MAX_KIB);
  g_assert_cmpfloat (each, >, 10);
  g_assert_cmpfloat (left, <, 2.0 * N);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_data_func ("/share/memory/sync", "sync", test_memory);
  g_test_add_data_func ("/share/memory/async", "async", test_memory);
  return g_test_run ();
}
