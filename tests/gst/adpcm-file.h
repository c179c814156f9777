/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files with IMA ADPCM of one channel, which no muxer here writes. */
#pragma once

#include <glib.h>

#define ADPCM_BLOCK 1024 /* bytes of a block; adpcmenc blockalign */

/* blocks: n bytes, a multiple of ADPCM_BLOCK. */
void adpcm_write_wav (
    const char *path, guint rate, const char *blocks, gsize n);
/* In chunks of some blocks. */
void adpcm_write_avi (
    const char *path, guint rate, const char *blocks, gsize n);
