/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/trainer.h"

#include <string.h>
#include "nn/error.h"
#include "nn/train/loss.h"
#include "nn/train/trainer-private.h"
#include "nn/train/transfer.h"

void
nn_train_config_init (NnTrainConfig *config)
{
  *config = (NnTrainConfig){ .batch_size = 32,
    .chunk = 8,
    .learning_rate = 1e-3,
    .head_rate = 1,
    .beta_1 = 0.9,
    .beta_2 = 0.999,
    .epsilon = 1e-7,
    .temperature = 1 };
}

/* Checks for one input and one output, a distribution. */
static bool
check_model (const NnModel *model, GError **error)
{
  const NnShape *const output = nn_model_output_shape (model, 0);

  if (nn_model_n_inputs (model) == 1 && nn_model_n_outputs (model) == 1
      && output->rank == 1)
    return true;
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
      "%s: training needs a model with one input and one output with one axis, "
      "the classes",
      model->name);
  return false;
}

NnTrainer *
nn_trainer_new (
    const NnModel *model, const NnTrainConfig *config, GError **error)
{
  g_autoptr (NnTrainer) trainer = NULL;
  const NnBackpropConfig backprop_config = { .batch_size = config->batch_size,
    .chunk = MIN (config->chunk, config->batch_size),
    .seed = config->seed,
    .comm = config->comm };

  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (config->batch_size > 0 && config->chunk > 0, NULL);
  if (!check_model (model, error))
    return NULL;
  trainer = g_new0 (NnTrainer, 1);
  trainer->config = *config;
  trainer->pool = nn_pool_new (config->n_threads);
  trainer->input_size = nn_shape_size (nn_model_input_shape (model, 0));
  trainer->n_classes = nn_shape_size (nn_model_output_shape (model, 0));
  trainer->outcomes = g_new0 (NnOutcome, config->batch_size);
  trainer->model = nn_model_copy (model, error);
  trainer->inference = trainer->model ? nn_model_copy (model, error) : NULL;
  if (!trainer->inference
      || (config->freeze
          && !nn_model_freeze (trainer->model, config->freeze, error))
      || !nn_model_finish (trainer->inference, error)
      || !nn_model_pack (trainer->model, error))
    return NULL;
  trainer->weights = nn_weight_list_new (trainer->model);
  trainer->inference_weights = nn_weight_list_new (trainer->inference);
  trainer->values = g_new (float, trainer->weights->n_values);
  trainer->optimizer =
      nn_optimizer_new (trainer->weights, trainer->pool, config);
  trainer->backprop = nn_backprop_new (
      trainer->model, trainer->weights, trainer->pool, &backprop_config, error);
  if (!trainer->backprop)
    return NULL;
  trainer->evaluator =
      nn_evaluator_new (trainer->inference, trainer->pool, config->comm, error);
  return trainer->evaluator ? g_steal_pointer (&trainer) : NULL;
}

void
nn_trainer_free (NnTrainer *trainer)
{
  if (!trainer)
    return;
  nn_evaluator_free (trainer->evaluator);
  nn_optimizer_free (trainer->optimizer);
  nn_backprop_free (trainer->backprop);
  nn_weight_list_free (trainer->weights);
  nn_weight_list_free (trainer->inference_weights);
  nn_model_unref (trainer->model);
  nn_model_unref (trainer->inference);
  nn_pool_free (trainer->pool);
  g_free (trainer->values);
  g_free (trainer->outcomes);
  g_free (trainer);
}

size_t
nn_trainer_input_size (const NnTrainer *trainer)
{
  return trainer->input_size;
}

size_t
nn_trainer_n_classes (const NnTrainer *trainer)
{
  return trainer->n_classes;
}

size_t
nn_trainer_target_size (const NnTrainer *trainer)
{
  return trainer->config.teacher_weight > 0 ? 2 * trainer->n_classes
                                            : trainer->n_classes;
}

size_t
nn_trainer_n_weights (const NnTrainer *trainer)
{
  return trainer->weights->n_trained;
}

size_t
nn_trainer_n_threads (const NnTrainer *trainer)
{
  return nn_pool_n_threads (trainer->pool);
}

size_t
nn_trainer_memory (const NnTrainer *trainer)
{
  return nn_backprop_memory (trainer->backprop)
      + (4 * trainer->weights->n_trained + trainer->weights->n_values)
      * sizeof (float);
}

void
nn_trainer_set_learning_rate (NnTrainer *trainer, double learning_rate)
{
  trainer->optimizer->config.learning_rate = learning_rate;
}

double
nn_trainer_learning_rate (const NnTrainer *trainer)
{
  return trainer->optimizer->config.learning_rate;
}

void
nn_trainer_weights_changed (NnTrainer *trainer)
{
  nn_model_repack (trainer->model);
}

/* The label of a sample, or the teacher's prediction. */
static size_t
label_of (const float *target, const float *teacher, size_t n_classes)
{
  const size_t label = nn_argmax (target, n_classes);

  return teacher && target[label] == 0 ? nn_argmax (teacher, n_classes) : label;
}

static void
chunk_loss (
    gpointer data, size_t first, size_t n, const float *output, float *gradient)
{
  NnTrainer *const trainer = data;
  const NnTrainConfig *const config = &trainer->config;
  const size_t classes = trainer->n_classes;
  const size_t target_size = nn_trainer_target_size (trainer);
  const NnLoss loss = { classes, config->label_smoothing,
    config->teacher_weight, config->temperature };
  const bool of_softmax = nn_backprop_ends_in_softmax (trainer->backprop);

  for (size_t i = first; i < first + n; i++) {
    const float *const target = trainer->target + i * target_size;
    const float *const teacher =
        target_size > classes ? target + classes : NULL;
    const double weight = trainer->weight ? trainer->weight[i] : 1;

    trainer->outcomes[i] = (NnOutcome){
      weight * nn_loss (&loss, target, teacher, output),
      nn_argmax (output, classes) == label_of (target, teacher, classes),
    };
    nn_loss_gradient (&loss, target, teacher, output, of_softmax,
        weight / trainer->n, gradient);
    output += classes;
    gradient += classes;
  }
}

void
nn_trainer_share (NnTrainer *trainer, size_t n, size_t *first, size_t *n_mine)
{
  g_return_if_fail (n > 0 && n <= trainer->config.batch_size);
  nn_backprop_share (trainer->backprop, n, first, n_mine);
}

void
nn_trainer_step (NnTrainer *trainer, size_t n, const float *x,
    const float *target, const float *weight, NnScore *score)
{
  NnOptimizer *const optimizer = trainer->optimizer;
  NnScore sum = { .n = n };

  g_return_if_fail (n > 0 && n <= trainer->config.batch_size);
  trainer->n = n;
  trainer->target = target;
  trainer->weight = weight;
  nn_backprop_step (trainer->backprop, n, &x, optimizer->step, chunk_loss,
      trainer, optimizer->gradient);
  sum.penalty = n * nn_optimizer_update (optimizer);
  nn_trainer_weights_changed (trainer);
  nn_backprop_gather (
      trainer->backprop, n, trainer->outcomes, sizeof *trainer->outcomes);
  for (size_t i = 0; i < n; i++) {
    sum.weighted_loss += trainer->outcomes[i].loss;
    sum.correct += trainer->outcomes[i].correct;
  }
  if (score)
    *score = sum;
}

typedef struct {
  const NnTrainer *trainer;
  const NnSamples *samples;
  size_t epoch;
  bool training;
  const size_t *index;
  float *x, *target, *weight;
} Making;

static void
make_sample (gpointer data, size_t i, size_t thread)
{
  const Making *const making = data;
  const NnTrainer *const trainer = making->trainer;
  const size_t classes = trainer->n_classes;
  const size_t target_size = nn_trainer_target_size (trainer);
  float *const target = making->target + i * target_size;
  const NnSampleRequest request = { .index = making->index[i],
    .epoch = making->epoch,
    .seed =
        nn_sample_seed (trainer->config.seed, making->epoch, making->index[i]),
    .training = making->training,
    .teacher = target_size > classes ? target + classes : NULL };

  memset (target, 0, target_size * sizeof *target);
  making->weight[i] = 1;
  making->samples->make (making->samples->data, &request,
      making->x + i * trainer->input_size, target, &making->weight[i]);
}

void
nn_trainer_make_batch (NnTrainer *trainer, const NnSamples *samples,
    size_t epoch, bool training, const size_t *index, size_t n, float *x,
    float *target, float *weight)
{
  Making making = { trainer, samples, epoch, training, index, x, target,
    weight };

  nn_pool_run (trainer->pool, n, make_sample, &making);
}

void
nn_trainer_align (NnTrainer *trainer)
{
  const NnComm *const comm = trainer->config.comm;
  const size_t n = trainer->weights->n_trained;

  if (nn_comm_size (comm) == 1)
    return;
  nn_weight_list_get (trainer->weights, trainer->values);
  nn_comm_broadcast (comm, trainer->values,
      trainer->weights->n_values * sizeof *trainer->values);
  nn_comm_broadcast (comm, trainer->optimizer->m, n * sizeof (float));
  nn_comm_broadcast (comm, trainer->optimizer->v, n * sizeof (float));
  nn_weight_list_set (trainer->weights, trainer->values);
  nn_trainer_weights_changed (trainer);
}

/* Copies the trained weights to the inference model. */
static void
update_inference (const NnTrainer *trainer)
{
  nn_weight_list_get (trainer->weights, trainer->values);
  nn_weight_list_set (trainer->inference_weights, trainer->values);
  nn_model_repack (trainer->inference);
}

void
nn_trainer_evaluate (
    NnTrainer *trainer, const NnSamples *samples, float *output, NnScore *score)
{
  update_inference (trainer);
  nn_evaluator_run (trainer->evaluator, samples,
      trainer->config.label_smoothing, output, score);
  if (score)
    score->penalty = nn_model_penalty (trainer->inference) * samples->n;
}

NnModel *
nn_trainer_export (
    const NnTrainer *trainer, const char *metadata, GError **error)
{
  g_autoptr (NnModel) model = nn_model_copy (trainer->model, error);

  if (!model)
    return NULL;
  if (metadata) {
    g_free (model->metadata);
    model->metadata = g_strdup (metadata);
  }
  return nn_model_finish (model, error) ? g_steal_pointer (&model) : NULL;
}
