/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/text/template.h"

#include <string.h>

/* Appends the text up to the next field and returns where it begins, after the
 * brace, and its length; NULL at the end, or (*len is G_MAXSIZE) if "%" is
 * followed neither by "%" nor by a name in braces. */
static const char *
next_field (const char **text, GString *out, gsize *len)
{
  const char *c = *text;

  *len = 0;
  for (; *c; c++) {
    if (*c != '%') {
      g_string_append_c (out, *c);
    } else if (c[1] == '%') {
      g_string_append_c (out, *c++);
    } else {
      const char *end = c[1] == '{' ? strchr (c, '}') : NULL;

      *len = end ? (gsize) (end - c - 2) : G_MAXSIZE;
      *text = end ? end + 1 : c;
      return end ? c + 2 : NULL;
    }
  }
  *text = c;
  return NULL;
}

static GstStructure *
any_structure (void)
{
  static const GstEmotionWindow window = { 0 };
  g_autoptr (GstEmotionLabels) labels = gst_emotion_labels_new_default ();
  g_autoptr (GstEmotionResult) result =
      gst_emotion_result_new (&window, labels, "");

  return gst_emotion_result_to_structure (result);
}

static char *
field_names (const GstStructure *s)
{
  GString *out = g_string_new (NULL);

  for (gint i = 0; i < gst_structure_n_fields (s); i++)
    g_string_append_printf (
        out, "%s%s", i > 0 ? ", " : "", gst_structure_nth_field_name (s, i));
  return g_string_free (out, FALSE);
}

gboolean
gst_emotion_template_check (const char *text, GError **error)
{
  g_autoptr (GstStructure) s = any_structure ();
  g_autoptr (GString) ignored = g_string_new (NULL);
  const char *field;
  gsize len;

  while ((field = next_field (&text, ignored, &len))) {
    g_autofree char *name = g_strndup (field, len);
    g_autofree char *names = field_names (s);

    if (gst_structure_has_field (s, name))
      continue;
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "“%%{%s}” is not a field of a result; the fields are %s", name, names);
    return FALSE;
  }
  if (len != G_MAXSIZE)
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "“%s” is not a field such as %%{emotion}; write %%%% for a percent sign",
      text);
  return FALSE;
}

static void
append_value (GString *out, const char *name, const GValue *value)
{
  if (G_VALUE_HOLDS_STRING (value)) {
    g_string_append (out, g_value_get_string (value));
  } else if (G_VALUE_HOLDS_DOUBLE (value)) {
    g_string_append_printf (out, "%.0f %%", 100 * g_value_get_double (value));
  } else if (G_VALUE_HOLDS_BOOLEAN (value)) {
    g_string_append (out, g_value_get_boolean (value) ? "yes" : "no");
  } else if (G_VALUE_HOLDS_INT (value)) {
    g_string_append_printf (out, "%d", g_value_get_int (value));
  } else if (GST_VALUE_HOLDS_STRUCTURE (value)) {
    const GstStructure *p = gst_value_get_structure (value);

    for (gint i = 0; i < gst_structure_n_fields (p); i++) {
      const char *label = gst_structure_nth_field_name (p, i);

      g_string_append_printf (out, "%s%s ", i > 0 ? ", " : "", label);
      append_value (out, label, gst_structure_get_value (p, label));
    }
  } else if (strcmp (name, "window-id") == 0) {
    g_string_append_printf (
        out, "%" G_GUINT64_FORMAT, g_value_get_uint64 (value));
  } else if (!GST_CLOCK_TIME_IS_VALID (g_value_get_uint64 (value))) {
    g_string_append (out, "unknown"); /* not measured, or outside the segment */
  } else {
    const GstClockTime ms = g_value_get_uint64 (value) / GST_MSECOND;

    g_string_append_printf (out, "%" G_GUINT64_FORMAT ":%02u:%02u.%03u",
        ms / 3600000, (guint) (ms / 60000 % 60), (guint) (ms / 1000 % 60),
        (guint) (ms % 1000));
  }
}

char *
gst_emotion_template_fill (
    const char *text, const GstEmotionResult *result, gboolean is_markup)
{
  g_autoptr (GstStructure) s = NULL;
  GString *out;
  const char *field;
  gsize len;

  if (!gst_emotion_result_is_classified (result))
    return g_strdup (gst_emotion_result_text (result));
  s = gst_emotion_result_to_structure (result);
  out = g_string_new (NULL);
  while ((field = next_field (&text, out, &len))) {
    g_autofree char *name = g_strndup (field, len);
    g_autoptr (GString) value = g_string_new (NULL);
    g_autofree char *escaped = NULL;

    append_value (value, name, gst_structure_get_value (s, name));
    escaped = is_markup ? g_markup_escape_text (value->str, -1) : NULL;
    g_string_append (out, escaped ? escaped : value->str);
  }
  return g_string_free (out, FALSE);
}
