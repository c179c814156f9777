/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AAC in ADTS frames (ISO/IEC 13818-7, 6.2), found again after damage.
 *
 * Where a damaged header, or bytes that look like one, say that a frame is
 * shorter than its header, aacparse of GStreamer 1.22 and later waits for ever:
 * all that follows is lost. This parser comes before it, in this process only,
 * and lets through whole frames alone. */
#pragma once

/* Before the first pipeline; again: nothing. */
void gst_emotion_adts_register (void);
