/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the voice detector takes, on one thread, for sound of its own rate.
 *   bench-voice [seconds]
 * prints milliseconds for a second of sound, in one go and in buffers of 20 ms,
 * and what those buffers take.
 */
#include <stdio.h>
#include <stdlib.h>
#include "gst/voice.h"
#include "tests/bench/bench.h"
#include "tests/bench/signal.h"

#define BUFFER (GST_EMOTION_VOICE_RATE / 50)
#define ROUNDS 5

typedef struct {
  GstEmotionVoice *voice;
  float *samples;
  gsize n;
} Sound;

/* Milliseconds for a second, and the longest push in microseconds. */
static double
push (const Sound *sound, gsize step, gboolean at_once, double *longest)
{
  const gint64 begin = bench_clock ();

  *longest = 0;
  for (gsize i = 0; i + step <= sound->n; i += step) {
    const gint64 t = bench_clock ();

    gst_emotion_voice_push (sound->voice, sound->samples + i, step, at_once);
    *longest = MAX (*longest, (double) (bench_clock () - t) / 1e3);
  }
  return (double) (bench_clock () - begin) / 1e6
      / ((double) sound->n / GST_EMOTION_VOICE_RATE);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    gsize step;
    gboolean at_once;
  } ways[] = {
    { "in one go", 4096, FALSE },
    { "buffers of 20 ms, chunks together", BUFFER, FALSE },
    { "buffers of 20 ms, each chunk at once", BUFFER, TRUE },
  };
  const double seconds = argc > 1 ? strtod (argv[1], NULL) : 60;
  g_autoptr (GError) error = NULL;
  Sound sound = { .n = (gsize) (seconds * GST_EMOTION_VOICE_RATE) };
  double best[G_N_ELEMENTS (ways)], longest[G_N_ELEMENTS (ways)];

  gst_init (NULL, NULL);
  sound.voice = gst_emotion_voice_new (
      GST_EMOTION_VOICE_RATE, 0, GST_EMOTION_VOICE_RATE * 3, &error);
  if (!sound.voice) {
    fprintf (stderr, "%s\n", error->message);
    return EXIT_FAILURE;
  }
  sound.samples = signal_new (sound.n, GST_EMOTION_VOICE_RATE);
  for (guint round = 0; round < ROUNDS; round++)
    for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
      double most;
      const double ms = push (&sound, ways[i].step, ways[i].at_once, &most);

      best[i] = round == 0 ? ms : MIN (best[i], ms);
      longest[i] = round == 0 ? most : MIN (longest[i], most);
    }
  printf ("%-40s %10s %12s %12s\n", "voice detector, best of 5 rounds", "ms/s",
      "us/20 ms", "longest us");
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    printf ("%-40s %10.3f %12.1f %12.1f\n", ways[i].name, best[i],
        best[i] * 1000 / 50, longest[i]);
  gst_emotion_voice_free (sound.voice);
  g_free (sound.samples);
  return EXIT_SUCCESS;
}
