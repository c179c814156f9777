/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/report-writer.h"

/* Every --format, in the order of --help. */
static const ToolReportWriter *const writers[] = {
  &tool_report_text_writer,
  &tool_report_json_writer,
  &tool_report_csv_writer,
  &tool_report_vtt_writer,
  &tool_report_srt_writer,
  &tool_report_audacity_writer,
  &tool_report_textgrid_writer,
};

const ToolReportWriter *
tool_report_writer_find (const char *nick)
{
  for (gsize i = 0; i < G_N_ELEMENTS (writers); i++)
    if (g_str_equal (writers[i]->nick, nick))
      return writers[i];
  return NULL;
}

char *
tool_report_writer_nicks (void)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (writers); i++)
    g_string_append_printf (out, "%s%s", i > 0 ? "," : "", writers[i]->nick);
  return g_string_free (out, FALSE);
}

char *
tool_report_one_line (const char *text)
{
  GString *out = g_string_new (NULL);

  for (; *text; text = g_utf8_next_char (text)) {
    const gunichar c = g_utf8_get_char (text);

    /* Controls, and the separators of lines and paragraphs. */
    if (g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029)
      g_string_append_c (out, ' ');
    else
      g_string_append_unichar (out, c);
  }
  return g_string_free (out, FALSE);
}
