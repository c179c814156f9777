/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Odd and damaged files: ADPCM, whose time stamps are wrong, is as PCM; of what
 * is damaged there are as many windows as of what is not. */
#include "tests/folder.h"
#include "tests/gst/adpcm-file.h"
#include "tests/gst/harm.h"
#include "tests/gst/leaks.h"
#include "tests/gst/made-media.h"
#include "tests/gst/outcome.h"

/* The same sound as ADPCM in WAV and AVI, and as what adpcmdec makes of it,
 * with time stamps that are right. */
static void
test_adpcm (gconstpointer data)
{
  const guint rate = GPOINTER_TO_UINT (data);
  char *folder = test_folder_new ();
  g_autofree char *raw = NULL, *pcm = NULL;
  g_autofree char *wav = g_build_filename (folder, "a.wav", NULL);
  g_autofree char *avi = g_build_filename (folder, "a.avi", NULL);
  g_autofree char *blocks = NULL;
  gsize n;

  if (!outcome_has_elements ("adpcmenc adpcmdec avidemux")) {
    test_folder_remove (folder);
    return;
  }
  raw = made_media (folder, "raw",
      "audiotestsrc wave=pink-noise samplesperbuffer=1600 num-buffers=%u "
      "! audio/x-raw,rate=%u,channels=1,format=S16LE "
      "! adpcmenc layout=dvi blockalign=%u" MADE_MEDIA_SINK,
      rate * 20 / 1600, rate, ADPCM_BLOCK);
  g_assert_true (g_file_get_contents (raw, &blocks, &n, NULL));
  n -= n % ADPCM_BLOCK;
  adpcm_write_wav (wav, rate, blocks, n);
  adpcm_write_avi (avi, rate, blocks, n);
  pcm = made_media (folder, "pcm.wav",
      "filesrc location=%s ! wavparse ! adpcmdec ! wavenc" MADE_MEDIA_SINK,
      wav);
  for (guint a = 0; a < N_ANALYSES; a++) {
    g_autofree char *from_pcm =
        g_strdup_printf ("filesrc location=%s ! wavparse", pcm);
    g_autofree char *from_wav =
        g_strdup_printf ("filesrc location=%s ! wavparse ! adpcmdec", wav);
    g_autofree char *from_avi =
        g_strdup_printf ("filesrc location=%s ! avidemux ! adpcmdec", avi);
    g_auto (Outcome) truth = outcome_run (from_pcm, outcome_analyses[a]);

    g_assert_cmpuint (truth.windows->len, >=, 6);
    for (guint i = 0; i < 2; i++) {
      g_auto (Outcome) outcome =
          outcome_run (i == 0 ? from_wav : from_avi, outcome_analyses[a]);

      outcome_assert_same_times (&outcome, &truth, 0);
      g_assert_cmpuint (outcome.filled, ==, 0);
      g_assert_cmpuint (outcome.repeated, ==, 0);
      for (guint w = 0; w < truth.windows->len; w++)
        for (guint p = 0; p < 9; p++)
          g_assert_cmpfloat_with_epsilon (
              outcome_window (&outcome, w)->probabilities[p],
              outcome_window (&truth, w)->probabilities[p], 1e-3);
    }
  }
  test_folder_remove (folder);
}

/* MPEG-TS of which packets are lost, ADTS of which bytes are wrong. */

static const struct {
  const char *name;
  const char *elements;
  const char *writer, *reader;
  Harm harm;
  gdouble much;
  /* Windows that are told while nobody has said yet that samples are missing
   * may be as much too early. */
  guint off_ms;
} files[] = {
  { "ts-mp2-1-percent", "avenc_mp2 mpegtsmux mpegaudioparse avdec_mp2float",
      "avenc_mp2 ! mpegaudioparse ! mpegtsmux",
      "tsdemux ! mpegaudioparse ! avdec_mp2float", harm_lose_packets, 0.01,
      300 },
  { "ts-mp2-3-percent", "avenc_mp2 mpegtsmux mpegaudioparse avdec_mp2float",
      "avenc_mp2 ! mpegaudioparse ! mpegtsmux",
      "tsdemux ! mpegaudioparse ! avdec_mp2float", harm_lose_packets, 0.03,
      600 },
  { "aac-damaged", "voaacenc aacparse avdec_aac",
      "voaacenc ! aacparse ! audio/mpeg,stream-format=adts",
      "aacparse ! avdec_aac", harm_bytes, 30, 130 },
  { "mp3-damaged", "lamemp3enc mpegaudioparse mpg123audiodec",
      "lamemp3enc ! mpegaudioparse", "mpegaudioparse ! mpg123audiodec",
      harm_bytes, 30, 130 },
};

static void
test_file (gconstpointer data)
{
  const guint f = GPOINTER_TO_UINT (data);
  g_autofree char *whole = NULL, *harmed = NULL;
  char *folder;

  if (!outcome_has_elements (files[f].elements))
    return;
  folder = test_folder_new ();
  harmed = g_build_filename (folder, "harmed", NULL);
  whole = made_media (folder, "whole",
      SOUND_48 "! audioconvert ! %s" MADE_MEDIA_SINK, files[f].writer);
  for (guint seed = 1; seed <= 3; seed++) {
    harm_file (whole, harmed, files[f].harm, files[f].much, seed);
    for (guint a = 0; a < N_ANALYSES; a += seed == 1 ? 5 : N_ANALYSES) {
      g_autofree char *from_whole =
          g_strdup_printf ("filesrc location=%s ! %s", whole, files[f].reader);
      g_autofree char *from_harmed =
          g_strdup_printf ("filesrc location=%s ! %s", harmed, files[f].reader);
      g_auto (Outcome) clean = outcome_run (from_whole, outcome_analyses[a]);
      g_auto (Outcome) outcome = outcome_run (from_harmed, outcome_analyses[a]);

      g_test_message ("seed %u, %s: %u of %u windows, %.3f s filled", seed,
          outcome_analyses[a], outcome.windows->len, clean.windows->len,
          (gdouble) outcome.filled / GST_SECOND);
      /* What was late in the last second may be missing at the end. */
      g_assert_cmpuint (
          outcome.windows->len + (outcome.windows->len > 60 ? 4 : 1), >=,
          clean.windows->len);
      g_assert_cmpuint (outcome.windows->len, <=, clean.windows->len);
      for (guint w = 0; w < outcome.windows->len; w++)
        g_assert_cmpuint (ABS (GST_CLOCK_DIFF (outcome_window (&clean, w)->at,
                              outcome_window (&outcome, w)->at)),
            <=, files[f].off_ms * GST_MSECOND);
    }
  }
  test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_data_func (
      "/damaged/adpcm/8000", GUINT_TO_POINTER (8000), test_adpcm);
  g_test_add_data_func (
      "/damaged/adpcm/22050", GUINT_TO_POINTER (22050), test_adpcm);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_strconcat ("/damaged/file/", files[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_file);
  }
  leaks_add_test ("damaged");
  return g_test_run ();
}
