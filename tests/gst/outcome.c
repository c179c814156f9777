/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/outcome.h"

static void
add_window (GArray *windows, GstMessage *message)
{
  const GstStructure *s = gst_message_get_structure (message);
  g_autoptr (GstStructure) p = NULL;
  Window window = { field_uint64 (s, "timestamp"), field_uint64 (s, "filled") };

  gst_structure_get (s, "probabilities", GST_TYPE_STRUCTURE, &p, NULL);
  for (gint i = 0; i < 9; i++)
    gst_structure_get_double (
        p, gst_structure_nth_field_name (p, i), &window.probabilities[i]);
  g_array_append_val (windows, window);
}

/* Windows until the pipeline ends. */
static GArray *
collect (GstElement *pipeline)
{
  GArray *windows = g_array_new (FALSE, FALSE, sizeof (Window));
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  for (;;) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
            GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

    if (gst_message_has_name (message, "emotion"))
      add_window (windows, message);
    else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      g_autoptr (GError) error = NULL;

      gst_message_parse_error (message, &error, NULL);
      g_error ("%s", error->message);
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      return windows;
  }
}

void
outcome_clear (Outcome *self)
{
  g_array_unref (self->windows);
}

GstElement *
outcome_pipeline (const char *chain, const char *analysis)
{
  g_autofree char *model = fixture_data (MODEL_M3);
  g_autofree char *text =
      g_strdup_printf ("%s ! emotiondetect name=detect attach-meta=false "
                       "min-voice=0 model-file=%s %s "
                       "! fakesink sync=false async=false",
          chain, model, analysis);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  g_assert_no_error (error);
  return pipeline;
}

static void
take_stats (Outcome *outcome, GstElement *pipeline)
{
  g_autoptr (GstElement) detect =
      gst_bin_get_by_name (GST_BIN (pipeline), "detect");
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (detect, "stats", &stats, NULL);
  outcome->gaps = field_uint64 (stats, "gaps");
  outcome->breaks = field_uint64 (stats, "breaks");
  outcome->repeated = field_uint64 (stats, "repeated");
  outcome->filled = field_uint64 (stats, "filled");
}

Outcome
outcome_collect (GstElement *pipeline)
{
  Outcome outcome = { .windows = collect (pipeline) };

  take_stats (&outcome, pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return outcome;
}

Outcome
outcome_run (const char *chain, const char *analysis)
{
  g_autoptr (GstElement) pipeline = outcome_pipeline (chain, analysis);

  /* identity draws from it. */
  g_random_set_seed (7);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return outcome_collect (pipeline);
}

const Window *
outcome_window (const Outcome *self, guint i)
{
  return &g_array_index (self->windows, Window, i);
}

void
outcome_assert_same_times (
    const Outcome *outcome, const Outcome *clean, GstClockTime within)
{
  g_assert_cmpuint (outcome->windows->len, ==, clean->windows->len);
  for (guint i = 0; i < clean->windows->len; i++) {
    const GstClockTimeDiff off = GST_CLOCK_DIFF (
        outcome_window (clean, i)->at, outcome_window (outcome, i)->at);

    g_assert_cmpint (ABS (off), <=, within);
  }
}

gboolean
outcome_has_elements (const char *names)
{
  g_auto (GStrv) all = g_strsplit (names, " ", -1);

  for (guint i = 0; all[i]; i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (all[i]);

    if (!factory) {
      g_test_skip_printf ("no element %s", all[i]);
      return FALSE;
    }
  }
  return TRUE;
}

const char *const outcome_analyses[N_ANALYSES] = {
  "inference=sync",
  "inference=async",
  "inference=sync interval=1000000000",
  "inference=async interval=1000000000",
  "inference=sync interval=250000000",
  "inference=async interval=250000000",
};
