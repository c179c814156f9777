/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing of HDF5 files, by the HDF5 library; only this file's .c calls it.
 * Debian's is not thread-safe: every function takes one process-wide lock.
 *
 * A file is made in memory and returned as bytes (nn/file-write.h writes them
 * to disk). Failures are kept: write everything, then check
 * nn_h5_writer_finish. */
#pragma once

#include <glib.h>
#include "nn/shape.h"

typedef struct _NnH5Writer NnH5Writer;

NnH5Writer *nn_h5_writer_new (void);
/* The same for a file with packed arrays: what finds their parts is small. */
NnH5Writer *nn_h5_writer_new_packed (void);
void nn_h5_writer_free (NnH5Writer *writer); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnH5Writer, nn_h5_writer_free)

/* Paths are relative to the root, "" is the root; missing groups are created.
 */
void nn_h5_write_group (NnH5Writer *writer, const char *path);
void nn_h5_write_floats (NnH5Writer *writer, const char *path,
    const NnShape *shape, const float *values);
/* As half floats, which the values are, packed: shuffled and deflated where
 * that makes them smaller. */
void nn_h5_write_halves (NnH5Writer *writer, const char *path,
    const NnShape *shape, const float *values);
void nn_h5_write_doubles (NnH5Writer *writer, const char *path,
    const NnShape *shape, const double *values);

/* Attributes of an existing group or dataset. Strings have variable length and
 * are marked as ASCII or UTF-8, as h5py does for bytes and str. */
void nn_h5_write_string_attribute (NnH5Writer *writer, const char *path,
    const char *name, const char *value, bool is_utf8);
void nn_h5_write_double_attribute (
    NnH5Writer *writer, const char *path, const char *name, double value);
/* A list, split (name0, name1, ...) if it exceeds HDF5's 64 kB; an empty one is
 * an empty array of doubles: as Keras does. */
void nn_h5_write_strings_attribute (NnH5Writer *writer, const char *path,
    const char *name, const char *const *values, size_t n);

/* The file. NULL and NN_ERROR_IO if anything failed. */
GBytes *nn_h5_writer_finish (NnH5Writer *writer, GError **error);
