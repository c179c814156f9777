/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The colours of all pictures, which people with any colour vision can
 * distinguish. Okabe and Ito, Color Universal Design, 2008; viridis is
 * matplotlib's map. */
#pragma once

#include <glib.h>

typedef struct {
  guint8 red, green, blue;
} GstEmotionRgb;

/* The palette of Okabe and Ito; grey and olive (Paul Tol's) in place of black,
 * so that all are visible on dark and on white backgrounds. */
#define GST_EMOTION_ORANGE ((GstEmotionRgb){ 230, 159, 0 })
#define GST_EMOTION_SKY_BLUE ((GstEmotionRgb){ 86, 180, 233 })
#define GST_EMOTION_GREEN ((GstEmotionRgb){ 0, 158, 115 })
#define GST_EMOTION_YELLOW ((GstEmotionRgb){ 240, 228, 66 })
#define GST_EMOTION_BLUE ((GstEmotionRgb){ 0, 114, 178 })
#define GST_EMOTION_VERMILION ((GstEmotionRgb){ 213, 94, 0 })
#define GST_EMOTION_PURPLE ((GstEmotionRgb){ 204, 121, 167 })
#define GST_EMOTION_OLIVE ((GstEmotionRgb){ 153, 153, 51 })
#define GST_EMOTION_GREY ((GstEmotionRgb){ 153, 153, 153 })

/* The colour of a label, by its index: nine colours, repeated for more labels.
 */
GstEmotionRgb gst_emotion_colour_of_label (guint index);

/* From dark (0) to light (1). */
#define GST_EMOTION_VIRIDIS_N 5
extern const GstEmotionRgb gst_emotion_viridis[GST_EMOTION_VIRIDIS_N];
GstEmotionRgb gst_emotion_colour_of_level (gdouble level);
