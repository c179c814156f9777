/* SPDX-License-Identifier: GPL-2.0-or-later */
/* live-elements: many live emotiondetect elements in one process, as a server
 * of many calls would have. A few live sources, each feeding its share of the
 * elements through a tee: so the sources cost next to nothing, and all windows
 * are due at the same moment, which is the hardest case. They give pink noise,
 * in which the voice detector finds nothing to classify, or a recording, again
 * and again. Prints the use of the processor; exit status 1 where a window was
 * dropped or is missing. */
#include <gst/gst.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "gst/gstemotiondetect.h"
#include "gst/media/decode.h"
#include "tests/bench/bench.h"
#include "tests/bench/models.h"

#define N_SOURCES 8
#define WINDOW_SECONDS 3

static int n_elements = 1000, rate = 16000, channels = 1;
static double seconds = 20, interval = 1, min_voice = 0.3;
static char *model, *sound;

static const GOptionEntry entries[] = {
  { "elements", 'n', 0, G_OPTION_ARG_INT, &n_elements,
      "Elements (default 1000)", "N" },
  { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &seconds,
      "Time that is measured, after the first window (default 20)", "S" },
  { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &interval,
      "Seconds from window to window (default 1)", "S" },
  { "rate", 'r', 0, G_OPTION_ARG_INT, &rate,
      "Sample rate of the sources (default 16000)", "HZ" },
  { "channels", 'c', 0, G_OPTION_ARG_INT, &channels,
      "Channels of the sources (default 1)", "N" },
  { "sound", 'f', 0, G_OPTION_ARG_FILENAME, &sound,
      "Recording that the sources play (default: pink noise)", "FILE" },
  { "min-voice", 'v', 0, G_OPTION_ARG_DOUBLE, &min_voice,
      "Seconds of voice without which a window is not classified; 0: does not "
      "look for voice (default 0.3)",
      "S" },
  { "model", 'm', 0, G_OPTION_ARG_FILENAME, &model,
      "Model file, or nick of one in the folder EMOTION_SHARED (default: the "
      "element's)",
      "MODEL" },
  { NULL },
};

/* What all elements say of themselves, and what the process has used. */
typedef struct {
  guint64 windows, dropped;
  GstClockTime max_time;
  double cpu, clock; /* seconds */
} Reading;

static GstElement *
add (GstElement *pipeline, const char *factory)
{
  GstElement *const element = gst_element_factory_make (factory, NULL);

  if (!element)
    g_error ("no element %s", factory);
  gst_bin_add (GST_BIN (pipeline), element);
  return element;
}

/* What is played in place of the sources' noise: mono, 1 s or more. */
typedef struct {
  float *samples;
  size_t n;
} Recording;

static Recording recording;

/* Each source is somewhere else in it. */
static GstPadProbeReturn
play_recording (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  size_t *const at = data;
  GstBuffer *const buffer =
      gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  GstMapInfo map;

  info->data = buffer;
  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    return GST_PAD_PROBE_OK;
  for (size_t i = 0; i < map.size / sizeof (float); i++) {
    memcpy (map.data + i * sizeof (float),
        &recording.samples[*at % recording.n], sizeof (float));
    *at += (i + 1) % (size_t) channels == 0;
  }
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

static bool
load_recording (GError **error)
{
  recording.samples =
      gst_emotion_decode_file (sound, rate, 0, &recording.n, error);
  if (recording.samples && recording.n >= (size_t) rate)
    return true;
  if (recording.samples)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: has less than 1 s", sound);
  return false;
}

static GstElement *
add_source (GstElement *pipeline, size_t i)
{
  GstElement *const source = add (pipeline, "audiotestsrc");
  GstElement *const tee = add (pipeline, "tee");
  g_autoptr (GstCaps) caps =
      gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING, "F32LE",
          "rate", G_TYPE_INT, rate, "channels", G_TYPE_INT, channels, NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");
  size_t *const at = g_new (size_t, 1);

  gst_util_set_object_arg (G_OBJECT (source), "wave", "pink-noise");
  g_object_set (source, "is-live", TRUE, "samplesperbuffer", rate / 50, NULL);
  *at = recording.n / N_SOURCES * i;
  if (sound)
    gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_BUFFER, play_recording, at, g_free);
  else
    g_free (at);
  gst_element_link_filtered (source, tee, caps);
  return tee;
}

static void
add_element (GstElement *pipeline, GstElement *tee, GPtrArray *elements,
    const char *file)
{
  GstElement *const element = add (pipeline, "emotiondetect");
  GstElement *const sink = add (pipeline, "fakesink");

  if (file)
    g_object_set (element, "model-file", file, NULL);
  g_object_set (element, "interval", (guint64) (interval * GST_SECOND),
      "min-voice", (guint64) (min_voice * GST_SECOND), "post-messages", FALSE,
      NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_element_link_many (tee, element, sink, NULL);
  g_ptr_array_add (elements, element);
}

static Reading
read_all (const GPtrArray *elements)
{
  Reading sum = { .clock = (double) bench_clock () / 1e9 };
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  sum.cpu = (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  for (guint i = 0; i < elements->len; i++) {
    g_autoptr (GstStructure) stats = NULL;
    guint64 windows, dropped, max_time;

    g_object_get (g_ptr_array_index (elements, i), "stats", &stats, NULL);
    gst_structure_get (stats, "windows", G_TYPE_UINT64, &windows, "dropped",
        G_TYPE_UINT64, &dropped, "max-inference-time", G_TYPE_UINT64, &max_time,
        NULL);
    sum.windows += windows;
    sum.dropped += dropped;
    sum.max_time = MAX (sum.max_time, max_time);
  }
  return sum;
}

/* Waits so long; false where the pipeline said that it failed. */
static bool
wait_for (GstElement *pipeline, double time)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      bus, (GstClockTime) (time * GST_SECOND), GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (!message)
    return true;
  gst_message_parse_error (message, &error, NULL);
  g_printerr ("live-elements: %s\n", error->message);
  return false;
}

/* Of this process; 0 where that cannot be told. */
static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

static bool
report (const Reading *start, const Reading *end)
{
  const double wall = end->clock - start->clock, cpu = end->cpu - start->cpu;
  const double windows = (double) (end->windows - start->windows);
  /* At the edges of the time an element may be late by less than a window. */
  const double due = n_elements * (floor (wall / interval) - 1);
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  g_print ("%d live elements at %d Hz, a window each %.3g s, %.1f s:\n"
           "  %.2f of %ld cores, %.0f us for a window with everything\n"
           "  %.0f windows (at least %.0f due), %" G_GUINT64_FORMAT
           " dropped, longest inference %.1f ms\n"
           "  %.0f MB of memory at most, %.0f kB for an element, %u threads\n",
      n_elements, rate, interval, wall, cpu / wall,
      sysconf (_SC_NPROCESSORS_ONLN), cpu / MAX (windows, 1) * 1e6, windows,
      due, end->dropped, (double) end->max_time / 1e6,
      (double) usage.ru_maxrss / 1e3, (double) usage.ru_maxrss / n_elements,
      count_threads ());
  return end->dropped == 0 && windows >= due;
}

static bool
measure (const char *file)
{
  g_autoptr (GPtrArray) elements = g_ptr_array_new ();
  GstElement *const pipeline = gst_pipeline_new (NULL);
  GstElement *tee[N_SOURCES];
  bool is_fine;
  Reading start, end;

  for (size_t i = 0; i < N_SOURCES; i++)
    tee[i] = add_source (pipeline, i);
  for (int i = 0; i < n_elements; i++)
    add_element (pipeline, tee[i % N_SOURCES], elements, file);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  is_fine = wait_for (pipeline, WINDOW_SECONDS + 2 + interval);
  if (is_fine) {
    start = read_all (elements);
    is_fine = wait_for (pipeline, seconds);
    end = read_all (elements);
    is_fine = is_fine && report (&start, &end);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return is_fine;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("live-elements: %s\n", error->message);
    return 2;
  }
  file = model ? bench_model_path (model) : NULL;
  if (file && !g_file_test (file, G_FILE_TEST_EXISTS)) {
    g_print ("Not measured: model %s: no file %s\n", model, file);
    return 77; /* meson: skipped */
  }
  if (sound && !load_recording (&error)) {
    g_printerr ("live-elements: %s\n", error->message);
    return 2;
  }
  GST_ELEMENT_REGISTER (emotiondetect, NULL);
  return measure (file) ? EXIT_SUCCESS : EXIT_FAILURE;
}
