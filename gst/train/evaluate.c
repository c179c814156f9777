/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/evaluate.h"

#include "gst/train/parallel.h"

typedef struct {
  GstEmotionModel *model;
  const NnSamples *samples;
  gsize n_outputs;
  gsize first;          /* of this rank */
  float *probabilities; /* [samples][n_outputs] */
} Evaluation;

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

NnMetrics *
train_evaluate (GstEmotionModel *model, const TrainExamples *examples,
    guint n_threads, const NnComm *comm)
{
  const gsize n = train_examples_n (examples);
  const gsize n_outputs = gst_emotion_model_n_outputs (model);
  g_autofree float *probabilities = g_new (float, n *n_outputs);
  const size_t rank = nn_comm_rank (comm);
  g_autofree size_t *cut = nn_comm_cut (comm, n);
  Evaluation evaluation = { model, train_examples_samples (examples), n_outputs,
    cut[rank], probabilities };
  NnMetrics *metrics = nn_metrics_new (n_outputs);

  train_parallel (n_threads, cut[rank + 1] - cut[rank], classify, &evaluation);
  nn_comm_gather_rows (
      comm, probabilities, cut, n_outputs * sizeof *probabilities);
  for (gsize i = 0; i < n; i++)
    nn_metrics_add (metrics, train_examples_label (examples, i),
        probabilities + i * n_outputs);
  return metrics;
}
