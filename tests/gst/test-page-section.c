/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotion-analyze --html is made of. What people do with it is tried in a
 * browser by page.py. */
#include <string.h>

#include "gst/page/page.h"
#include "gst/tools/page-file.h"
#include "gst/tools/page-section.h"
#include "gst/tools/report.h"
#include "gst/tools/sound-link.h"
#include "tests/folder.h"
#include "tests/gst/made-result.h"

#define MAX_PAGE (5 * 1000 * 1000) /* bytes, of 3 hours */

/* A page of one source of so many hours, with a window each second, no two
 * neighbours of which have the same emotion. */
static gsize
page_size (const char *path, guint hours)
{
  const ToolReportFormat format = { .writer =
                                        tool_report_writer_find ("json") };
  const ToolPageLink link = { .number = 1, .url = "talk.flac" };
  g_autoptr (ToolReport) report = tool_report_new (&format, "talk.flac");
  g_autoptr (ToolPageSection) section = tool_page_section_new ();
  g_autoptr (GstCaps) caps = gst_caps_from_string (MADE_CAPS);
  g_autoptr (GString) ignored = g_string_new (NULL);
  g_autofree char *html = NULL, *text = NULL;
  g_autoptr (ToolPageFile) file = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;

  for (guint i = 0; i < hours * 3600; i++) {
    const Made made = { i, 1000 * i, 3000, i % 9, 0.5 + 0.4 * (i % 7) / 7 };
    g_autoptr (GstEmotionResult) result = made_result (&made);
    GstBuffer *buffer = made_sound (1000 * i, 1000);

    gst_buffer_memset (buffer, 0, (guint8) i, 16000 / (1 + i % 5));
    tool_page_section_add_sound (section, buffer, caps);
    gst_buffer_unref (buffer);
    tool_page_section_add_window (
        section, tool_report_window (report, result, ignored));
    g_string_truncate (ignored, 0);
  }
  html = tool_page_section_write (
      section, tool_report_summary (report, ignored), &link);
  file = tool_page_file_new (path, &error);
  g_assert_no_error (error);
  tool_page_file_add (file, html);
  g_assert_true (tool_page_file_finish (file, &error));
  g_assert_true (g_file_get_contents (path, &text, &len, NULL));
  return len;
}

/* Three hours stay below 5 MB, whatever is said of them. */
static void
test_size (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "page.html", NULL);
  const gsize len = page_size (path, 3);

  g_test_message ("3 hours: %" G_GSIZE_FORMAT " bytes", len);
  g_assert_cmpuint (len, <, MAX_PAGE);
  g_assert_cmpuint (len, >, page_size (path, 1));
  test_folder_remove (folder);
}

/* From the folder of a page to a sound; NULL: there is no way. */
static const struct {
  const char *page, *source, *url;
} links[] = {
  { "/a/b/page.html", "/a/b/x.wav", "x.wav" },
  { "/a/b/page.html", "/a/b/c/x.wav", "c/x.wav" },
  { "/a/b/page.html", "/a/x.wav", "../x.wav" },
  { "/a/b/page.html", "/a/bc/x.wav", "../bc/x.wav" },
  { "/a/bc/page.html", "/a/b/x.wav", "../b/x.wav" },
  { "/a/b/page.html", "/x.wav", "../../x.wav" },
  { "/page.html", "/a/x.wav", "a/x.wav" },
  { "/a/page.html", "/a/b/../x.wav", "x.wav" },
  { "/a/page.html", "file:///a/x%20y.wav", "x%20y.wav" },
  { "/a/page.html", "/a/a: b?c#d%\"<'&.wav",
      "a%3A%20b%3Fc%23d%25%22%3C%27%26.wav" },
  { "/a/page.html", "/a/\xff\xc3\xa9.wav", "%FF%C3%A9.wav" },
  { "/a/page.html", "https://host/x.wav?a=1&b=\"2\"",
      "https://host/x.wav?a=1&amp;b=&quot;2&quot;" },
  { "/a/page.html", "rtsp://host/x", NULL },
  { "/a/page.html", "javascript:alert(1)", NULL },
};

static void
test_links (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (links); i++) {
    g_autoptr (GString) url = g_string_new (NULL);

    g_assert_true (tool_sound_link (url, links[i].source, links[i].page)
        == (links[i].url != NULL));
    g_assert_cmpstr (url->str, ==, links[i].url ? links[i].url : "");
  }
}

static const struct {
  const char *text, *html;
} texts[] = {
  { "plain é 音", "plain é 音" },
  { "<script>\"'&", "&lt;script&gt;&quot;&#39;&amp;" },
  { "a\nb\tc\x1b\x7f", "a\u240ab\u2409c\u241b\u2421" },
  { "a\xff"
    "b",
      "a\ufffd"
      "b" },
  { "\u202eright\u200f", "\u202eright\u200f" },
  { "\xc2\x85", "\ufffd" },
};

static void
test_text (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GString) out = g_string_new (NULL);

    gst_emotion_page_text (out, texts[i].text);
    g_assert_cmpstr (out->str, ==, texts[i].html);
  }
}

static const struct {
  double seconds;
  const char *text;
} times[] = { { 0, "0:00" }, { 3, "0:03" }, { 61.5, "1:01.5" },
  { 3599.9996, "1:00:00" }, { 3725.04, "1:02:05.04" }, { 16.234, "0:16.234" },
  { 360000, "100:00:00" } };

static void
test_times (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autoptr (GString) out = g_string_new (NULL);

    gst_emotion_page_time (out, times[i].seconds);
    g_assert_cmpstr (out->str, ==, times[i].text);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  g_test_add_func ("/page-section/size", test_size);
  g_test_add_func ("/page-section/links", test_links);
  g_test_add_func ("/page-section/text", test_text);
  g_test_add_func ("/page-section/times", test_times);
  return g_test_run ();
}
