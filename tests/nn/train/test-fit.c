/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole runs: what they do not depend on (threads, interruptions), and what
 * ends them. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include "nn/error.h"
#include "nn/train/architectures.h"
#include "nn/train/fit-private.h"
#include "tests/nn/train/pattern.h"

#define N 41 /* not a multiple of the batch */
#define PLAIN "cnn-lstm-optimized"

static const NnSamples samples = { .n = N, .make = pattern_make };
static const NnSamples validation = { .n = 19, .make = pattern_make };

static float *
weights_of (const NnTrainer *trainer)
{
  float *values = g_new (float, trainer->weights->n_values);

  nn_weight_list_get (trainer->weights, values);
  return values;
}

static void
assert_same_weights (const NnTrainer *a, const NnTrainer *b)
{
  g_autofree float *x = weights_of (a);
  g_autofree float *y = weights_of (b);

  g_assert_cmpuint (a->weights->n_values, ==, b->weights->n_values);
  g_assert_cmpmem (
      x, a->weights->n_values * sizeof *x, y, b->weights->n_values * sizeof *y);
}

static void
assert_same_history (const NnFit *a, const NnFit *b)
{
  size_t n, m;
  const NnEpoch *const x = nn_fit_history (a, &n);
  const NnEpoch *const y = nn_fit_history (b, &m);

  g_assert_cmpuint (n, ==, m);
  for (size_t i = 0; i < n; i++) {
    g_assert_cmpfloat (x[i].loss, ==, y[i].loss);
    g_assert_cmpfloat (x[i].accuracy, ==, y[i].accuracy);
    g_assert_cmpfloat (x[i].val_loss, ==, y[i].val_loss);
    g_assert_cmpfloat (x[i].val_accuracy, ==, y[i].val_accuracy);
    g_assert_cmpfloat (x[i].learning_rate, ==, y[i].learning_rate);
    g_assert_true (x[i].is_best == y[i].is_best);
  }
}

static NnFitConfig
short_run (size_t epochs)
{
  NnFitConfig config;

  nn_fit_config_init (&config);
  config.epochs = epochs;
  return config;
}

/* Every architecture: one, two and three threads give the same bits. */
static void
test_threads (gconstpointer data)
{
  const NnFitConfig config = short_run (2);
  g_autoptr (NnTrainer) first = pattern_trainer (data, 1, NULL);
  g_autoptr (NnFit) one = nn_fit_new (first, &config, &samples, &validation);

  g_assert_cmpint (nn_fit_run (one), ==, NN_FIT_DONE);
  for (size_t n = 2; n <= 3; n++) {
    g_autoptr (NnTrainer) trainer = pattern_trainer (data, n, NULL);
    g_autoptr (NnFit) fit =
        nn_fit_new (trainer, &config, &samples, &validation);

    g_assert_cmpuint (nn_trainer_n_threads (trainer), ==, n);
    g_assert_cmpint (nn_fit_run (fit), ==, NN_FIT_DONE);
    assert_same_weights (first, trainer);
    assert_same_history (one, fit);
  }
}

/* Stops behind batch `batch` of epoch `epoch`; batch 0: behind the epoch. */
typedef struct {
  const char *nick;
  size_t epoch, batch;
  double average; /* of NnFitConfig */
} StopAt;

static bool
stop_at_batch (gpointer data, const NnEpoch *progress)
{
  const StopAt *const at = data;

  return progress->epoch != at->epoch || progress->batch != at->batch;
}

static bool
stop_at_epoch (gpointer data, const NnEpoch *epoch)
{
  const StopAt *const at = data;

  return at->batch != 0 || epoch->epoch != at->epoch;
}

static void
test_resume (gconstpointer data)
{
  StopAt at = *(const StopAt *) data;
  NnFitConfig config = short_run (3);

  config.average = at.average;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("emotion-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "state.h5", NULL);
  g_autofree char *text = NULL;
  g_autoptr (NnTrainer) whole = pattern_trainer (at.nick, 2, NULL);
  g_autoptr (NnFit) whole_fit =
      nn_fit_new (whole, &config, &samples, &validation);
  g_autoptr (NnTrainer) cut = pattern_trainer (at.nick, 1, NULL);
  g_autoptr (NnFit) cut_fit = NULL;

  g_assert_cmpint (nn_fit_run (whole_fit), ==, NN_FIT_DONE);
  config.on_batch = stop_at_batch;
  config.on_epoch = stop_at_epoch;
  config.data = &at;
  cut_fit = nn_fit_new (cut, &config, &samples, &validation);
  g_assert_cmpint (nn_fit_run (cut_fit), ==, NN_FIT_STOPPED);
  g_assert_true (nn_fit_save_state (cut_fit, path, "options", &error));
  g_assert_no_error (error);

  at.epoch = G_MAXSIZE;
  g_autoptr (NnTrainer) rest = pattern_trainer (at.nick, 2, NULL);
  g_autoptr (NnFit) rest_fit =
      nn_fit_new (rest, &config, &samples, &validation);
  g_assert_true (nn_fit_load_state (rest_fit, path, &text, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "options");
  g_assert_cmpint (nn_fit_run (rest_fit), ==, NN_FIT_DONE);
  assert_same_weights (whole, rest);
  assert_same_history (whole_fit, rest_fit);

  /* Another model is refused, and left as it was. */
  g_autoptr (NnTrainer) other = pattern_trainer (at.nick, 1, NULL);
  g_autoptr (NnTrainer) same = pattern_trainer (at.nick, 1, NULL);
  const NnSamples fewer = { .n = N - 1, .make = pattern_make };
  g_autoptr (NnFit) other_fit = nn_fit_new (other, &config, &fewer, NULL);
  g_assert_false (nn_fit_load_state (other_fit, path, NULL, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_SHAPE);
  assert_same_weights (other, same);
  g_unlink (path);
  g_rmdir (folder);
}

/* The average of all steps by its definition. */
typedef struct {
  const NnTrainer *trainer;
  double *values; /* [n_values] */
  size_t t;
} Reference;

static bool
follow (gpointer data, const NnEpoch *progress)
{
  Reference *const reference = data;
  g_autofree float *weights = weights_of (reference->trainer);
  const double t = ++reference->t;
  const double decay = MIN (0.8, t / (t + 9));

  for (size_t i = 0; i < reference->trainer->weights->n_values; i++)
    reference->values[i] =
        decay * reference->values[i] + (1 - decay) * weights[i];
  return true;
}

/* What counts is the average: it is what is kept, and what is validated; the
 * steps are those of a run without one. */
static void
test_average (gconstpointer data)
{
  const bool keeps_best = GPOINTER_TO_INT (data);
  NnFitConfig config = short_run (3);
  NnScore score;
  size_t n, m;
  g_autoptr (NnTrainer) plain = pattern_trainer ("cnn-lstm-optimized", 1, NULL);
  g_autoptr (NnFit) plain_fit = nn_fit_new (plain, &config, &samples, NULL);
  g_autoptr (NnTrainer) trainer =
      pattern_trainer ("cnn-lstm-optimized", 1, NULL);
  const size_t n_values = trainer->weights->n_values;
  g_autofree float *first = weights_of (trainer);
  g_autofree double *values = g_new (double, n_values);
  Reference reference = { .trainer = trainer, .values = values };
  g_autoptr (NnFit) fit = NULL;

  for (size_t i = 0; i < n_values; i++)
    values[i] = first[i];
  config.average = 0.8;
  config.restore_best = keeps_best;
  config.on_batch = follow;
  config.data = &reference;
  fit = nn_fit_new (trainer, &config, &samples, &validation);
  nn_fit_run (plain_fit);
  nn_fit_run (fit);

  const NnEpoch *const plain_history = nn_fit_history (plain_fit, &n);
  const NnEpoch *const history = nn_fit_history (fit, &m);

  g_assert_cmpuint (n, ==, m);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat (history[i].loss, ==, plain_history[i].loss);
  nn_trainer_evaluate (trainer, &validation, NULL, &score);
  g_assert_cmpfloat (nn_score_loss (&score), ==,
      history[keeps_best ? nn_fit_best_epoch (fit) : n - 1].val_loss);
  if (keeps_best)
    return;

  g_autofree float *kept = weights_of (trainer);

  for (size_t i = 0; i < n_values; i++)
    g_assert_cmpfloat_with_epsilon (
        kept[i], values[i], 1e-6 * (1 + fabs (values[i])));
}

/* A loss that we choose: samples whose weights are the script's. One sample,
 * class probabilities that do not change (rate 0). */
typedef struct {
  const double *val_loss; /* as a factor of the loss */
  size_t calls;
} Script;

static void
make_scripted (gpointer data, const NnSampleRequest *request, float *x,
    float *target, float *weight)
{
  Script *const script = data;

  memset (x, 0, PATTERN_SIZE * sizeof *x);
  target[0] = 1;
  *weight = script ? script->val_loss[script->calls++] : 1;
}

static void
test_watches (void)
{
  /* Factors of the validation loss; the run must stop at the last. */
  static const double factors[] = { 5, 4, 4.5, 3, 3.1, 3.2, 3.3, 3.4, 1 };
  /* Rate of each epoch: halved behind two without improvement (4, 5), then,
   * after a cooldown of one, behind two more. */
  static const double rates[] = { 1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 5e-10,
    5e-10 };
  Script script = { .val_loss = factors };
  const NnSamples training = { .n = 1, .make = make_scripted };
  const NnSamples scripted = { .n = 1, .make = make_scripted, .data = &script };
  NnFitConfig config;
  size_t n;
  g_autoptr (NnTrainer) trainer =
      pattern_trainer ("cnn-lstm-optimized", 1, NULL);
  g_autoptr (NnFit) fit = NULL;

  nn_trainer_set_learning_rate (trainer, 1e-9);
  nn_fit_config_init (&config);
  config.stop_patience = 4;
  config.plateau_patience = 2;
  config.plateau_cooldown = 1;
  config.plateau_min_rate = 1e-12;
  fit = nn_fit_new (trainer, &config, &training, &scripted);
  g_assert_cmpint (nn_fit_run (fit), ==, NN_FIT_EARLY);
  const NnEpoch *const history = nn_fit_history (fit, &n);
  g_assert_cmpuint (n, ==, 8);
  g_assert_cmpuint (nn_fit_best_epoch (fit), ==, 3);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (history[i].learning_rate, rates[i], 1e-15);
}

/* Epochs before the first that is watched are neither waited for nor the best,
 * once there are others; a run that ends before it keeps the best of them. */
static void
test_start_from_epoch (void)
{
  static const double factors[] = { 1, 2, 3, 4, 9, 8, 8.5, 8.6, 0.1 };
  static const struct {
    size_t epochs, n, best;
    NnFitResult result;
  } runs[] = { { 100, 8, 5, NN_FIT_EARLY }, { 3, 3, 0, NN_FIT_DONE } };

  for (size_t r = 0; r < G_N_ELEMENTS (runs); r++) {
    Script script = { .val_loss = factors };
    const NnSamples training = { .n = 1, .make = make_scripted };
    const NnSamples scripted = {
      .n = 1, .make = make_scripted, .data = &script
    };
    NnFitConfig config;
    size_t n;
    g_autoptr (NnTrainer) trainer =
        pattern_trainer ("cnn-lstm-optimized", 1, NULL);
    g_autoptr (NnFit) fit = NULL;

    nn_trainer_set_learning_rate (trainer, 1e-9);
    nn_fit_config_init (&config);
    config.epochs = runs[r].epochs;
    config.stop_patience = config.plateau_patience = 2;
    config.start_from_epoch = 4;
    fit = nn_fit_new (trainer, &config, &training, &scripted);
    g_assert_cmpint (nn_fit_run (fit), ==, runs[r].result);
    const NnEpoch *const history = nn_fit_history (fit, &n);
    g_assert_cmpuint (n, ==, runs[r].n);
    g_assert_cmpuint (nn_fit_best_epoch (fit), ==, runs[r].best);
    for (size_t i = 0; i < n; i++)
      g_assert_cmpfloat (history[i].learning_rate, ==, 1e-9);
  }
}

/* The task is easy: it is learned, and the best epoch's weights come back. */
static void
test_learns (void)
{
  NnFitConfig config;
  NnScore score;
  size_t n;
  g_autofree float *output = g_new (float, N *PATTERN_CLASSES);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnTrainer) trainer =
      pattern_trainer ("cnn-lstm-optimized", 2, NULL);
  g_autoptr (NnFit) fit = NULL;

  nn_fit_config_init (&config);
  config.epochs = 40;
  nn_trainer_set_learning_rate (trainer, 0.005);
  fit = nn_fit_new (trainer, &config, &samples, &validation);
  nn_fit_run (fit);
  const NnEpoch *const history = nn_fit_history (fit, &n);
  nn_trainer_evaluate (trainer, &validation, output, &score);
  g_test_message ("%zu epochs, loss %g to %g, validation %g (%g right)", n,
      history[0].loss, history[n - 1].loss, nn_score_loss (&score),
      nn_score_accuracy (&score));
  g_assert_cmpfloat (nn_score_accuracy (&score), >, 0.9);
  g_assert_cmpfloat (
      nn_score_loss (&score), ==, history[nn_fit_best_epoch (fit)].val_loss);

  /* Exported, it says the same as a model by itself. */
  g_autofree float *again = g_new (float, N *PATTERN_CLASSES);
  g_autoptr (NnModel) model = nn_trainer_export (trainer, "{}", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (nn_model_metadata (model), ==, "{}");
  NnTrainConfig trainer_config;
  nn_train_config_init (&trainer_config);
  g_autoptr (NnTrainer) other = nn_trainer_new (model, &trainer_config, &error);
  g_assert_no_error (error);
  nn_trainer_evaluate (other, &validation, again, NULL);
  g_assert_cmpmem (output, validation.n * PATTERN_CLASSES * sizeof (float),
      again, validation.n * PATTERN_CLASSES * sizeof (float));
}

int
main (int argc, char **argv)
{
  static const StopAt stops[] = { { PLAIN, 0, 2, 0 }, { PLAIN, 1, 1, 0 },
    { PLAIN, 1, 0, 0 }, { PLAIN, 1, 2, 0.9 }, { PLAIN, 1, 0, 0.9 },
    { PLAIN PATTERN_TEACHER, 1, 1, 0 }, { "transformer", 1, 1, 0 },
    { "cnn-attention", 1, 2, 0.9 } };
  const char *const *const nicks = nn_architecture_nicks ();

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; nicks[i]; i++) {
    g_autofree char *path = g_strdup_printf ("/fit/threads/%s", nicks[i]);

    g_test_add_data_func (path, nicks[i], test_threads);
  }
  g_test_add_data_func ("/fit/threads/" PLAIN PATTERN_TEACHER,
      PLAIN PATTERN_TEACHER, test_threads);
  for (size_t i = 0; i < G_N_ELEMENTS (stops); i++) {
    g_autofree char *path = g_strdup_printf (
        "/fit/resume/%s-epoch%zu-batch%zu%s", stops[i].nick, stops[i].epoch,
        stops[i].batch, stops[i].average > 0 ? "-average" : "");

    g_test_add_data_func (path, &stops[i], test_resume);
  }
  g_test_add_data_func (
      "/fit/average/last", GINT_TO_POINTER (false), test_average);
  g_test_add_data_func (
      "/fit/average/best", GINT_TO_POINTER (true), test_average);
  g_test_add_func ("/fit/watches", test_watches);
  g_test_add_func ("/fit/start-from-epoch", test_start_from_epoch);
  g_test_add_func ("/fit/learns", test_learns);
  return g_test_run ();
}
