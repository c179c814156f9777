/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/analyze-tool.h"

#include <gst/gst.h>

#include "tests/gst/fixture.h"
#include "tests/gst/made-media.h"

gboolean
analyze_tool_make_sound (const char *path, gdouble seconds, const char *encoder)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *made = made_media (folder, name,
      "audiotestsrc wave=ticks volume=0.5 samplesperbuffer=441 num-buffers=%d "
      "! audio/x-raw,rate=22050,channels=2 ! audioconvert ! audioresample ! "
      "%s" MADE_MEDIA_SINK,
      (gint) (seconds * 50), encoder);

  return made != NULL;
}

GPtrArray *
analyze_tool_argv (const char *first, ...)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);
  va_list args;

  g_ptr_array_add (argv, g_strdup (g_getenv ("EMOTION_ANALYZE")));
  g_ptr_array_add (argv, g_strdup ("--model"));
  g_ptr_array_add (argv, fixture_data (MODEL_M3));
  /* Most sounds of the tests are no voices. */
  g_ptr_array_add (argv, g_strdup ("--min-voice"));
  g_ptr_array_add (argv, g_strdup ("0"));
  va_start (args, first);
  for (const char *arg = first; arg; arg = va_arg (args, const char *))
    g_ptr_array_add (argv, g_strdup (arg));
  va_end (args);
  return argv;
}

int
analyze_tool_run (GPtrArray *argv, char **envp, char **out, char **err)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_ptr_array_add (argv, NULL);
  /* Nothing else may be printed among the lines of TAP. */
  g_spawn_sync (NULL, (char **) argv->pdata, envp,
      out ? G_SPAWN_DEFAULT : G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, out, err,
      &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  g_ptr_array_unref (argv);
  return WEXITSTATUS (status);
}
