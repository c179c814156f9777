/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-analyze at a microphone: a PulseAudio server of our own, whose null
 * sink plays a sound that never changes, so that any window of it is like any
 * other and like those of a file. */
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/bench/pulse.h"
#include "tests/folder.h"
#include "tests/gst/analyze-tool.h"

#define SOUND "audiotestsrc wave=saw freq=150 volume=0.4"

static GstElement *player;

static GstElement *
play (void)
{
  GstElement *pipeline = gst_parse_launch (SOUND
      " is-live=true ! audio/x-raw,rate=44100,channels=2 "
      "! pulsesink device=" BENCH_PULSE_SINK,
      NULL);

  g_assert_nonnull (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), !=,
      GST_STATE_CHANGE_FAILURE);
  return pipeline;
}

/* The windows in lines of JSON, but not the summary. */
static guint
parse (const char *text, gdouble *probabilities, char **emotion)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = 0;

  for (guint i = 0; *lines[i]; i++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *object, *p;
    g_autoptr (GList) values = NULL;
    guint k = 0;

    g_assert_true (json_parser_load_from_data (parser, lines[i], -1, NULL));
    object = json_node_get_object (json_parser_get_root (parser));
    if (json_object_has_member (object, "summary"))
      continue;
    n++;
    p = json_object_get_object_member (object, "probabilities");
    values = json_object_get_values (p);
    for (GList *value = values; value; value = value->next)
      probabilities[k++] = json_node_get_double (value->data);
    g_free (*emotion);
    *emotion = g_strdup (json_object_get_string_member (object, "emotion"));
  }
  return n;
}

static void
analyze_file (gdouble *probabilities, char **emotion)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "steady.wav", NULL);
  g_autofree char *text = g_strdup_printf (SOUND
      " num-buffers=300 samplesperbuffer=441 ! "
      "audio/x-raw,rate=44100,channels=2 ! wavenc ! filesink location=%s",
      path);
  GstElement *pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end = NULL;
  g_autofree char *out = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--format", "json", path, NULL), NULL, &out, NULL),
      ==, 0);
  g_assert_cmpuint (parse (out, probabilities, emotion), ==, 1);
  test_folder_remove (folder);
}

static void
test_same_as_file (void)
{
  gdouble heard[9] = { 0 }, read[9] = { 0 };
  g_autofree char *heard_emotion = NULL, *read_emotion = NULL;
  g_autofree char *out = NULL;

  analyze_file (read, &read_emotion);
  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--format", "json", "--device",
              BENCH_PULSE_SINK ".monitor", "--record-duration", "6", NULL),
          NULL, &out, NULL),
      ==, 0);
  g_assert_cmpuint (parse (out, heard, &heard_emotion), >=, 1);
  g_assert_cmpstr (heard_emotion, ==, read_emotion);
  for (guint i = 0; i < 9; i++)
    g_assert_cmpfloat_with_epsilon (heard[i], read[i], 0.05);
}

/* Without a name: the one that the system prefers, until Ctrl-C; what was heard
 * is told in the end. */
static void
test_interrupt (void)
{
  GPtrArray *argv = analyze_tool_argv ("--format", "json", "--follow", NULL);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GIOChannel) channel = NULL;
  gdouble probabilities[9];
  g_autofree char *emotion = NULL;
  GPid pid;
  gint fd;
  int status;

  g_ptr_array_add (argv, NULL);
  g_assert_true (g_spawn_async_with_pipes (NULL, (char **) argv->pdata, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &fd, NULL, NULL));
  g_ptr_array_unref (argv);
  channel = g_io_channel_unix_new (fd);
  g_io_channel_set_close_on_unref (channel, TRUE);
  for (gboolean stopped = FALSE;;) {
    g_autofree char *line = NULL;

    if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL)
        != G_IO_STATUS_NORMAL)
      break;
    g_string_append (out, line);
    if (!stopped)
      kill (pid, SIGINT); /* at the first window */
    stopped = TRUE;
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_cmpuint (parse (out->str, probabilities, &emotion), >=, 1);
  g_assert_nonnull (strstr (out->str, "\"file\": \"microphone\""));
  g_assert_nonnull (strstr (out->str, "\"summary\": true"));
}

static void
test_devices (void)
{
  g_autofree char *out = NULL, *err = NULL;

  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--list-devices", NULL),
                       NULL, &out, NULL),
      ==, 0);
  g_assert_true (g_str_has_prefix (out, BENCH_PULSE_SINK ".monitor\t"));
  g_assert_cmpint (
      analyze_tool_run (
          analyze_tool_argv ("--device", "nobody", NULL), NULL, NULL, &err),
      ==, 1);
  g_assert_nonnull (strstr (err, "“nobody”"));
  g_assert_nonnull (strstr (err, "--list-devices"));
}

int
main (int argc, char **argv)
{
  BenchPulse *pulse;
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  pulse = gst_registry_check_feature_version (
              gst_registry_get (), "pulsesink", 1, 0, 0)
      ? bench_pulse_start ()
      : NULL;
  if (!pulse) {
    g_print ("1..0 # SKIP there is no PulseAudio\n");
    return 0;
  }
  player = play ();
  g_test_add_func ("/microphone/devices", test_devices);
  g_test_add_func ("/microphone/same-as-file", test_same_as_file);
  g_test_add_func ("/microphone/interrupt", test_interrupt);
  status = g_test_run ();
  gst_element_set_state (player, GST_STATE_NULL);
  gst_object_unref (player);
  bench_pulse_stop (pulse);
  return status;
}
