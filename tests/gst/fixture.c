/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/fixture.h"

#include <math.h>

#include "gst/gstemotiondetect.h"
#include "nn/save.h"
#include "nn/train/architectures.h"

void
fixture_register (void)
{
  g_assert_true (GST_ELEMENT_REGISTER (emotiondetect, NULL));
}

char *
fixture_data (const char *name)
{
  if (g_path_is_absolute (name))
    return g_strdup (name);
  return g_build_filename (g_getenv ("EMOTION_TEST_DATA"), name, NULL);
}

static void
make_element (Fixture *self)
{
  self->element = gst_element_factory_make ("emotiondetect", NULL);
  g_assert_nonnull (self->element);
  gst_object_ref_sink (self->element);
  /* Sounds of tests are no voices. */
  g_object_set (self->element, "min-voice", (guint64) 0, NULL);
  self->bus = gst_bus_new ();
  gst_element_set_bus (self->element, self->bus);
}

static void
start (Fixture *self, const char *caps)
{
  gst_util_set_object_arg (G_OBJECT (self->element), "inference", "sync");
  self->harness = gst_harness_new_with_element (self->element, "sink", "src");
  if (caps)
    gst_harness_set_src_caps_str (self->harness, caps);
}

void
fixture_init (Fixture *self, const char *model, const char *caps)
{
  g_autofree char *path = fixture_data (model);

  make_element (self);
  g_object_set (self->element, "model-file", path, NULL);
  start (self, caps);
}

void
fixture_init_recipe (
    Fixture *self, const char *model, const char *recipe, const char *caps)
{
  g_autofree char *path = fixture_data (model);

  make_element (self);
  g_object_set (self->element, "model-file", path, "recipe", recipe, NULL);
  start (self, caps);
}

void
fixture_init_builtin (Fixture *self, const char *nick, const char *caps)
{
  make_element (self);
  if (nick)
    gst_util_set_object_arg (G_OBJECT (self->element), "model", nick);
  start (self, caps);
}

void
fixture_clear (Fixture *self)
{
  gst_harness_teardown (self->harness);
  gst_element_set_bus (self->element, NULL);
  gst_object_unref (self->bus);
  gst_object_unref (self->element);
}

GError *
fixture_start_error (char **debug, const char *first_property, ...)
{
  GstMessage *message;
  GError *error = NULL;
  Fixture self;
  va_list properties;

  make_element (&self);
  va_start (properties, first_property);
  g_object_set_valist (G_OBJECT (self.element), first_property, properties);
  va_end (properties);
  g_assert_cmpint (gst_element_set_state (self.element, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (self.bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, debug);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (self.bus, GST_MESSAGE_ERROR));
  gst_element_set_state (self.element, GST_STATE_NULL);
  gst_element_set_bus (self.element, NULL);
  gst_object_unref (self.bus);
  gst_object_unref (self.element);
  return error;
}

void
fixture_write_model (
    const char *path, const char *input_shape, const char *layer)
{
  g_autofree char *json = g_strdup_printf (
      "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", "
      "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": "
      "{\"batch_input_shape\": [null, %s], \"name\": \"in\"}}, "
      "{\"class_name\": \"%s\", \"config\": {\"name\": \"row\"}}, "
      "{\"class_name\": \"Dense\", \"config\": "
      "{\"name\": \"d\", \"units\": 9, \"activation\": \"softmax\"}}]}}",
      input_shape, layer);
  g_autoptr (NnModel) model = NULL;
  GError *error = NULL;

  model = nn_model_new_from_config ("test", json, "2.10.0", 7, &error);
  g_assert_no_error (error);
  nn_model_save (model, path, NULL, &error);
  g_assert_no_error (error);
}

/* A glide with vibrato and syllables, about -12 dBFS. */
static gdouble
voice (gdouble t)
{
  const gdouble f0 = 140 + 60 * sin (2 * G_PI * 0.31 * t);
  const gdouble loud = 0.55 + 0.45 * sin (2 * G_PI * 3.7 * t);
  gdouble x = 0;

  for (gint k = 1; k <= 8; k++)
    x += sin (2 * G_PI * k * f0 * t + k) / k;
  return 0.25 * loud * x;
}

GstBuffer *
fixture_sound (const GstAudioInfo *info, guint64 first, guint64 n)
{
  const gint channels = info->channels;
  GstAudioInfo from;
  GstAudioConverter *converter;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * info->bpf, NULL);
  double *samples = g_new (double, n *channels);
  gpointer in[] = { samples };
  GstAudioBuffer out;
  GstAudioChannelPosition positions[64];

  for (guint64 i = 0; i < n; i++)
    for (gint c = 0; c < channels; c++)
      samples[i * channels + c] = voice ((gdouble) (first + i) / info->rate);
  memcpy (positions, info->position, sizeof positions);
  gst_audio_info_set_format (
      &from, GST_AUDIO_FORMAT_F64, info->rate, channels, positions);
  converter = gst_audio_converter_new (GST_AUDIO_CONVERTER_FLAG_NONE, &from,
      (GstAudioInfo *) info,
      gst_structure_new ("config", GST_AUDIO_CONVERTER_OPT_DITHER_METHOD,
          GST_TYPE_AUDIO_DITHER_METHOD, GST_AUDIO_DITHER_NONE, NULL));
  if (info->layout == GST_AUDIO_LAYOUT_NON_INTERLEAVED)
    gst_buffer_add_audio_meta (buffer, info, n, NULL);
  g_assert_true (gst_audio_buffer_map (&out, info, buffer, GST_MAP_WRITE));
  g_assert_true (gst_audio_converter_samples (
      converter, GST_AUDIO_CONVERTER_FLAG_NONE, in, n, out.planes, n));
  gst_audio_buffer_unmap (&out);
  gst_audio_converter_free (converter);
  g_free (samples);
  GST_BUFFER_PTS (buffer) =
      gst_util_uint64_scale (first, GST_SECOND, info->rate);
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (first + n, GST_SECOND, info->rate)
      - GST_BUFFER_PTS (buffer);
  return buffer;
}

void
fixture_push (Fixture *self, gint rate, guint64 first, guint64 n, guint64 len)
{
  GstAudioInfo info;
  GstBuffer *all;

  if (n == 0)
    return;
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, rate, 1, NULL);
  all = fixture_sound (&info, first, n);
  for (guint64 i = 0; i < n; i += len) {
    GstBuffer *buffer = gst_buffer_copy_region (
        all, GST_BUFFER_COPY_MEMORY, i * 2, MIN (len, n - i) * 2);

    GST_BUFFER_PTS (buffer) =
        gst_util_uint64_scale (first + i, GST_SECOND, rate);
    g_assert_cmpint (gst_harness_push (self->harness, buffer), ==, GST_FLOW_OK);
    gst_buffer_unref (gst_harness_pull (self->harness));
  }
  gst_buffer_unref (all);
}

GstMessage *
fixture_pop (Fixture *self)
{
  for (;;) {
    GstMessage *message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ELEMENT);

    if (!message || gst_message_has_name (message, "emotion"))
      return message;
    gst_message_unref (message);
  }
}

guint
fixture_count (Fixture *self)
{
  GstMessage *message;
  guint n = 0;

  for (; (message = fixture_pop (self)); n++)
    gst_message_unref (message);
  return n;
}

guint64
field_uint64 (const GstStructure *s, const char *name)
{
  guint64 value;

  g_assert_true (gst_structure_get_uint64 (s, name, &value));
  return value;
}

gboolean
field_boolean (const GstStructure *s, const char *name)
{
  gboolean value;

  g_assert_true (gst_structure_get_boolean (s, name, &value));
  return value;
}

gdouble
field_double (const GstStructure *s, const char *name)
{
  gdouble value;

  g_assert_true (gst_structure_get_double (s, name, &value));
  return value;
}

void
fixture_expect (Fixture *self, const Expected *expected)
{
  GstMessage *message = fixture_pop (self);
  const GstStructure *s;

  g_assert_nonnull (message);
  s = gst_message_get_structure (message);
  g_assert_cmpuint (
      field_uint64 (s, "timestamp"), ==, expected->timestamp_ms * GST_MSECOND);
  g_assert_cmpuint (
      field_uint64 (s, "stream-time"), ==, expected->stream_ms * GST_MSECOND);
  g_assert_cmpuint (
      field_uint64 (s, "running-time"), ==, expected->running_ms * GST_MSECOND);
  g_assert_cmpuint (
      field_uint64 (s, "duration"), ==, expected->duration_ms * GST_MSECOND);
  g_assert_cmpuint (field_uint64 (s, "window-id"), ==, expected->id);
  g_assert_cmpint (field_boolean (s, "partial"), ==, expected->partial);
  g_assert_cmpint (field_boolean (s, "silence"), ==, expected->silence);
  gst_message_unref (message);
}

void
fixture_expect_none (Fixture *self)
{
  g_assert_null (fixture_pop (self));
}
