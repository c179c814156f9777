/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/analyze-tool.h"

#include <gst/gst.h>

#include "tests/gst/fixture.h"

gboolean
analyze_tool_make_sound (const char *path, gdouble seconds, const char *encoder)
{
  g_autofree char *text = g_strdup_printf (
      "audiotestsrc wave=ticks volume=0.5 samplesperbuffer=441 num-buffers=%d "
      "! audio/x-raw,rate=22050,channels=2 ! audioconvert ! audioresample ! %s "
      "! filesink name=sink",
      (gint) (seconds * 50), encoder);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline =
      gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) end = NULL;

  if (!pipeline)
    return FALSE;
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  bus = gst_element_get_bus (pipeline);
  g_object_set (sink, "location", path, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return TRUE;
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
