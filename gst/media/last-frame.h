/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a plain stream, which states no length (MPEG audio, AAC in ADTS,
 * AC-3, AMR, MPEG-TS), was cut off: it ends within a frame or packet. */
#pragma once

#include "gst/media/file-bytes.h"

/* at: where the first frame begins. How many bytes of the last frame are
 * missing; 0: none, or it is something else. */
guint64 gst_emotion_last_frame_lacks (
    const GstEmotionFileBytes *file, guint64 at);
