/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in the bytes of a file, at any address: those of GStreamer
 * (GST_READ_UINT32_LE) ask for aligned ones where the processor does not. */
#pragma once

#include <glib.h>

static inline guint32
gst_emotion_read_le32 (const guint8 *at)
{
  return at[0] | at[1] << 8 | at[2] << 16 | (guint32) at[3] << 24;
}

static inline guint32
gst_emotion_read_be32 (const guint8 *at)
{
  return GUINT32_SWAP_LE_BE (gst_emotion_read_le32 (at));
}

static inline void
gst_emotion_write_le32 (guint8 *at, guint32 value)
{
  for (guint i = 0; i < 4; i++)
    at[i] = (guint8) (value >> 8 * i);
}

static inline void
gst_emotion_write_be32 (guint8 *at, guint32 value)
{
  gst_emotion_write_le32 (at, GUINT32_SWAP_LE_BE (value));
}
