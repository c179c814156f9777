/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/evaluate.h"

#include "gst/train/parallel.h"

#define BOOTSTRAP_SEED 1

typedef struct {
  GstEmotionModel *model;
  const NnSamples *samples;
  gsize n_outputs;
  gsize first;          /* of this rank */
  float *probabilities; /* [samples][n_outputs] */
} Evaluation;

/* probabilities: [examples][n_classes]; a set is of n windows in all. */
static void
add_figures (const TrainExamples *examples, const float *probabilities,
    gsize n_classes, TrainSetResult *set)
{
  const gsize n = train_examples_n (examples);
  g_autofree TrainOutcome *outcomes = g_new (TrainOutcome, n);
  gsize n_of_set = 0;

  for (gsize i = 0; i < n; i++) {
    const TrainItem *const item = train_examples_item (examples, i);

    if (g_str_equal (item->data_set, set->name))
      outcomes[n_of_set++] = (TrainOutcome){ item->label,
        probabilities + i * n_classes, item->speaker };
  }
  train_figures_compute (
      outcomes, n_of_set, n_classes, BOOTSTRAP_SEED, &set->figures);
}

static TrainTrial *
trial_new (
    const TrainExamples *examples, const float *probabilities, gsize n_classes)
{
  TrainTrial *trial = train_trial_new ();

  for (gsize i = 0; i < train_examples_n (examples); i++) {
    const TrainItem *const item = train_examples_item (examples, i);

    nn_metrics_add (train_trial_set (trial, item->data_set, n_classes)->metrics,
        item->label, probabilities + i * n_classes);
  }
  for (guint s = 0; s < trial->sets->len; s++)
    add_figures (
        examples, probabilities, n_classes, g_ptr_array_index (trial->sets, s));
  return trial;
}

TrainTrial *
train_evaluate_trainer (NnTrainer *trainer, const TrainExamples *examples)
{
  const gsize n_classes = nn_trainer_n_classes (trainer);
  g_autofree float *probabilities =
      g_new (float, train_examples_n (examples) * n_classes);

  nn_trainer_evaluate (
      trainer, train_examples_samples (examples), probabilities, NULL);
  return trial_new (examples, probabilities, n_classes);
}

static void
classify (gpointer data, gsize i)
{
  const Evaluation *const self = data;
  const NnSampleRequest request = { .index = self->first + i };
  g_autofree float *features =
      g_new (float, gst_emotion_model_n_features (self->model));
  g_autofree float *target = g_new0 (float, self->n_outputs);
  float weight = 1;

  self->samples->make (
      self->samples->data, &request, features, target, &weight);
  gst_emotion_model_run (self->model, features,
      self->probabilities + request.index * self->n_outputs);
}

TrainTrial *
train_evaluate_model (GstEmotionModel *model, const TrainExamples *examples,
    guint n_threads, const NnComm *comm)
{
  const gsize n = train_examples_n (examples);
  const gsize n_outputs = gst_emotion_model_n_outputs (model);
  g_autofree float *probabilities = g_new (float, n *n_outputs);
  const size_t rank = nn_comm_rank (comm);
  g_autofree size_t *cut = nn_comm_cut (comm, n);
  Evaluation evaluation = { model, train_examples_samples (examples), n_outputs,
    cut[rank], probabilities };

  train_parallel (n_threads, cut[rank + 1] - cut[rank], classify, &evaluation);
  nn_comm_gather_rows (
      comm, probabilities, cut, n_outputs * sizeof *probabilities);
  return trial_new (examples, probabilities, n_outputs);
}
