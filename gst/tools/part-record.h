/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a part's file: records one after the other,
 *
 *   KIND INDEX LENGTH CHECKSUM \n DATA \n
 *
 * with the SHA-256 of kind, index and data. The first two tell what part it is
 * and what its sources are. Where bytes are damaged, the next record that is
 * whole is found all the same. */
#pragma once

#include "gst/tools/part.h"

typedef enum {
  PART_BLOCK_INFO,
  PART_BLOCK_NAMES,
  PART_BLOCK_FINE,
  PART_BLOCK_FAILED,
  PART_N_BLOCKS,
} PartBlockKind;

typedef struct {
  PartBlockKind kind;
  guint64 index;
  const char *data; /* [len], part of the text it was found in */
  gsize len;
} PartBlock;

void part_block_append (GString *out, const PartBlock *block);

/* The first whole block in text [len] from *position on, which is moved behind
 * it. FALSE where there is none. */
gboolean part_block_next (
    const char *text, gsize len, gsize *position, PartBlock *block);

/* Info as the data of a block, and back; strings of it borrowed from file. */
char *part_info_to_text (const PartInfo *info);
/* Owns the strings of an info that was read. */
typedef struct {
  PartInfo info;
  char *tool, *settings, *head, *listing;
} PartInfoStore;
gboolean part_info_from_text (
    PartInfoStore *store, const char *text, gsize len);
void part_info_store_clear (PartInfoStore *store);

/* Why a and b are not of one job, to be put behind the part's name; NULL where
 * they are. */
const char *part_info_difference (const PartInfo *a, const PartInfo *b);
