/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The element emotionscope: its pictures, and their times. */
#include <math.h>
#include <string.h>

#include <gst/check/gstharness.h>

#include "dsp/features.h"
#include "gst/colours.h"
#include "gst/scope/gstemotionscope.h"
#include "gst/scope/spectrogram.h"
#include "gst/scope/spans.h"
#include "tests/gst/leaks.h"
#include "tests/gst/made-result.h"

#define RATE 8000 /* of MADE_CAPS */

static GstHarness *
scope_new (const char *video)
{
  GstHarness *h = gst_harness_new ("emotionscope");
  g_autofree char *caps = g_strconcat ("video/x-raw,", video, NULL);

  gst_harness_set_sink_caps_str (h, caps);
  gst_harness_set_src_caps_str (h, MADE_CAPS);
  return h;
}

static GstFlowReturn
push (GstHarness *h, guint64 start_ms, guint64 length_ms, const Made *made)
{
  GstBuffer *buffer = made_sound (start_ms, length_ms);

  if (made) {
    g_autoptr (GstEmotionResult) result = made_result (made);

    gst_emotion_meta_add (buffer, result);
  }
  return gst_harness_push (h, buffer);
}

static guint
drop_all (GstHarness *h)
{
  GstBuffer *buffer;
  guint n = 0;

  for (; (buffer = gst_harness_try_pull (h)); n++)
    gst_buffer_unref (buffer);
  return n;
}

/* Each picture once, at its time, however the sound is cut. */
static const struct {
  gint n, d;        /* frames per second */
  guint64 length;   /* of buffers, in samples */
  guint n_pictures; /* of 2 s */
} rates[] = {
  { 30, 1, 80, 60 },
  { 30, 1, 8000, 60 },
  { 30, 1, 16000, 60 },
  { 30000, 1001, 333, 59 },
  { 25, 1, 1, 50 },
  { 7, 1, 801, 14 },
  { 120, 1, 1024, 240 },
  { 1, 2, 160, 1 },
};

static void
test_times (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    const gint n = rates[i].n, d = rates[i].d;
    g_autofree char *video =
        g_strdup_printf ("width=32,height=16,framerate=%d/%d", n, d);
    GstHarness *h = scope_new (video);

    for (guint64 at = 0; at < 2 * RATE; at += rates[i].length) {
      const guint64 len = MIN (rates[i].length, 2 * RATE - at);
      GstBuffer *buffer = gst_buffer_new_allocate (NULL, len * 2, NULL);

      gst_buffer_memset (buffer, 0, 0, len * 2);
      GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (at, GST_SECOND, RATE);
      g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
    }
    g_assert_cmpuint (
        gst_harness_buffers_received (h), ==, rates[i].n_pictures);
    for (guint k = 0; k < rates[i].n_pictures; k++) {
      GstBuffer *buffer = gst_harness_pull (h);
      const GstClockTime ideal = gst_util_uint64_scale (k, GST_SECOND * d, n);

      /* To a sample. */
      g_assert_cmpuint (GST_BUFFER_PTS (buffer), <=, ideal);
      g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_SECOND / RATE, >, ideal);
      g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==,
          gst_util_uint64_scale_int (GST_SECOND, d, n));
      gst_buffer_unref (buffer);
    }
    gst_harness_teardown (h);
  }
}

typedef struct {
  guint8 *pixels; /* [height][width][4] */
  gint width, height;
} Shot;

/* The newest picture; free pixels with g_free. */
static Shot
shoot (GstHarness *h)
{
  GstBuffer *buffer = NULL, *next;
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstPad) src = gst_element_get_static_pad (h->element, "src");
  GstVideoInfo info;
  gsize size;
  Shot shot;

  while ((next = gst_harness_try_pull (h))) {
    gst_clear_buffer (&buffer);
    buffer = next;
  }
  g_assert_nonnull (buffer);
  caps = gst_pad_get_current_caps (src);
  g_assert_true (gst_video_info_from_caps (&info, caps));
  shot.width = info.width;
  shot.height = info.height;
  size = gst_buffer_get_size (buffer);
  g_assert_cmpuint (size, ==, (gsize) info.width * info.height * 4);
  shot.pixels = g_malloc (size);
  gst_buffer_extract (buffer, 0, shot.pixels, size);
  gst_buffer_unref (buffer);
  return shot;
}

static gboolean
is_colour (const Shot *shot, gint x, gint y, GstEmotionRgb colour)
{
  const guint8 *p = shot->pixels + 4 * (y * shot->width + x);

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  return p[0] == colour.blue && p[1] == colour.green && p[2] == colour.red;
#else
  return p[3] == colour.blue && p[2] == colour.green && p[1] == colour.red;
#endif
}

static guint
count_colour (const Shot *shot, GstEmotionRgb colour)
{
  guint n = 0;

  for (gint y = 0; y < shot->height; y++)
    for (gint x = 0; x < shot->width; x++)
      n += is_colour (shot, x, y, colour);
  return n;
}

#define SIZE "width=640,height=360,framerate=5/1"

/* The mark in the corner, the strip below the spectrogram and the bar have the
 * colour of the label, and nothing has before it is known. */
static void
test_label (void)
{
  GstHarness *h = scope_new (SIZE);
  const GstEmotionRgb happy = gst_emotion_colour_of_label (2);
  const GstEmotionRgb angry = gst_emotion_colour_of_label (4);
  Shot shot;

  push (h, 0, 3000, NULL);
  shot = shoot (h);
  g_assert_cmpuint (count_colour (&shot, happy), ==, 0);
  g_free (shot.pixels);

  push (h, 3000, 1000, &(Made){ 0, 0, 3000, 2, .9 });
  shot = shoot (h);
  g_assert_true (is_colour (&shot, 24, 19, happy));
  /* 576 of the mark, a bar of 0.9 x 200 x 6, 3 of 8 s of a strip 20 high. */
  g_assert_cmpuint (count_colour (&shot, happy), >, 576 + 1000 + 1800);
  g_free (shot.pixels);

  push (h, 4000, 2000, &(Made){ 1, 3000, 3000, 4, .8 });
  shot = shoot (h);
  g_assert_true (is_colour (&shot, 24, 19, angry));
  g_assert_cmpuint (count_colour (&shot, happy), >, 1800);
  g_free (shot.pixels);
  gst_harness_teardown (h);
}

/* Neither silence nor what is below min-confidence has a label's colour. */
static void
test_no_label (void)
{
  GstHarness *h = scope_new (SIZE);
  Shot shot;

  push (h, 0, 3000, &(Made){ 0, 0, 3000, -2, 0 });
  shot = shoot (h);
  for (guint i = 0; i < 9; i++)
    g_assert_cmpuint (
        count_colour (&shot, gst_emotion_colour_of_label (i)), ==, 0);
  g_free (shot.pixels);
  push (h, 3000, 3000, &(Made){ 1, 3000, 3000, -1, .3 });
  shot = shoot (h);
  /* Bars, but no mark. */
  g_assert_cmpuint (
      count_colour (&shot, gst_emotion_colour_of_label (0)), >, 200);
  g_assert_false (is_colour (&shot, 24, 19, gst_emotion_colour_of_label (0)));
  g_free (shot.pixels);
  gst_harness_teardown (h);
}

/* Every pixel of every size is drawn, and opaque. */
static void
test_sizes (void)
{
  static const gint sizes[][2] = { { 1, 1 }, { 2, 500 }, { 500, 2 }, { 64, 48 },
    { 239, 100 }, { 240, 100 }, { 320, 180 }, { 360, 640 }, { 1001, 333 },
    { 1920, 1080 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree char *video =
        g_strdup_printf ("format=BGRA,width=%d,height=%d,framerate=2/1",
            sizes[i][0], sizes[i][1]);
    GstHarness *h = scope_new (video);
    Shot shot;

    push (h, 0, 500, NULL);
    push (h, 500, 500, &(Made){ 0, 0, 1000, 8, .9 });
    shot = shoot (h);
    for (gint k = 0; k < shot.width * shot.height; k++)
      g_assert_cmpuint (shot.pixels[4 * k + 3], ==, 255);
    g_free (shot.pixels);
    gst_harness_teardown (h);
  }
}

/* What downstream leaves open. */
static void
test_default_size (void)
{
  static const struct {
    const char *caps;
    gint width, height, fps;
  } cases[] = {
    { "video/x-raw", 640, 360, 30 },
    { "video/x-raw,framerate=25/1", 640, 360, 25 },
    { "video/x-raw,width=800,height=600", 800, 600, 30 },
    { "video/x-raw,width=800,height=600,framerate=10/1", 800, 600, 10 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *h = gst_harness_new ("emotionscope");
    g_autoptr (GstPad) src = gst_element_get_static_pad (h->element, "src");
    g_autoptr (GstCaps) caps = NULL;
    GstVideoInfo info;

    gst_harness_set_sink_caps_str (h, cases[i].caps);
    gst_harness_set_src_caps_str (h, MADE_CAPS);
    caps = gst_pad_get_current_caps (src);
    g_assert_true (gst_video_info_from_caps (&info, caps));
    g_assert_cmpint (info.width, ==, cases[i].width);
    g_assert_cmpint (info.height, ==, cases[i].height);
    g_assert_cmpint (info.fps_n, ==, cases[i].fps * info.fps_d);
    gst_harness_teardown (h);
  }
}

/* The columns are those of the feature recipe. */
static void
test_spectrogram (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;
  g_autoptr (DspFeatures) features = NULL;
  g_autoptr (GstEmotionSpectrogram) spectrogram =
      gst_emotion_spectrogram_new (80, &error);
  g_autofree float *samples = g_new (float, recipe.window_len);
  g_autofree float *levels = g_new (float, 64 * 80);
  g_autofree float *truth = NULL;
  gsize n_frames, frame;
  float max = -1000;

  recipe.normalization = DSP_NORMALIZATION_NONE;
  features = dsp_features_new (&recipe, &error);
  g_assert_no_error (error);
  n_frames = dsp_features_n_frames (features);
  truth = g_new (float, 64 * n_frames);
  for (gsize i = 0; i < recipe.window_len; i++)
    samples[i] = (float) (0.3 * sin (0.05 * i + 1e-6 * i * i)
        + 1e-3 * g_test_rand_double_range (-1, 1));
  dsp_features_compute (features, samples, recipe.window_len, truth);

  /* In pieces. The last column is centred half an n_fft before the end. */
  for (gsize i = 0; i < recipe.window_len; i += 77)
    gst_emotion_spectrogram_push (
        spectrogram, samples + i, MIN (77, recipe.window_len - i));
  g_assert_cmpuint (gst_emotion_spectrogram_n_filled (spectrogram), ==, 80);
  gst_emotion_spectrogram_levels (spectrogram, levels);
  g_assert_cmpuint (
      (recipe.window_len - gst_emotion_spectrogram_delay (spectrogram)) % 512,
      ==, 0);
  frame =
      (recipe.window_len - gst_emotion_spectrogram_delay (spectrogram)) / 512;
  /* Both are relative to their loudest. */
  for (gsize b = 0; b < 64; b++)
    for (gsize c = 0; c < 80; c++)
      max = MAX (max, truth[b * n_frames + frame - 79 + c]);
  for (gsize b = 0; b < 64; b++)
    for (gsize c = 0; c < 80; c++) {
      const float db = truth[b * n_frames + frame - 79 + c] - max;
      const float got = 80 * (levels[b * 80 + c] - 1);

      if (db > -70)
        g_assert_cmpfloat_with_epsilon (got, db, 1e-3);
      else
        g_assert_cmpfloat (got, <, -69);
    }

  /* Silence is dark, not stretched to all shades. */
  gst_emotion_spectrogram_clear (spectrogram);
  memset (samples, 0, recipe.window_len * sizeof (float));
  gst_emotion_spectrogram_push (spectrogram, samples, recipe.window_len);
  gst_emotion_spectrogram_levels (spectrogram, levels);
  for (gsize i = 0; i < 64 * 80; i++)
    g_assert_cmpfloat (levels[i], ==, 0);
}

static void
test_colours (void)
{
  const GstEmotionRgb *dark = &gst_emotion_viridis[0];
  const GstEmotionRgb low = gst_emotion_colour_of_level (-1);
  const GstEmotionRgb middle = gst_emotion_colour_of_level (0.5);
  const GstEmotionRgb high = gst_emotion_colour_of_level (2);

  g_assert_cmpmem (&low, sizeof low, dark, sizeof *dark);
  g_assert_cmpmem (
      &middle, sizeof middle, &gst_emotion_viridis[2], sizeof middle);
  g_assert_cmpmem (&high, sizeof high, &gst_emotion_viridis[4], sizeof high);
  /* Nine classes, nine colours. */
  for (guint i = 0; i < 9; i++)
    for (guint k = 0; k < i; k++) {
      const GstEmotionRgb a = gst_emotion_colour_of_label (i);
      const GstEmotionRgb b = gst_emotion_colour_of_label (k);

      g_assert_cmpint (memcmp (&a, &b, sizeof a), !=, 0);
    }
}

/* The last picture is filled up with silence; nothing comes from nothing. */
static void
test_eos (void)
{
  GstHarness *h = scope_new (SIZE);

  gst_harness_push_event (h, gst_event_new_eos ());
  g_assert_cmpuint (gst_harness_buffers_received (h), ==, 0);
  gst_harness_teardown (h);

  h = scope_new (SIZE);
  push (h, 0, 250, NULL);
  g_assert_cmpuint (gst_harness_buffers_received (h), ==, 1);
  gst_harness_push_event (h, gst_event_new_eos ());
  g_assert_cmpuint (gst_harness_buffers_received (h), ==, 2);
  gst_harness_teardown (h);
}

static void
test_gap (void)
{
  GstHarness *h = scope_new (SIZE);

  push (h, 0, 200, NULL);
  gst_harness_push_event (
      h, gst_event_new_gap (200 * GST_MSECOND, 2 * GST_SECOND));
  push (h, 2200, 200, NULL);
  g_assert_cmpuint (gst_harness_buffers_received (h), ==, 12);
  /* Too long to be drawn: passed on. */
  while (gst_harness_events_in_queue (h) > 0)
    gst_event_unref (gst_harness_pull_event (h));
  gst_harness_push_event (
      h, gst_event_new_gap (2400 * GST_MSECOND, 3600 * GST_SECOND));
  g_assert_cmpuint (gst_harness_buffers_received (h), ==, 12);
  g_assert_cmpuint (gst_harness_events_in_queue (h), ==, 1);
  gst_harness_teardown (h);
}

static void
test_flush_and_seek (void)
{
  GstHarness *h = scope_new (SIZE);
  GstSegment segment;
  GstBuffer *buffer;
  Shot shot;

  push (h, 0, 3100, &(Made){ 0, 0, 3000, 2, .9 });
  drop_all (h);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = 10 * GST_SECOND;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push (h, 10000, 200, NULL);
  buffer = gst_harness_pull (h);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 10 * GST_SECOND);
  gst_buffer_unref (buffer);
  push (h, 10200, 200, NULL);
  shot = shoot (h);
  g_assert_cmpuint (
      count_colour (&shot, gst_emotion_colour_of_label (2)), ==, 0);
  g_free (shot.pixels);
  gst_harness_teardown (h);
}

/* Pictures begin anew where the sound does. */
static void
test_jump (void)
{
  GstHarness *h = scope_new (SIZE);
  GstBuffer *buffer;

  push (h, 0, 300, NULL);
  push (h, 1000, 200, NULL);
  g_assert_cmpuint (drop_all (h), ==, 2);
  buffer = made_sound (5000, 200);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (h, buffer);
  buffer = gst_harness_pull (h);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 5 * GST_SECOND);
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
}

static void
test_no_time_stamps (void)
{
  GstHarness *h = scope_new (SIZE);

  for (guint i = 0; i < 4; i++) {
    GstBuffer *buffer = made_sound (0, 100);

    GST_BUFFER_PTS (buffer) = GST_BUFFER_DURATION (buffer) =
        GST_CLOCK_TIME_NONE;
    gst_harness_push (h, buffer);
  }
  gst_harness_push (h, gst_buffer_new ());
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = gst_harness_pull (h);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, i * 200 * GST_MSECOND);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (h);
}

/* Other sound; other pictures. */
static void
test_caps_change (void)
{
  GstHarness *h = scope_new (SIZE);
  GstBuffer *buffer;
  Shot shot;

  push (h, 0, 400, NULL);
  gst_harness_set_src_caps_str (h,
      "audio/x-raw,format=U8,layout=interleaved,rate=48000,channels=2,"
      "channel-mask=(bitmask)3");
  buffer = gst_buffer_new_allocate (NULL, 96000, NULL);
  gst_buffer_memset (buffer, 0, 128, 96000);
  GST_BUFFER_PTS (buffer) = 400 * GST_MSECOND;
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_received (h), ==, 7);
  gst_harness_set_sink_caps_str (
      h, "video/x-raw,width=100,height=50,framerate=10/1");
  buffer = gst_buffer_new_allocate (NULL, 96000, NULL);
  gst_buffer_memset (buffer, 0, 128, 96000);
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  shot = shoot (h);
  g_assert_cmpint (shot.width, ==, 100);
  g_assert_cmpuint (gst_harness_buffers_received (h), >=, 16);
  g_free (shot.pixels);
  gst_harness_teardown (h);
}

/* Backwards nothing is drawn; sinks get gaps, for they wait for something. */
static void
test_backwards (void)
{
  GstHarness *h = scope_new (SIZE);
  GstSegment segment;
  GstClockTime start, duration;
  GstEvent *event;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = segment.position = 10 * GST_SECOND;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push (h, 9000, 1000, NULL);
  push (h, 8980, 20, NULL);
  g_assert_cmpuint (drop_all (h), ==, 0);
  for (guint n = 0; n < 2;) {
    event = gst_harness_try_pull_event (h);
    g_assert_nonnull (event);
    if (GST_EVENT_TYPE (event) == GST_EVENT_GAP) {
      gst_event_parse_gap (event, &start, &duration);
      g_assert_cmpuint (start, ==, (n == 0 ? 9000 : 8980) * GST_MSECOND);
      g_assert_cmpuint (duration, ==, (n == 0 ? 1000 : 20) * GST_MSECOND);
      n++;
    }
    gst_event_unref (event);
  }
  gst_harness_teardown (h);
}

/* A minute that is played again and again: what was said of it does not pile
 * up. */
static void
test_loop (void)
{
  GstEmotionSpans told = { 0 };

  for (guint loop = 0; loop < 100; loop++)
    for (guint64 ms = 0; ms < 60000; ms += 3000) {
      gst_emotion_spans_add (
          &told, made_result (&(Made){ 0, ms, 3000, 2, .9 }));
      gst_emotion_spans_forget (&told, (ms - MIN (ms, 8000)) * GST_MSECOND);
      g_assert_cmpuint (told.spans.length, <=, 4);
    }
  gst_emotion_spans_clear (&told);
}

static void
test_latency (void)
{
  GstHarness *h = scope_new (SIZE);

  gst_harness_set_upstream_latency (h, 20 * GST_MSECOND);
  g_assert_cmpuint (gst_harness_query_latency (h), ==, 220 * GST_MSECOND);
  gst_harness_teardown (h);
}

static void
test_span (void)
{
  GstHarness *h = scope_new (SIZE);
  Shot shot;

  push (h, 0, 1000, NULL);
  g_object_set (h->element, "span", 2 * GST_SECOND, NULL);
  push (h, 1000, 2000, &(Made){ 0, 0, 3000, 2, .9 });
  shot = shoot (h);
  /* The whole strip: 2 of 3 s of it are in view. */
  g_assert_cmpuint (
      count_colour (&shot, gst_emotion_colour_of_label (2)), >, 6000);
  g_free (shot.pixels);
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_true (GST_ELEMENT_REGISTER (emotionscope, NULL));
  g_test_add_func ("/scope/times", test_times);
  g_test_add_func ("/scope/label", test_label);
  g_test_add_func ("/scope/no-label", test_no_label);
  g_test_add_func ("/scope/sizes", test_sizes);
  g_test_add_func ("/scope/default-size", test_default_size);
  g_test_add_func ("/scope/spectrogram", test_spectrogram);
  g_test_add_func ("/scope/colours", test_colours);
  g_test_add_func ("/scope/eos", test_eos);
  g_test_add_func ("/scope/gap", test_gap);
  g_test_add_func ("/scope/flush-and-seek", test_flush_and_seek);
  g_test_add_func ("/scope/jump", test_jump);
  g_test_add_func ("/scope/no-time-stamps", test_no_time_stamps);
  g_test_add_func ("/scope/caps-change", test_caps_change);
  g_test_add_func ("/scope/backwards", test_backwards);
  g_test_add_func ("/scope/loop", test_loop);
  g_test_add_func ("/scope/latency", test_latency);
  g_test_add_func ("/scope/span", test_span);
  leaks_add_test ("scope");
  return g_test_run ();
}
