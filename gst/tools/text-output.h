/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where lines go: standard output, or a device or a pipe, at once; or a file
 * that appears whole or not at all. */
#pragma once

#include <glib.h>

typedef struct _TextOutput TextOutput;

/* path: NULL: standard output. Free with text_output_free. NULL and
 * G_FILE_ERROR. */
TextOutput *text_output_new (const char *path, GError **error);
/* A file that was not finished does not appear. NULL is fine. */
void text_output_free (TextOutput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TextOutput, text_output_free)

/* What goes wrong is said in the end. */
void text_output_write (TextOutput *self, const char *text, gsize len);

gboolean text_output_finish (TextOutput *self, GError **error);
