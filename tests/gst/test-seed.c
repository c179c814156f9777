/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seven models of the Python system, run by the element on real voices,
 * against what librosa and Keras said. One line for each model: clips,
 * decisions that differ, largest difference of a probability. Every clip with
 * --all, else a few of each table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gst/media/decode.h"
#include "nn/h5.h"
#include "tests/gst/fixture.h"

#define N_LABELS 9

static const char *const models[] = { "m1", "m1a", "m1b", "m2", "m3", "m3a",
  "m3b" };
#define N_MODELS G_N_ELEMENTS (models)

static const struct {
  const char *name;
  gint rate;         /* Hz, of files that do not say it first thing (FLAC) */
  gsize step;        /* of the default run: every step-th clip */
  guint may_differ;  /* decisions */
  gdouble tolerance; /* of each probability */
} tables[] = {
  { "seed-ravdess16k", 16000, 60, 0, 1e-4 },
  { "seed-emodb16k", 16000, 28, 0, 1e-4 },
  { "seed-ravdess48k", 48000, 12, 0, 1e-4 },
};

typedef struct {
  Fixture fixture;
  float *truth; /* [clips][N_LABELS] */
  guint n_clips;
  guint n_different;
  gdouble max_difference;
} Runner;

static gboolean all_clips;

static char *
shared_path (const char *name)
{
  return g_build_filename (g_getenv ("EMOTION_SHARED"), name, NULL);
}

static void
runner_init (Runner *self, const char *model, NnH5 *table)
{
  g_autofree char *name = g_strdup_printf ("seed/emotion_audio_%s.h5", model);
  g_autofree char *path = shared_path (name);
  g_autofree char *data_set = g_strdup_printf ("probabilities/%s", model);

  memset (self, 0, sizeof *self);
  fixture_init (&self->fixture, path, NULL);
  self->truth = nn_h5_read_floats (table, data_set, NULL, NULL);
  g_assert_nonnull (self->truth);
}

static void
runner_clear (Runner *self)
{
  fixture_clear (&self->fixture);
  g_free (self->truth);
}

/* The first window's probabilities; of a sound at that rate. */
static void
run_element (Runner *self, GstBuffer *sound, gint rate, gdouble *probabilities)
{
  g_autofree char *caps = g_strdup_printf (
      "audio/x-raw,format=%s,layout=interleaved,channels=1,rate=%d",
      GST_AUDIO_NE (F32), rate);
  GstHarness *h = self->fixture.harness;
  GstMessage *message;
  const GstStructure *p;
  GstSegment segment;
  GstBuffer *buffer = gst_buffer_copy (sound);

  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_set_src_caps_str (h, caps);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  GST_BUFFER_PTS (buffer) = 0;
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (h));
  gst_harness_push_event (h, gst_event_new_eos ());
  message = fixture_pop (&self->fixture);
  g_assert_nonnull (message);
  p = gst_value_get_structure (gst_structure_get_value (
      gst_message_get_structure (message), "probabilities"));
  for (gint i = 0; i < N_LABELS; i++)
    probabilities[i] = field_double (p, gst_structure_nth_field_name (p, i));
  gst_message_unref (message);
  fixture_count (&self->fixture);
}

static void
runner_compare (Runner *self, gsize clip, GstBuffer *sound, gint rate)
{
  const float *truth = self->truth + clip * N_LABELS;
  gdouble p[N_LABELS];
  guint best = 0, true_best = 0;

  run_element (self, sound, rate, p);
  for (guint i = 0; i < N_LABELS; i++) {
    if (p[i] > p[best])
      best = i;
    if (truth[i] > truth[true_best])
      true_best = i;
    self->max_difference = MAX (self->max_difference, fabs (p[i] - truth[i]));
  }
  self->n_clips++;
  self->n_different += best != true_best;
}

/* Of a WAV file; else fallback. The element has to hear a file at its own rate,
 * as librosa did: one that was resampled before is another sound. */
static gint
rate_of (const char *path, gint fallback)
{
  g_autofree char *data = NULL;
  gsize len;
  guint32 rate;

  g_assert_true (g_file_get_contents (path, &data, &len, NULL));
  if (len < 28 || memcmp (data, "RIFF", 4) != 0
      || memcmp (data + 12, "fmt ", 4) != 0)
    return fallback;
  memcpy (&rate, data + 24, sizeof rate);
  return GUINT32_FROM_LE (rate);
}

/* All of a file in one buffer. */
static GstBuffer *
decode (const char *path, gint rate)
{
  g_autoptr (GError) error = NULL;
  gsize n;
  float *samples = gst_emotion_decode_file (path, rate, 0, &n, &error);

  g_assert_no_error (error);
  return gst_buffer_new_wrapped (samples, n * sizeof *samples);
}

static void
test_table (gconstpointer data)
{
  const guint t = GPOINTER_TO_UINT (data);
  g_autofree char *name = g_strdup_printf ("golden/%s.h5", tables[t].name);
  g_autofree char *path = shared_path (name);
  g_autoptr (NnH5) table = NULL;
  g_auto (GStrv) files = NULL;
  Runner runners[N_MODELS];
  gsize n_files;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_test_skip ("no seed-*.h5 in EMOTION_SHARED/golden");
    return;
  }
  table = nn_h5_open (path, NULL);
  g_assert_nonnull (table);
  files = nn_h5_read_strings (table, "file", NULL);
  g_assert_nonnull (files);
  for (gsize m = 0; m < N_MODELS; m++)
    runner_init (&runners[m], models[m], table);
  n_files = g_strv_length (files);
  for (gsize i = 0; i < n_files; i++) {
    g_autofree char *file = shared_path (files[i]);
    const gint rate = rate_of (file, tables[t].rate);

    if (!all_clips && i % tables[t].step != 0 && rate == tables[t].rate)
      continue;

    GstBuffer *sound = decode (file, rate);

    for (gsize m = 0; m < N_MODELS; m++)
      runner_compare (&runners[m], i, sound, rate);
    gst_buffer_unref (sound);
  }
  for (gsize m = 0; m < N_MODELS; m++) {
    g_test_message ("%s %-3s: %u clips, %u decisions differ, largest "
                    "difference %.2g",
        tables[t].name, models[m], runners[m].n_clips, runners[m].n_different,
        runners[m].max_difference);
    g_assert_cmpuint (runners[m].n_clips, >, 4);
    g_assert_cmpuint (runners[m].n_different, <=, tables[t].may_differ);
    g_assert_cmpfloat (runners[m].max_difference, <=, tables[t].tolerance);
    runner_clear (&runners[m]);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  all_clips = argc > 1 && g_str_equal (argv[1], "--all");
  fixture_register ();
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++) {
    g_autofree char *path = g_strconcat ("/seed/", tables[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_table);
  }
  return g_test_run ();
}
