/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The common form of HTML pages: one self-contained file with a common style. A
 * page loads nothing over a network, and runs only our script: its
 * Content-Security-Policy has the digest of it. */
#pragma once

#include <glib.h>

typedef enum {
  GST_EMOTION_PAGE_PLAIN,
  GST_EMOTION_PAGE_TIMELINE, /* with timeline.js */
} GstEmotionPageKind;

/* Up to where the content begins. title: UTF-8, or nearly. */
void gst_emotion_page_begin (
    GString *out, GstEmotionPageKind kind, const char *title);
/* The limits of the models in words, and the end of the file. */
void gst_emotion_page_end (GString *out, GstEmotionPageKind kind);

/* Appends text as content of an element, or as the value of an attribute in
 * double quotes: without markup. Control characters are shown as symbols,
 * invalid UTF-8 as replacement characters. */
void gst_emotion_page_text (GString *out, const char *text);

/* The same for a name whose writing direction may differ, isolated from the
 * text around it. */
void gst_emotion_page_name (GString *out, const char *name);

/* m:ss, h:mm:ss, with as many decimals as milliseconds need. */
void gst_emotion_page_time (GString *out, gdouble seconds);

/* "63 %" */
void gst_emotion_page_percent (GString *out, gdouble share);

/* A file path (as bytes), or components of one, as a URL. */
void gst_emotion_page_url (GString *out, const char *path);
