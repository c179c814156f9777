/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of GStreamer that the tools leave behind, as GStreamer's own tracer
 * counts them: none, with sounds that can be read and ones that cannot. */
#include <glib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/folder.h"
#include "tests/gst/synthetic.h"

/* As the tracer logs them: each that is left, and, when it begins, the form. */
#define ALIVE "object-alive, type-name=(string)"
#define FORM ALIVE "%s"

static char *folder; /* of the sounds; the programs run in it */

static const struct {
  const char *name, *program, *arguments;
  int status;
} cases[] = {
  { "analyze", "EMOTION_ANALYZE",
      "--model model.h5 --jobs 2 ravdess/Actor_01 bad.wav", 1 },
  { "features", "EMOTION_FEATURES",
      "--quiet --threads 2 --output features.h5 --files-from list", 1 },
  { "train", "EMOTION_TRAIN",
      "--ravdess ravdess --model simple --epochs 1 --threads 2 --quiet "
      "--output trained.h5",
      1 },
  { "train-evaluate", "EMOTION_TRAIN",
      "--ravdess ravdess/Actor_01 --threads 2 --evaluate model.h5", 0 },
};

static void
test_leaks (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *line = g_strdup_printf (
      "%s %s", g_getenv (cases[i].program), cases[i].arguments);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_auto (GStrv) envp =
      g_environ_setenv (g_get_environ (), "GST_TRACERS", "leaks", TRUE);
  g_autoptr (GError) error = NULL;
  g_autofree char *err = NULL;
  int status;

  envp = g_environ_setenv (envp, "GST_DEBUG", "GST_TRACER:7,GST_INIT:4", TRUE);
  envp = g_environ_setenv (envp, "GST_DEBUG_NO_COLOR", "1", TRUE);
  g_spawn_sync (folder, argv, envp, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
      NULL, &err, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, cases[i].status);
  /* It counts when GStreamer ends. */
  g_assert_nonnull (strstr (err, FORM));
  g_assert_nonnull (strstr (err, "deinitialized GStreamer"));
  for (char *at = strstr (err, ALIVE); at; at = strstr (at + 1, ALIVE))
    if (!g_str_has_prefix (at, FORM)) {
      g_test_message ("%.200s", at);
      g_test_fail ();
    }
}

static void
write_text (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
make_sounds (void)
{
  g_autofree char *recordings = g_build_filename (folder, "ravdess", NULL);
  g_autofree char *model = g_build_filename (
      g_getenv ("EMOTION_TEST_DATA"), "models/synthetic-m3.h5", NULL);
  g_autofree char *copy = g_build_filename (folder, "model.h5", NULL);
  g_autofree char *bytes = NULL;
  gsize len;

  synthetic_ravdess (recordings, 3, 1);
  g_assert_true (g_file_get_contents (model, &bytes, &len, NULL));
  g_assert_true (g_file_set_contents (copy, bytes, len, NULL));
  write_text ("bad.wav", "no sound");
  write_text ("ravdess/Actor_02/03-01-01-01-02-01-02.wav", "no sound");
  write_text ("list",
      "ravdess/Actor_01/03-01-01-01-01-01-01.wav\nbad.wav\nabsent.wav\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  make_sounds ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/tool-leaks/", cases[i].name, NULL);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_leaks);
  }

  const int status = g_test_run ();

  test_folder_remove (folder);
  return status;
}
