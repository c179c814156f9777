/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-analyze as a user runs it: files in, lines and exit status out. */
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <unistd.h>
#include <json-glib/json-glib.h>

#include "tests/folder.h"
#include "tests/gst/analyze-tool.h"
#include "tests/gst/fixture.h"
#include "tests/gst/made-media.h"

static char *folder;

/* A WAV file of that many seconds. */
static char *
make_wav (const char *name, gdouble seconds)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (analyze_tool_make_sound (path, seconds, "wavenc"));
  return path;
}

static JsonObject *
parse_line (JsonParser *parser, const char *line)
{
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, line, -1, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

static void
check_probabilities (JsonObject *object)
{
  JsonObject *p = json_object_get_object_member (object, "probabilities");
  g_autoptr (GList) names = json_object_get_members (p);
  gdouble sum = 0;

  g_assert_cmpuint (g_list_length (names), ==, 9);
  g_assert_cmpstr (names->data, ==, "neutral");
  for (GList *name = names; name; name = name->next)
    sum += json_object_get_double_member (p, name->data);
  g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
}

/* The model with weights of 8 bits tells nearly the same. */
static void
test_quantize (void)
{
  g_autofree char *wav = make_wav ("three.wav", 3);
  g_autofree char *plain = NULL;
  g_autofree char *quantized = NULL;

  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--format", "json", wav, NULL), NULL,
          &plain, NULL),
      ==, 0);
  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--format", "json",
                                         "--quantize", wav, NULL),
                       NULL, &quantized, NULL),
      ==, 0);
  g_assert_cmpstr (quantized, !=, plain);
  for (guint i = 0; i < 2; i++) {
    g_auto (GStrv) lines = g_strsplit (i == 0 ? plain : quantized, "\n", -1);
    g_autoptr (JsonParser) parser = json_parser_new ();

    g_assert_cmpuint (g_strv_length (lines), ==, 3); /* window, summary, "" */
    check_probabilities (parse_line (parser, lines[0]));
  }
}

static void
test_json (void)
{
  g_autofree char *wav = make_wav ("five \"seconds\".wav", 5);
  g_autofree char *out = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object;

  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--format", "json", wav, NULL), NULL, &out, NULL),
      ==, 0);
  lines = g_strsplit (out, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_cmpstr (lines[3], ==, "");
  for (guint i = 0; i < 2; i++) {
    object = parse_line (parser, lines[i]);
    g_assert_cmpuint (json_object_get_size (object), ==, 9);
    g_assert_cmpstr (json_object_get_string_member (object, "file"), ==, wav);
    g_assert_cmpfloat (
        json_object_get_double_member (object, "start"), ==, 3 * i);
    g_assert_cmpfloat (
        json_object_get_double_member (object, "end"), ==, i ? 5 : 3);
    g_assert_cmpint (json_object_get_boolean_member (object, "partial"), ==, i);
    g_assert_false (json_object_get_boolean_member (object, "silence"));
    g_assert_nonnull (json_object_get_string_member (object, "emotion"));
    g_assert_cmpfloat (
        json_object_get_double_member (object, "confidence"), >, 0.1);
    check_probabilities (object);
  }
  object = parse_line (parser, lines[2]);
  g_assert_cmpuint (json_object_get_size (object), ==, 6);
  g_assert_true (json_object_get_boolean_member (object, "summary"));
  g_assert_cmpint (json_object_get_int_member (object, "windows"), ==, 2);
  check_probabilities (object);
}

/* Many files at once, one of them bad: the others in their order, status 1, and
 * the name of the bad one. */
static void
test_several (void)
{
  g_autofree char *a = make_wav ("a.wav", 1);
  g_autofree char *b = make_wav ("b.wav", 20);
  g_autofree char *c = make_wav ("c.wav", 1);
  g_autofree char *bad = g_build_filename (folder, "bad.wav", NULL);
  g_autofree char *uri = gst_filename_to_uri (c, NULL);
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_set_contents (bad, "nothing", -1, NULL));
  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--interval", "1", b, bad, "-f", a,
                            "/nowhere/at-all.wav", uri, NULL),
          NULL, &out, &err),
      ==, 1);
  lines = g_strsplit (out, "\n", -1);
  /* a: 1 window and a summary; b: 18 and one; c: as a. */
  g_assert_cmpuint (g_strv_length (lines), ==, 2 + 19 + 2 + 1);
  g_assert_true (g_str_has_prefix (lines[0], a));
  for (guint i = 2; i < 21; i++)
    g_assert_true (g_str_has_prefix (lines[i], b));
  g_assert_true (g_str_has_prefix (lines[21], uri));
  g_assert_nonnull (strstr (lines[0], "(partial)"));
  g_assert_nonnull (strstr (lines[22], "overall"));
  g_assert_nonnull (strstr (err, bad));
  g_assert_nonnull (strstr (err, "/nowhere/at-all.wav"));
  g_assert_null (strstr (err, a));
}

static void
test_csv (void)
{
  g_autofree char *wav = make_wav ("with, comma.wav", 7);
  g_autofree char *quoted = g_strdup_printf ("\"%s\",0.0,3.0,", wav);
  g_autofree char *out = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--format=csv", wav, wav, NULL), NULL, &out, NULL),
      ==, 0);
  lines = g_strsplit (out, "\r\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 1 + 2 + 2 + 1);
  g_assert_true (g_str_has_prefix (lines[0],
      "file,start,end,emotion,confidence,partial,silence,voice,neutral,"));
  g_assert_true (g_str_has_prefix (lines[1], quoted));
  g_assert_true (g_str_has_prefix (lines[3], quoted));
}

static void
test_labels (void)
{
  g_autofree char *wav = make_wav ("labels.wav", 3);
  g_autofree char *out = NULL;

  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--labels", "a,b,c,d,e,f,g,h,i",
                            "--format", "csv", wav, NULL),
          NULL, &out, NULL),
      ==, 0);
  g_assert_nonnull (strstr (out, ",silence,voice,a,b,c,d,e,f,g,h,i\r\n"));
}

/* Wrong usage; {a, b} are two arguments. */
static const char *const wrong[][2] = { { "--format", "xml" },
  { "--interval", "0" }, { "--interval", "nan" }, { "--unknown", NULL },
  { "--labels", "a,b" }, { "--model", "/nowhere/at-all.h5" },
  { "--record-duration", "-1" }, { "--shard", "1/2" }, { "--resume", NULL },
  { "--plot", "a.gif" }, { "--jobs", "-1" }, { "--device", "a" },
  { "--files-from", "/nowhere/at-all" }, { "--each-window", NULL },
  { "--output=nothing", "--html=./nothing" } };

/* Without a dot or a slash it is no file: the names of models help. */
static void
test_model_name (void)
{
  static const char *const options[] = { "--model", "--show-model" };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *err = NULL;

    g_assert_cmpint (
        analyze_tool_run (
            analyze_tool_argv (options[i], "speach", NULL), NULL, NULL, &err),
        ==, 2);
    g_assert_nonnull (strstr (err, " speach is neither a built-in model ("));
  }
}

static void
test_usage (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *out = NULL;
    g_autofree char *err = NULL;

    g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("/nowhere/at-all.wav",
                                           wrong[i][0], wrong[i][1], NULL),
                         NULL, &out, &err),
        ==, 2);
    g_assert_cmpstr (out, ==, "");
    g_assert_true (g_str_has_prefix (err, "emotion-analyze: "));
  }
}

static void
test_show_model (void)
{
  g_autofree char *model = fixture_data (MODEL_M3);
  g_autofree char *out = NULL, *err = NULL, *none = NULL, *reason = NULL;

  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--show-model", model, NULL), NULL, &out, &err),
      ==, 0);
  g_assert_nonnull (strstr (out, "(Conv2D)"));
  g_assert_nonnull (strstr (out, "output: (9,)"));
  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--show-model", "/no/such.h5", NULL),
          NULL, &none, &reason),
      ==, 2);
  g_assert_cmpstr (none, ==, "");
  g_assert_nonnull (strstr (reason, "/no/such.h5"));
}

/* What it is here, by --recipe and --labels; a file that says nothing of its
 * input; and the list of layers. */
static void
test_show_model_here (void)
{
  g_autofree char *model = fixture_data ("keras/no_shape.h5");
  g_autofree char *open = fixture_data ("keras/open_length.h5");
  g_autofree char *out = NULL, *err = NULL, *list = NULL, *open_out = NULL;

  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--show-model", model, NULL), NULL, &out, &err),
      ==, 2);
  g_assert_nonnull (strstr (err, "does not give the shape of its input"));
  g_assert_nonnull (strstr (err, "--recipe mean-40 "));
  g_clear_pointer (&out, g_free);
  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--show-model", model, "--recipe",
                            "mean-40", "--labels", "a,b,c,d,e,f,g,h", NULL),
          NULL, &out, NULL),
      ==, 0);
  g_assert_nonnull (strstr (out, "input: (40,)"));
  g_assert_nonnull (strstr (out, "features: (40 bands, 1 frames), of 3 s"));
  g_assert_nonnull (strstr (out, "output: 8 probabilities"));
  g_assert_nonnull (strstr (out, "labels: a, b, c, d, e, f, g, h\n"));
  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--show-model", open,
                                         "--recipe", "mean-40", NULL),
                       NULL, &open_out, NULL),
      ==, 0);
  g_assert_nonnull (strstr (open_out, "input: (None, 1)\n"));
  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--list-layers", NULL),
                       NULL, &list, NULL),
      ==, 0);
  g_assert_nonnull (strstr (list, "\nConv2D\n"));
}

/* Nothing is left of the pipelines, of a file that fails neither: GStreamer's
 * tracer of leaks says nothing, and it was asked. */
static void
test_leaks (void)
{
  g_autofree char *wav = make_wav ("leaks.wav", 4);
  g_autofree char *out = NULL, *err = NULL;

  if (!g_getenv ("GST_TRACERS")) {
    g_test_skip ("GST_TRACERS=leaks is not set");
    return;
  }
  g_setenv ("GST_DEBUG", "GST_TRACER:7,GST_INIT:4", TRUE);
  g_assert_cmpint (analyze_tool_run (analyze_tool_argv (
                                         wav, "/nowhere/at-all.wav", wav, NULL),
                       NULL, &out, &err),
      ==, 1);
  g_unsetenv ("GST_DEBUG");
  g_assert_nonnull (strstr (err, "deinitialized GStreamer"));
  g_assert_nonnull (strstr (err, "object-alive.class"));
  g_assert_null (strstr (err, "object-alive, type-name=(string)Gst"));
}

static void
expect_line (const char *err, const char *name, const char *text)
{
  g_autofree char *line = g_strdup_printf ("/%s: %s", name, text);

  if (!strstr (err, line))
    g_test_message ("%s", err);
  g_assert_nonnull (strstr (err, line));
}

/* One line for each file that cannot be analysed, which says why; and those
 * beside them are. */
static void
test_messages (void)
{
  static const struct {
    const char *name;
    gssize len;
    const char *content, *text;
  } cases[] = { { "empty.mp3", 0, "", "the file is empty\n" },
    { "letter.wav", -1, "Dear reader, this is a letter.\n",
        "it is not audio in a format that GStreamer knows (" },
    { "none.wav", 44,
        "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0"
        "\2\0\x10\0data\0\0\0\0",
        "it contains an audio stream without a single sample\n" } };
  g_autofree char *good = make_wav ("good.wav", 1);
  g_autofree char *video = made_media (folder, "silent.ogv",
      "videotestsrc num-buffers=5 ! theoraenc ! oggmux" MADE_MEDIA_SINK);
  g_autofree char *nowhere = g_build_filename (folder, "nowhere.wav", NULL);
  GPtrArray *argv = analyze_tool_argv (nowhere, NULL);
  g_autofree char *out = NULL, *err = NULL;
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *path = g_build_filename (folder, cases[i].name, NULL);

    g_assert_true (
        g_file_set_contents (path, cases[i].content, cases[i].len, NULL));
    g_ptr_array_add (argv, path);
  }
  if (video)
    g_ptr_array_add (argv, g_strdup (video));
  g_ptr_array_add (argv, g_strdup (good));
  g_assert_cmpint (analyze_tool_run (argv, NULL, &out, &err), ==, 1);
  g_assert_true (g_str_has_prefix (out, good));
  expect_line (
      err, "nowhere.wav", "cannot be read: No such file or directory\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    expect_line (err, cases[i].name, cases[i].text);
  if (video)
    expect_line (err, "silent.ogv", "it contains no audio\n");
  lines = g_strsplit (err, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==,
      1 + G_N_ELEMENTS (cases) + (video != NULL) + 1);
}

/* Sound that is decoded, but at a rate that is not analysed. */
static void
test_unanalysed (void)
{
  static const char wav[] =
      "RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x84\x1e\0\0\x09\x3d\0"
      "\2\0\x10\0data\x08\0\0\0\1\0\2\0\3\0\4";
  g_autofree char *path = g_build_filename (folder, "megahertz.wav", NULL);
  g_autofree char *out = NULL, *err = NULL;

  g_assert_true (g_file_set_contents (path, wav, sizeof wav, NULL));
  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv (path, NULL), NULL, &out, &err), ==,
      1);
  g_assert_cmpstr (out, ==, "");
  g_assert_nonnull (strstr (err, "sample rate 2e+06 Hz"));
  expect_line (err, "megahertz.wav", "nothing of it was analysed; ");
}

/* 8 bits, an odd number of samples: what a parser that pulls does not find. */
static void
test_odd_wav (void)
{
  static const char head[] = "RIFF\x50\x4b\0\0WAVEfmt \x10\0\0\0\1\0\1\0"
                             "\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0"
                             "data\x2b\x4b\0\0";
  g_autofree char *path = g_build_filename (folder, "odd.wav", NULL);
  g_autoptr (GString) wav = g_string_new_len (head, 44);
  g_autofree char *out = NULL, *err = NULL;

  for (guint i = 0; i < 0x4b2b + 1; i++)
    g_string_append_c (wav, i % 20 < 10 ? '\x70' : '\x90');
  g_assert_true (g_file_set_contents (path, wav->str, (gssize) wav->len, NULL));
  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv (path, NULL), NULL, &out, &err), ==,
      0);
  g_assert_cmpstr (err, ==, "");
  g_assert_true (g_str_has_prefix (out, path));
}

/* Started without a standard output: that is a failure, not silence. */
static void
test_closed_output (void)
{
  g_autofree char *good = make_wav ("closed.wav", 1);
  GPtrArray *const argv = analyze_tool_argv (good, NULL);
  static const char *const shell[] = { "/bin/sh", "-c", "exec \"$@\" >&-",
    "sh" };
  g_autofree char *err = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (shell); i++)
    g_ptr_array_insert (argv, (gint) i, g_strdup (shell[i]));
  g_assert_cmpint (analyze_tool_run (argv, NULL, NULL, &err), ==, 1);
  g_assert_nonnull (strstr (err, "cannot write standard output: "));
}

/* A WAV file that ends within its head, where wavparse never does. */
static void
test_cut (void)
{
  g_autofree char *good = make_wav ("whole.wav", 1);
  g_autofree char *path = g_build_filename (folder, "cut.wav", NULL);
  g_autofree char *out = NULL, *err = NULL;

  g_assert_true (g_file_set_contents (path,
      "RIFF\x3a\x71\x04\0WAVEfmt \x10\0\0\0\1\0\1\0\x44\xac\0\0"
      "\x88\x58\1\0\2\0\x10\0LIST\x1a\0\0",
      44, NULL));
  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv (path, good, NULL), NULL, &out, &err),
      ==, 1);
  g_assert_true (g_str_has_prefix (out, good));
  g_assert_nonnull (strstr (err, "cut.wav: "));
}

/* A file name that is forgotten would let an option take the sound instead. */
static void
test_spared_sound (void)
{
  static const char *const options[] = { "--html", "--output" };
  g_autofree char *wav = make_wav ("spared.wav", 1);
  g_autofree char *before = NULL, *after = NULL;
  gsize n_before, n_after;

  g_assert_true (g_file_get_contents (wav, &before, &n_before, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *out = NULL, *err = NULL;

    g_assert_cmpint (
        analyze_tool_run (
            analyze_tool_argv (options[i], wav, wav, NULL), NULL, &out, &err),
        ==, 2);
    g_assert_cmpstr (out, ==, "");
    g_assert_nonnull (strstr (err, "spared.wav would replace a sound"));
  }
  g_assert_true (g_file_get_contents (wav, &after, &n_after, NULL));
  g_assert_cmpmem (before, n_before, after, n_after);
}

/* A link to a file stays, and the file keeps its permissions. */
static void
test_linked_output (void)
{
  g_autofree char *wav = make_wav ("linked.wav", 1);
  g_autofree char *link = g_build_filename (folder, "link", NULL);
  g_autofree char *file = g_build_filename (folder, "linked.txt", NULL);
  g_autofree char *text = NULL;
  GStatBuf info;

  g_assert_true (g_file_set_contents (file, "old", -1, NULL));
  g_assert_cmpint (g_chmod (file, 0600), ==, 0);
  g_assert_cmpint (symlink ("linked.txt", link), ==, 0);
  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--output", link, wav, NULL), NULL, NULL, NULL),
      ==, 0);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "overall"));
  g_assert_cmpint (g_stat (file, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
}

/* Whatever the shell has redirected it to, and behind what is there. */
static void
test_named_stdout (void)
{
  g_autofree char *wav = make_wav ("stdout.wav", 1);
  g_autofree char *file = g_build_filename (folder, "appended", NULL);
  g_autofree char *script = g_strdup_printf ("exec \"$@\" >> '%s'", file);
  const char *const shell[] = { "/bin/sh", "-c", script, "sh" };
  GPtrArray *const argv =
      analyze_tool_argv ("--output", "/dev/stdout", "--summary", wav, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (file, "first\n", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (shell); i++)
    g_ptr_array_insert (argv, (gint) i, g_strdup (shell[i]));
  g_assert_cmpint (analyze_tool_run (argv, NULL, NULL, NULL), ==, 0);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "first\n"));
  g_assert_nonnull (strstr (text, "overall"));
}

/* Names of files cannot write lines of their own, or to the terminal. */
static void
test_hostile_names (void)
{
  g_autofree char *wav = make_wav ("a\n\033[31mb\302\233c.wav", 1);
  g_autofree char *nothing =
      g_build_filename (folder, "no\nthing\xff\007.wav", NULL);
  g_autofree char *out = NULL, *err = NULL;

  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--summary", wav, nothing, "", NULL),
          NULL, &out, &err),
      ==, 1);
  g_assert_nonnull (strstr (out, "/a\\x0a\\x1b[31mb\\xc2\\x9bc.wav: "));
  g_assert_nonnull (
      strstr (err, "/no\\x0athing\\xff\\x07.wav: cannot be read"));
  g_assert_nonnull (strstr (err, "\"\": an empty argument is no source"));
  for (const char *c = out; *c; c++)
    g_assert_true (*c == '\n' || !g_ascii_iscntrl (*c));
  for (const char *c = err; *c; c++)
    g_assert_true (*c == '\n' || !g_ascii_iscntrl (*c));
}

static void
test_plot (void)
{
  g_autofree char *wav = make_wav ("plot.wav", 7);
  g_autofree char *png = g_build_filename (folder, "plot.png", NULL);
  g_autofree char *out = NULL, *err = NULL, *picture = NULL;
  gsize len;

  if (analyze_tool_run (
          analyze_tool_argv ("--plot", png, wav, NULL), NULL, &out, &err)
      != 0) {
    g_test_skip (err); /* no PLplot, or no driver of it for PNG */
    g_assert_nonnull (strstr (err, "PLplot"));
    return;
  }
  g_assert_true (g_file_get_contents (png, &picture, &len, NULL));
  g_assert_cmpuint (len, >, 10000);
  g_assert_cmpmem (picture, 4, "\x89PNG", 4);
}

/* Fits a screen of 80 columns and 24 lines, prompt included. */
static void
test_help (void)
{
  g_autofree char *out = NULL;
  g_autofree char *all = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_cmpint (
      analyze_tool_run (analyze_tool_argv ("--help", NULL), NULL, &out, NULL),
      ==, 0);
  lines = g_strsplit (g_strchomp (out), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), <=, 24);
  for (guint i = 0; lines[i]; i++)
    g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, 80);
  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--help-all", NULL),
                       NULL, &all, NULL),
      ==, 0);
  g_assert_nonnull (strstr (all, "--record-duration"));
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/analyze/quantize", test_quantize);
  g_test_add_func ("/analyze/json", test_json);
  g_test_add_func ("/analyze/several", test_several);
  g_test_add_func ("/analyze/csv", test_csv);
  g_test_add_func ("/analyze/labels", test_labels);
  g_test_add_func ("/analyze/usage", test_usage);
  g_test_add_func ("/analyze/model-name", test_model_name);
  g_test_add_func ("/analyze/show-model", test_show_model);
  g_test_add_func ("/analyze/show-model-here", test_show_model_here);
  g_test_add_func ("/analyze/help", test_help);
  g_test_add_func ("/analyze/messages", test_messages);
  g_test_add_func ("/analyze/cut", test_cut);
  g_test_add_func ("/analyze/unanalysed", test_unanalysed);
  g_test_add_func ("/analyze/odd-wav", test_odd_wav);
  g_test_add_func ("/analyze/closed-output", test_closed_output);
  g_test_add_func ("/analyze/spared-sound", test_spared_sound);
  g_test_add_func ("/analyze/linked-output", test_linked_output);
  g_test_add_func ("/analyze/named-stdout", test_named_stdout);
  g_test_add_func ("/analyze/hostile-names", test_hostile_names);
  g_test_add_func ("/analyze/plot", test_plot);
  g_test_add_func ("/analyze/leaks", test_leaks);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
