/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/rnn-training.h"

#include <string.h>
#include "nn/simd.h"

size_t
nn_rnn_time (const NnRnn *rnn, size_t step)
{
  return rnn->go_backwards ? rnn->steps - 1 - step : step;
}

const char *
nn_rnn_obstacle (const NnRnn *rnn)
{
  if (rnn->is_stateful)
    return "the option “stateful” is not supported in training";
  if (!rnn->cell->train_step)
    return "cuDNN layers are not supported in training";
  if (nn_activation_gradient_wants_input (&rnn->activation)
      || nn_activation_gradient_wants_input (&rnn->recurrent_activation))
    return "the activation is not supported in a recurrent layer in training";
  return NULL;
}

static size_t
n_columns (const NnRnn *rnn)
{
  return rnn->cell->n_gates * rnn->units;
}

size_t
nn_rnn_saved_per_sample (const NnRnn *rnn)
{
  size_t floats = rnn->steps * rnn->cell->n_kept * rnn->units
      + rnn->cell->n_states * (rnn->steps + 1) * rnn->units;

  if (rnn->dropout > 0)
    floats += rnn->steps * rnn->k + rnn->k;
  if (rnn->recurrent_dropout > 0)
    floats += rnn->steps * rnn->units + rnn->units;
  return floats;
}

/* The packed weights of backward, or of a step: the larger of the two. */
static size_t
packed_len (const NnRnn *rnn)
{
  return MAX (nn_training_product_len (n_columns (rnn), rnn->k),
      2 * nn_training_product_len (n_columns (rnn), rnn->units));
}

void
nn_rnn_training_scratch (
    const NnRnn *rnn, size_t *scratch, size_t *scratch_per_sample)
{
  *scratch = packed_len (rnn);
  *scratch_per_sample =
      (3 * rnn->cell->n_states + rnn->cell->n_kept) * rnn->units;
}

/* Divides the memory. */
static NnRnnChunk
lay_out (const NnRnn *rnn, const NnRnnTraining *training)
{
  const size_t n = training->call->forward.n, units = rnn->units;
  NnRnnChunk chunk = { .rnn = rnn, .n = n, .width = rnn->cell->n_kept * units };
  float *saved = training->saved, *scratch = training->scratch;

  chunk.z = saved;
  saved += rnn->steps * n * chunk.width;
  for (size_t s = 0; s < rnn->cell->n_states; s++) {
    chunk.states[s] = saved;
    saved += (rnn->steps + 1) * n * units;
    chunk.d_states[s] = scratch;
    scratch += n * units;
  }
  chunk.x = training->in;
  if (rnn->dropout > 0) {
    chunk.x = chunk.dropped = saved;
    chunk.x_mask = saved + n * rnn->steps * rnn->k;
    saved += n * (rnn->steps + 1) * rnn->k;
  }
  chunk.used = chunk.states[0];
  if (rnn->recurrent_dropout > 0) {
    chunk.used = saved;
    chunk.h_mask = saved + n * rnn->steps * units;
  }
  chunk.rows = scratch;
  chunk.packed = scratch + n * (chunk.width + 2 * rnn->cell->n_states * units);
  return chunk;
}

/* Keras 3 draws one mask for each sample, used at all steps. */
static void
draw_masks (const NnRnn *rnn, const NnRnnTraining *training, NnRnnChunk *chunk)
{
  for (size_t i = 0; i < chunk->n; i++) {
    NnPhilox stream = nn_training_random (training->call, i);

    stream.stream[0] += training->direction << 24;
    for (size_t j = 0; j < rnn->k && chunk->x_mask; j++)
      chunk->x_mask[i * rnn->k + j] = 1;
    if (chunk->x_mask)
      nn_training_dropout (&stream, 0, rnn->k, rnn->dropout, NULL,
          chunk->x_mask + i * rnn->k, chunk->x_mask + i * rnn->k);
    for (size_t j = 0; j < rnn->units && chunk->h_mask; j++)
      chunk->h_mask[i * rnn->units + j] = 1;
    if (chunk->h_mask)
      nn_training_dropout (&stream, 1 << 16, rnn->units, rnn->recurrent_dropout,
          NULL, chunk->h_mask + i * rnn->units, chunk->h_mask + i * rnn->units);
    for (size_t t = 0; t < rnn->steps && chunk->x_mask; t++)
      nn_loops ()->multiply (rnn->k, chunk->x_mask + i * rnn->k,
          training->in + (i * rnn->steps + t) * rnn->k,
          chunk->dropped + (i * rnn->steps + t) * rnn->k);
  }
}

/* z = x W + b for all steps. */
static void
project_inputs (const NnRnn *rnn, const NnRnnChunk *chunk)
{
  for (size_t i = 0; i < chunk->n; i++)
    nn_simd ()->product (&(NnProduct){ .m = rnn->steps,
        .a = chunk->x + i * rnn->steps * rnn->k,
        .lda = rnn->k,
        .n_segments = 1,
        .segment_len = rnn->k,
        .b = &rnn->packed_kernel,
        .bias = rnn->bias,
        .c = chunk->z + i * chunk->width,
        .ldc = chunk->n * chunk->width });
}

static bool
is_used (const NnRnn *rnn, const float *mask, size_t sample, size_t step)
{
  return !mask || mask[sample * rnn->steps + nn_rnn_time (rnn, step)] != 0;
}

/* Whether an output is the state, and not zeros: masked steps repeat the last
 * output. */
static bool
shows_state (const NnRnn *rnn, const float *mask, size_t sample, size_t step)
{
  bool has_output = is_used (rnn, mask, sample, step);

  for (size_t k = 0; k < step && !has_output && !rnn->zero_masked; k++)
    has_output = is_used (rnn, mask, sample, k);
  return has_output;
}

/* Masked steps keep the states; then writes the output of the step. */
static void
end_step (const NnRnn *rnn, const NnRnnChunk *chunk,
    const NnRnnTraining *training, size_t step)
{
  const size_t units = rnn->units, bytes = units * sizeof (float);
  const size_t n_out = rnn->return_sequences ? rnn->steps : 1;

  for (size_t i = 0; i < chunk->n; i++) {
    const float *const h = nn_rnn_state (chunk, 0, step + 1) + i * units;
    float *const out = training->out
        + (i * n_out + (rnn->return_sequences ? step : 0)) * units;

    for (size_t s = 0;
         s < rnn->cell->n_states && !is_used (rnn, training->mask, i, step);
         s++)
      memcpy (nn_rnn_state (chunk, s, step + 1) + i * units,
          nn_rnn_state (chunk, s, step) + i * units, bytes);
    if (!rnn->return_sequences && step + 1 < rnn->steps)
      continue;
    if (shows_state (rnn, training->mask, i, step))
      memcpy (out, h, bytes);
    else
      memset (out, 0, bytes);
  }
}

void
nn_rnn_train (const NnRnn *rnn, const NnRnnTraining *training)
{
  NnRnnChunk chunk = lay_out (rnn, training);
  const size_t size = chunk.n * rnn->units;

  draw_masks (rnn, training, &chunk);
  project_inputs (rnn, &chunk);
  for (size_t s = 0; s < rnn->cell->n_states; s++)
    if (training->initial)
      memcpy (chunk.states[s], training->initial[s], size * sizeof (float));
    else
      memset (chunk.states[s], 0, size * sizeof (float));
  for (size_t step = 0; step < rnn->steps; step++) {
    if (chunk.h_mask)
      nn_loops ()->multiply (size, chunk.h_mask, nn_rnn_state (&chunk, 0, step),
          nn_rnn_used (&chunk, step));
    rnn->cell->train_step (&chunk, step);
    end_step (rnn, &chunk, training, step);
  }
  for (size_t s = 0; s < rnn->cell->n_states && training->final; s++)
    memcpy (training->final[s], nn_rnn_state (&chunk, s, rnn->steps),
        size * sizeof (float));
}

void
nn_rnn_recurrent_gradient (const NnRnnChunk *chunk, const size_t *a_column,
    size_t first, size_t n, float *gradient, size_t ldc)
{
  const NnRnn *const rnn = chunk->rnn;
  /* Forward, all steps are one matrix. */
  const size_t together = rnn->go_backwards && !a_column ? 1 : rnn->steps;

  for (size_t step = 0; step < rnn->steps; step += together) {
    const float *const z = together == 1 ? nn_rnn_z (chunk, step) : chunk->z;

    nn_simd ()->transposed_product (
        &(NnTransposedProduct){ .m = together * chunk->n,
            .k = rnn->units,
            .n = n,
            .a = a_column ? z + *a_column : nn_rnn_used (chunk, step),
            .lda = a_column ? chunk->width : rnn->units,
            .n_segments = 1,
            .b = z + first,
            .ldb = chunk->width,
            .c = gradient,
            .ldc = ldc });
  }
}

void
nn_rnn_bias_gradient (
    const NnRnnChunk *chunk, size_t first, size_t n, float *sum)
{
  nn_loops ()->add_rows (
      chunk->rnn->steps * chunk->n, n, chunk->z + first, chunk->width, sum);
}

/* Adds the gradient of the output of a step to that of the state. */
static void
add_output_gradient (const NnRnn *rnn, const NnRnnChunk *chunk,
    const NnRnnTraining *training, size_t step)
{
  const size_t units = rnn->units;
  const size_t n_out = rnn->return_sequences ? rnn->steps : 1;

  if (!training->out_grad || (!rnn->return_sequences && step + 1 < rnn->steps))
    return;
  for (size_t i = 0; i < chunk->n; i++)
    if (shows_state (rnn, training->mask, i, step))
      nn_loops ()->add (units,
          training->out_grad
              + (i * n_out + (rnn->return_sequences ? step : 0)) * units,
          chunk->d_states[0] + i * units);
}

/* One step backward. Masked samples pass their gradients through. */
static void
step_back (const NnRnn *rnn, NnRnnChunk *chunk, const NnRnnTraining *training,
    size_t step)
{
  const size_t units = rnn->units, size = chunk->n * units;
  float *const kept = chunk->rows + chunk->n * chunk->width;

  for (size_t s = 0; s < rnn->cell->n_states && training->mask; s++)
    memcpy (kept + s * size, chunk->d_states[s], size * sizeof (float));
  rnn->cell->step_back (chunk, step);
  if (chunk->h_mask)
    nn_loops ()->multiply (
        size, chunk->h_mask, chunk->d_states[0], chunk->d_states[0]);
  for (size_t i = 0; i < chunk->n; i++) {
    if (is_used (rnn, training->mask, i, step))
      continue;
    for (size_t s = 0; s < rnn->cell->n_states; s++)
      memcpy (chunk->d_states[s] + i * units, kept + s * size + i * units,
          units * sizeof (float));
    memset (nn_rnn_z (chunk, step) + i * chunk->width, 0,
        chunk->width * sizeof (float));
  }
}

/* From the gradients in z to those of the input and its weights. */
static void
input_back (
    const NnRnn *rnn, const NnRnnChunk *chunk, const NnRnnTraining *training)
{
  const size_t columns = n_columns (rnn), steps = rnn->steps;

  for (size_t i = 0; i < chunk->n && training->param_grad[0]; i++)
    nn_simd ()->transposed_product (&(NnTransposedProduct){ .m = steps,
        .k = rnn->k,
        .n = columns,
        .a = chunk->x + i * steps * rnn->k,
        .lda = rnn->k,
        .n_segments = 1,
        .b = chunk->z + i * chunk->width,
        .ldb = chunk->n * chunk->width,
        .c = training->param_grad[0],
        .ldc = columns });
  if (rnn->use_bias && training->param_grad[2])
    nn_rnn_bias_gradient (chunk, 0, columns, training->param_grad[2]);
  for (size_t i = 0; i < chunk->n && training->in_grad; i++) {
    float *const in_grad = training->in_grad + i * steps * rnn->k;
    const NnPacked packed = i == 0
        ? nn_packed_at (
            chunk->packed, nn_simd (), rnn->kernel, 1, columns, columns, rnn->k)
        : (NnPacked){ columns, rnn->k, chunk->packed };

    nn_simd ()->product (&(NnProduct){ .m = steps,
        .a = chunk->z + i * chunk->width,
        .lda = chunk->n * chunk->width,
        .n_segments = 1,
        .segment_len = columns,
        .b = &packed,
        .c = in_grad,
        .ldc = rnn->k });
    for (size_t t = 0; t < steps && chunk->x_mask; t++)
      nn_loops ()->multiply (rnn->k, chunk->x_mask + i * rnn->k,
          in_grad + t * rnn->k, in_grad + t * rnn->k);
  }
}

void
nn_rnn_train_back (const NnRnn *rnn, const NnRnnTraining *training)
{
  NnRnnChunk chunk = lay_out (rnn, training);
  const size_t size = chunk.n * rnn->units;

  for (size_t s = 0; s < rnn->cell->n_states; s++)
    if (training->final_grad && training->final_grad[s])
      memcpy (
          chunk.d_states[s], training->final_grad[s], size * sizeof (float));
    else
      memset (chunk.d_states[s], 0, size * sizeof (float));
  rnn->cell->pack_back (&chunk);
  for (size_t step = rnn->steps; step-- > 0;) {
    add_output_gradient (rnn, &chunk, training, step);
    step_back (rnn, &chunk, training, step);
  }
  for (size_t s = 0; s < rnn->cell->n_states && training->initial_grad; s++)
    if (training->initial_grad[s])
      memcpy (
          training->initial_grad[s], chunk.d_states[s], size * sizeof (float));
  if (training->param_grad[1])
    rnn->cell->recurrent_gradient (&chunk, training->param_grad[1],
        rnn->use_bias ? training->param_grad[2] : NULL);
  input_back (rnn, &chunk, training);
}

static const char *
layer_obstacle (const NnLayer *layer)
{
  return nn_rnn_obstacle (&((const NnRnnLayer *) layer)->rnn);
}

static void
layer_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const NnRnn *const rnn = &((const NnRnnLayer *) layer)->rnn;

  needs->saved_per_sample = nn_rnn_saved_per_sample (rnn);
  nn_rnn_training_scratch (rnn, &needs->scratch, &needs->scratch_per_sample);
}

static NnRnnTraining
layer_training (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnRnn *const rnn = &((const NnRnnLayer *) layer)->rnn;
  const bool has_initial = layer->n_in > 1;

  return (NnRnnTraining){ .call = call,
    .in = call->forward.in[0],
    .mask = call->forward.in_mask[0],
    .initial = has_initial ? call->forward.in + 1 : NULL,
    .out = call->forward.out[0],
    .final = rnn->return_state ? call->forward.out + 1 : NULL,
    .saved = call->saved,
    .scratch = call->forward.scratch,
    .out_grad = call->out_grad[0],
    .final_grad = rnn->return_state ? call->out_grad + 1 : NULL,
    .in_grad = call->in_grad[0],
    .initial_grad = has_initial ? call->in_grad + 1 : NULL,
    .param_grad = call->param_grad };
}

static void
layer_forward (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnRnnTraining training = layer_training (layer, call);

  nn_rnn_train (&((const NnRnnLayer *) layer)->rnn, &training);
}

static void
layer_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnRnnTraining training = layer_training (layer, call);

  nn_rnn_train_back (&((const NnRnnLayer *) layer)->rnn, &training);
}

const NnTraining nn_rnn_layer_training = {
  .obstacle = layer_obstacle,
  .measure = layer_measure,
  .forward = layer_forward,
  .backward = layer_backward,
};
