/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tags.h"

#include <gst/tag/tag.h>

#define COMMENT_KEY "EMOTION="

void
gst_emotion_tags_register (void)
{
  if (!gst_tag_exists (GST_TAG_EMOTION))
    gst_tag_register_static (GST_TAG_EMOTION, GST_TAG_FLAG_META, G_TYPE_STRING,
        "emotion", "Emotion expressed by the voice", NULL);
}

static void
clear_sums (GstEmotionTagger *self)
{
  g_clear_pointer (&self->labels, gst_emotion_labels_unref);
  g_clear_pointer (&self->sums, g_free);
}

void
gst_emotion_tagger_clear (GstEmotionTagger *self)
{
  g_clear_pointer (&self->upstream, gst_tag_list_unref);
  g_clear_pointer (&self->label, g_free);
  self->is_due = FALSE;
  clear_sums (self);
}

static void
set_label (GstEmotionTagger *self, const char *label)
{
  if (g_strcmp0 (label, self->label) == 0)
    return;
  g_free (self->label);
  self->label = g_strdup (label);
  self->is_due = TRUE;
}

/* Sums are reset for a model with other labels. */
static void
sum (GstEmotionTagger *self, const GstEmotionResult *result)
{
  const guint n = gst_emotion_labels_count (result->labels);

  if (self->labels != result->labels) {
    clear_sums (self);
    self->labels = gst_emotion_labels_ref (result->labels);
    self->sums = g_new0 (gdouble, n);
  }
  for (guint i = 0; i < n; i++)
    self->sums[i] +=
        gst_emotion_result_weight (result) * result->probabilities[i];
}

void
gst_emotion_tagger_add (
    GstEmotionTagger *self, GstEmotionTags mode, const GstEmotionResult *result)
{
  if (!gst_emotion_result_is_classified (result))
    return;
  if (mode == GST_EMOTION_TAGS_SUMMARY)
    sum (self, result);
  else if (mode == GST_EMOTION_TAGS_CHANGES && result->label_index >= 0)
    set_label (self, gst_emotion_result_emotion (result));
}

void
gst_emotion_tagger_finish (GstEmotionTagger *self, GstEmotionTags mode)
{
  guint best = 0;

  if (mode == GST_EMOTION_TAGS_SUMMARY && self->labels) {
    for (guint i = 1; i < gst_emotion_labels_count (self->labels); i++)
      if (self->sums[i] > self->sums[best])
        best = i;
    set_label (self, gst_emotion_labels_get (self->labels, best));
  }
  clear_sums (self);
}

/* Upstream's extended comments, except for an older emotion. */
static void
copy_comments (const GstTagList *from, GstTagList *to)
{
  const gchar *text;

  for (guint i = 0; gst_tag_list_peek_string_index (
           from, GST_TAG_EXTENDED_COMMENT, i, &text);
       i++)
    if (!g_str_has_prefix (text, COMMENT_KEY))
      gst_tag_list_add (
          to, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, text, NULL);
}

static GstTagList *
combine (const GstTagList *upstream, const char *label)
{
  g_autofree char *comment = g_strconcat (COMMENT_KEY, label, NULL);
  GstTagList *tags =
      upstream ? gst_tag_list_copy (upstream) : gst_tag_list_new_empty ();

  gst_tag_list_set_scope (tags, GST_TAG_SCOPE_STREAM);
  gst_tag_list_remove_tag (tags, GST_TAG_EXTENDED_COMMENT);
  if (upstream)
    copy_comments (upstream, tags);
  gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_EMOTION, label, NULL);
  gst_tag_list_add (tags, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT,
      comment, GST_TAG_KEYWORDS, label, NULL);
  return tags;
}

GstEvent *
gst_emotion_tagger_merge (GstEmotionTagger *self, GstEvent *event)
{
  GstTagList *tags;
  GstEvent *merged;

  gst_event_parse_tag (event, &tags);
  if (gst_tag_list_get_scope (tags) != GST_TAG_SCOPE_STREAM)
    return event;
  g_clear_pointer (&self->upstream, gst_tag_list_unref);
  self->upstream = gst_tag_list_ref (tags);
  if (!self->label || self->is_due)
    return event;
  merged = gst_event_new_tag (combine (tags, self->label));
  gst_event_set_seqnum (merged, gst_event_get_seqnum (event));
  gst_event_unref (event);
  return merged;
}

GstEvent *
gst_emotion_tagger_take (GstEmotionTagger *self)
{
  if (!self->is_due)
    return NULL;
  self->is_due = FALSE;
  return gst_event_new_tag (combine (self->upstream, self->label));
}
