/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/nn/train/pattern.h"

#include <string.h>
#include "nn/train/architectures.h"
#include "nn/random.h"

void
pattern_make (gpointer data, const NnSampleRequest *request, float *x,
    float *target, float *weight)
{
  const size_t label = request->index % PATTERN_CLASSES;
  const NnPhilox stream = nn_random_stream (
      request->training ? request->seed : 5, 1, request->index, 0);
  NnRandom random;

  nn_random_init (&random, &stream);
  for (size_t i = 0; i < PATTERN_SIZE; i++)
    x[i] = 0.5 * nn_random_uniform (&random)
        + (i / PATTERN_FRAMES / (PATTERN_BANDS / PATTERN_CLASSES) == label ? 0.5
                                                                           : 0);
  for (size_t c = 0; request->teacher && c < PATTERN_CLASSES; c++)
    request->teacher[c] = c == label ? 0.7 : 0.3 / (PATTERN_CLASSES - 1);
  if (!request->teacher || request->index % 5 != 0)
    target[label] = 1;
  *weight = label == 0 ? 0.5 : 1;
}

NnTrainer *
pattern_trainer (const char *nick, size_t n_threads, const NnComm *comm)
{
  const char *const teacher = strstr (nick, PATTERN_TEACHER);
  g_autofree char *plain =
      g_strndup (nick, teacher ? (gsize) (teacher - nick) : strlen (nick));
  NnArchitectureOptions options;
  NnTrainConfig config;
  g_autoptr (GError) error = NULL;
  NnTrainer *trainer;

  nn_architecture_options_init (&options);
  /* The small ones take values, not a matrix; as many here. */
  options.input = nn_architecture_features (nick) == NN_FEATURES_PICTURE
      ? (NnShape){ .rank = 3, .dim = { PATTERN_BANDS, PATTERN_FRAMES, 1 } }
      : (NnShape){ .rank = 1, .dim = { PATTERN_SIZE } };
  options.n_classes = PATTERN_CLASSES;
  g_autoptr (NnModel) model = nn_architecture_new (plain, &options, 3, &error);
  g_assert_no_error (error);
  nn_train_config_init (&config);
  config.batch_size = 16;
  config.chunk = 4;
  config.n_threads = n_threads;
  config.seed = 0x123456789abcdefu;
  config.label_smoothing = 0.05;
  config.clip_norm = 1;
  config.weight_decay = 1e-4;
  config.teacher_weight = teacher ? 0.6 : 0;
  config.temperature = 2;
  config.comm = comm;
  trainer = nn_trainer_new (model, &config, &error);
  g_assert_no_error (error);
  return trainer;
}
