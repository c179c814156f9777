/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Convolutions and poolings against loops that follow their definitions. */
#include <math.h>
#include "layer-run.h"

typedef enum {
  CONV,
  DEPTHWISE,
  SEPARABLE,
  TRANSPOSE,
  MAX_POOL,
  AVERAGE_POOL,
} Kind;

/* Axes are z, y, x; layers of fewer axes have 1 in the first ones. */
typedef struct {
  const char *name;
  Kind kind;
  size_t n_axes;
  size_t in[3], channels;
  size_t kernel[3], stride[3], dilation[3];
  const char *padding;
  size_t filters; /* of depthwise: kernels of each channel */
  size_t groups;
  bool use_bias;
} Case;

/* clang-format off */
static const Case cases[] = {
  { "conv1d-valid",      CONV, 1, { 1, 1, 17 }, 3, { 1, 1, 4 }, { 1, 1, 1 }, { 1, 1, 1 }, "valid", 5, 1, true },
  { "conv1d-causal",     CONV, 1, { 1, 1, 11 }, 2, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 2 }, "causal", 4, 1, true },
  { "conv1d-causal-strided", CONV, 1, { 1, 1, 11 }, 2, { 1, 1, 3 }, { 1, 1, 2 }, { 1, 1, 1 }, "causal", 4, 1, false },
  { "conv1d-wide",       CONV, 1, { 1, 1, 5 }, 2, { 1, 1, 9 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 2, 1, true },
  { "conv1d-dilated-groups", CONV, 1, { 1, 1, 13 }, 4, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 3 }, "same", 6, 2, true },
  { "conv2d-same",       CONV, 2, { 1, 7, 8 }, 3, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 4, 1, true },
  { "conv2d-even",       CONV, 2, { 1, 8, 7 }, 2, { 1, 2, 4 }, { 1, 2, 3 }, { 1, 1, 1 }, "same", 3, 1, false },
  { "conv2d-gap",        CONV, 2, { 1, 9, 9 }, 2, { 1, 1, 2 }, { 1, 3, 4 }, { 1, 1, 1 }, "same", 3, 1, true },
  { "conv2d-groups",     CONV, 2, { 1, 6, 5 }, 6, { 1, 3, 2 }, { 1, 1, 2 }, { 1, 2, 1 }, "valid", 9, 3, true },
  { "conv2d-pointwise",  CONV, 2, { 1, 4, 5 }, 7, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 3, 1, true },
  { "conv2d-winograd",   CONV, 2, { 1, 13, 18 }, 16, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 32, 1, true },
  { "conv2d-winograd-valid", CONV, 2, { 1, 15, 14 }, 32, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "valid", 16, 1, false },
  { "conv2d-winograd-small", CONV, 2, { 1, 8, 11 }, 32, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 48, 1, true },
  { "conv2d-down",       CONV, 2, { 1, 13, 18 }, 24, { 1, 3, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 40, 1, true },
  { "conv2d-down-valid", CONV, 2, { 1, 6, 90 }, 96, { 1, 3, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, "valid", 72, 1, false },
  { "conv2d-down-short", CONV, 2, { 1, 3, 40 }, 16, { 1, 3, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 19, 1, true },
  { "conv2d-along",      CONV, 2, { 1, 5, 31 }, 24, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 40, 1, true },
  { "conv2d-along-valid", CONV, 2, { 1, 7, 23 }, 27, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "valid", 24, 1, false },
  { "conv2d-along-narrow", CONV, 2, { 1, 9, 4 }, 16, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 16, 1, true },
  { "conv1d-along",      CONV, 1, { 1, 1, 300 }, 90, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 96, 1, true },
  { "conv1d-along-causal", CONV, 1, { 1, 1, 45 }, 32, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "causal", 17, 1, true },
  { "conv1d-along-tiny", CONV, 1, { 1, 1, 6 }, 129, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, "valid", 128, 1, true },
  { "conv1d-few",        CONV, 1, { 1, 1, 5 }, 12, { 1, 1, 3 }, { 1, 1, 2 }, { 1, 1, 1 }, "valid", 20, 1, true },
  { "conv2d-few",        CONV, 2, { 1, 5, 4 }, 6, { 1, 2, 2 }, { 1, 3, 2 }, { 1, 1, 2 }, "valid", 7, 1, false },
  { "conv3d-same",       CONV, 3, { 4, 5, 6 }, 2, { 2, 3, 3 }, { 2, 1, 2 }, { 1, 1, 1 }, "same", 3, 1, true },
  { "conv3d-valid",      CONV, 3, { 5, 5, 6 }, 2, { 2, 2, 3 }, { 1, 1, 1 }, { 2, 1, 1 }, "valid", 3, 1, false },
  { "depthwise1d",       DEPTHWISE, 1, { 1, 1, 9 }, 3, { 1, 1, 3 }, { 1, 1, 2 }, { 1, 1, 1 }, "same", 2, 1, true },
  { "depthwise2d",       DEPTHWISE, 2, { 1, 7, 6 }, 4, { 1, 3, 2 }, { 1, 1, 1 }, { 1, 2, 1 }, "same", 1, 1, false },
  { "depthwise2d-multiplier", DEPTHWISE, 2, { 1, 7, 6 }, 2, { 1, 3, 3 }, { 1, 2, 2 }, { 1, 1, 1 }, "valid", 3, 1, true },
  { "separable1d-causal", SEPARABLE, 1, { 1, 1, 9 }, 3, { 1, 1, 3 }, { 1, 1, 1 }, { 1, 1, 2 }, "causal", 5, 1, true },
  { "separable2d",       SEPARABLE, 2, { 1, 6, 7 }, 3, { 1, 3, 3 }, { 1, 2, 2 }, { 1, 1, 1 }, "same", 4, 1, true },
  { "transpose1d-same",  TRANSPOSE, 1, { 1, 1, 6 }, 3, { 1, 1, 3 }, { 1, 1, 2 }, { 1, 1, 1 }, "same", 4, 1, true },
  { "transpose1d-gap",   TRANSPOSE, 1, { 1, 1, 6 }, 3, { 1, 1, 2 }, { 1, 1, 3 }, { 1, 1, 1 }, "valid", 4, 1, true },
  { "transpose2d-same",  TRANSPOSE, 2, { 1, 4, 5 }, 3, { 1, 3, 4 }, { 1, 2, 1 }, { 1, 1, 1 }, "same", 2, 1, false },
  { "transpose2d-valid", TRANSPOSE, 2, { 1, 4, 5 }, 2, { 1, 4, 3 }, { 1, 3, 2 }, { 1, 1, 1 }, "valid", 3, 1, true },
  { "transpose2d-dilated", TRANSPOSE, 2, { 1, 4, 5 }, 2, { 1, 3, 2 }, { 1, 1, 1 }, { 1, 2, 3 }, "same", 3, 1, true },
  { "transpose3d",       TRANSPOSE, 3, { 2, 3, 4 }, 2, { 2, 3, 2 }, { 2, 2, 1 }, { 1, 1, 1 }, "same", 3, 1, true },
  { "max1d",             MAX_POOL, 1, { 1, 1, 11 }, 3, { 1, 1, 3 }, { 1, 1, 2 }, { 1, 1, 1 }, "same", 0, 1 },
  { "max2d",             MAX_POOL, 2, { 1, 7, 9 }, 2, { 1, 2, 3 }, { 1, 2, 3 }, { 1, 1, 1 }, "valid", 0, 1 },
  { "max2d-wide",        MAX_POOL, 2, { 1, 3, 4 }, 2, { 1, 5, 7 }, { 1, 1, 1 }, { 1, 1, 1 }, "same", 0, 1 },
  { "max3d",             MAX_POOL, 3, { 4, 5, 6 }, 2, { 2, 2, 3 }, { 2, 1, 2 }, { 1, 1, 1 }, "same", 0, 1 },
  { "average1d",         AVERAGE_POOL, 1, { 1, 1, 10 }, 3, { 1, 1, 4 }, { 1, 1, 3 }, { 1, 1, 1 }, "same", 0, 1 },
  { "average2d",         AVERAGE_POOL, 2, { 1, 6, 7 }, 2, { 1, 3, 2 }, { 1, 2, 2 }, { 1, 1, 1 }, "same", 0, 1 },
  { "average3d",         AVERAGE_POOL, 3, { 3, 4, 5 }, 2, { 2, 2, 2 }, { 1, 2, 2 }, { 1, 1, 1 }, "valid", 0, 1 },
};
/* clang-format on */

static const char *const class_names[] = { "Conv%zuD", "DepthwiseConv%zuD",
  "SeparableConv%zuD", "Conv%zuDTranspose", "MaxPooling%zuD",
  "AveragePooling%zuD" };

static char *
list_of (const size_t *values, size_t n)
{
  GString *text = g_string_new ("[");

  for (size_t i = 3 - n; i < 3; i++)
    g_string_append_printf (text, "%s%zu", i > 3 - n ? ", " : "", values[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

static char *
config_of (const Case *c)
{
  g_autofree char *kernel = list_of (c->kernel, c->n_axes);
  g_autofree char *stride = list_of (c->stride, c->n_axes);
  g_autofree char *dilation = list_of (c->dilation, c->n_axes);

  return g_strdup_printf (
      "{ \"kernel_size\": %s, \"pool_size\": %s, \"strides\": %s, "
      "\"dilation_rate\": %s, \"padding\": \"%s\", \"filters\": %zu, "
      "\"depth_multiplier\": %zu, \"groups\": %zu, \"use_bias\": %s, "
      "\"data_format\": \"channels_last\", \"activation\": \"linear\" }",
      kernel, kernel, stride, dilation, c->padding, MAX (c->filters, 1),
      c->kind == DEPTHWISE ? c->filters : (size_t) 1, c->groups,
      c->use_bias ? "true" : "false");
}

/* Zeros before axis a, for n elements that are reached from out positions. */
static long
pad_before (const Case *c, size_t a, size_t n, size_t out)
{
  const long span = (c->kernel[a] - 1) * c->dilation[a] + 1;
  const long total = (long) ((out - 1) * c->stride[a]) + span - (long) n;

  if (g_str_equal (c->padding, "causal"))
    return span - 1;
  return g_str_equal (c->padding, "same") ? MAX (total, 0) / 2 : 0;
}

typedef struct {
  const LayerRun *run;
  const Case *c;
  size_t sample;
  size_t out[3];
  size_t at[3]; /* output position */
} Place;

/* Input number (z, y, x, channel); absent: what is outside. */
static double
input_at (const Place *p, const long *at, size_t channel, double absent)
{
  size_t index = p->sample;

  for (size_t a = 0; a < 3; a++) {
    if (at[a] < 0 || at[a] >= (long) p->c->in[a])
      return absent;
    index = index * p->c->in[a] + at[a];
  }
  return p->run->in[0][index * p->c->channels + channel];
}

/* Calls visit for each tap that falls on an input of whole steps. */
static double
over_taps (const Place *p,
    double (*visit) (
        const Place *p, const long *at, size_t tap, size_t f, double so_far),
    size_t f, double start)
{
  const size_t *const k = p->c->kernel;

  for (size_t tap = 0; tap < k[0] * k[1] * k[2]; tap++) {
    const size_t t[] = { tap / (k[1] * k[2]), tap / k[2] % k[1], tap % k[2] };
    long at[3];
    bool is_there = true;

    for (size_t a = 0; a < 3; a++) {
      const Case *const c = p->c;

      if (c->kind == TRANSPOSE) {
        const long scaled = (long) p->at[a]
            + pad_before (c, a, p->out[a], c->in[a])
            - (long) (t[a] * c->dilation[a]);

        is_there = is_there && scaled >= 0 && scaled % (long) c->stride[a] == 0;
        at[a] = scaled / (long) c->stride[a];
      } else {
        at[a] = (long) (p->at[a] * c->stride[a] + t[a] * c->dilation[a])
            - pad_before (c, a, c->in[a], p->out[a]);
      }
    }
    if (is_there)
      start = visit (p, at, tap, f, start);
  }
  return start;
}

static double
visit_conv (const Place *p, const long *at, size_t tap, size_t f, double so_far)
{
  const size_t depth = p->c->channels / p->c->groups;
  const size_t group = f / (p->c->filters / p->c->groups);

  for (size_t i = 0; i < depth; i++)
    so_far += input_at (p, at, group * depth + i, 0)
        * layer_run_weight (p->run, 0, (tap * depth + i) * p->c->filters + f);
  return so_far;
}

static double
visit_transpose (
    const Place *p, const long *at, size_t tap, size_t f, double so_far)
{
  for (size_t i = 0; i < p->c->channels; i++)
    so_far += input_at (p, at, i, 0)
        * layer_run_weight (
            p->run, 0, (tap * p->c->filters + f) * p->c->channels + i);
  return so_far;
}

/* f counts the output's channels, c * m. */
static double
visit_depthwise (
    const Place *p, const long *at, size_t tap, size_t f, double so_far)
{
  const size_t m = p->c->kind == DEPTHWISE ? p->c->filters : 1;

  return so_far
      + input_at (p, at, f / m, 0)
      * layer_run_weight (p->run, 0, tap * p->c->channels * m + f);
}

static double
visit_max (const Place *p, const long *at, size_t tap, size_t f, double so_far)
{
  return fmax (so_far, input_at (p, at, f, -INFINITY));
}

static double
visit_sum (const Place *p, const long *at, size_t tap, size_t f, double so_far)
{
  return so_far + input_at (p, at, f, 0);
}

static double
visit_count (
    const Place *p, const long *at, size_t tap, size_t f, double so_far)
{
  return so_far + (input_at (p, at, f, NAN) == input_at (p, at, f, NAN));
}

static double
expected (const Place *p, size_t f)
{
  const Case *const c = p->c;
  double sum = 0;

  switch (c->kind) {
    case CONV:
      return over_taps (
          p, visit_conv, f, c->use_bias ? layer_run_weight (p->run, 1, f) : 0);
    case TRANSPOSE:
      return over_taps (p, visit_transpose, f,
          c->use_bias ? layer_run_weight (p->run, 1, f) : 0);
    case DEPTHWISE:
      return over_taps (p, visit_depthwise, f,
          c->use_bias ? layer_run_weight (p->run, 1, f) : 0);
    case SEPARABLE:
      for (size_t i = 0; i < c->channels; i++)
        sum += over_taps (p, visit_depthwise, i, 0)
            * layer_run_weight (p->run, 1, i * c->filters + f);
      return sum + (c->use_bias ? layer_run_weight (p->run, 2, f) : 0);
    case MAX_POOL:
      return over_taps (p, visit_max, f, -INFINITY);
    default:
      return over_taps (p, visit_sum, f, 0) / over_taps (p, visit_count, f, 0);
  }
}

/* Output lengths by Keras' formulas. */
static size_t
out_length (const Case *c, size_t a)
{
  const size_t span = (c->kernel[a] - 1) * c->dilation[a] + 1;

  if (c->kind == TRANSPOSE)
    return g_str_equal (c->padding, "same") ? c->in[a] * c->stride[a]
                                            : c->in[a] * c->stride[a]
            + (span > c->stride[a] ? span - c->stride[a] : 0);
  return g_str_equal (c->padding, "valid")
      ? (c->in[a] - span + c->stride[a]) / c->stride[a]
      : (c->in[a] + c->stride[a] - 1) / c->stride[a];
}

static void
compare (const LayerRun *run, const Case *c, double tolerance)
{
  const NnShape *const shape = &run->layer->out[0];
  const size_t channels = shape->dim[shape->rank - 1];
  Place p = { .run = run, .c = c };
  double worst = 0;
  size_t i = 0;

  for (size_t a = 0; a < 3; a++)
    p.out[a] = a < 3 - c->n_axes ? 1 : out_length (c, a);
  g_assert_cmpuint (
      nn_shape_size (shape), ==, p.out[0] * p.out[1] * p.out[2] * channels);
  for (p.sample = 0; p.sample < LAYER_RUN_BATCH; p.sample++)
    for (p.at[0] = 0; p.at[0] < p.out[0]; p.at[0]++)
      for (p.at[1] = 0; p.at[1] < p.out[1]; p.at[1]++)
        for (p.at[2] = 0; p.at[2] < p.out[2]; p.at[2]++)
          for (size_t f = 0; f < channels; f++, i++) {
            const double error = fabs (run->out[0][i] - expected (&p, f));

            worst = !(error <= worst) ? error : worst;
          }
  g_test_message ("largest error: %.2g", worst);
  g_assert_cmpfloat (worst, <=, tolerance);
}

/* As in training, or by the way that suits the shapes best. */
static void
check_case (const Case *c, bool specialise)
{
  g_autofree char *config = config_of (c);
  g_autofree char *class_name =
      g_strdup_printf (class_names[c->kind], c->n_axes);
  const size_t terms =
      c->kernel[0] * c->kernel[1] * c->kernel[2] * c->channels / c->groups;
  LayerSpec spec = { class_name, config, 3, 1, { { .rank = c->n_axes + 1 } },
    .specialise = specialise };

  for (size_t i = 0; i < c->n_axes; i++)
    spec.in[0].dim[i] = c->in[3 - c->n_axes + i];
  spec.in[0].dim[c->n_axes] = c->channels;
  g_autoptr (LayerRun) run = layer_run_new (&spec);
  g_assert_no_error (run->error);
  layer_run_forward (run);
  /* Sums of many numbers lose more; so do Winograd's transforms, which come
   * with specialise: 2.4 times where the compiler makes no fused products
   * (clang). */
  compare (run, c, (2e-6 + 1e-7 * terms) * (specialise ? 2 : 1));
}

static void
test_case (gconstpointer data)
{
  check_case (data, false);
  check_case (data, true);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/conv/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  return g_test_run ();
}
