/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotion-analyze says where GStreamer has few plugins, and where devices
 * are refused: it sees a folder of chosen plugins, and no other. */
#include <gst/gst.h>
#include <string.h>
#include <unistd.h>

#include "tests/folder.h"
#include "tests/gst/analyze-tool.h"

static char *folder; /* sounds */

/* Enough for WAV files and for autoaudiosrc. */
static const char *const few[] = { "coreelements", "playback",
  "typefindfunctions", "wavparse", "autodetect", NULL };

typedef struct {
  char *folder;
  char **envp; /* what the tool is to see */
} Plugins;

static void
add_file (Plugins *self, const char *file)
{
  g_autofree char *name = g_path_get_basename (file);
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  g_assert_cmpint (symlink (file, path), ==, 0);
}

/* FALSE where it is not installed. */
static gboolean
add_plugin (Plugins *self, const char *name)
{
  g_autoptr (GstPlugin) plugin =
      gst_registry_find_plugin (gst_registry_get (), name);

  if (plugin)
    add_file (self, gst_plugin_get_filename (plugin));
  return plugin != NULL;
}

static void
set (Plugins *self, const char *name, const char *value)
{
  self->envp = g_environ_setenv (self->envp, name, value, TRUE);
}

/* The few. Clear with plugins_clear. */
static void
plugins_init (Plugins *self)
{
  g_autofree char *registry = NULL;

  self->folder = test_folder_new ();
  self->envp = g_environ_unsetenv (g_get_environ (), "GST_TRACERS");
  registry = g_build_filename (self->folder, "registry.bin", NULL);
  set (self, "GST_PLUGIN_SYSTEM_PATH_1_0", self->folder);
  set (self, "GST_PLUGIN_PATH_1_0", "");
  set (self, "GST_REGISTRY_1_0", registry);
  /* Plugins with a sanitizer in them cannot be loaded by the scanner. */
  set (self, "GST_REGISTRY_FORK", "no");
  for (guint i = 0; few[i]; i++)
    g_assert_true (add_plugin (self, few[i]));
}

static void
plugins_clear (Plugins *self)
{
  g_strfreev (self->envp);
  test_folder_remove (self->folder);
}

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
assert_contains (const char *text, const char *part)
{
  if (!strstr (text, part))
    g_test_message ("no “%s” in: %s", part, text);
  g_assert_nonnull (strstr (text, part));
}

/* Each file that there is no plugin for has a line that names what is missing
 * and where it comes from; those beside it are analysed. */
static void
test_missing_decoder (void)
{
  static const struct {
    const char *name, *encoder, *missing;
  } cases[] = {
    { "a.flac", "flacenc", "“Free Lossless Audio Codec (FLAC) decoder”" },
    { "b.mp3", "lamemp3enc", "“MPEG-1 Layer 3 (MP3) decoder”" },
    { "c.opus", "opusenc ! oggmux", "“Ogg demuxer”" },
    { "d.mka", "opusenc ! matroskamux", "“Opus decoder”" },
  };
  Plugins plugins;
  GPtrArray *argv = analyze_tool_argv (NULL, NULL);
  g_autofree char *first = path_of ("first.wav");
  g_autofree char *last = path_of ("last.wav");
  g_autofree char *out = NULL, *err = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean is_made[G_N_ELEMENTS (cases)];
  guint n = 0;

  plugins_init (&plugins);
  add_plugin (&plugins, "matroska");
  g_assert_true (analyze_tool_make_sound (first, 1, "wavenc"));
  g_assert_true (analyze_tool_make_sound (last, 1, "wavenc"));
  g_ptr_array_add (argv, g_strdup (first));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = path_of (cases[i].name);

    is_made[i] = analyze_tool_make_sound (path, 1, cases[i].encoder);
    if (!is_made[i])
      continue;
    n++;
    g_ptr_array_add (argv, g_steal_pointer (&path));
  }
  g_ptr_array_add (argv, g_strdup (last));
  g_assert_cmpint (analyze_tool_run (argv, plugins.envp, &out, &err), ==, 1);
  assert_contains (out, first);
  assert_contains (out, last);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *line =
        g_strdup_printf ("/%s: no installed GStreamer plugin can read it: %s "
                         "is missing (Debian: "
                         "apt install gstreamer1.0-plugins-good ",
            cases[i].name, cases[i].missing);

    if (is_made[i])
      assert_contains (err, line);
  }
  lines = g_strsplit (err, "\n", -1);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (g_strv_length (lines), ==, n + 1);
  plugins_clear (&plugins);
}

/* Of two sounds in a file, the one that can be read is. */
static void
test_passed_over (void)
{
  Plugins plugins;
  g_autofree char *path = path_of ("two.mka");
  g_autofree char *out = NULL, *err = NULL;

  plugins_init (&plugins);
  if (!add_plugin (&plugins, "matroska")
      || !analyze_tool_make_sound (path, 1,
          "opusenc ! m. audiotestsrc num-buffers=50 ! m. matroskamux name=m"))
    g_test_skip ("There is no matroskamux, or no opusenc");
  else {
    g_assert_cmpint (analyze_tool_run (analyze_tool_argv (path, NULL),
                         plugins.envp, &out, &err),
        ==, 0);
    assert_contains (out, path);
    assert_contains (err, "part of it was skipped: “Opus decoder”");
    assert_contains (err, "apt install");
  }
  plugins_clear (&plugins);
}

static char *
run_refused (const Plugins *plugins, const char *option, const char *value)
{
  g_autofree char *out = NULL;
  char *err = NULL;

  g_assert_cmpint (analyze_tool_run (analyze_tool_argv ("--record-duration",
                                         "1", option, value, NULL),
                       plugins->envp, &out, &err),
      ==, 1);
  g_assert_cmpstr (out, ==, "");
  return err;
}

/* By its name, and the one that GStreamer takes by itself. */
static void
test_refused_device (void)
{
  static const char *const names[] = { "locked", "forbidden", "busy", NULL };
  Plugins plugins;

  plugins_init (&plugins);
  add_file (&plugins, g_getenv ("EMOTION_LOCKED_DEVICE"));
  for (guint i = 0; i <= G_N_ELEMENTS (names) - 1; i++) {
    g_autofree char *err =
        run_refused (&plugins, names[i] ? "--device" : NULL, names[i]);

    assert_contains (err, ": Could not open audio device for recording. ");
    assert_contains (err, "lack permission to use it, or another program");
    assert_contains (err, "group “audio”");
    assert_contains (err, "--list-devices");
  }
  plugins_clear (&plugins);
}

static void
test_no_device (void)
{
  Plugins plugins;
  g_autofree char *plain = NULL, *named = NULL;

  plugins_init (&plugins);
  plain = run_refused (&plugins, NULL, NULL);
  assert_contains (plain, "no recording device found");
  assert_contains (plain, "analyse an audio file");
  named = run_refused (&plugins, "--device", "nobody");
  assert_contains (named, "no recording device found");
  assert_contains (named, "“nobody”");
  plugins_clear (&plugins);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/diagnosis/missing-decoder", test_missing_decoder);
  g_test_add_func ("/diagnosis/passed-over", test_passed_over);
  g_test_add_func ("/diagnosis/refused-device", test_refused_device);
  g_test_add_func ("/diagnosis/no-device", test_no_device);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
