/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MultiHeadAttention in training. With the numbers of nn/layers/multi_head.h,
 * for each head of each sample:
 *   p = softmax (q k' / sqrt (h)) [t][s]    d = dropout (p)    c = d v
 * and back, from dc:
 *   dv = d' dc    dd = dc v'    dp = dropout (dd)
 *   ds = p (dp - sum of p dp)    dq = ds k / sqrt (h)    dk = ds' q / sqrt (h)
 * The products with weights are of all samples of the chunk at once.
 */
#include <math.h>
#include <string.h>
#include "nn/layers/multi_head.h"
#include "nn/loops.h"
#include "nn/simd.h"
#include "nn/training.h"

/* What forward leaves for backward, of n samples. */
typedef struct {
  float *query;   /* [n][t][heads][key_dim], times 1 / sqrt (key_dim) */
  float *key;     /* [n][s][shared_heads][key_dim] */
  float *value;   /* [n][s][shared_heads][value_dim] */
  float *p;       /* [n][heads][t][s] */
  guint32 *words; /* of dropout: [n][heads][words_len] */
  float *context; /* [n][t][heads][value_dim] */
} Saved;

/* Scratch memory. */
typedef struct {
  float *query, *key, *value, *context; /* gradients, as in Saved */
  float *weights, *weights_grad;        /* [t][s] of one head */
  float *packed;                        /* a matrix for a product */
} Scratch;

/* Where head h of sample i begins, in rows that are ld apart. */
typedef struct {
  size_t at, ld;
} Head;

static Head
find_head (const NnMultiHead *self, size_t which, size_t i, size_t h)
{
  const bool is_of_keys = which == NN_KEY || which == NN_VALUE;
  const size_t dim =
      which == NN_QUERY || which == NN_KEY ? self->key_dim : self->value_dim;
  const size_t ld =
      which == NN_OUTPUT ? self->product[which].from : self->product[which].to;

  if (is_of_keys)
    h /= self->heads / self->shared_heads;
  return (Head){ i * (is_of_keys ? self->s : self->t) * ld + h * dim, ld };
}

/* Rows of product `which` in n samples. */
static size_t
n_rows (const NnMultiHead *self, size_t which, size_t n)
{
  return n * (which == NN_KEY || which == NN_VALUE ? self->s : self->t);
}

static size_t
words_len (const NnMultiHead *self)
{
  return self->dropout > 0 ? nn_training_dropout_len (self->t * self->s) : 0;
}

static Saved
find_saved (const NnMultiHead *self, const NnTrainingCall *call)
{
  const NnHeadProduct *const product = self->product;
  const size_t n = call->forward.n;
  Saved saved = { .query = call->saved };

  saved.key = saved.query + n * self->t * product[NN_QUERY].to;
  saved.value = saved.key + n * self->s * product[NN_KEY].to;
  saved.p = saved.value + n * self->s * product[NN_VALUE].to;
  saved.context = saved.p + n * self->heads * self->t * self->s;
  saved.words =
      (guint32 *) (saved.context + n * self->t * product[NN_OUTPUT].from);
  return saved;
}

static Scratch
lay_out (const NnMultiHead *self, const NnTrainingCall *call)
{
  const NnHeadProduct *const product = self->product;
  const size_t n = call->forward.n;
  Scratch scratch = { .weights = call->forward.scratch };

  scratch.weights_grad = scratch.weights + self->t * self->s;
  scratch.query = scratch.weights_grad + self->t * self->s;
  scratch.key = scratch.query + n * self->t * product[NN_QUERY].to;
  scratch.value = scratch.key + n * self->s * product[NN_KEY].to;
  scratch.context = scratch.value + n * self->s * product[NN_VALUE].to;
  scratch.packed = scratch.context + n * self->t * product[NN_OUTPUT].from;
  return scratch;
}

static void
multi_head_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const NnMultiHead *self = (const NnMultiHead *) layer;
  const NnHeadProduct *const product = self->product;
  const size_t wide = self->t * (product[NN_QUERY].to + product[NN_OUTPUT].from)
      + self->s * (product[NN_KEY].to + product[NN_VALUE].to);
  const size_t dim = MAX (self->key_dim, self->value_dim);
  size_t packed = MAX (nn_training_product_len (dim, self->s),
      nn_training_product_len (self->s, dim));

  for (size_t i = 0; i < NN_N_PRODUCTS; i++) {
    packed =
        MAX (packed, nn_training_product_len (product[i].from, product[i].to));
    packed =
        MAX (packed, nn_training_product_len (product[i].to, product[i].from));
  }
  needs->saved_per_sample =
      wide + self->heads * (self->t * self->s + words_len (self));
  needs->scratch_per_sample = wide;
  needs->scratch = 2 * self->t * self->s + packed;
  needs->forgets_out = true;
}

/* out [rows][to] = in [rows][from] kernel + bias */
static void
project (const NnMultiHead *self, size_t which, size_t rows, const float *in,
    float *out, float *packed)
{
  const NnHeadProduct *const product = &self->product[which];
  const NnPacked kernel = nn_packed_at (packed, nn_simd (),
      nn_layer_value (&self->base, product->param), product->to, 1,
      product->from, product->to);

  nn_simd ()->product (&(NnProduct){ .m = rows,
      .a = in,
      .lda = product->from,
      .n_segments = 1,
      .segment_len = product->from,
      .b = &kernel,
      .bias = self->use_bias ? nn_layer_value (&self->base, product->param + 1)
                             : NULL,
      .c = out,
      .ldc = product->to });
}

/* Dropout of the weights of a head; backward leaves out the same numbers. */
static void
drop (const NnMultiHead *self, const NnTrainingCall *call, size_t sample,
    size_t head, const Saved *saved, const float *in, float *out)
{
  const size_t size = self->t * self->s;
  const NnPhilox stream = nn_training_random (call, sample);

  nn_training_dropout (&stream,
      head * ((size + NN_DROPOUT_BLOCK - 1) / NN_DROPOUT_BLOCK), size,
      self->dropout,
      saved->words + (sample * self->heads + head) * words_len (self), in, out);
}

static void
attend (const NnMultiHead *self, const NnTrainingCall *call, const Saved *saved,
    const Scratch *scratch, size_t sample, size_t h)
{
  const size_t t = self->t, s = self->s;
  const Head query = find_head (self, NN_QUERY, sample, h);
  const Head key = find_head (self, NN_KEY, sample, h);
  const Head value = find_head (self, NN_VALUE, sample, h);
  const Head context = find_head (self, NN_OUTPUT, sample, h);
  const NnScoreMask mask = nn_multi_head_mask (self, &call->forward, sample, h);
  float *const p = saved->p + (sample * self->heads + h) * t * s;
  const float *weights = p;

  nn_training_product (t, self->key_dim, s, saved->query + query.at, query.ld,
      saved->key + key.at, 1, key.ld, false, p, s, scratch->packed);
  nn_scores_softmax (&mask, p);
  if (self->dropout > 0) {
    drop (self, call, sample, h, saved, p, scratch->weights);
    weights = scratch->weights;
  }
  nn_training_product (t, s, self->value_dim, weights, s,
      saved->value + value.at, value.ld, 1, false, saved->context + context.at,
      context.ld, scratch->packed);
}

static void
multi_head_train_forward (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnMultiHead *self = (const NnMultiHead *) layer;
  const size_t n = call->forward.n;
  const Saved saved = find_saved (self, call);
  const Scratch scratch = lay_out (self, call);
  float *const to[] = { saved.query, saved.key, saved.value };
  const float scale = 1 / sqrtf (self->key_dim);

  for (size_t i = 0; i < NN_OUTPUT; i++)
    project (self, i, n_rows (self, i, n), call->forward.in[self->input[i]],
        to[i], scratch.packed);
  for (size_t i = 0; i < n * self->t * self->product[NN_QUERY].to; i++)
    saved.query[i] *= scale;
  for (size_t i = 0; i < n; i++)
    for (size_t h = 0; h < self->heads; h++)
      attend (self, call, &saved, &scratch, i, h);
  if (self->gives_scores)
    memcpy (call->forward.out[1], saved.p,
        n * self->heads * self->t * self->s * sizeof (float));
  project (self, NN_OUTPUT, n * self->t, saved.context, call->forward.out[0],
      scratch.packed);
}

/* c [k][n] += transpose of a [m][k], times b [m][n] */
static void
add_transposed (size_t m, size_t k, size_t n, const float *a, size_t lda,
    const float *b, size_t ldb, float *c, size_t ldc)
{
  nn_simd ()->transposed_product (&(NnTransposedProduct){ .m = m,
      .k = k,
      .n = n,
      .a = a,
      .lda = lda,
      .n_segments = 1,
      .b = b,
      .ldb = ldb,
      .c = c,
      .ldc = ldc });
}

/* The gradients of kernel and bias, and of the input (in_grad [rows][from],
 * which is added to or written; NULL: not wanted). */
static void
project_back (const NnMultiHead *self, const NnTrainingCall *call, size_t which,
    const float *in, const float *dy, bool accumulate, float *in_grad,
    float *packed)
{
  const NnHeadProduct *const product = &self->product[which];
  const size_t from = product->from, to = product->to;
  const size_t rows = n_rows (self, which, call->forward.n);
  float *const *const grad = call->param_grad + product->param;

  if (grad[0])
    add_transposed (rows, from, to, in, from, dy, to, grad[0], to);
  if (self->use_bias && grad[1])
    nn_loops ()->add_rows (rows, to, dy, to, grad[1]);
  if (in_grad)
    nn_training_product (rows, to, from, dy, to,
        nn_layer_value (&self->base, product->param), 1, to, accumulate,
        in_grad, from, packed);
}

/* One head of one sample: from scratch->context to query, key and value. */
static void
attend_back (const NnMultiHead *self, const NnTrainingCall *call,
    const Saved *saved, const Scratch *scratch, size_t sample, size_t h)
{
  const size_t t = self->t, s = self->s,
               at = (sample * self->heads + h) * t * s;
  const size_t key_dim = self->key_dim, value_dim = self->value_dim;
  const Head query = find_head (self, NN_QUERY, sample, h);
  const Head key = find_head (self, NN_KEY, sample, h);
  const Head value = find_head (self, NN_VALUE, sample, h);
  const Head context = find_head (self, NN_OUTPUT, sample, h);
  const NnScoreMask mask = nn_multi_head_mask (self, &call->forward, sample, h);
  const float *const p = saved->p + at;
  const float *const context_grad = scratch->context + context.at;
  float *const grad = scratch->weights_grad;
  const guint32 *const words =
      saved->words + (sample * self->heads + h) * words_len (self);
  const float *weights = p;

  if (self->dropout > 0) {
    nn_training_dropout_again (
        words, t * s, self->dropout, p, scratch->weights);
    weights = scratch->weights;
  }
  add_transposed (t, s, value_dim, weights, s, context_grad, context.ld,
      scratch->value + value.at, value.ld);
  nn_training_product (t, value_dim, s, context_grad, context.ld,
      saved->value + value.at, 1, value.ld, false, grad, s, scratch->packed);
  if (self->dropout > 0)
    nn_training_dropout_again (words, t * s, self->dropout, grad, grad);
  if (self->gives_scores && call->out_grad[1])
    nn_loops ()->add (t * s, call->out_grad[1] + at, grad);
  nn_scores_softmax_gradient (&mask, p, grad);
  nn_training_product (t, s, key_dim, grad, s, saved->key + key.at, key.ld, 1,
      false, scratch->query + query.at, query.ld, scratch->packed);
  add_transposed (t, s, key_dim, grad, s, saved->query + query.at, query.ld,
      scratch->key + key.at, key.ld);
}

/* Query, value and key write their gradients; the value adds where it is the
 * key, too, and a mask has none. */
static void
inputs_back (
    const NnMultiHead *self, const NnTrainingCall *call, const Scratch *scratch)
{
  const float *const grad[] = { scratch->query, scratch->key, scratch->value };

  for (size_t i = 0; i < NN_OUTPUT; i++) {
    const size_t input = self->input[i];

    project_back (self, call, i, call->forward.in[input], grad[i],
        i == NN_VALUE && input == self->input[NN_KEY], call->in_grad[input],
        scratch->packed);
  }
  if (self->pair_mask < self->base.n_in && call->in_grad[self->pair_mask])
    memset (call->in_grad[self->pair_mask], 0,
        call->forward.n * nn_shape_size (&self->base.in[self->pair_mask])
            * sizeof (float));
}

static void
multi_head_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnMultiHead *self = (const NnMultiHead *) layer;
  const NnHeadProduct *const product = self->product;
  const size_t n = call->forward.n;
  const Saved saved = find_saved (self, call);
  const Scratch scratch = lay_out (self, call);
  const float scale = 1 / sqrtf (self->key_dim);

  memset (scratch.key, 0,
      n * self->s * (product[NN_KEY].to + product[NN_VALUE].to)
          * sizeof (float));
  if (call->out_grad[0])
    project_back (self, call, NN_OUTPUT, saved.context, call->out_grad[0],
        false, scratch.context, scratch.packed);
  else
    memset (scratch.context, 0,
        n * self->t * product[NN_OUTPUT].from * sizeof (float));
  for (size_t i = 0; i < n; i++)
    for (size_t h = 0; h < self->heads; h++)
      attend_back (self, call, &saved, &scratch, i, h);
  for (size_t i = 0; i < n * self->t * product[NN_QUERY].to; i++)
    scratch.query[i] *= scale;
  inputs_back (self, call, &scratch);
}

static const char *
multi_head_obstacle (const NnLayer *layer)
{
  return ((const NnMultiHead *) layer)->apart > 1
      ? "attention over some of several axes is not supported in training"
      : NULL;
}

const NnTraining nn_multi_head_training = {
  .obstacle = multi_head_obstacle,
  .measure = multi_head_measure,
  .forward = multi_head_train_forward,
  .backward = multi_head_backward,
};
