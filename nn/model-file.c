/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/model-file.h"

#include <string.h>
#include "nn/error.h"
#include "nn/file.h"
#include "nn/h5.h"
#include "nn/foreign-format.h"
#include "nn/limits.h"
#include "nn/zip.h"

#define ARCHITECTURE ".json"

/* Usual names of the weights of NAME.json, after NAME. */
static const char *const weights_names[] = { ".weights.h5", "_weights.h5",
  "-weights.h5", ".h5" };

char *
nn_model_weights_path (const char *path)
{
  g_autofree char *stem = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  if (!g_str_has_suffix (path, ARCHITECTURE))
    return NULL;
  stem = g_strndup (path, strlen (path) - strlen (ARCHITECTURE));
  for (size_t i = 0; i < G_N_ELEMENTS (weights_names); i++) {
    g_autofree char *weights = g_strconcat (stem, weights_names[i], NULL);

    if (g_file_test (weights, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&weights);
  }
  return NULL;
}

/* Not every .json is an architecture: TensorFlow.js uses the same suffix, and
 * any file may be a pointer of Git LFS. */
static bool
check_architecture (const NnModelFile *file, const char *path, GError **error)
{
  const char *const kind = nn_foreign_format_of_bytes (file->bytes);

  if (!kind || g_str_equal (kind, NN_FOREIGN_FORMAT_LAYERS))
    return true;
  nn_foreign_format_fail (path, kind, error);
  return false;
}

static bool
read_weights (NnModelFile *file, const char *path, GError **error)
{
  file->weights_name = nn_model_weights_path (path);
  if (!file->weights_name) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: an architecture without weights: no file of the same name ending "
        "in %s, %s, %s or %s is beside it",
        path, weights_names[0], weights_names[1], weights_names[2],
        weights_names[3]);
    return false;
  }
  file->weights = nn_file_read (file->weights_name, NN_MAX_FILE_BYTES, error);
  return file->weights != NULL;
}

/* All of a file that may be a model; enough of any other to identify it. */
static GBytes *
read_model (const char *path, GError **error)
{
  g_autoptr (GBytes) head =
      nn_file_read_head (path, NN_MAX_FILE_BYTES, NN_HEAD_BYTES, error);

  if (!head)
    return NULL;
  if (g_bytes_get_size (head) < NN_HEAD_BYTES
      || !(nn_zip_is_zip (head) || nn_h5_is_h5 (head)
          || g_str_has_suffix (path, ARCHITECTURE)))
    return g_steal_pointer (&head);
  return nn_file_read (path, NN_MAX_FILE_BYTES, error);
}

NnModelFile *
nn_model_file_open (const char *path, GError **error)
{
  g_autoptr (NnModelFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  bytes = read_model (path, error);
  if (!bytes)
    return NULL;
  file = nn_model_file_new (path, bytes);
  if (g_str_has_suffix (path, ARCHITECTURE)
      && (!check_architecture (file, path, error)
          || !read_weights (file, path, error)))
    return NULL;
  return g_steal_pointer (&file);
}

NnModelFile *
nn_model_file_new (const char *name, GBytes *bytes)
{
  NnModelFile *file;

  g_return_val_if_fail (name != NULL && bytes != NULL, NULL);
  file = g_new0 (NnModelFile, 1);
  file->name = g_strdup (name);
  file->bytes = g_bytes_ref (bytes);
  return file;
}

void
nn_model_file_free (NnModelFile *file)
{
  if (!file)
    return;
  g_free (file->name);
  g_bytes_unref (file->bytes);
  g_free (file->weights_name);
  g_clear_pointer (&file->weights, g_bytes_unref);
  g_free (file);
}
