/* SPDX-License-Identifier: GPL-2.0-or-later */
/* live-lateness: how late the buffers of a live source reach a sink, with
 * emotiondetect before it and without, while the network is much too slow.
 * Sources are audiotestsrc and the monitor of a PulseAudio null sink, which it
 * starts. Runs take turns, so that a disturbance hits both alike; the figures
 * are percentiles over all buffers of all runs. What the element costs the
 * streaming thread is also told as processor time, which other programs do not
 * change. Exit status 1 where buffers are later than without by more than one
 * buffer, where no window was dropped or where stopping waits for the network.
 */
#include <gst/gst.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include "gst/gstemotiondetect.h"
#include "tests/bench/pulse.h"

#define BUFFER_MS 20
#define CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"

static double seconds = 20, interval = 0.1;
static int rounds = 3;
static char *model;

static const GOptionEntry entries[] = {
  { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &seconds,
      "Length of a run (default 20)", "S" },
  { "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds,
      "Runs with and runs without, of each source (default 3)", "N" },
  { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &interval,
      "Seconds from window to window (default 0.1)", "S" },
  { "model", 'm', 0, G_OPTION_ARG_FILENAME, &model,
      "Model file (default models/slow.h5 in the folder EMOTION_TEST_DATA)",
      "FILE" },
  { NULL },
};

/* All runs with, or all without. */
typedef struct {
  GArray *late; /* of double, ms: at the sink, after its last sample was due */
  GArray *cpu;  /* of double, ms: in the element, of the streaming thread */
  double begin; /* of the buffer that is in the element */
  double stop_ms;  /* the longest */
  guint64 windows; /* told */
  guint64 dropped;
  guint n_warnings; /* of a source that dropped sound, most often */
} Measure;

static double
cpu_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

static GstPadProbeReturn
enter (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Measure *self = data;

  self->begin = cpu_ms ();
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
leave (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Measure *self = data;
  const double ms = cpu_ms () - self->begin;

  g_array_append_val (self->cpu, ms);
  return GST_PAD_PROBE_OK;
}

static void
arrive (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Measure *self = data;
  g_autoptr (GstClock) clock = gst_element_get_clock (sink);
  const GstClockTime now =
      gst_clock_get_time (clock) - gst_element_get_base_time (sink);
  const GstClockTime due =
      GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  const double ms = (double) GST_CLOCK_DIFF (due, now) / 1e6;

  g_array_append_val (self->late, ms);
}

static void
add_probe (GstElement *element, const char *name, GstPadProbeCallback func,
    Measure *measure)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, func, measure, NULL);
}

static void
add_stats (Measure *self, GstElement *element)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 windows, dropped;

  g_object_get (element, "stats", &stats, NULL);
  gst_structure_get (stats, "windows", G_TYPE_UINT64, &windows, "dropped",
      G_TYPE_UINT64, &dropped, NULL);
  self->windows += windows;
  self->dropped += dropped;
}

/* False where the pipeline fails. */
static gboolean
play (GstElement *pipeline, Measure *measure)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  error = gst_bus_timed_pop_filtered (
      bus, (GstClockTime) (seconds * GST_SECOND), GST_MESSAGE_ERROR);
  if (error)
    gst_printerrln ("live-lateness: %" GST_PTR_FORMAT, error);
  return !error;
}

/* In whichever thread it comes from. */
static GstBusSyncReply
count_warning (GstBus *bus, GstMessage *message, gpointer data)
{
  Measure *self = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    g_atomic_int_inc (&self->n_warnings);
  return GST_BUS_PASS;
}

static gboolean
run (const char *source, gboolean with, Measure *measure)
{
  g_autofree char *text =
      g_strdup_printf ("%s ! " CAPS " ! %s name=element ! fakesink name=sink "
                       "signal-handoffs=true sync=false",
          source, with ? "emotiondetect silence-threshold=-200" : "identity");
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) element = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  gboolean is_fine;
  gint64 begin;

  if (!pipeline)
    g_error ("%s", error->message);
  element = gst_bin_get_by_name (GST_BIN (pipeline), "element");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  if (with)
    g_object_set (element, "model-file", model, "interval",
        (guint64) (interval * GST_SECOND), NULL);
  add_probe (element, "sink", enter, measure);
  add_probe (element, "src", leave, measure);
  g_signal_connect (sink, "handoff", G_CALLBACK (arrive), measure);
  bus = gst_element_get_bus (pipeline);
  gst_bus_set_sync_handler (bus, count_warning, measure, NULL);
  is_fine = play (pipeline, measure);
  begin = g_get_monotonic_time ();
  gst_element_set_state (pipeline, GST_STATE_NULL);
  measure->stop_ms =
      MAX (measure->stop_ms, (double) (g_get_monotonic_time () - begin) / 1e3);
  if (with)
    add_stats (measure, element);
  gst_object_unref (pipeline);
  return is_fine;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

static double
percentile (const GArray *sorted, double p)
{
  return g_array_index (
      sorted, double, (guint) floor (p / 100 * (sorted->len - 1)));
}

static void
print_row (const char *name, GArray *values)
{
  g_array_sort (values, compare);
  g_print ("  %-28s %7u %8.3f %8.3f %8.3f %8.3f %8.3f\n", name, values->len,
      percentile (values, 50), percentile (values, 90), percentile (values, 99),
      percentile (values, 99.9), percentile (values, 100));
}

static gboolean
report (const char *name, Measure *with, Measure *without)
{
  g_print ("%s, %d runs of %.3g s each way, a window each %.3g s\n"
           "  %-28s %7s %8s %8s %8s %8s %8s\n",
      name, rounds, seconds, interval, "ms", "buffers", "50 %", "90 %", "99 %",
      "99.9 %", "most");
  print_row ("late, without", without->late);
  print_row ("late, with", with->late);
  print_row ("in identity (processor)", without->cpu);
  print_row ("in emotiondetect (processor)", with->cpu);
  g_print ("  %" G_GUINT64_FORMAT " windows told, %" G_GUINT64_FORMAT
           " dropped; %u warnings (%u without); stopped in at most %.1f ms "
           "(%.1f ms without)\n",
      with->windows, with->dropped, with->n_warnings, without->n_warnings,
      with->stop_ms, without->stop_ms);
  return with->dropped > 0 && with->stop_ms < without->stop_ms + 250
      && percentile (with->late, 99)
      <= percentile (without->late, 99) + BUFFER_MS;
}

static Measure
measure_new (void)
{
  return (Measure){ .late = g_array_new (FALSE, FALSE, sizeof (double)),
    .cpu = g_array_new (FALSE, FALSE, sizeof (double)) };
}

static void
measure_clear (Measure *self)
{
  g_array_unref (self->late);
  g_array_unref (self->cpu);
}

/* source: how it is launched. */
static gboolean
compare_runs (const char *name, const char *source)
{
  Measure with = measure_new (), without = measure_new ();
  gboolean is_fine = TRUE;

  for (int i = 0; i < rounds && is_fine; i++)
    is_fine = run (source, i % 2, i % 2 ? &with : &without)
        && run (source, !(i % 2), i % 2 ? &without : &with);
  is_fine = is_fine && with.late->len > 0 && without.late->len > 0
      && report (name, &with, &without);
  measure_clear (&with);
  measure_clear (&without);
  return is_fine;
}

/* The sound comes by a player into a sink that is not there. */
static gboolean
compare_pulse (void)
{
  BenchPulse *server = bench_pulse_start ();
  GstElement *player;
  gboolean is_fine;

  if (!server) {
    g_print ("pulsesrc: not measured: no pulseaudio\n");
    return TRUE;
  }
  player = gst_parse_launch ("audiotestsrc is-live=true wave=ticks ! pulsesink "
                             "device=" BENCH_PULSE_SINK,
      NULL);
  if (player)
    gst_element_set_state (player, GST_STATE_PLAYING);
  else
    g_print ("pulsesrc: not measured: no gstreamer1.0-pulseaudio\n");
  is_fine = !player
      || compare_runs ("pulsesrc",
          "pulsesrc provide-clock=false device=" BENCH_PULSE_SINK
          ".monitor ! audioconvert ! "
          "audioresample");
  if (player)
    gst_element_set_state (player, GST_STATE_NULL);
  gst_clear_object (&player);
  bench_pulse_stop (server);
  return is_fine;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *source = g_strdup_printf (
      "audiotestsrc is-live=true wave=ticks samplesperbuffer=%d",
      16 * BUFFER_MS);
  gboolean is_fine;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("live-lateness: %s\n", error->message);
    return 2;
  }
  if (!model)
    model = g_build_filename (
        g_getenv ("EMOTION_TEST_DATA"), "models", "slow.h5", NULL);
  GST_ELEMENT_REGISTER (emotiondetect, NULL);
  is_fine = compare_runs ("audiotestsrc", source);
  is_fine = compare_pulse () && is_fine;
  g_free (model);
  return is_fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
