/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outline of a sound, to be drawn: its lowest and highest sample in each
 * hundredth of a second. */
#pragma once

#include <gst/gst.h>

#define TOOL_ENVELOPE_PER_S 100

typedef struct {
  float low, high;
} ToolEnvelopeBlock;

typedef struct _ToolEnvelope ToolEnvelope;

/* Free with tool_envelope_free. */
ToolEnvelope *tool_envelope_new (void);
void tool_envelope_free (ToolEnvelope *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolEnvelope, tool_envelope_free)

/* Raw audio as it comes, of one stream. By time stamps: what is missing is
 * silence. */
void tool_envelope_add (ToolEnvelope *self, GstBuffer *buffer, GstCaps *caps);

/* [*n], from time 0 on; lives until the next call. */
const ToolEnvelopeBlock *tool_envelope_get (const ToolEnvelope *self, gsize *n);
