/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading of untrusted JSON: the configuration of models and layers, and the
 * attribute "emotiondetect". Only this file's .c calls json-glib.
 *
 * An NnConfig is a cursor: a value inside a document, and what messages call
 * it. The cursors of a document share one error, and the first failure stays,
 * so a layer reads all its fields in a row and calls nn_config_ok once. After a
 * failure readers return harmless values (sizes are 1). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include "nn/error.h"
#include "nn/shape.h"

typedef struct _NnDocument NnDocument;

typedef struct {
  struct _JsonNode *node; /* borrowed from the document; NULL: absent or null */
  const char *where;      /* "layer “conv2d” (Conv2D)"; borrowed */
  int keras_major;        /* 2 (all before 3) or 3 */
  bool is_torch;  /* Keras 3 ran on PyTorch, or its backend is unknown */
  GError **error; /* not NULL; the first failure */
} NnConfig;

/* Parses text of len bytes. name is the file in messages. Bounded by
 * nn/limits.h in length and depth. NULL and NN_ERROR_FORMAT or _LIMIT. Free
 * with nn_document_free; cursors die with it. */
NnDocument *nn_document_parse (
    const char *name, const char *text, gsize len, GError **error);
void nn_document_free (NnDocument *document); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnDocument, nn_document_free)

/* Sets is_torch of cursors made from now on; false at first. */
void nn_document_set_torch (NnDocument *document, bool is_torch);

/* An object without members, and a member for it, shared with the document that
 * value is from. */
NnDocument *nn_document_new (void);
void nn_document_add (
    NnDocument *document, const char *key, const NnConfig *value);

/* The cursor of the whole document. *error must be NULL and outlive it. */
NnConfig nn_document_root (
    NnDocument *document, const char *where, int keras_major, GError **error);

/* Records a failure, unless one is recorded. The message is preceded by where.
 */
void nn_config_fail (const NnConfig *config, NnError code, const char *format,
    ...) G_GNUC_PRINTF (3, 4);
bool nn_config_ok (const NnConfig *config);

/* Kinds of value. An absent value and null are the same. */
bool nn_config_is_set (const NnConfig *config);
bool nn_config_is_object (const NnConfig *config);
bool nn_config_is_list (const NnConfig *config);
bool nn_config_is_string (const NnConfig *config);
bool nn_config_is_number (const NnConfig *config);
bool nn_config_is_bool (const NnConfig *config);
bool nn_config_is_whole (const NnConfig *config); /* written as an integer */

/* A member of an object, an item of a list: unset if absent. */
NnConfig nn_config_get (const NnConfig *config, const char *key);
NnConfig nn_config_at (const NnConfig *config, size_t i);
size_t nn_config_length (const NnConfig *config); /* items of a list, else 0 */
/* Names of an object's members; free the array (not the names) with g_free. */
const char **nn_config_keys (const NnConfig *config);

/* A constant: the value itself, or what is in {"class_name": "__numpy__",
 * "config": {"value": ...}} or {"type": "ndarray", "value": ...}, as Keras 3
 * and Keras 2.2 write arrays. Readers of numbers do this by themselves. */
NnConfig nn_config_constant (const NnConfig *config);

/* The value itself; fallback if it is unset, a failure if it is of another
 * kind. Python's NaN and Infinity are numbers (but not integers). */
const char *nn_config_as_string (const NnConfig *config, const char *fallback);
double nn_config_as_double (const NnConfig *config, double fallback);
gint64 nn_config_as_int (const NnConfig *config, gint64 fallback);
bool nn_config_as_bool (const NnConfig *config, bool fallback);

/* Members by name, as layers read them. */
const char *nn_config_string (
    const NnConfig *config, const char *key, const char *fallback);
double nn_config_double (
    const NnConfig *config, const char *key, double fallback);
gint64 nn_config_int (const NnConfig *config, const char *key, gint64 fallback);
/* True as in Python: any number other than 0, too. */
bool nn_config_bool (const NnConfig *config, const char *key, bool fallback);
/* A count, 1..NN_MAX_DIM; fallback 0: the key is required. */
size_t nn_config_size (
    const NnConfig *config, const char *key, size_t fallback);
/* n counts: a list of n, or one number for all. fallback as above. */
void nn_config_sizes (const NnConfig *config, const char *key, size_t fallback,
    size_t n, size_t *values);
/* Which of choices (NULL-terminated) the string is; if none, a failure that
 * lists them. fallback: an index. */
size_t nn_config_choice (const NnConfig *config, const char *key,
    const char *const *choices, size_t fallback);
/* A list of sizes where null is NN_DIM_UNKNOWN, from item first on. */
void nn_config_shape (const NnConfig *config, size_t first, NnShape *shape);
