/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/folder.h"

#include <glib/gstdio.h>

char *
test_folder_new (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("emotion-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static void
remove_all (const char *path)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR)
      && !g_file_test (path, G_FILE_TEST_IS_SYMLINK)) {
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  }
  g_remove (path);
}

void
test_folder_remove (char *folder)
{
  remove_all (folder);
  g_free (folder);
}

void
test_folder_assert_same (const char *folder, const char *a, const char *b)
{
  g_autofree char *a_path = g_build_filename (folder, a, NULL);
  g_autofree char *b_path = g_build_filename (folder, b, NULL);
  g_autofree char *a_text = NULL, *b_text = NULL;
  gsize a_len, b_len;

  g_assert_true (g_file_get_contents (a_path, &a_text, &a_len, NULL));
  g_assert_true (g_file_get_contents (b_path, &b_text, &b_len, NULL));
  g_assert_cmpmem (a_text, a_len, b_text, b_len);
}
