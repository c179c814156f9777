/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a model file says about itself, and what is said about it. The model is
 * y = W x + b with W [2][3] = 0, 0.125, 0.25, ... and b likewise. */
#include <string.h>
#include "nn/error.h"
#include "nn/metadata.h"
#include "nn/model-private.h"

static const char config[] =
    "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\","
    " \"layers\": [{\"class_name\": \"Dense\", \"config\": {\"name\": "
    "\"scores\","
    " \"units\": 3, \"batch_input_shape\": [null, 2]}}]}}";

static NnModel *
make_model (void)
{
  g_autoptr (GError) error = NULL;
  NnModel *model =
      nn_model_build ("test.h5", config, "2.10.0", NULL, 0, &error);
  const NnKerasLayer *layer;

  g_assert_no_error (error);
  layer = g_ptr_array_index (model->layers, 0);
  for (guint i = 0; i < layer->weights->params->len; i++) {
    NnParam *const param = g_ptr_array_index (layer->weights->params, i);

    param->value = g_new (float, param->size);
    for (size_t k = 0; k < param->size; k++)
      param->value[k] = k * 0.125f;
  }
  g_assert_true (nn_model_finish (model, &error));
  return model;
}

/* The generator of nn/metadata.h, once more and in other words. */
static double
made_up (guint32 seed, int i)
{
  guint64 s = seed;

  for (int k = 0; k <= i; k++)
    s = (1664525 * s + 1013904223) % 4294967296;
  return (double) (s / 256) / 16777216;
}

static void
test_self_test (void)
{
  g_autoptr (NnModel) model = make_model ();
  g_autoptr (GError) error = NULL;
  size_t n;
  g_autofree float *y = nn_metadata_self_test (model, 7, &n, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 3);
  for (int c = 0; c < 3; c++)
    g_assert_cmpfloat_with_epsilon (y[c],
        made_up (7, 0) * c * 0.125 + made_up (7, 1) * (c + 3) * 0.125
            + c * 0.125,
        1e-6);
  text = g_strdup_printf ("{\"labels\": [\"a\", \"b\"], \"self_test\": "
                          "{\"seed\": 7, \"output\": [[%.9g, %.9g, %.9g]]}}",
      y[0], y[1], y[2]);
  g_assert_true (nn_metadata_set (model, g_steal_pointer (&text), &error));
  g_assert_true (nn_metadata_check (model, &error));
}

static const struct {
  const char *text;
  int code;
  const char *message;
} refused[] = {
  { "", NN_ERROR_FORMAT, "damaged JSON" },
  { "[]", NN_ERROR_FORMAT, "not a JSON object" },
  { "{\"self_test\": {\"seed\": 7, \"output\": []}}", NN_ERROR_SHAPE,
      "1 outputs" },
  { "{\"self_test\": {\"seed\": 7, \"output\": [[1, 2]]}}", NN_ERROR_SHAPE,
      "expected 3" },
  { "{\"self_test\": {\"seed\": 7, \"output\": [[0, 0, 0]]}}", NN_ERROR_FORMAT,
      "self-test" },
  { "{\"self_test\": {\"seed\": 7, \"output\": [[NaN, NaN, NaN]]}}",
      NN_ERROR_FORMAT, "self-test" },
};

static void
test_refused (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (NnModel) model = make_model ();
    g_autoptr (GError) error = NULL;

    g_assert_false (nn_metadata_set (model, g_strdup (refused[i].text), &error)
        && nn_metadata_check (model, &error));
    g_assert_error (error, NN_ERROR, refused[i].code);
    g_assert_true (g_str_has_prefix (error->message, "test.h5: "));
    g_assert_nonnull (strstr (error->message, refused[i].message));
  }
}

/* It is parsed more than once, so it may not be as large as a configuration. */
static void
test_large (void)
{
  g_autofree char *spaces = g_strnfill ((1 << 19) - 1, ' ');
  g_autoptr (NnModel) model = make_model ();
  g_autoptr (GError) error = NULL;

  g_assert_false (
      nn_metadata_set (model, g_strconcat (spaces, "{}", NULL), &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_LIMIT);
  g_assert_true (g_str_has_prefix (error->message, "test.h5: "));
}

/* 1e-4 is the border. */
static void
test_tolerance (void)
{
  static const double offsets[] = { 0.9e-4, 1.1e-4 };
  const double x0 = made_up (0, 0), x1 = made_up (0, 1);

  for (int i = 0; i < 2; i++) {
    g_autoptr (NnModel) model = make_model ();
    g_autofree char *text = g_strdup_printf (
        "{\"self_test\": {\"seed\": 0, \"output\": [[%.9g, %.9g, %.9g]]}}",
        x1 * 0.375, x0 * 0.125 + x1 * 0.5 + 0.125,
        x0 * 0.25 + x1 * 0.625 + 0.25 + offsets[i]);

    g_assert_true (nn_metadata_set (model, g_steal_pointer (&text), NULL));
    g_assert_true (nn_metadata_check (model, NULL) == (i == 0));
  }
}

static void
test_describe (void)
{
  g_autoptr (NnModel) model = make_model ();
  g_autofree char *text = NULL;

  g_assert_true (nn_metadata_set (model,
      g_strdup ("{\"labels\": [\"a\", \"b\", \"c\"],"
                " \"recipe\": {\"rate\": 16000, \"amin\": 1e-10}}"),
      NULL));
  text = nn_model_describe (model, NULL);
  g_assert_cmpstr (text, ==,
      "test.h5: model of Keras 2.10.0, Sequential\n"
      "\n"
      "Layer           Output shape  Parameters\n"
      "----------------------------------------\n"
      "scores (Dense)  (3,)                   9\n"
      "----------------------------------------\n"
      "9 parameters, 9 trainable\n"
      "\n"
      "input: (2,)\n"
      "output: (3,)\n"
      "labels: a, b, c\n"
      "recipe:\n"
      "  rate: 16000\n"
      "  amin: 1e-10\n"
      "self-test: none\n");
}

/* Said, because Keras gives other numbers from the second call on. */
static void
test_stateful (void)
{
  static const char stateful[] =
      "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
      "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"first\","
      " \"batch_input_shape\": [1, 4, 3], \"units\": 2, \"stateful\": true,"
      " \"return_sequences\": true}},"
      "{\"class_name\": \"Bidirectional\", \"config\": {\"name\": \"second\","
      " \"merge_mode\": \"sum\", \"layer\": {\"class_name\": \"GRU\","
      " \"config\": {\"units\": 2, \"stateful\": true}}}},"
      "{\"class_name\": \"RepeatVector\", \"config\": {\"n\": 2}},"
      "{\"class_name\": \"SimpleRNN\", \"config\": {\"name\": \"third\","
      " \"units\": 2, \"stateful\": false}}]}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_model_build ("test.h5", stateful, "2.10.0", NULL, 0, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = nn_model_describe (model, NULL);
  g_assert_nonnull (strstr (
      text, "stateful, but begun anew for each window: first, second\n"));
}

/* Names may hold escape sequences of terminals. */
static void
test_escape (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = nn_model_build ("a\033b.h5",
      "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
      "{\"class_name\": \"ReLU\", \"config\": {\"name\": "
      "\"red\\u001b[31m\\n\", \"batch_input_shape\": [null, 2]}}]}}",
      "2.10.0", NULL, 0, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_true (
      nn_metadata_set (model, g_strdup ("{\"k\\u009b\": \"v\\u0007\"}"), NULL));
  text = nn_model_describe (model, NULL);
  for (const char *c = text; *c; c = g_utf8_next_char (c))
    g_assert_true (*c == '\n' || !g_unichar_iscntrl (g_utf8_get_char (c)));
  g_assert_nonnull (strstr (text, "red\xef\xbf\xbd[31m\xef\xbf\xbd (ReLU)"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metadata/stateful", test_stateful);
  g_test_add_func ("/metadata/self-test", test_self_test);
  g_test_add_func ("/metadata/refused", test_refused);
  g_test_add_func ("/metadata/large", test_large);
  g_test_add_func ("/metadata/tolerance", test_tolerance);
  g_test_add_func ("/metadata/describe", test_describe);
  g_test_add_func ("/metadata/escape", test_escape);
  return g_test_run ();
}
