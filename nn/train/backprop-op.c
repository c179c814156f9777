/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "nn/train/backprop-private.h"

/* One call of a layer: its samples and arrays. */
typedef struct {
  NnBackpropRange range;
  NnTrainingCall call;
} Call;

/* The slice of an array for a range, or NULL. */
static float *
array_at (const NnBackpropArray *array, size_t size,
    const NnBackpropSpace *space, size_t first)
{
  if (array->is_local)
    return space->local + array->local_at;
  return array->batch ? array->batch + first * size : NULL;
}

static float *
value_at (const NnBackprop *backprop, size_t tensor,
    const NnBackpropSpace *space, size_t first)
{
  const NnBackpropTensor *const t = &backprop->tensors[tensor];

  return array_at (&t->value, t->size, space, first);
}

static float *
mask_at (const NnBackprop *backprop, size_t tensor,
    const NnBackpropSpace *space, size_t first)
{
  return tensor == NN_NO_TENSOR ? NULL
                                : value_at (backprop, tensor, space, first);
}

static float *
grad_at (const NnBackprop *backprop, size_t tensor,
    const NnBackpropSpace *space, size_t first)
{
  const NnBackpropTensor *const t = &backprop->tensors[tensor];

  return t->has_grad ? array_at (&t->grad, t->size, space, first) : NULL;
}

static void
prepare (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread, Call *prepared)
{
  const NnNode *const node = op->node;
  const NnBackpropSpace *const space = &backprop->spaces[thread];
  const size_t first = range->first;

  for (size_t k = 0; k < op->layer->n_in; k++) {
    space->in[k] = value_at (backprop, node->in[k], space, first);
    space->in_mask[k] = mask_at (backprop, node->in_mask[k], space, first);
  }
  for (size_t k = 0; k < op->layer->n_out; k++) {
    space->out[k] = value_at (backprop, node->out[k], space, first);
    space->out_grad[k] = grad_at (backprop, node->out[k], space, first);
  }
  *prepared = (Call){ .range = *range,
    .call = { .forward = { .n = range->n * node->repeat,
                  .in = space->in,
                  .in_mask = space->in_mask,
                  .out = space->out,
                  .out_mask = mask_at (backprop, node->out_mask, space, first),
                  .scratch = space->scratch },
        .seed = backprop->config.seed,
        .node = op->index,
        .step = backprop->step,
        .first = first * node->repeat,
        .batch = backprop->n * node->repeat,
        .sums = op->sums + backprop->n_chunks * op->needs.sums,
        .backward_sums =
            op->backward_sums + backprop->n_chunks * op->needs.backward_sums,
        .saved = op->saved + range->chunk * op->saved_len
            + (first - range->chunk * backprop->config.chunk) * node->repeat
                * op->needs.saved_per_sample,
        .out_grad = space->out_grad,
        .in_grad = space->in_grad,
        .param_grad = space->param_grad } };
}

static float *
before_at (const NnBackprop *backprop, const NnBackpropOp *op, size_t first)
{
  return op->before
      ? op->before + first * backprop->tensors[op->node->out[0]].size
      : NULL;
}

void
nn_backprop_op_forward (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread)
{
  const NnShape *const shape = &op->layer->out[0];
  const size_t len = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  float *out, *before;
  size_t size;
  Call call;

  prepare (backprop, op, range, thread, &call);
  out = call.call.forward.out[0];
  size = call.call.forward.n * nn_shape_size (shape);
  before = before_at (backprop, op, range->first);
  if (before)
    backprop->spaces[thread].out[0] = before;
  if (op->training && op->training->forward)
    op->training->forward (op->layer, &call.call);
  else
    op->layer->klass->forward (op->layer, &call.call.forward);
  if (before) {
    memcpy (out, before, size * sizeof *out);
    nn_activation_apply (&op->activation, out, size / len, len);
  }
}

/* Clears sums at the first samples of a chunk. */
static void
begin_sums (const NnBackprop *backprop, const NnBackpropRange *range,
    double *sums, size_t n)
{
  if (range->first == range->chunk * backprop->config.chunk)
    memset (sums, 0, n * sizeof *sums);
}

/* The sums over the batch that a layer needs, for one chunk. */
void
nn_backprop_op_sums (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread)
{
  Call call;

  prepare (backprop, op, range, thread, &call);
  call.call.sums = op->sums + range->chunk * op->needs.sums;
  begin_sums (backprop, range, call.call.sums, op->needs.sums);
  op->training->sums (op->layer, &call.call);
}

/* The gradient of the layer's final activation, in the first pass that reads
 * out_grad. */
static void
last_activation_gradient (
    const NnBackprop *backprop, const NnBackpropOp *op, const Call *call)
{
  const NnLayer *const layer = op->layer;
  const NnActivation *const activation =
      op->before ? &op->activation : layer->last_activation;
  const NnShape *const shape = &layer->out[0];
  const size_t len = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  const size_t size = nn_shape_size (shape) * call->call.forward.n;

  if (activation && !op->skips_activation && call->call.out_grad[0])
    nn_activation_gradient (activation,
        before_at (backprop, op, call->range.first), call->call.forward.out[0],
        call->call.out_grad[0], size / len, len);
}

void
nn_backprop_op_backward_sums (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread)
{
  Call call;

  prepare (backprop, op, range, thread, &call);
  call.call.backward_sums =
      op->backward_sums + range->chunk * op->needs.backward_sums;
  begin_sums (
      backprop, range, call.call.backward_sums, op->needs.backward_sums);
  last_activation_gradient (backprop, op, &call);
  op->training->backward_sums (op->layer, &call.call);
}

/* The arrays for gradients of weights and inputs. Inputs with a gradient from
 * another reader get a temporary array first, because a layer overwrites
 * instead of adding. */
static void
prepare_gradients (
    NnBackprop *backprop, const NnBackpropOp *op, size_t thread, Call *call)
{
  const NnBackpropSpace *const space = &backprop->spaces[thread];
  float *const gradient =
      backprop->gradients + call->range.chunk * backprop->weights->n_trained;
  float *temporary = space->temporary;

  for (guint i = 0; i < op->layer->weights->params->len; i++)
    space->param_grad[i] = op->param_offset[i] == NN_NOT_TRAINED
        ? NULL
        : gradient + op->param_offset[i];
  for (size_t k = 0; k < op->layer->n_in; k++) {
    const size_t tensor = op->node->in[k];

    space->in_grad[k] = NULL;
    if (op->modes[k] == NN_GRAD_WRITE) {
      space->in_grad[k] = grad_at (backprop, tensor, space, call->range.first);
    } else if (op->modes[k] == NN_GRAD_ADD) {
      space->in_grad[k] = temporary;
      temporary += call->range.n * backprop->tensors[tensor].size;
    }
  }
}

void
nn_backprop_op_backward (NnBackprop *backprop, const NnBackpropOp *op,
    const NnBackpropRange *range, size_t thread)
{
  Call call;

  prepare (backprop, op, range, thread, &call);
  if (!nn_backprop_op_has_backward_sums (op))
    last_activation_gradient (backprop, op, &call);
  prepare_gradients (backprop, op, thread, &call);
  op->training->backward (op->layer, &call.call);
  for (size_t k = 0; k < op->layer->n_in; k++) {
    const size_t tensor = op->node->in[k];

    if (op->modes[k] == NN_GRAD_ADD)
      nn_loops ()->add (range->n * backprop->tensors[tensor].size,
          call.call.in_grad[k],
          grad_at (backprop, tensor, &backprop->spaces[thread], range->first));
  }
}
