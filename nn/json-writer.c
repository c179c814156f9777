/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/json-writer.h"

#include <math.h>
#include <string.h>

struct _NnJson {
  bool pretty;
  guint depth;   /* of open objects and arrays */
  bool is_first; /* the innermost is empty so far */
  GString *text;
};

NnJson *
nn_json_new (bool pretty)
{
  NnJson *self = g_new0 (NnJson, 1);

  self->pretty = pretty;
  self->is_first = true;
  self->text = g_string_new (NULL);
  return self;
}

void
nn_json_free (NnJson *self)
{
  if (!self)
    return;
  g_string_free (self->text, true);
  g_free (self);
}

void
nn_json_quote (GString *out, const char *text)
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
append_line_end (NnJson *self)
{
  if (!self->pretty)
    return;
  g_string_append_c (self->text, '\n');
  for (guint i = 0; i < 2 * self->depth; i++)
    g_string_append_c (self->text, ' ');
}

/* Writes what precedes a value. */
static void
begin_value (NnJson *self, const char *name)
{
  if (!self->is_first)
    g_string_append (self->text, self->pretty ? "," : ", ");
  self->is_first = false;
  if (self->depth > 0 && name)
    append_line_end (self);
  if (!name)
    return;
  nn_json_quote (self->text, name);
  g_string_append (self->text, ": ");
}

static void
open (NnJson *self, const char *name, char bracket)
{
  begin_value (self, name);
  g_string_append_c (self->text, bracket);
  self->depth++;
  self->is_first = true;
}

static void
close (NnJson *self, char bracket)
{
  g_return_if_fail (self->depth > 0);

  self->depth--;
  if (!self->is_first && bracket == '}')
    append_line_end (self);
  g_string_append_c (self->text, bracket);
  self->is_first = false;
}

void
nn_json_begin_object (NnJson *self, const char *name)
{
  open (self, name, '{');
}

void
nn_json_end_object (NnJson *self)
{
  close (self, '}');
}

void
nn_json_begin_array (NnJson *self, const char *name)
{
  open (self, name, '[');
}

void
nn_json_end_array (NnJson *self)
{
  close (self, ']');
}

void
nn_json_add_string (NnJson *self, const char *name, const char *value)
{
  begin_value (self, name);
  if (value)
    nn_json_quote (self->text, value);
  else
    g_string_append (self->text, "null");
}

/* The lowest precision that reads back as the same number. */
static void
append_number (GString *out, double value)
{
  static const char *const formats[] = { "%.6g", "%.15g", "%.16g", "%.17g" };
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (size_t i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_ascii_formatd (number, sizeof number, formats[i], value);
    if (g_ascii_strtod (number, NULL) == value)
      break;
  }
  g_string_append (out, number);
}

void
nn_json_add_double (NnJson *self, const char *name, double value)
{
  begin_value (self, name);
  if (isfinite (value))
    append_number (self->text, value);
  else
    g_string_append (self->text, "null");
}

void
nn_json_add_python_float (NnJson *self, const char *name, double value)
{
  size_t at;

  begin_value (self, name);
  at = self->text->len;
  if (isfinite (value)) {
    append_number (self->text, value);
    if (!strpbrk (self->text->str + at, ".e"))
      g_string_append (self->text, ".0");
  } else {
    g_string_append (self->text,
        isnan (value)   ? "NaN"
            : value > 0 ? "Infinity"
                        : "-Infinity");
  }
}

void
nn_json_add_int (NnJson *self, const char *name, gint64 value)
{
  begin_value (self, name);
  g_string_append_printf (self->text, "%" G_GINT64_FORMAT, value);
}

void
nn_json_add_boolean (NnJson *self, const char *name, bool value)
{
  begin_value (self, name);
  g_string_append (self->text, value ? "true" : "false");
}

const char *
nn_json_text (const NnJson *self)
{
  return self->text->str;
}
