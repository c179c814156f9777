/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/colours.h"

const GstEmotionRgb gst_emotion_viridis[GST_EMOTION_VIRIDIS_N] = {
  { 68, 1, 84 },
  { 59, 82, 139 },
  { 33, 145, 140 },
  { 94, 201, 98 },
  { 253, 231, 37 },
};

GstEmotionRgb
gst_emotion_colour_of_label (guint index)
{
  static const GstEmotionRgb colours[] = {
    GST_EMOTION_GREY,      /* neutral */
    GST_EMOTION_GREEN,     /* calm */
    GST_EMOTION_YELLOW,    /* happy */
    GST_EMOTION_BLUE,      /* sad */
    GST_EMOTION_VERMILION, /* angry */
    GST_EMOTION_PURPLE,    /* fearful */
    GST_EMOTION_OLIVE,     /* disgust */
    GST_EMOTION_ORANGE,    /* surprised */
    GST_EMOTION_SKY_BLUE,  /* pleasant_surprise */
  };

  return colours[index % G_N_ELEMENTS (colours)];
}

static guint8
mix (guint8 from, guint8 to, gdouble share)
{
  return (guint8) (from + share * (to - from) + 0.5);
}

GstEmotionRgb
gst_emotion_colour_of_level (gdouble level)
{
  const gdouble place = CLAMP (level, 0, 1) * (GST_EMOTION_VIRIDIS_N - 1);
  const guint i = MIN ((guint) place, GST_EMOTION_VIRIDIS_N - 2);
  const GstEmotionRgb *from = &gst_emotion_viridis[i], *to = from + 1;

  return (GstEmotionRgb){ mix (from->red, to->red, place - i),
    mix (from->green, to->green, place - i),
    mix (from->blue, to->blue, place - i) };
}
