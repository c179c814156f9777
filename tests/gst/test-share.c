/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many elements in one process: what each further one costs, and that all is
 * given back. */
#include <malloc.h>

#include "tests/gst/fixture.h"
#include "tests/gst/leaks.h"

#define RATE 48000
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

/* A window and a bit, made once. */
static GstBuffer *sound;

static void
start_one (Fixture *f, const char *inference)
{
  fixture_init (f, MODEL_M1, CAPS);
  gst_util_set_object_arg (G_OBJECT (f->element), "inference", inference);
  g_assert_cmpint (
      gst_harness_push (f->harness, gst_buffer_ref (sound)), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
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
  GstAudioInfo info;
  Fixture all[N];
  gdouble one, each;
  gdouble before, left;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, RATE, 1, NULL);
  sound = fixture_sound (&info, 0, RATE * 31 / 10);
  /* Everything that is made once per process is made now: quarks, caches of
   * GLib and malloc, the model's sessions. */
  start_all (all, inference);
  clear_all (all);
  before = heap ();
  if (before == 0) {
    gst_clear_buffer (&sound);
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
  gst_clear_buffer (&sound);
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
  leaks_add_test ("share");
  return g_test_run ();
}
