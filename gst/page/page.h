/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all pages for people share: one HTML file that holds everything, in one
 * look. A page asks for nothing over a network, and runs no script but ours:
 * its Content-Security-Policy has the digest of that one. */
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
 * double quotes: nothing of it is markup. Controls are shown as pictures, what
 * is not UTF-8 as replacement characters. */
void gst_emotion_page_text (GString *out, const char *text);

/* The same for a name that may be of another direction of writing: it does not
 * turn what stands around it. */
void gst_emotion_page_name (GString *out, const char *name);

/* m:ss, h:mm:ss, with as many decimals as milliseconds take. */
void gst_emotion_page_time (GString *out, gdouble seconds);

/* "63 %" */
void gst_emotion_page_percent (GString *out, gdouble share);

/* A path of a file (as bytes), or parts of one, as a URL. */
void gst_emotion_page_url (GString *out, const char *path);
