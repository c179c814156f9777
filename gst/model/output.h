/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kind of a network's output, and how it becomes probabilities. */
#pragma once

#include <glib.h>
#include "nn/model.h"

typedef enum {
  GST_EMOTION_OUTPUT_PROBABILITIES, /* as they are */
  GST_EMOTION_OUTPUT_LOGITS,        /* softmax makes them probabilities */
  GST_EMOTION_OUTPUT_SIGMOID,       /* one: that of the second of two labels */
} GstEmotionOutput;

/* Examines the last layer of output 0 and, if that is not conclusive, outputs
 * for some inputs. FALSE and NN_ERROR_UNSUPPORTED, naming the model and the
 * output, if it cannot become probabilities. Uses session. */
gboolean gst_emotion_output_find (const char *name, const NnModel *network,
    NnSession *session, GstEmotionOutput *output, GError **error);

/* Labels for n outputs. */
guint gst_emotion_output_n_labels (GstEmotionOutput self, guint n);

/* out [n] -> probabilities [labels] */
void gst_emotion_output_apply (
    GstEmotionOutput self, const float *out, guint n, float *probabilities);

/* "8 logits, made probabilities by softmax": a description. Free with g_free.
 */
char *gst_emotion_output_describe (GstEmotionOutput self, guint n);
