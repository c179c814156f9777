/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files as they are found, read by the engine of the tools, and analysed with
 * windows every 3, 1 and 0.25 s in both modes of inference at once: each gives
 * the windows of what can be decoded, and what is missing is said. */
#define _GNU_SOURCE /* memmem */
#include <string.h>

#include "gst/media/decode.h"
#include "gst/media/play.h"
#include "gst/media/wave.h"
#include "tests/folder.h"
#include "tests/gst/adpcm-file.h"
#include "tests/gst/fixture.h"
#include "tests/gst/harm.h"
#include "tests/gst/leaks.h"
#include "tests/gst/made-media.h"

#define WINDOW (3 * GST_SECOND)
#define RATE 16000
#define SECONDS 13 /* of sound, before anything happens to it */

static char *folder;

static const struct {
  const char *inference;
  GstClockTime interval;
} analyses[] = {
  { "sync", 3 * GST_SECOND },
  { "async", 3 * GST_SECOND },
  { "sync", GST_SECOND },
  { "async", GST_SECOND },
  { "sync", GST_SECOND / 4 },
  { "async", GST_SECOND / 4 },
};

#define N_ANALYSES G_N_ELEMENTS (analyses)

typedef struct {
  GstClockTime at;
  gboolean is_silent;
  gdouble confidence;
} Window;

/* Of one file. */
typedef struct {
  GArray *windows[N_ANALYSES]; /* Window */
  char *loss;
} Found;

/* A tee with an emotiondetect for each analysis, named by its number. */
static GstElement *
add_sink (GstBin *pipeline, gpointer user_data)
{
  g_autofree char *model = fixture_data (MODEL_M3);
  GString *text = g_string_new ("tee name=t");
  g_autoptr (GError) error = NULL;
  GstElement *bin;

  for (guint a = 0; a < N_ANALYSES; a++)
    g_string_append_printf (text,
        " t. ! emotiondetect name=%u attach-meta=false min-voice=0 "
        "model-file=%s inference=%s interval=%" G_GUINT64_FORMAT
        " ! fakesink sync=false async=false",
        a, model, analyses[a].inference, analyses[a].interval);
  bin = gst_parse_bin_from_description (text->str, TRUE, &error);
  g_assert_no_error (error);
  g_string_free (text, TRUE);
  gst_bin_add (pipeline, bin);
  return bin;
}

static void
take_message (GstMessage *message, gpointer user_data)
{
  Found *found = user_data;
  const GstStructure *const s = gst_message_get_structure (message);
  Window window;

  if (!gst_structure_has_name (s, "emotion"))
    return;
  window.at = field_uint64 (s, "timestamp");
  gst_structure_get_boolean (s, "silence", &window.is_silent);
  gst_structure_get_double (s, "confidence", &window.confidence);
  g_array_append_val (found->windows[g_ascii_strtoull (
                          GST_MESSAGE_SRC_NAME (message), NULL, 10)],
      window);
}

static Found
analyse (const char *path)
{
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);
  const GstEmotionPlay play = {
    .uri = uri, .add_sink = add_sink, .message = take_message
  };
  Found found = { .loss = NULL };
  g_autoptr (GError) error = NULL;

  for (guint a = 0; a < N_ANALYSES; a++)
    found.windows[a] = g_array_new (FALSE, FALSE, sizeof (Window));
  gst_emotion_play (&play, &found, &found.loss, &error);
  g_assert_no_error (error);
  return found;
}

static void
found_clear (Found *self)
{
  for (guint a = 0; a < N_ANALYSES; a++)
    g_array_unref (self->windows[a]);
  g_free (self->loss);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static const Window *
window_of (const Found *self, guint a, guint i)
{
  return &g_array_index (self->windows[a], Window, i);
}

/* The windows of sound without gaps: whole ones, and one of the rest where that
 * is at least half of one. */
static guint
count_windows (GstClockTime sound, GstClockTime interval)
{
  const guint n = sound < WINDOW ? 0 : (sound - WINDOW) / interval + 1;
  const GstClockTime end = n > 0 ? (n - 1) * interval + WINDOW : 0;

  return n + (n == 0 || sound - end >= WINDOW / 2);
}

/* Both modes find the same. */
static void
assert_same_modes (const Found *found)
{
  for (guint a = 0; a < N_ANALYSES; a += 2) {
    g_assert_cmpuint (found->windows[a]->len, ==, found->windows[a + 1]->len);
    for (guint i = 0; i < found->windows[a]->len; i++) {
      const Window *const sync = window_of (found, a, i);
      const Window *const async = window_of (found, a + 1, i);

      g_assert_cmpuint (sync->at, ==, async->at);
      g_assert_cmpfloat (sync->confidence, ==, async->confidence);
      g_assert_cmpint (sync->is_silent, ==, async->is_silent);
    }
  }
}

/* Files that break off, or are odd: there are no gaps */

static char *
make (const char *name, const char *encoder)
{
  return made_media (folder, name,
      "audiotestsrc wave=pink-noise samplesperbuffer=480 num-buffers=%u "
      "! audio/x-raw,rate=48000,channels=1 ! audioconvert ! %s" MADE_MEDIA_SINK,
      SECONDS * 100, encoder);
}

/* Two tracks; the first one, silence, is no longer flagged as the default. */
static char *
make_two_tracks (const char *name, const char *encoder)
{
  static const char scale_of_one[] = "\x23\xe3\x83\x84\x01\x31\x2d";
  static const char not_default[] = "\x88\x81\x00\xec\x83\x00\x00";
  char *path = made_media (folder, name,
      "audiotestsrc wave=silence samplesperbuffer=480 num-buffers=%u "
      "! audio/x-raw,rate=48000,channels=1 ! audioconvert ! %s "
      "! matroskamux name=m" MADE_MEDIA_SINK
      " audiotestsrc wave=pink-noise samplesperbuffer=480 num-buffers=%u "
      "! audio/x-raw,rate=48000,channels=1 ! audioconvert ! %s ! m.",
      SECONDS * 100, encoder, SECONDS * 100, encoder);
  g_autofree char *bytes = NULL;
  gsize n;
  char *at;

  if (!path)
    return NULL;
  g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
  at = memmem (bytes, n, scale_of_one, sizeof scale_of_one);
  g_assert_nonnull (at);
  memcpy (at, not_default, sizeof not_default);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL));
  return path;
}

static char *
make_adpcm (const char *name,
    void (*write) (const char *path, guint rate, const char *blocks, gsize n))
{
  g_autofree char *raw = make ("raw",
      "audioresample ! audio/x-raw,rate=8000,format=S16LE ! adpcmenc "
      "layout=dvi blockalign=" G_STRINGIFY (ADPCM_BLOCK));
  char *path = raw ? g_build_filename (folder, name, NULL) : NULL;
  g_autofree char *blocks = NULL;
  gsize n;

  if (!raw)
    return NULL;
  g_assert_true (g_file_get_contents (raw, &blocks, &n, NULL));
  write (path, 8000, blocks, n - n % ADPCM_BLOCK);
  return path;
}

static char *
make_adpcm_wav (const char *name, const char *encoder)
{
  return make_adpcm (name, adpcm_write_wav);
}

static char *
make_adpcm_avi (const char *name, const char *encoder)
{
  return make_adpcm (name, adpcm_write_avi);
}

/* The same as RF64, with its sizes in the chunk "ds64". */
static char *
make_rf64 (const char *name, const char *encoder)
{
  g_autofree char *wav = make ("plain.wav", encoder);
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree char *bytes = NULL;
  guint8 ds64[36] = "ds64\x1c";
  gsize n;
  char *sound;

  g_assert_true (g_file_get_contents (wav, &bytes, &n, NULL));
  sound = (char *) memmem (bytes, n, "data", 4) + 8;
  GST_WRITE_UINT64_LE (ds64 + 8, n - 8 + sizeof ds64);
  GST_WRITE_UINT64_LE (ds64 + 16, GST_READ_UINT32_LE (sound - 4));
  g_byte_array_append (out, (guint8 *) "RF64\xff\xff\xff\xffWAVE", 12);
  g_byte_array_append (out, ds64, sizeof ds64);
  g_byte_array_append (out, (guint8 *) bytes + 12, sound - bytes - 12 - 4);
  g_byte_array_append (out, (guint8 *) "\xff\xff\xff\xff", 4);
  g_byte_array_append (out, (guint8 *) sound, bytes + n - sound);
  g_assert_true (
      g_file_set_contents (path, (char *) out->data, out->len, NULL));
  return path;
}

static const struct {
  const char *name, *encoder;
  char *(*make) (const char *name, const char *encoder);
  gdouble left;     /* of the file */
  const char *loss; /* a part of it, or NULL */
  gdouble heard;    /* s, at least */
  guint64 limit;    /* from where on we read WAV ourselves; 0: as it is */
} whole_sounds[] = {
  { "whole.wav", "wavenc", make, 1, NULL, 13 },
  { "cut.wav", "wavenc", make, 0.6, "5.20 of 13.00 s are missing", 7.79 },
  { "cut.m4a", "avenc_aac ! mp4mux faststart=true", make, 0.7,
      "are missing: the file is cut off", 8.5 },
  { "cut.mp3", "lamemp3enc target=quality quality=5 ! xingmux", make, 0.5,
      "are missing: the file is cut off", 6 },
  { "cut.opus", "opusenc ! oggmux", make, 0.6, "the file is cut off", 6.5 },
  { "cut.flac", "flacenc", make, 0.6, "are missing", 7 },
  { "tracks.mkv", "opusenc", make_two_tracks, 1, NULL, 12.9 },
  { "adpcm.wav", NULL, make_adpcm_wav, 1, NULL, 12.5 },
  { "adpcm.avi", NULL, make_adpcm_avi, 1, NULL, 12.5 },
  { "large.wav", "wavenc", make, 1, NULL, 13, 100000 },
  { "large-24.wav", "audio/x-raw,format=S24LE,channels=2 ! wavenc", make, 0.6,
      "5.20 of 13.00 s are missing", 7.79, 100000 },
  { "rf64.wav", "wavenc", make_rf64, 1, NULL, 13, 100000 },
};

static void
test_whole_sound (gconstpointer data)
{
  const guint s = GPOINTER_TO_UINT (data);
  g_autofree char *path =
      whole_sounds[s].make (whole_sounds[s].name, whole_sounds[s].encoder);
  g_autoptr (GError) error = NULL;
  GstEmotionSound sound;
  GstClockTime heard;

  if (!path) {
    g_test_skip ("an element is not installed");
    return;
  }
  harm_file (path, path, harm_cut, whole_sounds[s].left, 0);
  if (whole_sounds[s].limit > 0)
    gst_emotion_wave_limit = whole_sounds[s].limit;
  gst_emotion_decode (
      path, &(GstEmotionDecodeOptions){ .rate = RATE }, &sound, &error);
  g_assert_no_error (error);

  g_auto (Found) found = analyse (path);

  gst_emotion_wave_limit = G_MAXINT32;
  heard = gst_util_uint64_scale (sound.n_samples, GST_SECOND, RATE);
  gst_emotion_sound_clear (&sound);
  g_test_message ("%.3f s, %s", heard / (gdouble) GST_SECOND, found.loss);
  g_assert_cmpfloat (heard, >=, whole_sounds[s].heard * (gdouble) GST_SECOND);
  if (whole_sounds[s].loss && !strstr (found.loss, whole_sounds[s].loss))
    g_error ("%s", found.loss);
  else if (!whole_sounds[s].loss)
    g_assert_cmpstr (found.loss, ==, NULL);
  for (guint a = 0; a < N_ANALYSES; a++) {
    g_assert_cmpuint (
        found.windows[a]->len, ==, count_windows (heard, analyses[a].interval));
    for (guint i = 0; i < found.windows[a]->len; i++) {
      g_assert_cmpuint (window_of (&found, a, i)->at, ==,
          window_of (&found, a, 0)->at + i * analyses[a].interval);
      g_assert_false (window_of (&found, a, i)->is_silent);
    }
  }
  assert_same_modes (&found);
}

/* Damaged files: what was lost is filled */

static const struct {
  const char *name, *encoder;
  Harm harm;
  gdouble much;
  /* Windows of which nobody has said yet that samples are missing may be as
   * much too early. */
  guint off_ms;
} damaged[] = {
  { "lossy-mp2.ts", "avenc_mp2 ! mpegaudioparse ! mpegtsmux", harm_lose_packets,
      0.02, 400 },
  { "lossy-aac.ts", "avenc_aac ! aacparse ! mpegtsmux", harm_lose_packets, 0.02,
      400 },
  { "lossy-opus.ts", "opusenc ! mpegtsmux", harm_lose_packets, 0.02, 400 },
  { "lossy-ac3.ts", "avenc_ac3 ! ac3parse ! mpegtsmux", harm_lose_packets, 0.02,
      400 },
  { "damaged.aac", "avenc_aac ! aacparse ! audio/mpeg,stream-format=adts",
      harm_bytes, 8, 400 },
  { "damaged.mp3", "lamemp3enc ! mpegaudioparse", harm_bytes, 8, 400 },
};

static void
test_damaged (gconstpointer data)
{
  const guint d = GPOINTER_TO_UINT (data);
  g_autofree char *path = make (damaged[d].name, damaged[d].encoder);

  if (!path) {
    g_test_skip ("an element is not installed");
    return;
  }

  g_auto (Found) clean = analyse (path);

  harm_file (path, path, damaged[d].harm, damaged[d].much, 1);

  g_auto (Found) found = analyse (path);

  g_assert_cmpstr (clean.loss, ==, NULL);
  for (guint a = 0; a < N_ANALYSES; a++) {
    /* Of the last second, samples may be missing that are not filled. */
    const guint n_fewer = analyses[a].interval < GST_SECOND ? 4 : 1;

    g_test_message ("%s %g s: %u of %u windows; %s", analyses[a].inference,
        analyses[a].interval / (gdouble) GST_SECOND, found.windows[a]->len,
        clean.windows[a]->len, found.loss);
    g_assert_cmpuint (
        found.windows[a]->len + n_fewer, >=, clean.windows[a]->len);
    g_assert_cmpuint (found.windows[a]->len, <=, clean.windows[a]->len);
    for (guint i = 0; i < found.windows[a]->len; i++)
      g_assert_cmpint (ABS (GST_CLOCK_DIFF (window_of (&found, a, i)->at,
                           window_of (&clean, a, i)->at)),
          <=, damaged[d].off_ms * GST_MSECOND);
  }
  assert_same_modes (&found);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* Demuxers of GStreamer complain of what we do to files. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  fixture_register ();
  folder = test_folder_new ();
  for (guint i = 0; i < G_N_ELEMENTS (whole_sounds); i++) {
    g_autofree char *path = g_strconcat ("/files/", whole_sounds[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_whole_sound);
  }
  for (guint i = 0; i < G_N_ELEMENTS (damaged); i++) {
    g_autofree char *path = g_strconcat ("/files/", damaged[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_damaged);
  }
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
