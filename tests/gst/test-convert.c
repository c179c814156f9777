/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mean of two channels, which gst/convert computes itself for the most
 * common formats, against GstAudioConverter, bit for bit. */
#include "gst/convert.h"

#include <math.h>

#define RATE 16000
#define N 5000 /* frames, more than are mixed at once */

static void
append (const float *samples, gsize n, gpointer user_data)
{
  g_array_append_vals (user_data, samples, n);
}

/* [N] */
static float *
mean_by_converter (const GstAudioInfo *in, guint8 *data)
{
  GValue row = G_VALUE_INIT, matrix = G_VALUE_INIT, half = G_VALUE_INIT;
  GstStructure *config = gst_structure_new_empty ("config");
  float *mono = g_new (float, N);
  gpointer from[] = { data }, to[] = { mono };
  GstAudioInfo out;
  GstAudioConverter *converter;

  g_value_init (&half, G_TYPE_FLOAT);
  g_value_set_float (&half, 0.5f);
  g_value_init (&row, GST_TYPE_ARRAY);
  gst_value_array_append_value (&row, &half);
  gst_value_array_append_value (&row, &half);
  g_value_init (&matrix, GST_TYPE_ARRAY);
  gst_value_array_append_and_take_value (&matrix, &row);
  gst_structure_take_value (
      config, GST_AUDIO_CONVERTER_OPT_MIX_MATRIX, &matrix);
  gst_audio_info_set_format (&out, GST_AUDIO_FORMAT_F32, RATE, 1, NULL);
  converter = gst_audio_converter_new (
      GST_AUDIO_CONVERTER_FLAG_NONE, (GstAudioInfo *) in, &out, config);
  g_assert_nonnull (converter);
  g_assert_true (gst_audio_converter_samples (
      converter, GST_AUDIO_CONVERTER_FLAG_NONE, from, N, to, N));
  gst_audio_converter_free (converter);
  return mono;
}

static void
fill (GstAudioFormat format, guint8 *data, GRand *rand)
{
  for (gsize i = 0; i < 2 * N; i++)
    if (format == GST_AUDIO_FORMAT_F32) {
      /* Of all magnitudes, one frame being two of the same or not. */
      const float value = (float) (g_rand_double_range (rand, -1, 1)
          * pow (2, g_rand_int_range (rand, -60, 60)));

      memcpy (data + i * sizeof value, &value, sizeof value);
    } else {
      const gint16 edges[] = { G_MININT16, G_MAXINT16, -1, 0, 1 };
      const guint32 n = g_rand_int_range (rand, 0, 10);
      const gint16 value =
          n < G_N_ELEMENTS (edges) ? edges[n] : (gint16) g_rand_int (rand);

      memcpy (data + i * sizeof value, &value, sizeof value);
    }
}

static void
test_stereo (gconstpointer data)
{
  const GstAudioFormat format = GPOINTER_TO_INT (data);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GArray) mono = g_array_new (FALSE, FALSE, sizeof (float));
  g_autoptr (GstEmotionConvert) convert = NULL;
  g_autoptr (GstBuffer) buffer = NULL;
  g_autofree float *expected = NULL;
  g_autoptr (GError) error = NULL;
  GstAudioInfo info;
  guint8 *samples;
  gsize size;

  gst_audio_info_set_format (&info, format, RATE, 2, NULL);
  size = (gsize) N * GST_AUDIO_INFO_BPF (&info);
  /* At an odd address, as demuxers cut buffers. */
  samples = g_malloc (size + 1);
  fill (format, samples + 1, rand);
  buffer = gst_buffer_new_wrapped_full (
      0, samples, size + 1, 1, size, samples, g_free);
  expected = mean_by_converter (&info, samples + 1);
  convert = gst_emotion_convert_new (&info, RATE, append, mono, &error);
  g_assert_no_error (error);
  g_assert_true (gst_emotion_convert_push_buffer (convert, buffer, 0, 1));
  g_assert_true (gst_emotion_convert_push_buffer (convert, buffer, 1, N - 1));
  g_assert_cmpmem (
      mono->data, mono->len * sizeof (float), expected, N * sizeof (float));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/convert/stereo/s16",
      GINT_TO_POINTER (GST_AUDIO_FORMAT_S16), test_stereo);
  g_test_add_data_func ("/convert/stereo/f32",
      GINT_TO_POINTER (GST_AUDIO_FORMAT_F32), test_stereo);
  return g_test_run ();
}
