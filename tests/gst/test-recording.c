/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings of broadcasts, packets of which are lost, and AAC whose headers
 * are damaged: all that was sent whole comes out, and what is missing is said.
 */
#define _GNU_SOURCE /* memmem */
#include <fcntl.h>
#include <gst/gst.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "gst/media/decode.h"
#include "tests/folder.h"
#include "tests/gst/made-media.h"

#define PACKET 188
#define SECONDS 30

/* Noise, so that frames hold bytes that look like headers. */
#define SOUND                                                                  \
  "audiotestsrc wave=pink-noise samplesperbuffer=480 num-buffers=3000 "        \
  "! audio/x-raw,rate=48000,channels=%d ! audioconvert ! "

static char *folder;

static double
decode_seconds (const char *path, char **loss)
{
  GstEmotionSound sound;
  g_autoptr (GError) error = NULL;
  double seconds;

  gst_emotion_decode (
      path, &(GstEmotionDecodeOptions){ .rate = 8000 }, &sound, &error);
  g_assert_no_error (error);
  seconds = sound.n_samples / 8000.0;
  *loss = g_strdup (sound.loss);
  gst_emotion_sound_clear (&sound);
  return seconds;
}

/* MPEG-TS */

static const struct {
  const char *name, *encoder;
  gint n_channels;
} codecs[] = {
  { "aac-low", "voaacenc bitrate=64000 ! aacparse ! mpegtsmux", 1 },
  { "aac-high", "avenc_aac bitrate=192000 ! aacparse ! mpegtsmux", 2 },
  { "aac-libav", "avenc_aac bitrate=128000 ! avmux_mpegts", 2 },
  { "mp2", "avenc_mp2 bitrate=128000 ! mpegaudioparse ! mpegtsmux", 1 },
  { "mp3", "lamemp3enc bitrate=128 ! mpegaudioparse ! mpegtsmux", 1 },
  { "ac3", "avenc_ac3 bitrate=128000 ! ac3parse ! mpegtsmux", 1 },
  { "opus", "opusenc bitrate=96000 ! mpegtsmux", 1 },
};

/* Of the stream that most packets are of. */
typedef struct {
  guint n_units;   /* packetized elementary streams' packets */
  guint n_damaged; /* of which something is lost */
} Units;

/* Leaves packets out, but none of the first second. */
static Units
lose_packets (char *bytes, gsize *n, double loss, GRand *rand)
{
  g_autofree guint *n_of_pid = g_new0 (guint, 0x2000);
  guint main_pid = 0;
  Units units = { 0 };
  gboolean is_damaged = FALSE;
  gsize kept = 0;

#define PID(i)                                                                 \
  ((guint) (guint8) (bytes[(i) + 1] & 0x1f) << 8 | (guint8) bytes[(i) + 2])
  for (gsize i = 0; i + PACKET <= *n; i += PACKET)
    if (++n_of_pid[PID (i)] > n_of_pid[main_pid])
      main_pid = PID (i);
  for (gsize i = 0; i + PACKET <= *n; i += PACKET) {
    const gboolean is_lost = i > *n / SECONDS && g_rand_double (rand) < loss;

    if (PID (i) == main_pid) {
      if (bytes[i + 1] & 0x40) { /* a unit begins */
        units.n_units++;
        is_damaged = FALSE;
      }
      units.n_damaged += is_lost && !is_damaged;
      is_damaged |= is_lost;
    }
    if (is_lost)
      continue;
    memmove (bytes + kept, bytes + i, PACKET);
    kept += PACKET;
  }
  *n = kept;
  return units;
}

/* The payload of the first audio packet begins with an ADTS header, or there is
 * no such packet. */
static gboolean
begins_with_adts (const char *path)
{
  static const char audio[] = { 0, 0, 1, (char) 0xc0 };
  g_autofree char *bytes = NULL;
  const guint8 *pes, *payload;
  gsize n;

  g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
  pes = memmem (bytes, n, audio, sizeof audio);
  if (!pes)
    return TRUE;
  payload = pes + 9 + pes[8];
  return payload[0] == 0xff && (payload[1] & 0xf0) == 0xf0;
}

/* A whole recording, made once; NULL, and the test is skipped, where that
 * cannot be done. */
static char *
make_recording (guint c)
{
  g_autofree char *name = g_strconcat (codecs[c].name, ".ts", NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_autofree char *made = made_media (folder, name,
        SOUND "%s" MADE_MEDIA_SINK, codecs[c].n_channels, codecs[c].encoder);

    if (!made) {
      g_test_skip ("an element is not installed");
      return NULL;
    }
  }
  if (g_str_has_prefix (codecs[c].name, "aac") && !begins_with_adts (path)) {
    g_test_skip ("this GStreamer's avmux_mpegts writes AAC without ADTS, which "
                 "its tsdemux cannot read");
    return NULL;
  }
  return g_steal_pointer (&path);
}

static void
test_loss (gconstpointer data)
{
  const guint c = GPOINTER_TO_UINT (data);
  static const double losses[] = { 0.01, 0.02, 0.05 };
  g_autofree char *whole = make_recording (c);
  g_autofree char *lossy = g_build_filename (folder, "lossy.ts", NULL);
  g_autofree char *no_loss = NULL;
  double all;

  if (!whole)
    return;
  all = decode_seconds (whole, &no_loss);
  g_assert_cmpstr (no_loss, ==, NULL);
  g_assert_cmpfloat (fabs (all - SECONDS), <, 0.2);
  for (guint i = 0; i < G_N_ELEMENTS (losses); i++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (i);
    g_autofree char *bytes = NULL, *loss = NULL;
    double heard, missing, unit;
    Units units;
    gsize n;

    g_assert_true (g_file_get_contents (whole, &bytes, &n, NULL));
    units = lose_packets (bytes, &n, losses[i], rand);
    g_assert_true (g_file_set_contents (lossy, bytes, (gssize) n, NULL));
    heard = decode_seconds (lossy, &loss);
    unit = all / units.n_units;
    g_test_message ("%g %% lost: %.2f of %.2f s, %u of %u units of %.3f s are "
                    "damaged; %s",
        losses[i] * 100, heard, all, units.n_damaged, units.n_units, unit,
        loss);
    /* A damaged unit, and at most the one behind it. */
    g_assert_cmpfloat (all - heard, <=, (2 * units.n_damaged + 2) * unit);
    if (all - heard < 1.1)
      continue;
    g_assert_nonnull (loss);
    missing = g_ascii_strtod (loss, NULL);
    g_assert_cmpfloat (fabs (missing - (all - heard)), <, 0.3);
  }
}

/* A hole: what is missing is as long as what was lost, however long that is. */
static void
test_hole (gconstpointer data)
{
  const guint c = GPOINTER_TO_UINT (data);
  static const double holes[] = { 0.3, 0.8, 3, 8 };
  g_autofree char *whole = make_recording (c);
  g_autofree char *path = g_build_filename (folder, "hole.ts", NULL);

  if (!whole)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (holes); i++) {
    g_autofree char *bytes = NULL, *loss = NULL;
    double heard;
    gsize n, from, len;

    g_assert_true (g_file_get_contents (whole, &bytes, &n, NULL));
    from = n / 3 / PACKET * PACKET;
    len = (gsize) (n * holes[i] / SECONDS) / PACKET * PACKET;
    memmove (bytes + from, bytes + from + len, n - from - len);
    g_assert_true (g_file_set_contents (path, bytes, (gssize) (n - len), NULL));
    heard = decode_seconds (path, &loss);
    g_test_message ("%g s: %.2f s; %s", holes[i], heard, loss);
    g_assert_cmpfloat (fabs (heard + holes[i] - SECONDS), <, 0.2);
    if (holes[i] < 1)
      g_assert_cmpstr (loss, ==, NULL);
    else
      g_assert_cmpfloat (fabs (g_ascii_strtod (loss, NULL) - holes[i]), <, 0.2);
  }
}

/* A whole recording is the same from a pipe, and with each packet behind 4
 * bytes (M2TS), or behind bytes that are none. */
static void
test_pushed (void)
{
  g_autofree char *whole = make_recording (0);
  g_autofree char *path = g_build_filename (folder, "other.ts", NULL);
  g_autofree char *bytes = NULL;
  double due = 0;
  gsize n;

  if (!whole)
    return;
  g_assert_true (g_file_get_contents (whole, &bytes, &n, NULL));
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GByteArray) other = g_byte_array_new ();
    g_autofree char *loss = NULL;
    g_autofree char *uri = NULL;
    double heard;
    int fd;

    if (i == 2)
      g_byte_array_append (other, (guint8 *) "no packet", 9);
    for (gsize at = 0; at < n; at += PACKET) {
      if (i == 3)
        g_byte_array_append (other, (guint8 *) "\0\0\0", 4);
      g_byte_array_append (other, (guint8 *) bytes + at, PACKET);
    }
    g_assert_true (
        g_file_set_contents (path, (char *) other->data, other->len, NULL));
    fd = open (path, O_RDONLY);
    uri = g_strdup_printf ("fd://%d", fd);
    heard = decode_seconds (i == 0 ? path : uri, &loss);
    close (fd);
    g_test_message ("%u: %.3f s", i, heard);
    g_assert_cmpstr (loss, ==, NULL);
    if (i == 0)
      due = heard;
    g_assert_cmpfloat (fabs (heard - due), <, 0.001);
  }
}

/* Clock references that are wrong are no holes. */
static void
test_clock (void)
{
  g_autofree char *whole = make_recording (0);
  g_autofree char *path = g_build_filename (folder, "clock.ts", NULL);
  g_autofree char *bytes = NULL, *loss = NULL;
  guint n_clocks = 0;
  gsize n;

  if (!whole)
    return;
  g_assert_true (g_file_get_contents (whole, &bytes, &n, NULL));
  for (gsize i = n / 4; i + PACKET <= n; i++)
    if (i % PACKET == 0 && bytes[i + 3] & 0x20 && bytes[i + 4] >= 7
        && bytes[i + 5] & 0x10 && n_clocks++ % 50 == 0)
      bytes[i + 7]++; /* by 1.5 s */
  g_assert_cmpuint (n_clocks, >, 100);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL));
  g_assert_cmpfloat (fabs (decode_seconds (path, &loss) - SECONDS), <, 0.2);
  g_assert_cmpstr (loss, ==, NULL);
}

/* ADTS */

/* Where the n-th frame begins, by the lengths in the headers. */
static gsize
frame_at (const guint8 *bytes, guint n)
{
  gsize at = 0;

  while (n-- > 0) {
    g_assert_cmpuint (bytes[at], ==, 0xff);
    at += (gsize) (bytes[at + 3] & 3) << 11 | (gsize) bytes[at + 4] << 3
        | bytes[at + 5] >> 5;
  }
  return at;
}

static void
set_frame_len (guint8 *header, guint len)
{
  header[3] = (guint8) ((header[3] & ~3) | len >> 11);
  header[4] = (guint8) (len >> 3);
  header[5] = (guint8) ((header[5] & 0x1f) | len << 5);
}

static char *
make_adts (const char *name)
{
  return made_media (folder, name,
      "audiotestsrc wave=pink-noise num-buffers=625 ! audioconvert "
      "! audio/x-raw,rate=16000,channels=1 ! avenc_aac ! aacparse "
      "! audio/mpeg,stream-format=adts" MADE_MEDIA_SINK);
}

/* Frames whose header says another length than they have. */
static void
test_header (void)
{
  static const guint lens[] = { 0, 3, 7, 40, 8191 };
  g_autofree char *path = make_adts ("header.aac");
  g_autofree char *bytes = NULL;
  g_autofree char *no_loss = NULL;
  double all;
  gsize n;

  if (!path) {
    g_test_skip ("an element is not installed");
    return;
  }
  all = decode_seconds (path, &no_loss);
  g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (lens); i++) {
    g_autofree guint8 *damaged = g_memdup2 (bytes, n);
    g_autofree char *loss = NULL;
    double heard;

    set_frame_len (damaged + frame_at ((guint8 *) bytes, 100), lens[i]);
    set_frame_len (damaged + frame_at ((guint8 *) bytes, 300), lens[i]);
    g_assert_true (
        g_file_set_contents (path, (char *) damaged, (gssize) n, NULL));
    heard = decode_seconds (path, &loss);
    g_test_message ("%u bytes: %.2f of %.2f s", lens[i], heard, all);
    g_assert_cmpfloat (all - heard, <, 6 * 1024 / 16000.0);
  }
}

/* The decoder gets what it would get from aacparse. */
static void
test_same (void)
{
  g_autofree char *path = make_adts ("whole.aac");
  g_autofree char *raw = path
      ? made_media (folder, "raw",
          "filesrc location=%s ! aacparse ! avdec_aac ! audioconvert "
          "! audio/x-raw,format=F32LE" MADE_MEDIA_SINK,
          path)
      : NULL;
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  GstEmotionSound sound;
  gsize n;

  if (!raw) {
    g_test_skip ("an element is not installed");
    return;
  }
  g_assert_true (g_file_get_contents (raw, &bytes, &n, NULL));
  gst_emotion_decode (
      path, &(GstEmotionDecodeOptions){ .rate = 16000 }, &sound, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (sound.samples, sound.n_samples * sizeof (float), bytes, n);
  gst_emotion_sound_clear (&sound);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    g_autofree char *path =
        g_strconcat ("/recording/loss/", codecs[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_loss);
  }
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    g_autofree char *path =
        g_strconcat ("/recording/hole/", codecs[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_hole);
  }
  g_test_add_func ("/recording/clock", test_clock);
  g_test_add_func ("/recording/pushed", test_pushed);
  g_test_add_func ("/recording/adts/header", test_header);
  g_test_add_func ("/recording/adts/same", test_same);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
