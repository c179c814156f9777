/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a codec makes of a sound, by GStreamer's encoder and decoder. */
#pragma once

#include <glib.h>

/* In place on mono samples [n] at rate Hz: Opus at so many bits per second, and
 * back. What the decoder gives less is silent. Blocks; any number of threads at
 * once. FALSE and an error, with the samples as they were, where an element is
 * missing or fails. */
gboolean train_codec_opus (
    float *samples, gsize n, double rate, guint bitrate, GError **error);
