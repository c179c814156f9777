/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-features as a user runs it: sounds in, HDF5, CSV and pictures out. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dsp/features.h"
#include "gst/media/decode.h"
#include "gst/tools/feature-file.h"
#include "gst/tools/feature-plot.h"
#include "nn/h5.h"
#include "tests/folder.h"
#include "tests/gst/synthetic.h"

typedef struct {
  char *folder;
  char *out; /* folder/out.h5 */
} Fixture;

static void
write_sound (const Fixture *f, const char *name, double seconds)
{
  g_autofree char *path = g_build_filename (f->folder, name, NULL);
  const SyntheticSound sound = { 22050, 2, seconds, 300, 0.05, 7 };

  synthetic_write (path, &sound);
}

static void
setup (Fixture *f, gconstpointer data)
{
  f->folder = test_folder_new ();
  f->out = g_build_filename (f->folder, "out.h5", NULL);
  write_sound (f, "a.wav", 1.3);
  write_sound (f, "sub/b.wav", 2.75);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  test_folder_remove (f->folder);
  g_free (f->out);
}

/* Runs a program inside the folder; returns its exit status. */
static int
run_argv (const Fixture *f, char **argv, char **err)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (f->folder, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
      NULL, err, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static int
run (const Fixture *f, const char *arguments, char **err)
{
  g_auto (GStrv) words = g_strsplit (arguments, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  g_ptr_array_add (argv, (char *) g_getenv ("EMOTION_FEATURES"));
  for (char **word = words; *word; word++)
    g_ptr_array_add (argv, *word);
  g_ptr_array_add (argv, NULL);
  return run_argv (f, (char **) argv->pdata, err);
}

static void
run_well (const Fixture *f, const char *arguments)
{
  g_autofree char *err = NULL;

  if (run (f, arguments, &err) != 0)
    g_error ("%s: %s", arguments, err);
  g_assert_cmpstr (err, ==, "");
}

/* What dsp/ makes of the samples of a file, begin to end. */
static float *
compute (const Fixture *f, const char *name, DspRecipe *recipe, gsize begin,
    gsize end)
{
  g_autofree char *path = g_build_filename (f->folder, name, NULL);
  gsize n;
  g_autofree float *samples =
      gst_emotion_decode_file (path, recipe->rate, 0, &n, NULL);

  g_assert_nonnull (samples);
  if (end == 0)
    recipe->window_len = end = n;

  g_autoptr (DspFeatures) features = dsp_features_new (recipe, NULL);
  float *values = g_new (float,
      dsp_features_n_bands (features) * dsp_features_n_frames (features));

  dsp_features_compute (
      features, samples + begin, MIN (end, n) - begin, values);
  return values;
}

static void
assert_dataset (NnH5 *file, const char *path, const NnShape *expected_shape,
    const float *expected, gsize first)
{
  NnShape shape;
  g_autoptr (GError) error = NULL;
  g_autofree float *values = nn_h5_read_floats (file, path, &shape, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (shape.rank, ==, expected_shape->rank);
  for (size_t i = 0; i < shape.rank; i++)
    g_assert_cmpuint (shape.dim[i], ==, expected_shape->dim[i]);
  for (size_t i = first; i < nn_shape_size (&shape); i++)
    g_assert_cmpfloat (values[i], ==, expected[i - first]);
}

static void
test_frames (Fixture *f, gconstpointer data)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autofree float *expected = NULL;
  g_autofree char *text = NULL;

  recipe.features = DSP_FEATURE_MFCC | DSP_FEATURE_RMS;
  recipe.normalization = DSP_NORMALIZATION_NONE;
  run_well (f,
      "a.wav ./sub/b.wav --output out.h5 --features mfcc,rms --set n_mfcc=20");
  recipe.n_mfcc = 20;
  expected = compute (f, "sub/b.wav", &recipe, 0, 0);

  const gsize n_frames = dsp_recipe_n_frames (&recipe);
  g_autoptr (NnH5) file = nn_h5_open (f->out, NULL);

  g_assert_cmpuint (recipe.window_len, ==, 44000);
  assert_dataset (file, "sub/b.wav/mfcc",
      &(NnShape){ .rank = 2, .dim = { 20, n_frames } }, expected, 0);
  assert_dataset (file, "sub/b.wav/rms",
      &(NnShape){ .rank = 2, .dim = { 1, n_frames } }, expected + 20 * n_frames,
      0);
  g_assert_true (nn_h5_has_dataset (file, "a.wav/mfcc"));
  g_assert_false (nn_h5_has_dataset (file, "a.wav/mel"));
  text = nn_h5_attribute_string (file, "sub/b.wav", "source", NULL);
  g_assert_cmpstr (text, ==, "./sub/b.wav");
  g_clear_pointer (&text, g_free);
  text = nn_h5_attribute_string (file, "sub/b.wav", "recipe", NULL);
  g_assert_nonnull (strstr (text, "\"window_len\": 44000"));
  g_assert_nonnull (strstr (text, "\"n_mfcc\": 20"));
  g_assert_true (nn_h5_has_attribute (file, "a.wav", "hop_length"));
}

/* Windows of a second: 2.75 s make three, the last is padded; 1.3 s make one.
 */
static void
test_windows (Fixture *f, gconstpointer data)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autofree float *last = NULL;

  run_well (f, "a.wav sub/b.wav -o out.h5 -f chroma -w 1");
  recipe.features = DSP_FEATURE_CHROMA;
  recipe.normalization = DSP_NORMALIZATION_NONE;
  recipe.window_len = 16000;
  last = compute (f, "sub/b.wav", &recipe, 32000, 48000);

  const gsize n_frames = dsp_recipe_n_frames (&recipe);
  g_autoptr (NnH5) file = nn_h5_open (f->out, NULL);
  NnShape shape;

  assert_dataset (file, "sub/b.wav/chroma",
      &(NnShape){ .rank = 3, .dim = { 3, 12, n_frames } }, last,
      2 * 12 * n_frames);
  g_assert_true (nn_h5_dataset_shape (file, "a.wav/chroma", &shape, NULL));
  g_assert_cmpuint (shape.dim[0], ==, 1);
  g_assert_true (nn_h5_dataset_shape (file, "sub/b.wav/voice", &shape, NULL));
  g_assert_cmpuint (shape.rank, ==, 1);
  g_assert_cmpuint (shape.dim[0], ==, 3);
}

/* The table has what the HDF5 has. */
static void
test_statistics (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "s.csv", NULL);
  g_autofree char *csv = NULL;
  NnShape shape;

  run_well (f, "a.wav sub/b.wav -o out.h5 -f mfcc,zcr --statistics -c s.csv");
  g_assert_true (g_file_get_contents (path, &csv, NULL, NULL));

  g_auto (GStrv) lines = g_strsplit (csv, "\r\n", -1);
  g_auto (GStrv) head = g_strsplit (lines[0], ",", -1);
  g_auto (GStrv) row = g_strsplit (lines[2], ",", -1);
  g_autoptr (NnH5) file = nn_h5_open (f->out, NULL);
  g_autofree float *mfcc =
      nn_h5_read_floats (file, "sub/b.wav/mfcc", &shape, NULL);
  g_autofree float *zcr = nn_h5_read_floats (file, "sub/b.wav/zcr", NULL, NULL);

  g_assert_cmpuint (shape.dim[1], ==, 2);
  g_assert_cmpuint (g_strv_length (lines), ==, 4); /* and an empty end */
  g_assert_cmpuint (g_strv_length (head), ==, 3 + 14 * 2);
  g_assert_cmpuint (g_strv_length (row), ==, 3 + 14 * 2);
  g_assert_cmpstr (head[3 + 12 * 2 + 1], ==, "mfcc_12_std");
  g_assert_cmpstr (head[3 + 13 * 2], ==, "zcr_0_mean");
  g_assert_cmpstr (row[0], ==, "sub/b.wav");
  g_assert_cmpstr (row[2], ==, "2.75");
  for (gsize i = 0; i < 28; i++)
    g_assert_cmpfloat ((float) g_ascii_strtod (row[3 + i], NULL), ==,
        i < 26 ? mfcc[i] : zcr[i - 26]);
}

/* A file whose name could be a URI is the file, and so is a folder; pipes in a
 * folder are passed over. */
static void
test_colon (Fixture *f, gconstpointer data)
{
  g_autofree char *pipe = g_build_filename (f->folder, "s:ub", "p.wav", NULL);

  write_sound (f, "take:1.wav", 1);
  write_sound (f, "s:ub/b.wav", 1);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  run_well (f, "take:1.wav s:ub -o out.h5 -f rms");

  g_autoptr (NnH5) file = nn_h5_open (f->out, NULL);

  g_assert_true (nn_h5_has_dataset (file, "take:1.wav/rms"));
  g_assert_true (nn_h5_has_dataset (file, "s:ub/b.wav/rms"));
}

/* An empty file, a text, an empty folder. */
static void
add_oddities (const Fixture *f)
{
  g_autofree char *empty = g_build_filename (f->folder, "empty.wav", NULL);
  g_autofree char *text = g_build_filename (f->folder, "text.wav", NULL);
  g_autofree char *silence = g_build_filename (f->folder, "silence", NULL);

  g_assert_true (g_file_set_contents (empty, "", 0, NULL));
  g_assert_true (g_file_set_contents (text, "Dear diary", -1, NULL));
  g_assert_cmpint (g_mkdir (silence, 0777), ==, 0);
}

/* A bad file is named and the rest is done; a bad call does nothing. */
static void
test_status (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *arguments;
    int status;
    const char *says;
  } cases[] = {
    { "a.wav nowhere.wav sub/b.wav -o out.h5", 1,
        "*nowhere.wav: cannot be read: No such file or directory\n" },
    { "sub a.wav -o out.h5", 0, "" },
    { "empty.wav a.wav sub/b.wav -o out.h5", 1,
        "*empty.wav: the file is empty\n" },
    { "a.wav text.wav sub/b.wav -o out.h5", 1,
        "*text.wav: it is not audio in a format that GStreamer knows (*" },
    { "silence a.wav sub -o out.h5", 1, "*silence: no audio or video file *" },
    { "-o out.h5", 2, "*no audio file is named*" },
    { "a.wav", 2, "*--output*" },
    { "a.wav -o out.h5 --features mel,loudness", 2, "*loudness*" },
    { "a.wav -o out.h5 --set n_mel=3", 2, "*n_mel=3*n_mels*" },
    { "a.wav -o out.h5 --set n_mels=0", 2, "*n_mels is 0*" },
    { "a.wav -o out.h5 --set n_mels", 2, "*FIELD=VALUE*" },
    { "a.wav -o out.h5 --frames --statistics", 2, "*cannot be used together*" },
    { "a.wav -c out.csv", 2, "*--statistics*" },
    { "a.wav -s -c out.csv --set statistics=", 2, "*--statistics*" },
    { "a.wav -o out.h5 --set window_len=48000", 2, "*--window*" },
    { "a.wav -o out.h5 --set win_length=4000", 2, "*win_length is 4000*" },
    { "a.wav -o out.h5 --set pad_mode=edge", 2, "*edge*reflect*" },
    { "a.wav -o out.h5 --window 0.0001", 2, "*--window*" },
    { "a.wav ./a.wav -o out.h5", 2, "*named twice*" },
    { "a.wav -o out.h5 --nothing", 2, "*--nothing*" },
    { "a.wav -o no/where/out.h5", 1,
        "*--output no/where/out.h5: *; make the folder first\n" },
    { "a.wav -o sub", 1, "*--output sub: *; name a file in it\n" },
    { "a.wav -s -c sub", 1, "*--csv sub: *" },
    { "a.wav -p a.wav", 1, "*--plot a.wav: *" },
    { "a.wav -s -o x -c ./x", 2, "*--output and --csv both name x\n" },
    { "a.wav -o x -p x", 2, "*--output and --plot both name x\n" },
    { "sub -o a.wav", 2, "*--output a.wav would replace a sound*" },
    { "sub -s -c a.wav", 2, "*--csv a.wav would replace a sound*" },
  };

  add_oddities (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *err = NULL;

    g_test_message ("%s", cases[i].arguments);
    g_assert_cmpint (run (f, cases[i].arguments, &err), ==, cases[i].status);
    if (!g_pattern_match_simple (cases[i].says, err))
      g_error ("%s: %s", cases[i].arguments, err);
    if (i < 5) {
      g_autoptr (NnH5) file = nn_h5_open (f->out, NULL);

      g_assert_true (nn_h5_has_dataset (file, "a.wav/mel"));
      g_assert_true (nn_h5_has_dataset (file, "sub/b.wav/delta2"));
      g_assert_cmpint (remove (f->out), ==, 0);
    }
    g_assert_false (g_file_test (f->out, G_FILE_TEST_EXISTS));
  }
}

/* Pipes and devices are written into, and stay what they are. */
static void
test_pipe (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "pipe", NULL);
  char head[33] = "";
  struct stat info;
  int fd;

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  fd = open (path, O_RDONLY | O_NONBLOCK);
  g_assert_cmpint (fd, >=, 0);
  run_well (f, "a.wav -f rms --statistics -c pipe");
  g_assert_cmpint (read (fd, head, 32), ==, 32);
  g_assert_cmpstr (head, ==, "file,start,end,rms_0_mean,rms_0_");
  close (fd);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_true (S_ISFIFO (info.st_mode));
}

/* Where there is room for 4 KB: a failure, and nothing left behind. */
static void
test_full_disk (Fixture *f, gconstpointer data)
{
  static const char *const outputs[] = { "-o out.h5", "-p .",
    "-p . -o out.h5" };

  for (gsize i = 0; i < G_N_ELEMENTS (outputs); i++) {
    g_autofree char *command = g_strdup_printf (
        "trap '' XFSZ; ulimit -f 8; exec \"$EMOTION_FEATURES\" a.wav %s",
        outputs[i]);
    char *argv[] = { "/bin/sh", "-c", command, NULL };
    g_autofree char *err = NULL;
    g_autofree char *png = g_build_filename (f->folder, "a.wav.png", NULL);
    g_autofree char *svg = g_build_filename (f->folder, "a.wav.svg", NULL);

    if (i > 0 && !tool_feature_plot_is_available ())
      break;
    g_assert_cmpint (run_argv (f, argv, &err), ==, 1);
    g_assert_nonnull (strstr (err, i == 0 ? "out.h5: " : "a.wav: "));
    g_assert_false (g_file_test (f->out, G_FILE_TEST_EXISTS));
    g_assert_false (g_file_test (png, G_FILE_TEST_EXISTS));
    g_assert_false (g_file_test (svg, G_FILE_TEST_EXISTS));
  }
}

/* The same on any number of threads, byte by byte. */
static void
test_threads (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "two.h5", NULL);
  g_autofree char *one = NULL, *two = NULL;
  gsize n_one, n_two;

  run_well (f, "sub/b.wav a.wav -o out.h5 --threads 1");
  run_well (f, "sub/b.wav a.wav -o two.h5 --threads 8");
  g_assert_true (g_file_get_contents (f->out, &one, &n_one, NULL));
  g_assert_true (g_file_get_contents (path, &two, &n_two, NULL));
  g_assert_cmpmem (one, n_one, two, n_two);
}

static void
test_names (void)
{
  static const struct {
    const char *sources[4], *names[4];
    int twice; /* -1: none */
  } cases[] = {
    { { "/a/b/c.wav" }, { "c.wav" }, -1 },
    { { "/a/b/c.wav", "/a/bd/c.wav" }, { "b/c.wav", "bd/c.wav" }, -1 },
    { { "/a/b/../c.wav", "/a/d.wav" }, { "c.wav", "d.wav" }, -1 },
    { { "file:///a/x%20y", "/a/z" }, { "x y", "z" }, -1 },
    /* No picture leaves its folder. */
    { { "http://h/../../etc/x", "http://i/y" }, { "etc/x", "i/y" }, -1 },
    { { "http://h/a/../b", "http://h/c" }, { "b", "c" }, -1 },
    { { "/a/b", "/c", "/a//./b" }, { NULL }, 2 },
    { { "/a/b", "file:///a/b" }, { NULL }, 1 },
    { { "/x", "x" }, { NULL }, 1 }, /* one group */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *twice;
    g_auto (GStrv) names =
        tool_feature_names ((char *const *) cases[i].sources, &twice);

    if (cases[i].twice >= 0) {
      g_assert_null (names);
      g_assert_cmpstr (twice, ==, cases[i].sources[cases[i].twice]);
      continue;
    }
    for (gsize n = 0; n == 0 || cases[i].names[n - 1]; n++)
      g_assert_cmpstr (names[n], ==, cases[i].names[n]);
  }
}

static void
test_plot (Fixture *f, gconstpointer data)
{
  static const char *const pictures[] = { "p/a.wav", "p/sub/b.wav",
    "p/100%n%s: c.wav" };
  char *const argv[] = { (char *) g_getenv ("EMOTION_FEATURES"), "a.wav",
    "sub/b.wav", "100%n%s: c.wav", "--plot", "p", "--statistics", NULL };
  g_autofree char *err = NULL;

  if (!tool_feature_plot_is_available ()) {
    g_test_skip ("this build has no PLplot");
    return;
  }
  write_sound (f, "100%n%s: c.wav", 1);
  g_assert_cmpint (run_argv (f, (char **) argv, &err), ==, 0);
  g_assert_cmpstr (err, ==, "");
  for (gsize i = 0; i < G_N_ELEMENTS (pictures); i++) {
    g_autofree char *png = g_strconcat (pictures[i], ".png", NULL);
    g_autofree char *svg = g_strconcat (pictures[i], ".svg", NULL);
    g_autofree char *png_path = g_build_filename (f->folder, png, NULL);
    g_autofree char *svg_path = g_build_filename (f->folder, svg, NULL);
    g_autofree char *text = NULL;
    gsize n;

    if (g_file_get_contents (png_path, &text, &n, NULL))
      g_assert_cmpmem (text, 8, "\x89PNG\r\n\x1a\n", 8);
    else {
      g_assert_true (g_file_get_contents (svg_path, &text, &n, NULL));
      g_assert_nonnull (strstr (text, "<svg"));
    }
    g_assert_cmpuint (n, >, 10000);
  }
}

/* The length of a usual window does not count where sounds are taken whole. */
static void
test_long_frames (Fixture *f, gconstpointer data)
{
  NnShape shape;

  write_sound (f, "long.wav", 5);
  run_well (f,
      "long.wav -o out.h5 -f delta --set n_fft=65536 --set hop_length=8000 "
      "--set pad_mode=reflect");

  g_autoptr (NnH5) file = nn_h5_open (f->out, NULL);

  g_assert_true (nn_h5_dataset_shape (file, "long.wav/delta", &shape, NULL));
  g_assert_cmpuint (shape.dim[1], ==, 11);
}

/* Nine minutes in one piece: more than the window of a model may have. */
static void
test_nine_minutes (Fixture *f, gconstpointer data)
{
  const SyntheticSound sound = { 16000, 1, 540, 300, 0.05, 7 };
  g_autofree char *path = g_build_filename (f->folder, "nine.wav", NULL);
  NnShape shape;

  synthetic_write (path, &sound);
  run_well (f, "nine.wav -o out.h5 -f rms,chroma -s");

  g_autoptr (NnH5) file = nn_h5_open (f->out, NULL);

  g_assert_true (nn_h5_dataset_shape (file, "nine.wav/chroma", &shape, NULL));
  if (tool_feature_plot_is_available ())
    run_well (f, "nine.wav --plot p");
}

/* Two frames are too few for deltas, but enough for a picture. */
static void
test_short (Fixture *f, gconstpointer data)
{
  g_autofree char *err = NULL;

  write_sound (f, "short.wav", 0.05);
  g_assert_cmpint (run (f, "short.wav -o out.h5", &err), ==, 1);
  if (!g_pattern_match_simple ("*0.05 s*delta_width*--window*", err))
    g_error ("%s", err);
  run_well (f, "short.wav -o out.h5 --window 1");
  if (tool_feature_plot_is_available ())
    run_well (f, "short.wav --plot p");
}

/* The two lines of README.md. */
static void
test_h5py (Fixture *f, gconstpointer data)
{
  static const char *const code =
      "import h5py\n"
      "mfcc = h5py.File('out.h5')['sub/b.wav/mfcc'][:]\n"
      "assert mfcc.shape == (13, 86) and mfcc.dtype == 'f4', mfcc\n"
      "assert h5py.File('out.h5')['sub/b.wav'].attrs['hop_length'] == 512\n"
      "assert h5py.File('out.h5')['sub/b.wav'].attrs['tuning'] == 'estimate'\n";
  char *const probe[] = { "/usr/bin/python3", "-c", "import h5py", NULL };
  char *const use[] = { "/usr/bin/python3", "-c", (char *) code, NULL };
  g_autofree char *err = NULL;

  if (!g_file_test (probe[0], G_FILE_TEST_IS_EXECUTABLE)
      || run_argv (f, (char **) probe, NULL) != 0) {
    g_test_skip ("h5py is not installed");
    return;
  }
  run_well (f, "sub/b.wav --output out.h5");
  if (run_argv (f, (char **) use, &err) != 0)
    g_error ("%s", err);
}

#define ADD(name, func)                                                        \
  g_test_add ("/feature-tool/" name, Fixture, NULL, setup, func, teardown)

/* Shards, joined, are what one process writes, with what cannot be read; so is
 * a run that goes on with what is there. */
static void
test_shards (Fixture *f, gconstpointer data)
{
  g_autofree char *list = g_build_filename (f->folder, "list.txt", NULL);
  g_autofree char *err = NULL, *missing = NULL;

  g_assert_true (
      g_file_set_contents (list, "a.wav\nabsent.wav\n\nsub/b.wav\n", -1, NULL));
  g_assert_cmpint (
      run (f, "-T list.txt -s --set n_mels=40 -o whole.h5 -c whole.csv", &err),
      ==, 1);
  g_assert_nonnull (strstr (err, "absent.wav"));
  run (f, "-T list.txt -s --set n_mels=40 --shard 1/2 -o 1", NULL);
  g_assert_cmpint (run (f, "--merge 1 -o joined.h5", &missing), ==, 1);
  g_assert_nonnull (strstr (missing, "shard 2/2"));
  run (f, "-T list.txt -s --set n_mels=40 --shard 2/2 -o 2", NULL);
  g_assert_cmpint (
      run (f, "--merge 2 1 -o joined.h5 -c joined.csv", NULL), ==, 1);
  test_folder_assert_same (f->folder, "whole.h5", "joined.h5");
  test_folder_assert_same (f->folder, "whole.csv", "joined.csv");
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (run (f,
                         "-T list.txt -s --set n_mels=40 -o again.h5 -c "
                         "again.csv --resume",
                         NULL),
        ==, 1);
  test_folder_assert_same (f->folder, "whole.h5", "again.h5");
  test_folder_assert_same (f->folder, "whole.csv", "again.csv");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD ("frames", test_frames);
  ADD ("windows", test_windows);
  ADD ("statistics", test_statistics);
  ADD ("status", test_status);
  ADD ("colon", test_colon);
  ADD ("pipe", test_pipe);
  ADD ("full-disk", test_full_disk);
  ADD ("threads", test_threads);
  ADD ("plot", test_plot);
  ADD ("nine-minutes", test_nine_minutes);
  ADD ("short", test_short);
  ADD ("long-frames", test_long_frames);
  ADD ("h5py", test_h5py);
  ADD ("shards", test_shards);
  g_test_add_func ("/feature-tool/names", test_names);
  return g_test_run ();
}
