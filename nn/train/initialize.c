/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/initialize.h"

#include <math.h>
#include "nn/error.h"
#include "nn/random.h"

/* Inputs and outputs of one unit, as keras.initializers.compute_fans. */
static void
compute_fans (const NnShape *shape, double *fan_in, double *fan_out)
{
  double field = 1;

  if (shape->rank < 2) {
    *fan_in = *fan_out = nn_shape_size (shape);
    return;
  }
  for (size_t i = 0; i + 2 < shape->rank; i++)
    field *= shape->dim[i];
  *fan_in = field * shape->dim[shape->rank - 2];
  *fan_out = field * shape->dim[shape->rank - 1];
}

static double
draw (NnRandom *random, NnInitKind kind, double a, double b)
{
  double x;

  if (kind == NN_INIT_UNIFORM)
    return a + (b - a) * nn_random_uniform (random);
  do
    x = nn_random_normal (random);
  while (kind == NN_INIT_TRUNCATED_NORMAL && fabs (x) > 2);
  return a + b * x;
}

/* Keras' VarianceScaling: the truncated normal is widened to make up for the
 * deviation that it loses by truncation. */
static void
fill_scaled (NnRandom *random, const NnInitializer *initializer, NnParam *param)
{
  double fan_in, fan_out, fan, scale;

  compute_fans (&param->shape, &fan_in, &fan_out);
  fan = initializer->fan == NN_FAN_IN  ? fan_in
      : initializer->fan == NN_FAN_OUT ? fan_out
                                       : (fan_in + fan_out) / 2;
  scale = initializer->a / MAX (fan, 1);
  for (size_t i = 0; i < param->size; i++)
    if (initializer->distribution == NN_INIT_UNIFORM)
      param->value[i] =
          draw (random, NN_INIT_UNIFORM, -sqrt (3 * scale), sqrt (3 * scale));
    else
      param->value[i] = draw (random, initializer->distribution, 0,
          sqrt (scale)
              / (initializer->distribution == NN_INIT_TRUNCATED_NORMAL
                      ? 0.87962566103423978
                      : 1));
}

/* Makes column j of q [rows][columns] orthogonal to those before it, and of
 * length 1. Done twice because of rounding errors. */
static void
orthogonalize (double *q, size_t rows, size_t columns, size_t j)
{
  double norm = 0;

  for (int pass = 0; pass < 2; pass++)
    for (size_t k = 0; k < j; k++) {
      double product = 0;

      for (size_t i = 0; i < rows; i++)
        product += q[i * columns + j] * q[i * columns + k];
      for (size_t i = 0; i < rows; i++)
        q[i * columns + j] -= product * q[i * columns + k];
    }
  for (size_t i = 0; i < rows; i++)
    norm += q[i * columns + j] * q[i * columns + j];
  for (size_t i = 0; i < rows; i++)
    q[i * columns + j] /= sqrt (norm);
}

/* Q of the QR decomposition, with R's diagonal positive (Saxe et al. 2014): a
 * matrix of normal numbers, Gram and Schmidt. */
static void
fill_orthogonal (NnRandom *random, double gain, NnParam *param)
{
  const NnShape *const shape = &param->shape;
  const size_t n = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  const size_t m = param->size / n;
  const size_t rows = MAX (m, n), columns = MIN (m, n);
  g_autofree double *q = g_new (double, rows *columns);

  for (size_t i = 0; i < rows * columns; i++)
    q[i] = nn_random_normal (random);
  for (size_t j = 0; j < columns; j++)
    orthogonalize (q, rows, columns, j);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++)
      param->value[i * n + j] =
          gain * (m >= n ? q[i * columns + j] : q[j * columns + i]);
}

static void
fill (NnRandom *random, NnParam *param)
{
  const NnInitializer *const initializer = &param->initializer;

  switch (initializer->kind) {
    case NN_INIT_ORTHOGONAL:
      fill_orthogonal (random, initializer->a, param);
      break;
    case NN_INIT_VARIANCE_SCALING:
      fill_scaled (random, initializer, param);
      break;
    case NN_INIT_CONSTANT:
    case NN_INIT_UNKNOWN:
      for (size_t i = 0; i < param->size; i++)
        param->value[i] = initializer->a;
      break;
    default:
      for (size_t i = 0; i < param->size; i++)
        param->value[i] =
            draw (random, initializer->kind, initializer->a, initializer->b);
  }
  for (size_t i = 0; i < initializer->n_ones; i++)
    param->value[initializer->ones_first + i] = 1;
}

bool
nn_model_initialize (NnModel *model, guint64 seed, GError **error)
{
  guint32 count = 0;

  for (guint i = 0; i < model->graph->nodes->len; i++) {
    const NnLayer *const layer = nn_graph_node (model->graph, i)->layer;

    for (guint k = 0; k < layer->weights->params->len; k++) {
      NnParam *const param = g_ptr_array_index (layer->weights->params, k);
      const NnPhilox stream =
          nn_random_stream (seed, NN_RANDOM_WEIGHTS, count, 0);
      NnRandom random;

      if (param->value) /* of a shared layer */
        continue;
      if (param->initializer.kind == NN_INIT_UNKNOWN) {
        g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
            "%s: layer “%s”: the initializer of “%s” is not supported",
            model->name, layer->name, param->name);
        return false;
      }
      nn_random_init (&random, &stream);
      param->value = g_new (float, param->size);
      fill (&random, param);
      count++;
    }
  }
  return true;
}
