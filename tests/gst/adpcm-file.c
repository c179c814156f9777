/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/adpcm-file.h"

static void
append (GByteArray *bytes, guint32 value, guint n)
{
  const guint32 little = GUINT32_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *) &little, n);
}

static void
append_chunk (GByteArray *bytes, const char *name, const guint8 *data, gsize n)
{
  g_byte_array_append (bytes, (const guint8 *) name, 4);
  append (bytes, n, 4);
  g_byte_array_append (bytes, data, n);
  if (n % 2 != 0)
    append (bytes, 0, 1);
}

/* IMA ADPCM of one channel, as files have it. */
static GByteArray *
adpcm_format (guint rate)
{
  const guint n_samples = (ADPCM_BLOCK - 4) * 2 + 1;
  GByteArray *format = g_byte_array_new ();

  append (format, 0x11, 2);
  append (format, 1, 2);
  append (format, rate, 4);
  append (format, rate * ADPCM_BLOCK / n_samples, 4);
  append (format, ADPCM_BLOCK, 2);
  append (format, 4, 2);
  append (format, 2, 2);
  append (format, n_samples, 2);
  return format;
}

void
adpcm_write_wav (const char *path, guint rate, const char *blocks, gsize n)
{
  g_autoptr (GByteArray) format = adpcm_format (rate);
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autoptr (GByteArray) file = g_byte_array_new ();

  g_byte_array_append (body, (const guint8 *) "WAVE", 4);
  append_chunk (body, "fmt ", format->data, format->len);
  append_chunk (body, "data", (const guint8 *) blocks, n);
  append_chunk (file, "RIFF", body->data, body->len);
  g_assert_true (
      g_file_set_contents (path, (char *) file->data, file->len, NULL));
}

static void
append_list (GByteArray *bytes, const char *type, const GByteArray *content)
{
  g_autoptr (GByteArray) list = g_byte_array_new ();

  g_byte_array_append (list, (const guint8 *) type, 4);
  g_byte_array_append (list, content->data, content->len);
  append_chunk (bytes, "LIST", list->data, list->len);
}

void
adpcm_write_avi (const char *path, guint rate, const char *blocks, gsize n)
{
  const guint n_samples = (ADPCM_BLOCK - 4) * 2 + 1;
  const gsize chunk = 4 * ADPCM_BLOCK;
  g_autoptr (GByteArray) format = adpcm_format (rate);
  g_autoptr (GByteArray) avih = g_byte_array_new ();
  g_autoptr (GByteArray) strh = g_byte_array_new ();
  g_autoptr (GByteArray) strl = g_byte_array_new ();
  g_autoptr (GByteArray) hdrl = g_byte_array_new ();
  g_autoptr (GByteArray) movi = g_byte_array_new ();
  g_autoptr (GByteArray) idx1 = g_byte_array_new ();
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autoptr (GByteArray) file = g_byte_array_new ();

  for (guint i = 0; i < 14; i++)
    append (avih, i == 3 ? 0x10 : i == 6 ? 1 : 0, 4);
  g_byte_array_append (strh, (const guint8 *) "auds", 4);
  for (guint i = 0; i < 4; i++) /* handler, flags, priority, initial frames */
    append (strh, 0, 4);
  append (strh, ADPCM_BLOCK, 4); /* scale and */
  append (strh, rate * ADPCM_BLOCK / n_samples, 4);
  append (strh, 0, 4);
  append (strh, n / ADPCM_BLOCK, 4);
  append (strh, chunk, 4);
  append (strh, 0, 4);
  append (strh, ADPCM_BLOCK, 4);
  append (strh, 0, 4);
  append (strh, 0, 4);
  append_chunk (strl, "strh", strh->data, strh->len);
  append_chunk (strl, "strf", format->data, format->len);
  append_chunk (hdrl, "avih", avih->data, avih->len);
  append_list (hdrl, "strl", strl);
  for (gsize i = 0; i < n; i += chunk) {
    const gsize len = MIN (chunk, n - i);

    g_byte_array_append (idx1, (const guint8 *) "00wb", 4);
    append (idx1, 0x10, 4);
    append (idx1, 4 + movi->len, 4);
    append (idx1, len, 4);
    append_chunk (movi, "00wb", (const guint8 *) blocks + i, len);
  }
  g_byte_array_append (body, (const guint8 *) "AVI ", 4);
  append_list (body, "hdrl", hdrl);
  append_list (body, "movi", movi);
  append_chunk (body, "idx1", idx1->data, idx1->len);
  append_chunk (file, "RIFF", body->data, body->len);
  g_assert_true (
      g_file_set_contents (path, (char *) file->data, file->len, NULL));
}
