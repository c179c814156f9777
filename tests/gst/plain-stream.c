/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/plain-stream.h"

#define MS G_GINT64_CONSTANT (1000000)
#define S (1000 * MS)

typedef struct {
  gint64 pts;
  gint64 at;     /* where it was expected */
  gint64 number; /* of the sample that it came with, in the long array */
} Seen;

#define SEEN(self, i) g_array_index ((self)->seen, Seen, i)

void
plain_stream_init (PlainStream *self, gint64 window_len, gint64 rate)
{
  *self = (PlainStream){ .window_len = window_len,
    .rate = rate,
    .interval = 3 * S,
    .threshold = 40 * MS,
    .wait = S,
    .frame = 1,
    .samples = g_array_new (FALSE, FALSE, sizeof (gint32)),
    .windows = g_array_new (FALSE, FALSE, sizeof (PlainWindow)),
    .seen = g_array_new (FALSE, FALSE, sizeof (Seen)) };
}

void
plain_stream_clear (PlainStream *self)
{
  for (guint i = 0; i < self->windows->len; i++)
    g_free (g_array_index (self->windows, PlainWindow, i).ids);
  g_array_unref (self->samples);
  g_array_unref (self->windows);
  g_array_unref (self->seen);
}

static gint64
n_samples (const PlainStream *self)
{
  return self->samples->len;
}

static gint64
duration_of (const PlainStream *self, gint64 n)
{
  return n * S / self->rate;
}

/* Whole frames. */
static gint64
samples_in (const PlainStream *self, gint64 duration)
{
  const gint64 rate = self->rate / self->frame;

  return (duration * rate + S / 2) / S * self->frame;
}

gint64
plain_stream_due (const PlainStream *self)
{
  return MAX (
      0, self->zero + duration_of (self, n_samples (self) - self->begin));
}

static gint64
window_start (const PlainStream *self)
{
  return self->base + self->k * self->interval * self->rate / S;
}

/* Every window that is whole is told. */
static void
tell (PlainStream *self)
{
  while (n_samples (self) >= window_start (self) + self->window_len) {
    const gint64 start = window_start (self);
    const gint32 *ids = (const gint32 *) self->samples->data + start;
    PlainWindow window = { 0 };

    window.timestamp = MAX (
        self->segment, self->zero + (start - self->begin) * S / self->rate);
    for (gint64 i = 0; i < self->window_len; i++)
      window.filled += ids[i] == PLAIN_SILENCE;
    window.ids = g_memdup2 (ids, self->window_len * sizeof *ids);
    g_array_append_val (self->windows, window);
    self->told = MAX (self->told, start + self->window_len);
    self->k++;
  }
}

/* One after the other, so that no window ever sees what came after it. */
static void
append (PlainStream *self, gint32 id, gint64 n)
{
  for (gint64 i = 0; i < n; i++) {
    const gint32 value = id == PLAIN_SILENCE ? id : (gint32) (id + i);

    g_array_append_val (self->samples, value);
    tell (self);
  }
}

static void
discard (PlainStream *self, gint64 from, gint64 to)
{
  for (gint64 i = from; i < to; i++)
    self->stats.discarded +=
        g_array_index (self->samples, gint32, i) != PLAIN_SILENCE;
}

static void
end_run (PlainStream *self, gint64 start)
{
  discard (self, MAX (window_start (self), self->told), n_samples (self));
  self->zero = start;
  self->begin = self->base = self->told = n_samples (self);
  self->k = 0;
  self->is_running = self->has_time = self->is_sure = FALSE;
  self->was_discont = FALSE;
  self->to_drop = 0;
  self->level = 0;
  g_array_set_size (self->seen, 0);
}

void
plain_stream_restart (PlainStream *self, gint64 start)
{
  end_run (self, start);
  self->segment = start;
}

void
plain_stream_set_frame (PlainStream *self, gint64 m)
{
  self->zero = plain_stream_due (self);
  self->begin = n_samples (self);
  self->frame = m;
  self->to_drop = 0;
  self->is_sure = FALSE;
  self->level = 0;
  g_array_set_size (self->seen, 0);
}

static void
silence_now (PlainStream *self, gint64 n)
{
  self->stats.gaps++;
  self->stats.filled += n;
  append (self, PLAIN_SILENCE, n);
}

static void
silence_before (PlainStream *self, gint64 number, gint64 n)
{
  const gint64 from = MAX (number, MIN (window_start (self), n_samples (self)));
  const gint64 n_tail = n_samples (self) - from;
  g_autofree gint32 *tail = g_memdup2 (
      (gint32 *) self->samples->data + from, n_tail * sizeof (gint32));

  self->stats.gaps++;
  self->stats.filled += n;
  g_array_set_size (self->samples, from);
  if (self->told > from)
    self->told += n;
  append (self, PLAIN_SILENCE, n);
  for (gint64 i = 0; i < n_tail; i++)
    append (self, tail[i], 1);
}

/* n samples from that one on came twice; those that were told of stay. */
static void
delete_from (PlainStream *self, gint64 number, gint64 n)
{
  const gint64 from = MAX (number, MIN (window_start (self), n_samples (self)));
  const gint64 to = MIN (number + n, n_samples (self));
  const gint64 wanted = to - number;
  const gint64 gone = MIN (wanted, n_samples (self) - from);

  g_array_remove_range (self->samples, from, gone);
  if (self->told > from)
    self->told -= MIN (gone, self->told - from);
  self->stats.repeated += gone;
  self->to_drop += n - gone;
}

/* Since a stamp that was seen: by the clock of the stream or by the samples. */
static gint64
age (const Seen *seen, const Seen *now)
{
  return MAX (now->pts - seen->pts, now->at - seen->at);
}

static gint64
skew (const Seen *seen)
{
  return seen->pts - seen->at;
}

static void
note (PlainStream *self, const Seen *now)
{
  g_array_append_val (self->seen, *now);
  while (self->seen->len > 1 && age (&SEEN (self, 1), now) >= self->wait) {
    self->level = skew (&SEEN (self, 0));
    g_array_remove_index (self->seen, 0);
  }
}

/* Unless the one before, which is not 10 ms older, said the same. */
static void
look_at (PlainStream *self, const Seen *now)
{
  const guint n = self->seen->len;

  if (n == 0 || age (&SEEN (self, n - 1), now) >= 10 * MS
      || ABS (skew (&SEEN (self, n - 1)) - skew (now)) > MS)
    note (self, now);
}

static gint64
least (const PlainStream *self)
{
  gint64 least = G_MAXINT64;

  for (guint i = 0; i < self->seen->len; i++)
    least = MIN (least, skew (&SEEN (self, i)));
  return least;
}

static gint64
most (const PlainStream *self)
{
  gint64 most = G_MININT64;

  for (guint i = 0; i < self->seen->len; i++)
    most = MAX (most, skew (&SEEN (self, i)));
  return most;
}

static gint64
shake (const PlainStream *self)
{
  return self->seen->len > 0 ? most (self) - least (self) : 0;
}

/* How much of its lead a stamp lost again to one that came after it. */
static gint64
taken_back (const PlainStream *self)
{
  gint64 back = 0;

  for (guint i = 0; i < self->seen->len; i++)
    for (guint j = i; j < self->seen->len; j++)
      back = MAX (back, skew (&SEEN (self, i)) - skew (&SEEN (self, j)));
  return back;
}

/* All times of the run, and of what was seen, move by d. */
static void
move_times (PlainStream *self, gint64 d)
{
  self->zero += d;
  for (guint i = 0; i < self->seen->len; i++)
    SEEN (self, i).at += d;
}

/* The times move, and nothing else. */
static void
follow (PlainStream *self, gint64 d)
{
  self->level -= d;
  move_times (self, d);
}

/* A run began with that sample, and times are d later from there on. */
static void
begin_before (PlainStream *self, gint64 number, gint64 d)
{
  self->stats.breaks++;
  discard (self, MAX (window_start (self), self->told), number);
  self->base = MAX (number, MIN (window_start (self), n_samples (self)));
  self->k = 0;
  move_times (self, d);
}

static void
late (PlainStream *self)
{
  const gint64 d = least (self);
  const gint64 number = SEEN (self, 0).number;
  const gint64 n = samples_in (self, d);

  if (d > S)
    begin_before (self, number, d);
  else if (2 * taken_back (self) <= d
      && (d > self->threshold
          || skew (&SEEN (self, 0)) - self->level > 10 * MS)) {
    silence_before (self, number, n);
    for (guint i = 0; i < self->seen->len; i++) {
      SEEN (self, i).at += d;
      SEEN (self, i).number += n;
    }
  } else
    follow (self, d);
}

/* What is late until now is missing. */
static void
believe (PlainStream *self)
{
  for (;;) {
    gint in_time = -1;

    for (guint i = 0; i < self->seen->len; i++)
      if (skew (&SEEN (self, i)) <= 10 * MS)
        in_time = i;
    if (in_time == (gint) self->seen->len - 1)
      return;
    for (gint i = 0; i <= in_time; i++) {
      self->level = skew (&SEEN (self, 0));
      g_array_remove_index (self->seen, 0);
    }
    late (self);
  }
}

static void
early (PlainStream *self)
{
  const gint64 d = -most (self);
  const gint64 number = SEEN (self, 0).number;
  const gint64 before = n_samples (self);
  gint64 gone;

  if (d > S)
    begin_before (self, number, -d);
  else if (d > self->threshold && 2 * shake (self) <= d && self->is_sure) {
    delete_from (self, number, samples_in (self, d));
    gone = before - n_samples (self);
    for (guint i = 0; i < self->seen->len; i++) {
      SEEN (self, i).at -= d;
      SEEN (self, i).number = MAX (number, SEEN (self, i).number - gone);
    }
  } else
    follow (self, -d);
}

static void
begin (PlainStream *self, gint64 pts)
{
  const Seen now = { pts, pts, n_samples (self) };

  g_array_set_size (self->seen, 0);
  self->level = 0;
  self->is_sure = FALSE;

  if (!self->is_running) {
    self->is_running = TRUE;
    self->begin = n_samples (self);
    if (pts >= 0)
      self->zero = pts;
  } else if (pts >= 0)
    self->zero += pts - plain_stream_due (self);
  self->has_time = pts >= 0;
  if (pts >= 0)
    note (self, &now);
}

static Seen
arrived (const PlainStream *self, gint64 pts)
{
  return (Seen){ pts,
    plain_stream_due (self) - duration_of (self, self->to_drop),
    n_samples (self) };
}

static void
stamp (PlainStream *self, gint64 pts, gboolean is_discont)
{
  Seen now;
  gint64 d;

  if (!self->is_running || !self->has_time) {
    begin (self, pts);
    return;
  }
  if (pts < 0)
    return;
  now = arrived (self, pts);
  d = skew (&now);
  if (is_discont && d > self->threshold && d > shake (self)) {
    believe (self);
    now = arrived (self, pts);
    d = skew (&now);
  }
  if (is_discont && ABS (d) > shake (self)) {
    if (ABS (d) > S) {
      self->stats.breaks++;
      end_run (self, plain_stream_due (self));
      begin (self, pts);
      return;
    }
    if (d > MS || d < -self->threshold) {
      note (self, &now);
      if (d > 0) {
        const gint64 n = samples_in (self, d);
        const gint64 not_dropped = MIN (n, self->to_drop);

        self->to_drop -= not_dropped;
        if (n > not_dropped)
          silence_now (self, n - not_dropped);
      } else
        self->to_drop += samples_in (self, -d);
      SEEN (self, self->seen->len - 1) = (Seen){ pts, pts, n_samples (self) };
      return;
    }
  }
  look_at (self, &now);
  if (ABS (d) > 10 * MS && age (&SEEN (self, 0), &now) >= self->wait) {
    if (least (self) > 10 * MS) {
      late (self);
      return;
    }
    if (most (self) < -10 * MS
        && shake (self) <= MAX (self->threshold, self->wait / 4)) {
      early (self);
      return;
    }
  }
  if (ABS (d) <= self->threshold && n_samples (self) > self->begin)
    self->is_sure = TRUE;
}

void
plain_stream_buffer (
    PlainStream *self, gint64 pts, gint32 id, gint64 n, gboolean is_discont)
{
  gint64 dropped;

  self->was_discont |= is_discont;
  if (n == 0)
    return;
  stamp (self, pts, self->was_discont);
  self->was_discont = FALSE;
  dropped = MIN (n, self->to_drop);
  self->to_drop -= dropped;
  self->stats.repeated += dropped;
  append (self, id + dropped, n - dropped);
}

void
plain_stream_gap (PlainStream *self, gint64 pts, gint64 duration)
{
  gint64 n;
  Seen now = arrived (self, pts);

  if (!self->is_running || !self->has_time)
    begin (self, pts);
  else {
    if (skew (&now) > self->threshold)
      believe (self);
    now = arrived (self, pts);
    if (ABS (skew (&now)) > S) {
      self->stats.breaks++;
      end_run (self, plain_stream_due (self));
      begin (self, pts);
    }
  }
  n = samples_in (self, MAX (0, pts + duration - plain_stream_due (self)));
  if (n > 0) {
    self->to_drop = 0;
    silence_now (self, n);
  }
}
