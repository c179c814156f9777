/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/tracks.h"

#include <gst/tag/tag.h>

/* A track, as described by the container. */
typedef struct {
  GstStreamFlags flags;
  char *language; /* ISO 639, as it is written; or NULL */
  char *title;    /* or NULL */
} Track;

static void
track_clear (Track *track)
{
  g_free (track->language);
  g_free (track->title);
}

static void
read_tags (Track *track, const GstTagList *tags)
{
  if (!track->language)
    gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &track->language);
  /* The title of the whole file is not the name of a track. */
  if (!track->title && gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_STREAM)
    gst_tag_list_get_string (tags, GST_TAG_TITLE, &track->title);
}

static void
read_events (Track *track, GstPad *pad)
{
  GstEvent *event;

  for (guint i = 0; (event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i));
       i++) {
    GstTagList *tags;

    gst_event_parse_tag (event, &tags);
    read_tags (track, tags);
    gst_event_unref (event);
  }
}

/* The source pad of the element before the one of a source pad; NULL at the
 * beginning. Transfers. */
static GstPad *
pad_before (GstPad *pad)
{
  g_autoptr (GstIterator) links = NULL;
  GValue link = G_VALUE_INIT;
  GstPad *before = NULL;

  if (GST_IS_GHOST_PAD (pad))
    return gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  links = gst_pad_iterate_internal_links (pad);
  if (links && gst_iterator_next (links, &link) == GST_ITERATOR_OK) {
    before = gst_pad_get_peer (g_value_get_object (&link));
    g_value_unset (&link);
  }
  return before;
}

/* Decoders have not forwarded the tags on the demuxer's pads yet. */
static void
read_track (Track *track, GstPad *pad)
{
  g_autoptr (GstPad) at = gst_object_ref (pad);
  GstEvent *start = gst_pad_get_sticky_event (pad, GST_EVENT_STREAM_START, 0);

  *track = (Track){ 0 };
  if (start) {
    gst_event_parse_stream_flags (start, &track->flags);
    gst_event_unref (start);
  }
  while (at) {
    GstPad *const before = pad_before (at);

    read_events (track, at);
    gst_object_unref (at);
    at = before;
  }
}

/* "2 (en, “Commentary”)" */
static void
append_name (GString *text, const Track *tracks, guint i)
{
  const Track *const track = &tracks[i];

  g_string_append_printf (text, "%s%u", text->len > 0 ? ", " : "", i + 1);
  if (track->language && track->title)
    g_string_append_printf (text, " (%s, “%s”)", track->language, track->title);
  else if (track->language)
    g_string_append_printf (text, " (%s)", track->language);
  else if (track->title)
    g_string_append_printf (text, " (“%s”)", track->title);
}

/* except: not named, or n: none. */
static char *
list_names (const Track *tracks, guint n, guint except)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    if (i != except)
      append_name (text, tracks, i);
  return g_string_free (text, FALSE);
}

static gboolean
is_same_language (const char *a, const char *b)
{
  const char *const a_code = gst_tag_get_language_code (a);
  const char *const b_code = gst_tag_get_language_code (b);
  const char *const a_name = gst_tag_get_language_name (a);

  return g_ascii_strcasecmp (a, b) == 0
      || (a_code && b_code && g_str_equal (a_code, b_code))
      || (a_name && g_ascii_strcasecmp (a_name, b) == 0);
}

/* n: there is none. */
static guint
find_track (const Track *tracks, guint n, const char *wanted)
{
  guint64 number;

  if (g_ascii_string_to_unsigned (wanted, 10, 1, G_MAXUINT, &number, NULL))
    return MIN (number - 1, n);
  for (guint i = 0; i < n; i++)
    if (tracks[i].language && is_same_language (tracks[i].language, wanted))
      return i;
  return n;
}

static guint
find_default (const Track *tracks, guint n)
{
  for (guint i = 0; i < n; i++)
    if (tracks[i].flags & GST_STREAM_FLAG_SELECT)
      return i;
  for (guint i = 0; i < n; i++)
    if (!(tracks[i].flags & GST_STREAM_FLAG_UNSELECT))
      return i;
  return 0;
}

static guint
choose (const Track *tracks, guint n, const char *wanted, char **others,
    GError **error)
{
  guint chosen;

  if (wanted) {
    chosen = find_track (tracks, n, wanted);
    if (chosen == n) {
      g_autofree char *names = list_names (tracks, n, n);

      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
          "no audio track is “%s” (--track); the file has: %s", wanted, names);
    }
    return chosen;
  }
  chosen = find_default (tracks, n);
  if (n > 1) {
    g_autofree char *names = list_names (tracks, n, chosen);
    g_autoptr (GString) taken = g_string_new (NULL);

    append_name (taken, tracks, chosen);
    *others = g_strdup_printf ("of %u audio tracks, %s is used, not %s; "
                               "--track selects by number or language",
        n, taken->str, names);
  }
  return chosen;
}

GST_DEBUG_CATEGORY_EXTERN (gst_emotion_play_debug);
#define GST_CAT_DEFAULT gst_emotion_play_debug

GstPad *
gst_emotion_tracks_choose (
    GPtrArray *pads, const char *track, char **others, GError **error)
{
  g_autofree Track *tracks = g_new (Track, pads->len);
  guint chosen;

  *others = NULL;
  for (guint i = 0; i < pads->len; i++)
    read_track (&tracks[i], g_ptr_array_index (pads, i));
  chosen = choose (tracks, pads->len, track, others, error);
  for (guint i = 0; i < pads->len; i++) {
    GST_INFO ("track %u of %u, language %s, flags %x%s", i + 1, pads->len,
        GST_STR_NULL (tracks[i].language), tracks[i].flags,
        i == chosen ? ": chosen" : "");
    track_clear (&tracks[i]);
  }
  return chosen < pads->len ? g_ptr_array_index (pads, chosen) : NULL;
}
