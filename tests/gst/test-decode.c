/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files on which GStreamer never ends by itself: it is told from one that
 * works on, and what was lost by chance is tried again. */
#include <gst/gst.h>
#include <string.h>

#include "gst/media/decode.h"
#include "gst/media/stall.h"
#include "tests/folder.h"

/* A parser of the made-up media type below, whose first instances lose their
 * stream without a word, as aiffparse does where decodebin drops its error. */
#define MAGIC "lossy sound"
#define N_SAMPLES 1600

static gint n_losses; /* instances that are to lose it */
static gint n_made;

typedef struct {
  GstElement parent;
  GstPad *src;
  gboolean is_lossy;
} Lossy;
typedef GstElementClass LossyClass;

static GType lossy_get_type (void);

G_DEFINE_TYPE (Lossy, lossy, GST_TYPE_ELEMENT)

static GstFlowReturn
lossy_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static void
lossy_push (Lossy *self)
{
  static gfloat samples[N_SAMPLES];
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "audio/x-raw,format=F32LE,rate=16000,channels=1,layout=interleaved");
  GstSegment segment;

  for (guint i = 0; i < N_SAMPLES; i++)
    samples[i] = i;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->src, gst_event_new_stream_start ("lossy"));
  gst_pad_push_event (self->src, gst_event_new_caps (caps));
  gst_pad_push_event (self->src, gst_event_new_segment (&segment));
  gst_pad_push (self->src, gst_buffer_new_memdup (samples, sizeof samples));
  gst_pad_push_event (self->src, gst_event_new_eos ());
}

static gboolean
lossy_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  Lossy *const self = (Lossy *) parent;

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && !self->is_lossy)
    lossy_push (self);
  gst_event_unref (event);
  return TRUE;
}

static void
lossy_init (Lossy *self)
{
  GstElementClass *const class = GST_ELEMENT_GET_CLASS (self);
  GstPad *const sink = gst_pad_new_from_template (
      gst_element_class_get_pad_template (class, "sink"), "sink");

  self->src = gst_pad_new_from_template (
      gst_element_class_get_pad_template (class, "src"), "src");
  gst_pad_set_chain_function (sink, lossy_chain);
  gst_pad_set_event_function (sink, lossy_event);
  gst_element_add_pad (GST_ELEMENT (self), sink);
  gst_element_add_pad (GST_ELEMENT (self), self->src);
  self->is_lossy = g_atomic_int_add (&n_made, 1) < n_losses;
}

static void
lossy_class_init (LossyClass *class)
{
  static GstStaticPadTemplate sink = GST_STATIC_PAD_TEMPLATE (
      "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("audio/x-lossy"));
  static GstStaticPadTemplate src = GST_STATIC_PAD_TEMPLATE (
      "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("audio/x-raw"));

  gst_element_class_add_static_pad_template (class, &sink);
  gst_element_class_add_static_pad_template (class, &src);
  gst_element_class_set_static_metadata (
      class, "Lossy parser", "Codec/Demuxer/Audio", "For a test", "The test");
}

static void
find_lossy (GstTypeFind *find, gpointer user_data)
{
  const guint8 *const data = gst_type_find_peek (find, 0, strlen (MAGIC));

  if (data && memcmp (data, MAGIC, strlen (MAGIC)) == 0)
    gst_type_find_suggest_empty_simple (
        find, GST_TYPE_FIND_MAXIMUM, "audio/x-lossy");
}

static float *
decode (const char *contents, gsize len, gsize *n, GError **error)
{
  g_autofree char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "x.wav", NULL);
  float *samples;

  g_assert_true (g_file_set_contents (path, contents, (gssize) len, NULL));
  samples = gst_emotion_decode_file (path, 16000, 0, n, error);
  test_folder_remove (g_steal_pointer (&folder));
  return samples;
}

static void
test_lost_by_chance (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree float *samples = NULL;
  gsize n;

  n_made = 0;
  n_losses = 2;
  samples = decode (MAGIC, strlen (MAGIC), &n, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, N_SAMPLES);
  g_assert_cmpfloat (samples[1599], ==, 1599);
  g_assert_cmpint (n_made, ==, 3);
}

static void
test_always_lost (void)
{
  g_autoptr (GError) error = NULL;
  gsize n;

  n_losses = G_MAXINT;
  g_assert_null (decode (MAGIC, strlen (MAGIC), &n, &error));
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE);
  g_assert_nonnull (strstr (error->message, "damaged"));
  g_assert_cmpuint (n, ==, 0);
}

/* An element that works in threads of its own, as far as its class says. */
typedef GstElement Fetcher;
typedef GstElementClass FetcherClass;

static GType fetcher_get_type (void);

G_DEFINE_TYPE (Fetcher, fetcher, GST_TYPE_ELEMENT)

static void
fetcher_class_init (FetcherClass *class)
{
  gst_element_class_set_static_metadata (
      class, "Fetcher", "Codec/Demuxer/Adaptive", "For a test", "The test");
}

static void
fetcher_init (Fetcher *self)
{
}

static gint is_held;

/* As a thread does that has paused its task, and pushes EOS. */
static gpointer
hold_stream_lock (gpointer sink)
{
  GST_PAD_STREAM_LOCK (sink);
  g_atomic_int_set (&is_held, TRUE);
  while (g_atomic_int_get (&is_held))
    g_usleep (100);
  GST_PAD_STREAM_UNLOCK (sink);
  return NULL;
}

/* Only the second look tells, and only of local files; many, once EOS is there.
 */
static void
test_stall (void)
{
  GstElement *const pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *const element = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (element, "sink");
  GstEmotionStall s = { 0 };
  GThread *thread;

  gst_bin_add (GST_BIN (pipeline), element);
  g_assert_false (
      gst_emotion_stall_is_reached (&s, pipeline, sink, "file:///a"));
  g_assert_true (
      gst_emotion_stall_is_reached (&s, pipeline, sink, "file:///a"));
  s = (GstEmotionStall){ 0 };
  for (guint i = 0; i < 3; i++)
    g_assert_false (
        gst_emotion_stall_is_reached (&s, pipeline, sink, "https://a/b"));
  GST_OBJECT_FLAG_SET (sink, GST_PAD_FLAG_EOS);
  for (guint i = 1; i < GST_EMOTION_STALL_EOS_CHECKS; i++)
    g_assert_false (
        gst_emotion_stall_is_reached (&s, pipeline, sink, "file:///a"));
  g_assert_true (
      gst_emotion_stall_is_reached (&s, pipeline, sink, "file:///a"));
  GST_OBJECT_FLAG_UNSET (sink, GST_PAD_FLAG_EOS);
  thread = g_thread_new ("pushes", hold_stream_lock, sink);
  while (!g_atomic_int_get (&is_held))
    g_thread_yield ();
  for (guint i = 0; i < 3; i++)
    g_assert_false (
        gst_emotion_stall_is_reached (&s, pipeline, sink, "file:///a"));
  g_atomic_int_set (&is_held, FALSE);
  g_thread_join (thread);
  gst_bin_add (GST_BIN (pipeline), g_object_new (fetcher_get_type (), NULL));
  for (guint i = 0; i < 3; i++)
    g_assert_false (
        gst_emotion_stall_is_reached (&s, pipeline, sink, "file:///a"));
  gst_object_unref (pipeline);
}

/* What a stopped bin leaves as it is, since it is being plugged, or no longer
 * in it. */
static void
test_stop (void)
{
  GstElement *const pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GAsyncQueue *const noted = gst_emotion_note_elements (pipeline);
  GstElement *elements[2];

  for (guint i = 0; i < G_N_ELEMENTS (elements); i++) {
    elements[i] =
        gst_object_ref_sink (gst_element_factory_make ("fakesrc", NULL));
    gst_bin_add (GST_BIN (pipeline), elements[i]);
    gst_element_set_locked_state (elements[i], TRUE);
    gst_element_set_state (elements[i], GST_STATE_PAUSED);
  }
  gst_bin_remove (GST_BIN (pipeline), elements[1]);
  gst_emotion_stall_stop (pipeline, noted);
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++) {
    g_assert_cmpint (GST_STATE (elements[i]), ==, GST_STATE_NULL);
    gst_object_unref (elements[i]);
  }
  gst_object_unref (pipeline);
}

/* 8 bits, an odd number of samples, and the byte that pads them. */
static void
test_odd_wav (void)
{
  static const char wav[] = "RIFF\x2a\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0"
                            "\x80\x3e\0\0\x80\x3e\0\0\1\0\x08\0"
                            "data\5\0\0\0\x80\xc0\x40\x00\x80";
  g_autoptr (GError) error = NULL;
  g_autofree float *samples = NULL;
  gsize n;

  samples = decode (wav, sizeof wav, &n, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 5);
  g_assert_cmpfloat (samples[0], ==, 0);
  g_assert_cmpfloat (samples[1], ==, 0.5f);
  g_assert_cmpfloat (samples[2], ==, -0.5f);
  g_assert_cmpfloat (samples[3], ==, -1);
}

/* A WAV file that ends where the chunk LIST begins: wavparse 1.22 pushes empty
 * buffers without end, 1.24 takes the head for sound, and 1.26 says that
 * nothing is in it. */
static void
test_wav_without_end (void)
{
  static const char head[] = "RIFF\x3a\x71\x04\0WAVEfmt \x10\0\0\0\1\0\1\0"
                             "\x44\xac\0\0\x88\x58\1\0\2\0\x10\0LIST\x1a\0\0";
  g_autoptr (GError) error = NULL;
  gsize n;

  g_assert_cmpuint (sizeof head, ==, 44);
  g_assert_null (decode (head, sizeof head, &n, &error));
  g_assert_nonnull (strstr (error->message, "ends before its sound begins"));
}

int
main (int argc, char **argv)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-lossy");

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* GStreamer warns of what comes before the segment. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_assert_true (gst_element_register (
      NULL, "lossyparse", GST_RANK_PRIMARY, lossy_get_type ()));
  g_assert_true (gst_type_find_register (NULL, "audio/x-lossy",
      GST_RANK_PRIMARY, find_lossy, NULL, caps, NULL, NULL));
  g_test_add_func ("/decode/lost-by-chance", test_lost_by_chance);
  g_test_add_func ("/decode/always-lost", test_always_lost);
  g_test_add_func ("/decode/stall", test_stall);
  g_test_add_func ("/decode/stop", test_stop);
  g_test_add_func ("/decode/odd-wav", test_odd_wav);
  g_test_add_func ("/decode/wav-without-end", test_wav_without_end);
  return g_test_run ();
}
