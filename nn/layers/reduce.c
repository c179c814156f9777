/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators that reduce one or more axes to one number: Mean, Sum, Max, ArgMax,
 * Any, ...; and Cumsum. */
#include <math.h>
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/split.h"

/* Reduces n numbers, which are stride apart. */
typedef float (*Reduction) (const float *x, size_t n, size_t stride);

typedef struct {
  NnLayer base;
  NnAxisSet axes;
  Reduction reduction;
} Reduce;

static float
sum_of (const float *x, size_t n, size_t stride)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += x[i * stride];
  return sum;
}

static float
mean_of (const float *x, size_t n, size_t stride)
{
  return sum_of (x, n, stride) / n;
}

static float
length_of (const float *x, size_t n, size_t stride)
{
  double square = 0;

  for (size_t i = 0; i < n; i++)
    square += (double) x[i * stride] * x[i * stride];
  return sqrt (square);
}

static float
product_of (const float *x, size_t n, size_t stride)
{
  double product = 1;

  for (size_t i = 0; i < n; i++)
    product *= x[i * stride];
  return product;
}

static float
variance_of (const float *x, size_t n, size_t stride)
{
  double mean = 0, square = 0;

  for (size_t i = 0; i < n; i++)
    mean += x[i * stride];
  mean /= n;
  for (size_t i = 0; i < n; i++)
    square += (x[i * stride] - mean) * (x[i * stride] - mean);
  return square / n;
}

static float
deviation_of (const float *x, size_t n, size_t stride)
{
  return sqrtf (variance_of (x, n, stride));
}

/* The first of equals. */
static float
index_of_max (const float *x, size_t n, size_t stride)
{
  size_t best = 0;

  for (size_t i = 1; i < n; i++)
    if (x[i * stride] > x[best * stride])
      best = i;
  return best;
}

static float
index_of_min (const float *x, size_t n, size_t stride)
{
  size_t best = 0;

  for (size_t i = 1; i < n; i++)
    if (x[i * stride] < x[best * stride])
      best = i;
  return best;
}

static float
max_of (const float *x, size_t n, size_t stride)
{
  return x[(size_t) index_of_max (x, n, stride) * stride];
}

static float
min_of (const float *x, size_t n, size_t stride)
{
  return x[(size_t) index_of_min (x, n, stride) * stride];
}

static float
any_of (const float *x, size_t n, size_t stride)
{
  bool any = false;

  for (size_t i = 0; i < n; i++)
    any = any || x[i * stride] != 0;
  return any;
}

static float
all_of (const float *x, size_t n, size_t stride)
{
  bool all = true;

  for (size_t i = 0; i < n; i++)
    all = all && x[i * stride] != 0;
  return all;
}

static float
count_of (const float *x, size_t n, size_t stride)
{
  size_t count = 0;

  for (size_t i = 0; i < n; i++)
    count += x[i * stride] != 0;
  return count;
}

static float
log_sum_exp_of (const float *x, size_t n, size_t stride)
{
  const float max = max_of (x, n, stride);
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += exp (x[i * stride] - max);
  return max + log (sum);
}

/* clang-format off */
static const struct {
  const char *keras_name;
  Reduction reduction;
} table[] = {
  { "ops.All",          all_of },
  { "ops.Amax",         max_of },
  { "ops.Amin",         min_of },
  { "ops.Any",          any_of },
  { "ops.Argmax",       index_of_max },
  { "ops.Argmin",       index_of_min },
  { "ops.Average",      mean_of },
  { "ops.CountNonzero", count_of },
  { "ops.Logsumexp",    log_sum_exp_of },
  { "ops.Max",          max_of },
  { "ops.Mean",         mean_of },
  { "ops.Min",          min_of },
  { "ops.Norm",         length_of },
  { "ops.Prod",         product_of },
  { "ops.Std",          deviation_of },
  { "ops.Sum",          sum_of },
  { "ops.Var",          variance_of },
};
/* clang-format on */

static NnShape
reduced_shape (const NnShape *in, const bool *axes, bool keep)
{
  NnShape out = { .rank = 0 };

  for (size_t i = 0; i < in->rank; i++)
    if (!axes[i])
      out.dim[out.rank++] = in->dim[i];
    else if (keep)
      out.dim[out.rank++] = 1;
  return out;
}

/* Weights of an average, and lengths other than Euclid's. */
static void
refuse_others (const NnLayer *layer, const NnConfig *config)
{
  const NnConfig weights = nn_op_option (layer, config, "weights", G_MAXSIZE);
  const NnConfig ord = nn_op_option (layer, config, "ord", G_MAXSIZE);

  if (nn_config_is_set (&weights))
    nn_config_fail (
        config, NN_ERROR_UNSUPPORTED, "the option “weights” is not supported");
  if (nn_config_is_set (&ord)
      && !(nn_config_is_string (&ord)
              ? g_str_equal (nn_config_as_string (&ord, ""), "euclidean")
              : nn_config_as_double (&ord, 0) == 2))
    nn_config_fail (
        config, NN_ERROR_UNSUPPORTED, "another “ord” than 2 is not supported");
}

static void
reduce_setup (NnLayer *layer, const NnConfig *config)
{
  Reduce *self = (Reduce *) layer;
  const NnConfig axis = nn_op_option (layer, config, "axis", 1);
  const NnConfig keep = nn_op_option (layer, config, "keepdims", 2);
  bool axes[NN_MAX_RANK];
  NnShape out;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  if (!nn_config_is_set (&axis)
      || (nn_config_is_list (&axis) && nn_config_length (&axis) == 0)) {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "without an axis it would go over the whole batch");
    return;
  }
  refuse_others (layer, config);
  if (!nn_axes_read (config, &axis, -1, layer->in[0].rank, axes))
    return;
  self->axes = nn_axis_set (&layer->in[0], axes);
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].keras_name, layer->klass->keras_name))
      self->reduction = table[i].reduction;
  out = reduced_shape (&layer->in[0], axes, nn_config_as_bool (&keep, false));
  nn_layer_add_output (layer, config, &out);
  layer->scratch_len = self->axes.is_copied ? nn_shape_size (&layer->in[0]) : 0;
}

static void
reduce_forward (const NnLayer *layer, const NnCall *call)
{
  const Reduce *self = (const Reduce *) layer;
  const NnSplit *const split = &self->axes.split;
  float *out = call->out[0];

  for (size_t s = 0; s < call->n; s++) {
    const float *const in = nn_axis_set_bring (&self->axes,
        call->in[0] + s * nn_shape_size (&layer->in[0]), call->scratch);

    for (size_t o = 0; o < split->outer; o++)
      for (size_t i = 0; i < split->inner; i++)
        *out++ = self->reduction (
            in + o * split->len * split->inner + i, split->len, split->inner);
  }
}

/* ---- Cumsum: sums up to and including each element ---- */

static void
cumsum_setup (NnLayer *layer, const NnConfig *config)
{
  Reduce *self = (Reduce *) layer;
  const NnConfig axis = nn_op_option (layer, config, "axis", 1);
  size_t i;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  i = nn_axis_index (config, nn_config_as_int (&axis, 0), layer->in[0].rank);
  self->axes.split = nn_split (&layer->in[0], i, i + 1);
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static void
cumsum_forward (const NnLayer *layer, const NnCall *call)
{
  const NnSplit *const split = &((const Reduce *) layer)->axes.split;
  const size_t stride = split->inner;

  for (size_t o = 0; o < call->n * split->outer; o++)
    for (size_t i = 0; i < stride; i++) {
      const size_t first = o * split->len * stride + i;
      double sum = 0;

      for (size_t k = 0; k < split->len; k++)
        call->out[0][first + k * stride] = sum +=
            call->in[0][first + k * stride];
    }
}

/* clang-format off */
#define REDUCE(name)                                                           \
  {                                                                            \
    .keras_name = "ops." name, .size = sizeof (Reduce),                        \
    .setup = reduce_setup, .forward = reduce_forward,                          \
  }
/* clang-format on */

const NnLayerClass nn_reduce_classes[] = {
  REDUCE ("All"),
  REDUCE ("Amax"),
  REDUCE ("Amin"),
  REDUCE ("Any"),
  REDUCE ("Argmax"),
  REDUCE ("Argmin"),
  REDUCE ("Average"),
  REDUCE ("CountNonzero"),
  {
      .keras_name = "ops.Cumsum",
      .size = sizeof (Reduce),
      .setup = cumsum_setup,
      .forward = cumsum_forward,
  },
  REDUCE ("Logsumexp"),
  REDUCE ("Max"),
  REDUCE ("Mean"),
  REDUCE ("Min"),
  REDUCE ("Norm"),
  REDUCE ("Prod"),
  REDUCE ("Std"),
  REDUCE ("Sum"),
  REDUCE ("Var"),
  { NULL },
};
