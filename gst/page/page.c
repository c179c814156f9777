/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/page/page.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "page-resources.h"

/* The limits of such models, in the same words on every page. */
static const char limits[] =
    "<footer>\n"
    "<h2>What these results can tell, and what they cannot</h2>\n"
    "<p>The models were trained on <strong>acted</strong> speech: actors who "
    "read a few sentences in a studio. They predict how such an actor would "
    "have played the line. They do not know what a person feels, and they are "
    "worse on voices, languages, rooms and microphones that they were not "
    "trained on. Confidence is the model&rsquo;s own estimate, not how often "
    "it is right.</p>\n"
    "<p>No decision about a person should rest on it. In the European Union "
    "the "
    "AI Act (Regulation 2024/1689, article 5(1)(f)) prohibits inferring the "
    "emotions of people at work and in education, except for medical or safety "
    "reasons; where it is allowed, article 50(3) requires that people are "
    "informed.</p>\n"
    "<p class=\"made\">Made by gst-emotiondetect " PACKAGE_VERSION ".</p>\n"
    "</footer>\n";

static GBytes *
load (const char *name)
{
  g_autofree char *path = g_strconcat ("/gst-emotiondetect/page/", name, NULL);
  /* Registered by name, because the linker drops unreferenced objects of a
   * static library. */
  GBytes *bytes = g_resource_lookup_data (gst_emotion_page_get_resource (),
      path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  g_assert (bytes);
  return bytes;
}

static void
append_resource (GString *out, const char *name)
{
  g_autoptr (GBytes) bytes = load (name);
  gsize len;
  const char *data = g_bytes_get_data (bytes, &len);

  g_string_append_len (out, data, (gssize) len);
}

/* All of the script that a page with timelines has. */
static GString *
load_script (void)
{
  GString *script = g_string_new (NULL);

  append_resource (script, "drawing.js");
  append_resource (script, "timeline.js");
  return script;
}

/* Its digest, for the policy. Free with g_free. */
static char *
script_digest (void)
{
  g_autoptr (GString) script = load_script ();
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize len = sizeof digest;

  g_checksum_update (
      checksum, (const guchar *) script->str, (gssize) script->len);
  g_checksum_get_digest (checksum, digest, &len);
  return g_base64_encode (digest, len);
}

void
gst_emotion_page_begin (
    GString *out, GstEmotionPageKind kind, const char *title)
{
  g_autofree char *digest = script_digest ();

  g_string_append (out,
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
      "dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'; media-src 'self' file: data: http: "
      "https:; "
      "img-src data:; ");
  if (kind == GST_EMOTION_PAGE_TIMELINE)
    g_string_append_printf (out, "script-src 'sha256-%s'; ", digest);
  g_string_append (out, "base-uri 'none'; form-action 'none'\">\n<title>");
  gst_emotion_page_text (out, title);
  g_string_append (out, "</title>\n<style>\n");
  append_resource (out, "page.css");
  g_string_append (out, "</style>\n</head>\n<body>\n");
}

void
gst_emotion_page_end (GString *out, GstEmotionPageKind kind)
{
  g_string_append (out, limits);
  if (kind == GST_EMOTION_PAGE_TIMELINE) {
    g_autoptr (GString) script = load_script ();

    g_string_append_printf (out, "<script>%s</script>\n", script->str);
  }
  g_string_append (out, "</body>\n</html>\n");
}

static void
append_character (GString *out, gunichar c)
{
  switch (c) {
    case '&':
      g_string_append (out, "&amp;");
      break;
    case '<':
      g_string_append (out, "&lt;");
      break;
    case '>':
      g_string_append (out, "&gt;");
      break;
    case '"':
      g_string_append (out, "&quot;");
      break;
    case '\'':
      g_string_append (out, "&#39;");
      break;
    case 0x7f:
      g_string_append (out, "\u2421");
      break;
    default:
      if (c < 0x20)
        g_string_append_unichar (out, 0x2400 + c);
      else if (!g_unichar_iscntrl (c))
        g_string_append_unichar (out, c);
      else
        g_string_append_unichar (out, 0xfffd);
  }
}

void
gst_emotion_page_text (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *c = valid; *c; c = g_utf8_next_char (c))
    append_character (out, g_utf8_get_char (c));
}

void
gst_emotion_page_name (GString *out, const char *name)
{
  g_string_append (out, "<bdi>");
  gst_emotion_page_text (out, name);
  g_string_append (out, "</bdi>");
}

void
gst_emotion_page_time (GString *out, gdouble seconds)
{
  const gint64 ms = llrint (MAX (seconds, 0) * 1000);

  if (ms >= 3600000)
    g_string_append_printf (out, "%" G_GINT64_FORMAT ":%02d:%02d", ms / 3600000,
        (gint) (ms / 60000 % 60), (gint) (ms / 1000 % 60));
  else
    g_string_append_printf (
        out, "%d:%02d", (gint) (ms / 60000), (gint) (ms / 1000 % 60));
  if (ms % 1000 == 0)
    return;
  g_string_append_printf (out, ".%03d", (gint) (ms % 1000));
  while (out->str[out->len - 1] == '0')
    g_string_truncate (out, out->len - 1);
}

void
gst_emotion_page_percent (GString *out, gdouble share)
{
  g_string_append_printf (out, "%.0f&nbsp;%%", 100 * share);
}

void
gst_emotion_page_url (GString *out, const char *path)
{
  for (const guchar *c = (const guchar *) path; *c; c++)
    if (g_ascii_isalnum (*c) || strchr ("-._~/", *c))
      g_string_append_c (out, (char) *c);
    else
      g_string_append_printf (out, "%%%02X", *c);
}
