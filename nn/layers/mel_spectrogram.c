/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MelSpectrogram of Keras 3: samples into mel bands. As keras.ops.stft with
 * center=True (reflected at both ends), HTK's mel scale, triangles in mel of
 * height 1. top_db is below the maximum of the sample; Keras takes that of the
 * batch, so the results are those of a batch of one.
 *   in [...][samples] -> out [...][bands][frames] */
#include <math.h>
#include <string.h>
#include "nn/layers/fourier.h"
#include "nn/layers/layers.h"
#include "nn/layers/numbers.h"
#include "nn/limits.h"

typedef struct {
  NnLayer base;
  size_t len, rows; /* samples, and sequences of them */
  size_t fft_len, hop, n_frames, n_bins, n_mels;
  double exponent;
  bool is_db;
  double min_power, ref_db, top_db;
  NnFourier *fourier;
  float *window;  /* [fft_len] */
  float *weights; /* [n_mels][n_bins] */
} Mel;

static float
to_mel (float hz)
{
  return 1127.0f * logf (1.0f + hz / 700.0f);
}

/* In float, as in Keras, so that a bin at the edge of a band is on the same
 * side. */
static void
make_weights (Mel *self, float rate, float low_hz, float high_hz)
{
  const float low = to_mel (low_hz), high = to_mel (high_hz);
  const float step = (high - low) / (float) (self->n_mels + 1);

  for (size_t m = 0; m < self->n_mels; m++) {
    const float left = low + step * (float) m;
    const float centre = low + step * (float) (m + 1);
    const float right = low + step * (float) (m + 2);

    for (size_t k = 1; k < self->n_bins; k++) {
      const float mel =
          to_mel (rate / 2 * (float) k / (float) (self->n_bins - 1));
      const float rise = (mel - left) / (centre - left);
      const float fall = (right - mel) / (right - centre);

      self->weights[m * self->n_bins + k] = fmaxf (0, fminf (rise, fall));
    }
  }
}

/* A name, the values themselves, or null for none; centred in the frame. */
static void
make_window (Mel *self, const NnConfig *config, size_t len)
{
  static const char *const names[] = { "hann", "hamming", NULL };
  const NnConfig given = nn_config_get (config, "window");
  const NnConfig constant = nn_config_constant (&given);
  float *const window = self->window + (self->fft_len - len) / 2;
  double cosine;

  if (nn_config_is_list (&constant)) {
    nn_numbers_read (config, &given, len, window);
    return;
  }
  cosine = !nn_config_is_set (&given)                      ? 0
      : nn_config_choice (config, "window", names, 0) == 0 ? 0.5
                                                           : 0.46;
  for (size_t i = 0; i < len; i++)
    window[i] = 1 - cosine - cosine * cos (2 * G_PI * i / len);
}

static void
read_scale (Mel *self, const NnConfig *config)
{
  const double ref = fabs (nn_config_double (config, "ref_power", 1));

  self->exponent = nn_config_double (config, "mag_exp", 2);
  self->is_db = nn_config_bool (config, "power_to_db", true);
  self->min_power = nn_config_double (config, "min_power", 1e-10);
  self->top_db = nn_config_double (config, "top_db", 80);
  self->ref_db = 10 * log10 (fmax (ref, self->min_power));
  if (self->is_db && !(self->min_power > 0))
    nn_config_fail (config, NN_ERROR_FORMAT, "“min_power” is not above 0");
}

static void
mel_setup (NnLayer *layer, const NnConfig *config)
{
  Mel *self = (Mel *) layer;
  const double rate = nn_config_double (config, "sampling_rate", 16000);
  const double low = nn_config_double (config, "min_freq", 20);
  const double high = nn_config_double (config, "max_freq", floor (rate / 2));
  size_t window_len, size;
  NnShape out, weights;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK - 1))
    return;
  out = layer->in[0];
  self->len = out.dim[out.rank - 1];
  self->rows = nn_shape_size (&out) / self->len;
  self->fft_len = nn_config_size (config, "fft_length", 2048);
  self->hop = nn_config_size (config, "sequence_stride", 512);
  window_len = nn_config_size (config, "sequence_length", self->fft_len);
  self->n_mels = nn_config_size (config, "num_mel_bins", 128);
  self->n_bins = self->fft_len / 2 + 1;
  read_scale (self, config);
  if (!nn_config_ok (config))
    return;
  weights = (NnShape){ .rank = 2, .dim = { self->n_mels, self->n_bins } };
  if (!nn_shape_checked_size (&weights, &size) || size > NN_MAX_TABLE
      || self->fft_len > NN_MAX_TABLE || window_len > self->fft_len
      || self->len <= self->fft_len / 2
      || self->len + 2 * (self->fft_len / 2) < self->fft_len)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "“fft_length” %" G_GSIZE_FORMAT " does not go with %" G_GSIZE_FORMAT
        " samples, “sequence_length” %" G_GSIZE_FORMAT
        " and “num_mel_bins” %" G_GSIZE_FORMAT,
        self->fft_len, self->len, window_len, self->n_mels);
  else if (!(rate > 0 && low >= 0 && high > low))
    nn_config_fail (config, NN_ERROR_FORMAT,
        "no mel bands from %g to %g Hz at a “sampling_rate” of %g", low, high,
        rate);
  if (!nn_config_ok (config))
    return;
  self->n_frames =
      (self->len + 2 * (self->fft_len / 2) - self->fft_len) / self->hop + 1;
  self->fourier = nn_fourier_new (self->fft_len);
  self->window = g_new0 (float, self->fft_len);
  self->weights = g_new0 (float, size);
  make_window (self, config, window_len);
  make_weights (self, rate, low, high);
  out.dim[out.rank - 1] = self->n_mels;
  out.dim[out.rank++] = self->n_frames;
  layer->scratch_len =
      self->fft_len + self->n_bins + nn_fourier_scratch_len (self->fourier);
  nn_layer_add_output (layer, config, &out);
}

/* Windowed frame t of the samples, which are reflected at both ends. */
static void
take_frame (const Mel *self, const float *in, size_t t, float *frame)
{
  for (size_t i = 0; i < self->fft_len; i++) {
    const gssize place =
        (gssize) (t * self->hop + i) - (gssize) (self->fft_len / 2);
    size_t at = place < 0 ? (size_t) -place : (size_t) place;

    if (at >= self->len)
      at = 2 * (self->len - 1) - at;
    frame[i] = in[at] * self->window[i];
  }
}

static void
to_db (const Mel *self, float *x, size_t n)
{
  float floor_db = -INFINITY;

  for (size_t i = 0; i < n; i++) {
    x[i] = 10 * log10f (fmaxf (x[i], self->min_power)) - self->ref_db;
    floor_db = fmaxf (floor_db, x[i] - self->top_db);
  }
  for (size_t i = 0; i < n; i++)
    x[i] = fmaxf (x[i], floor_db);
}

static void
mel_forward (const NnLayer *layer, const NnCall *call)
{
  const Mel *self = (const Mel *) layer;
  const size_t n_mels = self->n_mels, n_frames = self->n_frames;
  float *const frame = call->scratch;
  float *const power = frame + self->fft_len;

  for (size_t r = 0; r < call->n * self->rows; r++)
    for (size_t t = 0; t < n_frames; t++) {
      float *const out = call->out[0] + r * n_mels * n_frames + t;

      take_frame (self, call->in[0] + r * self->len, t, frame);
      nn_fourier_power (self->fourier, frame, power, power + self->n_bins);
      for (size_t k = 0; k < self->n_bins && self->exponent != 2; k++)
        power[k] = powf (sqrtf (power[k]), self->exponent);
      for (size_t m = 0; m < n_mels; m++) {
        const float *const weights = self->weights + m * self->n_bins;
        float sum = 0;

        for (size_t k = 0; k < self->n_bins; k++)
          sum += weights[k] * power[k];
        out[m * n_frames] = sum;
      }
    }
  for (size_t s = 0; s < call->n && self->is_db; s++)
    to_db (self, call->out[0] + s * nn_shape_size (&layer->out[0]),
        nn_shape_size (&layer->out[0]));
}

static void
mel_clear (NnLayer *layer)
{
  Mel *self = (Mel *) layer;

  g_clear_pointer (&self->fourier, nn_fourier_free);
  g_clear_pointer (&self->window, g_free);
  g_clear_pointer (&self->weights, g_free);
}

const NnLayerClass nn_mel_spectrogram_classes[] = {
  {
      .keras_name = "MelSpectrogram",
      .size = sizeof (Mel),
      .setup = mel_setup,
      .forward = mel_forward,
      .clear = mel_clear,
  },
  { NULL },
};
