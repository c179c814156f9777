/* SPDX-License-Identifier: GPL-2.0-or-later */
/* STFTSpectrogram of Keras 3: a convolution of each channel with the sines and
 * cosines of a Fourier transform, which are weights and may have been trained.
 *   in [time][channels]  kernels [frame_length][1][bins]
 *   -> out [frames][channels * bins], or [frames][bins][channels] expanded
 * (channels_first: in [channels][time] -> out [channels * bins][frames], or
 * [channels][frames][bins]).
 */
#include <math.h>
#include <string.h>
#include "nn/blas.h"
#include "nn/layers/layers.h"

#define EPSILON 1e-7f /* keras.backend.epsilon () */

typedef enum { LOG, MAGNITUDE, PSD, REAL, IMAG, ANGLE, STFT } Mode;

typedef struct {
  NnLayer base;
  Mode mode;
  size_t len, channels;             /* of the input */
  size_t sample_step, channel_step; /* between its elements */
  size_t frame_len, frame_step, n_frames, n_bins;
  gssize first; /* of the first frame: below 0 if it is padded */
  size_t out_bins;
  size_t frame_out, bin_out, channel_out; /* steps in the output */
} Spectrogram;

static size_t
next_power_of_2 (size_t n)
{
  size_t power = 1;

  while (power < n)
    power *= 2;
  return power;
}

static void
read_frames (Spectrogram *self, const NnConfig *config)
{
  static const char *const paddings[] = { "valid", "same", NULL };
  const bool is_same = nn_config_choice (config, "padding", paddings, 0) == 1;
  size_t fft_len, covered;

  self->frame_len = nn_config_size (config, "frame_length", 256);
  self->frame_step =
      nn_config_size (config, "frame_step", MAX (self->frame_len / 2, 1));
  fft_len =
      nn_config_size (config, "fft_length", next_power_of_2 (self->frame_len));
  self->n_bins = fft_len / 2 + 1;
  if (!is_same && self->len < self->frame_len) {
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT " samples are less than one frame, %" G_GSIZE_FORMAT,
        self->len, self->frame_len);
    return;
  }
  self->n_frames = is_same
      ? (self->len + self->frame_step - 1) / self->frame_step
      : (self->len - self->frame_len) / self->frame_step + 1;
  covered = (self->n_frames - 1) * self->frame_step + self->frame_len;
  if (is_same && covered > self->len)
    self->first = -(gssize) ((covered - self->len) / 2);
}

/* The output's shape and strides. */
static void
lay_out (Spectrogram *self, const NnConfig *config, bool is_first)
{
  const bool expands = nn_config_bool (config, "expand_dims", false);
  const size_t t = self->n_frames, f = self->out_bins, c = self->channels;
  NnShape out;

  if (expands && is_first) {
    out = (NnShape){ .rank = 3, .dim = { c, t, f } };
    self->channel_out = t * f;
    self->frame_out = f;
    self->bin_out = 1;
  } else if (expands) {
    out = (NnShape){ .rank = 3, .dim = { t, f, c } };
    self->frame_out = f * c;
    self->bin_out = c;
    self->channel_out = 1;
  } else if (is_first) {
    out = (NnShape){ .rank = 2, .dim = { c * f, t } };
    self->channel_out = f * t;
    self->bin_out = t;
    self->frame_out = 1;
  } else {
    out = (NnShape){ .rank = 2, .dim = { t, c * f } };
    self->frame_out = c * f;
    self->channel_out = f;
    self->bin_out = 1;
  }
  nn_layer_add_output (&self->base, config, &out);
}

static void
spectrogram_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const modes[] = { "log", "magnitude", "psd", "real",
    "imag", "angle", "stft", NULL };
  static const char *const formats[] = { "channels_last", "channels_first",
    NULL };
  Spectrogram *self = (Spectrogram *) layer;
  bool is_first;
  NnShape kernel;

  if (!nn_layer_expect (layer, config, 1, 2, 2))
    return;
  is_first = nn_config_choice (config, "data_format", formats, 0) == 1;
  self->len = layer->in[0].dim[is_first ? 1 : 0];
  self->channels = layer->in[0].dim[is_first ? 0 : 1];
  self->sample_step = is_first ? 1 : self->channels;
  self->channel_step = is_first ? self->len : 1;
  self->mode = nn_config_choice (config, "mode", modes, LOG);
  read_frames (self, config);
  if (!nn_config_ok (config))
    return;
  self->out_bins = self->mode == STFT ? 2 * self->n_bins : self->n_bins;
  kernel = (NnShape){ .rank = 3, .dim = { self->frame_len, 1, self->n_bins } };
  if (self->mode != IMAG)
    nn_layer_add_param (layer, config, "", "real_kernel", &kernel, true);
  if (self->mode != REAL)
    nn_layer_add_param (layer, config, "", "imag_kernel", &kernel, true);
  layer->scratch_len = self->frame_len + 2 * self->n_bins;
  lay_out (self, config, is_first);
}

/* Frame t of a channel, zero-padded outside. */
static void
take_frame (
    const Spectrogram *self, const float *channel, size_t t, float *frame)
{
  const gssize first = self->first + (gssize) (t * self->frame_step);

  for (size_t i = 0; i < self->frame_len; i++) {
    const size_t at = (size_t) (first + (gssize) i);

    frame[i] = at < self->len ? channel[at * self->sample_step] : 0;
  }
}

static float
value_of (const Spectrogram *self, float real, float imag, size_t bin)
{
  const float power = real * real + imag * imag;
  const bool is_inner = bin > 0 && bin + 1 < self->n_bins;

  switch (self->mode) {
    case REAL:
      return real;
    case IMAG:
      return imag;
    case ANGLE:
      return atan2f (imag, real);
    case PSD:
      return is_inner ? 2 * power : power;
    case MAGNITUDE:
      return sqrtf (MAX (power, EPSILON));
    default:
      return logf (MAX (sqrtf (MAX (power, EPSILON)), EPSILON));
  }
}

static void
fill_frame (const Spectrogram *self, const float *frame, float *real,
    float *imag, float *out)
{
  const NnLayer *const layer = &self->base;
  const size_t n = self->frame_len, bins = self->n_bins;

  memset (real, 0, 2 * bins * sizeof *real);
  if (self->mode != IMAG)
    nn_blas_gemm (1, bins, n, frame, n, nn_layer_value (layer, 0), bins, false,
        real, bins);
  if (self->mode != REAL)
    nn_blas_gemm (1, bins, n, frame, n,
        nn_layer_value (layer, self->mode == IMAG ? 0 : 1), bins, false, imag,
        bins);
  for (size_t k = 0; k < self->out_bins; k++)
    out[k * self->bin_out] = self->mode == STFT
        ? real[k] /* followed by imag */
        : value_of (self, real[k], imag[k], k);
}

static void
spectrogram_forward (const NnLayer *layer, const NnCall *call)
{
  const Spectrogram *self = (const Spectrogram *) layer;
  float *const frame = call->scratch;
  float *const real = frame + self->frame_len;

  for (size_t s = 0; s < call->n; s++)
    for (size_t c = 0; c < self->channels; c++) {
      const float *const channel = call->in[0]
          + s * nn_shape_size (&layer->in[0]) + c * self->channel_step;
      float *const out = call->out[0] + s * nn_shape_size (&layer->out[0])
          + c * self->channel_out;

      for (size_t t = 0; t < self->n_frames; t++) {
        take_frame (self, channel, t, frame);
        fill_frame (
            self, frame, real, real + self->n_bins, out + t * self->frame_out);
      }
    }
}

const NnLayerClass nn_stft_spectrogram_classes[] = {
  {
      .keras_name = "STFTSpectrogram",
      .size = sizeof (Spectrogram),
      .setup = spectrogram_setup,
      .forward = spectrogram_forward,
  },
  { NULL },
};
