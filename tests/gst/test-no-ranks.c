/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A build without MPI works alone, and says so where it is asked for more. */
#include <string.h>
#include <sys/wait.h>

#include "gst/ranks/ranks.h"

static void
test_launched (void)
{
  static const struct {
    const char *variables[3];
    guint n;
  } cases[] = {
    { { NULL }, 1 },
    { { "OMPI_COMM_WORLD_SIZE=4" }, 4 },
    { { "OMPI_COMM_WORLD_SIZE=1" }, 1 },
    { { "PMI_SIZE=3" }, 3 },
    { { "PMI_SIZE=many" }, 1 },
    { { "PMIX_RANK=0", "SLURM_STEP_NUM_TASKS=8" }, 8 },
    { { "SLURM_STEP_NUM_TASKS=8" }, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    for (gsize k = 0; k < 3 && cases[i].variables[k]; k++) {
      g_auto (GStrv) sides = g_strsplit (cases[i].variables[k], "=", 2);

      g_setenv (sides[0], sides[1], TRUE);
    }
    g_assert_cmpuint (ranks_launched (), ==, cases[i].n);

    g_autoptr (Ranks) ranks = ranks_new (&error);

    g_assert_true ((ranks != NULL) == (cases[i].n == 1));
    if (!ranks) {
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, "-Dmpi=enabled"));
    }
    for (gsize k = 0; k < 3 && cases[i].variables[k]; k++) {
      g_auto (GStrv) sides = g_strsplit (cases[i].variables[k], "=", 2);

      g_unsetenv (sides[0]);
    }
  }
}

static void
test_alone (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Ranks) ranks = ranks_new (&error);

  g_assert_no_error (error);
  g_assert_cmpuint (ranks_size (ranks), ==, 1);
  g_assert_cmpuint (ranks_index (ranks), ==, 0);
  g_assert_cmpuint (ranks_n_processors (ranks), ==, g_get_num_processors ());
  g_assert_true (ranks_agree (ranks, TRUE, &error));
  g_assert_false (ranks_agree (ranks, FALSE, &error));
  g_assert_true (ranks_have_same (ranks, "x", 1));
}

/* The tools of a build without MPI, started by a launcher: they say so. */
static void
test_tools (void)
{
  static const char *const variables[] = { "EMOTION_ANALYZE", "EMOTION_TRAIN" };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    const char *const argv[] = { g_getenv (variables[i]), "--version", NULL };
    g_auto (GStrv) envp =
        g_environ_setenv (g_get_environ (), "OMPI_COMM_WORLD_SIZE", "2", TRUE);
    g_autofree char *err = NULL;
    g_autoptr (GError) error = NULL;
    int status;

    g_spawn_sync (NULL, (char **) argv, envp, G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
        NULL, NULL, &err, &status, &error);
    g_assert_no_error (error);
    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), !=, 0);
    g_assert_nonnull (strstr (err, "one of 2 processes"));
    g_assert_nonnull (strstr (err, "-Dmpi=enabled"));
  }
}

int
main (int argc, char **argv)
{
  static const char *const variables[] = { "OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
    "PMI_RANK", "PMIX_RANK", "SLURM_STEP_NUM_TASKS" };

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_unsetenv (variables[i]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ranks/none/launched", test_launched);
  g_test_add_func ("/ranks/none/alone", test_alone);
  if (g_getenv ("EMOTION_TRAIN"))
    g_test_add_func ("/ranks/none/tools", test_tools);
  return g_test_run ();
}
