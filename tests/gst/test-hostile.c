/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What no neighbour ought to do and some do: the sound goes on, nothing is told
 * of what was not heard, and what comes after is heard. */
#include <math.h>
#include <string.h>

#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"

/* Memory that nobody can map */

typedef struct {
  GstAllocator parent;
} Locked;
typedef struct {
  GstAllocatorClass parent;
} LockedClass;
GType locked_get_type (void);
G_DEFINE_TYPE (Locked, locked, GST_TYPE_ALLOCATOR)

static gpointer
map_nothing (GstMemory *memory, gsize size, GstMapFlags flags)
{
  return NULL;
}

static void
locked_free (GstAllocator *allocator, GstMemory *memory)
{
  g_free (memory);
}

static void
locked_class_init (LockedClass *klass)
{
  GST_ALLOCATOR_CLASS (klass)->free = locked_free;
}

static void
locked_init (Locked *self)
{
  GstAllocator *allocator = GST_ALLOCATOR (self);

  allocator->mem_type = "locked";
  allocator->mem_map = map_nothing;
}

static GstBuffer *
locked_buffer (guint64 at_ms, guint64 ms)
{
  GstAllocator *allocator =
      gst_object_ref_sink (g_object_new (locked_get_type (), NULL));
  GstMemory *memory = g_new0 (GstMemory, 1);
  GstBuffer *buffer = gst_buffer_new ();
  const gsize size = STREAM_MS (ms) * 2;

  gst_memory_init (memory, 0, allocator, NULL, size, 0, 0, size);
  gst_object_unref (allocator);
  gst_buffer_append_memory (buffer, memory);
  GST_BUFFER_PTS (buffer) = at_ms * GST_MSECOND;
  return buffer;
}

/* Whatever it is, it leaves. */
static void
pass (Fixture *f, GstBuffer *buffer)
{
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
}

static void
expect_one_warning (Fixture *f)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);

  g_assert_nonnull (message);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
}

/* A window does not reach across what nobody could read. */
static void
test_locked_memory (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 2000);
  pass (&f, locked_buffer (2000, 100));
  pass (&f, locked_buffer (2100, 100));
  expect_one_warning (&f);
  stream_push (&f, 2200, 5200);
  stream_expect (&f, 2200, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Planes that no meta describes, and metas that describe something else. */
static void
test_lying_meta (gconstpointer caps)
{
  g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);
  const gsize n = STREAM_MS (100);
  GstAudioInfo info, other;
  GstBuffer *buffer;
  Fixture f;

  g_assert_true (gst_audio_info_from_caps (&info, parsed));
  fixture_init (&f, MODEL_M3, caps);
  for (guint i = 0; i < 6; i++) {
    other = info;
    buffer = gst_buffer_new_allocate (NULL, n * info.bpf, NULL);
    gst_buffer_memset (buffer, 0, 0, n * info.bpf);
    if (i == 1)
      other.layout = info.layout == GST_AUDIO_LAYOUT_INTERLEAVED
          ? GST_AUDIO_LAYOUT_NON_INTERLEAVED
          : GST_AUDIO_LAYOUT_INTERLEAVED;
    if (i == 2)
      gst_audio_info_set_format (
          &other, GST_AUDIO_FORMAT_S16, 16000, info.channels + 1, NULL);
    if (i == 3)
      gst_audio_info_set_format (
          &other, GST_AUDIO_FORMAT_U8, 16000, info.channels, NULL);
    if (i != 1)
      other.layout = info.layout;
    if (i > 0)
      gst_buffer_add_audio_meta (buffer, &other, n / 4, NULL);
    if (i == 4)
      gst_buffer_get_audio_meta (buffer)->samples = n + 1;
    if (i == 5)
      gst_buffer_get_audio_meta (buffer)->samples = G_MAXSIZE / 2 + 1;
    GST_BUFFER_PTS (buffer) = i * 100 * GST_MSECOND;
    pass (&f, buffer);
  }
  expect_one_warning (&f);
  fixture_clear (&f);
}

/* A meta may have the rate and the positions of before. */
static void
test_old_meta (void)
{
  GstAudioInfo info;
  Fixture f;

  fixture_init (&f, MODEL_M3,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=2,"
      "channel-mask=(bitmask)3");
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, 16000, 2, NULL);
  for (guint i = 0; i < 30; i++) {
    GstBuffer *buffer =
        fixture_sound (&info, STREAM_MS (i * 100), STREAM_MS (100));
    GstAudioInfo other = info;

    other.rate = 8000;
    other.position[0] = GST_AUDIO_CHANNEL_POSITION_REAR_LEFT;
    gst_buffer_add_audio_meta (buffer, &other, STREAM_MS (100), NULL);
    pass (&f, buffer);
  }
  stream_expect (&f, 0, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static void
set_caps (Fixture *f, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);

  stream_event (f, gst_event_new_caps (caps));
}

/* Two changes of caps, and a jump: the window does not reach across. */
static void
test_caps_twice (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 1000);
  set_caps (
      &f, "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=1");
  set_caps (&f, STREAM_CAPS);
  stream_push (&f, 5000, 8000);
  stream_expect (&f, 5000, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A rate past what the resampler takes. */
static void
test_rate (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 1000);
  set_caps (&f,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=2147483647,channels=1");
  stream_push_flagged (&f, 1000, 100, 0);
  expect_one_warning (&f);
  set_caps (&f, STREAM_CAPS);
  stream_push (&f, 5000, 8000);
  stream_expect (&f, 5000, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static void
push_at (Fixture *f, GstClockTime pts, guint64 at_ms, guint64 ms)
{
  GstAudioInfo info;
  GstBuffer *buffer;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, STREAM_RATE, 1, NULL);
  buffer = fixture_sound (&info, STREAM_MS (at_ms), STREAM_MS (ms));
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
  pass (f, buffer);
}

static GstClockTime
next_timestamp (Fixture *f)
{
  g_autoptr (GstMessage) message = fixture_pop (f);

  g_assert_nonnull (message);
  return field_uint64 (gst_message_get_structure (message), "timestamp");
}

/* Jumps as far as time stamps can, and back: one buffer is no break. */
static void
test_far_jump (void)
{
  static const guint64 far[] = { G_GUINT64_CONSTANT (1) << 63,
    (G_GUINT64_CONSTANT (1) << 63) + 1, (G_GUINT64_CONSTANT (1) << 63) - 1,
    G_MAXUINT64 - 4 * GST_SECOND, G_MAXUINT64 - GST_SECOND };
  Fixture f;

  stream_init (&f);
  for (guint i = 0; i < G_N_ELEMENTS (far); i++) {
    push_at (&f, 0, 0, 1000);
    push_at (&f, far[i], 1000, 1000);
    push_at (&f, 1000 * GST_MSECOND, 1000, 3000);
    g_assert_cmpuint (next_timestamp (&f), ==, 0);
    fixture_expect_none (&f);
    stream_flush (&f);
    stream_segment (&f, 1, 0, 0, 0, 0);
  }
  fixture_clear (&f);
}

/* A gap of an hour counts where the sound has no time stamps, too. */
static void
test_long_gap (void)
{
  Fixture f;

  stream_init (&f);
  push_at (&f, GST_CLOCK_TIME_NONE, 0, 1000);
  stream_event (&f, gst_event_new_gap (GST_SECOND, 3600 * GST_SECOND));
  push_at (&f, GST_CLOCK_TIME_NONE, 3601000, 3000);
  stream_expect (&f, 0, 3000, 0);
  stream_expect (&f, 3601000, 3000, 1);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Time stamps that shake near the start of a segment: the window's times are
 * within it. */
static void
test_early (void)
{
  Fixture f;

  stream_init (&f);
  stream_segment (&f, 1, 10000, 0, 10000, 0);
  push_at (&f, 10000 * GST_MSECOND, 0, 100);
  for (guint k = 1; k < 30; k++)
    push_at (&f, (10000 + 100 * k - 15) * GST_MSECOND, 100 * k, 100);
  fixture_expect (&f,
      &(Expected){ .timestamp_ms = 10000,
          .stream_ms = 10000,
          .running_ms = 0,
          .duration_ms = 3000 });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Sizes that overflow, and more planes than can be mapped. */
static void
test_too_many_channels (void)
{
  static const char *const kinds[] = { "interleaved,channels=268435457",
    "interleaved,channels=1073741824", "interleaved,channels=2147483647",
    "non-interleaved,channels=1500" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *text = g_strconcat (
        "audio/x-raw,format=S16LE,rate=16000,channel-mask=(bitmask)0,layout=",
        kinds[i], NULL);
    g_autoptr (GstCaps) caps = gst_caps_from_string (text);
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 3000, NULL);
    GstAudioInfo info;
    Fixture f;

    if (gst_audio_info_from_caps (&info, caps) && i == 3)
      gst_buffer_add_audio_meta (buffer, &info, 1, NULL);
    fixture_init (&f, MODEL_M3, text);
    pass (&f, buffer);
    expect_one_warning (&f);
    fixture_clear (&f);
  }
}

/* A window that was an hour away comes soon where it is told to. */
static void
test_shorter_interval (void)
{
  Fixture f;

  stream_init (&f);
  g_object_set (f.element, "interval", 3600 * GST_SECOND, NULL);
  stream_push (&f, 0, 10000);
  stream_expect (&f, 0, 3000, 0);
  fixture_expect_none (&f);
  g_object_set (f.element, "interval", GST_SECOND, NULL);
  stream_push (&f, 10000, 14000);
  stream_expect (&f, 10000, 3000, 1);
  stream_expect (&f, 11000, 3000, 2);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A window that is not yet due is not told before its time. */
static void
test_longer_interval (void)
{
  Fixture f;

  stream_init (&f);
  g_object_set (f.element, "interval", 20 * GST_SECOND, NULL);
  stream_push (&f, 0, 10000);
  g_object_set (f.element, "interval", 15 * GST_SECOND, NULL);
  stream_push (&f, 10000, 12000);
  g_object_set (f.element, "interval", 16 * GST_SECOND, NULL);
  stream_push (&f, 12000, 20000);
  stream_expect (&f, 0, 3000, 0);
  stream_expect (&f, 16000, 3000, 1);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Samples that are no numbers are no voice, and leave nothing behind, be it in
 * what windows share or in the resampler. */
static const struct {
  const char *name;
  float sample;
  gint rate;
} odd[] = {
  { "nan", NAN, 16000 },
  { "inf", INFINITY, 16000 },
  { "huge", 3e38f, 16000 },
  { "denormal", 1e-42f, 16000 },
  { "nan-resampled", NAN, 44100 },
  { "inf-resampled", -INFINITY, 44100 },
  { "huge-resampled", -3e38f, 44100 },
};

/* Ten seconds of sound; of sample instead until spoilt_ms. */
static void
push_spoilt (Fixture *f, gint rate, float sample, guint64 spoilt_ms)
{
  GstAudioInfo info;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_F32, rate, 1, NULL);
  for (guint64 ms = 0; ms < 10000; ms += 100) {
    GstBuffer *buffer =
        fixture_sound (&info, ms * rate / 1000, 100 * rate / 1000);
    GstMapInfo map;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
    if (ms < spoilt_ms)
      for (gsize i = 0; i < map.size / sizeof sample; i++)
        ((float *) map.data)[i] = sample;
    gst_buffer_unmap (buffer, &map);
    pass (f, buffer);
  }
}

/* Compares a window of both. */
static void
check_window (Fixture *spoilt, Fixture *clean, gboolean is_same)
{
  g_autoptr (GstMessage) a = fixture_pop (spoilt);
  g_autoptr (GstMessage) b = fixture_pop (clean);
  const GstStructure *p, *q;

  g_assert_nonnull (a);
  g_assert_nonnull (b);
  p = gst_value_get_structure (
      gst_structure_get_value (gst_message_get_structure (a), "probabilities"));
  q = gst_value_get_structure (
      gst_structure_get_value (gst_message_get_structure (b), "probabilities"));
  for (gint i = 0; i < gst_structure_n_fields (p); i++) {
    const char *const name = gst_structure_nth_field_name (p, i);
    const double value = field_double (p, name);

    g_assert_true (value >= 0 && value <= 1);
    if (is_same)
      g_assert_cmpfloat (value, ==, field_double (q, name));
  }
}

static void
test_samples (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autofree char *caps =
      g_strdup_printf ("audio/x-raw,format=" GST_AUDIO_NE (
                           F32) ",layout=interleaved,rate=%d,channels=1",
          odd[i].rate);
  Fixture f, clean;

  fixture_init (&f, MODEL_M3, caps);
  fixture_init (&clean, MODEL_M3, caps);
  g_object_set (f.element, "interval", GST_SECOND, NULL);
  g_object_set (clean.element, "interval", GST_SECOND, NULL);
  push_spoilt (&f, odd[i].rate, odd[i].sample, 800);
  push_spoilt (&clean, odd[i].rate, 0, 0);
  for (guint k = 0; k < 7; k++)
    check_window (&f, &clean, k > 0);
  g_assert_null (gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING));
  fixture_clear (&f);
  fixture_clear (&clean);
}

/* Half frames and nothing. */
static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, 3, 4, 6401 };
  Fixture f;

  fixture_init (&f, MODEL_M3,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=2,"
      "channel-mask=(bitmask)3");
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, sizes[i], NULL);

    gst_buffer_memset (buffer, 0, 1, sizes[i]);
    pass (&f, buffer);
    pass (&f, gst_buffer_new ());
  }
  stream_event (&f, gst_event_new_eos ());
  g_assert_cmpuint (fixture_count (&f), ==, 1);
  g_assert_null (gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING));
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_func ("/hostile/locked-memory", test_locked_memory);
  g_test_add_data_func ("/hostile/lying-meta/planes",
      "audio/x-raw,format=S16LE,layout=non-interleaved,rate=16000,channels=2,"
      "channel-mask=(bitmask)3",
      test_lying_meta);
  g_test_add_data_func (
      "/hostile/lying-meta/frames", STREAM_CAPS, test_lying_meta);
  g_test_add_func ("/hostile/old-meta", test_old_meta);
  g_test_add_func ("/hostile/caps-twice", test_caps_twice);
  g_test_add_func ("/hostile/rate", test_rate);
  g_test_add_func ("/hostile/far-jump", test_far_jump);
  g_test_add_func ("/hostile/long-gap", test_long_gap);
  g_test_add_func ("/hostile/early", test_early);
  g_test_add_func ("/hostile/too-many-channels", test_too_many_channels);
  g_test_add_func ("/hostile/shorter-interval", test_shorter_interval);
  g_test_add_func ("/hostile/longer-interval", test_longer_interval);
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    g_autofree char *path =
        g_strconcat ("/hostile/samples/", odd[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_samples);
  }
  g_test_add_func ("/hostile/sizes", test_sizes);
  leaks_add_test ("hostile");
  return g_test_run ();
}
