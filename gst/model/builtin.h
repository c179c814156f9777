/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The built-in models (nn/models): one table for the property “model” and the
 * tools. The bytes of each, an HDF5 file, are part of the program; a build
 * without them (meson option builtin-models) has the same names. */
#pragma once

#include <gst/gst.h>

/* In the order of the table: scripts may use the numbers. */
typedef enum {
  GST_EMOTION_BUILTIN_CNN_GRU,
  GST_EMOTION_BUILTIN_CNN_LSTM,
  GST_EMOTION_BUILTIN_CNN_LSTM_OPTIMIZED,
  GST_EMOTION_BUILTIN_CNN_LSTM_REGULARIZED,
  GST_EMOTION_BUILTIN_SIMPLE,
  GST_EMOTION_BUILTIN_CNN,
  GST_EMOTION_BUILTIN_SPEECH,
} GstEmotionBuiltin;

/* The one with the best unweighted average recall on speakers and corpora that
 * it was not trained on; the cards in nn/models give the figures. */
#define GST_EMOTION_BUILTIN_DEFAULT GST_EMOTION_BUILTIN_SPEECH

#define GST_TYPE_EMOTION_BUILTIN (gst_emotion_builtin_get_type ())
GType gst_emotion_builtin_get_type (void);

/* FALSE in a build without models. */
gboolean gst_emotion_builtin_is_available (void);

const char *gst_emotion_builtin_nick (GstEmotionBuiltin builtin);

/* FALSE if text is not a nick, and so a file. builtin may be NULL. */
gboolean gst_emotion_builtin_find (
    const char *text, GstEmotionBuiltin *builtin);

/* For the help of tools: the nicks, separated by commas. Free with g_free. */
char *gst_emotion_builtin_list (void);

/* The model file, not copied. Release with g_bytes_unref. NULL and
 * GST_RESOURCE_ERROR_NOT_FOUND in a build without models. */
GBytes *gst_emotion_builtin_bytes (GstEmotionBuiltin builtin, GError **error);
