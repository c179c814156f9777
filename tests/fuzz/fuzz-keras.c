/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .keras archives. Input that does not begin like a zip is one before it was
 * packed, so that mutations reach what is behind the checksums:
 *   keras version, NUL, config.json, NUL, model.weights.h5
 */
#include <stdint.h>
#include <string.h>
#include "fuzz-load.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t len);

static guint32
crc32_of (const guint8 *data, gsize len)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < len; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

static void
put (GByteArray *zip, guint64 value, int n_bytes)
{
  for (int i = 0; i < n_bytes; i++) {
    const guint8 byte = i < 8 ? value >> 8 * i : 0;

    g_byte_array_append (zip, &byte, 1);
  }
}

/* One stored member, as local header (directory NULL) or as an entry of the
 * central directory. */
static void
put_header (GByteArray *zip, bool is_central, const char *name,
    const guint8 *data, gsize len, gsize offset)
{
  put (zip, is_central ? 0x02014b50 : 0x04034b50, 4);
  if (is_central)
    put (zip, 20, 2);
  put (zip, 20, 2);
  put (zip, 0, 2 + 2 + 4); /* flags, stored, time and date */
  put (zip, crc32_of (data, len), 4);
  put (zip, len, 4);
  put (zip, len, 4);
  put (zip, strlen (name), 2);
  put (zip, 0, 2);
  if (is_central) {
    put (zip, 0, 2 + 2 + 2 + 4);
    put (zip, offset, 4);
  }
  g_byte_array_append (zip, (const guint8 *) name, strlen (name));
}

typedef struct {
  const char *name;
  const guint8 *data;
  gsize len;
  gsize offset;
} Member;

static GByteArray *
pack (Member *members, size_t n)
{
  GByteArray *zip = g_byte_array_new ();
  gsize directory;

  for (size_t i = 0; i < n; i++) {
    members[i].offset = zip->len;
    put_header (
        zip, false, members[i].name, members[i].data, members[i].len, 0);
    g_byte_array_append (zip, members[i].data, members[i].len);
  }
  directory = zip->len;
  for (size_t i = 0; i < n; i++)
    put_header (zip, true, members[i].name, members[i].data, members[i].len,
        members[i].offset);
  const gsize directory_len = zip->len - directory;
  put (zip, 0x06054b50, 4);
  put (zip, 0, 4);
  put (zip, n, 2);
  put (zip, n, 2);
  put (zip, directory_len, 4);
  put (zip, directory, 4);
  put (zip, 0, 2);
  return zip;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  const uint8_t *const version_end = len > 0 ? memchr (data, 0, len) : NULL;
  const uint8_t *const json = version_end ? version_end + 1 : NULL;
  const uint8_t *const json_end =
      json ? memchr (json, 0, data + len - json) : NULL;

  if (!json_end || (len > 4 && memcmp (data, "PK", 2) == 0)) {
    fuzz_load (data, len);
    return 0;
  }
  g_autofree char *metadata =
      g_strdup_printf ("{\"keras_version\": \"%.8s\"}", (const char *) data);
  Member members[] = {
    { "metadata.json", (guint8 *) metadata, strlen (metadata) },
    { "config.json", json, json_end - json },
    { "model.weights.h5", json_end + 1, data + len - json_end - 1 },
  };
  g_autoptr (GByteArray) zip = pack (members, G_N_ELEMENTS (members));
  fuzz_load (zip->data, zip->len);
  return 0;
}
