/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comma-separated values as RFC 4180 has them. */
#pragma once

#include <glib.h>

/* The fields of the row at *text, at least one; *text moves to the next row,
 * or to the end. Free with g_ptr_array_unref, which frees the strings. */
GPtrArray *train_csv_read_row (const char **text);
