/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/page-file.h"

#include <string.h>

#include "gst/page/page.h"
#include "gst/tools/text-output.h"

struct _ToolPageFile {
  ToolTextOutput *output;
  guint n; /* sources */
  GString *rows, *sections;
};

ToolPageFile *
tool_page_file_new (const char *path, GError **error)
{
  ToolTextOutput *output = tool_text_output_new (path, error);
  ToolPageFile *self;

  if (!output)
    return NULL;
  self = g_new0 (ToolPageFile, 1);
  self->output = output;
  self->rows = g_string_new (NULL);
  self->sections = g_string_new (NULL);
  return self;
}

void
tool_page_file_free (ToolPageFile *self)
{
  if (!self)
    return;
  tool_text_output_free (self->output);
  g_string_free (self->rows, TRUE);
  g_string_free (self->sections, TRUE);
  g_free (self);
}

void
tool_page_file_add (ToolPageFile *self, const char *section)
{
  const char *const end = strchr (section, '\n');

  g_return_if_fail (end);

  self->n++;
  g_string_append_len (self->rows, section, end + 1 - section);
  g_string_append (self->sections, end + 1);
}

static void
write (ToolPageFile *self, const GString *text)
{
  tool_text_output_write (self->output, text->str, text->len);
}

gboolean
tool_page_file_finish (ToolPageFile *self, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  gst_emotion_page_begin (
      text, GST_EMOTION_PAGE_TIMELINE, "Emotions in voices");
  g_string_append (text,
      "<header>\n<h1>Emotions in voices</h1>\n<p class=\"lead\">Which emotion "
      "the voices in these recordings express, window by window, predicted by "
      "a "
      "model that was trained on acted speech.</p>\n</header>\n<main>\n");
  if (self->n == 0)
    g_string_append (
        text, "<p class=\"note\">No source could be analysed.</p>\n");
  if (self->n > 1)
    g_string_append_printf (text,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"All sounds\">\n<table class=\"plain\">\n"
        "<caption>%u sounds</caption>\n<thead><tr><th scope=\"col\">Sound</th>"
        "<th scope=\"col\" class=\"number\">Length</th>"
        "<th scope=\"col\">Overall</th></tr></thead>\n<tbody>\n%s</tbody>\n"
        "</table>\n</div>\n",
        self->n, self->rows->str);
  write (self, text);
  write (self, self->sections);
  g_string_assign (text, "</main>\n");
  gst_emotion_page_end (text, GST_EMOTION_PAGE_TIMELINE);
  write (self, text);
  return tool_text_output_finish (self->output, error);
}
