/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes JSON. (The generator of json-glib 1.6 writes 1e-10 as "1e-10.0", which
 * is invalid.) Values in objects have a name; in arrays, and for the outermost
 * value, it is NULL. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct _NnJson NnJson;

/* pretty: a line for each value, except in arrays of numbers. */
NnJson *nn_json_new (bool pretty);
void nn_json_free (NnJson *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnJson, nn_json_free)

void nn_json_begin_object (NnJson *self, const char *name);
void nn_json_end_object (NnJson *self);
void nn_json_begin_array (NnJson *self, const char *name);
void nn_json_end_array (NnJson *self);

/* UTF-8; invalid bytes become replacement characters. NULL: null. */
void nn_json_add_string (NnJson *self, const char *name, const char *value);
/* As many digits as are needed to read back the same double; null if it is not
 * finite. */
void nn_json_add_double (NnJson *self, const char *name, double value);
/* As json.dumps of Python writes a float: 1.0, which Python would otherwise
 * read as an int, NaN and Infinity. */
void nn_json_add_python_float (NnJson *self, const char *name, double value);
void nn_json_add_int (NnJson *self, const char *name, gint64 value);
void nn_json_add_boolean (NnJson *self, const char *name, bool value);

/* Appends text as a JSON string, where no writer is needed. */
void nn_json_quote (GString *out, const char *text);

/* The text so far, without a final newline; valid until the next call. */
const char *nn_json_text (const NnJson *self);
