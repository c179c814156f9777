/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layer-run.h"

#include <math.h>
#include <string.h>

/* -1 ... 1 */
static float *
fill (size_t n, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  float *values = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    values[i] = g_rand_double_range (rand, -1, 1);
  return values;
}

static NnDocument *
parse (const char *text)
{
  NnDocument *document = nn_document_parse ("test", text, strlen (text), NULL);

  g_assert_nonnull (document);
  return document;
}

static NnLayer *
make_layer (LayerRun *run, const LayerSpec *spec, size_t n_in)
{
  const int major = spec->keras_major ? spec->keras_major : 3;
  const NnLayerClass *const klass = nn_layer_class_find (spec->class_name);
  NnArg args[LAYER_RUN_MAX_IN + 1] = { { .n = n_in } };
  NnArgs call = { .in = spec->in,
    .has_mask = spec->masked,
    .n_in = n_in,
    .args = args,
    .n_args = 1 };
  NnConfig config;

  g_assert_nonnull (klass);
  run->document = parse (spec->config);
  config =
      nn_document_root (run->document, spec->class_name, major, &run->error);
  for (size_t i = 0; i < n_in && spec->separate_args; i++)
    args[i] =
        (NnArg){ .name = spec->keywords[i], .position = i, .first = i, .n = 1 };
  if (spec->separate_args)
    call.n_args = n_in;
  if (spec->constant) {
    run->constant = parse (spec->constant);
    args[call.n_args] = (NnArg){ .name = spec->constant_keyword,
      .position = call.n_args,
      .value = nn_document_root (
          run->constant, spec->class_name, major, &run->error) };
    call.n_args++;
  }
  return nn_layer_new (klass, "test", NULL, &config, &call);
}

static bool
is_too_large (const LayerSpec *spec, const NnLayer *layer)
{
  size_t n = layer->scratch_len + LAYER_RUN_BATCH * layer->scratch_per_sample;

  for (size_t i = 0; i < layer->n_out; i++)
    n = MAX (n, nn_shape_size (&layer->out[i]));
  for (guint i = 0; i < layer->weights->params->len; i++) {
    const NnParam *const param = g_ptr_array_index (layer->weights->params, i);

    n = MAX (n, param->size);
  }
  return spec->max_size > 0 && n > spec->max_size;
}

static void
fill_inputs (LayerRun *run)
{
  for (size_t i = 0; i < run->layer->n_in; i++) {
    const NnShape *const shape = &run->layer->in[i];
    const size_t steps = LAYER_RUN_BATCH * (shape->rank ? shape->dim[0] : 1);

    run->in[i] = fill (LAYER_RUN_BATCH * nn_shape_size (shape), 100 + i);
    if (!run->layer->has_mask[i])
      continue;
    run->mask[i] = fill (steps, 200 + i);
    for (size_t t = 0; t < steps; t++)
      run->mask[i][t] = run->mask[i][t] > -0.2;
  }
}

static size_t
mask_size (const NnLayer *layer)
{
  NnShape shape = layer->out[0];

  shape.rank = MAX (layer->mask_rank, 1);
  return nn_shape_size (&shape);
}

LayerRun *
layer_run_new (const LayerSpec *spec)
{
  LayerRun *run = g_new0 (LayerRun, 1);
  NnLayer *layer;

  layer = run->layer = make_layer (run, spec, spec->n_in ? spec->n_in : 1);
  if (!layer || (run->is_too_large = is_too_large (spec, layer)))
    return run;
  for (guint i = 0; i < layer->weights->params->len; i++) {
    NnParam *const param = g_ptr_array_index (layer->weights->params, i);

    param->value = fill (param->size, 1 + i);
    if (strstr (param->name, "variance"))
      for (size_t k = 0; k < param->size; k++)
        param->value[k] = fabsf (param->value[k]) + 0.1f;
  }
  if (layer->klass->finish) {
    g_assert_true (layer->klass->finish (layer));
    g_assert_true (layer->klass->finish (layer)); /* again: as after training */
  }
  if (spec->specialise && layer->klass->specialise) {
    g_assert_true (layer->klass->specialise (layer));
    g_assert_true (layer->klass->finish (layer));
  }
  if (spec->quantise)
    layer->klass->quantise (layer);
  fill_inputs (run);
  run->out = g_new0 (float *, layer->n_out);
  for (size_t i = 0; i < layer->n_out; i++)
    run->out[i] =
        g_new0 (float, LAYER_RUN_BATCH *nn_shape_size (&layer->out[i]));
  if (layer->mask_rule == NN_MASK_MAKE)
    run->out_mask = g_new0 (float, LAYER_RUN_BATCH *mask_size (layer));
  return run;
}

void
layer_run_forward (LayerRun *run)
{
  const NnLayer *const layer = run->layer;
  /* Exactly what was asked for, so that a sanitizer sees a write past it; and
   * not zero, so that nothing relies on that. */
  const size_t n =
      layer->scratch_len + LAYER_RUN_BATCH * layer->scratch_per_sample;
  g_autofree float *scratch = g_new (float, n);
  NnCall call = { .n = LAYER_RUN_BATCH,
    .in = (const float *const *) run->in,
    .in_mask = (const float *const *) run->mask,
    .out = run->out,
    .out_mask = run->out_mask,
    .scratch = scratch,
    .state = run->state };

  for (size_t i = 0; i < n; i++)
    scratch[i] = NAN;
  for (size_t i = 0; i < layer->n_out; i++)
    for (size_t k = 0; k < LAYER_RUN_BATCH * nn_shape_size (&layer->out[i]);
         k++)
      run->out[i][k] = layer->is_view ? run->in[0][k] : NAN;
  if (!layer->is_view)
    layer->klass->forward (layer, &call);
}

void
layer_run_free (LayerRun *run)
{
  for (size_t i = 0; run->out && i < run->layer->n_out; i++)
    g_free (run->out[i]);
  for (size_t i = 0; i < LAYER_RUN_MAX_IN; i++) {
    g_free (run->in[i]);
    g_free (run->mask[i]);
  }
  g_free (run->out);
  g_free (run->out_mask);
  nn_layer_free (run->layer);
  nn_document_free (run->document);
  nn_document_free (run->constant);
  g_clear_error (&run->error);
  g_free (run);
}
