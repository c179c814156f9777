/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/* Appends text as a field of CSV: in quotes if RFC 4180 requires them. */
void tool_csv_append_string (GString *out, const char *text);

/* Appends text in quotes, each quote in it doubled: CSV, and Praat's TextGrid.
 */
void tool_csv_append_quoted (GString *out, const char *text);
