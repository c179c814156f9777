/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes through the element, and what it says about it. */
#include "tests/gst/fixture.h"
#include "tests/gst/leaks.h"

#define S16_16K                                                                \
  "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"

/* The sound that leaves is the sound that came in, in the same memory, and the
 * result does not depend on how it is stored. */

static const struct {
  const char *name;
  const char *caps;
} formats[] = {
  { "u8", "format=U8,layout=interleaved,rate=16000,channels=1" },
  { "s8", "format=S8,layout=interleaved,rate=16000,channels=1" },
  { "s16le", "format=S16LE,layout=interleaved,rate=16000,channels=1" },
  { "s16be", "format=S16BE,layout=interleaved,rate=16000,channels=1" },
  { "u16", "format=U16LE,layout=interleaved,rate=16000,channels=1" },
  { "s18", "format=S18LE,layout=interleaved,rate=16000,channels=1" },
  { "s20", "format=S20LE,layout=interleaved,rate=16000,channels=1" },
  { "s24", "format=S24LE,layout=interleaved,rate=16000,channels=1" },
  { "s24-32", "format=S24_32LE,layout=interleaved,rate=16000,channels=1" },
  { "s32", "format=S32LE,layout=interleaved,rate=16000,channels=1" },
  { "f32", "format=F32LE,layout=interleaved,rate=16000,channels=1" },
  { "f32be", "format=F32BE,layout=interleaved,rate=16000,channels=1" },
  { "f64", "format=F64LE,layout=interleaved,rate=16000,channels=1" },
  { "planar-mono",
      "format=S16LE,layout=non-interleaved,rate=16000,channels=1" },
  { "stereo",
      "format=S16LE,layout=interleaved,rate=16000,channels=2,"
      "channel-mask=(bitmask)0x3" },
  { "planar-stereo",
      "format=F32LE,layout=non-interleaved,rate=16000,"
      "channels=2,channel-mask=(bitmask)0x3" },
  { "5.1",
      "format=S16LE,layout=interleaved,rate=16000,channels=6,"
      "channel-mask=(bitmask)0x3f" },
  { "planar-5.1",
      "format=S24LE,layout=non-interleaved,rate=16000,channels=6,"
      "channel-mask=(bitmask)0x3f" },
  { "unpositioned",
      "format=S16LE,layout=interleaved,rate=16000,channels=12,"
      "channel-mask=(bitmask)0" },
  { "8k", "format=S16LE,layout=interleaved,rate=8000,channels=1" },
  { "11k", "format=S16LE,layout=interleaved,rate=11025,channels=1" },
  { "22k", "format=S16LE,layout=interleaved,rate=22050,channels=1" },
  { "44k",
      "format=S16LE,layout=interleaved,rate=44100,channels=2,"
      "channel-mask=(bitmask)0x3" },
  { "48k",
      "format=F32LE,layout=interleaved,rate=48000,channels=2,"
      "channel-mask=(bitmask)0x3" },
  { "96k", "format=S24LE,layout=interleaved,rate=96000,channels=1" },
  { "192k", "format=S32LE,layout=interleaved,rate=192000,channels=1" },
};

/* The probability of the label "happy" for 3 s of 16 kHz float sound. */
static gdouble
reference (void)
{
  static gdouble value = -1;
  Fixture fixture;
  GstAudioInfo info;
  GstMessage *message;
  const GValue *p;

  if (value >= 0)
    return value;
  fixture_init (&fixture, MODEL_M1,
      "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1");
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_F32, 16000, 1, NULL);
  gst_harness_push (fixture.harness, fixture_sound (&info, 0, 48000));
  message = fixture_pop (&fixture);
  g_assert_nonnull (message);
  p = gst_structure_get_value (
      gst_message_get_structure (message), "probabilities");
  value = field_double (gst_value_get_structure (p), "happy");
  g_assert_cmpfloat (value, >, 0.001);
  gst_message_unref (message);
  fixture_clear (&fixture);
  return value;
}

static void
test_format (gconstpointer data)
{
  const char *const rest = data;
  g_autofree char *text = g_strdup_printf ("audio/x-raw,%s", rest);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  Fixture fixture;
  GstAudioInfo info;
  GstBuffer *in, *out, *copy;
  GstMemory *memory;
  GstMapInfo map;
  GstMessage *message;
  const GValue *p;

  fixture_init (&fixture, MODEL_M1, text);
  g_assert_true (gst_audio_info_from_caps (&info, caps));
  in = fixture_sound (&info, 0, 3 * info.rate + info.rate / 2);
  copy = gst_buffer_copy_deep (in);
  memory = gst_buffer_get_memory (in, 0);
  g_assert_cmpint (gst_harness_push (fixture.harness, in), ==, GST_FLOW_OK);
  out = gst_harness_pull (fixture.harness);

  g_assert_cmpuint (gst_buffer_n_memory (out), ==, 1);
  g_assert_true (gst_buffer_peek_memory (out, 0) == memory);
  gst_buffer_map (copy, &map, GST_MAP_READ);
  g_assert_cmpint (gst_buffer_memcmp (out, 0, map.data, map.size), ==, 0);
  g_assert_cmpuint (gst_buffer_get_size (out), ==, map.size);
  gst_buffer_unmap (copy, &map);
  g_assert_cmpuint (GST_BUFFER_PTS (out), ==, GST_BUFFER_PTS (copy));

  message = fixture_pop (&fixture);
  g_assert_nonnull (message);
  p = gst_structure_get_value (
      gst_message_get_structure (message), "probabilities");
  /* 8-bit sound is noisy, and low rates have no upper bands. */
  g_assert_cmpfloat_with_epsilon (
      field_double (gst_value_get_structure (p), "happy"), reference (),
      info.finfo->depth == 8 || info.rate < 16000 ? 0.05 : 2e-3);
  gst_message_unref (message);
  gst_memory_unref (memory);
  gst_buffer_unref (copy);
  gst_buffer_unref (out);
  fixture_clear (&fixture);
}

/* Where buffers end changes nothing, not a bit. */

static const struct {
  const char *name;
  gint rate;
  guint64 len; /* frames in a buffer; 0: all in one */
} cuts[] = {
  { "16k-1", 16000, 1 },
  { "16k-7", 16000, 7 },
  { "16k-160", 16000, 160 },
  { "16k-1024", 16000, 1024 },
  { "16k-48000", 16000, 48000 },
  { "44k-1", 44100, 1 },
  { "44k-7", 44100, 7 },
  { "44k-160", 44100, 160 },
  { "44k-1024", 44100, 1024 },
  { "44k-48000", 44100, 48000 },
  { "8k-7", 8000, 7 },
  { "8k-1024", 8000, 1024 },
};

#define CUT_MS 4700 /* a window and a rest that is padded */

static GPtrArray *
results_of (gint rate, guint64 len, GstClockTime interval)
{
  g_autofree char *caps = g_strdup_printf (
      "audio/x-raw,format=S16LE,layout=interleaved,rate=%d,channels=1", rate);
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);
  const guint64 n = gst_util_uint64_scale (CUT_MS, rate, 1000);
  Fixture fixture;
  GstMessage *message;

  fixture_init (&fixture, MODEL_M3, caps);
  g_object_set (fixture.element, "interval", interval, NULL);
  fixture_push (&fixture, rate, 0, n, len ? len : n);
  gst_harness_push_event (fixture.harness, gst_event_new_eos ());
  while ((message = fixture_pop (&fixture))) {
    GstStructure *s = gst_structure_copy (gst_message_get_structure (message));

    gst_structure_remove_field (s, "processing-time");
    g_ptr_array_add (texts, gst_structure_to_string (s));
    gst_structure_free (s);
    gst_message_unref (message);
  }
  fixture_clear (&fixture);
  return texts;
}

static void
test_cut (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  const GstClockTime intervals[] = { 3 * GST_SECOND, 700 * GST_MSECOND };

  for (guint k = 0; k < G_N_ELEMENTS (intervals); k++) {
    g_autoptr (GPtrArray) whole = results_of (cuts[i].rate, 0, intervals[k]);
    g_autoptr (GPtrArray) cut =
        results_of (cuts[i].rate, cuts[i].len, intervals[k]);

    g_assert_cmpuint (whole->len, ==, k == 0 ? 2 : 3);
    g_assert_cmpuint (cut->len, ==, whole->len);
    for (guint w = 0; w < whole->len; w++)
      g_assert_cmpstr (
          g_ptr_array_index (cut, w), ==, g_ptr_array_index (whole, w));
  }
}

/* Every field of message and meta, with its type. */

static void
check_fields (const GstStructure *s)
{
  const GstStructure *p;
  gdouble sum = 0, confidence = field_double (s, "confidence");
  gint index;

  g_assert_cmpint (gst_structure_n_fields (s), ==, 15);
  g_assert_cmpuint (field_uint64 (s, "timestamp"), ==, 0);
  g_assert_cmpuint (field_uint64 (s, "stream-time"), ==, 0);
  g_assert_cmpuint (field_uint64 (s, "running-time"), ==, 0);
  g_assert_cmpuint (field_uint64 (s, "duration"), ==, 3 * GST_SECOND);
  g_assert_cmpuint (field_uint64 (s, "window-id"), ==, 0);
  g_assert_cmpuint (field_uint64 (s, "processing-time"), >, 0);
  g_assert_false (field_boolean (s, "partial"));
  field_uint64 (s, "voice");
  g_assert_false (field_boolean (s, "silence"));
  g_assert_cmpstr (
      gst_structure_get_string (s, "model"), ==, "synthetic-m3.h5");
  g_assert_true (gst_structure_get_int (s, "label-index", &index));
  p = gst_value_get_structure (gst_structure_get_value (s, "probabilities"));
  g_assert_cmpint (gst_structure_n_fields (p), ==, 9);
  g_assert_cmpstr (gst_structure_nth_field_name (p, 0), ==, "neutral");
  g_assert_cmpstr (
      gst_structure_nth_field_name (p, 8), ==, "pleasant_surprise");
  for (guint i = 0; i < 9; i++) {
    const gdouble value = field_double (p, gst_structure_nth_field_name (p, i));

    sum += value;
    g_assert_cmpfloat (value, <=, confidence);
  }
  g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
  g_assert_cmpstr (gst_structure_get_string (s, "emotion"), ==,
      gst_structure_nth_field_name (p, index));
  g_assert_cmpfloat (field_double (p, gst_structure_nth_field_name (p, index)),
      ==, confidence);
}

static GstCustomMeta *
meta_of (GstBuffer *buffer)
{
  return gst_buffer_get_custom_meta (buffer, "GstEmotionMeta");
}

static void
test_fields (void)
{
  Fixture fixture;
  GstMessage *message;
  GstAudioInfo info;
  GstBuffer *before, *with, *after;
  GstCustomMeta *meta;

  fixture_init (&fixture, MODEL_M3, S16_16K);
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, 16000, 1, NULL);
  before = fixture_sound (&info, 0, 47999);
  with = fixture_sound (&info, 47999, 1);
  after = fixture_sound (&info, 48000, 16000);
  gst_buffer_ref (with); /* not writable: the element must not mind */

  gst_harness_push (fixture.harness, before);
  fixture_expect_none (&fixture);
  gst_harness_push (fixture.harness, with);
  message = fixture_pop (&fixture);
  g_assert_nonnull (message);
  check_fields (gst_message_get_structure (message));
  gst_message_unref (message);
  gst_harness_push (fixture.harness, after);

  before = gst_harness_pull (fixture.harness);
  g_assert_null (meta_of (before));
  gst_buffer_unref (before);
  g_assert_null (meta_of (with));
  before = gst_harness_pull (fixture.harness);
  g_assert_true (
      gst_buffer_peek_memory (before, 0) == gst_buffer_peek_memory (with, 0));
  meta = meta_of (before);
  g_assert_nonnull (meta);
  check_fields (gst_custom_meta_get_structure (meta));
  gst_buffer_unref (before);
  gst_buffer_unref (with);
  after = gst_harness_pull (fixture.harness);
  g_assert_null (meta_of (after));
  gst_buffer_unref (after);
  fixture_clear (&fixture);
}

static void
test_switches (void)
{
  Fixture fixture;
  GstAudioInfo info;
  GstBuffer *buffer;

  fixture_init (&fixture, MODEL_M3, S16_16K);
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, 16000, 1, NULL);
  g_object_set (
      fixture.element, "post-messages", FALSE, "attach-meta", FALSE, NULL);
  gst_harness_push (fixture.harness, fixture_sound (&info, 0, 48000));
  buffer = gst_harness_pull (fixture.harness);
  g_assert_null (meta_of (buffer));
  gst_buffer_unref (buffer);
  fixture_expect_none (&fixture);

  g_object_set (fixture.element, "attach-meta", TRUE, NULL);
  gst_harness_push (fixture.harness, fixture_sound (&info, 48000, 48000));
  buffer = gst_harness_pull (fixture.harness);
  g_assert_nonnull (meta_of (buffer));
  gst_buffer_unref (buffer);
  fixture_expect_none (&fixture);
  fixture_clear (&fixture);
}

/* A buffer of several memories keeps them, and is heard as one. */
static void
test_memories (void)
{
  Fixture fixture;
  GstAudioInfo info;
  GstBuffer *buffer;
  GstMemory *memories[3];

  fixture_init (&fixture, MODEL_M3, S16_16K);
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, 16000, 1, NULL);
  buffer = fixture_sound (&info, 0, 16000);
  buffer = gst_buffer_append (buffer, fixture_sound (&info, 16000, 16000));
  buffer = gst_buffer_append (buffer, fixture_sound (&info, 32000, 16000));
  g_assert_cmpuint (gst_buffer_n_memory (buffer), ==, 3);
  for (guint i = 0; i < 3; i++)
    memories[i] = gst_buffer_get_memory (buffer, i);
  gst_harness_push (fixture.harness, buffer);
  buffer = gst_harness_pull (fixture.harness);
  g_assert_cmpuint (gst_buffer_n_memory (buffer), ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_true (gst_buffer_peek_memory (buffer, i) == memories[i]);
    gst_memory_unref (memories[i]);
  }
  g_assert_cmpuint (fixture_count (&fixture), ==, 1);
  gst_buffer_unref (buffer);
  fixture_clear (&fixture);
}

/* The channels' mean is heard: opposite channels cancel. */
static void
test_mean (void)
{
  Fixture fixture;
  GstAudioInfo info;
  GstBuffer *buffer;
  GstMapInfo map;

  fixture_init (&fixture, MODEL_M3,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=2,"
      "channel-mask=(bitmask)0x3");
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, 16000, 2, NULL);
  buffer = fixture_sound (&info, 0, 48000);
  gst_buffer_map (buffer, &map, GST_MAP_READWRITE);
  for (guint i = 0; i < 48000; i++)
    ((gint16 *) map.data)[2 * i + 1] *= -1;
  gst_buffer_unmap (buffer, &map);
  gst_harness_push (fixture.harness, buffer);
  fixture_expect (
      &fixture, &(Expected){ .duration_ms = 3000, .silence = TRUE });
  fixture_clear (&fixture);
}

/* Latency and allocation are matters between the neighbours. */
static void
test_queries (void)
{
  Fixture fixture;
  g_autoptr (GstCaps) caps = gst_caps_from_string (S16_16K);
  GstQuery *allocation = gst_query_new_allocation (caps, TRUE);
  GstAllocator *allocator = gst_allocator_find (GST_ALLOCATOR_SYSMEM);
  GstAllocationParams params = { .align = 31, .prefix = 7 }, found_params;
  GstAllocator *found = NULL;

  fixture_init (&fixture, MODEL_M3, S16_16K);
  gst_harness_set_upstream_latency (fixture.harness, 20 * GST_MSECOND);
  g_assert_cmpuint (
      gst_harness_query_latency (fixture.harness), ==, 20 * GST_MSECOND);

  gst_harness_set_propose_allocator (
      fixture.harness, gst_object_ref (allocator), &params);
  gst_harness_add_propose_allocation_meta (
      fixture.harness, GST_AUDIO_META_API_TYPE, NULL);
  g_assert_true (gst_pad_peer_query (fixture.harness->srcpad, allocation));
  g_assert_cmpuint (gst_query_get_n_allocation_params (allocation), ==, 1);
  gst_query_parse_nth_allocation_param (allocation, 0, &found, &found_params);
  g_assert_true (found == allocator);
  g_assert_cmpuint (found_params.align, ==, 31);
  g_assert_cmpuint (found_params.prefix, ==, 7);
  g_assert_true (gst_query_find_allocation_meta (
      allocation, GST_AUDIO_META_API_TYPE, NULL));
  gst_object_unref (found);
  gst_object_unref (allocator);
  gst_query_unref (allocation);
  fixture_clear (&fixture);
}

/* Late or not, every buffer leaves, even with qos=true. */
static void
test_qos (void)
{
  Fixture fixture;

  fixture_init (&fixture, MODEL_M3, S16_16K);
  g_object_set (fixture.element, "qos", TRUE, NULL);
  fixture_push (&fixture, 16000, 0, 1600, 160);
  gst_harness_push_upstream_event (fixture.harness,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 0.1, GST_SECOND, GST_SECOND));
  /* fixture_push pulls each buffer that it pushes. */
  fixture_push (&fixture, 16000, 1600, 1600, 160);
  g_assert_cmpuint (gst_harness_buffers_received (fixture.harness), ==, 20);
  fixture_clear (&fixture);
}

static guint64
windows_of (const Fixture *f)
{
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (f->element, "stats", &stats, NULL);
  return field_uint64 (stats, "windows");
}

/* They can be read when all is over, and start anew with the element. */
static void
test_stats (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, S16_16K);
  g_assert_cmpuint (windows_of (&f), ==, 0);
  fixture_push (&f, 16000, 0, 48000 * 2, 16000);
  g_assert_cmpuint (windows_of (&f), ==, 2);
  gst_element_set_state (f.element, GST_STATE_NULL);
  g_assert_cmpuint (windows_of (&f), ==, 2);
  gst_element_set_state (f.element, GST_STATE_PAUSED);
  g_assert_cmpuint (windows_of (&f), ==, 0);
  fixture_clear (&f);
}

/* Labels and thresholds */

static const struct {
  const char *name;
  const char *property;
  const char *value;
  const char *emotion; /* or NULL: any label */
  gint label_index;    /* or -2: any but -1 */
  gboolean silence;
} thresholds[] = {
  { "labels", "labels", "a, b b,c,d,e,f,g,h,i", "b b", 1, FALSE },
  { "confident-enough", "min-confidence", "0.01", NULL, -2, FALSE },
  { "not-confident", "min-confidence", "0.99", "unknown", -1, FALSE },
  { "loud-enough", "silence-threshold", "-40", NULL, -2, FALSE },
  { "silent", "silence-threshold", "-3", "unknown", -1, TRUE },
};

static void
test_threshold (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  Fixture fixture;
  GstMessage *message;
  const GstStructure *s;
  gint index;

  fixture_init (&fixture, MODEL_M3, NULL);
  /* labels take effect when the element starts. */
  gst_element_set_state (fixture.element, GST_STATE_NULL);
  gst_util_set_object_arg (
      G_OBJECT (fixture.element), thresholds[i].property, thresholds[i].value);
  gst_element_set_state (fixture.element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (fixture.harness, S16_16K);
  fixture_push (&fixture, 16000, 0, 48000, 4800);
  message = fixture_pop (&fixture);
  g_assert_nonnull (message);
  s = gst_message_get_structure (message);
  g_assert_true (gst_structure_get_int (s, "label-index", &index));
  if (thresholds[i].label_index == -2)
    g_assert_cmpint (index, >=, 0);
  else
    g_assert_cmpint (index, ==, thresholds[i].label_index);
  if (thresholds[i].emotion)
    g_assert_cmpstr (
        gst_structure_get_string (s, "emotion"), ==, thresholds[i].emotion);
  g_assert_cmpint (field_boolean (s, "silence"), ==, thresholds[i].silence);
  if (thresholds[i].silence)
    g_assert_cmpfloat (field_double (s, "confidence"), ==, 0);
  gst_message_unref (message);
  fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *path =
        g_strconcat ("/element/format/", formats[i].name, NULL);

    g_test_add_data_func (path, formats[i].caps, test_format);
  }
  for (guint i = 0; i < G_N_ELEMENTS (cuts); i++) {
    g_autofree char *path = g_strconcat ("/element/cut/", cuts[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_cut);
  }
  for (guint i = 0; i < G_N_ELEMENTS (thresholds); i++) {
    g_autofree char *path =
        g_strconcat ("/element/threshold/", thresholds[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_threshold);
  }
  g_test_add_func ("/element/fields", test_fields);
  g_test_add_func ("/element/switches", test_switches);
  g_test_add_func ("/element/memories", test_memories);
  g_test_add_func ("/element/mean", test_mean);
  g_test_add_func ("/element/queries", test_queries);
  g_test_add_func ("/element/qos", test_qos);
  g_test_add_func ("/element/stats", test_stats);
  leaks_add_test ("element");
  return g_test_run ();
}
