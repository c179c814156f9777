/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tools on whatever people name: folders, lists, playlists, pipes, names
 * that are no UTF-8, files that are cut off, servers; and what they say. */
#define _GNU_SOURCE /* memmem */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>

#include "tests/folder.h"
#include "tests/gst/analyze-tool.h"

static char *folder; /* the working directory of the tools */

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
write_file (const char *name, const char *bytes, gssize len)
{
  g_autofree char *path = path_of (name);
  g_autofree char *dir = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0777), ==, 0);
  g_assert_true (g_file_set_contents (path, bytes, len, NULL));
}

static gboolean
make_sound (const char *name, double seconds, const char *encoder)
{
  g_autofree char *path = path_of (name);
  g_autofree char *dir = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0777), ==, 0);
  return analyze_tool_make_sound (path, seconds, encoder);
}

static void
copy (const char *from, const char *to, double share)
{
  g_autofree char *path = path_of (from);
  g_autofree char *data = NULL;
  gsize len;

  g_assert_true (g_file_get_contents (path, &data, &len, NULL));
  write_file (to, data, (gssize) (len * share));
}

typedef struct {
  char *out, *err;
  int status;
} Result;

static void
result_clear (Result *result)
{
  g_free (result->out);
  g_free (result->err);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

/* A command of the shell in the folder, with $ANALYZE, $FEATURES, $TRAIN. */
static Result
run (const char *command)
{
  const char *argv[] = { "/bin/sh", "-c", command, NULL };
  Result result;
  g_autoptr (GError) error = NULL;

  g_spawn_sync (folder, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL,
      &result.out, &result.err, &result.status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (result.status));
  result.status = WEXITSTATUS (result.status);
  g_test_message (
      "%s: %d\n%s%s", command, result.status, result.out, result.err);
  return result;
}

static guint
count (const char *text, const char *part)
{
  guint n = 0;

  for (; (text = strstr (text, part)); text += strlen (part))
    n++;
  return n;
}

/* The files that JSON lines are about, in their order, without repetition. */
static char *
files_of (const char *json)
{
  GString *files = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (json, "\n", -1);
  g_autofree char *last = NULL;

  for (char **line = lines; *line; line++) {
    char *const begin = strstr (*line, "\"file\": \"");
    char *const end = begin ? strchr (begin + 9, '"') : NULL;
    g_autofree char *name = NULL;

    if (!end)
      continue;
    name = g_strndup (begin + 9, end - begin - 9);
    if (g_strcmp0 (name, last) != 0)
      g_string_append_printf (files, "%s%s", files->len > 0 ? " " : "", name);
    g_free (last);
    last = g_steal_pointer (&name);
  }
  return g_string_free (files, FALSE);
}

/* Sounds are found by what they are called, and by what they are. */
static void
test_folder (void)
{
  static const struct {
    const char *name, *encoder;
  } sounds[] = {
    { "many/a.opus", "opusenc ! oggmux" },
    { "many/b.oga", "vorbisenc ! oggmux" },
    { "many/c.spx", "audio/x-raw,rate=16000 ! speexenc ! oggmux" },
    { "many/d.m4b", "avenc_aac ! mp4mux" },
    { "many/e.weba", "opusenc ! webmmux" },
    { "many/f", "wavenc" },
    { "many/g.voice-note", "flacenc" },
    { "many/h.WAV", "wavenc" },
  };
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sounds); i++)
    if (make_sound (sounds[i].name, 1, sounds[i].encoder))
      g_string_append_printf (
          expected, "%s%s", i > 0 ? " " : "", sounds[i].name);
  write_file ("many/notes.txt", "RIFF is a format of sounds.\n", -1);
  write_file ("many/list.csv", "path,label\na.wav,sad\n", -1);
  write_file ("many/README", "What is in here\n", -1);
  write_file ("many/page.html", "<html><body></body></html>\n", -1);
  write_file ("many/empty", "", 0);
  write_file ("many/zeros", "\0\0\0\0\0\0\0\0", 8);
  write_file ("many/._a.opus", "\0\5\26\7\0\2\0\0Mac OS X", 16);
  write_file ("many/.Trashes/a.wav", "not even this", -1);

  g_auto (Result) result = run ("$ANALYZE --format json many");
  g_autofree char *files = files_of (result.out);

  g_assert_cmpstr (files, ==, expected->str);
  g_assert_cmpint (result.status, ==, 0);
  g_assert_cmpstr (result.err, ==, "");
}

/* Lists as editors, spreadsheets and players save them. */
static void
test_lists (void)
{
  static const struct {
    const char *name, *bytes;
    gssize len;
    const char *command;
  } cases[] = {
    { "bom.txt",
        "\xef\xbb\xbf"
        "a.wav\r\nb.wav\r\n",
        -1, "$ANALYZE --format json -T bom.txt" },
    { "le.txt",
        "\xff\xfe"
        "a\0.\0w\0a\0v\0\n\0b\0.\0w\0a\0v\0",
        24, "$ANALYZE --format json -T le.txt" },
    { "be.txt", "\0a\0.\0w\0a\0v\0\n\0b\0.\0w\0a\0v", 22,
        "$ANALYZE --format json -T be.txt" },
    { "p.m3u", "#EXTM3U\r\n#EXTINF:1,A\r\na.wav\r\n\r\nb.wav", -1,
        "$ANALYZE --format json p.m3u" },
    { "p.m3u8",
        "\xef\xbb\xbf"
        "a.wav\nb.wav\n",
        -1, "$ANALYZE --format json --files-from p.m3u8" },
    { "p.pls",
        "[playlist]\nNumberOfEntries=2\nFile1=a.wav\nTitle1=A\n"
        "File2=b.wav\n",
        -1, "$ANALYZE --format json p.pls" },
    { "lists/p.m3u", "../a.wav\n..\\b.wav\n", -1,
        "$ANALYZE --format json lists/p.m3u | sed 's:lists/../::g'" },
    { "plain.txt", "a.wav\nb.wav\n", -1,
        "cat plain.txt | $ANALYZE --format json -T -" },
  };

  make_sound ("a.wav", 1, "wavenc");
  make_sound ("b.wav", 1, "wavenc");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    write_file (cases[i].name, cases[i].bytes, cases[i].len);

    g_auto (Result) result = run (cases[i].command);
    g_autofree char *files = files_of (result.out);

    g_assert_cmpstr (files, ==, "a.wav b.wav");
    g_assert_cmpint (result.status, ==, 0);
    g_assert_cmpstr (result.err, ==, "");
  }
}

static void
test_training_list (void)
{
  static const char list[] = "\xff\xfe"
                             "p\0a\0t\0h\0,\0l\0a\0b\0e\0l\0\r\0\n\0"
                             "n\0o\0n\0e\0.\0w\0a\0v\0,\0s\0a\0d\0\r\0\n\0";

  write_file ("bom.csv", "\xef\xbb\xbfpath,label\r\nnone.wav,sad\r\n", -1);
  write_file ("wide.csv", list, sizeof list - 1);
  for (guint i = 0; i < 2; i++) {
    g_auto (Result) result =
        run (i == 0 ? "$TRAIN --csv bom.csv --output x.h5"
                    : "$TRAIN --csv wide.csv --output x.h5");

    g_assert_cmpint (result.status, ==, 1);
    g_assert_nonnull (
        strstr (result.err, "/none.wav: cannot be read: No such file"));
  }
}

static void
test_pipe (void)
{
  static const char *const commands[] = { "cat a.wav | $ANALYZE -",
    "$ANALYZE - < a.wav", "cat a.wav | $FEATURES - -f rms -o pipe.h5",
    "cat a.wav | $FEATURES -f rms -o pipe.h5 - a.wav" };
  static const struct {
    const char *command, *error;
  } wrong[] = {
    { "cat a.wav | $ANALYZE - -", ": standard input is read already" },
    { "echo a.wav | $ANALYZE -T - -", ": standard input is read already" },
    { "echo nothing to hear | $ANALYZE -", "save it as a file" },
    { "$ANALYZE - < /dev/null", "-: " },
    { "$ANALYZE -T a.wav", "a.wav is not text: expected a list" },
    { "touch p.xspf; $ANALYZE p.xspf", "save it as .m3u" },
    { "echo '#' > no.m3u; $ANALYZE no.m3u", "names no sound" },
  };

  make_sound ("a.wav", 1, "wavenc");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_auto (Result) result = run (commands[i]);

    g_assert_cmpint (result.status, ==, 0);
    g_assert_cmpstr (result.err, ==, "");
  }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_auto (Result) result = run (wrong[i].command);

    g_assert_cmpint (result.status, !=, 0);
    g_assert_nonnull (strstr (result.err, wrong[i].error));
  }
}

/* In every format, two names that are no UTF-8 stay two. */
static void
test_names (void)
{
  make_sound ("a.wav", 1, "wavenc");
  copy ("a.wav", "odd/\xe8.wav", 1);
  copy ("a.wav", "odd/\xe9.wav", 1);

  static const char *const formats[] = { "text", "json", "csv" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *command =
        g_strdup_printf ("$ANALYZE --summary --format %s odd", formats[i]);
    g_auto (Result) result = run (command);

    g_assert_cmpint (result.status, ==, 0);
    g_assert_true (g_utf8_validate (result.out, -1, NULL));
    g_assert_cmpuint (count (result.out, "xe8.wav"), ==, 1);
    g_assert_cmpuint (count (result.out, "xe9.wav"), ==, 1);
  }

  g_auto (Result) result =
      run ("$FEATURES odd -f rms -s -o odd.h5 -c odd.csv && cat odd.csv");
  g_autofree char *h5 = path_of ("odd.h5");
  g_autofree char *data = NULL;
  gsize len;

  g_assert_cmpint (result.status, ==, 0);
  g_assert_nonnull (strstr (result.out, "odd/\\xe8.wav"));
  g_assert_nonnull (strstr (result.out, "odd/\\xe9.wav"));
  g_assert_true (g_file_get_contents (h5, &data, &len, NULL));
  g_assert_nonnull (memmem (data, len, "\\xe8.wav", 8));
}

/* As far as it goes, one line, and exit status 1: by the general way and the
 * quick one, alone and with others, as a shard, and in the other tools. */
static void
test_cut (void)
{
  static const char features_parts[] =
      "$FEATURES cut -f rms --output fpart --shard 1/1 2>/dev/null; "
      "$FEATURES --merge fpart -o merged.h5 && false || exit 1";
  static const char *const commands[] = { "$ANALYZE cut/b.wav",
    "$ANALYZE -j 1 a.wav a.wav cut/b.wav", "$ANALYZE -j 1 cut/b.wav a.wav",
    "$FEATURES cut/b.wav -f rms -o cut.h5",
    "$FEATURES cut/b.wav a.wav -f rms -o cut.h5",
    "$ANALYZE cut --output part --shard 1/1 2>/dev/null; $ANALYZE --merge part",
    features_parts };

  make_sound ("a.wav", 5, "wavenc");
  copy ("a.wav", "cut/b.wav", 0.6);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_auto (Result) result = run (commands[i]);

    g_assert_cmpint (result.status, ==, 1);
    g_assert_nonnull (strstr (result.err,
        ": cut/b.wav: 2.00 of 5.00 s are missing: the file is cut off\n"));
    g_assert_cmpuint (count (result.err, "b.wav"), ==, 1);
    g_assert_cmpuint (count (result.err, "\n"), ==, 1);
    if (strstr (commands[i], "ANALYZE")) {
      g_assert_nonnull (strstr (result.out, "b.wav: "));
      g_assert_nonnull (strstr (result.out, "overall"));
    }
  }
}

/* A cut-off file is learnt from, and named. */
static void
test_cut_training (void)
{
  GString *list = g_string_new ("path,label,speaker\n");

  make_sound ("a.wav", 5, "wavenc");
  for (guint i = 0; i < 8; i++) {
    g_autofree char *name = g_strdup_printf ("train/%u.wav", i);

    copy ("a.wav", name, i == 0 ? 0.3 : 1);
    g_string_append_printf (
        list, "%s,%s,%u\n", name, i % 2 ? "sad" : "happy", i);
  }
  write_file ("train.csv", list->str, -1);
  g_string_free (list, TRUE);

  g_auto (Result) result =
      run ("$TRAIN --csv train.csv --labels happy,sad --all-windows --epochs 1 "
           "--no-augment --model cnn-lstm-optimized --output t.h5");

  g_assert_cmpint (result.status, ==, 1);
  g_assert_nonnull (strstr (result.err, "/train/0.wav: 3.50 of 5.00 s are"));
  g_assert_nonnull (strstr (result.out, "8 sounds"));
}

/* What is wrong, and what to do. */
static void
test_wrong (void)
{
  static const struct {
    const char *command, *error;
  } cases[] = {
    { "$ANALYZE page.html", "it is a web page, not audio" },
    { "$ANALYZE x.zip",
        "it is an archive (application/zip), not audio: unpack "
        "it" },
    { "$ANALYZE cut-moov.mp4", "no index (“moov”)" },
    { "$ANALYZE a.caf", "“Apple Core Audio Format demuxer” is " },
    { "$ANALYZE none.wav", ": none.wav: cannot be read: No such file" },
    { "$ANALYZE http://nosuchhost.invalid/a.wav", "nosuchhost.invalid" },
    { "$ANALYZE http://127.0.0.1:1/a.wav",
        "Could not connect to 127.0.0.1: Connection refused; check the "
        "address" },
    { "$ANALYZE foo://bar/a.wav", "“FOO protocol source” is " },
    { "$ANALYZE a.wav --track 2",
        "no audio track is “2” (--track); the file "
        "has: 1" },
    { "$ANALYZE a.wav --labels a,b", "--labels names 2 labels" },
    { "$ANALYZE a.wav --recipe n_mels=32", "trained on by --recipe" },
  };

  make_sound ("a.wav", 1, "wavenc");
  make_sound ("late.mp4", 1, "avenc_aac ! mp4mux");
  copy ("late.mp4", "cut-moov.mp4", 0.7);
  write_file ("page.html",
      "<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>\n", -1);
  write_file ("x.zip", "PK\3\4\x14\0\0\0\0\0\0\0\0\0", 14);
  write_file ("a.caf", "caff\0\1\0\0desc\0\0\0\0\0\0\0\x20", 20);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (Result) result = run (cases[i].command);

    g_assert_cmpint (result.status, !=, 0);
    g_assert_nonnull (strstr (result.err, cases[i].error));
    g_assert_null (strstr (result.err, "property"));
    g_assert_null (strstr (result.err, "Internal data stream error"));
    if (!strstr (result.err, "these would fit:\n"))
      g_assert_cmpuint (count (result.err, "\n"), ==, 1);
  }
}

/* A server that has nothing but a page to log in. */
static gboolean
serve (GThreadedSocketService *service, GSocketConnection *connection,
    GObject *source, gpointer user_data)
{
  static const char answer[] =
      "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"
      "<!DOCTYPE html><html><head><title>Log in</title></head></html>\r\n";
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  char request[4096];

  g_input_stream_read (in, request, sizeof request, NULL, NULL);
  g_output_stream_write_all (out, answer, strlen (answer), NULL, NULL, NULL);
  return TRUE;
}

static gpointer
loop (gpointer data)
{
  g_main_loop_run (data);
  return NULL;
}

static void
test_server (void)
{
  g_autoptr (GstElementFactory) factory =
      gst_element_factory_find ("souphttpsrc");
  g_autoptr (GSocketService) service = g_threaded_socket_service_new (4);
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  const guint16 port = g_socket_listener_add_any_inet_port (
      G_SOCKET_LISTENER (service), NULL, NULL);
  /* An empty proxy is not the same: libproxy of Ubuntu 24.04 takes it for one.
   */
  g_autofree char *command = g_strdup_printf (
      "unset http_proxy; $ANALYZE http://127.0.0.1:%u/a.wav", port);
  GThread *thread;

  if (!factory || port == 0) {
    g_test_skip ("there is no souphttpsrc, or no network");
    return;
  }
  g_signal_connect (service, "run", G_CALLBACK (serve), NULL);
  g_socket_service_start (service);
  thread = g_thread_new ("server", loop, main_loop);

  g_auto (Result) result = run (command);

  g_main_loop_quit (main_loop);
  g_thread_join (thread);
  g_assert_cmpint (result.status, ==, 1);
  g_assert_nonnull (strstr (result.err, "it is a web page, not audio"));
}

int
main (int argc, char **argv)
{
  int status;
  g_autoptr (GPtrArray) tool = NULL;
  g_autofree char *analyze = NULL;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  tool = analyze_tool_argv (NULL, NULL);
  g_ptr_array_add (tool, NULL);
  analyze = g_strjoinv (" ", (char **) tool->pdata);
  g_setenv ("ANALYZE", analyze, TRUE);
  g_setenv ("FEATURES", g_getenv ("EMOTION_FEATURES"), TRUE);
  g_setenv ("TRAIN", g_getenv ("EMOTION_TRAIN"), TRUE);
  g_unsetenv ("GST_TRACERS");
  g_test_add_func ("/sources/folder", test_folder);
  g_test_add_func ("/sources/lists", test_lists);
  g_test_add_func ("/sources/training-list", test_training_list);
  g_test_add_func ("/sources/pipe", test_pipe);
  g_test_add_func ("/sources/names", test_names);
  g_test_add_func ("/sources/cut", test_cut);
  g_test_add_func ("/sources/cut-training", test_cut_training);
  g_test_add_func ("/sources/wrong", test_wrong);
  g_test_add_func ("/sources/server", test_server);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
