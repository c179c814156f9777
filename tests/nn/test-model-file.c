/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models in two files: which weights belong to an architecture, and what is
 * said where they do not fit. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include "golden-run.h"
#include "nn/error.h"
#include "nn/h5.h"
#include "nn/limits.h"
#include "nn/model.h"
#include "tests/folder.h"

static char *folder; /* of the files that a test makes */

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static char *
data_path (const char *name)
{
  return g_build_filename (g_getenv ("EMOTION_TEST_DATA"), name, NULL);
}

static void
write_text (const char *name, const char *text)
{
  g_autofree char *path = path_of (name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
copy (const char *from, const char *name)
{
  g_autofree char *source = data_path (from);
  g_autofree char *path = path_of (name);
  g_autofree char *contents = NULL;
  gsize len;

  g_assert_true (g_file_get_contents (source, &contents, &len, NULL));
  g_assert_true (g_file_set_contents (path, contents, len, NULL));
}

static void
forget (const char *name)
{
  g_autofree char *path = path_of (name);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
run (const char *architecture, const char *io_name)
{
  g_autofree char *path = path_of (architecture);
  g_autofree char *io = data_path (io_name);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) diffs = golden_run (path, io, "output_", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (diffs->len, ==, 1);
  g_assert_true (golden_diff_is_within (
      &g_array_index (diffs, GoldenDiff, 0), 1e-5, 1e-5));
}

#define ZOO "variants/d059_lstm_stack"

static const struct {
  const char *architecture, *weights, *called;
} pairs[] = {
  { ZOO ".json", ZOO ".weights.h5", "m.weights.h5" },
  { ZOO ".json", ZOO ".weights.h5", "m_weights.h5" },
  { ZOO ".legacy.json", ZOO ".legacy_weights.h5", "m-weights.h5" },
  { ZOO ".legacy.json", ZOO ".legacy_weights.h5", "m.h5" },
};

static void
test_names (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (pairs); i++) {
    copy (pairs[i].architecture, "m.json");
    copy (pairs[i].weights, pairs[i].called);
    run ("m.json", ZOO ".io.h5");
    forget (pairs[i].called);
  }
}

/* A whole model serves as the weights of its architecture. */
static void
test_whole (void)
{
  g_autofree char *path = data_path ("variants/d063_simplernn.list.h5");
  g_autoptr (GError) error = NULL;
  NnH5 *const file = nn_h5_open (path, &error);
  g_autofree char *config = NULL;

  g_assert_no_error (error);
  config = nn_h5_attribute_string (file, "", "model_config", &error);
  g_assert_no_error (error);
  nn_h5_close (file);
  write_text ("m.json", config);
  copy ("variants/d063_simplernn.list.h5", "m.h5");
  run ("m.json", "variants/d063_simplernn.io.h5");
  forget ("m.h5");
}

static void
check_error (const char *name, NnError code, const char *says)
{
  g_autofree char *path = path_of (name);
  g_autoptr (GError) error = NULL;

  g_assert_null (nn_model_load (path, NULL, 0, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, NN_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_errors (void)
{
  copy (ZOO ".json", "m.json");
  check_error ("m.json", NN_ERROR_FORMAT, "m.json: an architecture without");
  /* Of another model, none at all, and damaged. */
  copy ("variants/d045_dense_mlp.list.h5", "m.h5");
  check_error ("m.json", NN_ERROR_FORMAT, "m.h5: ");
  write_text ("m.weights.h5", "not HDF5");
  check_error ("m.json", NN_ERROR_FORMAT, "m.weights.h5: ");
  copy (ZOO ".weights.h5", "m.weights.h5");
  write_text ("m.json", "{");
  check_error ("m.json", NN_ERROR_FORMAT, "m.json: ");
  write_text ("m.json", "");
  check_error ("m.json", NN_ERROR_FORMAT, "m.json: ");
  check_error ("m.weights.h5", NN_ERROR_FORMAT, "NAME.json");
  write_text ("m.json", "{\"modelTopology\": {\"class_name\": \"Model\"}}");
  check_error ("m.json", NN_ERROR_FORMAT, "m.json: a TensorFlow.js model");
  write_text ("m.json", "version https://git-lfs.github.com/spec/v1\n");
  check_error ("m.json", NN_ERROR_FORMAT, "m.json: a pointer of Git LFS");
  copy (ZOO ".json", "m.json");
  write_text ("m.weights.h5", "version https://git-lfs.github.com/spec/v1\n");
  check_error ("m.json", NN_ERROR_FORMAT, "m.weights.h5: a pointer of Git LFS");
  forget ("m.weights.h5");
  forget ("m.h5");
}

/* An architecture is bounded before its weights are looked at. */
static void
test_large (void)
{
  g_autofree char *text = g_strnfill (NN_MAX_CONFIG_BYTES + 1, ' ');

  write_text ("m.json", text);
  copy (ZOO ".weights.h5", "m.weights.h5");
  check_error ("m.json", NN_ERROR_LIMIT, "m.json: is larger than 8 MiB");
  forget ("m.weights.h5");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/model-file/names", test_names);
  g_test_add_func ("/model-file/whole", test_whole);
  g_test_add_func ("/model-file/errors", test_errors);
  g_test_add_func ("/model-file/large", test_large);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
