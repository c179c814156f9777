/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers and trainings that are killed: at whatever moment SIGKILL comes,
 * those that go on with what is there come to the bytes of one that nobody
 * disturbed.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/folder.h"
#include "tests/gst/synthetic.h"

#define N_KILLS 20    /* of processes that were at work on shards */
#define N_KILLS_ONE 5 /* and of those that make one file */
#define N_SOUNDS 60
#define N_VOICES 8 /* to learn from */
#define N_SHARDS 3
#define MOST_GROWTH 8 /* steps of a part until its worker is killed */
#define MOST_STARTS 200

/* What a tool is told to make, and the variable that has its program. */
typedef struct {
  const char *program, *options;
} Tool;

static const Tool analyze = { "EMOTION_ANALYZE",
  "--model model.h5 --format json --quiet --jobs 2 --files-from list" };
/* Attention and dropout, averages of weights, a state after each epoch. */
#define TRAIN(model)                                                           \
  {                                                                            \
    "EMOTION_TRAIN",                                                           \
        "--folder voices --labels low,high --model " model                     \
        " --epochs 9 --batch-size 4 --threads 2 --no-augment --masks 1 "       \
        "--average 0.9 --schedule cosine --warm-up 1 --weight-decay 0.01 "     \
        "--clip-norm 1 --validation-fraction 0 --keep last --quiet"            \
  }
static const Tool cnn_attention = TRAIN ("cnn-attention");
static const Tool transformer = TRAIN ("transformer");
static const Tool features = { "EMOTION_FEATURES",
  "--statistics --features mfcc,rms --quiet --threads 2 --files-from list" };

static char *folder; /* of all; the programs run in it */

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* words: separated by blanks. */
static GPid
start (const Tool *tool, const char *words)
{
  g_autofree char *line =
      g_strdup_printf ("%s %s", g_getenv (tool->program), words);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  GPid pid;

  g_spawn_async (
      folder, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  return pid;
}

static void
finish (GPid pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* Lets it work until the file has grown so often, and kills it. FALSE: it was
 * done before. */
static gboolean
kill_at (GPid pid, const char *partial, guint growth)
{
  GStatBuf now = { 0 };
  goffset size = -1;
  guint64 file = 0; /* which may be replaced by one as large */
  int status;

  for (guint n = 0; n < growth;) {
    if (waitpid (pid, &status, WNOHANG) != 0) {
      g_assert_true (WIFEXITED (status));
      g_assert_cmpint (WEXITSTATUS (status), ==, 0);
      return FALSE;
    }
    g_usleep (100);
    if (g_stat (partial, &now) == 0
        && (now.st_size != size || now.st_ino != file)) {
      size = now.st_size;
      file = now.st_ino;
      n++;
    }
  }
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL;
}

/* A file that --resume makes, by workers that are killed so often, and a last
 * one. One that is done before it is killed does not count: its work begins
 * anew. */
static void
make_disturbed (const Tool *tool, const char *options, const char *output,
    const char *partial, guint n_kills, GRand *rand)
{
  g_autofree char *words = g_strdup_printf (
      "%s%s --output %s --resume", tool->options, options, output);
  g_autofree char *output_path = path_of (output);
  g_autofree char *partial_path = path_of (partial);
  guint n = 0;

  for (guint starts = 0; n < n_kills; starts++) {
    g_assert_cmpuint (starts, <, MOST_STARTS);
    if (kill_at (start (tool, words), partial_path,
            g_rand_int_range (rand, 0, MOST_GROWTH)))
      n++;
    else
      g_assert_cmpint (g_unlink (output_path), ==, 0);
  }
  g_test_message ("%s %s: %u killed", tool->program, output, n);
  finish (start (tool, words));
  g_assert_false (g_file_test (partial_path, G_FILE_TEST_EXISTS));
}

static void
make_whole (const Tool *tool)
{
  g_autofree char *words = g_strdup_printf ("%s --output whole", tool->options);

  finish (start (tool, words));
}

static void
test_shards (gconstpointer data)
{
  const Tool *const tool = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  make_whole (tool);
  for (guint i = 0; i < N_SHARDS; i++) {
    g_autofree char *shard =
        g_strdup_printf (" --shard %u/%u", i + 1, N_SHARDS);
    g_autofree char *part = g_strdup_printf ("part-%u", i + 1);
    g_autofree char *partial = g_strconcat (part, ".partial", NULL);
    g_autofree char *path = path_of (part);

    g_unlink (path);
    make_disturbed (tool, shard, part, partial,
        (i + 1) * N_KILLS / N_SHARDS - i * N_KILLS / N_SHARDS, rand);
  }
  finish (start (tool, "--merge part-2 part-3 part-1 --output joined"));
  test_folder_assert_same (folder, "whole", "joined");
}

/* One file, without shards. */
static void
test_one (gconstpointer data)
{
  const Tool *const tool = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);

  make_whole (tool);
  make_disturbed (tool, "", "one", "one.part.partial", N_KILLS_ONE, rand);
  test_folder_assert_same (folder, "whole", "one");
}

/* A model, from the state that each epoch leaves. */
static void
test_training (gconstpointer data)
{
  const Tool *const tool = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  make_whole (tool);
  make_disturbed (tool, "", "trained", "trained.state", N_KILLS_ONE, rand);
  test_folder_assert_same (folder, "whole", "trained");
}

static void
make_voices (void)
{
  for (guint i = 0; i < N_VOICES; i++) {
    g_autofree char *name =
        g_strdup_printf ("voices/%s/%u.wav", i % 2 ? "high" : "low", i);
    g_autofree char *path = path_of (name);
    const SyntheticSound sound = { 16000, 1, 1, i % 2 ? 900 : 300, 0.05, i };

    synthetic_write (path, &sound);
  }
}

static void
make_sounds (void)
{
  g_autofree char *model = g_build_filename (
      g_getenv ("EMOTION_TEST_DATA"), "models/synthetic-m3.h5", NULL);
  g_autofree char *model_path = path_of ("model.h5");
  g_autoptr (GString) list = g_string_new (NULL);
  g_autofree char *list_path = path_of ("list");

  g_assert_cmpint (symlink (model, model_path), ==, 0);
  for (guint i = 0; i < N_SOUNDS; i++) {
    g_autofree char *name = g_strdup_printf ("sounds/%02u.wav", i);
    g_autofree char *path = path_of (name);
    const SyntheticSound sound = { 22050, 2, 0.5 + i % 7, 300 + i, 0.05, i };

    synthetic_write (path, &sound);
    g_string_append_printf (list, "%s\n", name);
  }
  g_assert_true (g_file_set_contents (list_path, list->str, list->len, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  make_sounds ();
  make_voices ();
  g_test_add_data_func ("/killed/analyze/shards", &analyze, test_shards);
  g_test_add_data_func ("/killed/analyze/one", &analyze, test_one);
  g_test_add_data_func ("/killed/features/shards", &features, test_shards);
  g_test_add_data_func ("/killed/features/one", &features, test_one);

  g_test_add_data_func (
      "/killed/train/cnn-attention", &cnn_attention, test_training);
  g_test_add_data_func (
      "/killed/train/transformer", &transformer, test_training);

  const int status = g_test_run ();

  test_folder_remove (folder);
  return status;
}
