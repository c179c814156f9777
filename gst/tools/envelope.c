/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/envelope.h"

#include <math.h>

#include "gst/convert.h"

#define MAX_LATE 0.05 /* s: time stamps jitter by less */
#define MAX_S 360000  /* maximum duration that is drawn: 100 hours */

struct _ToolEnvelope {
  GstCaps *caps;
  GstEmotionConvert *convert; /* NULL: none yet, or not possible */
  gint rate;
  guint64 n_samples; /* since the caps, or a gap, */
  guint64 first;     /* and the block that they began with */
  GArray *blocks;    /* ToolEnvelopeBlock */
};

ToolEnvelope *
tool_envelope_new (void)
{
  ToolEnvelope *self = g_new0 (ToolEnvelope, 1);

  self->blocks = g_array_new (FALSE, TRUE, sizeof (ToolEnvelopeBlock));
  return self;
}

void
tool_envelope_free (ToolEnvelope *self)
{
  if (!self)
    return;
  gst_clear_caps (&self->caps);
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  g_array_unref (self->blocks);
  g_free (self);
}

static void
take_samples (const float *samples, gsize n, gpointer user_data)
{
  ToolEnvelope *self = user_data;
  const gsize rate = self->rate;

  for (gsize i = 0; i < n; i++) {
    const float sample = isfinite (samples[i]) ? samples[i] : 0;
    const guint64 place =
        self->first + self->n_samples++ * TOOL_ENVELOPE_PER_S / rate;
    ToolEnvelopeBlock *block;

    while (place >= self->blocks->len)
      g_array_append_vals (
          self->blocks, &(ToolEnvelopeBlock){ sample, sample }, 1);
    block =
        &g_array_index (self->blocks, ToolEnvelopeBlock, self->blocks->len - 1);
    block->low = MIN (block->low, sample);
    block->high = MAX (block->high, sample);
  }
}

static void
begin (ToolEnvelope *self)
{
  self->first = self->blocks->len;
  self->n_samples = 0;
}

static void
set_caps (ToolEnvelope *self, GstCaps *caps, const GstAudioInfo *info)
{
  gst_caps_replace (&self->caps, caps);
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  self->rate = GST_AUDIO_INFO_RATE (info);
  begin (self);
  self->convert =
      gst_emotion_convert_new (info, self->rate, take_samples, self, NULL);
}

/* Silence up to a buffer that comes after a gap. */
static void
fill (ToolEnvelope *self, GstClockTime pts)
{
  const gdouble start = pts / (gdouble) GST_SECOND;
  const gdouble end = self->blocks->len / (gdouble) TOOL_ENVELOPE_PER_S;

  if (!GST_CLOCK_TIME_IS_VALID (pts) || start < end + MAX_LATE || start > MAX_S)
    return;
  g_array_set_size (self->blocks, (guint) (start * TOOL_ENVELOPE_PER_S));
  begin (self);
}

void
tool_envelope_add (ToolEnvelope *self, GstBuffer *buffer, GstCaps *caps)
{
  GstAudioInfo info;
  GstAudioBuffer audio;

  if (!caps || !gst_audio_info_from_caps (&info, caps)
      || self->blocks->len > MAX_S * TOOL_ENVELOPE_PER_S)
    return;
  if (!self->caps || !gst_caps_is_equal (self->caps, caps))
    set_caps (self, caps, &info);
  if (!self->convert)
    return;
  fill (self, GST_BUFFER_PTS (buffer));
  /* The second reference makes the buffer read-only: see gst/convert.c. */
  gst_buffer_ref (buffer);
  if (gst_audio_buffer_map (&audio, &info, buffer, GST_MAP_READ)) {
    gst_emotion_convert_push (
        self->convert, &audio, 0, GST_AUDIO_BUFFER_N_SAMPLES (&audio));
    gst_audio_buffer_unmap (&audio);
  }
  gst_buffer_unref (buffer);
}

const ToolEnvelopeBlock *
tool_envelope_get (const ToolEnvelope *self, gsize *n)
{
  *n = self->blocks->len;
  return (const ToolEnvelopeBlock *) self->blocks->data;
}
