/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far meta and tags get: read back behind real elements. */
#include <stdio.h>
#include <string.h>

#include <gst/pbutils/pbutils.h>

#include "gst/result-reader.h"
#include "tests/folder.h"
#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"

/* Metas that come out after `chain`, of 3 windows that went in. */
static const struct {
  const char *name;
  const char *chain;
  gboolean survives;
} chains[] = {
  { "queue", "queue", TRUE },
  { "audioconvert", "audioconvert ! audio/x-raw,format=F32LE,channels=1",
      TRUE },
  { "audioresample", "audioresample ! audio/x-raw,rate=8000", TRUE },
  { "volume", "volume volume=0.3", TRUE },
  { "opus", "opusenc ! opusdec", TRUE },
  { "flac", "flacenc ! flacparse ! flacdec", TRUE },
  { "rtp", "audioconvert ! rtpL16pay ! rtpL16depay", TRUE },
  { "tee", "tee ! queue", TRUE },
  { "audiomixer", "audiomixer", FALSE },
  { "oggmux", "opusenc ! oggmux", FALSE },
};

typedef struct {
  guint64 seen; /* bit i: window i */
} Seen;

static gboolean
note_meta (GstBuffer *buffer, GstMeta **meta, gpointer data)
{
  Seen *seen = data;

  if (gst_meta_info_is_custom ((*meta)->info)
      && gst_custom_meta_has_name ((GstCustomMeta *) *meta, "GstEmotionMeta")) {
    const GstStructure *s =
        gst_custom_meta_get_structure ((GstCustomMeta *) *meta);

    g_assert_nonnull (gst_structure_get_string (s, "emotion"));
    seen->seen |= (guint64) 1 << field_uint64 (s, "window-id");
  }
  return TRUE;
}

static void
note_buffer (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  gst_buffer_foreach_meta (buffer, note_meta, data);
}

static void
run_to_end (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, 30 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  if (GST_MESSAGE_TYPE (end) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;

    gst_message_parse_error (end, &error, NULL);
    g_error ("%s", error->message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static GstElement *
launch (const char *properties, const char *chain, guint seconds)
{
  g_autofree char *path = fixture_data (MODEL_M3);
  g_autofree char *text = g_strdup_printf (
      "audiotestsrc wave=ticks samplesperbuffer=480 num-buffers=%u "
      "! audio/x-raw,format=S16LE,rate=48000,channels=2 "
      "! emotiondetect min-voice=0 model-file=%s inference=sync %s ! %s",
      seconds * 100, path, properties, chain);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  if (error)
    g_test_message ("%s", error->message);
  return pipeline;
}

/* Skips where an element of the chain is not installed. */
static gboolean
has_elements (const char *chain)
{
  g_auto (GStrv) parts = g_strsplit (chain, "!", -1);

  for (guint i = 0; parts[i]; i++) {
    g_auto (GStrv) words = g_strsplit (g_strstrip (parts[i]), " ", 2);

    if (!strchr (words[0], '/')
        && !gst_registry_check_feature_version (
            gst_registry_get (), words[0], 1, 0, 0)) {
      g_autofree char *reason =
          g_strdup_printf ("no element %s installed", words[0]);

      g_test_skip (reason);
      return FALSE;
    }
  }
  return TRUE;
}

static void
test_survives (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autofree char *chain = g_strdup_printf (
      "%s ! fakesink name=sink signal-handoffs=true sync=false",
      chains[i].chain);
  g_autoptr (GstElement) sink = NULL;
  GstElement *pipeline;
  Seen seen = { 0 };

  if (!has_elements (chains[i].chain))
    return;
  pipeline = launch ("", chain, 11);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (note_buffer), &seen);
  run_to_end (pipeline);
  gst_object_unref (pipeline);
  g_assert_cmpuint (seen.seen, ==, chains[i].survives ? 7 : 0);
}

/* Tags in files: what each container keeps, as gst-discoverer sees it. */

typedef enum {
  NOTHING = 0,
  EMOTION = 1,  /* tag "emotion" */
  COMMENT = 2,  /* extended comment "EMOTION=label" */
  KEYWORDS = 4, /* label as a keyword */
} Kept;

/* Those that write tags into their header have written it when a result is
 * known: for them the way is two passes, emotion-analyze and then taginject. */
static const struct {
  const char *name;
  const char *chain;
  guint summary;    /* Kept, with tags=summary */
  guint changes;    /* with tags=changes */
  guint two_passes; /* with the tags there from the start */
} files[] = {
  { "ogg-opus", "opusenc ! oggmux", NOTHING, NOTHING, COMMENT },
  { "ogg-vorbis", "audioconvert ! vorbisenc ! oggmux", NOTHING, NOTHING,
      COMMENT },
  { "flac", "flacenc", NOTHING, NOTHING, COMMENT },
  { "mp3-id3", "lamemp3enc ! id3v2mux", NOTHING, NOTHING, COMMENT },
  { "matroska", "opusenc ! matroskamux", NOTHING, NOTHING, NOTHING },
  { "mp4", "audioconvert ! avenc_aac ! mp4mux", KEYWORDS, KEYWORDS, KEYWORDS },
  { "wav", "wavenc", KEYWORDS, KEYWORDS, KEYWORDS },
};

static guint
kept_in (const GstTagList *tags)
{
  guint kept = NOTHING;
  const gchar *text;

  if (!tags)
    return kept;
  if (gst_tag_list_peek_string_index (tags, "emotion", 0, &text))
    kept |= EMOTION;
  for (guint i = 0; gst_tag_list_peek_string_index (
           tags, GST_TAG_EXTENDED_COMMENT, i, &text);
       i++)
    if (g_str_has_prefix (text, "EMOTION=")
        || g_str_has_prefix (text, "EMOTION[xxx]=")) /* ID3: no language */
      kept |= COMMENT;
  if (gst_tag_list_peek_string_index (tags, GST_TAG_KEYWORDS, 0, &text))
    kept |= KEYWORDS;
  return kept;
}

static guint
discover (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstDiscoverer) discoverer =
      gst_discoverer_new (10 * GST_SECOND, &error);
  g_autofree char *uri = gst_filename_to_uri (path, NULL);
  g_autoptr (GstDiscovererInfo) info = NULL;
  GList *streams;
  guint kept;

  g_assert_no_error (error);
  info = gst_discoverer_discover_uri (discoverer, uri, &error);
  g_assert_no_error (error);
  kept = kept_in (gst_discoverer_info_get_tags (info));
  streams = gst_discoverer_info_get_stream_list (info);
  for (GList *s = streams; s; s = s->next)
    kept |= kept_in (gst_discoverer_stream_info_get_tags (s->data));
  gst_discoverer_stream_info_list_free (streams);
  return kept;
}

/* Writes a file with what follows the source in `chain`. */
static guint
write_and_discover (const char *detect, const char *chain)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "sound", NULL);
  g_autofree char *text = g_strdup_printf (
      "audiotestsrc wave=ticks samplesperbuffer=480 num-buffers=700 "
      "! audio/x-raw,format=S16LE,rate=48000,channels=2 "
      "! %s ! %s ! filesink location=%s",
      detect, chain, path);
  GstElement *pipeline = gst_parse_launch (text, NULL);
  guint kept;

  g_assert_nonnull (pipeline);
  run_to_end (pipeline);
  gst_object_unref (pipeline);
  kept = discover (path);
  test_folder_remove (folder);
  return kept;
}

static void
test_tags (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autofree char *model = fixture_data (MODEL_M3);
  g_autofree char *summary = g_strconcat (
      "emotiondetect min-voice=0 tags=summary model-file=", model, NULL);
  g_autofree char *changes = g_strconcat (
      "emotiondetect min-voice=0 tags=changes model-file=", model, NULL);
  const char *inject = "taginject tags=\"emotion=happy,keywords=happy,"
                       "extended-comment=(string)\\\"EMOTION=happy\\\"\"";
  guint kept[3];

  if (!has_elements (files[i].chain))
    return;
  kept[0] = write_and_discover (summary, files[i].chain);
  kept[1] = write_and_discover (changes, files[i].chain);
  kept[2] = write_and_discover (inject, files[i].chain);
  g_test_message ("%-10s summary %u, changes %u, two passes %u (1 emotion, "
                  "2 extended comment, 4 keywords)",
      files[i].name, kept[0], kept[1], kept[2]);
  g_assert_cmpuint (kept[0], ==, files[i].summary);
  g_assert_cmpuint (kept[1], ==, files[i].changes);
  g_assert_cmpuint (kept[2], ==, files[i].two_passes);
}

static void
count_up (GstEmotionResult *result, gpointer user_data)
{
  guint64 *next = user_data;

  g_assert_cmpuint (result->window.id, ==, *next);
  (*next)++;
  gst_emotion_result_free (result);
}

/* 5 s at once, and a window each 10 ms: more than a buffer carries. */
static void
test_surplus (void)
{
  GstEmotionReader reader = { 0 };
  GstEvent *event;
  Fixture f;
  guint64 next = 0, n_events;

  stream_init (&f);
  g_object_set (f.element, "interval", 10 * GST_MSECOND, NULL);
  while ((event = gst_harness_try_pull_event (f.harness)))
    gst_event_unref (event);
  for (guint64 i = 0; i < 2; i++) {
    GstAudioInfo info;
    GstBuffer *buffer;

    gst_audio_info_set_format (
        &info, GST_AUDIO_FORMAT_S16, STREAM_RATE, 1, NULL);
    gst_harness_push (f.harness,
        fixture_sound (&info, STREAM_MS (i * 5000), STREAM_MS (5000)));
    while ((event = gst_harness_try_pull_event (f.harness))) {
      gst_emotion_reader_read_event (&reader, event, count_up, &next);
      gst_event_unref (event);
    }
    n_events = next;
    buffer = gst_harness_pull (f.harness);
    gst_emotion_reader_read_buffer (&reader, buffer, count_up, &next);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (next, ==, 701);
  g_assert_cmpuint (n_events, ==, 701 - 256);
  /* Gap events alone. */
  stream_event (&f, gst_event_new_gap (10 * GST_SECOND, 5 * GST_SECOND));
  while ((event = gst_harness_try_pull_event (f.harness))) {
    gst_emotion_reader_read_event (&reader, event, count_up, &next);
    gst_event_unref (event);
  }
  g_assert_cmpuint (next, ==, 1201 - 256);
  stream_event (&f, gst_event_new_eos ());
  while ((event = gst_harness_try_pull_event (f.harness))) {
    gst_emotion_reader_read_event (&reader, event, count_up, &next);
    gst_event_unref (event);
  }
  g_assert_cmpuint (next, ==, 1201);
  fixture_clear (&f);
}

/* The tag events themselves, and that upstream's tags go with them. */
static void
test_tag_events (void)
{
  GstTagList *tags =
      gst_tag_list_new (GST_TAG_TITLE, "a title", GST_TAG_EXTENDED_COMMENT,
          "EMOTION=old", GST_TAG_EXTENDED_COMMENT, "OTHER=kept", NULL);
  g_autofree char *comment = NULL;
  g_autofree char *emotion = NULL;
  g_autofree char *title = NULL;
  GstEvent *event;
  Fixture f;

  fixture_init (&f, MODEL_M3,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1");
  gst_util_set_object_arg (G_OBJECT (f.element), "tags", "changes");
  gst_harness_push_event (f.harness, gst_event_new_tag (tags));
  while ((event = gst_harness_try_pull_event (f.harness)))
    gst_event_unref (event);
  /* Two windows, one label: one event. */
  fixture_push (&f, 16000, 0, 96000, 16000);
  event = gst_harness_try_pull_event (f.harness);
  g_assert_nonnull (event);
  g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_TAG);
  gst_event_parse_tag (event, &tags);
  g_assert_cmpint (gst_tag_list_get_scope (tags), ==, GST_TAG_SCOPE_STREAM);
  g_assert_true (gst_tag_list_get_string (tags, GST_TAG_TITLE, &title));
  g_assert_true (gst_tag_list_get_string (tags, "emotion", &emotion));
  g_assert_cmpuint (
      gst_tag_list_get_tag_size (tags, GST_TAG_EXTENDED_COMMENT), ==, 2);
  gst_tag_list_get_string_index (tags, GST_TAG_EXTENDED_COMMENT, 1, &comment);
  g_assert_true (g_str_has_prefix (comment, "EMOTION="));
  g_assert_cmpstr (comment + 8, ==, emotion);
  gst_event_unref (event);
  g_assert_null (gst_harness_try_pull_event (f.harness));

  /* Tags that come later get ours. */
  gst_harness_push_event (f.harness,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_ARTIST, "someone", NULL)));
  event = gst_harness_try_pull_event (f.harness);
  gst_event_parse_tag (event, &tags);
  g_assert_cmpuint (gst_tag_list_get_tag_size (tags, "emotion"), ==, 1);
  g_assert_cmpuint (gst_tag_list_get_tag_size (tags, GST_TAG_ARTIST), ==, 1);
  gst_event_unref (event);
  fixture_clear (&f);
}

/* Whether the next tag event has an emotion; NULL where there is none. */
static char *
next_emotion (Fixture *f)
{
  char *emotion = NULL;
  GstEvent *event;

  while (!emotion && (event = gst_harness_try_pull_event (f->harness))) {
    GstTagList *tags = NULL;

    if (GST_EVENT_TYPE (event) == GST_EVENT_TAG)
      gst_event_parse_tag (event, &tags);
    if (tags)
      gst_tag_list_get_string (tags, "emotion", &emotion);
    gst_event_unref (event);
  }
  return emotion;
}

/* What was said of one stream is not said of the next; and if the same is true
 * of the next one, it is said again. */
static void
test_next_stream (gconstpointer mode)
{
  g_autofree char *first = NULL;
  g_autofree char *early = NULL;
  g_autofree char *second = NULL;
  Fixture f;

  stream_init (&f);
  gst_util_set_object_arg (G_OBJECT (f.element), "tags", mode);
  stream_push (&f, 0, 3000);
  stream_event (&f, gst_event_new_stream_start ("another"));
  first = next_emotion (&f);
  g_assert_nonnull (first);
  stream_event (
      &f, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "b", NULL)));
  early = next_emotion (&f);
  g_assert_null (early);
  stream_segment (&f, 1, 0, 0, 0, 0);
  stream_push (&f, 0, 3000);
  stream_event (&f, gst_event_new_eos ());
  second = next_emotion (&f);
  g_assert_cmpstr (second, ==, first);
  fixture_clear (&f);
}

/* A label that is known when a gap begins does not wait for its end. */
static void
test_tags_in_gap (void)
{
  g_autofree char *emotion = NULL;
  Fixture f;

  stream_init (&f);
  gst_util_set_object_arg (G_OBJECT (f.element), "tags", "changes");
  stream_push (&f, 0, 2900);
  stream_event (&f, gst_event_new_gap (2900 * GST_MSECOND, GST_SECOND));
  emotion = next_emotion (&f);
  g_assert_nonnull (emotion);
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++) {
    g_autofree char *path = g_strconcat ("/meta/", chains[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_survives);
  }
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_strconcat ("/tags/", files[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_tags);
  }
  g_test_add_func ("/meta/surplus", test_surplus);
  g_test_add_func ("/tags/events", test_tag_events);
  g_test_add_data_func (
      "/tags/next-stream/changes", "changes", test_next_stream);
  g_test_add_data_func (
      "/tags/next-stream/summary", "summary", test_next_stream);
  g_test_add_func ("/tags/gap", test_tags_in_gap);
  leaks_add_test ("meta");
  return g_test_run ();
}
