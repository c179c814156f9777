/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "nn/limits.h"
#include "nn/model-private.h"
#include "nn/profile.h"

/* One call, with its pointer arrays allocated. */
typedef struct {
  const NnNode *node;
  size_t state_at; /* of the session's state */
  NnCall call;
  const float **in;
  const float **in_mask;
  float **out;
} Call;

struct _NnSession {
  NnModel *model;
  size_t max_batch;
  size_t memory;
  float *arena;   /* arena * max_batch floats, then scratch */
  float **tensor; /* [n_tensors] where each is between begin and end */
  Call *calls;
  size_t n_calls;
  float *state; /* of the sequence that is being processed, or NULL */
};

static float *
allocate (size_t n_floats)
{
  gsize bytes;
  float *memory;

  if (!g_size_checked_mul (&bytes, n_floats, sizeof *memory)
      || posix_memalign ((void **) &memory, 64, MAX (bytes, 64)) != 0)
    return NULL;
  return memory;
}

/* A layer inside TimeDistributed has no state: its samples are time steps. */
static size_t
state_len_of (const NnNode *node)
{
  return node->repeat == 1 ? node->layer->state_len : 0;
}

/* One call for each node that computes; views and absorbed nodes do not. */
static void
make_calls (NnSession *session, float *scratch)
{
  const NnGraph *const graph = session->model->graph;
  size_t state_len = 0;

  session->calls = g_new0 (Call, graph->nodes->len);
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);
    Call *const call = &session->calls[session->n_calls];

    if (node->layer->is_view || node->is_absorbed)
      continue;
    session->n_calls++;
    call->node = node;
    call->state_at = state_len;
    state_len += state_len_of (node);
    call->in = g_new0 (const float *, node->layer->n_in);
    call->in_mask = g_new0 (const float *, node->layer->n_in);
    call->out = g_new0 (float *, node->layer->n_out);
    call->call = (NnCall){ .in = call->in,
      .in_mask = call->in_mask,
      .out = call->out,
      .scratch = scratch };
  }
}

NnSession *
nn_session_new (NnModel *model, size_t max_batch, GError **error)
{
  g_autoptr (NnSession) session = NULL;
  const NnPlan *plan;
  size_t arena, total = 0;

  g_return_val_if_fail (model != NULL && max_batch > 0, NULL);
  plan = model->plan;
  session = g_new0 (NnSession, 1);
  session->model = nn_model_ref (model);
  session->max_batch = max_batch;
  if (g_size_checked_mul (&arena, plan->arena, max_batch)
      && g_size_checked_mul (&total, plan->scratch_per_sample, max_batch)
      && g_size_checked_add (&total, total, arena)
      && g_size_checked_add (&total, total, plan->scratch))
    session->arena = allocate (total);
  if (!session->arena) {
    g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
        "%s: no memory for %" G_GSIZE_FORMAT " samples at once", model->name,
        max_batch);
    return NULL;
  }
  session->memory = total * sizeof (float);
  session->tensor = g_new0 (float *, model->graph->tensors->len);
  for (size_t t = 0; t < model->graph->tensors->len; t++)
    session->tensor[t] =
        session->arena + plan->offset[plan->root[t]] * max_batch;
  make_calls (session, session->arena + arena);
  return g_steal_pointer (&session);
}

void
nn_session_free (NnSession *session)
{
  if (!session)
    return;
  for (size_t i = 0; i < session->n_calls; i++) {
    g_free (session->calls[i].in);
    g_free (session->calls[i].in_mask);
    g_free (session->calls[i].out);
  }
  g_free (session->calls);
  g_free (session->tensor);
  free (session->arena);
  nn_model_unref (session->model);
  g_free (session);
}

size_t
nn_session_memory (const NnSession *session)
{
  g_return_val_if_fail (session != NULL, 0);
  return session->memory;
}

void
nn_session_begin (NnSession *session, const float *const *in)
{
  const NnGraph *const graph = session->model->graph;
  const size_t *const root = session->model->plan->root;

  /* The inputs, and views of them, are the caller's memory. */
  for (size_t i = 0; i < graph->inputs->len; i++)
    session->tensor[g_array_index (graph->inputs, size_t, i)] =
        (float *) in[i]; /* no layer writes its inputs */
  for (size_t t = 0; t < graph->tensors->len; t++)
    session->tensor[t] = session->tensor[root[t]];
}

static float *
tensor_at (const NnSession *session, size_t tensor)
{
  return tensor == NN_NO_TENSOR ? NULL : session->tensor[tensor];
}

void
nn_session_run_call (NnSession *session, size_t index, size_t n)
{
  Call *const call = &session->calls[index];
  const NnNode *const node = call->node;

  for (size_t i = 0; i < node->layer->n_in; i++) {
    call->in[i] = tensor_at (session, node->in[i]);
    call->in_mask[i] = tensor_at (session, node->in_mask[i]);
  }
  for (size_t i = 0; i < node->layer->n_out; i++)
    call->out[i] = tensor_at (session, node->out[i]);
  call->call.out_mask = tensor_at (session, node->out_mask);
  call->call.n = n * node->repeat;
  call->call.is_sequence = session->state != NULL;
  call->call.state = session->state && state_len_of (node) > 0
      ? session->state + call->state_at
      : NULL;
  node->layer->klass->forward (node->layer, &call->call);
}

void
nn_session_end (NnSession *session, size_t n, float *const *out)
{
  const NnGraph *const graph = session->model->graph;

  for (size_t i = 0; i < graph->outputs->len; i++) {
    const size_t t = g_array_index (graph->outputs, size_t, i);

    memcpy (out[i], session->tensor[t],
        nn_graph_tensor (graph, t)->size * n * sizeof (float));
  }
}

void
nn_session_run (
    NnSession *session, size_t n, const float *const *in, float *const *out)
{
  g_return_if_fail (session != NULL && n <= session->max_batch);
  nn_session_begin (session, in);
  for (size_t i = 0; i < session->n_calls; i++)
    nn_session_run_call (session, i, n);
  nn_session_end (session, n, out);
}

size_t
nn_model_state_len (const NnModel *model)
{
  size_t len = 0;

  for (size_t i = 0; i < model->graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (model->graph, i);

    if (!node->is_absorbed)
      len += state_len_of (node);
  }
  return len;
}

void
nn_session_run_sequence (NnSession *session, size_t n, const float *const *in,
    float *const *out, float *state)
{
  session->state = state;
  nn_session_run (session, n, in, out);
  session->state = NULL;
}

size_t
nn_session_n_calls (const NnSession *session)
{
  return session->n_calls;
}

NnCallInfo
nn_session_call_info (const NnSession *session, size_t index)
{
  const NnNode *const node = session->calls[index].node;
  const NnLayer *const layer = node->layer;
  const NnLayerClass *const klass = layer->klass;

  return (NnCallInfo){ .name = layer->name,
    .kind = klass->keras_name,
    .flops = klass->flops ? klass->flops (layer) * (double) node->repeat : 0 };
}
