/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results that are read back from messages, meta and events. */
#include "gst/result-reader.h"
#include "tests/gst/fixture.h"
#include "tests/gst/leaks.h"
#include "tests/gst/made-result.h"

#define CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"

static const Made made = { 7, 5000, 3000, 2, 0.5 };

static void
test_round_trip (void)
{
  g_autoptr (GstEmotionResult) result = made_result (&made);
  g_autoptr (GstStructure) s = NULL;
  g_autoptr (GstStructure) again = NULL;
  g_autoptr (GstEmotionResult) copy = NULL;

  result->processing_time = 123;
  s = gst_emotion_result_to_structure (result);
  copy = gst_emotion_result_from_structure (s);
  g_assert_nonnull (copy);
  again = gst_emotion_result_to_structure (copy);
  g_assert_true (gst_structure_is_equal (s, again));
}

/* What makes a structure no result. */
static const char *const changes[] = {
  "timestamp=(int)1",
  "timestamp=(guint64)18446744073709551615",
  "duration=(guint64)18446744073709551615",
  "duration=(guint64)18446744068709551614", /* ends past all time */
  "label-index=(int)9",
  "label-index=(int)-2",
  "confidence=(double)nan",
  "confidence=(double)1.5",
  "confidence=(string)high",
  "probabilities=(string)none",
  "probabilities=(structure)\"probabilities;\"",
  "probabilities=(structure)\"probabilities,a=(int)1;\"",
  "probabilities=(structure)\"probabilities,a=(double)-1;\"",
};

static void
set_field (GstStructure *s, const char *text)
{
  g_autofree char *whole = g_strconcat ("s,", text, NULL);
  g_autoptr (GstStructure) from = gst_structure_from_string (whole, NULL);
  const char *name;

  g_assert_nonnull (from);
  name = gst_structure_nth_field_name (from, 0);
  gst_structure_set_value (s, name, gst_structure_get_value (from, name));
}

static void
test_no_result (void)
{
  g_autoptr (GstEmotionResult) result = made_result (&made);
  g_autoptr (GstStructure) whole = gst_emotion_result_to_structure (result);

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autoptr (GstStructure) s = gst_structure_copy (whole);

    set_field (s, changes[i]);
    g_assert_null (gst_emotion_result_from_structure (s));
  }
  /* All but the emotion, which the index and the labels say, and voice and
   * filled, which older versions do not send. */
  for (gint i = 0; i < gst_structure_n_fields (whole); i++) {
    g_autoptr (GstStructure) s = gst_structure_copy (whole);
    const char *name = gst_structure_nth_field_name (whole, i);
    g_autoptr (GstEmotionResult) read = NULL;

    gst_structure_remove_field (s, name);
    read = gst_emotion_result_from_structure (s);
    g_assert_cmpint (read != NULL, ==,
        g_str_equal (name, "emotion") || g_str_equal (name, "voice")
            || g_str_equal (name, "filled"));
    if (g_str_equal (name, "voice"))
      g_assert_false (GST_CLOCK_TIME_IS_VALID (read->window.voice));
  }
}

static void
note (GstEmotionResult *result, gpointer user_data)
{
  g_string_append_printf (user_data,
      "%" G_GUINT64_FORMAT "@%" G_GUINT64_FORMAT " ", result->window.id,
      result->window.timestamp / GST_MSECOND);
  gst_emotion_result_free (result);
}

static void
read_made (GstEmotionReader *reader, guint64 id, guint64 start_ms,
    gboolean as_event, GString *seen)
{
  const Made m = { id, start_ms, 3000, 2, 0.5 };
  g_autoptr (GstEmotionResult) result = made_result (&m);

  if (as_event) {
    g_autoptr (GstEvent) event = gst_emotion_event_new (result);

    g_assert_true (GST_EVENT_IS_SERIALIZED (event));
    g_assert_true (gst_emotion_reader_read_event (reader, event, note, seen));
  } else {
    g_autoptr (GstBuffer) buffer = made_sound (start_ms, 10);

    gst_emotion_meta_add (buffer, result);
    gst_emotion_reader_read_buffer (reader, buffer, note, seen);
  }
}

static void
test_once_each (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GstEvent) other = gst_event_new_eos ();
  GstEmotionReader reader = { 0 };

  read_made (&reader, 0, 0, FALSE, seen);
  read_made (&reader, 0, 0, FALSE, seen); /* on two buffers */
  read_made (&reader, 1, 3000, TRUE, seen);
  read_made (&reader, 1, 3000, FALSE, seen); /* event, then meta */
  read_made (&reader, 0, 9000, FALSE, seen); /* upstream began anew */
  gst_emotion_reader_reset (&reader);
  read_made (&reader, 0, 0, FALSE, seen); /* after a flush */
  g_assert_cmpstr (seen->str, ==, "0@0 1@3000 0@9000 0@0 ");
  g_assert_false (gst_emotion_reader_read_event (&reader, other, note, seen));
}

/* Several on one buffer, in their order. */
static void
test_several (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GstBuffer) buffer = made_sound (0, 10);
  GstEmotionReader reader = { 0 };

  for (guint i = 0; i < 3; i++) {
    const Made m = { i, i * 1000, 3000, 2, 0.5 };
    g_autoptr (GstEmotionResult) result = made_result (&m);

    gst_emotion_meta_add (buffer, result);
  }
  gst_emotion_reader_read_buffer (&reader, buffer, note, seen);
  g_assert_cmpstr (seen->str, ==, "0@0 1@1000 2@2000 ");
}

/* Events from the element, up to the one of that type; notes our own. */
static void
read_events (Fixture *f, GstEventType end, GString *seen)
{
  GstEmotionReader reader = { 0 };
  GstEvent *event;
  gboolean is_end = FALSE;

  while (!is_end && (event = gst_harness_try_pull_event (f->harness))) {
    gst_emotion_reader_read_event (&reader, event, note, seen);
    is_end = GST_EVENT_TYPE (event) == end;
    gst_event_unref (event);
  }
  g_assert_true (is_end);
}

/* The last window is known at EOS, when no buffer is left to carry it. */
static void
test_before_eos (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  fixture_push (&f, 16000, 0, 80000, 16000);
  g_assert_true (gst_harness_push_event (f.harness, gst_event_new_eos ()));
  read_events (&f, GST_EVENT_EOS, seen);
  g_assert_cmpstr (seen->str, ==, "1@3000 ");
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  gst_emotion_meta_register ();
  g_test_add_func ("/reader/round-trip", test_round_trip);
  g_test_add_func ("/reader/no-result", test_no_result);
  g_test_add_func ("/reader/once-each", test_once_each);
  g_test_add_func ("/reader/several", test_several);
  g_test_add_func ("/reader/before-eos", test_before_eos);
  leaks_add_test ("result-reader");
  return g_test_run ();
}
