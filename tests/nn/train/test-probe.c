/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nn/train/probe.h: a head by ridge regression, against the equations that it
 * has to fulfil. */
#include <math.h>
#include <string.h>
#include "nn/error.h"
#include "nn/model-private.h"
#include "nn/train/architectures.h"
#include "nn/train/probe.h"
#include "nn/train/transfer.h"

enum { BANDS = 2, TIME = 5, SIZE = BANDS * TIME, N = 60, CLASSES = 3 };

#define LAYER(class, name, more)                                               \
  "{\"class_name\": \"" class "\", \"config\": {\"name\": \"" name             \
                              "\", \"dtype\": \"float32\"" more "}}"

/* Its trunk is the sound itself. */
static const char plain[] =
    "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
    "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"in\", "
    "\"batch_input_shape\": [null, 2, 5, 1]}}," LAYER ("Rescaling", "same",
        ", \"scale\": 1.0, \"offset\": 0.0") "," LAYER ("Flatten", "f",
        "") "," LAYER ("Dense", "c",
        ", \"units\": 3, \"activation\": \"softmax\"") "]}}";

typedef struct {
  float x[N][SIZE];
  int label[N];
} Data;

/* Class c is louder in band c, which two of three have. */
static void
fill (Data *data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (int i = 0; i < N; i++) {
    data->label[i] = i % CLASSES;
    for (int k = 0; k < SIZE; k++)
      data->x[i][k] = 3 + 2 * g_rand_double_range (rand, -1, 1)
          + (k / TIME == data->label[i] ? 1.5 : 0);
  }
}

static NnTrainer *
new_trainer (size_t n_threads)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_model_new_from_config ("made", plain, "2.10.0", 1, &error);
  g_autoptr (NnModel) trunk =
      nn_model_trunk (model, "same", CLASSES, 0, &error);
  NnTrainConfig config;
  NnTrainer *trainer;

  g_assert_no_error (error);
  nn_train_config_init (&config);
  config.n_threads = n_threads;
  config.batch_size = N;
  trainer = nn_trainer_new (trunk, &config, &error);
  g_assert_no_error (error);
  return trainer;
}

/* Probabilities of all samples, [N][CLASSES]; returns the loss. */
static double
evaluate (NnTrainer *trainer, const NnSamples *samples, float *p)
{
  NnScore score = { 0 };

  nn_trainer_evaluate (trainer, samples, p, &score);
  return nn_score_loss (&score);
}

/* The logits are, but for a constant of each sample and one factor, linear in
 * what solves (X' X / n + 0.1) W = X' T / n for the standardised means X over
 * time, solved here by Cramer's rule. */
static void
expect_scores (const Data *data, double scores[N][CLASSES])
{
  double x[N][BANDS], a[2][2] = { { 0 } }, b[2][CLASSES] = { { 0 } };

  for (int k = 0; k < BANDS; k++) {
    double mean = 0, square = 0;

    for (int i = 0; i < N; i++) {
      x[i][k] = 0;
      for (int t = 0; t < TIME; t++)
        x[i][k] += data->x[i][k * TIME + t] / TIME;
      mean += x[i][k] / N;
    }
    for (int i = 0; i < N; i++)
      square += (x[i][k] - mean) * (x[i][k] - mean) / N;
    for (int i = 0; i < N; i++)
      x[i][k] = (x[i][k] - mean) / sqrt (square);
  }
  for (int i = 0; i < N; i++)
    for (int k = 0; k < BANDS; k++) {
      for (int j = 0; j < BANDS; j++)
        a[k][j] += x[i][k] * x[i][j] / N;
      for (int c = 0; c < CLASSES; c++)
        b[k][c] += x[i][k] * ((data->label[i] == c) - 1. / CLASSES) / N;
    }
  a[0][0] += 0.1;
  a[1][1] += 0.1;
  for (int c = 0; c < CLASSES; c++) {
    const double det = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    const double w0 = (b[0][c] * a[1][1] - a[0][1] * b[1][c]) / det;
    const double w1 = (a[0][0] * b[1][c] - b[0][c] * a[1][0]) / det;

    for (int i = 0; i < N; i++)
      scores[i][c] = w0 * x[i][0] + w1 * x[i][1];
  }
}

static double
loss_of (double scores[N][CLASSES], const int *label, double scale)
{
  double loss = 0;

  for (int i = 0; i < N; i++) {
    double sum = 0;

    for (int c = 0; c < CLASSES; c++)
      sum += exp (scale * scores[i][c]);
    loss += (log (sum) - scale * scores[i][label[i]]) / N;
  }
  return loss;
}

static void
test_ridge (void)
{
  Data data;
  NnArraySamples arrays = { N, SIZE, data.x[0], data.label, NULL };
  const NnSamples samples = nn_array_samples (&arrays);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnTrainer) trainer = new_trainer (2);
  float p[N][CLASSES];
  double scores[N][CLASSES], scale, loss;

  fill (&data);
  expect_scores (&data, scores);
  g_assert_true (nn_trainer_probe (trainer, &samples, 1, &error));
  g_assert_no_error (error);
  loss = evaluate (trainer, &samples, p[0]);
  scale = log (p[0][0] / p[0][1]) / (scores[0][0] - scores[0][1]);
  g_assert_cmpfloat (scale, >, 0);
  for (int i = 0; i < N; i++)
    for (int c = 1; c < CLASSES; c++)
      g_assert_cmpfloat_with_epsilon (
          log (p[i][0] / p[i][c]), scale * (scores[i][0] - scores[i][c]), 0.02);
  g_assert_cmpfloat_with_epsilon (
      loss, loss_of (scores, data.label, scale), 0.001);
  g_assert_cmpfloat (loss, <, loss_of (scores, data.label, scale * 1.1));
  g_assert_cmpfloat (loss, <, loss_of (scores, data.label, scale * 0.9));
}

/* The first step of training begins with the same loss. */
static void
test_step (void)
{
  Data data;
  NnArraySamples arrays = { N, SIZE, data.x[0], data.label, NULL };
  const NnSamples samples = nn_array_samples (&arrays);
  g_autoptr (NnTrainer) trainer = new_trainer (2);
  float target[N][CLASSES] = { { 0 } };
  NnScore score;

  fill (&data);
  for (int i = 0; i < N; i++)
    target[i][data.label[i]] = 1;
  g_assert_true (nn_trainer_probe (trainer, &samples, 1, NULL));

  const double loss = evaluate (trainer, &samples, NULL);

  nn_trainer_step (trainer, N, data.x[0], target[0], NULL, &score);
  g_assert_cmpfloat_with_epsilon (nn_score_loss (&score), loss, 1e-5);
}

static void
test_threads (void)
{
  Data data;
  NnArraySamples arrays = { N, SIZE, data.x[0], data.label, NULL };
  const NnSamples samples = nn_array_samples (&arrays);
  float p[2][N][CLASSES];

  fill (&data);
  for (int k = 0; k < 2; k++) {
    g_autoptr (NnTrainer) trainer = new_trainer (k == 0 ? 1 : 3);

    g_assert_true (nn_trainer_probe (trainer, &samples, 2, NULL));
    evaluate (trainer, &samples, p[k][0]);
  }
  g_assert_cmpmem (p[0], sizeof p[0], p[1], sizeof p[1]);
}

static void
test_no_head (void)
{
  const NnArchitectureOptions options = { .input = { .rank = 1,
                                              .dim = { SIZE } },
    .n_classes = CLASSES,
    .dropout = 1,
    .l2 = 1 };
  Data data;
  NnArraySamples arrays = { N, SIZE, data.x[0], data.label, NULL };
  const NnSamples samples = nn_array_samples (&arrays);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_architecture_new ("logistic", &options, 1, &error);
  g_autoptr (NnTrainer) trainer = NULL;
  NnTrainConfig config;

  fill (&data);
  nn_train_config_init (&config);
  trainer = nn_trainer_new (model, &config, &error);
  g_assert_no_error (error);
  g_assert_false (nn_trainer_probe (trainer, &samples, 1, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/probe/ridge", test_ridge);
  g_test_add_func ("/probe/step", test_step);
  g_test_add_func ("/probe/threads", test_threads);
  g_test_add_func ("/probe/no-head", test_no_head);
  return g_test_run ();
}
