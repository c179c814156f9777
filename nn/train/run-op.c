/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "nn/train/run-private.h"

/* One call of a layer: which samples, and where everything is. */
typedef struct {
  NnRunRange range;
  NnTrainingCall call;
} Call;

/* The part of an array that belongs to a range, or NULL. */
static float *
array_at (
    const NnRunArray *array, size_t size, const NnRunSpace *space, size_t first)
{
  if (array->is_local)
    return space->local + array->local_at;
  return array->batch ? array->batch + first * size : NULL;
}

static float *
value_at (
    const NnRun *run, size_t tensor, const NnRunSpace *space, size_t first)
{
  const NnRunTensor *const t = &run->tensors[tensor];

  return array_at (&t->value, t->size, space, first);
}

static float *
mask_at (const NnRun *run, size_t tensor, const NnRunSpace *space, size_t first)
{
  return tensor == NN_NO_TENSOR ? NULL : value_at (run, tensor, space, first);
}

static float *
grad_at (const NnRun *run, size_t tensor, const NnRunSpace *space, size_t first)
{
  const NnRunTensor *const t = &run->tensors[tensor];

  return t->has_grad ? array_at (&t->grad, t->size, space, first) : NULL;
}

static void
prepare (NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread,
    Call *prepared)
{
  const NnNode *const node = op->node;
  const NnRunSpace *const space = &run->spaces[thread];
  const size_t first = range->first;

  for (size_t k = 0; k < op->layer->n_in; k++) {
    space->in[k] = value_at (run, node->in[k], space, first);
    space->in_mask[k] = mask_at (run, node->in_mask[k], space, first);
  }
  for (size_t k = 0; k < op->layer->n_out; k++) {
    space->out[k] = value_at (run, node->out[k], space, first);
    space->out_grad[k] = grad_at (run, node->out[k], space, first);
  }
  *prepared = (Call){ .range = *range,
    .call = { .run = { .n = range->n * node->repeat,
                  .in = space->in,
                  .in_mask = space->in_mask,
                  .out = space->out,
                  .out_mask = mask_at (run, node->out_mask, space, first),
                  .scratch = space->scratch },
        .seed = run->config.seed,
        .node = op->index,
        .step = run->step,
        .first = first * node->repeat,
        .batch = run->n * node->repeat,
        .sums = op->sums + run->n_chunks * op->needs.sums,
        .backward_sums =
            op->backward_sums + run->n_chunks * op->needs.backward_sums,
        .saved = op->saved + range->chunk * op->saved_len
            + (first - range->chunk * run->config.chunk) * node->repeat
                * op->needs.saved_per_sample,
        .out_grad = space->out_grad,
        .in_grad = space->in_grad,
        .param_grad = space->param_grad } };
}

static float *
before_at (const NnRun *run, const NnRunOp *op, size_t first)
{
  return op->before ? op->before + first * run->tensors[op->node->out[0]].size
                    : NULL;
}

void
nn_run_op_forward (
    NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread)
{
  const NnShape *const shape = &op->layer->out[0];
  const size_t len = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  float *out, *before;
  size_t size;
  Call call;

  prepare (run, op, range, thread, &call);
  out = call.call.run.out[0];
  size = call.call.run.n * nn_shape_size (shape);
  before = before_at (run, op, range->first);
  if (before)
    run->spaces[thread].out[0] = before;
  if (op->training && op->training->forward)
    op->training->forward (op->layer, &call.call);
  else
    op->layer->klass->forward (op->layer, &call.call.run);
  if (before) {
    memcpy (out, before, size * sizeof *out);
    nn_activation_apply (&op->activation, out, size / len, len);
  }
}

/* Begins sums with the first samples of a chunk. */
static void
begin_sums (const NnRun *run, const NnRunRange *range, double *sums, size_t n)
{
  if (range->first == range->chunk * run->config.chunk)
    memset (sums, 0, n * sizeof *sums);
}

/* The sums that a layer wants over the batch, for one chunk. */
void
nn_run_op_sums (
    NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread)
{
  Call call;

  prepare (run, op, range, thread, &call);
  call.call.sums = op->sums + range->chunk * op->needs.sums;
  begin_sums (run, range, call.call.sums, op->needs.sums);
  op->training->sums (op->layer, &call.call);
}

/* The gradient of the activation that the layer ends in: in the first pass that
 * looks at out_grad. */
static void
last_activation_gradient (const NnRun *run, const NnRunOp *op, const Call *call)
{
  const NnLayer *const layer = op->layer;
  const NnActivation *const activation =
      op->before ? &op->activation : layer->last_activation;
  const NnShape *const shape = &layer->out[0];
  const size_t len = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  const size_t size = nn_shape_size (shape) * call->call.run.n;

  if (activation && !op->skips_activation && call->call.out_grad[0])
    nn_activation_gradient (activation, before_at (run, op, call->range.first),
        call->call.run.out[0], call->call.out_grad[0], size / len, len);
}

void
nn_run_op_backward_sums (
    NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread)
{
  Call call;

  prepare (run, op, range, thread, &call);
  call.call.backward_sums =
      op->backward_sums + range->chunk * op->needs.backward_sums;
  begin_sums (run, range, call.call.backward_sums, op->needs.backward_sums);
  last_activation_gradient (run, op, &call);
  op->training->backward_sums (op->layer, &call.call);
}

/* Where the gradients of weights and inputs go. Those of inputs that have a
 * part already go to temporary arrays first, for a layer writes and does not
 * add. */
static void
prepare_gradients (NnRun *run, const NnRunOp *op, size_t thread, Call *call)
{
  const NnRunSpace *const space = &run->spaces[thread];
  float *const gradient =
      run->gradients + call->range.chunk * run->weights->n_trained;
  float *temporary = space->temporary;

  for (guint i = 0; i < op->layer->weights->params->len; i++)
    space->param_grad[i] = op->param_offset[i] == NN_NOT_TRAINED
        ? NULL
        : gradient + op->param_offset[i];
  for (size_t k = 0; k < op->layer->n_in; k++) {
    const size_t tensor = op->node->in[k];

    space->in_grad[k] = NULL;
    if (op->modes[k] == NN_GRAD_WRITE) {
      space->in_grad[k] = grad_at (run, tensor, space, call->range.first);
    } else if (op->modes[k] == NN_GRAD_ADD) {
      space->in_grad[k] = temporary;
      temporary += call->range.n * run->tensors[tensor].size;
    }
  }
}

void
nn_run_op_backward (
    NnRun *run, const NnRunOp *op, const NnRunRange *range, size_t thread)
{
  Call call;

  prepare (run, op, range, thread, &call);
  if (!nn_run_op_has_backward_sums (op))
    last_activation_gradient (run, op, &call);
  prepare_gradients (run, op, thread, &call);
  op->training->backward (op->layer, &call.call);
  for (size_t k = 0; k < op->layer->n_in; k++) {
    const size_t tensor = op->node->in[k];

    if (op->modes[k] == NN_GRAD_ADD)
      nn_loops ()->add (range->n * run->tensors[tensor].size,
          call.call.in_grad[k],
          grad_at (run, tensor, &run->spaces[thread], range->first));
  }
}
