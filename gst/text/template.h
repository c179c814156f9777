/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A result in, a line of text out, by a template such as
 *
 *   %{emotion} (%{confidence})      ->   happy (91 %)
 *
 * The names in braces are the fields of the result's schema (gst/result.h);
 * probabilities lists all labels. "%%" stands for "%". */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"

#define GST_EMOTION_TEMPLATE_DEFAULT "%{emotion} (%{confidence})"

/* FALSE and GST_LIBRARY_ERROR_SETTINGS, naming it, if a name is not a field, or
 * a brace is not closed. */
gboolean gst_emotion_template_check (const char *text, GError **error);

/* For a template that passed the check; is_markup: values are escaped, the
 * template may contain Pango markup. For windows without an emotion the line is
 * "silence" or "no voice", whatever the template. Free with g_free. */
char *gst_emotion_template_fill (
    const char *text, const GstEmotionResult *result, gboolean is_markup);
