/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attention against loops that follow its definition, with every kind of mask.
 */
#include <math.h>
#include <string.h>
#include "layer-run.h"

#define T 4 /* queries */
#define S 5 /* keys */
#define D 3
#define E 2 /* features of a value */

typedef struct {
  const char *name;
  const char *class_name, *config;
  bool masks[2]; /* of query and value */
  bool is_causal, has_pair, has_key;
  size_t heads, shared, key_dim, value_dim; /* heads 0: not multi-head */
} Case;

/* clang-format off */
static const Case cases[] = {
  { "dot",           "Attention", "{}", { false, false } },
  { "dot-masked",    "Attention", "{}", { true, true } },
  { "dot-causal",    "Attention", "{}", { false, true }, .is_causal = true },
  { "dot-scaled-key", "Attention", "{\"use_scale\": true}", { false, true }, .has_key = true },
  { "concat",        "Attention", "{\"score_mode\": \"concat\", \"use_scale\": true}", { true, true } },
  { "additive",      "AdditiveAttention", "{}", { true, true } },
  { "additive-plain", "AdditiveAttention", "{\"use_scale\": false}", { false, true } },
  { "heads",         "MultiHeadAttention", "{\"num_heads\": 2, \"key_dim\": 3}", { false, false },
    .heads = 2, .shared = 2, .key_dim = 3, .value_dim = 3 },
  { "heads-masked",  "MultiHeadAttention", "{\"num_heads\": 2, \"key_dim\": 3, \"value_dim\": 4}", { true, true },
    .heads = 2, .shared = 2, .key_dim = 3, .value_dim = 4 },
  { "heads-causal",  "MultiHeadAttention", "{\"num_heads\": 1, \"key_dim\": 2}", { false, true }, .is_causal = true,
    .heads = 1, .shared = 1, .key_dim = 2, .value_dim = 2 },
  { "heads-pairs",   "MultiHeadAttention", "{\"num_heads\": 3, \"key_dim\": 2}", { false, true }, .has_pair = true,
    .heads = 3, .shared = 3, .key_dim = 2, .value_dim = 2 },
  { "grouped",       "GroupQueryAttention", "{\"num_query_heads\": 4, \"num_key_value_heads\": 2, \"head_dim\": 3}", { true, true },
    .heads = 4, .shared = 2, .key_dim = 3, .value_dim = 3 },
};
/* clang-format on */

typedef struct {
  const LayerRun *run;
  const Case *c;
  size_t sample;
} Place;

static bool
may_see (const Place *p, size_t t, size_t s)
{
  const LayerRun *const run = p->run;
  const bool is_multi = p->c->heads > 0;

  if (p->c->is_causal && s > t)
    return false;
  if (run->mask[1] && run->mask[1][p->sample * S + s] == 0)
    return false;
  if (is_multi && run->mask[0] && run->mask[0][p->sample * T + t] == 0)
    return false;
  return !p->c->has_pair || run->in[2][(p->sample * T + t) * S + s] != 0;
}

/* scores [S] -> weights; all alike where nothing may be seen. */
static void
soften (const Place *p, size_t t, double *scores)
{
  double sum = 0, max = -INFINITY;
  bool any = false;

  for (size_t s = 0; s < S; s++)
    any = any || may_see (p, t, s);
  for (size_t s = 0; s < S; s++) {
    if (!may_see (p, t, s))
      scores[s] = any ? -INFINITY : 0;
    max = fmax (max, scores[s]);
  }
  for (size_t s = 0; s < S; s++)
    sum += scores[s] = exp (scores[s] - max);
  for (size_t s = 0; s < S; s++)
    scores[s] /= sum;
}

/* Projected element j of head h: weight pair w, w + 1 with the given heads. */
static double
project (const Place *p, const float *row, size_t n, size_t w, size_t heads,
    size_t dim, size_t h, size_t j)
{
  double sum = layer_run_weight (p->run, w + 1, h * dim + j);

  for (size_t i = 0; i < n; i++)
    sum += row[i] * layer_run_weight (p->run, w, (i * heads + h) * dim + j);
  return sum;
}

static double
expected_heads (const Place *p, size_t t, size_t f)
{
  const Case *const c = p->c;
  const float *const query = p->run->in[0] + (p->sample * T + t) * D;
  const float *const value = p->run->in[1] + p->sample * S * E;
  double sum = layer_run_weight (p->run, 7, f);

  for (size_t h = 0; h < c->heads; h++) {
    const size_t g = h * c->shared / c->heads;
    double scores[S];

    for (size_t s = 0; s < S; s++) {
      scores[s] = 0;
      for (size_t j = 0; j < c->key_dim; j++)
        scores[s] += project (p, query, D, 0, c->heads, c->key_dim, h, j)
            * project (p, value + s * E, E, 2, c->shared, c->key_dim, g, j);
      scores[s] /= sqrt (c->key_dim);
    }
    soften (p, t, scores);
    for (size_t j = 0; j < c->value_dim; j++)
      for (size_t s = 0; s < S; s++)
        sum += scores[s]
            * project (p, value + s * E, E, 4, c->shared, c->value_dim, g, j)
            * layer_run_weight (p->run, 6, (h * c->value_dim + j) * D + f);
  }
  return sum;
}

static double
score (const Place *p, const float *query, const float *key, size_t d)
{
  const bool is_additive = g_str_has_prefix (p->c->class_name, "Add");
  const bool is_concat = strstr (p->c->config, "concat") != NULL;
  const bool has_scale = p->run->layer->weights->params->len > is_concat;
  double sum = 0;

  for (size_t i = 0; i < d; i++)
    if (is_additive)
      sum += (has_scale ? layer_run_weight (p->run, 0, i) : 1)
          * tanh (query[i] + key[i]);
    else if (is_concat)
      sum += layer_run_weight (p->run, 1, 0)
          * tanh (layer_run_weight (p->run, 0, 0) * (query[i] + key[i]));
    else
      sum +=
          (has_scale ? layer_run_weight (p->run, 0, 0) : 1) * query[i] * key[i];
  return sum;
}

static double
expected_single (const Place *p, size_t t, size_t f)
{
  const NnLayer *const layer = p->run->layer;
  const size_t d = layer->in[0].dim[1], e = layer->in[1].dim[1];
  const float *const query = p->run->in[0] + (p->sample * T + t) * d;
  const float *const keys = p->c->has_key ? p->run->in[2] : p->run->in[1];
  double scores[S], sum = 0;

  for (size_t s = 0; s < S; s++)
    scores[s] = score (p, query, keys + (p->sample * S + s) * d, d);
  soften (p, t, scores);
  for (size_t s = 0; s < S; s++)
    sum += scores[s] * p->run->in[1][(p->sample * S + s) * e + f];
  return sum * (p->run->mask[0] ? p->run->mask[0][p->sample * T + t] : 1);
}

static LayerRun *
make (const Case *c)
{
  LayerSpec spec = { c->class_name, c->config, 3,
    c->has_key || c->has_pair ? 3 : 2,
    { { .rank = 2, .dim = { T, D } },
        { .rank = 2, .dim = { S, c->heads || c->has_key ? E : D } },
        { .rank = 2, .dim = { c->has_pair ? T : S, c->has_pair ? S : D } } },
    { c->masks[0], c->masks[1] }, .separate_args = c->heads > 0,
    .keywords = { NULL, NULL, c->has_pair ? "attention_mask" : NULL },
    .constant = c->is_causal ? "true" : NULL,
    .constant_keyword = "use_causal_mask" };

  return layer_run_new (&spec);
}

static void
test_case (gconstpointer data)
{
  const Case *const c = data;
  g_autoptr (LayerRun) run = make (c);
  Place p = { .run = run, .c = c };
  size_t i = 0;

  g_assert_no_error (run->error);
  for (size_t k = 0; k < LAYER_RUN_BATCH * T * S && c->has_pair; k++)
    run->in[2][k] = run->in[2][k] > 0;
  for (size_t s = 0; s < S && c->masks[1]; s++)
    run->mask[1][s] = 0; /* the first sample may see nothing at all */
  layer_run_forward (run);
  for (p.sample = 0; p.sample < LAYER_RUN_BATCH; p.sample++)
    for (size_t t = 0; t < T; t++)
      for (size_t f = 0; f < run->layer->out[0].dim[1]; f++, i++)
        g_assert_cmpfloat_with_epsilon (run->out[0][i],
            c->heads ? expected_heads (&p, t, f) : expected_single (&p, t, f),
            3e-6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/attention/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  return g_test_run ();
}
