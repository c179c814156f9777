/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layers and operators that do nothing in inference. Some do in training:
 *   Dropout           each element is 0 with probability rate, or / (1 - rate)
 *   SpatialDropout    the same for whole channels
 *   GaussianDropout   each element times a normal number, mean 1
 *   GaussianNoise     each element plus a normal number, mean 0 */
#include <math.h>
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/random.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  double rate; /* or the standard deviation of GaussianNoise */
  bool has_noise_shape;
} Dropout;

static void
identity_setup (NnLayer *layer, const NnConfig *config)
{
  Dropout *self = (Dropout *) layer;
  const NnConfig rate = nn_config_get (config, "rate");
  const NnConfig deviation = nn_config_get (config, "stddev");
  const NnConfig noise_shape = nn_config_get (config, "noise_shape");

  if (!nn_layer_expect (layer, config, 1, 0, NN_MAX_RANK))
    return;
  /* Options without effect in inference, so any value is accepted. */
  if (nn_config_is_number (&rate))
    self->rate = CLAMP (nn_config_as_double (&rate, 0), 0, 1);
  else if (nn_config_is_number (&deviation))
    self->rate = nn_config_as_double (&deviation, 0);
  self->has_noise_shape = nn_config_is_set (&noise_shape);
  nn_layer_add_output (layer, config, &layer->in[0]);
  layer->is_view = true;
}

/* The factors or summands of one sample: forward and backward draw the same. */
typedef void (*Noise) (const Dropout *self, const NnPhilox *stream, size_t size,
    const float *in, float *out);

static void
apply (const NnLayer *layer, const NnTrainingCall *call, Noise noise,
    const float *in, float *out)
{
  const size_t size = nn_shape_size (&layer->out[0]);

  for (size_t i = 0; i < call->forward.n; i++) {
    const NnPhilox stream = nn_training_random (call, i);

    noise (
        (const Dropout *) layer, &stream, size, in + i * size, out + i * size);
  }
}

/* [...][channels]: a channel is dropped at all positions. */
static void
drop_channels (const Dropout *self, const NnPhilox *stream, size_t size,
    const float *in, float *out)
{
  const NnShape *const shape = &self->base.out[0];
  const size_t channels = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  const double rate = MIN (self->rate, 0.999999);
  NnRandom random;

  nn_random_init (&random, stream);
  for (size_t c = 0; c < channels; c++) {
    const float factor =
        nn_random_uniform (&random) >= rate ? 1 / (1 - rate) : 0;

    for (size_t i = c; i < size; i += channels)
      out[i] = in[i] * factor;
  }
}

static void
scale_elements (const Dropout *self, const NnPhilox *stream, size_t size,
    const float *in, float *out)
{
  const double rate = MIN (self->rate, 0.999999);
  const double deviation = sqrt (rate / (1 - rate));
  NnRandom random;

  nn_random_init (&random, stream);
  for (size_t i = 0; i < size; i++)
    out[i] = in[i] * (1 + deviation * nn_random_normal (&random));
}

static void
add_noise (const Dropout *self, const NnPhilox *stream, size_t size,
    const float *in, float *out)
{
  NnRandom random;

  nn_random_init (&random, stream);
  for (size_t i = 0; i < size; i++)
    out[i] = in[i] + self->rate * nn_random_normal (&random);
}

/* Dropout draws once, and keeps the random words for the way back. */
static bool
is_random (const Dropout *self)
{
  return self->rate > 0 && self->rate < 1;
}

static guint32 *
words_of (const NnLayer *layer, const NnTrainingCall *call, size_t sample)
{
  return (guint32 *) (call->saved
      + sample * nn_training_dropout_len (nn_shape_size (&layer->out[0])));
}

/* Of all samples, where nothing is random. */
static void
drop_all_or_none (const Dropout *self, size_t n, const float *in, float *out)
{
  if (self->rate > 0)
    memset (out, 0, n * sizeof *out);
  else
    memcpy (out, in, n * sizeof *out);
}

static void
dropout_forward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Dropout *self = (const Dropout *) layer;
  const size_t size = nn_shape_size (&layer->out[0]);
  const float *const in = call->forward.in[0];
  float *const out = call->forward.out[0];

  if (!is_random (self)) {
    drop_all_or_none (self, call->forward.n * size, in, out);
    return;
  }
  for (size_t i = 0; i < call->forward.n; i++) {
    const NnPhilox stream = nn_training_random (call, i);

    nn_training_dropout (&stream, 0, size, self->rate,
        words_of (layer, call, i), in + i * size, out + i * size);
  }
}

static void
dropout_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Dropout *self = (const Dropout *) layer;
  const size_t size = nn_shape_size (&layer->out[0]);
  float *const in_grad = call->in_grad[0];

  if (!in_grad)
    return;
  if (!is_random (self)) {
    drop_all_or_none (self, call->forward.n * size, call->out_grad[0], in_grad);
    return;
  }
  for (size_t i = 0; i < call->forward.n; i++)
    nn_training_dropout_again (words_of (layer, call, i), size, self->rate,
        call->out_grad[0] + i * size, in_grad + i * size);
}

static const char *
dropout_obstacle (const NnLayer *layer)
{
  return ((const Dropout *) layer)->has_noise_shape
      ? "the option “noise_shape” is not supported in training"
      : NULL;
}

static void
noise_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_in = needs->forgets_out = true;
}

static void
dropout_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  noise_measure (layer, needs);
  if (is_random ((const Dropout *) layer))
    needs->saved_per_sample =
        nn_training_dropout_len (nn_shape_size (&layer->out[0]));
}

static const NnTraining dropout_training = {
  .is_by_sample = true,
  .obstacle = dropout_obstacle,
  .measure = dropout_measure,
  .forward = dropout_forward,
  .backward = dropout_backward,
};

static void
pass_back (const NnLayer *layer, const NnTrainingCall *call)
{
  memcpy (call->in_grad[0], call->out_grad[0],
      call->forward.n * nn_shape_size (&layer->out[0]) * sizeof (float));
}

/* clang-format off */
#define TRAINING(name, noise, back)                                            \
  static void name##_forward (const NnLayer *layer, const NnTrainingCall *call)\
  {                                                                            \
    apply (layer, call, noise, call->forward.in[0], call->forward.out[0]);             \
  }                                                                            \
                                                                               \
  static void name##_backward (const NnLayer *layer,                           \
      const NnTrainingCall *call)                                              \
  {                                                                            \
    if (call->in_grad[0] && back)                                              \
      apply (layer, call, noise, call->out_grad[0], call->in_grad[0]);         \
    else if (call->in_grad[0])                                                 \
      pass_back (layer, call);                                                 \
  }                                                                            \
                                                                               \
  static const NnTraining name##_training = {                                  \
    .is_by_sample = true,                                                      \
    .obstacle = dropout_obstacle, .measure = noise_measure,                    \
    .forward = name##_forward, .backward = name##_backward,                    \
  };

TRAINING (spatial_dropout, drop_channels, true)
TRAINING (gaussian_dropout, scale_elements, true)
TRAINING (gaussian_noise, add_noise, false)

#define IDENTITY(name, how_to_train, ...)                                      \
  {                                                                            \
    .keras_name = name, .size = sizeof (Dropout), .mask_rule = NN_MASK_PASS,   \
    .setup = identity_setup, .training = how_to_train, __VA_ARGS__             \
  }
/* clang-format on */

/* Neither its gradient nor its forward pass in training is implemented. */
static const char *
unknown_obstacle (const NnLayer *layer)
{
  return "this kind of layer cannot be trained";
}

static const NnTraining no_training = {
  .obstacle = unknown_obstacle,
  .forward = dropout_forward, /* so that it is not treated as a view */
};

/* Keras 3 refuses it in files of Keras 2. */
static const NnSavedKey spatial_keys[] = {
  { "trainable", NULL },
  { NULL },
};

const NnLayerClass nn_dropout_classes[] = {
  IDENTITY ("Dropout", &dropout_training),
  IDENTITY ("AlphaDropout", &no_training),
  IDENTITY ("GaussianDropout", &gaussian_dropout_training),
  IDENTITY ("GaussianNoise", &gaussian_noise_training),
  IDENTITY ("SpatialDropout1D", &spatial_dropout_training,
      .saved_keys = spatial_keys),
  IDENTITY ("SpatialDropout2D", &spatial_dropout_training,
      .saved_keys = spatial_keys),
  IDENTITY ("SpatialDropout3D", &spatial_dropout_training,
      .saved_keys = spatial_keys),
  IDENTITY ("ActivityRegularization", &no_training),
  IDENTITY ("Identity", NULL),
  /* Layers that change images in training only. RandomCrop is not among them,
   * since what it does in inference depends on the version of Keras, nor is
   * RandomGrayscale, which is random in inference, too. */
  IDENTITY ("RandomBrightness", &no_training),
  IDENTITY ("RandomColorDegeneration", &no_training),
  IDENTITY ("RandomColorJitter", &no_training),
  IDENTITY ("RandomContrast", &no_training),
  IDENTITY ("RandomErasing", &no_training),
  IDENTITY ("RandomFlip", &no_training),
  IDENTITY ("RandomGaussianBlur", &no_training),
  IDENTITY ("RandomHeight", &no_training),
  IDENTITY ("RandomHue", &no_training),
  IDENTITY ("RandomInvert", &no_training),
  IDENTITY ("RandomPerspective", &no_training),
  IDENTITY ("RandomPosterization", &no_training),
  IDENTITY ("RandomRotation", &no_training),
  IDENTITY ("RandomSaturation", &no_training),
  IDENTITY ("RandomSharpness", &no_training),
  IDENTITY ("RandomShear", &no_training),
  IDENTITY ("RandomTranslation", &no_training),
  IDENTITY ("RandomWidth", &no_training),
  IDENTITY ("RandomZoom", &no_training),
  IDENTITY ("ops.Copy", NULL),
  IDENTITY ("ops.Identity", NULL),
  IDENTITY ("ops.StopGradient", &no_training),
  { NULL },
};
