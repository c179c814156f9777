/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a network puts out, and the probabilities that it stands for. */
#pragma once

#include <glib.h>
#include "nn/model.h"

typedef enum {
  GST_EMOTION_OUTPUT_PROBABILITIES, /* as they are */
  GST_EMOTION_OUTPUT_LOGITS,        /* softmax makes them so */
  GST_EMOTION_OUTPUT_SIGMOID,       /* one: that of the second of two labels */
} GstEmotionOutput;

/* Looks at how output 0 is made and, where that does not tell, at what comes
 * out for some inputs. FALSE and NN_ERROR_UNSUPPORTED, naming the model and
 * what it puts out, where that is no set of probabilities. Runs session. */
gboolean gst_emotion_output_find (const char *name, const NnModel *network,
    NnSession *session, GstEmotionOutput *output, GError **error);

/* Labels for n outputs. */
guint gst_emotion_output_n_labels (GstEmotionOutput self, guint n);

/* out [n] -> probabilities [labels] */
void gst_emotion_output_apply (
    GstEmotionOutput self, const float *out, guint n, float *probabilities);

/* "8 logits, made probabilities by softmax": for people. g_free. */
char *gst_emotion_output_describe (GstEmotionOutput self, guint n);
