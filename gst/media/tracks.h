/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses one of several sound tracks of a file. */
#pragma once

#include <gst/gst.h>

/* pads: GstPad with decoded sound, in the order of the container, at least one.
 * track: a number from 1 on, or a language (any ISO 639 code, or its English
 * name); NULL: the track that the container flags as default, else the first
 * enabled one. *others: if none was chosen and there are several, a sentence
 * that names them, to be freed; else NULL. Returns a pad of pads (borrowed).
 * NULL and GST_STREAM_ERROR_FORMAT, which lists the tracks, if there is no such
 * track. */
GstPad *gst_emotion_tracks_choose (
    GPtrArray *pads, const char *track, char **others, GError **error);
