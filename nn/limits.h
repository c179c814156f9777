/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Model files are untrusted: this file bounds everything that they may demand,
 * with reasons. Real models are far below all limits. */
#pragma once

#include <glib.h>

/* A file that is read into memory, or one member of a .keras zip. The largest
 * public audio classifiers (full VGGish, YAMNet) are below 300 MB. */
#define NN_MAX_FILE_BYTES ((guint64) 512 << 20)

/* Bytes read of a file before it is known to be a model: HDF5 may begin after a
 * user block. */
#define NN_HEAD_BYTES ((gsize) 1 << 20)

/* Members of a .keras zip: Keras writes three, and assets of text layers. */
#define NN_MAX_ZIP_MEMBERS 4096

/* How far a file of len bytes may expand: of an archive, each member; of an
 * HDF5 file, all numbers read, where len is that of the archive that contains
 * it, if any. Keras stores both uncompressed, and trained weights hardly
 * shrink; the constant is for small models full of zeros. */
#define NN_EXPANSION_FREE_BYTES ((gsize) 64 << 20)
#define NN_EXPANSION_RATIO 8

static inline gsize
nn_max_expanded (gsize len)
{
  return MAX (NN_EXPANSION_FREE_BYTES, len * NN_EXPANSION_RATIO);
}

/* JSON text of a model: VGG-like models have 20 kB, ResNet-152 has 400 kB. */
#define NN_MAX_CONFIG_BYTES ((gsize) 8 << 20)

/* The attribute "emotiondetect": the trainer writes 2 kB. */
#define NN_MAX_METADATA_BYTES ((gsize) 1 << 19)

/* Nesting of brackets in that JSON. A nested model takes about six levels; the
 * parser recurses, so this bounds its stack. */
#define NN_MAX_JSON_DEPTH ((size_t) 128)

/* Values in that JSON, and their names: json-glib takes 200 bytes and a
 * microsecond for each. ResNet-152 has 40000 values. */
#define NN_MAX_JSON_VALUES ((size_t) 1 << 18)

/* Models inside models, wrappers inside wrappers: the loader recurses. */
#define NN_MAX_NESTING 16

/* Stacked cells in one RNN layer. */
#define NN_MAX_CELLS 64

/* Calls of layers, once nested models are unfolded. ResNet-152 has about 500;
 * shared sub-models could otherwise double the count at every level. */
#define NN_MAX_NODES 16384

/* Layers, references and values in arguments that the loader visits once nested
 * models are unfolded. A nested model may be called often, and each call reads
 * its configuration again, at half a microsecond each. ResNet-152 has 3000. */
#define NN_MAX_WORK ((size_t) 1 << 17)

/* One axis of a tensor, and the elements of one tensor (activations or
 * weights): 2^26 floats are 256 MiB. */
#define NN_MAX_DIM ((size_t) 1 << 26)
#define NN_MAX_ELEMENTS ((size_t) 1 << 26)

/* Numbers that a layer computes in its setup, each in some nanoseconds: weights
 * of interpolations, mel bands, roots of a Fourier transform. A window of 2048
 * samples has 131000 weights of 128 mel bands. */
#define NN_MAX_TABLE ((size_t) 1 << 22)

/* Working memory of a session for one sample, in floats (256 MiB): VGG-16 on
 * 224 x 224 pixels takes 26 MiB. */
#define NN_MAX_SCRATCH ((size_t) 1 << 26)

/* Structures of an HDF5 file that are visited in total: a model with 2000
 * weights has some 100000. A file can refer to the same structure many times;
 * each visit takes a tenth of a microsecond. */
#define NN_MAX_H5_WORK ((size_t) 1 << 21)

/* Levels of a B-tree (each holds at least twice the entries of the one below),
 * and blocks of one object header (HDF5 adds one when the last is full). The
 * reader recurses over the former. */
#define NN_MAX_H5_LEVELS 24
#define NN_MAX_H5_BLOCKS 4096

/* Characters of a name in a message: names in a file may be as long as the
 * file. */
#define NN_MAX_MESSAGE 4096

/* Strings in one attribute (layer and weight names), and children of a group.
 */
#define NN_MAX_NAMES 65536

/* Parts of a split attribute (layer_names0, layer_names1, ...): each holds up
 * to 64 kB, so this allows 64 MB of names. */
#define NN_MAX_ATTRIBUTE_PARTS 1024

/* Length of a path inside a file. A weight's path repeats the layer's name,
 * which Keras does not limit: names of 20 kB occur in tests of Keras. */
#define NN_MAX_PATH ((size_t) 1 << 18)
