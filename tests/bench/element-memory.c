/* SPDX-License-Identifier: GPL-2.0-or-later */
/* element-memory FILE [RATE [CHANNELS [ELEMENTS]]]: what each of many live
 * elements holds by malloc, while they hear a voice, a window each second:
 * 48000 Hz, 2 channels, 50 elements by default. Unlike
 * tests/bench/live-elements it does not need the processors to itself: sound
 * comes as fast as it is taken. What all share (networks, scratch memory,
 * threads) is what the first one holds more. */
#include <gst/check/gstharness.h>
#include <stdio.h>
#include <stdlib.h>
#include "gst/gstemotiondetect.h"
#include "gst/media/decode.h"
#include "tests/bench/heap.h"

#define SECONDS ((gsize) 5)

static gsize rate = 48000, channels = 2, n_elements = 50;

static GstHarness *
start (void)
{
  GstElement *const element = gst_element_factory_make ("emotiondetect", NULL);
  GstHarness *const harness =
      gst_harness_new_with_element (element, "sink", "src");
  g_autofree char *caps = g_strdup_printf ("audio/x-raw,format=F32LE,"
                                           "layout=interleaved,rate=%zu,"
                                           "channels=%zu",
      rate, channels);

  g_object_set (
      element, "interval", (guint64) GST_SECOND, "post-messages", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference", "async");
  gst_harness_set_drop_buffers (harness, TRUE);
  gst_harness_set_src_caps_str (harness, caps);
  gst_object_unref (element);
  return harness;
}

/* samples [n], repeated, in buffers of 20 ms. */
static void
play (GstHarness *harness, const float *samples, gsize n)
{
  const gsize n_frames = rate / 50;

  for (gsize i = 0; i < SECONDS * 50 + 10; i++) {
    GstBuffer *const buffer = gst_buffer_new_allocate (
        NULL, n_frames * channels * sizeof (float), NULL);
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_WRITE);
    for (gsize k = 0; k < n_frames * channels; k++)
      ((float *) map.data)[k] = samples[(i * n_frames + k / channels) % n];
    gst_buffer_unmap (buffer, &map);
    GST_BUFFER_PTS (buffer) = i * GST_SECOND / 50;
    GST_BUFFER_DURATION (buffer) = GST_SECOND / 50;
    gst_harness_push (harness, buffer);
  }
}

/* Waits until the windows that have ended have a result. Returns their number.
 */
static guint64
wait_for_results (GstHarness *harness)
{
  guint64 n = 0;

  while (n < SECONDS - 2) {
    g_autoptr (GstStructure) stats = NULL;

    g_usleep (1000);
    g_object_get (harness->element, "stats", &stats, NULL);
    gst_structure_get_uint64 (stats, "windows", &n);
  }
  return n;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) harnesses =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_harness_teardown);
  g_autoptr (GError) error = NULL;
  g_autofree float *samples = NULL;
  gsize n, before, first = 0, idle;
  guint64 n_windows = 0;

  gst_init (&argc, &argv);
  if (argc < 2) {
    fprintf (stderr, "usage: %s FILE [RATE [CHANNELS [ELEMENTS]]]\n", argv[0]);
    return 2;
  }
  rate = argc > 2 ? strtoul (argv[2], NULL, 10) : rate;
  channels = argc > 3 ? strtoul (argv[3], NULL, 10) : channels;
  n_elements = argc > 4 ? strtoul (argv[4], NULL, 10) : n_elements;
  samples = gst_emotion_decode_file (argv[1], (int) rate, 0, &n, &error);
  if (!samples) {
    fprintf (stderr, "%s\n", error->message);
    return EXIT_FAILURE;
  }
  GST_ELEMENT_REGISTER (emotiondetect, NULL);
  before = heap_in_use ();
  for (gsize i = 0; i <= n_elements; i++) {
    GstHarness *const harness = start ();

    g_ptr_array_add (harnesses, harness);
    if (i == 0) {
      play (harness, samples, n);
      wait_for_results (harness);
      first = heap_in_use ();
    }
  }
  idle = heap_in_use ();
  for (gsize i = 1; i <= n_elements; i++) {
    play (g_ptr_array_index (harnesses, i), samples, n);
    n_windows += wait_for_results (g_ptr_array_index (harnesses, i));
  }
  printf ("%zu elements, %zu Hz, %zu channels, %" G_GUINT64_FORMAT " windows\n"
          "  the first: %zu kB\n"
          "  another: %zu kB once it has its format, %zu kB after %zu s\n",
      n_elements, rate, channels, n_windows, (first - before) / 1000,
      (idle - first) / n_elements / 1000,
      (heap_in_use () - first) / n_elements / 1000, SECONDS);
  return EXIT_SUCCESS;
}
