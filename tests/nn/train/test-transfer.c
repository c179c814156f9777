/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nn/train/transfer.h: a new last layer, and layers that stay. */
#include <math.h>
#include <string.h>
#include "nn/error.h"
#include "nn/model-private.h"
#include "nn/train/architectures.h"
#include "nn/train/trainer-private.h"
#include "nn/train/transfer.h"

#define LAYER(class, name, more)                                               \
  "{\"class_name\": \"" class "\", \"config\": {\"name\": \"" name             \
                              "\", \"dtype\": \"float32\"" more "}}"
#define HEAD                                                                   \
  "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["                \
  "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"in\", "           \
  "\"batch_input_shape\": [null, 6]}},"

static const char chain[] =
    HEAD LAYER ("Dense", "a", ", \"units\": 8") "," LAYER (
        "LeakyReLU", "r", ", \"alpha\": 0.2") "," LAYER ("Dense", "b",
        ", \"units\": 7") "," LAYER ("Dropout", "d",
        ", \"rate\": 0.1") "," LAYER ("Dense", "c",
        ", \"units\": 4, \"activation\": \"softmax\"") "]}}";
static const char softmax_apart[] = HEAD LAYER (
    "Dense", "a", ", \"units\": 4") "," LAYER ("Softmax", "s", "") "]}}";
static const char over_time[] =
    "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
    "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"in\", "
    "\"batch_input_shape\": [null, 2, 5, 1]}}," LAYER ("Conv2D", "conv",
        ", \"filters\": 3, \"kernel_size\": [1, 3]") "," LAYER ("ReLU", "r",
        "") "," LAYER ("GlobalAveragePooling2D", "gap", "") "," LAYER ("Dense",
        "c", ", \"units\": 4, \"activation\": \"softmax\"") "]}}";
static const char no_dense[] =
    HEAD LAYER ("Dense", "a", ", \"units\": 4") "," LAYER (
        "BatchNormalization", "n", ", \"axis\": -1") "]}}";

/* A functional model that lists its last layer first. */
static const char out_of_order[] =
    "{\"class_name\": \"Functional\", \"config\": {\"name\": \"m\", "
    "\"layers\": [{\"class_name\": \"Dense\", \"name\": \"b\", "
    "\"config\": {\"name\": \"b\", \"units\": 4, \"activation\": "
    "\"softmax\"}, \"inbound_nodes\": [[[\"a\", 0, 0, {}]]]}, "
    "{\"class_name\": \"InputLayer\", \"name\": \"in\", \"config\": "
    "{\"name\": \"in\", \"batch_input_shape\": [null, 6]}, "
    "\"inbound_nodes\": []}, {\"class_name\": \"Dense\", \"name\": "
    "\"a\", \"config\": {\"name\": \"a\", \"units\": 8}, "
    "\"inbound_nodes\": [[[\"in\", 0, 0, {}]]]}], \"input_layers\": "
    "[[\"in\", 0, 0]], \"output_layers\": [[\"b\", 0, 0]]}}";

static NnModel *
new_model (const char *config)
{
  g_autoptr (GError) error = NULL;
  NnModel *model =
      nn_model_new_from_config ("made", config, "2.10.0", 1, &error);

  g_assert_no_error (error);
  return model;
}

/* All weights of a model in a row. */
static float *
weights_of (NnModel *model, size_t *n)
{
  g_autoptr (NnWeightList) list = nn_weight_list_new (model);
  float *values = g_new (float, list->n_values);

  *n = list->n_values;
  nn_weight_list_get (list, values);
  return values;
}

static void
test_classes (void)
{
  const float x[6] = { 0.3f, -2, 5, 0.1f, 9, -0.4f }, *in[] = { x };
  float y[5], *out[] = { y };
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = new_model (chain);
  g_autoptr (NnModel) other = nn_model_with_classes (model, 5, &error);
  g_autoptr (NnSession) session = NULL;
  g_autofree float *before = NULL, *after = NULL;
  const size_t kept = 6 * 8 + 8 + 8 * 7 + 7;
  size_t n;

  g_assert_no_error (error);
  before = weights_of (model, &n);
  g_assert_cmpuint (n, ==, kept + 7 * 4 + 4);
  after = weights_of (other, &n);
  g_assert_cmpuint (n, ==, kept + 7 * 5 + 5);
  g_assert_cmpmem (before, kept * sizeof *before, after, kept * sizeof *after);
  session = nn_session_new (other, 1, &error);
  nn_session_run (session, 1, in, out);
  for (size_t c = 0; c < 5; c++)
    g_assert_cmpfloat (y[c], ==, 0.2f);
}

/* With the softmax as a layer of its own. */
static void
test_softmax_apart (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = new_model (softmax_apart);
  g_autoptr (NnModel) other = nn_model_with_classes (model, 7, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (nn_shape_size (nn_model_output_shape (other, 0)), ==, 7);
}

/* Logits and sigmoids, which training would take for probabilities. */
static void
test_no_softmax (void)
{
  static const char *const ends[] = {
    HEAD LAYER ("Dense", "a", ", \"units\": 4") "]}}",
    HEAD LAYER (
        "Dense", "a", ", \"units\": 4, \"activation\": \"sigmoid\"") "]}}",
    HEAD LAYER ("Dense", "a", ", \"units\": 4") "," LAYER (
        "Activation", "s", ", \"activation\": \"log_softmax\"") "]}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    for (size_t n_classes = 4; n_classes <= 5; n_classes++) {
      g_autoptr (GError) error = NULL;
      g_autoptr (NnModel) model = new_model (ends[i]);
      g_autoptr (NnModel) other =
          nn_model_with_classes (model, n_classes, &error);
      g_autofree float *before = NULL, *after = NULL;
      size_t n;

      g_assert_no_error (error);
      g_assert_cmpstr (nn_model_output_activation (other, 0), ==, "softmax");
      before = weights_of (model, &n);
      after = weights_of (other, &n);
      if (n_classes == 4)
        g_assert_cmpmem (before, n * sizeof *before, after, n * sizeof *after);
    }
}

static void
test_no_dense (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = new_model (no_dense);
  g_autoptr (NnModel) shuffled = new_model (out_of_order);

  g_assert_null (nn_model_with_classes (model, 5, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (nn_model_with_classes (shuffled, 5, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED);
}

/* The probability of the second of two classes by hand: the convolution, ReLU,
 * the mean over time of each band and filter (variance 1 + 0.001 in the
 * normalization), and the Dense layer. kernel: [3 taps][3 filters]; dense: [2
 * bands][3 filters][2]. */
static double
second_class (const float *x, const float *kernel, const float *dense)
{
  double logit[2] = { 0, 0 };

  for (int band = 0; band < 2; band++)
    for (int f = 0; f < 3; f++) {
      double mean = 0;

      for (int t = 0; t < 3; t++) {
        double sum = 0;

        for (int tap = 0; tap < 3; tap++)
          sum += x[band * 5 + t + tap] * kernel[tap * 3 + f];
        mean += MAX (sum, 0) / 3;
      }
      for (int c = 0; c < 2; c++)
        logit[c] += mean / sqrt (1.001) * dense[(band * 3 + f) * 2 + c];
    }
  return 1 / (1 + exp (logit[0] - logit[1]));
}

static void
test_trunk (void)
{
  float x[10], y[2];
  const float *in[] = { x };
  float *out[] = { y };
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = new_model (over_time);
  g_autoptr (NnModel) trunk = nn_model_trunk (model, "r", 2, 0.3, &error);
  g_autoptr (NnSession) session = NULL;
  g_autoptr (NnWeightList) list = NULL;
  g_autofree float *before = weights_of (model, &(size_t){ 0 });
  g_autofree float *after = NULL;
  size_t n;

  g_assert_no_error (error);
  after = weights_of (trunk, &n);
  g_assert_cmpuint (n, ==, 3 * 3 + 3 + 4 * 6 + 6 * 2 + 2);
  g_assert_cmpmem (before, 12 * sizeof *before, after, 12 * sizeof *after);
  for (int i = 0; i < 10; i++)
    x[i] = sinf (i);
  session = nn_session_new (trunk, 1, &error);
  g_assert_no_error (error);
  nn_session_run (session, 1, in, out);
  g_assert_cmpfloat (y[0], ==, 0.5f);
  g_clear_pointer (&session, nn_session_free);

  for (size_t i = n - 14; i < n - 2; i++)
    after[i] = cosf (i);
  list = nn_weight_list_new (trunk);
  nn_weight_list_set (list, after);
  nn_model_repack (trunk);
  session = nn_session_new (trunk, 1, &error);
  nn_session_run (session, 1, in, out);
  g_assert_cmpfloat_with_epsilon (
      y[1], second_class (x, before, after + n - 14), 1e-5);
}

static void
test_trunk_errors (void)
{
  static const char *const layers[] = { "nobody", "gap", "c" };
  g_autoptr (NnModel) model = new_model (over_time);

  for (size_t i = 0; i < G_N_ELEMENTS (layers); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (nn_model_trunk (model, layers[i], 5, 0.3, &error));
    g_assert_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED);
    g_assert_nonnull (strstr (error->message, layers[i]));
  }
}

/* Softmax of z / T is p^(1/T), normalised. */
static void
check_cool (const char *config)
{
  const float x[6] = { 0.3f, -2, 5, 0.1f, 1, -0.4f }, *in[] = { x };
  float y[2][4], sum = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = new_model (config);
  g_autoptr (NnModel) cool = nn_model_cool (model, 2.5, &error);

  g_assert_no_error (error);
  for (int i = 0; i < 2; i++) {
    g_autoptr (NnSession) session =
        nn_session_new (i == 0 ? model : cool, 1, &error);
    float *out[] = { y[i] };

    nn_session_run (session, 1, in, out);
  }
  for (int c = 0; c < 4; c++)
    sum += powf (y[0][c], 1 / 2.5f);
  for (int c = 0; c < 4; c++)
    g_assert_cmpfloat_with_epsilon (
        y[1][c], powf (y[0][c], 1 / 2.5f) / sum, 1e-5);
}

static void
test_cool (void)
{
  static const char tanh_between[] = HEAD LAYER ("Dense", "a",
      ", \"units\": 4, \"activation\": \"tanh\"") "," LAYER ("Softmax", "s",
      "") "]}}";
  const char *const configs[] = { chain, softmax_apart, out_of_order };
  const char *const wrong[] = { no_dense, tanh_between };

  for (gsize i = 0; i < G_N_ELEMENTS (configs); i++)
    check_cool (configs[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (NnModel) none = new_model (wrong[i]);
    g_autoptr (GError) error = NULL;

    g_assert_null (nn_model_cool (none, 2, &error));
    g_assert_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED);
  }
}

/* One step; how many weights from the first on are as they were. */
static size_t
count_kept (const char *freeze)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = new_model (chain);
  g_autoptr (NnTrainer) trainer = NULL;
  g_autofree float *before = NULL, *after = NULL;
  const float x[12] = { 1, 2, 3, 4, 5, 6, -1, -2, 3, 1, 0.5f, 2 };
  const float target[8] = { 1, 0, 0, 0, 0, 0, 1, 0 };
  NnTrainConfig config;
  size_t n, kept = 0;

  nn_train_config_init (&config);
  config.batch_size = 2;
  config.n_threads = 1;
  config.freeze = freeze;
  trainer = nn_trainer_new (model, &config, &error);
  g_assert_no_error (error);
  nn_trainer_step (trainer, 2, x, target, NULL, NULL);
  before = weights_of (model, &n);
  after = weights_of (trainer->model, &n);
  while (kept < n && before[kept] == after[kept])
    kept++;
  for (size_t i = kept; i < n && freeze; i++)
    g_assert_cmpfloat (before[i], !=, after[i]);

  g_autoptr (NnModel) saved = nn_trainer_export (trainer, NULL, &error);
  const NnKerasLayer *const first = g_ptr_array_index (saved->layers, 1);

  g_assert_no_error (error);
  g_assert_true (first->trainable);
  return kept;
}

static void
test_freeze (void)
{
  static const struct {
    const char *which;
    size_t kept;
  } cases[] = {
    { NULL, 0 },
    { "1", 56 },
    { "a", 56 },
    { "r", 56 },
    { "2", 56 + 63 },
    { "b", 56 + 63 },
    { "d", 56 + 63 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (count_kept (cases[i].which), ==, cases[i].kept);
}

/* What one step from the same weights adds to them. Free with g_free. */
static float *
change_of (double head_rate, size_t *n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = new_model (chain);
  g_autoptr (NnTrainer) trainer = NULL;
  g_autofree float *before = NULL;
  const float x[6] = { 1, 2, 3, 4, 5, 6 }, target[4] = { 1 };
  NnTrainConfig config;
  float *change;

  nn_train_config_init (&config);
  config.n_threads = 1;
  config.weight_decay = 0.01;
  config.head_rate = head_rate;
  trainer = nn_trainer_new (model, &config, &error);
  g_assert_no_error (error);
  before = weights_of (model, n);
  nn_trainer_step (trainer, 1, x, target, NULL, NULL);
  change = weights_of (trainer->model, n);
  for (size_t i = 0; i < *n; i++)
    change[i] -= before[i];
  return change;
}

/* The last layer takes steps three times as large; the others the same. */
static void
test_head_rate (void)
{
  const size_t head = 56 + 63;
  size_t n;
  g_autofree float *even = change_of (1, &n);
  g_autofree float *fast = change_of (3, &n);

  g_assert_cmpuint (n, ==, head + 7 * 4 + 4);
  for (size_t i = 0; i < n; i++)
    if (i < head)
      g_assert_cmpfloat (fast[i], ==, even[i]);
    else
      g_assert_cmpfloat_with_epsilon (fast[i], 3 * even[i], 1e-6);
  g_assert_cmpfloat (fabsf (even[n - 1]), >, 1e-4);
}

static void
test_freeze_errors (void)
{
  static const struct {
    const char *which, *message;
  } cases[] = {
    { "x", "*no layer “x”*" },
    { "4", "*no layer “4”*" },
    { "0", "*no layer “0”*" },
    { "3", "*no layer is left to train*" },
    { "c", "*no layer is left to train*" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NnModel) model = new_model (chain);

    g_assert_false (nn_model_freeze (model, cases[i].which, &error));
    g_assert_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED);
    g_assert_true (g_pattern_match_simple (cases[i].message, error->message));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transfer/classes", test_classes);
  g_test_add_func ("/transfer/softmax-apart", test_softmax_apart);
  g_test_add_func ("/transfer/no-softmax", test_no_softmax);
  g_test_add_func ("/transfer/no-dense", test_no_dense);
  g_test_add_func ("/transfer/trunk", test_trunk);
  g_test_add_func ("/transfer/trunk-errors", test_trunk_errors);
  g_test_add_func ("/transfer/cool", test_cool);
  g_test_add_func ("/transfer/freeze", test_freeze);
  g_test_add_func ("/transfer/head-rate", test_head_rate);
  g_test_add_func ("/transfer/freeze-errors", test_freeze_errors);
  return g_test_run ();
}
