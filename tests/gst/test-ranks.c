/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tools under mpirun, as a user runs them. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include "tests/folder.h"
#include "tests/gst/synthetic.h"

#define N_SPEAKERS 4
#define N_TAKES 1

static char *folder, *recordings;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* What a program left. */
typedef struct {
  gboolean is_fine;
  char *out, *err;
} Result;

static void
result_clear (Result *result)
{
  g_free (result->out);
  g_free (result->err);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

/* argv of: command ["$@" of a shell, where rank R of mpirun has $R] on n ranks;
 * 0: without mpirun. */
static GPtrArray *
command (guint n, const char *script)
{
  static const char *const mpirun[] = { "mpirun", "--oversubscribe",
    "--allow-run-as-root", "--bind-to", "none", "-n" };
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; n > 0 && i < G_N_ELEMENTS (mpirun); i++)
    g_ptr_array_add (argv, g_strdup (mpirun[i]));
  if (n > 0)
    g_ptr_array_add (argv, g_strdup_printf ("%u", n));
  g_ptr_array_add (argv, g_strdup ("sh"));
  g_ptr_array_add (argv, g_strdup ("-c"));
  g_ptr_array_add (argv,
      g_strconcat ("R=${OMPI_COMM_WORLD_RANK-0}; echo $$ >", folder,
          "/pid.$R; exec ", script, NULL));
  g_ptr_array_add (argv, NULL);
  return argv;
}

static GSubprocess *
start (guint n, const char *script)
{
  g_autoptr (GPtrArray) argv = command (n, script);
  g_autoptr (GError) error = NULL;
  GSubprocess *const process = g_subprocess_newv (
      (const char *const *) argv->pdata,
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);

  g_assert_no_error (error);
  return process;
}

static Result
finish (GSubprocess *process)
{
  g_autoptr (GError) error = NULL;
  Result result = { 0 };

  g_subprocess_communicate_utf8 (
      process, NULL, NULL, &result.out, &result.err, &error);
  g_assert_no_error (error);
  result.is_fine = g_subprocess_get_successful (process);
  g_test_message ("%s%s", result.out, result.err);
  return result;
}

/* format: of the script. */
static Result G_GNUC_PRINTF (2, 3) run (guint n, const char *format, ...)
{
  g_autofree char *script = NULL;
  va_list args;

  va_start (args, format);
  script = g_strdup_vprintf (format, args);
  va_end (args);

  g_autoptr (GSubprocess) process = start (n, script);

  return finish (process);
}

static char *
contents (const char *name, gsize *len)
{
  g_autofree char *path = path_of (name);
  g_autoptr (GError) error = NULL;
  char *text;

  g_file_get_contents (path, &text, len, &error);
  g_assert_no_error (error);
  return text;
}

/* Without what the clock says. */
static char *
report_of (const char *name)
{
  g_autofree char *text = contents (name, NULL);
  g_autoptr (GRegex) seconds =
      g_regex_new ("\"seconds\" *: *[-+.e0-9]+", 0, 0, NULL);

  return g_regex_replace_literal (seconds, text, -1, 0, "", 0, NULL);
}

#define TRAIN                                                                  \
  "\"$EMOTION_TRAIN\" --ravdess %s --split speaker --test-speakers 4 "         \
  "--no-augment --threads 1 --seed 3 --output "

/* One model, whatever the number of ranks: equal files, equal reports. */
static void
test_same (void)
{
  g_autofree char *alone = NULL;
  g_auto (Result) plain =
      run (0, TRAIN "%s/alone.h5 --epochs 2 --report %s/alone", recordings,
          folder, folder);

  g_assert_true (plain.is_fine);
  alone = report_of ("alone/report.json");
  for (guint n = 2; n <= 4; n += 2) {
    g_auto (Result) result =
        run (n, TRAIN "%s/ranks.h5 --epochs 2 --report %s/ranks", recordings,
            folder, folder);
    g_autofree char *report = report_of ("ranks/report.json");

    g_assert_true (result.is_fine);
    test_folder_assert_same (folder, "alone.h5", "ranks.h5");
    g_assert_cmpstr (alone, ==, report);
  }
}

/* A rank dies in mid-epoch: the job ends, and says so; --resume comes to the
 * result of an undisturbed run. */
static void
test_killed (void)
{
  g_autofree char *script =
      g_strdup_printf (TRAIN "%s/killed.h5 --epochs 3", recordings, folder);
  g_autofree char *state = path_of ("killed.h5.state");
  g_autoptr (GSubprocess) process = start (2, script);
  g_autoptr (GDataInputStream) lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree char *pid = NULL;
  g_autofree char *line = NULL;

  do {
    g_free (line);
    line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
    g_assert_nonnull (line);
  } while (!g_str_has_prefix (line, "Epoch   1"));
  pid = contents ("pid.1", NULL);
  kill (atoi (pid), SIGKILL);

  g_auto (Result) killed = finish (process);

  g_assert_false (killed.is_fine);
  g_assert_nonnull (strstr (killed.err, "rank 1"));
  g_assert_true (g_file_test (state, G_FILE_TEST_EXISTS));

  g_auto (Result) resumed =
      run (2, TRAIN "%s/killed.h5 --epochs 3 --resume", recordings, folder);
  g_auto (Result) whole =
      run (0, TRAIN "%s/whole.h5 --epochs 3", recordings, folder);

  g_assert_true (resumed.is_fine && whole.is_fine);
  g_assert_null (strstr (resumed.out, "Epoch   1"));
  test_folder_assert_same (folder, "whole.h5", "killed.h5");
}

/* An error of one rank, whatever it is and when: all end, none hangs, and the
 * reason is printed. */
static void
test_errors (void)
{
  static const struct {
    const char *script, *message;
  } cases[] = {
    { "\"$EMOTION_TRAIN\" --ravdess %s/ravdess$(test $R = 1 && echo absent) "
      "--output %s/never.h5",
        "rank 1: " },
    { "\"$EMOTION_TRAIN\" --ravdess %s/ravdess --seed $R --output %s/never.h5",
        "different options" },
    { "\"$EMOTION_TRAIN\" --ravdess %s/ravdess --epochs 1 --no-augment "
      "--output %s/absent/never.h5",
        "absent/never.h5" },
    { "\"$EMOTION_TRAIN\" --ravdess %s/ravdess --no-such-option%s",
        "no-such-option" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *script = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    script = g_strdup_printf (cases[i].script, folder, folder);
#pragma GCC diagnostic pop
    g_auto (Result) result = run (2, "%s", script);

    g_assert_false (result.is_fine);
    g_assert_nonnull (strstr (result.err, cases[i].message));
  }
}

/* The tasks of an experiment on the ranks there are. */
static void
test_tasks (void)
{
  const char *const format =
      "\"$EMOTION_TRAIN\" --ravdess %s --cross-validate speakers:4 --seeds 2 "
      "--model simple --no-augment --epochs 1 --quiet --output %s/part";
  g_autofree char *script = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  script = g_strdup_printf (format, recordings, folder);
#pragma GCC diagnostic pop
  g_auto (Result) alone = run (0, "%s", script);
  g_auto (Result) ranks = run (3, "%s", script);

  g_assert_true (alone.is_fine && ranks.is_fine);
  g_assert_nonnull (strstr (alone.out, "all 8 tasks"));
  g_assert_cmpstr (alone.out, ==, ranks.out);
}

/* Files handed out to the ranks; one cannot be read. The output and the part
 * are those of one process. */
static void
test_analyze (void)
{
  static const char *const options[] = { "", "--resume", "--shard 1/1" };
  g_autofree char *list = path_of ("list.txt");
  g_autofree char *script = g_strdup_printf (
      "find %s -name '*.wav' | sort >%s; echo /nowhere.wav >>%s", recordings,
      list, list);
  g_auto (Result) listed = run (0, "sh -c \"%s\"", script);

  g_assert_true (listed.is_fine);
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    g_auto (Result) alone = run (0,
        "\"$EMOTION_ANALYZE\" --files-from %s --format json --quiet %s "
        "--output %s/alone.json",
        list, options[i], folder);
    g_auto (Result) ranks = run (3,
        "\"$EMOTION_ANALYZE\" --files-from %s --format json --quiet %s "
        "--output %s/ranks.json",
        list, options[i], folder);

    g_assert_false (alone.is_fine || ranks.is_fine);
    g_assert_nonnull (strstr (ranks.err, "/nowhere.wav"));
    test_folder_assert_same (folder, "alone.json", "ranks.json");
  }
}

/* --evaluate prints the same. */
static void
test_evaluate (void)
{
  g_auto (Result) alone =
      run (0, "\"$EMOTION_TRAIN\" --ravdess %s --evaluate %s/alone.h5",
          recordings, folder);
  g_auto (Result) ranks =
      run (3, "\"$EMOTION_TRAIN\" --ravdess %s --evaluate %s/alone.h5",
          recordings, folder);

  g_assert_true (alone.is_fine && ranks.is_fine);
  g_assert_cmpstr (alone.out, ==, ranks.out);
}

int
main (int argc, char **argv)
{
  g_autofree char *mpirun = g_find_program_in_path ("mpirun");

  g_test_init (&argc, &argv, NULL);
  if (!mpirun) {
    g_print ("1..0 # SKIP mpirun (openmpi-bin) is absent\n");
    return 0;
  }
  folder = test_folder_new ();
  recordings = path_of ("ravdess");
  synthetic_ravdess (recordings, N_SPEAKERS, N_TAKES);
  g_test_add_func ("/ranks/same", test_same);
  g_test_add_func ("/ranks/killed", test_killed);
  g_test_add_func ("/ranks/errors", test_errors);
  g_test_add_func ("/ranks/evaluate", test_evaluate);
  g_test_add_func ("/ranks/tasks", test_tasks);
  g_test_add_func ("/ranks/analyze", test_analyze);

  const int status = g_test_run ();

  test_folder_remove (folder);
  g_free (recordings);
  return status;
}
