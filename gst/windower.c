/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/windower.h"

#include <string.h>

typedef struct {
  guint64 from, to;
} Span;

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
  GArray *filled;  /* Span, in order; those before start go */
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
  self->filled = g_array_new (FALSE, FALSE, sizeof (Span));
  gst_emotion_windower_set_interval (self, interval);
  return self;
}

void
gst_emotion_windower_free (GstEmotionWindower *self)
{
  if (!self)
    return;
  g_array_unref (self->filled);
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

guint64
gst_emotion_windower_due (const GstEmotionWindower *self)
{
  return self->start + self->window_len;
}

guint64
gst_emotion_windower_rest_start (const GstEmotionWindower *self)
{
  return MAX (self->start, self->covered);
}

gsize
gst_emotion_windower_rest (const GstEmotionWindower *self)
{
  const guint64 from = gst_emotion_windower_rest_start (self);

  return self->end > from ? self->end - from : 0;
}

static Span *
span_at (const GstEmotionWindower *self, guint i)
{
  return &g_array_index (self->filled, Span, i);
}

/* The spans from position on move by n. */
static void
move_filled (GstEmotionWindower *self, guint64 position, guint64 n)
{
  for (guint i = 0; i < self->filled->len; i++) {
    Span *span = span_at (self, i);

    if (span->to <= position)
      continue;
    if (span->from < position) {
      const Span before = { span->from, position };

      span->from = position;
      g_array_insert_val (self->filled, i, before);
      continue;
    }
    span->from += n;
    span->to += n;
  }
}

/* n positions from that one on are no more. */
static void
cut_filled (GstEmotionWindower *self, guint64 position, guint64 n)
{
  for (guint i = self->filled->len; i-- > 0;) {
    Span *span = span_at (self, i);

    if (span->from > position)
      span->from -= MIN (n, span->from - position);
    if (span->to > position)
      span->to -= MIN (n, span->to - position);
    if (span->from == span->to)
      g_array_remove_index (self->filled, i);
  }
}

gsize
gst_emotion_windower_open (
    GstEmotionWindower *self, guint64 position, gsize n, float *samples)
{
  const guint64 from = MAX (position, self->start);
  const gsize tail = self->end > from ? self->end - from : 0;

  memcpy (samples, self->samples + self->len - tail, tail * sizeof *samples);
  self->len -= tail;
  self->end -= tail;
  if (self->covered > self->end)
    self->covered += n;
  move_filled (self, self->end, n);
  return tail;
}

gsize
gst_emotion_windower_cut (GstEmotionWindower *self, guint64 position, gsize n)
{
  const guint64 from = MAX (position, self->start);
  const gsize tail = self->end > from ? self->end - from : 0;
  float *const samples = self->samples + self->len - tail;

  n = MIN (n, tail);
  if (self->covered > from)
    self->covered -= MIN (n, self->covered - from);
  memmove (samples, samples + n, (tail - n) * sizeof *samples);
  self->len -= n;
  self->end -= n;
  cut_filled (self, from, n);
  return n;
}

/* Those that no window will have any more. */
static void
forget_filled (GstEmotionWindower *self)
{
  guint n = 0;

  while (n < self->filled->len && span_at (self, n)->to <= self->start)
    n++;
  g_array_remove_range (self->filled, 0, n);
}

void
gst_emotion_windower_mark_filled (
    GstEmotionWindower *self, guint64 from, guint64 to)
{
  const Span span = { from, to };
  guint i = self->filled->len;

  while (i > 0 && span_at (self, i - 1)->from >= to)
    i--;
  if (i > 0 && span_at (self, i - 1)->to == from)
    span_at (self, i - 1)->to = to;
  else
    g_array_insert_val (self->filled, i, span);
}

gsize
gst_emotion_windower_filled (
    const GstEmotionWindower *self, guint64 from, guint64 to)
{
  gsize n = 0;

  for (guint i = 0; i < self->filled->len; i++) {
    const guint64 begin = MAX (span_at (self, i)->from, from);
    const guint64 end = MIN (span_at (self, i)->to, to);

    n += end - MIN (begin, end);
  }
  return n;
}

void
gst_emotion_windower_next (GstEmotionWindower *self)
{
  const guint64 start = self->base
      + gst_util_uint64_scale (
          ++self->n, self->interval * self->rate, GST_SECOND);
  const gsize gone = MIN (start - self->start, self->len);

  self->last = self->start;
  self->covered = MAX (self->covered, self->end);
  self->len -= gone;
  memmove (
      self->samples, self->samples + gone, self->len * sizeof *self->samples);
  self->start = start;
  forget_filled (self);
}

void
gst_emotion_windower_end_at (GstEmotionWindower *self, guint64 position)
{
  self->len = position - self->start;
  self->covered = MAX (self->covered, position);
}

void
gst_emotion_windower_begin_at (
    GstEmotionWindower *self, guint64 position, const float *samples)
{
  self->last = self->start;
  self->start = self->base = position;
  self->n = 0;
  self->len = self->end - position;
  memcpy (self->samples, samples, self->len * sizeof *samples);
  forget_filled (self);
}

void
gst_emotion_windower_restart_at (GstEmotionWindower *self, guint64 position)
{
  const gsize gone = self->end > self->start
      ? MIN (position - MIN (position, self->start), self->len)
      : 0;

  memmove (self->samples, self->samples + gone,
      (self->len - gone) * sizeof *self->samples);
  self->len -= gone;
  self->n = 0;
  self->start = self->base = self->end - self->len;
  self->covered = MAX (self->start, MIN (self->covered, self->end));
  forget_filled (self);
}

void
gst_emotion_windower_restart (GstEmotionWindower *self)
{
  gst_emotion_windower_restart_at (self, self->end);
  /* Of samples that were held back and will not come. */
  g_array_set_size (self->filled, 0);
}

guint64
gst_emotion_windower_position (const GstEmotionWindower *self)
{
  return self->end;
}
