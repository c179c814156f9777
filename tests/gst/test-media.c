/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From files to samples: which of several tracks, what is missing of files that
 * are cut off or damaged, and WAV files that wavparse cannot take. */
#define _GNU_SOURCE /* memmem */
#include <fcntl.h>
#include <gst/audio/audio.h>
#include <gst/gst.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "gst/media/decode.h"
#include "gst/media/wave.h"
#include "tests/folder.h"
#include "tests/gst/harm.h"
#include "tests/gst/made-media.h"

#define RATE 16000

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* Sound of 10 s, the same each time. */
#define SOUND                                                                  \
  "audiotestsrc wave=square freq=311 volume=0.3 samplesperbuffer=480 "         \
  "num-buffers=1000 ! audio/x-raw,rate=48000,channels=1 ! audioconvert ! "

static gboolean
decode (
    const char *path, const char *track, GstEmotionSound *sound, GError **error)
{
  return gst_emotion_decode (path,
      &(GstEmotionDecodeOptions){ .rate = RATE, .track = track }, sound, error);
}

static double
rms (const GstEmotionSound *sound)
{
  double sum = 0;

  for (gsize i = 0; i < sound->n_samples; i++)
    sum += sound->samples[i] * sound->samples[i];
  return sqrt (sum / sound->n_samples);
}

/* Tracks */

typedef struct {
  const char *track;
  gboolean is_loud;  /* the second track */
  const char *note;  /* part of it; NULL: none */
  const char *error; /* likewise */
} TrackCase;

static void
check_tracks (const char *path, const TrackCase *cases, guint n)
{
  for (guint i = 0; i < n; i++) {
    GstEmotionSound sound;
    g_autoptr (GError) error = NULL;
    const gboolean ok = decode (path, cases[i].track, &sound, &error);

    g_test_message ("--track %s: %s %s", cases[i].track, sound.note,
        error ? error->message : "");
    g_assert_cmpint (ok, ==, !cases[i].error);
    if (cases[i].error)
      g_assert_nonnull (strstr (error->message, cases[i].error));
    else
      g_assert_cmpint (rms (&sound) > 0.01, ==, cases[i].is_loud);
    g_assert_cmpint (sound.note != NULL, ==, cases[i].note != NULL);
    if (cases[i].note)
      g_assert_nonnull (strstr (sound.note, cases[i].note));
    gst_emotion_sound_clear (&sound);
  }
}

/* Two sounds, the first of them silence, in one file. */
static char *
make_two (const char *name, const char *encoder, const char *muxer)
{
  return made_media (folder, name,
      "audiotestsrc wave=silence num-buffers=100 ! audio/x-raw,rate=48000,"
      "channels=1 ! audioconvert ! %s ! taginject "
      "tags=\"language-code=(string)de\" ! %s name=m" MADE_MEDIA_SINK
      " audiotestsrc num-buffers=100 ! audio/x-raw,rate=48000,channels=1 ! "
      "audioconvert ! %s ! taginject "
      "tags=\"language-code=(string)en,title=(string)Film\" ! m.",
      encoder, muxer, encoder);
}

/* Replaces bytes at their first occurrence. */
static gboolean
patch (const char *path, const char *from, const char *to, gsize len)
{
  g_autofree char *data = NULL;
  gsize size;
  char *at;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  at = memmem (data, size, from, len);
  if (!at)
    return FALSE;
  memcpy (at, to, len);
  return g_file_set_contents (path, data, (gssize) size, NULL);
}

static void
test_tracks_matroska (void)
{
  static const TrackCase first[] = {
    { NULL, FALSE, "of 2 audio tracks, 1 (de" },
    { "1", FALSE },
    { "2", TRUE },
    { "en", TRUE },
    { "eng", TRUE },
    { "English", TRUE },
    { "ger", FALSE },
    { "3", FALSE, NULL,
        "no audio track is “3” (--track); the file has: 1 (de" },
    { "fr", FALSE, NULL, "2 (en, “Film”)" },
    { "0", FALSE, NULL, "“0”" },
  };
  static const TrackCase second[] = {
    { NULL, TRUE, "2 (en, “Film”) is used, not 1 (de" },
    { "1", FALSE },
  };
  g_autofree char *path = make_two ("two.mkv", "opusenc", "matroskamux");

  if (!path) {
    g_test_skip ("no opusenc or no matroskamux");
    return;
  }
  check_tracks (path, first, G_N_ELEMENTS (first));
  /* In place of a time scale of 1: not default, and as many bytes of nothing.
   */
  if (patch (path, "\x23\xe3\x83\x84\x01\x31\x2d\x00",
          "\x88\x81\x00\xec\x83\x00\x00\x00", 8))
    check_tracks (path, second, G_N_ELEMENTS (second));
}

/* A track of an MP4 file may be disabled. */
static void
test_tracks_mp4 (void)
{
  static const TrackCase first[] = { { NULL, FALSE, "1 (de) is used" } };
  static const TrackCase second[] = { { NULL, TRUE, "2 (en" }, { "1", FALSE } };
  g_autofree char *path = make_two ("two.mp4", "avenc_aac", "mp4mux");

  if (!path) {
    g_test_skip ("no avenc_aac or no mp4mux");
    return;
  }
  check_tracks (path, first, G_N_ELEMENTS (first));
  g_assert_true (patch (path, "tkhd\0\0\0\x07", "tkhd\0\0\0\x06", 8)
      || patch (path, "tkhd\0\0\0\x0f", "tkhd\0\0\0\x0e", 8));
  check_tracks (path, second, G_N_ELEMENTS (second));
}

/* What is missing */

/* A copy of the first share of a file. */
static char *
cut (const char *path, double share)
{
  char *copy = g_strconcat (path, ".cut", NULL);
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_true (g_file_set_contents (copy, data, size * share, NULL));
  return copy;
}

/* loss: a part of what is said; NULL: nothing. */
static void
check_loss (const char *path, const char *loss, double least_s)
{
  GstEmotionSound sound;
  g_autoptr (GError) error = NULL;

  decode (path, NULL, &sound, &error);
  g_test_message ("%s: %s", path, sound.loss);
  g_assert_no_error (error);
  g_assert_cmpfloat (sound.n_samples, >=, least_s * RATE);
  if (loss && !sound.loss)
    g_error ("%s: no word of a loss", path);
  if (loss)
    g_assert_nonnull (strstr (sound.loss, loss));
  else
    g_assert_cmpstr (sound.loss, ==, NULL);
  gst_emotion_sound_clear (&sound);
}

/* Whole, and cut off at 60 %. */
static const struct {
  const char *name, *encoder, *loss;
} kinds[] = {
  { "a.wav", "wavenc", " of 10.00 s are missing: the file is cut off" },
  { "f64.wav", "audio/x-raw,format=F64LE ! wavenc", " of 10.00 s are" },
  { "mulaw.wav", "mulawenc ! wavenc", " of 10.00 s are missing" },
  { "a.w64", "avmux_w64", " of 10.0" },
  { "a.aiff", "aiffmux", " of 10.00 s are missing: the file is cut off" },
  { "a.au", "avmux_au", " of 10.00 s are missing: the file is cut off" },
  { "fast.m4a", "avenc_aac ! mp4mux faststart=true", " of 10.0" },
  { "fast.mov", "qtmux faststart=true", " of 10.0" },
  { "a.mka", "opusenc ! matroskamux", " of 10.0" },
  { "a.webm", "vorbisenc ! webmmux", " of 10.0" },
  { "a.avi", "avimux", " of 10.0" },
  { "a.flac", "flacenc", " of 10.00 s are missing" },
  { "a.wv", "wavpackenc", " of 10.00 s are missing" },
  { "a.wma", "avenc_wmav2 ! asfmux", " of 10.0" },
  { "a.flv", "audioresample ! audio/x-raw,rate=44100 ! flvmux",
      "the file is cut off" },
  { "xing.mp3", "lamemp3enc target=quality quality=5 ! xingmux", " of 10.0" },
  { "a.ogg", "vorbisenc ! oggmux", "the file is cut off; how much" },
  { "a.opus", "opusenc ! oggmux", "the file is cut off; how much" },
  { "a.spx", "audioresample ! audio/x-raw,rate=16000 ! speexenc ! oggmux",
      "the file is cut off; how much" },
  /* They end within a frame, which is all that tells. */
  { "a.mp3", "lamemp3enc", "the file is cut off; how much" },
  { "half.mp3", "audioresample ! audio/x-raw,rate=22050 ! lamemp3enc",
      "the file is cut off; how much" },
  { "id3.mp3", "lamemp3enc ! id3v2mux", "the file is cut off; how much" },
  { "a.mp2", "avenc_mp2", "the file is cut off; how much" },
  { "a.aac", "avenc_aac ! aacparse ! audio/mpeg,stream-format=adts",
      "the file is cut off; how much" },
  { "a.ac3", "avenc_ac3", "the file is cut off; how much" },
  { "44.ac3", "audioresample ! audio/x-raw,rate=44100 ! avenc_ac3",
      "the file is cut off; how much" },
  { "a.eac3", "avenc_eac3", "the file is cut off; how much" },
  { "a.amr", "audioresample ! audio/x-raw,rate=8000 ! amrnbenc ! avmux_amr",
      "the file is cut off; how much" },
  { "wide.amr",
      "audioresample ! audio/x-raw,rate=16000 ! voamrwbenc ! avmux_amr",
      "the file is cut off; how much" },
  { "a.ts", "avenc_mp2 ! mpegaudioparse ! mpegtsmux",
      "the file is cut off; how much" },
};

static void
test_cut (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *path = made_media (
        folder, kinds[i].name, SOUND "%s" MADE_MEDIA_SINK, kinds[i].encoder);
    g_autofree char *part = path ? cut (path, 0.6003) : NULL;

    if (!path)
      continue;
    if (minor == 24 && g_str_has_suffix (path, ".wv")) {
      g_test_message ("%s: not recognised by GStreamer 1.24", path);
      continue;
    }
    check_loss (path, NULL, 9.8);
    check_loss (part, kinds[i].loss, 4.5);
  }
}

/* Two files that were put together as if they were text: both are read, or the
 * second one is named. */
static void
test_twice (void)
{
  static const struct {
    const char *name, *encoder;
    gboolean is_read;
  } cases[] = {
    { "twice.wav", "wavenc" },
    { "twice-24.wav", "audio/x-raw,format=S24LE ! wavenc" },
    { "twice.aiff", "aiffmux" },
    { "twice.m4a", "avenc_aac ! mp4mux" },
    { "twice.mka", "opusenc ! matroskamux" },
    { "twice.flv", "avenc_aac ! flvmux" },
    { "fragments.mp4", "avenc_aac ! mp4mux fragment-duration=1000", TRUE },
    { "twice.mp3", "lamemp3enc", TRUE },
    { "twice.ogg", "vorbisenc ! oggmux", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = made_media (
        folder, cases[i].name, SOUND "%s" MADE_MEDIA_SINK, cases[i].encoder);
    g_autofree char *bytes = NULL;
    g_autofree char *both = NULL;
    gsize n;

    if (!path)
      continue;
    g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
    both = g_malloc (2 * n);
    memcpy (both, bytes, n);
    memcpy (both + n, bytes, n);
    g_assert_true (g_file_set_contents (path, both, (gssize) (2 * n), NULL));
    check_loss (path, cases[i].is_read ? NULL : "another file, behind the end",
        cases[i].is_read ? 19.6 : 9.8);
  }
}

/* In a film, sound may be shorter than the picture. */
static void
test_film (void)
{
  static const struct {
    const char *name, *encoder, *muxer;
  } cases[] = {
    { "film.flv", "avenc_aac", "flvmux" },
    { "film.avi", "lamemp3enc", "avimux" },
    { "film.mkv", "opusenc", "matroskamux" },
    { "film.mp4", "avenc_aac", "mp4mux" },
    { "film.ts", "avenc_aac ! aacparse", "mpegtsmux" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = made_media (folder, cases[i].name,
        "videotestsrc num-buffers=75 ! video/x-raw,width=32,height=32,"
        "framerate=5/1 ! videoconvert ! %s ! %s name=m" MADE_MEDIA_SINK
        " " SOUND "%s ! m.",
        strstr (cases[i].name, "avi") ? "jpegenc" : "x264enc ! h264parse",
        cases[i].muxer, cases[i].encoder);

    if (path)
      check_loss (path, NULL, 9.8);
  }
}

/* Less than 1 s, or less than 1 %, is not worth a word. */
static void
test_little (void)
{
  g_autofree char *path =
      made_media (folder, "little.wav", SOUND "wavenc" MADE_MEDIA_SINK);
  g_autofree char *most = cut (path, 0.91);
  g_autofree char *less = NULL;

  check_loss (most, NULL, 9);
  less = cut (path, 0.88);
  check_loss (less, "1.20 of 10.00 s", 8.5);
}

/* A head that was never written to the end does not say how long the file is.
 */
static void
test_placeholder (void)
{
  static const guint32 sizes[] = { 0, 0xffffffff, 0x7fffffff, 0x7ffff000 };
  g_autofree char *path =
      made_media (folder, "pipe.wav", SOUND "wavenc" MADE_MEDIA_SINK);
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    char *const at = memmem (data, 200, "data", 4);

    GST_WRITE_UINT32_LE (at + 4, sizes[i]);
    g_assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
    check_loss (path, NULL, 9.9);
  }
}

/* What decodes of a damaged file is kept, and the rest counted. */
static void
test_damaged (void)
{
  static const struct {
    const char *name, *encoder;
    Harm harm;
    gdouble much;
  } cases[] = {
    { "lost.ts", "avenc_mp2 ! mpegaudioparse ! mpegtsmux", harm_lose_packets,
        0.1 },
    { "bad.aac", "avenc_aac ! aacparse ! audio/mpeg,stream-format=adts",
        harm_bytes, 200 },
    { "bad.m4a", "avenc_aac ! mp4mux faststart=true", harm_bytes, 200 },
    { "bad.ogg", "vorbisenc ! oggmux", harm_bytes, 30 },
    { "bad.opus", "opusenc ! oggmux", harm_bytes, 30 },
    { "bad.avi", "lamemp3enc ! avimux", harm_bytes, 60 },
    { "hole.mka", "matroskamux", harm_hole, 0.4 },
    { "hole.ts", "avenc_mp2 ! mpegaudioparse ! mpegtsmux", harm_hole, 0.4 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = made_media (
        folder, cases[i].name, SOUND "%s" MADE_MEDIA_SINK, cases[i].encoder);

    if (!path)
      continue;
    harm_file (path, path, cases[i].harm, cases[i].much, 1);
    check_loss (path, " s are missing: the file is ", 1);
  }
}

/* WAV files */

static void
assert_same_sound (const char *a, const char *b)
{
  GstEmotionSound sounds[2];

  g_assert_true (decode (a, NULL, &sounds[0], NULL));
  gst_emotion_wave_limit = 1;
  g_assert_true (decode (b, NULL, &sounds[1], NULL));
  gst_emotion_wave_limit = G_MAXINT32;
  g_assert_cmpstr (sounds[1].loss, ==, NULL);
  g_assert_cmpmem (sounds[0].samples, sounds[0].n_samples * sizeof (float),
      sounds[1].samples, sounds[1].n_samples * sizeof (float));
  for (guint i = 0; i < 2; i++)
    gst_emotion_sound_clear (&sounds[i]);
}

/* Our reader and wavparse read the same. */
static void
test_wave_formats (void)
{
  static const char *const formats[] = { "audio/x-raw,format=S16LE ! wavenc",
    "audio/x-raw,format=U8 ! wavenc", "audio/x-raw,format=S24LE ! wavenc",
    "audio/x-raw,format=S32LE ! wavenc", "audio/x-raw,format=F32LE ! wavenc",
    "audio/x-raw,format=F64LE,channels=2 ! wavenc",
    "audio/x-raw,format=S16LE,channels=6,channel-mask=(bitmask)0x3f ! wavenc",
    "mulawenc ! wavenc", "alawenc ! wavenc" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *path = made_media (
        folder, "format.wav", SOUND "%s" MADE_MEDIA_SINK, formats[i]);

    g_test_message ("%s", formats[i]);
    if (path)
      assert_same_sound (path, path);
  }
}

/* wavparse takes 16 bytes of what follows for sound. */
static void
test_wave_sony (void)
{
  g_autofree char *path =
      made_media (folder, "a.w64", SOUND "avmux_w64" MADE_MEDIA_SINK);
  GstEmotionSound sound;

  if (!path) {
    g_test_skip ("no avmux_w64");
    return;
  }
  gst_emotion_wave_limit = 1;
  g_assert_true (decode (path, NULL, &sound, NULL));
  gst_emotion_wave_limit = G_MAXINT32;
  g_assert_cmpstr (sound.loss, ==, NULL);
  g_assert_cmpuint (sound.n_samples, ==, 10 * RATE);
  gst_emotion_sound_clear (&sound);
}

/* A head with its sizes in ds64, or in numbers of 32 bits that went round. */
static void
test_wave_64 (void)
{
  g_autofree char *path =
      made_media (folder, "small.wav", SOUND "wavenc" MADE_MEDIA_SINK);
  g_autofree char *copy = path_of ("rf64.wav");
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));

  const char *const sound = (char *) memmem (data, size, "data", 4) + 8;
  const guint32 len = GST_READ_UINT32_LE (sound - 4);
  static const char *const magics[] = { "RF64", "BW64" };

  for (guint i = 0; i < G_N_ELEMENTS (magics); i++) {
    g_autoptr (GByteArray) out = g_byte_array_new ();
    guint8 ds64[36] = "ds64\x1c";

    GST_WRITE_UINT64_LE (ds64 + 8, 72 + len);
    GST_WRITE_UINT64_LE (ds64 + 16, len);
    g_byte_array_append (out, (const guint8 *) magics[i], 4);
    g_byte_array_append (out, (const guint8 *) "\xff\xff\xff\xffWAVE", 8);
    g_byte_array_append (out, ds64, sizeof ds64);
    g_byte_array_append (
        out, (guint8 *) data + 12, (guint) (sound - data) - 12 - 4);
    g_byte_array_append (out, (const guint8 *) "\xff\xff\xff\xff", 4);
    g_byte_array_append (out, (const guint8 *) sound, len);
    g_assert_true (g_file_set_contents (
        copy, (char *) out->data, (gssize) out->len, NULL));
    assert_same_sound (path, copy);
  }
}

/* More than 2 GiB, most of it a hole in the disk. What is behind 2 GiB is
 * there. */
static void
test_wave_large (void)
{
  enum { CHANNELS = 8, LARGE_RATE = 384000, SECONDS = 93 };
  const guint64 second = (guint64) LARGE_RATE * CHANNELS * sizeof (double);
  const guint64 total = SECONDS * second;
  g_autofree char *path = path_of ("large.wav");
  g_autofree double *noise = g_malloc (second);
  guint8 head[44] = "RIFF----WAVEfmt \x10";
  const int fd = open (path, O_CREAT | O_RDWR | O_TRUNC, 0666);
  GstEmotionSound sound;
  g_autoptr (GError) error = NULL;
  double sum = 0;

  g_assert_cmpuint (total, >, (guint64) G_MAXINT32 + 2 * second);
  g_assert_cmpint (fd, >=, 0);
  GST_WRITE_UINT32_LE (head + 4, (guint32) (total + 36));
  GST_WRITE_UINT16_LE (head + 20, 3); /* floating point */
  GST_WRITE_UINT16_LE (head + 22, CHANNELS);
  GST_WRITE_UINT32_LE (head + 24, LARGE_RATE);
  GST_WRITE_UINT32_LE (head + 28, (guint32) second);
  GST_WRITE_UINT16_LE (head + 32, CHANNELS * sizeof (double));
  GST_WRITE_UINT16_LE (head + 34, 64);
  memcpy (head + 36, "data", 4);
  GST_WRITE_UINT32_LE (head + 40, (guint32) total);
  for (gsize i = 0; i < LARGE_RATE * CHANNELS; i++)
    noise[i] = i / CHANNELS % 800 < 400 ? 0.25 : -0.25;
  if (pwrite (fd, head, 44, 0) != 44
      || pwrite (fd, noise, second, (off_t) (44 + total - second))
          != (gssize) second) {
    close (fd);
    unlink (path);
    g_test_skip ("the disk has no room for a file of 2.3 GB with a hole");
    return;
  }
  close (fd);
  decode (path, NULL, &sound, &error);
  unlink (path);
  g_assert_no_error (error);
  g_assert_cmpstr (sound.loss, ==, NULL);
  g_assert_cmpuint (sound.n_samples, ==, SECONDS * RATE);
  for (gsize i = (SECONDS - 1) * RATE; i < sound.n_samples; i++)
    sum += fabs (sound.samples[i]);
  g_assert_cmpfloat (sum / RATE, >, 0.1);
  gst_emotion_sound_clear (&sound);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* Muxers and demuxers of GStreamer complain of what we do to files. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  folder = test_folder_new ();
  g_test_add_func ("/media/tracks/matroska", test_tracks_matroska);
  g_test_add_func ("/media/tracks/mp4", test_tracks_mp4);
  g_test_add_func ("/media/cut", test_cut);
  g_test_add_func ("/media/twice", test_twice);
  g_test_add_func ("/media/film", test_film);
  g_test_add_func ("/media/little", test_little);
  g_test_add_func ("/media/placeholder", test_placeholder);
  g_test_add_func ("/media/damaged", test_damaged);
  g_test_add_func ("/media/wave/formats", test_wave_formats);
  g_test_add_func ("/media/wave/sony", test_wave_sony);
  g_test_add_func ("/media/wave/64", test_wave_64);
  g_test_add_func ("/media/wave/large", test_wave_large);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
