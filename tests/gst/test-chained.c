/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chained Ogg, whose links have serial numbers in common or not, gives the
 * sound of its links, one after the other. */
#include <fcntl.h>
#include <gst/gst.h>
#include <string.h>
#include <unistd.h>

#include "gst/media/decode.h"
#include "tests/folder.h"
#include "tests/gst/made-media.h"

#define RATE 48000

static char *folder;

static GstEmotionSound
decode (const char *source)
{
  GstEmotionSound sound;
  g_autoptr (GError) error = NULL;

  gst_emotion_decode (
      source, &(GstEmotionDecodeOptions){ .rate = RATE }, &sound, &error);
  g_assert_no_error (error);
  return sound;
}

/* As `cat FILE | emotion-analyze -` would read it. */
static GstEmotionSound
decode_pushed (const char *path)
{
  const int fd = open (path, O_RDONLY);
  g_autofree char *uri = g_strdup_printf ("fd://%d", fd);
  GstEmotionSound sound;

  g_assert_cmpint (fd, >=, 0);
  sound = decode (uri);
  close (fd);
  return sound;
}

static void
append (GByteArray *all, const GstEmotionSound *sound)
{
  g_byte_array_append (
      all, (guint8 *) sound->samples, sound->n_samples * sizeof (float));
}

static void
assert_is (GstEmotionSound sound, const GByteArray *due)
{
  g_assert_cmpstr (sound.loss, ==, NULL);
  g_assert_cmpmem (
      sound.samples, sound.n_samples * sizeof (float), due->data, due->len);
  gst_emotion_sound_clear (&sound);
}

static const struct {
  const char *name, *encoder;
} codecs[] = {
  { "opus", "opusenc" },
  { "vorbis", "vorbisenc" },
  { "flac", "flacenc" },
};

/* Links by their letters: the same file, with the same number, has the same. */
static const char *const chains[] = { "aa", "ab", "aabba" };

/* Ends are cut to the sample where the reader may look ahead only. */
static GstEmotionSound (*const readers[]) (
    const char *path) = { decode, decode_pushed };

static void
check (char **paths, const char *chain)
{
  g_autofree char *path = g_build_filename (folder, "chain.ogg", NULL);
  g_autoptr (GByteArray) file = g_byte_array_new ();

  g_test_message ("%s", chain);
  for (const char *link = chain; *link; link++) {
    g_autofree char *bytes = NULL;
    gsize n;

    g_assert_true (g_file_get_contents (paths[*link - 'a'], &bytes, &n, NULL));
    g_byte_array_append (file, (guint8 *) bytes, n);
  }
  g_assert_true (
      g_file_set_contents (path, (char *) file->data, file->len, NULL));
  for (guint r = 0; r < G_N_ELEMENTS (readers); r++) {
    g_autoptr (GByteArray) due = g_byte_array_new ();

    for (const char *link = chain; *link; link++) {
      GstEmotionSound sound = readers[r](paths[*link - 'a']);

      append (due, &sound);
      gst_emotion_sound_clear (&sound);
    }
    assert_is (readers[r](path), due);
  }
}

static void
test_chained (gconstpointer data)
{
  const guint c = GPOINTER_TO_UINT (data);
  char *paths[2];

  for (guint i = 0; i < 2; i++) {
    const char name[] = { 'a' + i, 0 };

    paths[i] = made_media (folder, name,
        "audiotestsrc wave=pink-noise samplesperbuffer=480 num-buffers=%u "
        "! audio/x-raw,rate=48000,channels=1 ! audioconvert ! %s "
        "! oggmux" MADE_MEDIA_SINK,
        150 + 100 * i, codecs[c].encoder);
  }
  for (guint i = 0; paths[0] && i < G_N_ELEMENTS (chains); i++)
    check (paths, chains[i]);
  if (!paths[0])
    g_test_skip ("an element is not installed");
  for (guint i = 0; i < 2; i++)
    g_free (paths[i]);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    g_autofree char *path = g_strconcat ("/chained/", codecs[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_chained);
  }
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
