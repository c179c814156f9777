/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model with channels first gives what the same model with channels last
 * gives between permutations that it writes itself. */
#include <string.h>
#include "nn/model-private.h"

#define CONV(format)                                                           \
  "{\"class_name\": \"Conv2D\", \"config\": {\"name\": \"conv\", "             \
  "\"filters\": 4, \"kernel_size\": [3, 2], \"strides\": [1, 2], "             \
  "\"padding\": \"same\", \"data_format\": \"" format "\"}},"
#define POOL(format)                                                           \
  "{\"class_name\": \"AveragePooling2D\", \"config\": {\"name\": \"pool\", "   \
  "\"pool_size\": [2, 2], \"data_format\": \"" format "\"}}"
#define FLATTEN(format)                                                        \
  ",{\"class_name\": \"Flatten\", \"config\": {\"name\": \"flat\", "           \
  "\"data_format\": \"" format "\"}}"
#define PERMUTE(name, dims)                                                    \
  "{\"class_name\": \"Permute\", \"config\": {\"name\": \"" name               \
  "\", \"dims\": " dims "}}"
#define MODEL(layers)                                                          \
  "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", "            \
  "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": {\"name\": "      \
  "\"in\", \"batch_input_shape\": [null, 3, 6, 8]}}," layers "]}}"

static const struct {
  const char *name;
  const char *first, *last;
} cases[] = {
  { "image", MODEL (CONV ("channels_first") POOL ("channels_first")),
      MODEL (PERMUTE ("a", "[2, 3, 1]") "," CONV ("channels_last")
              POOL ("channels_last") "," PERMUTE ("b", "[3, 1, 2]")) },
  { "flatten",
      MODEL (CONV ("channels_first") POOL ("channels_first")
              FLATTEN ("channels_first")),
      MODEL (PERMUTE ("a", "[2, 3, 1]") "," CONV ("channels_last")
              POOL ("channels_last") FLATTEN ("channels_last")) },
};

#define N_IN (3 * 6 * 8)
#define N_OUT_MAX 256

static size_t
run (const char *config, float *out)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_model_build ("test", config, "2.10.0", NULL, 0, &error);
  g_assert_no_error (error);
  float in[N_IN];

  for (guint i = 0; i < model->graph->nodes->len; i++) {
    const NnWeights *const weights =
        nn_graph_node (model->graph, i)->layer->weights;

    for (guint k = 0; k < weights->params->len; k++) {
      NnParam *const param = g_ptr_array_index (weights->params, k);

      param->value = g_new (float, param->size);
      for (size_t j = 0; j < param->size; j++)
        param->value[j] = (float) (j * 7 % 11) - 5;
    }
  }
  for (size_t i = 0; i < N_IN; i++)
    in[i] = (float) (i * 13 % 17) - 8;
  g_assert_true (nn_model_finish (model, &error));
  g_autoptr (NnSession) session = nn_session_new (model, 1, &error);
  g_assert_no_error (error);
  const size_t n = nn_shape_size (nn_model_output_shape (model, 0));
  g_assert_cmpuint (n, <=, N_OUT_MAX);
  nn_session_run (session, 1, (const float *const[]){ in }, &out);
  return n;
}

static void
test_case (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  float first[N_OUT_MAX], last[N_OUT_MAX];
  const size_t n = run (cases[i].first, first);

  g_assert_cmpuint (run (cases[i].last, last), ==, n);
  g_assert_cmpmem (first, n * sizeof *first, last, n * sizeof *last);
}

static void
test_neither (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nn_model_build (
      "test", MODEL (POOL ("channels_sideways")), "2.10.0", NULL, 0, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "channels_sideways"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/channels/%s", cases[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
  }
  g_test_add_func ("/channels/neither", test_neither);
  return g_test_run ();
}
