/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the voice detector takes, on one thread, for sound of its own rate.
 *   bench-voice [seconds]
 * prints milliseconds for a second of sound, shortest and median, and the
 * longest push: a window at a time, as the element does with windows of 3 s
 * each 3 s or each second; in buffers of 20 ms, whose chunks gather; and chunk
 * by chunk, as with align=voice. seconds: for each way, 5 by default.
 */
#include <stdio.h>
#include <stdlib.h>
#include "gst/voice.h"
#include "tests/bench/bench.h"
#include "tests/bench/signal.h"

#define RATE ((gsize) GST_EMOTION_VOICE_RATE)
/* Of sound in one measured time: whole chunks, as many as are run at a time. */
#define LEN (96 * (gsize) GST_EMOTION_VOICE_CHUNK)
#define BUFFER (RATE / 50)
#define ROUNDS 7

typedef struct {
  const char *name;
  gsize step; /* samples of a push */
  gboolean at_once;

  GstEmotionVoice *voice;
  const float *samples; /* [LEN] */
  BenchRow *row, *row_longest;
} Way;

static void
push (gpointer data)
{
  Way *const way = data;
  const gint64 begin = bench_clock ();
  double longest = 0;

  for (gsize i = 0; i < LEN; i += way->step) {
    const gint64 t = bench_clock ();

    gst_emotion_voice_push (
        way->voice, way->samples + i, MIN (way->step, LEN - i), way->at_once);
    longest = MAX (longest, (double) (bench_clock () - t) / 1e3);
  }
  bench_lap (way->row, begin);
  g_array_append_val (way->row_longest->us, longest);
}

int
main (int argc, char **argv)
{
  Way ways[] = {
    { .name = "3.1 s at a time", .step = LEN },
    { .name = "1 s at a time", .step = LEN / 3 },
    { .name = "buffers of 20 ms, chunks gather", .step = BUFFER },
    { .name = "buffers of 20 ms, each chunk at once",
        .step = BUFFER,
        .at_once = TRUE },
  };
  const double seconds = argc > 1 ? strtod (argv[1], NULL) : 5;
  g_autoptr (GError) error = NULL;
  g_autoptr (Bench) bench = bench_new ();
  g_autofree float *samples = signal_new (LEN, (double) RATE);
  BenchTable *const table = bench_add_table (bench, "voice", 0);

  gst_init (NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    Way *const way = &ways[i];

    way->voice = gst_emotion_voice_new (GST_EMOTION_VOICE_RATE, 0, LEN, &error);
    if (!way->voice) {
      fprintf (stderr, "%s\n", error->message);
      return EXIT_FAILURE;
    }
    way->samples = samples;
    way->row = bench_add_row (table, way->name, 0, (double) LEN / RATE);
    way->row_longest = bench_add_row (table, way->name, 0, 1);
    bench_add_probe (bench, push, way, NULL);
  }
  bench_run (bench, seconds, ROUNDS);
  printf ("%-40s %9s %9s %13s %11s\n", "voice detector, a second of sound",
      "min ms", "median ms", "us for 20 ms", "longest us");
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    const double median = bench_row_median (ways[i].row) / 1e3;

    printf ("%-40s %9.3f %9.3f %13.1f %11.1f\n", ways[i].name,
        bench_row_min (ways[i].row) / 1e3, median, median * 1000 / 50,
        bench_row_median (ways[i].row_longest));
    gst_emotion_voice_free (ways[i].voice);
  }
  return EXIT_SUCCESS;
}
