/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading of HDF5 files: groups, datasets, attributes as plain C values. Our
 * own reader, because model files are untrusted, and the HDF5 library (1.10,
 * Debian 12) crashes or hangs on damaged ones: a fuzzer found a fault every 125
 * files. It has no option against that, and checking files first would take as
 * much code as reading them. Writing: nn/h5-write.h.
 *
 * Supported is what Keras and h5py write with default settings, by any version
 * of HDF5: superblocks 0 to 3, both object headers, all kinds of groups,
 * numbers, strings of fixed and variable length, contiguous, compact and
 * chunked data, deflate and shuffle. Only hard links are followed; external and
 * virtual storage and other filters are refused; sizes are bounded by
 * nn/limits.h before anything is allocated.
 *
 * An NnH5 is used by one thread at a time; nothing is shared between two. */
#pragma once

#include <glib.h>
#include "nn/shape.h"

typedef struct _NnH5 NnH5;

/* Whether it is HDF5, by its signature; a user block may precede it. */
bool nn_h5_is_h5 (GBytes *bytes);

/* Opens for reading: the whole file is read into memory. NN_ERROR_NOT_FOUND, or
 * NN_ERROR_FORMAT if it is not HDF5. Close with nn_h5_close. */
NnH5 *nn_h5_open (const char *path, GError **error);
/* The same for a file in memory; name is what messages call it. */
NnH5 *nn_h5_open_bytes (const char *name, GBytes *bytes, GError **error);
/* It comes from an archive of that length, which bounds how much it may expand
 * to: nn_max_expanded. */
void nn_h5_set_source_len (NnH5 *file, gsize len);
void nn_h5_close (NnH5 *file); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnH5, nn_h5_close)

/* The path or name it was opened with. */
const char *nn_h5_name (const NnH5 *file);

/* Paths are relative to the root; "" and "/" are the root itself. */
bool nn_h5_has_group (NnH5 *file, const char *path);
bool nn_h5_has_dataset (NnH5 *file, const char *path);

/* Names of the members of a group, in alphabetical order. Free with g_strfreev.
 */
char **nn_h5_children (NnH5 *file, const char *path, GError **error);

/* Attributes of a group or dataset. */
bool nn_h5_has_attribute (NnH5 *file, const char *path, const char *name);
/* One string, of fixed or variable length. Free with g_free. */
char *nn_h5_attribute_string (
    NnH5 *file, const char *path, const char *name, GError **error);
/* A list of strings; an attribute of length 0 of any type is an empty list, and
 * Keras' split attributes (name0, name1, ...) are joined. Free with g_strfreev.
 */
char **nn_h5_attribute_strings (
    NnH5 *file, const char *path, const char *name, GError **error);

/* Shape of a dataset (rank 0 for a scalar). An axis may be 0. */
bool nn_h5_dataset_shape (
    NnH5 *file, const char *path, NnShape *shape, GError **error);

/* Reads a whole numeric dataset, converted to the type asked for. *shape (may
 * be NULL) receives its shape. Free with g_free. */
float *nn_h5_read_floats (
    NnH5 *file, const char *path, NnShape *shape, GError **error);
double *nn_h5_read_doubles (
    NnH5 *file, const char *path, NnShape *shape, GError **error);
/* A one-dimensional dataset of strings. Free with g_strfreev. */
char **nn_h5_read_strings (NnH5 *file, const char *path, GError **error);
