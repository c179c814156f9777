/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/output-check.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "gst/tools/listing.h"
#include "nn/file-write.h"

static gboolean
fail (const char *option, const char *path, int reason, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (reason),
      "%s %s: %s%s", option, path, g_strerror (reason),
      reason == ENOENT       ? "; make the folder first"
          : reason == EISDIR ? "; name a file in it"
                             : "");
  return FALSE;
}

gboolean
tool_output_check_sound (const char *option, const char *path, GError **error)
{
  if (!path || !g_file_test (path, G_FILE_TEST_IS_REGULAR)
      || !tool_listing_is_sound (path))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s %s would replace a sound: %s is followed by the file to write",
      option, path, option);
  return FALSE;
}

gboolean
tool_output_check (const char *option, const char *path, GError **error)
{
  g_autofree char *folder = path ? g_path_get_dirname (path) : NULL;

  if (!path || nn_file_is_stream (path))
    return TRUE;
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return fail (option, path, EISDIR, error);
  if (g_access (folder, W_OK | X_OK) != 0)
    return fail (option, path, errno, error);
  return tool_output_check_sound (option, path, error);
}

gboolean
tool_output_check_folder (const char *option, const char *path, GError **error)
{
  if (!path || g_mkdir_with_parents (path, 0777) == 0)
    return TRUE;
  return fail (option, path, errno, error);
}

gboolean
tool_output_check_apart (const char *option, const char *path,
    const char *other_option, const char *other_path, GError **error)
{
  g_autofree char *a = path ? g_canonicalize_filename (path, NULL) : NULL;
  g_autofree char *b =
      other_path ? g_canonicalize_filename (other_path, NULL) : NULL;

  if (!a || !b || !g_str_equal (a, b) || nn_file_is_stream (a))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s and %s both name %s", option, other_option, path);
  return FALSE;
}
