/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/json-writer.h"

#include <math.h>

struct _GstEmotionJson {
  gboolean pretty;
  guint depth;       /* of objects and arrays that are open */
  gboolean is_first; /* nothing is in the innermost yet */
  GString *text;
};

GstEmotionJson *
gst_emotion_json_new (gboolean pretty)
{
  GstEmotionJson *self = g_new0 (GstEmotionJson, 1);

  self->pretty = pretty;
  self->is_first = TRUE;
  self->text = g_string_new (NULL);
  return self;
}

void
gst_emotion_json_free (GstEmotionJson *self)
{
  if (!self)
    return;
  g_string_free (self->text, TRUE);
  g_free (self);
}

void
gst_emotion_json_quote (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (out, '"');
  for (const guchar *c = (const guchar *) valid; *c; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (out, "\\%c", *c);
    else if (*c < 0x20 || *c == 0x7f)
      g_string_append_printf (out, "\\u%04x", *c);
    else
      g_string_append_c (out, *c);
  g_string_append_c (out, '"');
}

static void
append_line_end (GstEmotionJson *self)
{
  if (!self->pretty)
    return;
  g_string_append_c (self->text, '\n');
  for (guint i = 0; i < 2 * self->depth; i++)
    g_string_append_c (self->text, ' ');
}

/* What stands before a value. */
static void
begin_value (GstEmotionJson *self, const char *name)
{
  if (!self->is_first)
    g_string_append (self->text, self->pretty ? "," : ", ");
  self->is_first = FALSE;
  if (self->depth > 0 && name)
    append_line_end (self);
  if (!name)
    return;
  gst_emotion_json_quote (self->text, name);
  g_string_append (self->text, ": ");
}

static void
open (GstEmotionJson *self, const char *name, char bracket)
{
  begin_value (self, name);
  g_string_append_c (self->text, bracket);
  self->depth++;
  self->is_first = TRUE;
}

static void
close (GstEmotionJson *self, char bracket)
{
  g_return_if_fail (self->depth > 0);

  self->depth--;
  if (!self->is_first && bracket == '}')
    append_line_end (self);
  g_string_append_c (self->text, bracket);
  self->is_first = FALSE;
}

void
gst_emotion_json_begin_object (GstEmotionJson *self, const char *name)
{
  open (self, name, '{');
}

void
gst_emotion_json_end_object (GstEmotionJson *self)
{
  close (self, '}');
}

void
gst_emotion_json_begin_array (GstEmotionJson *self, const char *name)
{
  open (self, name, '[');
}

void
gst_emotion_json_end_array (GstEmotionJson *self)
{
  close (self, ']');
}

void
gst_emotion_json_add_string (
    GstEmotionJson *self, const char *name, const char *value)
{
  begin_value (self, name);
  if (value)
    gst_emotion_json_quote (self->text, value);
  else
    g_string_append (self->text, "null");
}

/* The shortest of three precisions that is read back as the same number. */
void
gst_emotion_json_add_double (
    GstEmotionJson *self, const char *name, double value)
{
  static const char *const formats[] = { "%.6g", "%.15g", "%.17g" };
  char number[G_ASCII_DTOSTR_BUF_SIZE] = "null";

  begin_value (self, name);
  for (gsize i = 0; i < G_N_ELEMENTS (formats) && isfinite (value); i++) {
    g_ascii_formatd (number, sizeof number, formats[i], value);
    if (g_ascii_strtod (number, NULL) == value)
      break;
  }
  g_string_append (self->text, number);
}

void
gst_emotion_json_add_int (GstEmotionJson *self, const char *name, gint64 value)
{
  begin_value (self, name);
  g_string_append_printf (self->text, "%" G_GINT64_FORMAT, value);
}

void
gst_emotion_json_add_boolean (
    GstEmotionJson *self, const char *name, gboolean value)
{
  begin_value (self, name);
  g_string_append (self->text, value ? "true" : "false");
}

const char *
gst_emotion_json_text (const GstEmotionJson *self)
{
  return self->text->str;
}
