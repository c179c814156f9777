/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/windower.h"

#include <string.h>

struct _GstEmotionWindower {
  gsize window_len;
  guint64 rate;
  GstClockTime interval;
  guint64 end;     /* position of the next sample */
  guint64 start;   /* of the window in progress; may be ahead of end */
  guint64 last;    /* start and */
  guint64 covered; /* end of the last window that was left behind */
  guint64 base;    /* where windows are counted from */
  guint64 n;       /* windows since base */
  gsize len;       /* samples collected, positions start..end */
  float samples[]; /* [window_len] */
};

GstEmotionWindower *
gst_emotion_windower_new (gsize window_len, guint64 rate, GstClockTime interval)
{
  GstEmotionWindower *self =
      g_malloc0 (sizeof *self + window_len * sizeof (float));

  self->window_len = window_len;
  self->rate = rate;
  gst_emotion_windower_set_interval (self, interval);
  return self;
}

void
gst_emotion_windower_free (GstEmotionWindower *self)
{
  g_free (self);
}

void
gst_emotion_windower_set_interval (
    GstEmotionWindower *self, GstClockTime interval)
{
  /* Rounded up: an interval of less than a sample would never advance. */
  self->interval =
      MAX (interval, gst_util_uint64_scale_ceil (1, GST_SECOND, self->rate));
  /* Nothing was collected of a window that is ahead: it counts from the last.
   */
  if (self->start > self->end)
    self->start = MAX (self->end,
        self->last
            + gst_util_uint64_scale (self->interval, self->rate, GST_SECOND));
  self->base = self->start;
  self->n = 0;
}

gsize
gst_emotion_windower_push (
    GstEmotionWindower *self, const float *samples, gsize n)
{
  const gsize skip = MIN (n, self->start - MIN (self->start, self->end));
  const gsize taken = MIN (n - skip, self->window_len - self->len);

  memcpy (self->samples + self->len, samples + skip, taken * sizeof *samples);
  self->len += taken;
  self->end += skip + taken;
  return skip + taken;
}

gsize
gst_emotion_windower_peek (
    const GstEmotionWindower *self, const float **samples, guint64 *position)
{
  *samples = self->samples;
  *position = self->start;
  return self->len;
}

gboolean
gst_emotion_windower_is_full (const GstEmotionWindower *self)
{
  return self->len == self->window_len;
}

gsize
gst_emotion_windower_rest (const GstEmotionWindower *self)
{
  const guint64 from = MAX (self->start, self->covered);

  return self->end > from ? self->end - from : 0;
}

void
gst_emotion_windower_next (GstEmotionWindower *self)
{
  const guint64 start = self->base
      + gst_util_uint64_scale (
          ++self->n, self->interval * self->rate, GST_SECOND);
  const gsize gone = MIN (start - self->start, self->len);

  self->last = self->start;
  self->covered = self->end;
  self->len -= gone;
  memmove (
      self->samples, self->samples + gone, self->len * sizeof *self->samples);
  self->start = start;
}

void
gst_emotion_windower_restart (GstEmotionWindower *self)
{
  self->len = 0;
  self->n = 0;
  self->start = self->base = self->covered = self->end;
}

guint64
gst_emotion_windower_position (const GstEmotionWindower *self)
{
  return self->end;
}
