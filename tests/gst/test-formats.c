/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of emotion-analyze: what made-up windows become, and what
 * programs that we did not write read in it: GStreamer's parsers of subtitles,
 * and Praat where it is installed. */
#include <string.h>

#include "gst/tools/report.h"
#include "tests/folder.h"
#include "tests/gst/made-result.h"

/* Every name that a label or a file may have, and a format may stumble over;
 * what is not UTF-8 is made so. */
static const char *const hostile[] = {
  "<script>alert(1)</script>",
  "</b> & <i>\"it's\"</i>",
  "{\\an8}top {b}",
  "--> 00:00:09.000",
  "\u202eright to left\u200f",
  "zero\u2028line\u2029paragraph",
  "9",
  "back\\slash \\n % %s",
  "schön 音声 😀",
};

static char *folder;

/* What all windows come to in a format, and their labels (NULL: the nine). */
static char *
write_all (const ToolReportFormat *format, const char *source, const Made *made,
    guint n, const char *const *labels)
{
  g_autoptr (ToolReport) report = tool_report_new (format, source);
  g_autofree char *head = tool_report_head (format, labels, 0);
  GString *out = g_string_new (head);

  for (guint i = 0; i < n; i++) {
    g_autoptr (GstEmotionResult) result = made_result (&made[i]);

    if (labels) {
      gst_emotion_labels_unref (result->labels);
      result->labels = gst_emotion_labels_new (labels, NULL);
      g_assert_nonnull (result->labels);
    }
    tool_report_window (report, result, out);
  }
  tool_report_summary (report, out);
  return g_string_free (out, FALSE);
}

/* Labels: 2 happy, 3 sad; -1 unknown, -2 silence. */
static const Made windows[] = {
  { 0, 0, 3000, 2, 0.9 },
  { 1, 3000, 3000, 2, 0.5 },
  { 2, 6000, 3000, -2, 0 },
  { 3, 9000, 3000, -1, 0.2 },
  { 4, 12000, 3000, 3, 0.7 },
  { 5, 15000, 1234, 2, 0.7 },
};

/* Windows of 3 s, each second. */
static const Made overlapping[] = {
  { 0, 0, 3000, 2, 0.9 },
  { 1, 1000, 3000, 2, 0.9 },
  { 2, 2000, 3000, 3, 0.9 },
  { 3, 3000, 3000, -1, 0.1 },
  { 4, 4000, 3000, 3, 0.9 },
  { 5, 5000, 3000, 3, 0.9 },
};

/* With a gap of 2 s between two of the same emotion. */
static const Made sparse[] = {
  { 0, 1000, 3000, 2, 0.9 },
  { 1, 6000, 3000, 2, 0.9 },
};

/* Time jumps back over the first, and then into it. */
static const Made jumping[] = {
  { 0, 5000, 3000, 2, 0.9 },
  { 1, 1000, 3000, 3, 0.9 },
  { 2, 7000, 3000, 3, 0.9 },
};

static const struct {
  const char *name;
  const Made *made;
  guint n;
  gboolean each_window;
  const char *audacity;
} cases[] = {
  { "runs", windows, G_N_ELEMENTS (windows), FALSE,
      "0.0\t6.0\thappy\n12.0\t15.0\tsad\n15.0\t16.234\thappy\n" },
  { "each-window", windows, G_N_ELEMENTS (windows), TRUE,
      "0.0\t3.0\thappy\n3.0\t6.0\thappy\n12.0\t15.0\tsad\n"
      "15.0\t16.234\thappy\n" },
  { "overlapping", overlapping, G_N_ELEMENTS (overlapping), FALSE,
      "0.0\t2.0\thappy\n2.0\t3.0\tsad\n4.0\t8.0\tsad\n" },
  { "overlapping-each", overlapping, G_N_ELEMENTS (overlapping), TRUE,
      "0.0\t1.0\thappy\n1.0\t2.0\thappy\n2.0\t3.0\tsad\n4.0\t5.0\tsad\n"
      "5.0\t8.0\tsad\n" },
  { "sparse", sparse, G_N_ELEMENTS (sparse), FALSE,
      "1.0\t4.0\thappy\n6.0\t9.0\thappy\n" },
  { "jumping", jumping, G_N_ELEMENTS (jumping), FALSE,
      "5.0\t8.0\thappy\n8.0\t10.0\tsad\n" },
  { "nothing", &windows[2], 2, FALSE, "" },
};

static void
test_cues (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  const ToolReportFormat format = { .writer =
                                        tool_report_writer_find ("audacity"),
    .each_window = cases[i].each_window };
  g_autofree char *text =
      write_all (&format, "a.wav", cases[i].made, cases[i].n, NULL);

  g_assert_cmpstr (text, ==, cases[i].audacity);
}

static const struct {
  const char *nick, *text;
} formats[] = {
  { "vtt",
      "WEBVTT\n\n"
      "00:00:00.000 --> 00:00:06.000\nhappy\n\n"
      "00:00:12.000 --> 00:00:15.000\nsad\n\n"
      "00:00:15.000 --> 00:00:16.234\nhappy\n\n" },
  { "srt",
      "1\n00:00:00,000 --> 00:00:06,000\nhappy\n\n"
      "2\n00:00:12,000 --> 00:00:15,000\nsad\n\n"
      "3\n00:00:15,000 --> 00:00:16,234\nhappy\n\n" },
  { "textgrid",
      "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n"
      "xmin = 0.0\nxmax = 16.234\ntiers? <exists>\nsize = 1\nitem []:\n"
      "    item [1]:\n"
      "        class = \"IntervalTier\"\n        name = \"a \"\"b\"\".wav\"\n"
      "        xmin = 0.0\n        xmax = 16.234\n"
      "        intervals: size = 4\n"
      "        intervals [1]:\n"
      "            xmin = 0.0\n            xmax = 6.0\n"
      "            text = \"happy\"\n"
      "        intervals [2]:\n"
      "            xmin = 6.0\n            xmax = 12.0\n"
      "            text = \"\"\n"
      "        intervals [3]:\n"
      "            xmin = 12.0\n            xmax = 15.0\n"
      "            text = \"sad\"\n"
      "        intervals [4]:\n"
      "            xmin = 15.0\n            xmax = 16.234\n"
      "            text = \"happy\"\n" },
};

static void
test_format (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  const ToolReportFormat format = { .writer = tool_report_writer_find (
                                        formats[i].nick) };
  g_autofree char *text = write_all (
      &format, "x/a \"b\".wav", windows, G_N_ELEMENTS (windows), NULL);

  g_assert_cmpstr (text, ==, formats[i].text);
}

/* Each hostile label has a window; the file is called like the first. Returns
 * the path of what was written. */
static char *
write_hostile (const char *nick, const char *source)
{
  const ToolReportFormat format = { .writer = tool_report_writer_find (nick) };
  const char *labels[G_N_ELEMENTS (hostile) + 1] = { NULL };
  Made made[G_N_ELEMENTS (hostile)];
  g_autofree char *text = NULL;
  char *path = g_build_filename (folder, nick, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    labels[i] = hostile[i];
    made[i] = (Made){ i, 4000 * i, 3000, i, 0.9 };
  }
  text = write_all (&format, source, made, G_N_ELEMENTS (made), labels);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

/* A label on one line. */
static char *
plain (const char *text)
{
  GString *out = g_string_new (text);

  g_string_replace (out, "\u2028", " ", 0);
  g_string_replace (out, "\u2029", " ", 0);
  return g_string_free (out, FALSE);
}

static void
take_text (GMarkupParseContext *context, const char *text, gsize len,
    gpointer user_data, GError **error)
{
  g_string_append_len (user_data, text, (gssize) len);
}

/* What is left of markup for the eye, which sees no WORD JOINER. */
static char *
shown_text (const char *markup)
{
  static const GMarkupParser parser = { .text = take_text };
  GString *out = g_string_new (NULL);
  g_autofree char *document = g_strdup_printf ("<m>%s</m>", markup);
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&parser, 0, out, NULL);
  g_autoptr (GError) error = NULL;

  g_markup_parse_context_parse (context, document, -1, &error);
  g_assert_no_error (error);
  g_string_replace (out, "\u2060", "", 0);
  return g_string_free (out, FALSE);
}

static void
take_buffer (GPtrArray *buffers, GstBuffer *buffer)
{
  g_ptr_array_add (buffers, gst_buffer_ref (buffer));
}

/* Buffers of text out of GStreamer's parser of the file. */
static GPtrArray *
parse_subtitles (const char *path)
{
  g_autofree char *text =
      g_strdup_printf ("filesrc location=%s ! subparse ! fakesink name=sink "
                       "signal-handoffs=true sync=false",
          path);
  GPtrArray *buffers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  GstElement *pipeline =
      gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) end = NULL;

  if (!pipeline) {
    g_ptr_array_unref (buffers);
    return NULL;
  }
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect_swapped (sink, "handoff", G_CALLBACK (take_buffer), buffers);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, 30 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return buffers;
}

/* The parser gives pango markup; its plain text is the label. Of WebVTT it
 * leaves the entities as they are (gst-plugins-base 1.22): they are resolved
 * here, where that is so. */
static void
test_subtitles (gconstpointer nick)
{
  g_autofree char *path = write_hostile (nick, hostile[0]);
  g_autoptr (GPtrArray) buffers = parse_subtitles (path);

  if (!buffers) {
    g_test_skip ("there is no subparse (gst-plugins-base)");
    return;
  }
  g_assert_cmpuint (buffers->len, ==, G_N_ELEMENTS (hostile));
  for (guint i = 0; i < buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (buffers, i);
    g_autofree char *expected = plain (hostile[i]);
    g_autofree char *shown = NULL;
    g_autofree char *text = NULL;
    GstMapInfo map;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    text = g_strndup ((const char *) map.data, map.size);
    gst_buffer_unmap (buffer, &map);
    shown = shown_text (text);
    if (g_str_equal (nick, "vtt")
        && !g_str_equal (g_strchomp (shown), expected)) {
      g_autofree char *escaped = g_steal_pointer (&shown);

      shown = shown_text (escaped);
    }
    g_assert_cmpstr (g_strchomp (shown), ==, expected);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 4 * i * GST_SECOND);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 3 * GST_SECOND);
  }
}

/* Start and end in seconds, and a text, with tabs between them. */
static void
test_audacity (void)
{
  g_autofree char *path = write_hostile ("audacity", hostile[0]);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, G_N_ELEMENTS (hostile) + 1);
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    g_autofree char *expected = plain (hostile[i]);
    g_auto (GStrv) fields = g_strsplit (lines[i], "\t", -1);

    g_assert_cmpuint (g_strv_length (fields), ==, 3);
    g_assert_cmpfloat (g_ascii_strtod (fields[0], NULL), ==, 4 * i);
    g_assert_cmpfloat (g_ascii_strtod (fields[1], NULL), ==, 4 * i + 3);
    g_assert_cmpstr (fields[2], ==, expected);
  }
}

/* A script of Praat that prints a TextGrid, with a character between fields and
 * between lines that no label has. */
static const char praat_script[] =
    "form Read\n  sentence path\nendform\n"
    "Read from file: path$\n"
    "name$ = Get tier name: 1\n"
    "appendInfo: name$, unicode$ (1)\n"
    "n = Get number of intervals: 1\n"
    "for i to n\n"
    "  start = Get start time of interval: 1, i\n"
    "  end = Get end time of interval: 1, i\n"
    "  label$ = Get label of interval: 1, i\n"
    "  appendInfo: fixed$ (start, 6), unicode$ (2), fixed$ (end, 6), "
    "unicode$ (2), label$, unicode$ (1)\n"
    "endfor\n";

static void
test_praat (void)
{
  g_autofree char *path = write_hostile ("textgrid", hostile[1]);
  g_autofree char *script = g_build_filename (folder, "read.praat", NULL);
  g_autofree char *name = g_path_get_basename (hostile[1]);
  g_autofree char *out = NULL, *err = NULL;
  g_auto (GStrv) lines = NULL;
  char *argv[] = { "praat", "--run", script, path, NULL };
  int status;

  g_assert_true (g_file_set_contents (script, praat_script, -1, NULL));
  if (!g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
          &err, &status, NULL)) {
    g_test_skip ("there is no praat");
    return;
  }
  g_assert_cmpint (status, ==, 0);
  lines = g_strsplit (out, "\x01", -1);
  /* The name, each label, a gap between any two, and what follows the last. */
  g_assert_cmpuint (
      g_strv_length (lines), ==, 1 + 2 * G_N_ELEMENTS (hostile) - 1 + 1);
  g_assert_cmpstr (lines[0], ==, name);
  for (guint i = 0; i < 2 * G_N_ELEMENTS (hostile) - 1; i++) {
    g_auto (GStrv) fields = g_strsplit (lines[1 + i], "\x02", -1);
    const gdouble start = 4 * (i / 2) + (i % 2 ? 3 : 0);

    g_assert_cmpuint (g_strv_length (fields), ==, 3);
    g_assert_cmpfloat (g_ascii_strtod (fields[0], NULL), ==, start);
    g_assert_cmpfloat (
        g_ascii_strtod (fields[1], NULL), ==, start + (i % 2 ? 1 : 3));
    g_assert_cmpstr (fields[2], ==, i % 2 ? "" : hostile[i / 2]);
  }
}

/* Every file name is text in the formats that have it; not UTF-8, too. */
static void
test_names (void)
{
  static const char not_utf8[] = "a\xff\n\"b\",\t</script>";
  static const struct {
    const char *nick, *expected;
  } names[] = {
    { "json", "{\"file\": \"a\\\\xff\\u000a\\\"b\\\",\\u0009</script>\", " },
    { "csv", "\"a\\xff\n\"\"b\"\",\t</script>\"," },
    { "textgrid", " name = \"script>\"\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const ToolReportFormat format = { .writer = tool_report_writer_find (
                                          names[i].nick) };
    g_autofree char *text =
        write_all (&format, not_utf8, windows, G_N_ELEMENTS (windows), NULL);

    g_assert_true (g_utf8_validate (text, -1, NULL));
    if (!strstr (text, names[i].expected))
      g_test_message ("%s", text);
    g_assert_nonnull (strstr (text, names[i].expected));
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  folder = test_folder_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/formats/cues/%s", cases[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_cues);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *path =
        g_strdup_printf ("/formats/text/%s", formats[i].nick);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_format);
  }
  g_test_add_data_func ("/formats/parsed/vtt", "vtt", test_subtitles);
  g_test_add_data_func ("/formats/parsed/srt", "srt", test_subtitles);
  g_test_add_func ("/formats/parsed/audacity", test_audacity);
  g_test_add_func ("/formats/parsed/textgrid", test_praat);
  g_test_add_func ("/formats/names", test_names);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
