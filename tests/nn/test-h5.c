/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <math.h>
#include "nn/error.h"
#include "nn/h5.h"

static void
test_not_found (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nn_h5_open ("/no/such/file.h5", &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/no/such/file.h5"));
}

static void
test_not_hdf5 (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("hello", 5);

  g_assert_null (nn_h5_open_bytes ("greeting", bytes, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "greeting"));
}

static void
test_golden (void)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");
  g_autofree char *path =
      g_build_filename (shared, "golden/features/filters.h5", NULL);
  g_autofree char *image = NULL;
  gsize len;
  g_autoptr (GError) error = NULL;
  NnShape shape;

  if (!g_file_get_contents (path, &image, &len, NULL)) {
    g_test_skip ("golden/features/filters.h5: no ../shared here");
    return;
  }
  g_autoptr (GBytes) bytes = g_bytes_new (image, len);
  g_autoptr (NnH5) from_disk = nn_h5_open (path, &error);
  g_assert_no_error (error);
  g_autoptr (NnH5) from_memory = nn_h5_open_bytes ("image", bytes, &error);
  g_assert_no_error (error);
  NnH5 *const files[] = { from_disk, from_memory };
  for (size_t i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree double *hann =
        nn_h5_read_doubles (files[i], "hann2048", &shape, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (shape.rank, ==, 1);
    g_assert_cmpuint (shape.dim[0], ==, 2048);
    for (size_t k = 0; k < 2048; k++)
      g_assert_cmpfloat_with_epsilon (
          hann[k], 0.5 - 0.5 * cos (2 * G_PI * k / 2048), 1e-12);
    g_assert_true (nn_h5_has_dataset (files[i], "mel64_f32"));
    g_assert_false (nn_h5_has_group (files[i], "mel64_f32"));
    g_assert_false (nn_h5_has_dataset (files[i], "mel64_f32/x"));
    g_assert_null (nn_h5_read_floats (files[i], "mel65", NULL, &error));
    g_assert_error (error, NN_ERROR, NN_ERROR_FORMAT);
    g_clear_error (&error);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/h5/not-found", test_not_found);
  g_test_add_func ("/h5/not-hdf5", test_not_hdf5);
  g_test_add_func ("/h5/golden", test_golden);
  return g_test_run ();
}
