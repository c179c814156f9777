/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Six steps of the four architectures, and what genuine Keras 3 did: losses,
 * the gradients of the first step, predictions at the end. See
 * shared/golden/training/README.md. And six steps of a small transformer in
 * PyTorch: losses, and the weights at the end. And a layer that does another's
 * work, beside both by themselves. */
#include <math.h>
#include "nn/h5.h"
#include "nn/model-private.h"
#include "nn/train/backprop-private.h"
#include "nn/train/network.h"
#include "nn/train/trainer-private.h"

#define BATCH 8
#define STEPS 6
#define SIZE (64 * 94)
#define CLASSES 9

/* All of it is in ../shared; the first two steps of m3 also in tests/data. */
static const struct {
  const char *name, *model, *steps;
  bool is_shared;
  size_t n_steps;
} cases[] = {
  { "m3-short", "m3", "m3.steps.h5", false, 2 },
  { "m1", "m1", "steps.h5", true, STEPS },
  { "m2", "m2", "steps.h5", true, STEPS },
  { "m3", "m3", "steps.h5", true, STEPS },
  { "m4", "m4", "steps.h5", true, STEPS },
};

/* NULL where the file is not there. */
static char *
golden_path (size_t i, const char *name)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");
  char *path = cases[i].is_shared
      ? g_build_filename (shared ? shared : "", "golden/training", name, NULL)
      : g_build_filename (
          g_getenv ("EMOTION_TEST_DATA"), "training", name, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_clear_pointer (&path, g_free);
  return path;
}

static float *
read_floats (NnH5 *file, const char *path)
{
  g_autoptr (GError) error = NULL;
  float *values = nn_h5_read_floats (file, path, NULL, &error);

  g_assert_no_error (error);
  return values;
}

/* The samples that steps train on, and one-hot targets. */
static void
read_data (size_t i, float **x, float **target)
{
  g_autofree char *path = golden_path (i, "data.h5");
  g_autoptr (GError) error = NULL;
  g_autoptr (NnH5) file = nn_h5_open (path, &error);
  g_assert_no_error (error);
  g_autofree float *label = read_floats (file, "y");

  *x = read_floats (file, "x");
  *target = g_new0 (float, BATCH *STEPS *CLASSES);
  for (size_t k = 0; k < BATCH * cases[i].n_steps; k++)
    (*target)[k * CLASSES + (size_t) label[k]] = 1;
}

/* Of the arrays in order: grad0 has the Keras paths m3.conv2d_4.kernel. */
static void
check_gradients (const NnTrainer *trainer, NnH5 *steps, const char *name)
{
  for (size_t i = 0; i < trainer->weights->n; i++) {
    const NnWeight *const weight = &trainer->weights->items[i];
    const char *const scope = weight->param->scope;
    const bool is_gru = strstr (weight->layer, "gru") != NULL;
    g_autofree char *path =
        g_strdup_printf ("%s/grad0/%s.%s.%s%s", name, name, weight->layer,
            *scope == '\0' ? ""
                : is_gru   ? "gru_cell."
                           : "lstm_cell.",
            weight->param->name);
    const float *const found = trainer->optimizer->gradient + weight->offset;
    double difference = 0, size = 0;

    if (!weight->is_trained)
      continue;
    g_autofree float *expected = read_floats (steps, path);
    for (size_t k = 0; k < weight->param->size; k++) {
      difference += pow (found[k] - expected[k], 2);
      size += pow (expected[k], 2);
    }
    g_test_message ("%s: %g relative", path, sqrt (difference / size));
    g_assert_cmpfloat (sqrt (difference), <=, 1e-3 * sqrt (size));
  }
}

static void
test_golden (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const char *const name = cases[i].model;
  g_autofree char *init_name = g_strdup_printf ("%s.init.h5", name);
  g_autofree char *init_path = golden_path (i, init_name);
  g_autofree char *steps_path = golden_path (i, cases[i].steps);
  g_autofree float *x = NULL, *target = NULL;
  g_autofree float *output = g_new (float, BATCH *STEPS *CLASSES);
  int label[BATCH * STEPS] = { 0 };
  NnArraySamples arrays = { .n = BATCH * STEPS, .size = SIZE, .label = label };
  const NnSamples samples = nn_array_samples (&arrays);
  NnTrainConfig config;
  g_autoptr (GError) error = NULL;

  if (!init_path || !steps_path) {
    g_test_skip ("golden/training is in ../shared, which is not here");
    return;
  }
  read_data (i, &x, &target);
  arrays.x = x;
  g_autoptr (NnH5) steps = nn_h5_open (steps_path, &error);
  g_assert_no_error (error);
  g_autoptr (NnModel) model = nn_model_load (init_path, NULL, 0, &error);
  g_assert_no_error (error);
  nn_train_config_init (&config);
  config.batch_size = BATCH;
  config.chunk = 3;
  g_autoptr (NnTrainer) trainer = nn_trainer_new (model, &config, &error);
  g_assert_no_error (error);
  g_autofree char *loss_path = g_strdup_printf ("%s/total_loss", name);
  g_autofree float *loss = read_floats (steps, loss_path);
  for (size_t s = 0; s < cases[i].n_steps; s++) {
    NnScore score;

    nn_trainer_step (trainer, BATCH, x + s * BATCH * SIZE,
        target + s * BATCH * CLASSES, NULL, &score);
    g_test_message ("%s step %zu: %.7g, Keras %.7g", name, s,
        nn_score_loss (&score), loss[s]);
    g_assert_cmpfloat (fabs (nn_score_loss (&score) / loss[s] - 1), <=, 1e-4);
    if (s == 0)
      check_gradients (trainer, steps, name);
  }
  if (cases[i].n_steps < STEPS)
    return;
  nn_trainer_evaluate (trainer, &samples, output, NULL);
  g_autofree char *predict_path = g_strdup_printf ("%s/final_predict", name);
  g_autofree float *predict = read_floats (steps, predict_path);
  for (size_t k = 0; k < BATCH * STEPS * CLASSES; k++)
    g_assert_cmpfloat_with_epsilon (output[k], predict[k], 1e-3);
}

/* ---- PyTorch: tests/data/make-transformer.py ---- */

#define T_CLASSES 4
#define T_SIZE (12 * 8)

static NnValue
draw_encoder (NnNetwork *n, NnValue x)
{
  NnValue y = nn_network_layer_norm (n, x);

  x = nn_network_merge (n, "Add", x, nn_network_attention (n, y, 2, 8, 0));
  y = nn_network_dense (n, nn_network_layer_norm (n, x), 32, "gelu", 0);
  return nn_network_merge (n, "Add", x, nn_network_dense (n, y, 16, NULL, 0));
}

static NnModel *
draw_transformer (void)
{
  const NnArchitectureOptions options = {
    .input = { .rank = 2, .dim = { 12, 8 } }, .n_classes = T_CLASSES
  };
  g_autoptr (NnNetwork) n = nn_network_new ("transformer", &options);
  g_autoptr (GError) error = NULL;
  NnValue x = nn_network_dense (n, 0, 16, NULL, 0);

  for (int i = 0; i < 2; i++)
    x = draw_encoder (n, x);
  x = nn_network_mean1d (n, nn_network_layer_norm (n, x));
  NnModel *const model =
      nn_network_build (n, nn_network_classes (n, x, 0), 1, &error);
  g_assert_no_error (error);
  return model;
}

/* Of the group "init" or "final". */
static float *
read_weight (NnH5 *file, const char *group, const NnWeight *weight)
{
  const char *const scope = weight->param->scope;
  g_autofree char *path = g_strdup_printf ("%s/%s/%s%s%s", group, weight->layer,
      scope, *scope ? "/" : "", weight->param->name);

  return read_floats (file, path);
}

/* The largest difference of a weight from what PyTorch has. A bias of the keys
 * adds the same to all scores of a query, so its gradient is 0, but for
 * rounding, which Adam makes steps of: it is not compared. */
static double
compare_weights (const NnTrainer *trainer, NnH5 *file)
{
  double largest = 0;

  for (size_t i = 0; i < trainer->weights->n; i++) {
    const NnWeight *const weight = &trainer->weights->items[i];
    g_autofree float *expected = read_weight (file, "final", weight);

    if (g_str_equal (weight->param->scope, "key_dense")
        && g_str_equal (weight->param->name, "bias"))
      continue;
    for (size_t k = 0; k < weight->param->size; k++)
      largest = MAX (largest, fabsf (weight->param->value[k] - expected[k]));
  }
  return largest;
}

static void
test_torch (void)
{
  g_autofree char *path = g_build_filename (
      g_getenv ("EMOTION_TEST_DATA"), "training", "transformer.h5", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnH5) file = nn_h5_open (path, &error);
  g_assert_no_error (error);
  g_autofree float *x = read_floats (file, "x");
  g_autofree float *label = read_floats (file, "y");
  g_autofree float *loss = read_floats (file, "loss");
  g_autofree float *target = g_new0 (float, BATCH *STEPS *T_CLASSES);
  g_autoptr (NnModel) model = draw_transformer ();
  NnTrainConfig config;

  for (size_t i = 0; i < BATCH * STEPS; i++)
    target[i * T_CLASSES + (size_t) label[i]] = 1;
  nn_train_config_init (&config);
  config.batch_size = BATCH;
  config.chunk = 3;
  config.weight_decay = 0.01;
  config.clip_norm = 1;
  g_autoptr (NnTrainer) trainer = nn_trainer_new (model, &config, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < trainer->weights->n; i++) {
    const NnParam *const param = trainer->weights->items[i].param;
    g_autofree float *values =
        read_weight (file, "init", &trainer->weights->items[i]);

    memcpy (param->value, values, param->size * sizeof *values);
  }
  nn_trainer_weights_changed (trainer);
  for (size_t s = 0; s < STEPS; s++) {
    NnScore score;

    nn_trainer_step (trainer, BATCH, x + s * BATCH * T_SIZE,
        target + s * BATCH * T_CLASSES, NULL, &score);
    g_test_message (
        "step %zu: %.7g, PyTorch %.7g", s, nn_score_loss (&score), loss[s]);
    g_assert_cmpfloat (fabs (nn_score_loss (&score) / loss[s] - 1), <=, 1e-4);
  }
  const double largest = compare_weights (trainer, file);
  g_test_message ("weights differ by %.2g at most", largest);
  g_assert_cmpfloat (largest, <=, 1e-3);
}

/* ---- normalisation and maxima in one pass ---- */

#define P_CLASSES 3
#define P_SIZE (9 * 15)

/* An activation that does nothing keeps the layers apart. */
static NnTrainer *
new_pooled (bool is_apart)
{
  const NnArchitectureOptions options = {
    .input = { .rank = 3, .dim = { 9, 15, 1 } }, .n_classes = P_CLASSES
  };
  g_autoptr (NnNetwork) n = nn_network_new ("pooled", &options);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = NULL;
  NnTrainConfig config;
  NnValue x = nn_network_conv2d (
      n, 0, &(NnNetworkConv){ .filters = 20, .activation = "relu" });

  x = nn_network_batch_norm (n, x);
  if (is_apart)
    x = nn_network_activation (n, x, "linear");
  x = nn_network_max_pool2d (n, x, 2, 2);
  x = nn_network_conv2d (n, x, &(NnNetworkConv){ .filters = 12 });
  x = nn_network_batch_norm (n, x);
  if (is_apart)
    x = nn_network_activation (n, x, "linear");
  x = nn_network_flatten (n, nn_network_max_pool2d (n, x, 1, 3));
  model = nn_network_build (n, nn_network_classes (n, x, 0), 1, &error);
  g_assert_no_error (error);
  nn_train_config_init (&config);
  config.batch_size = BATCH;
  config.chunk = 3;
  NnTrainer *const trainer = nn_trainer_new (model, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (trainer->backprop->n_ops, ==, is_apart ? 9 : 5);
  return trainer;
}

static void
test_pooled (void)
{
  g_autoptr (NnTrainer) trainer = new_pooled (false);
  g_autoptr (NnTrainer) apart = new_pooled (true);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree float *target = g_new0 (float, BATCH *P_CLASSES);
  g_autofree float *x = g_new (float, BATCH *P_SIZE);

  g_assert_cmpuint (trainer->weights->n, ==, apart->weights->n);
  for (size_t i = 0; i < trainer->weights->n; i++) {
    const NnParam *const param = trainer->weights->items[i].param;
    NnParam *const same = apart->weights->items[i].param;

    for (size_t k = 0; k < param->size; k++) /* scales below 0, too */
      param->value[k] += g_rand_double_range (rand, -1.2, 0.3);
    memcpy (same->value, param->value, param->size * sizeof *param->value);
  }
  nn_trainer_weights_changed (trainer);
  nn_trainer_weights_changed (apart);
  for (size_t i = 0; i < BATCH * P_SIZE; i++)
    x[i] = g_rand_double_range (rand, -1, 1);
  for (size_t i = 0; i < BATCH; i++)
    target[i * P_CLASSES + i % P_CLASSES] = 1;
  for (size_t s = 0; s < STEPS; s++) {
    NnScore score, expected;

    nn_trainer_step (trainer, BATCH, x, target, NULL, &score);
    nn_trainer_step (apart, BATCH, x, target, NULL, &expected);
    g_test_message ("step %zu: %.7g, apart %.7g", s, nn_score_loss (&score),
        nn_score_loss (&expected));
    if (s > 0) {
      g_assert_cmpfloat_with_epsilon (
          nn_score_loss (&score), nn_score_loss (&expected), 1e-4);
      continue;
    }
    g_assert_cmpfloat (nn_score_loss (&score), ==, nn_score_loss (&expected));
    for (size_t k = 0; k < trainer->weights->n_trained; k++)
      g_assert_cmpfloat_with_epsilon (
          trainer->optimizer->gradient[k], apart->optimizer->gradient[k], 1e-6);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path =
        g_strdup_printf ("/training/golden/%s", cases[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_golden);
  }
  g_test_add_func ("/training/torch/transformer", test_torch);
  g_test_add_func ("/training/pooled", test_pooled);
  return g_test_run ();
}
