/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts of channels: one that stands anywhere, and more than GStreamer mixes.
 */
#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"

/* One channel is heard wherever its loudspeaker stands. */
static void
test_one_channel (gconstpointer mask)
{
  g_autofree char *caps =
      g_strconcat (STREAM_CAPS ",channel-mask=(bitmask)", mask, NULL);
  g_autoptr (GstMessage) plain = NULL, placed = NULL;
  GstStructure *a, *b;
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 3000);
  plain = fixture_pop (&f);
  fixture_clear (&f);
  fixture_init (&f, MODEL_M3, caps);
  stream_push (&f, 0, 3000);
  placed = fixture_pop (&f);
  fixture_clear (&f);
  g_assert_nonnull (plain);
  g_assert_nonnull (placed);
  a = (GstStructure *) gst_message_get_structure (plain);
  b = (GstStructure *) gst_message_get_structure (placed);
  g_assert_false (field_boolean (b, "silence"));
  g_assert_true (
      gst_value_compare (gst_structure_get_value (a, "probabilities"),
          gst_structure_get_value (b, "probabilities"))
      == GST_VALUE_EQUAL);
}

/* More channels than GStreamer's converters mix: the mean of all. */
static const struct {
  const char *name;
  gint channels;
  const char *layout;
} many[] = {
  { "63", 63, "interleaved" },
  { "64", 64, "interleaved" },
  { "64-planes", 64, "non-interleaved" },
  { "1500", 1500, "interleaved" },
  { "128-planes", 128, "non-interleaved" },
};

/* Every second channel is twice as loud, the others are silent. */
static GstBuffer *
spread (GstBuffer *mono, const GstAudioInfo *info)
{
  const gsize n = gst_buffer_get_size (mono) / sizeof (float);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * info->bpf, NULL);
  const gboolean has_planes = info->layout == GST_AUDIO_LAYOUT_NON_INTERLEAVED;
  GstMapInfo in, out;

  g_assert_true (gst_buffer_map (mono, &in, GST_MAP_READ));
  g_assert_true (gst_buffer_map (buffer, &out, GST_MAP_WRITE));
  for (gsize i = 0; i < n; i++)
    for (gint c = 0; c < info->channels; c++)
      ((float *) out.data)[has_planes ? c * n + i : i * info->channels + c] =
          c % 2 ? 2 * ((const float *) in.data)[i] : 0;
  gst_buffer_unmap (mono, &in);
  gst_buffer_unmap (buffer, &out);
  if (has_planes)
    gst_buffer_add_audio_meta (buffer, info, n, NULL);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_PTS (mono);
  gst_buffer_unref (mono);
  return buffer;
}

/* Confidence in the first three seconds. */
static double
confidence_of (const char *layout, gint channels)
{
  g_autofree char *text = g_strdup_printf (
      "audio/x-raw,format=" GST_AUDIO_NE (
          F32) ",layout=%s,rate=16000,channels=%d,channel-mask=(bitmask)0",
      layout, channels);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  g_autoptr (GstMessage) message = NULL;
  GstAudioInfo info, mono;
  Fixture f;

  g_assert_true (gst_audio_info_from_caps (&info, caps));
  gst_audio_info_set_format (&mono, GST_AUDIO_FORMAT_F32, 16000, 1, NULL);
  fixture_init (&f, MODEL_M3, text);
  for (guint i = 0; i < 30; i++) {
    GstBuffer *buffer =
        fixture_sound (&mono, STREAM_MS (i * 100), STREAM_MS (100));

    gst_harness_push (
        f.harness, channels > 1 ? spread (buffer, &info) : buffer);
    gst_buffer_unref (gst_harness_pull (f.harness));
  }
  message = fixture_pop (&f);
  fixture_clear (&f);
  g_assert_nonnull (message);
  return field_double (gst_message_get_structure (message), "confidence");
}

static void
test_many_channels (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  const double n = many[i].channels;
  const double expected = confidence_of ("interleaved", 1);

  /* Of an odd number a channel more is silent, which decibels hardly see. */
  g_assert_cmpfloat_with_epsilon (
      confidence_of (many[i].layout, many[i].channels), expected,
      many[i].channels % 2 ? 1 / n : 1e-6);
}

/* Samples of some formats fill fewer bytes than they take (S18, S20, S24_32):
 * in every layout the next sample is found. */
static const struct {
  const char *name;
  gint channels;
  GstAudioLayout layout;
} layouts[] = {
  { "planes", 2, GST_AUDIO_LAYOUT_NON_INTERLEAVED },
  { "64", 64, GST_AUDIO_LAYOUT_INTERLEAVED },
  { "64-planes", 64, GST_AUDIO_LAYOUT_NON_INTERLEAVED },
};

/* The same sound in all channels: one is packed, and its bytes are copied. */
static GstBuffer *
packed_new (const GstAudioInfo *info, guint64 first, gsize n)
{
  const gsize width = info->bpf / info->channels;
  const gboolean has_planes = info->layout == GST_AUDIO_LAYOUT_NON_INTERLEAVED;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * info->bpf, NULL);
  GstBuffer *mono;
  GstAudioInfo one;
  GstMapInfo in, out;

  gst_audio_info_set_format (
      &one, GST_AUDIO_INFO_FORMAT (info), info->rate, 1, NULL);
  mono = fixture_sound (&one, first, n);
  g_assert_true (gst_buffer_map (mono, &in, GST_MAP_READ));
  g_assert_true (gst_buffer_map (buffer, &out, GST_MAP_WRITE));
  for (gsize i = 0; i < n; i++)
    for (gint c = 0; c < info->channels; c++)
      memcpy (
          out.data + width * (has_planes ? c * n + i : i * info->channels + c),
          in.data + width * i, width);
  gst_buffer_unmap (mono, &in);
  gst_buffer_unmap (buffer, &out);
  if (has_planes) {
    g_autofree gsize *offsets = g_new (gsize, info->channels);

    for (gint c = 0; c < info->channels; c++)
      offsets[c] = c * n * width;
    gst_buffer_add_audio_meta (buffer, info, n, offsets);
  }
  GST_BUFFER_PTS (buffer) = GST_BUFFER_PTS (mono);
  gst_buffer_unref (mono);
  return buffer;
}

static double
confidence_in (const GstAudioInfo *info)
{
  g_autoptr (GstCaps) caps = gst_audio_info_to_caps (info);
  g_autofree char *text = gst_caps_to_string (caps);
  g_autoptr (GstMessage) message = NULL;
  Fixture f;

  fixture_init (&f, MODEL_M3, text);
  for (guint i = 0; i < 12; i++) {
    gst_harness_push (f.harness, packed_new (info, i * 4000, 4000));
    gst_buffer_unref (gst_harness_pull (f.harness));
  }
  message = fixture_pop (&f);
  fixture_clear (&f);
  g_assert_nonnull (message);
  return field_double (gst_message_get_structure (message), "confidence");
}

static void
test_layout (gconstpointer data)
{
  static const GstAudioFormat formats[] = { GST_AUDIO_FORMAT_S16BE,
    GST_AUDIO_FORMAT_S18LE, GST_AUDIO_FORMAT_U18BE, GST_AUDIO_FORMAT_S20BE,
    GST_AUDIO_FORMAT_S24LE, GST_AUDIO_FORMAT_S24_32LE,
    GST_AUDIO_FORMAT_U24_32BE, GST_AUDIO_FORMAT_F64BE };
  const guint i = GPOINTER_TO_UINT (data);
  const double expected = confidence_of ("interleaved", 1);

  for (guint k = 0; k < G_N_ELEMENTS (formats); k++) {
    GstAudioInfo info;

    gst_audio_info_set_format (
        &info, formats[k], 16000, layouts[i].channels, NULL);
    info.layout = layouts[i].layout;
    g_test_message ("%s", GST_AUDIO_INFO_NAME (&info));
    g_assert_cmpfloat_with_epsilon (confidence_in (&info), expected, 1e-3);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_data_func ("/channels/one/lfe", "0x8", test_one_channel);
  g_test_add_data_func ("/channels/one/left", "0x1", test_one_channel);
  g_test_add_data_func ("/channels/one/none", "0x0", test_one_channel);
  for (guint i = 0; i < G_N_ELEMENTS (many); i++) {
    g_autofree char *path = g_strconcat ("/channels/many/", many[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_many_channels);
  }
  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++) {
    g_autofree char *path =
        g_strconcat ("/channels/layout/", layouts[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_layout);
  }
  leaks_add_test ("channels");
  return g_test_run ();
}
