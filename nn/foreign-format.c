/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/foreign-format.h"

#include <stdbool.h>
#include <string.h>
#include "nn/error.h"

#define SIGNATURE(offset, bytes, kind)                                         \
  {                                                                            \
    offset, sizeof bytes - 1, bytes, kind                                      \
  }
#define COMPRESSED "a compressed file: unpack it first"
#define SOUND "a sound, not a model"
#define WEB_PAGE "a web page: the download went wrong"

/* clang-format off */
static const struct {
  gsize offset, len;
  const char *bytes;
  const char *kind;
} signatures[] = {
  SIGNATURE (4,   "TFL3",             "a TensorFlow Lite model"),
  SIGNATURE (0,   "\x08\x01\x12",     "the graph of a TensorFlow SavedModel"),
  SIGNATURE (0,   "\x80\x02\x8a\x0al\xfc", "a PyTorch file"),
  SIGNATURE (0,   "\x80\x02",         "a Python pickle"),
  SIGNATURE (0,   "\x80\x03",         "a Python pickle"),
  SIGNATURE (0,   "\x80\x04\x95",     "a Python pickle"),
  SIGNATURE (0,   "\x80\x05\x95",     "a Python pickle"),
  SIGNATURE (0,   "\x93NUMPY",        "a NumPy array"),
  SIGNATURE (0,   "GGUF",             "a GGUF model"),
  SIGNATURE (0,   "\x1f\x8b",         COMPRESSED),
  SIGNATURE (0,   "BZh",              COMPRESSED),
  SIGNATURE (0,   "\xfd" "7zXZ",      COMPRESSED),
  SIGNATURE (0,   "7z\xbc\xaf",       COMPRESSED),
  SIGNATURE (0,   "Rar!",             COMPRESSED),
  SIGNATURE (0,   "\x28\xb5\x2f\xfd", COMPRESSED),
  SIGNATURE (0,   "x\x9c",            COMPRESSED),
  SIGNATURE (257, "ustar",            "a tar archive: unpack it first"),
  SIGNATURE (0,   "RIFF",             SOUND),
  SIGNATURE (0,   "fLaC",             SOUND),
  SIGNATURE (0,   "OggS",             SOUND),
  SIGNATURE (0,   "ID3",              SOUND),
};

/* Found in the first bytes of a text. */
static const struct {
  const char *word;
  const char *kind;
} words[] = {
  { "https://git-lfs",   "a pointer of Git LFS: the model itself was not "
                         "downloaded" },
  { "<!DOCTYPE html",    WEB_PAGE },
  { "<!doctype html",    WEB_PAGE },
  { "<html",             WEB_PAGE },
  { "\"modelTopology\"", "a TensorFlow.js model" },
  { "\"weight_map\"",    "the index of weights that are in several files, "
                         "without the layers" },
  { "\"class_name\"",    NN_FOREIGN_FORMAT_LAYERS },
  { "class_name:",       NN_FOREIGN_FORMAT_LAYERS },
  { "\"keras_version\"", "a part of a .keras archive" },
};

static const struct {
  const char *suffix;
  const char *kind;
} members[] = {
  { "data.pkl",           "a PyTorch file" },
  { "saved_model.pb",     "a packed SavedModel of TensorFlow" },
  { "/config.json",       "a .keras archive that was packed again, in a "
                          "folder: its files belong at the top" },
  { ".keras",             "a zip with a .keras archive in it: unpack it first" },
  { ".h5",                "a zip with an .h5 file in it: unpack it first" },
  { ".hdf5",              "a zip with an .hdf5 file in it: unpack it first" },
  { ".npy",               "NumPy arrays" },
};
/* clang-format on */

/* ONNX begins with its version, followed by another field. */
static bool
is_onnx (const guint8 *data, gsize len)
{
  return len > 3 && data[0] == 0x08 && data[1] >= 3 && data[1] < 0x20
      && (data[2] == 0x12 || data[2] == 0x1a || data[2] == 0x3a);
}

/* The length of a JSON header, then the header. */
static bool
is_safetensors (const guint8 *data, gsize len)
{
  return len > 9 && data[8] == '{' && data[4] == 0 && data[5] == 0
      && data[6] == 0 && data[7] == 0;
}

static const char *
find_words (const guint8 *data, gsize len)
{
  if (len == 0 || memchr (data, 0, len)) /* no text */
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strstr_len ((const char *) data, len, words[i].word))
      return words[i].kind;
  return NULL;
}

const char *
nn_foreign_format_of_bytes (GBytes *bytes)
{
  gsize len;
  const guint8 *const data = g_bytes_get_data (bytes, &len);

  for (gsize i = 0; i < G_N_ELEMENTS (signatures); i++)
    if (len >= signatures[i].offset + signatures[i].len
        && memcmp (data + signatures[i].offset, signatures[i].bytes,
               signatures[i].len)
            == 0)
      return signatures[i].kind;
  if (is_onnx (data, len))
    return "an ONNX model";
  if (is_safetensors (data, len))
    return "weights (safetensors) without the layers";
  return find_words (data, MIN (len, 4096));
}

void
nn_foreign_format_fail (const char *name, const char *kind, GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
      "%s: %s; expected a complete Keras model (.h5 or .keras)", name,
      kind ? kind : "neither HDF5 nor zip");
}

const char *
nn_foreign_format_of_members (const char *const *names)
{
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    for (gsize k = 0; names[k]; k++)
      if (g_str_has_suffix (names[k], members[i].suffix)
          && !g_str_equal (names[k], "model.weights.h5"))
        return members[i].kind;
  return NULL;
}
