/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attention (Luong et al. 2015) and AdditiveAttention (Bahdanau et al. 2015).
 *   query [t][d]  value [s][e]  key [s][d] (default: the value)
 *   -> out [t][e], and, on request, the weights [t][s]
 *   score = scale * query . key                               dot
 *         = weight * sum of tanh (scale * (query + key))      concat
 *         = sum of scale [d] * tanh (query + key)             additive */
#include <math.h>
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/scores.h"

enum { QUERY, VALUE, KEY };

typedef enum { DOT, CONCAT, ADDITIVE } Score;

typedef struct {
  NnLayer base;
  Score score;
  size_t t, s, d, e;
  size_t key; /* which input is the key */
  bool has_scale, is_causal, gives_scores;
} Attention;

static bool
read_shapes (Attention *self, const NnConfig *config)
{
  NnLayer *const layer = &self->base;
  const NnShape *const in = layer->in;

  if (!nn_layer_expect (layer, config, layer->n_in == 3 ? 3 : 2, 2, 2))
    return false;
  self->key = layer->n_in == 3 ? KEY : VALUE;
  self->t = in[QUERY].dim[0];
  self->d = in[QUERY].dim[1];
  self->s = in[VALUE].dim[0];
  self->e = in[VALUE].dim[1];
  if (in[self->key].dim[0] == self->s && in[self->key].dim[1] == self->d)
    return true;
  nn_config_fail (
      config, NN_ERROR_SHAPE, "query, value and key have incompatible shapes");
  return false;
}

static void
add_params (Attention *self, const NnConfig *config)
{
  NnLayer *const layer = &self->base;
  const NnShape scalar = { .rank = 0 };
  const NnShape vector = { .rank = 1, .dim = { self->d } };

  self->has_scale =
      nn_config_bool (config, "use_scale", self->score == ADDITIVE);
  if (self->has_scale)
    nn_layer_add_param (layer, config, "", "scale",
        self->score == ADDITIVE ? &vector : &scalar, true);
  if (self->score == CONCAT)
    nn_layer_add_param (
        layer, config, "", "concat_score_weight", &scalar, true);
}

static void
attention_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const modes[] = { "dot", "concat", NULL };
  Attention *self = (Attention *) layer;

  if (!read_shapes (self, config))
    return;
  self->score = g_str_equal (layer->klass->keras_name, "AdditiveAttention")
      ? ADDITIVE
      : nn_config_choice (config, "score_mode", modes, DOT);
  self->is_causal = nn_layer_flag (
      layer, "use_causal_mask", nn_config_bool (config, "causal", false));
  self->gives_scores = nn_layer_flag (layer, "return_attention_scores", false);
  add_params (self, config);
  nn_layer_add_output (
      layer, config, &(NnShape){ .rank = 2, .dim = { self->t, self->e } });
  if (self->gives_scores)
    nn_layer_add_output (
        layer, config, &(NnShape){ .rank = 2, .dim = { self->t, self->s } });
  layer->scratch_len = self->t * self->s + self->s * self->d;
}

/* scores [t][s]; turned: scratch for the transposed key, [d][s] */
static void
score_dot (const Attention *self, const float *query, const float *key,
    float *turned, float *scores)
{
  const float scale = self->has_scale ? *nn_layer_value (&self->base, 0) : 1;

  nn_scores_transpose (key, self->s, self->d, self->d, turned);
  nn_blas_gemm (self->t, self->s, self->d, query, self->d, turned, self->s,
      false, scores, self->s);
  for (size_t i = 0; i < self->t * self->s; i++)
    scores[i] *= scale;
}

static void
score_tanh (
    const Attention *self, const float *query, const float *key, float *scores)
{
  const NnLayer *const layer = &self->base;
  const float *const scale = self->has_scale ? nn_layer_value (layer, 0) : NULL;
  const bool is_additive = self->score == ADDITIVE;
  const float inside = !is_additive && scale ? *scale : 1;
  const float weight =
      is_additive ? 1 : *nn_layer_value (layer, self->has_scale);

  for (size_t i = 0; i < self->t; i++)
    for (size_t j = 0; j < self->s; j++) {
      float sum = 0;

      for (size_t k = 0; k < self->d; k++)
        sum += (is_additive && scale ? scale[k] : 1)
            * tanhf (inside * (query[i * self->d + k] + key[j * self->d + k]));
      scores[i * self->s + j] = weight * sum;
    }
}

static void
attend (const Attention *self, const NnCall *call, size_t sample)
{
  const size_t t = self->t, s = self->s, e = self->e;
  const float *const query = call->in[QUERY] + sample * t * self->d;
  const float *const key = call->in[self->key] + sample * s * self->d;
  const float *const seen = call->in_mask[QUERY];
  float *const out = call->out[0] + sample * t * e;
  float *const scores = self->gives_scores ? call->out[1] + sample * t * s
                                           : call->scratch + s * self->d;

  if (self->score == DOT)
    score_dot (self, query, key, call->scratch, scores);
  else
    score_tanh (self, query, key, scores);
  nn_scores_softmax (
      &(NnScoreMask){ .n_queries = t,
          .n_keys = s,
          .is_causal = self->is_causal,
          .key =
              call->in_mask[VALUE] ? call->in_mask[VALUE] + sample * s : NULL },
      scores);
  nn_blas_gemm (
      t, e, s, scores, s, call->in[VALUE] + sample * s * e, e, false, out, e);
  for (size_t i = 0; i < t * e && seen; i++)
    out[i] *= seen[sample * t + i / e];
}

static void
attention_forward (const NnLayer *layer, const NnCall *call)
{
  for (size_t i = 0; i < call->n; i++)
    attend ((const Attention *) layer, call, i);
}

static double
attention_flops (const NnLayer *layer)
{
  const Attention *self = (const Attention *) layer;

  return 2.0 * self->t * self->s * (self->d + self->e);
}

/* clang-format off */
#define ATTENTION(name)                                                        \
  {                                                                            \
    .keras_name = name, .size = sizeof (Attention),                            \
    .mask_rule = NN_MASK_PASS, .setup = attention_setup,                       \
    .forward = attention_forward, .flops = attention_flops,                    \
  }
/* clang-format on */

const NnLayerClass nn_attention_classes[] = {
  ATTENTION ("Attention"),
  ATTENTION ("AdditiveAttention"),
  { NULL },
};
