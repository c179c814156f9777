/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MultiHeadAttention (Vaswani et al. 2017), and GroupedQueryAttention (Ainslie
 * et al. 2023), in which several heads of the query share one of key and value.
 *   query [t][..]  value [s][..]  key [s][..] (default: the value)
 *   kernels [..][heads][h], biases [heads][h]; of the output [heads][h][..]
 *   -> out [t][..], and, on request, the weights [heads][t][s]
 *   softmax (query . key / sqrt (h)) value, for each head
 * t and s may be several axes; attention is over some or all of them. The other
 * axes, which query, key and value share, are moved to the front in copies, and
 * each of their positions gets attention of its own. */
#include <math.h>
#include <string.h>
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/multi_head.h"
#include "nn/layers/split.h"

/* What one attention reads and writes. */
typedef struct {
  const float *in[NN_OUTPUT];
  float *out, *scores; /* scores: [heads][t][s], or NULL */
  size_t sample;
} Attention;

static size_t
find_input (const NnLayer *layer, const NnConfig *config, const char *name,
    size_t position, size_t fallback)
{
  const NnArg *const arg = nn_layer_arg (layer, name, position);

  if (arg && arg->n == 1)
    return arg->first;
  if (arg || fallback >= layer->n_in)
    nn_config_fail (
        config, NN_ERROR_UNSUPPORTED, "“%s” is not one tensor", name);
  return fallback;
}

/* Elements of all axes but the last. */
static size_t
n_rows (const NnShape *shape)
{
  return nn_shape_size (shape) / shape->dim[shape->rank - 1];
}

static void
find_inputs (NnMultiHead *self, const NnConfig *config)
{
  const NnLayer *const layer = &self->base;
  size_t *const input = self->input;

  self->pair_mask = layer->n_in;
  input[NN_QUERY] = find_input (layer, config, "query", 0, layer->n_in);
  input[NN_VALUE] = find_input (layer, config, "value", 1, layer->n_in);
  if (!nn_config_ok (config))
    return;
  input[NN_KEY] = find_input (layer, config, "key", 2, input[NN_VALUE]);
  if (nn_layer_arg (layer, "attention_mask", G_MAXSIZE))
    self->pair_mask =
        find_input (layer, config, "attention_mask", G_MAXSIZE, layer->n_in);
  for (size_t i = 0; i < NN_OUTPUT && nn_config_ok (config); i++)
    if (layer->in[input[i]].rank < 2)
      nn_config_fail (config, NN_ERROR_SHAPE,
          "query, value or key has not (steps, features)");
    else if (layer->has_mask[input[i]] && layer->in[input[i]].rank > 2)
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "a mask on an input with several axes of steps");
}

/* Keras' rules for the mask of pairs: [t][s] or [heads][t][s], where an axis
 * may be 1. */
static void
check_pair_mask (const NnMultiHead *self, const NnConfig *config)
{
  const NnShape *const shape = &self->base.in[self->pair_mask];
  const size_t wanted[] = { self->heads, self->t, self->s };
  bool fits = shape->rank == 2 || shape->rank == 3;

  for (size_t i = 0; i < shape->rank && fits; i++)
    fits = shape->dim[i] == 1 || shape->dim[i] == wanted[3 - shape->rank + i];
  if (!fits)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "“attention_mask” is not (queries, keys) or (heads, queries, keys)");
}

/* The axes of steps with attention over them: all, or those given. */
static void
read_axes (NnMultiHead *self, const NnConfig *config)
{
  const NnConfig axes = nn_config_get (config, "attention_axes");
  const NnShape *const query = &self->base.in[self->input[NN_QUERY]];
  size_t n_axes = 0;

  if (!nn_config_is_set (&axes))
    for (size_t i = 0; i + 1 < query->rank; i++)
      self->axes[i] = true;
  else if (!nn_axes_read (config, &axes, 0, query->rank - 1, self->axes))
    return;
  self->t = self->s = self->apart = 1;
  for (size_t i = 0; i + 1 < query->rank; i++) {
    n_axes += self->axes[i];
    *(self->axes[i] ? &self->t : &self->apart) *= query->dim[i];
  }
  if (n_axes > 1 && nn_layer_flag (&self->base, "use_causal_mask", false))
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "“use_causal_mask” over several axes of steps is not supported");
  self->has_others = n_axes + 1 < query->rank;
  if (self->has_others && self->pair_mask < self->base.n_in)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "“attention_mask” over some of several axes is not supported");
}

/* Checks that key and value have the same steps, which differ from the query's
 * only in axes with attention over them. */
static void
check_steps (NnMultiHead *self, const NnConfig *config)
{
  const NnShape *const in = self->base.in;
  const NnShape *const query = &in[self->input[NN_QUERY]];
  const NnShape *const key = &in[self->input[NN_KEY]];
  const NnShape *const value = &in[self->input[NN_VALUE]];
  bool fit = value->rank == key->rank;

  if (!self->has_others) { /* their ranks may differ from the query's */
    self->s = n_rows (key);
    fit = n_rows (value) == self->s;
  } else {
    fit = fit && key->rank == query->rank;
    for (size_t i = 0; fit && i + 1 < query->rank; i++) {
      fit = key->dim[i] == value->dim[i]
          && (self->axes[i] || key->dim[i] == query->dim[i]);
      self->s *= self->axes[i] ? key->dim[i] : 1;
    }
  }
  if (!fit)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "query, key and value have incompatible numbers of steps");
}

static void
read_heads (NnMultiHead *self, const NnConfig *config)
{
  const bool is_grouped =
      !g_str_equal (self->base.klass->keras_name, "MultiHeadAttention");

  if (is_grouped) {
    self->heads = nn_config_size (config, "num_query_heads", 0);
    self->shared_heads = nn_config_size (config, "num_key_value_heads", 0);
    self->key_dim = self->value_dim = nn_config_size (config, "head_dim", 0);
  } else {
    self->heads = self->shared_heads = nn_config_size (config, "num_heads", 0);
    self->key_dim = nn_config_size (config, "key_dim", 0);
    self->value_dim = nn_config_size (config, "value_dim", self->key_dim);
  }
  if (nn_config_ok (config) && self->heads % self->shared_heads != 0)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT " heads do not divide into %" G_GSIZE_FORMAT,
        self->heads, self->shared_heads);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->dropout = nn_config_double (config, "dropout", 0);
  nn_layer_refuse (config, "use_gate");
}

/* The shape of the output's features: a number, a list, or that of the query.
 */
static NnShape
read_output_features (const NnMultiHead *self, const NnConfig *config)
{
  const NnConfig value = nn_config_get (config, "output_shape");
  const NnShape *const query = &self->base.in[self->input[NN_QUERY]];
  NnShape features = { .rank = 1 };

  if (nn_config_is_list (&value))
    nn_config_shape (&value, 0, &features);
  else if (nn_config_is_set (&value))
    features.dim[0] = nn_config_size (config, "output_shape", 0);
  else
    features.dim[0] = query->dim[query->rank - 1];
  if (features.rank > NN_MAX_RANK - 2
      || features.rank + query->rank - 1 > NN_MAX_RANK) {
    nn_config_fail (
        config, NN_ERROR_LIMIT, "the output would have too many axes");
    features.rank = 1;
  }
  return features;
}

/* Declares kernel and bias, both of from axes and then to axes. */
static void
add_product (NnMultiHead *self, const NnConfig *config, size_t which,
    const NnShape *from, const NnShape *to)
{
  static const char *const scopes[] = { "query_dense", "key_dense",
    "value_dense", "output_dense" };
  NnLayer *const layer = &self->base;
  NnShape kernel = *from;

  for (size_t i = 0; i < to->rank; i++)
    kernel.dim[kernel.rank++] = to->dim[i];
  self->product[which] =
      (NnHeadProduct){ .param = nn_layer_add_param (layer, config,
                           scopes[which], "kernel", &kernel, true) };
  if (self->use_bias)
    nn_layer_add_param (layer, config, scopes[which], "bias", to, true);
  if (!nn_config_ok (config))
    return;
  self->product[which].from = nn_shape_size (from);
  self->product[which].to = nn_shape_size (to);
}

static void
add_products (
    NnMultiHead *self, const NnConfig *config, const NnShape *features)
{
  const size_t heads[] = { self->heads, self->shared_heads,
    self->shared_heads };
  const size_t dims[] = { self->key_dim, self->key_dim, self->value_dim };

  for (size_t i = 0; i < NN_OUTPUT; i++) {
    const NnShape *const in = &self->base.in[self->input[i]];

    add_product (self, config, i,
        &(NnShape){ .rank = 1, .dim = { in->dim[in->rank - 1] } },
        &(NnShape){ .rank = 2, .dim = { heads[i], dims[i] } });
  }
  add_product (self, config, NN_OUTPUT,
      &(NnShape){ .rank = 2, .dim = { self->heads, self->value_dim } },
      features);
}

/* Views in with the axes in the order of the copies: those without attention
 * come first. */
static NnStrided
arrange (const NnMultiHead *self, const NnShape *in)
{
  NnStrided view = { .offset = 0 };

  for (int attended = 0; attended < 2; attended++)
    for (size_t i = 0; i + 1 < in->rank; i++)
      if (self->axes[i] == (attended != 0)) {
        view.stride[view.shape.rank] = nn_shape_stride (in, i);
        view.shape.dim[view.shape.rank++] = in->dim[i];
      }
  view.stride[view.shape.rank] = 1;
  view.shape.dim[view.shape.rank++] = in->dim[in->rank - 1];
  return view;
}

/* out: the shape with its features, n_features of them, as one axis. */
static void
plan_copies (NnMultiHead *self, const NnShape *out, size_t n_features)
{
  const NnLayer *const layer = &self->base;
  NnShape flat = *out;
  NnStrided turned;

  for (size_t i = 0; i < NN_OUTPUT; i++) {
    const NnShape *const in = &layer->in[self->input[i]];

    self->bring[i] = arrange (self, in);
    self->copy_len += nn_shape_size (in);
  }
  flat.rank = layer->in[self->input[NN_QUERY]].rank;
  flat.dim[flat.rank - 1] = n_features;
  self->copy_len += nn_shape_size (&flat);
  turned = arrange (self, &flat);
  self->restore.shape = flat;
  for (size_t i = 0, seen[2] = { 0 }; i + 1 < flat.rank; i++) {
    size_t before = 0; /* preceding axes of the other kind */

    for (size_t k = 0; k + 1 < flat.rank && self->axes[i]; k++)
      before += !self->axes[k];
    self->restore.stride[i] =
        nn_shape_stride (&turned.shape, before + seen[self->axes[i]]++);
  }
  self->restore.stride[flat.rank - 1] = 1;
}

/* [other axes][heads][attended axes of the query][of the key] */
static void
add_scores (NnMultiHead *self, const NnConfig *config)
{
  NnLayer *const layer = &self->base;
  const NnShape *const query = &layer->in[self->input[NN_QUERY]];
  const NnShape *const key = &layer->in[self->input[NN_KEY]];
  NnShape scores = { .rank = 0 };

  if (query->rank + key->rank - 1 > NN_MAX_RANK) {
    nn_config_fail (
        config, NN_ERROR_LIMIT, "the scores would have too many axes");
    return;
  }
  for (size_t i = 0; i + 1 < query->rank; i++)
    if (!self->axes[i])
      scores.dim[scores.rank++] = query->dim[i];
  scores.dim[scores.rank++] = self->heads;
  for (size_t i = 0; i + 1 < query->rank; i++)
    if (self->axes[i])
      scores.dim[scores.rank++] = query->dim[i];
  for (size_t i = 0; i + 1 < key->rank; i++)
    if (!self->has_others || self->axes[i])
      scores.dim[scores.rank++] = key->dim[i];
  nn_layer_add_output (layer, config, &scores);
}

static void
add_outputs (NnMultiHead *self, const NnConfig *config, const NnShape *features)
{
  NnLayer *const layer = &self->base;
  NnShape out = layer->in[self->input[NN_QUERY]];

  out.rank--;
  for (size_t i = 0; i < features->rank; i++)
    out.dim[out.rank++] = features->dim[i];
  nn_layer_add_output (layer, config, &out);
  if (self->gives_scores)
    add_scores (self, config);
  if (nn_config_ok (config) && self->apart > 1)
    plan_copies (self, &out, nn_shape_size (features));
}

/* Query, key, value and context of all heads; transposed key of one head; its
 * scores; copies. Cannot wrap: each is the product of axes in bounds. */
static size_t
scratch_len (const NnMultiHead *self)
{
  return self->t * (self->product[NN_QUERY].to + self->product[NN_OUTPUT].from)
      + self->s * (self->product[NN_KEY].to + self->product[NN_VALUE].to)
      + self->key_dim * self->s + self->t * self->s + self->copy_len;
}

static void
multi_head_setup (NnLayer *layer, const NnConfig *config)
{
  NnMultiHead *self = (NnMultiHead *) layer;
  NnShape features;

  find_inputs (self, config);
  if (!nn_config_ok (config))
    return;
  read_axes (self, config);
  check_steps (self, config);
  read_heads (self, config);
  if (self->pair_mask < layer->n_in)
    check_pair_mask (self, config);
  self->is_causal = nn_layer_flag (layer, "use_causal_mask", false);
  self->gives_scores = nn_layer_flag (layer, "return_attention_scores", false);
  features = read_output_features (self, config);
  if (!nn_config_ok (config))
    return;
  add_products (self, config, &features);
  add_outputs (self, config, &features);
  layer->scratch_len = scratch_len (self);
}

static void
multiply (const NnMultiHead *self, size_t which, size_t rows, const float *in,
    float *out)
{
  const NnHeadProduct *const product = &self->product[which];
  const size_t n = product->to;

  for (size_t r = 0; r < rows && self->use_bias; r++)
    memcpy (out + r * n, nn_layer_value (&self->base, product->param + 1),
        n * sizeof (float));
  nn_blas_gemm (rows, n, product->from, in, product->from,
      nn_layer_value (&self->base, product->param), n, self->use_bias, out, n);
}

static const float *
mask_of (const NnCall *call, size_t input, size_t sample, size_t steps)
{
  return call->in_mask[input] ? call->in_mask[input] + sample * steps : NULL;
}

NnScoreMask
nn_multi_head_mask (
    const NnMultiHead *self, const NnCall *call, size_t sample, size_t head)
{
  NnScoreMask mask = { .n_queries = self->t,
    .n_keys = self->s,
    .is_causal = self->is_causal,
    .query = mask_of (call, self->input[NN_QUERY], sample, self->t),
    .key = mask_of (call, self->input[NN_VALUE], sample, self->s),
    .other_key = mask_of (call, self->input[NN_KEY], sample, self->s) };

  if (self->pair_mask < self->base.n_in) {
    const NnShape *const shape = &self->base.in[self->pair_mask];
    const size_t *const dim = shape->dim + shape->rank - 2;
    const bool by_head = shape->rank == 3 && shape->dim[0] > 1;

    mask.pair = call->in[self->pair_mask] + sample * nn_shape_size (shape)
        + (by_head ? head * dim[0] * dim[1] : 0);
    mask.query_stride = dim[0] > 1 ? dim[1] : 0;
    mask.key_stride = dim[1] > 1 ? 1 : 0;
  }
  return mask;
}

static void
attend (const NnMultiHead *self, const NnCall *call, const Attention *what)
{
  const size_t t = self->t, s = self->s;
  const NnHeadProduct *const product = self->product;
  float *const query = call->scratch;
  float *const key = query + t * product[NN_QUERY].to;
  float *const value = key + s * product[NN_KEY].to;
  float *const context = value + s * product[NN_VALUE].to;
  float *const turned = context + t * product[NN_OUTPUT].from;
  float *const spare = turned + self->key_dim * s;
  const float scale = 1 / sqrtf (self->key_dim);

  for (size_t i = 0; i < NN_OUTPUT; i++) {
    float *const to[] = { query, key, value };

    multiply (self, i, i == NN_QUERY ? t : s, what->in[i], to[i]);
  }
  for (size_t i = 0; i < t * product[NN_QUERY].to; i++)
    query[i] *= scale;
  for (size_t h = 0; h < self->heads; h++) {
    const size_t shared = h / (self->heads / self->shared_heads);
    const NnScoreMask mask = nn_multi_head_mask (self, call, what->sample, h);
    float *const scores = what->scores ? what->scores + h * t * s : spare;

    nn_scores_transpose (key + shared * self->key_dim, s, self->key_dim,
        product[NN_KEY].to, turned);
    nn_blas_gemm (t, s, self->key_dim, query + h * self->key_dim,
        product[NN_QUERY].to, turned, s, false, scores, s);
    nn_scores_softmax (&mask, scores);
    nn_blas_gemm (t, self->value_dim, s, scores, s,
        value + shared * self->value_dim, product[NN_VALUE].to, false,
        context + h * self->value_dim, product[NN_OUTPUT].from);
  }
  multiply (self, NN_OUTPUT, t, context, what->out);
}

static void
multi_head_forward (const NnLayer *layer, const NnCall *call)
{
  const NnMultiHead *self = (const NnMultiHead *) layer;
  const NnHeadProduct *const product = self->product;
  const size_t out_len = self->t * product[NN_OUTPUT].to;

  for (size_t n = 0; n < call->n; n++) {
    float *const out = call->out[0] + n * self->apart * out_len;
    float *copy = call->scratch + layer->scratch_len - self->copy_len;
    Attention what = { .out = out, .sample = n };

    for (size_t i = 0; i < NN_OUTPUT; i++) {
      const size_t in = self->input[i], size = nn_shape_size (&layer->in[in]);

      what.in[i] = call->in[in] + n * size;
      if (self->apart == 1)
        continue;
      nn_strided_copy (&self->bring[i], what.in[i], copy);
      what.in[i] = copy;
      what.out = copy += size;
    }
    for (size_t k = 0; k < self->apart; k++) {
      if (self->gives_scores)
        what.scores = call->out[1]
            + (n * self->apart + k) * self->heads * self->t * self->s;
      attend (self, call, &what);
      for (size_t i = 0; i < NN_OUTPUT; i++)
        what.in[i] += (i == NN_QUERY ? self->t : self->s) * product[i].from;
      what.out += out_len;
    }
    if (self->apart > 1)
      nn_strided_copy (&self->restore, copy, out);
  }
}

static double
multi_head_flops (const NnLayer *layer)
{
  const NnMultiHead *self = (const NnMultiHead *) layer;
  double flops =
      2.0 * self->heads * self->t * self->s * (self->key_dim + self->value_dim);

  for (size_t i = 0; i < NN_N_PRODUCTS; i++)
    flops += 2.0 * (i == NN_KEY || i == NN_VALUE ? self->s : self->t)
        * self->product[i].from * self->product[i].to;
  return flops * self->apart;
}

/* clang-format off */
#define MULTI_HEAD(name)                                                       \
  {                                                                            \
    .keras_name = name, .size = sizeof (NnMultiHead),                            \
    .mask_rule = NN_MASK_PASS, .setup = multi_head_setup,                      \
    .forward = multi_head_forward, .flops = multi_head_flops,                  \
    .training = &nn_multi_head_training,                                       \
  }
/* clang-format on */

const NnLayerClass nn_multi_head_attention_classes[] = {
  MULTI_HEAD ("MultiHeadAttention"),
  MULTI_HEAD ("GroupQueryAttention"),
  MULTI_HEAD ("GroupedQueryAttention"),
  { NULL },
};
