/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models whose layers absorb each other (nn/fuse.h) against the same layers one
 * after the other. */
#include <math.h>
#include "nn/train/initialize.h"

#define LAYER(kind, config)                                                    \
  "{\"class_name\": \"" kind "\", \"config\": {\"name\": \"" kind              \
  "\", " config "}}"
#define CONV(size, filters, padding, activation)                               \
  LAYER ("Conv2D",                                                             \
      "\"filters\": " filters ", \"kernel_size\": " size                       \
      ", \"padding\": \"" padding "\", \"activation\": \"" activation          \
      "\", \"bias_initializer\": \"random_normal\"")
#define ACTIVATION(name) LAYER ("Activation", "\"activation\": \"" name "\"")
#define LEAKY(slope) LAYER ("LeakyReLU", "\"alpha\": " slope)
#define NORMAL                                                                 \
  LAYER ("BatchNormalization",                                                 \
      "\"axis\": [3], \"gamma_initializer\": \"random_normal\", "              \
      "\"beta_initializer\": \"random_normal\"")
#define POOL(size) LAYER ("MaxPooling2D", "\"pool_size\": " size)
#define DOWN(activation) CONV ("[3, 1]", "24", "same", activation)
#define ALONG(activation) CONV ("[1, 3]", "24", "valid", activation)

static const struct {
  const char *name, *layers;
  size_t n_steps; /* that are left */
} cases[] = {
  { "relu", DOWN ("linear") ", " ACTIVATION ("relu"), 1 },
  { "leaky", DOWN ("linear") ", " LEAKY ("0.2"), 1 },
  { "leaky-pool", ALONG ("linear") ", " LEAKY ("0.2") ", " POOL ("[2, 2]"), 1 },
  { "leaky-pool-down", DOWN ("linear") ", " LEAKY ("0.2") ", " POOL ("[3, 1]"),
      1 },
  { "pool-along", ALONG ("relu") ", " POOL ("[1, 3]"), 1 },
  { "steep", ALONG ("linear") ", " LEAKY ("1.5") ", " POOL ("[2, 2]"), 1 },
  { "negative", DOWN ("linear") ", " LEAKY ("-0.5") ", " POOL ("[2, 2]"), 1 },
  { "tanh", DOWN ("linear") ", " ACTIVATION ("tanh"), 1 },
  { "mish-pool",
      ALONG ("linear") ", " LAYER ("Mish", "\"trainable\": true") ", " POOL (
          "[2, 2]"),
      1 },
  { "softmax", DOWN ("linear") ", " ACTIVATION ("softmax"), 2 },
  { "two", ALONG ("relu") ", " LEAKY ("0.2"), 1 },
  { "twice-leaky", DOWN ("linear") ", " LEAKY ("0.5") ", " LEAKY ("0.2"), 1 },
  { "elu-leaky", ALONG ("elu") ", " LEAKY ("0.2") ", " POOL ("[2, 1]"), 1 },
  { "elu-tanh", ALONG ("elu") ", " ACTIVATION ("tanh"), 2 },
  { "normal",
      ALONG ("linear") ", " NORMAL ", " LEAKY ("0.1") ", " POOL ("[2, 2]"), 1 },
  { "leaky-normal",
      DOWN ("linear") ", " LEAKY ("0.3") ", " NORMAL ", " POOL ("[2, 2]"), 1 },
  { "elu-normal-relu",
      ALONG ("elu") ", " NORMAL ", " ACTIVATION ("relu") ", " POOL ("[2, 3]"),
      1 },
  { "normal-tanh", DOWN ("linear") ", " NORMAL ", " ACTIVATION ("tanh"), 2 },
  { "relu-after-pool",
      ALONG ("linear") ", " POOL ("[2, 2]") ", " ACTIVATION ("relu"), 2 },
  { "square",
      CONV ("[3, 3]", "32", "same", "linear") ", " LEAKY ("0.2") ", " POOL (
          "[2, 2]"),
      1 },
  { "plain",
      CONV ("[2, 4]", "5", "valid", "linear") ", " LEAKY ("0.2") ", " POOL (
          "[2, 2]"),
      1 },
};

#define IN_Y 14
#define IN_X 27
#define CHANNELS 16
#define IN_SIZE (IN_Y * IN_X * CHANNELS)
#define BATCH 2

static NnModel *
build (const char *layers)
{
  g_autofree char *config = g_strdup_printf (
      "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", "
      "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": "
      "{\"batch_input_shape\": [null, %d, %d, %d], \"name\": \"in\"}}, %s]}}",
      IN_Y, IN_X, CHANNELS, layers);
  g_autoptr (GError) error = NULL;
  NnModel *model = nn_model_build ("test", config, "2.10.0", NULL, 0, &error);

  g_assert_no_error (error);
  nn_model_initialize (model, 1, &error);
  g_assert_no_error (error);
  return model;
}

/* The outputs of all layers, one after the other; the last is returned. */
static float *
run_layers (const NnModel *model, const float *in)
{
  float *values = g_memdup2 (in, BATCH * IN_SIZE * sizeof *in);

  for (size_t i = 0; i < model->graph->nodes->len; i++) {
    const NnLayer *const layer = nn_graph_node (model->graph, i)->layer;
    g_autofree float *scratch = g_new (
        float, layer->scratch_len + BATCH * layer->scratch_per_sample + 1);
    float *const out = g_new (float, BATCH *nn_shape_size (&layer->out[0]));

    layer->klass->forward (layer,
        &(NnCall){ .n = BATCH,
            .in = (const float *const[]){ values },
            .in_mask = (const float *const[]){ NULL },
            .out = (float *const[]){ out },
            .scratch = scratch });
    g_free (values);
    values = out;
  }
  return values;
}

static size_t
count_steps (const NnModel *model)
{
  size_t n = 0;

  for (size_t i = 0; i < model->graph->nodes->len; i++)
    n += !nn_graph_node (model->graph, i)->is_absorbed;
  return n;
}

static void
test_case (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autoptr (NnModel) plain = build (cases[i].layers);
  g_autoptr (NnModel) fused = build (cases[i].layers);
  g_autofree float *in = g_new (float, BATCH *IN_SIZE);
  g_autofree float *expected = NULL;
  size_t size;

  for (size_t k = 0; k < BATCH * IN_SIZE; k++)
    in[k] = g_rand_double_range (rand, -2, 2);
  nn_model_pack (plain, &error);
  g_assert_no_error (error);
  expected = run_layers (plain, in);
  nn_model_finish (fused, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_steps (fused), ==, cases[i].n_steps);
  g_autoptr (NnSession) session = nn_session_new (fused, BATCH, &error);
  g_assert_no_error (error);
  size = BATCH * nn_shape_size (nn_model_output_shape (fused, 0));
  g_autofree float *found = g_new (float, size);
  nn_session_run (
      session, BATCH, (const float *const[]){ in }, (float *const[]){ found });
  for (size_t k = 0; k < size; k++)
    g_assert_cmpfloat_with_epsilon (found[k], expected[k], 1e-5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/fuse/%s", cases[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
  }
  return g_test_run ();
}
