/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The envelope of a sound, for drawing: the minimum and maximum in each
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

/* Adds raw audio of one stream, by its time stamps: gaps are silence. */
void tool_envelope_add (ToolEnvelope *self, GstBuffer *buffer, GstCaps *caps);

/* [*n], from time 0 on; lives until the next call. */
const ToolEnvelopeBlock *tool_envelope_get (const ToolEnvelope *self, gsize *n);
