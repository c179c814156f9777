/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/evaluator.h"

#include <math.h>
#include <string.h>
#include "nn/error.h"
#include "nn/model-private.h"
#include "nn/train/loss.h"
#include "nn/random.h"

#define BLOCK ((size_t) 16) /* samples that a thread takes at once */

typedef struct {
  NnSession *session;
  float *x, *target, *output; /* [BLOCK] of each */
} Space;

struct _NnEvaluator {
  NnPool *pool;
  const NnComm *comm;
  size_t input_size, n_classes;
  Space *spaces; /* [n_threads] */

  /* Of the run: */
  const NnSamples *samples;
  double smoothing;
  size_t first_block;
  float *output;
  NnOutcome *outcomes; /* [samples->n] */
};

void
nn_evaluator_free (NnEvaluator *evaluator)
{
  if (!evaluator)
    return;
  for (size_t i = 0; i < nn_pool_n_threads (evaluator->pool); i++) {
    const Space *const space = &evaluator->spaces[i];

    nn_session_free (space->session);
    g_free (space->x);
    g_free (space->target);
    g_free (space->output);
  }
  g_free (evaluator->spaces);
  g_free (evaluator);
}

NnEvaluator *
nn_evaluator_new (
    NnModel *model, NnPool *pool, const NnComm *comm, GError **error)
{
  g_autoptr (NnEvaluator) evaluator = g_new0 (NnEvaluator, 1);

  evaluator->pool = pool;
  evaluator->comm = comm;
  evaluator->spaces = g_new0 (Space, nn_pool_n_threads (pool));
  if (nn_model_n_inputs (model) != 1 || nn_model_n_outputs (model) != 1) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: the model has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT
        " outputs, expected one of each",
        model->name, nn_model_n_inputs (model), nn_model_n_outputs (model));
    return NULL;
  }
  evaluator->input_size = nn_shape_size (nn_model_input_shape (model, 0));
  evaluator->n_classes = nn_shape_size (nn_model_output_shape (model, 0));
  for (size_t i = 0; i < nn_pool_n_threads (pool); i++) {
    Space *const space = &evaluator->spaces[i];

    space->session = nn_session_new (model, BLOCK, error);
    if (!space->session)
      return NULL;
    space->x = g_new (float, BLOCK * evaluator->input_size);
    space->target = g_new (float, BLOCK * evaluator->n_classes);
    space->output = g_new (float, BLOCK * evaluator->n_classes);
  }
  return g_steal_pointer (&evaluator);
}

guint64
nn_sample_seed (guint64 seed, size_t epoch, size_t index)
{
  const NnPhilox stream =
      nn_random_stream (seed, NN_RANDOM_SAMPLE, epoch, index);
  NnRandom random;

  nn_random_init (&random, &stream);
  return nn_random_word64 (&random);
}

static void
run_block (gpointer data, size_t i_block, size_t thread)
{
  const NnEvaluator *const evaluator = data;
  const Space *const space = &evaluator->spaces[thread];
  const size_t size = evaluator->input_size, classes = evaluator->n_classes;
  const size_t first = (evaluator->first_block + i_block) * BLOCK;
  const size_t n = MIN (BLOCK, evaluator->samples->n - first);
  const NnLoss loss = { .n_classes = classes,
    .smoothing = evaluator->smoothing };
  float weight[BLOCK];

  memset (space->target, 0, n * classes * sizeof (float));
  for (size_t i = 0; i < n; i++) {
    const NnSampleRequest request = { .index = first + i };

    weight[i] = 1;
    evaluator->samples->make (evaluator->samples->data, &request,
        space->x + i * size, space->target + i * classes, &weight[i]);
  }
  nn_session_run (space->session, n, (const float *const[]){ space->x },
      (float *const[]){ space->output });
  if (evaluator->output)
    memcpy (evaluator->output + first * classes, space->output,
        n * classes * sizeof (float));
  for (size_t i = 0; i < n; i++) {
    const float *const target = space->target + i * classes;
    const float *const p = space->output + i * classes;

    evaluator->outcomes[first + i] = (NnOutcome){
      weight[i] * nn_loss (&loss, target, NULL, p),
      nn_argmax (p, classes) == nn_argmax (target, classes),
    };
  }
}

/* Gathers rows of `len` bytes, one for each sample, on all ranks. */
static void
gather (
    const NnEvaluator *evaluator, const size_t *blocks, void *rows, size_t len)
{
  const NnComm *const comm = evaluator->comm;
  const size_t size = nn_comm_size (comm);
  g_autofree size_t *cut = g_new (size_t, size + 1);

  for (size_t r = 0; r <= size; r++)
    cut[r] = MIN (blocks[r] * BLOCK, evaluator->samples->n) * len;
  if (size > 1)
    comm->gather (comm->data, rows, cut);
}

void
nn_evaluator_run (NnEvaluator *evaluator, const NnSamples *samples,
    double label_smoothing, float *output, NnScore *score)
{
  const size_t size = nn_comm_size (evaluator->comm);
  const size_t rank = nn_comm_rank (evaluator->comm);
  const size_t n_blocks = (samples->n + BLOCK - 1) / BLOCK;
  g_autofree NnOutcome *outcomes = g_new (NnOutcome, samples->n);
  g_autofree size_t *blocks = g_new (size_t, size + 1); /* of each rank */
  NnScore sum = { .n = samples->n };

  evaluator->samples = samples;
  evaluator->smoothing = label_smoothing;
  evaluator->output = output;
  evaluator->outcomes = outcomes;
  for (size_t r = 0; r <= size; r++)
    blocks[r] = n_blocks * r / size;
  evaluator->first_block = blocks[rank];
  nn_pool_run (
      evaluator->pool, blocks[rank + 1] - blocks[rank], run_block, evaluator);
  gather (evaluator, blocks, outcomes, sizeof *outcomes);
  if (output)
    gather (evaluator, blocks, output, evaluator->n_classes * sizeof *output);
  for (size_t i = 0; i < samples->n; i++) {
    sum.weighted_loss += outcomes[i].loss;
    sum.correct += outcomes[i].correct;
  }
  if (score)
    *score = sum;
}

double
nn_model_penalty (const NnModel *model)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  double penalty = 0;

  for (guint i = 0; i < model->graph->nodes->len; i++) {
    const NnWeights *const weights =
        nn_graph_node (model->graph, i)->layer->weights;

    for (guint k = 0; k < weights->params->len; k++) {
      const NnParam *const param = g_ptr_array_index (weights->params, k);
      const NnRegularizer *const regularizer = &param->regularizer;
      double l1 = 0, l2 = 0;

      if ((regularizer->l1 == 0 && regularizer->l2 == 0)
          || !g_hash_table_add (seen, (gpointer) param))
        continue;
      for (size_t j = 0; j < param->size; j++) {
        l1 += fabs (param->value[j]);
        l2 += (double) param->value[j] * param->value[j];
      }
      penalty += regularizer->l1 * l1 + regularizer->l2 * l2;
    }
  }
  return penalty;
}
