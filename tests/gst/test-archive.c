/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-analyze on archives: many files the quick way and the general one,
 * lists and folders. Shards and workers that are killed: test-killed.c. */
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>

#include "tests/folder.h"
#include "tests/gst/analyze-tool.h"

static char *folder;  /* of everything */
static char *archive; /* below it: all kinds of sounds */
static char *many;    /* and many that are quick */

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* Copies it to a name below a folder. */
static void
copy (const char *from, const char *to, const char *name)
{
  g_autofree char *path = g_build_filename (to, name, NULL);
  g_autofree char *dir = g_path_get_dirname (path);
  g_autofree char *data = NULL;
  gsize len;

  g_assert_cmpint (g_mkdir_with_parents (dir, 0777), ==, 0);
  g_assert_true (g_file_get_contents (from, &data, &len, NULL));
  g_assert_true (g_file_set_contents (path, data, len, NULL));
}

/* Kinds of files that the archive has n of. */
static const struct {
  const char *name, *encoder;
  guint n;
} kinds[] = { { "%02u.wav", "wavenc", 3 }, { "%02u.flac", "flacenc", 3 },
  { "deeper/%02u.mp3", "lamemp3enc", 3 },
  { "deeper/%02u.ogg", "vorbisenc ! oggmux", 1 },
  { "deeper/%02u.opus", "opusenc ! oggmux", 1 },
  { "deeper/%02u.m4a", "avenc_aac ! mp4mux", 1 },
  { "deeper/%02u.aac", "avenc_aac ! aacparse ! audio/mpeg,stream-format=adts",
      3 },
  { "mulaw/%02u.wav", "mulawenc ! wavenc", 2 } };

static void
make_kind (guint kind)
{
  for (guint i = 0; i < kinds[kind].n; i++) {
    g_autofree char *original = path_of ("original");
    g_autofree char *name = g_strdup_printf (kinds[kind].name, i);

    if (!analyze_tool_make_sound (original, 1 + 3.7 * i, kinds[kind].encoder)) {
      g_test_message ("No %s", kinds[kind].encoder);
      return;
    }
    copy (original, archive, name);
  }
}

static void
make_many (void)
{
  static const char *const names[] = { "a/%02u.wav", "b/%02u.flac" };

  for (guint i = 0; i < 2; i++) {
    g_autofree char *original = path_of ("original");

    if (!analyze_tool_make_sound (original, 4, i ? "flacenc" : "wavenc"))
      return;
    for (guint k = 0; k < 40; k++) {
      g_autofree char *name = g_strdup_printf (names[i], k);

      copy (original, many, name);
    }
  }
}

/* Some that are cut off or damaged, but fine to their type. */
static void
make_damaged (void)
{
  g_autofree char *original = path_of ("original");
  g_autofree char *data = NULL;
  gsize len;

  if (!analyze_tool_make_sound (original, 8, "flacenc"))
    return;
  g_assert_true (g_file_get_contents (original, &data, &len, NULL));
  for (guint i = 0; i < 4; i++) {
    g_autofree char *name = g_strdup_printf ("%s/damaged-%u.flac", archive, i);
    g_autofree char *copy = g_memdup2 (data, len);

    for (guint k = 0; k < 100 * i; k++)
      copy[len / 2 + k] ^= 0x55;
    g_assert_true (
        g_file_set_contents (name, copy, i == 0 ? len * 2 / 3 : len, NULL));
  }
}

static void
make_archive (void)
{
  archive = path_of ("archive");
  many = path_of ("many");
  make_many ();
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    make_kind (kind);
  make_damaged ();
}

/* The archive has files that are cut off. */
static char *
analyze_all (const char *sounds, const char *format, char **envp)
{
  char *out;

  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--format", format, sounds, NULL),
          envp, &out, NULL),
      ==, sounds == archive ? 1 : 0);
  return out;
}

static guint
count (const char *text, const char *word)
{
  guint n = 0;

  while ((text = strstr (text, word))) {
    text += strlen (word);
    n++;
  }
  return n;
}

/* The way that a file takes does not change a byte; and those that can, but for
 * the first of their kind in each thread, do take the quick one. */
static void
test_quick (void)
{
  g_auto (GStrv) general =
      g_environ_setenv (g_get_environ (), "EMOTION_ANALYZE_GENERAL", "1", TRUE);
  g_auto (GStrv) quick =
      g_environ_setenv (g_get_environ (), "G_MESSAGES_DEBUG", "all", TRUE);
  g_autofree char *one = analyze_all (archive, "json", NULL);
  g_autofree char *other = analyze_all (archive, "json", general);
  g_autofree char *log = NULL;

  g_assert_cmpuint (strlen (other), >, 10000);
  g_assert_cmpstr (one, ==, other);
  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("-j", "1", archive, NULL), quick, &log, NULL),
      ==, 1);
  g_assert_cmpuint (count (log, ".wav: the quick way"), ==, 2);
}

/* Neighbours of files that cannot be read, of each other. */
static void
test_neighbours (void)
{
  g_autofree char *good = g_build_filename (archive, "02.wav", NULL);
  g_autofree char *alone = NULL, *out = NULL, *err = NULL;
  g_autoptr (GPtrArray) argv = NULL;
  g_autoptr (GString) expected = g_string_new (NULL);
  static const char *const bad[] = { "RIFF----WAVEfmt ", "fLaC", "OggS", "" };

  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv (good, NULL), NULL, &alone, NULL), ==,
      0);
  argv = analyze_tool_argv ("-j", "1", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *name = g_strdup_printf ("bad-%u.wav", i);
    char *path = path_of (name);

    g_assert_true (g_file_set_contents (path, bad[i], -1, NULL));
    g_ptr_array_add (argv, g_strdup (good));
    g_ptr_array_add (argv, path);
    g_ptr_array_add (argv, g_strdup (good));
    g_string_append_printf (expected, "%s%s", alone, alone);
  }
  g_assert_cmpint (
      analyze_tool_run (g_steal_pointer (&argv), NULL, &out, &err), ==, 1);
  g_assert_cmpstr (out, ==, expected->str);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *name = g_strdup_printf ("bad-%u.wav: ", i);

    g_assert_nonnull (strstr (err, name));
  }
  g_assert_nonnull (strstr (err, "bad-3.wav: the file is empty\n"));
}

/* Folder, arguments and lists name the same files. */
static void
test_lists (void)
{
  g_autofree char *whole = analyze_all (many, "csv", NULL);
  g_autofree char *list = path_of ("list");
  g_autofree char *text = g_strdup_printf ("%s/a\r\n\n%s/b\n", many, many);
  g_autofree char *a = g_build_filename (many, "a", NULL);
  g_autofree char *b = g_build_filename (many, "b", NULL);
  g_autofree char *listed = NULL, *named = NULL, *empty = NULL, *err = NULL;

  g_assert_true (g_file_set_contents (list, text, -1, NULL));
  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--format", "csv",
                                         "--files-from", list, NULL),
                       NULL, &listed, NULL),
      ==, 0);
  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--format", "csv", a, b, NULL), NULL,
          &named, NULL),
      ==, 0);
  g_assert_cmpstr (listed, ==, named);
  g_assert_true (g_str_has_suffix (whole, strstr (named, "\r\n") + 2));
  g_assert_cmpint (g_mkdir (empty = path_of ("empty"), 0777), ==, 0);
  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv (empty, a, NULL), NULL, NULL, &err),
      ==, 1);
  g_assert_nonnull (strstr (err, "no audio or video file in this folder"));
}

/* A folder below that may not be read is a failure, not nothing. */
static void
test_unreadable (void)
{
  g_autofree char *top = path_of ("top");
  g_autofree char *locked = path_of ("top/locked");
  g_autofree char *a = g_build_filename (many, "a", NULL);
  g_autofree char *out = NULL, *err = NULL;
  g_autoptr (GDir) dir = NULL;

  g_assert_cmpint (g_mkdir_with_parents (locked, 0777), ==, 0);
  g_assert_cmpint (g_chmod (locked, 0), ==, 0);
  dir = g_dir_open (locked, 0, NULL);
  if (dir) {
    g_test_skip ("this user may read everything");
    return;
  }
  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--summary", top, a, NULL), NULL, &out, &err),
      ==, 1);
  g_assert_nonnull (strstr (err, "/top/locked: "));
  g_assert_nonnull (strstr (err, "Permission denied"));
  g_assert_true (g_str_has_prefix (out, many));
}

/* In their order, whoever finishes first; the whole folder, sorted. */
static void
test_order (void)
{
  g_autofree char *out = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--format", "csv",
                                         "--summary", "-j", "7", many, NULL),
                       NULL, &out, NULL),
      ==, 0);
  lines = g_strsplit (out, "\r\n", -1);
  g_assert_true (g_str_has_prefix (lines[0], "file,windows,emotion,"));
  for (guint i = 2; *lines[i]; i++)
    g_assert_cmpstr (lines[i - 1], <, lines[i]);
}

/* --output appears whole, or not at all. */
static void
test_output (void)
{
  g_autofree char *expected = analyze_all (many, "csv", NULL);
  g_autofree char *output = path_of ("output.csv");
  g_autofree char *found = NULL, *out = NULL, *err = NULL;

  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--format", "csv",
                                         "--output", output, many, NULL),
                       NULL, &out, NULL),
      ==, 0);
  g_assert_cmpstr (out, ==, "");
  g_assert_true (g_file_get_contents (output, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, expected);
  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--output",
                                         "/nowhere/at-all", many, NULL),
                       NULL, NULL, &err),
      ==, 1);
  g_assert_nonnull (strstr (err, "/nowhere/at-all"));
}

/* A folder that cannot be made is one error, before the work. */
static void
test_no_folder (void)
{
  g_autofree char *file = path_of ("output-file");
  g_autofree char *output = g_strconcat (file, "/", NULL);
  g_autofree char *err = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--format", "vtt",
                                         "--output", output, many, NULL),
                       NULL, NULL, &err),
      ==, 1);
  lines = g_strsplit (err, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 2);
  g_assert_nonnull (strstr (err, "Not a directory"));
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  make_archive ();
  g_test_add_func ("/archive/quick", test_quick);
  g_test_add_func ("/archive/neighbours", test_neighbours);
  g_test_add_func ("/archive/lists", test_lists);
  g_test_add_func ("/archive/unreadable", test_unreadable);
  g_test_add_func ("/archive/order", test_order);
  g_test_add_func ("/archive/output", test_output);
  g_test_add_func ("/archive/no-folder", test_no_folder);
  status = g_test_run ();
  g_free (archive);
  g_free (many);
  test_folder_remove (folder);
  return status;
}
