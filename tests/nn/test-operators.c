/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators and activations, in numbers that were worked out by hand or with
 * Python's math module. */
#include <math.h>
#include "layer-run.h"

#define MAX_OUT 24

/* in: counts 0, 1, 2, ... from the first number of each sample on; y likewise
 * counts 10, 20, 30, ... */
static const struct {
  const char *class_name, *config, *constant;
  size_t n_in;
  NnShape in;
  NnShape out;
  float wanted[MAX_OUT];
} cases[] = {
#define V3                                                                     \
  {                                                                            \
    .rank = 1, .dim = { 3 }                                                    \
  }
#define M23                                                                    \
  {                                                                            \
    .rank = 2, .dim = { 2, 3 }                                                 \
  }
#define M32                                                                    \
  {                                                                            \
    .rank = 2, .dim = { 3, 2 }                                                 \
  }
  { "ops.Add", "{}", "2.5", 1, V3, V3, { 2.5, 3.5, 4.5 } },
  { "ops.Subtract", "{}", "[1, 2, 4]", 1, M23, M23, { -1, -1, -2, 2, 2, 1 } },
  { "ops.Multiply", "{}", "[[[2], [3]]]", 1, M23, M23, { 0, 2, 4, 9, 12, 15 } },
  { "ops.TrueDivide", "{}", "2", 1, V3, V3, { 0, 0.5, 1 } },
  { "ops.Power", "{}", "2", 1, V3, V3, { 0, 1, 4 } },
  { "ops.Mod", "{}", "-2", 1, V3, V3, { 0, -1, 0 } },
  { "ops.FloorDivide", "{}", "-2", 1, V3, V3, { 0, -1, -1 } },
  { "ops.NotEqual", "{}", "1", 1, V3, V3, { 1, 0, 1 } },
  { "ops.LessEqual", "{}", "1", 1, V3, V3, { 1, 1, 0 } },
  { "ops.LogicalOr", "{}", "false", 1, V3, V3, { 0, 1, 1 } },
  { "ops.LogicalAnd", "{}", "true", 1, V3, V3, { 0, 1, 1 } },
  { "ops.Subtract", "{}", NULL, 2, V3, V3, { -10, -19, -28 } },
  { "ops.Mean", "{\"axis\": 1}", NULL, 1, M23, V3, { 1.5, 2.5, 3.5 } },
  { "ops.Sum", "{\"axis\": -1}", NULL, 1, M23, { .rank = 1, .dim = { 2 } },
      { 3, 12 } },
  { "ops.Max", "{\"axis\": [1, 2], \"keepdims\": true}", NULL, 1, M23,
      { .rank = 2, .dim = { 1, 1 } }, { 5 } },
  { "ops.Var", "{\"axis\": 2}", NULL, 1, M23, { .rank = 1, .dim = { 2 } },
      { 2 / 3.f, 2 / 3.f } },
  { "ops.Argmax", "{\"axis\": 1}", NULL, 1, M23, V3, { 1, 1, 1 } },
  { "ops.Any", "{\"axis\": -1}", NULL, 1, M23, { .rank = 1, .dim = { 2 } },
      { 1, 1 } },
  { "ops.All", "{\"axis\": -1}", NULL, 1, M23, { .rank = 1, .dim = { 2 } },
      { 0, 1 } },
  { "ops.Logsumexp", "{\"axis\": 1}", NULL, 1, V3, { .rank = 0 },
      { 2.4076059644f } },
  { "ops.Transpose", "{\"axes\": [0, 2, 1]}", NULL, 1, M23, M32,
      { 0, 3, 1, 4, 2, 5 } },
  { "Permute", "{\"dims\": [2, 1]}", NULL, 1, M23, M32, { 0, 3, 1, 4, 2, 5 } },
  { "ops.ExpandDims", "{\"axis\": -1}", NULL, 1, V3,
      { .rank = 2, .dim = { 3, 1 } }, { 0, 1, 2 } },
  { "ops.ExpandDims", "{\"axis\": 1}", NULL, 1, V3,
      { .rank = 2, .dim = { 1, 3 } }, { 0, 1, 2 } },
  { "ops.Squeeze", "{\"axis\": 1}", NULL, 1, { .rank = 2, .dim = { 1, 3 } }, V3,
      { 0, 1, 2 } },
  { "ops.Reshape", "{\"newshape\": [-1, 3, 2]}", NULL, 1, M23, M32,
      { 0, 1, 2, 3, 4, 5 } },
  { "ops.Stack", "{\"axis\": -1}", NULL, 2, V3, M32, { 0, 10, 1, 20, 2, 30 } },
  { "ops.Stack", "{\"axis\": 1}", NULL, 2, V3, M23, { 0, 1, 2, 10, 20, 30 } },
  { "ops.Clip", "{\"x_min\": 0.5, \"x_max\": 1.5}", NULL, 1, V3, V3,
      { 0.5, 1, 1.5 } },
  { "ops.Square", "{}", NULL, 1, V3, V3, { 0, 1, 4 } },
  { "ops.Rsqrt", "{}", NULL, 1, V3, V3, { INFINITY, 1, 0.70710678f } },
  { "ops.LogicalNot", "{}", NULL, 1, V3, V3, { 1, 0, 0 } },
  { "ops.Cast", "{\"dtype\": \"bool\"}", NULL, 1, V3, V3, { 0, 1, 1 } },
  { "ops.Matmul", "{\"transpose_b\": true}", NULL, 2, M23,
      { .rank = 2, .dim = { 2, 2 } }, { 80, 170, 260, 620 } },
#define KEY(items)                                                             \
  "[{\"start\": null, \"stop\": null, \"step\": null}, " items "]"
#define SLICE(a, b, c)                                                         \
  "{\"class_name\": \"__slice__\", \"config\": {\"start\": " a                 \
  ", \"stop\": " b ", \"step\": " c "}}"
  { "ops.GetItem", "{}", KEY ("-1"), 1, M23, V3, { 3, 4, 5 } },
  { "ops.GetItem", "{}", KEY (SLICE ("null", "null", "-1") ", 0"), 1, M23,
      { .rank = 1, .dim = { 2 } }, { 3, 0 } },
  { "ops.GetItem", "{}", KEY ("{\"class_name\": \"__ellipsis__\"}, 1"), 1, M23,
      { .rank = 1, .dim = { 2 } }, { 1, 4 } },
  { "ops.GetItem", "{}", KEY ("null, 0, " SLICE ("-2", "99", "1")), 1, M23,
      { .rank = 2, .dim = { 1, 2 } }, { 1, 2 } },
  { "ops.GetItem", "{}",
      KEY (SLICE ("0", "2", "1") ", " SLICE ("2", "0", "-1")), 1, M23,
      { .rank = 2, .dim = { 2, 2 } }, { 2, 1, 5, 4 } },
#define IMAGE(h, w)                                                            \
  {                                                                            \
    .rank = 3, .dim = { h, w, 1 }                                              \
  }
  { "Resizing",
      "{\"height\": 1, \"width\": 2, \"interpolation\": "
      "\"nearest\"}",
      NULL, 1, IMAGE (3, 4), IMAGE (1, 2), { 5, 7 } },
  { "Resizing", "{\"height\": 2, \"width\": 3}", NULL, 1, IMAGE (2, 2),
      IMAGE (2, 3), { 0, 0.5, 1, 2, 2.5, 3 } },
  { "Resizing", "{\"height\": 2, \"width\": 1}", NULL, 1, IMAGE (3, 2),
      IMAGE (2, 1), { 1, 4 } },
  { "UpSampling2D", "{\"size\": [1, 2], \"interpolation\": \"bilinear\"}", NULL,
      1, IMAGE (1, 3), IMAGE (1, 6), { 0, 0.25, 0.75, 1.25, 1.75, 2 } },
  { "UpSampling1D", "{\"size\": 2}", NULL, 1, { .rank = 2, .dim = { 2, 2 } },
      { .rank = 2, .dim = { 4, 2 } }, { 0, 1, 0, 1, 2, 3, 2, 3 } },
  { "RepeatVector", "{\"n\": 2}", NULL, 1, V3, M23, { 0, 1, 2, 0, 1, 2 } },
  { "Softmax", "{\"axis\": 1}", NULL, 1, M32, M32,
      { 0.015876240f, 0.015876240f, 0.11731043f, 0.11731043f, 0.86681333f,
          0.86681333f } },
  { "Dot", "{\"axes\": 1}", NULL, 2, V3, { .rank = 1, .dim = { 1 } }, { 80 } },
  { "Dot", "{\"axes\": -1, \"normalize\": true}", NULL, 2, V3,
      { .rank = 1, .dim = { 1 } }, { 0.95618289f } },
  { "UnitNormalization", "{}", NULL, 1, V3, V3,
      { 0, 0.44721360f, 0.89442719f } },
  { "Rescaling", "{\"scale\": [1, 2, 3], \"offset\": -1}", NULL, 1, V3, V3,
      { -1, 1, 5 } },
  { "Normalization",
      "{\"axis\": [], \"mean\": 1.0, \"variance\": 4.0, \"invert\": true}",
      NULL, 1, V3, V3, { 1, 3, 5 } },
  { "ReLU", "{\"max_value\": 1.5, \"negative_slope\": 0.5, \"threshold\": 1}",
      NULL, 1, V3, V3, { -0.5, 0, 1.5 } },
  { "ThresholdedReLU", "{\"theta\": 1.0}", NULL, 1, V3, V3, { 0, 0, 2 } },
  { "LeakyReLU", "{\"alpha\": 0.5}", NULL, 1, V3, V3, { 0, 1, 2 } },
};

/* At -2, -0.5, 0.25, 3. */
static const float points[] = { -2, -0.5f, 0.25f, 3 };

static const struct {
  const char *name;
  int keras_major;
  float wanted[4];
} activations[] = {
  /* clang-format off */
  { "linear",       3, { -2, -0.5f, 0.25f, 3 } },
  { "relu",         3, { 0, 0, 0.25f, 3 } },
  { "relu6",        3, { 0, 0, 0.25f, 3 } },
  { "leaky_relu",   3, { -0.4f, -0.1f, 0.25f, 3 } },
  { "elu",          3, { -0.86466472f, -0.39346934f, 0.25f, 3 } },
  { "selu",         3, { -1.5201665f, -0.69175841f, 0.26267525f, 3.1521030f } },
  { "celu",         3, { -0.86466472f, -0.39346934f, 0.25f, 3 } },
  { "sigmoid",      3, { 0.11920292f, 0.37754067f, 0.56217650f, 0.95257413f } },
  { "hard_sigmoid", 2, { 0.1f, 0.4f, 0.55f, 1 } },
  { "hard_sigmoid", 3, { 1 / 6.f, 0.41666667f, 0.54166667f, 1 } },
  { "silu",         3, { -0.23840584f, -0.18877033f, 0.14054413f, 2.8577224f } },
  { "swish",        2, { -0.23840584f, -0.18877033f, 0.14054413f, 2.8577224f } },
  { "hard_silu",    3, { -1 / 3.f, -0.20833333f, 0.13541667f, 3 } },
  { "gelu",         3, { -0.045500264f, -0.15426877f, 0.14967659f, 2.9959503f } },
  { "tanh",         3, { -0.96402758f, -0.46211716f, 0.24491866f, 0.99505475f } },
  { "softplus",     3, { 0.12692801f, 0.47407698f, 0.82593942f, 3.0485874f } },
  { "softsign",     3, { -0.66666667f, -0.33333333f, 0.2f, 0.75f } },
  { "exponential",  3, { 0.13533528f, 0.60653066f, 1.2840254f, 20.085537f } },
  { "mish",         3, { -0.25250148f, -0.22074377f, 0.16957241f, 2.9865350f } },
  { "log_sigmoid",  3, { -2.1269280f, -0.97407698f, -0.57593942f, -0.048587352f } },
  { "hard_tanh",    3, { -1, -0.5f, 0.25f, 1 } },
  { "tanh_shrink",  3, { -1.0359724f, -0.037882843f, 0.0050813430f, 2.0049452f } },
  { "soft_shrink",  3, { -1.5f, 0, 0, 2.5f } },
  { "hard_shrink",  3, { -2, 0, 0, 3 } },
  { "squareplus",   3, { 0.41421356f, 0.78077641f, 1.1327822f, 3.3027756f } },
  { "sparse_plus",  3, { 0, 0.0625f, 0.390625f, 3 } },
  { "softmax",      3, { 0.0061206034f, 0.027430641f, 0.058070668f, 0.90837809f } },
  { "sparsemax",    3, { 0, 0, 0, 1 } },
  /* clang-format on */
};

static void
test_case (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const size_t n_in = cases[i].n_in;
  const LayerSpec spec = { cases[i].class_name, cases[i].config, 3, n_in,
    { cases[i].in, cases[i].in }, .constant = cases[i].constant,
    .separate_args = cases[i].constant
        || g_str_has_prefix (cases[i].class_name, "ops.M")
        || g_str_has_prefix (cases[i].class_name, "ops.Su") };
  const size_t in_size = nn_shape_size (&cases[i].in);
  const size_t out_size = nn_shape_size (&cases[i].out);
  g_autoptr (LayerRun) run = layer_run_new (&spec);

  g_assert_no_error (run->error);
  g_autofree char *shape = nn_shape_to_string (&run->layer->out[0]);
  g_test_message ("%s", shape);
  g_assert_true (nn_shape_equal (&run->layer->out[0], &cases[i].out));
  for (size_t k = 0; k < n_in; k++)
    for (size_t j = 0; j < LAYER_RUN_BATCH * in_size; j++)
      run->in[k][j] = k == 0 ? j % in_size : 10 * (j % in_size + 1);
  layer_run_forward (run);
  for (size_t j = 0; j < LAYER_RUN_BATCH * out_size; j++) {
    const float wanted = cases[i].wanted[j % out_size];

    if (isinf (wanted))
      g_assert_cmpfloat (run->out[0][j], ==, wanted);
    else
      g_assert_cmpfloat_with_epsilon (
          run->out[0][j], wanted, 1e-6 * MAX (1, fabsf (wanted)));
  }
}

static void
test_activation (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autofree char *config =
      g_strdup_printf ("{\"activation\": \"%s\"}", activations[i].name);
  const LayerSpec spec = { "Activation", config, activations[i].keras_major, 1,
    { { .rank = 1, .dim = { 4 } } } };
  g_autoptr (LayerRun) run = layer_run_new (&spec);

  g_assert_no_error (run->error);
  for (size_t k = 0; k < LAYER_RUN_BATCH * 4; k++)
    run->in[0][k] = points[k % 4];
  layer_run_forward (run);
  for (size_t k = 0; k < LAYER_RUN_BATCH * 4; k++)
    g_assert_cmpfloat_with_epsilon (
        run->out[0][k], activations[i].wanted[k % 4], 2e-6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path =
        g_strdup_printf ("/operators/%s/%zu", cases[i].class_name, i);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
  }
  for (size_t i = 0; i < G_N_ELEMENTS (activations); i++) {
    g_autofree char *path = g_strdup_printf (
        "/activations/%s/%d", activations[i].name, activations[i].keras_major);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_activation);
  }
  return g_test_run ();
}
