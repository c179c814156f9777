/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are no Keras model: the message says what they are. */
#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "nn/error.h"
#include "nn/h5-write.h"
#include "nn/model.h"

#define TEXT(text) text, sizeof text - 1

/* How each begins, by the documentation of its format. */
static const struct {
  const char *name;
  const char *data;
  gsize len;
  const char *message;
} kinds[] = {
  { "empty", TEXT (""), "the file is empty" },
  { "tflite", TEXT ("\x1c\0\0\0TFL3\x14\0\x20\0"), "TensorFlow Lite" },
  { "onnx",
      TEXT ("\x08\x07\x12\x07pytorch\x1a\x03"
            "1.9"),
      "ONNX" },
  { "onnx-2", TEXT ("\x08\x08\x3a\x10\x0a\x01x"), "ONNX" },
  { "saved-model", TEXT ("\x08\x01\x12\xb4\x02\x0a"), "SavedModel" },
  { "pickle", TEXT ("\x80\x04\x95\x0b\0\0\0\0\0\0\0]"), "pickle" },
  { "torch",
      TEXT ("\x80\x02\x8a\nl\xfc\x9c"
            "F\xf9 j\xa8P\x19.\x80\x02M"),
      "PyTorch" },
  { "numpy", TEXT ("\x93NUMPY\1\0v\0{'descr': '<f4'"), "NumPy" },
  { "safetensors", TEXT ("\x40\0\0\0\0\0\0\0{\"__metadata__\": {}}"),
      "safetensors" },
  { "gzip", TEXT ("\x1f\x8b\x08\0\0\0\0\0"), "unpack it" },
  { "json", TEXT ("{\"class_name\": \"Sequential\", \"config\": {}}"),
      "without its weights" },
  { "yaml", TEXT ("backend: tensorflow\nclass_name: Sequential\nconfig:\n"),
      "without its weights" },
  { "tfjs",
      TEXT ("{\"format\": \"layers-model\", \"modelTopology\": "
            "{\"model_config\": {\"class_name\": \"Sequential\"}}}"),
      "TensorFlow.js" },
  { "shards",
      TEXT ("{\"metadata\": {\"total_size\": 9}, \"weight_map\": "
            "{\"/layers/dense/vars\": \"m_00000.weights.h5\"}}"),
      "in several files" },
  { "lfs", TEXT ("version https://git-lfs.github.com/spec/v1\noid sha256:4d\n"),
      "Git LFS" },
  { "html", TEXT ("\n<!DOCTYPE html>\n<html lang=en>"), "web page" },
  { "wav", TEXT ("RIFF\x24\0\0\0WAVEfmt "), "a sound" },
  { "text", TEXT ("hello"), "neither HDF5 nor zip" },
  { "damaged-h5", TEXT ("\x89HDX\r\n\x1a\n\0\0\"class_name\""),
      "neither HDF5 nor zip" },
};

static void
expect (GBytes *bytes, const char *message, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nn_model_load_bytes ("dir/file", bytes, NULL, 0, &error));
  g_assert_error (error, NN_ERROR, code);
  g_assert_true (g_str_has_prefix (error->message, "dir/file: "));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_kind (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (GBytes) bytes = g_bytes_new_static (kinds[i].data, kinds[i].len);

  expect (bytes, kinds[i].message, NN_ERROR_FORMAT);
}

static const struct {
  const char *member, *message;
} archives[] = {
  { "archive/data.pkl", "PyTorch" },
  { "model/saved_model.pb", "SavedModel" },
  { "model/config.json", "in a folder" },
  { "best.h5", "unpack it" },
  { "x.npy", "NumPy" },
  { "metadata.json", "no “config.json” in this zip" },
  { "model.weights.h5", "no “config.json” in this zip" },
};

/* A zip with n empty members. */
static GBytes *
make_zip (const char *member, int n)
{
  struct archive *archive = archive_write_new ();
  const gsize size = 4096 + n * 256;
  char *data = g_malloc (size);
  size_t used;

  archive_write_set_format_zip (archive);
  archive_write_open_memory (archive, data, size, &used);
  for (int i = 0; i < n; i++) {
    struct archive_entry *entry = archive_entry_new ();
    g_autofree char *name = g_strdup_printf ("%s%.0d", member, i);

    archive_entry_set_pathname (entry, name);
    archive_entry_set_filetype (entry, AE_IFREG);
    archive_entry_set_size (entry, 0);
    g_assert_cmpint (archive_write_header (archive, entry), ==, ARCHIVE_OK);
    archive_entry_free (entry);
  }
  g_assert_cmpint (archive_write_free (archive), ==, ARCHIVE_OK);
  return g_bytes_new_take (data, used);
}

static void
test_archive (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (GBytes) bytes = make_zip (archives[i].member, 1);

  expect (bytes, archives[i].message, NN_ERROR_FORMAT);
}

/* Without its directory an archive can only be read from the start, and what is
 * before the wanted member, inflated: gigabytes, perhaps. */
static void
test_no_directory (void)
{
  g_autoptr (GBytes) whole = make_zip ("config.json", 1);
  gsize len;
  const char *const data = g_bytes_get_data (whole, &len);
  gsize kept = 0;

  while (memcmp (data + kept, "PK\001\002", 4) != 0)
    kept++;
  g_autofree char *damaged = g_malloc0 (len);
  memcpy (damaged, data, kept);
  g_autoptr (GBytes) cut = g_bytes_new (damaged, len);
  expect (whole, "damaged JSON", NN_ERROR_FORMAT);
  expect (cut, "damaged zip archive", NN_ERROR_FORMAT);
}

static void
test_many_members (void)
{
  g_autoptr (GBytes) many = make_zip ("config.json", 5000);

  expect (many, "more than 4096 members", NN_ERROR_LIMIT);
}

/* 400 MiB that begin like nothing: only the beginning is read. */
static void
test_large (void)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  const int fd = g_file_open_tmp ("emotion-test-XXXXXX.h5", &path, &error);
  struct rusage before, after;

  g_assert_no_error (error);
  g_assert_cmpint (ftruncate (fd, 400 << 20), ==, 0);
  close (fd);
  getrusage (RUSAGE_SELF, &before);
  g_assert_null (nn_model_load (path, NULL, 0, &error));
  getrusage (RUSAGE_SELF, &after);
  g_assert_error (error, NN_ERROR, NN_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "neither HDF5 nor zip"));
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 64 << 10); /* kB */
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* Names of files are part of messages. */
static void
test_escape (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("hello", 5);
  g_autoptr (GError) error = NULL;

  g_assert_null (
      nn_model_load_bytes ("\033[31m\xff.h5", bytes, NULL, 0, &error));
  g_assert_true (
      g_str_has_prefix (error->message, "\xef\xbf\xbd[31m\xef\xbf\xbd.h5: "));
}

/* The state of a layer's random numbers, among the weights. */
static void
test_generator_state (void)
{
  static const char config[] =
      "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
      "{\"class_name\": \"Dropout\", \"config\": {\"name\": \"noise\", "
      "\"batch_input_shape\": [null, 2], \"rate\": 0.5}}, "
      "{\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", "
      "\"units\": 1, \"use_bias\": false}}]}}";
  const NnShape state = { .rank = 1, .dim = { 3 } };
  const NnShape kernel = { .rank = 2, .dim = { 2, 1 } };
  g_autoptr (NnH5Writer) writer = nn_h5_writer_new ();
  g_autoptr (GError) error = NULL;
  float y;

  nn_h5_write_string_attribute (writer, "", "model_config", config, false);
  nn_h5_write_doubles (writer, "model_weights/noise/noise/StateVar:0", &state,
      (const double[]){ 1, 2, 3 });
  nn_h5_write_floats (
      writer, "model_weights/d/d/kernel:0", &kernel, (const float[]){ 2, 3 });
  nn_h5_write_strings_attribute (writer, "model_weights", "layer_names",
      (const char *const[]){ "noise", "d" }, 2);
  nn_h5_write_strings_attribute (writer, "model_weights/noise", "weight_names",
      (const char *const[]){ "noise/StateVar:0" }, 1);
  nn_h5_write_strings_attribute (writer, "model_weights/d", "weight_names",
      (const char *const[]){ "d/kernel:0" }, 1);
  g_autoptr (GBytes) bytes = nn_h5_writer_finish (writer, &error);
  g_assert_no_error (error);
  g_autoptr (NnModel) model =
      nn_model_load_bytes ("state.h5", bytes, NULL, 0, &error);
  g_assert_no_error (error);
  g_autoptr (NnSession) session = nn_session_new (model, 1, &error);
  g_assert_no_error (error);
  nn_session_run (session, 1, (const float *const[]){ (float[]){ 10, 1 } },
      (float *const[]){ &y });
  g_assert_cmpfloat (y, ==, 23);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *path = g_strconcat ("/load/", kinds[i].name, NULL);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_kind);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (archives); i++) {
    g_autofree char *path =
        g_strdelimit (g_strdup (archives[i].member), "/", '-');
    g_autofree char *test = g_strconcat ("/load/zip/", path, NULL);

    g_test_add_data_func (test, GSIZE_TO_POINTER (i), test_archive);
  }
  g_test_add_func ("/load/large", test_large);
  g_test_add_func ("/load/escape", test_escape);
  g_test_add_func ("/load/generator-state", test_generator_state);
  g_test_add_func ("/load/zip/no-directory", test_no_directory);
  g_test_add_func ("/load/zip/many-members", test_many_members);
  return g_test_run ();
}
