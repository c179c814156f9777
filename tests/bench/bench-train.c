/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seconds of an epoch of 1152 windows, for each architecture or model.
 *   bench-train [threads [nick | file.h5...]]
 * prints one line for each: wall and processor seconds of the best of two
 * epochs, windows a second. tests/bench/torch-epoch.py runs it beside PyTorch.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "nn/train/architectures.h"
#include "nn/train/fit.h"

#define WINDOWS 1152
#define EPOCHS 2

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Processor seconds of the best epoch. */
typedef struct {
  double before, best;
} Clock;

static bool
end_epoch (gpointer data, const NnEpoch *epoch)
{
  Clock *const clock = data;
  const double now = cpu_seconds ();

  clock->best = MIN (clock->best, now - clock->before);
  clock->before = now;
  return true;
}

static float *
new_windows (size_t size)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  float *const x = g_new (float, WINDOWS *size);

  for (size_t i = 0; i < WINDOWS * size; i++)
    x[i] = g_rand_double (rand);
  return x;
}

static NnModel *
find_model (const char *what, GError **error)
{
  return g_str_has_suffix (what, ".h5")
      ? nn_model_load (what, NULL, 0, error)
      : nn_architecture_new (what, NULL, 1, error);
}

static int
measure (const char *nick, size_t n_threads, const int *label)
{
  NnTrainConfig config;
  NnFitConfig fit_config;
  const NnEpoch *history;
  size_t n;
  double best = 1e9;
  Clock clock = { .best = 1e9 };
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = find_model (nick, &error);
  g_autoptr (NnTrainer) trainer = NULL;
  g_autoptr (NnFit) fit = NULL;
  g_autofree float *x = NULL;
  NnArraySamples arrays = { .n = WINDOWS, .label = label };
  NnSamples samples;

  nn_train_config_init (&config);
  nn_fit_config_init (&fit_config);
  config.n_threads = n_threads;
  fit_config.epochs = EPOCHS;
  fit_config.on_epoch = end_epoch;
  fit_config.data = &clock;
  trainer = model ? nn_trainer_new (model, &config, &error) : NULL;
  if (!trainer) {
    fprintf (stderr, "%s\n", error->message);
    return EXIT_FAILURE;
  }
  arrays.size = nn_shape_size (nn_model_input_shape (model, 0));
  arrays.x = x = new_windows (arrays.size);
  samples = nn_array_samples (&arrays);
  fit = nn_fit_new (trainer, &fit_config, &samples, NULL);
  clock.before = cpu_seconds ();
  nn_fit_run (fit);
  history = nn_fit_history (fit, &n);
  for (size_t i = 0; i < n; i++)
    best = MIN (best, history[i].seconds);
  printf ("%-22s %7.3f s wall %7.3f s cpu  %6.0f windows/s  (%zu threads, "
          "%zu MiB)\n",
      nick, best, clock.best, WINDOWS / best, nn_trainer_n_threads (trainer),
      nn_trainer_memory (trainer) >> 20);
  fflush (stdout);
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  const char *const *nicks =
      argc > 2 ? (const char *const *) argv + 2 : nn_architecture_nicks ();
  const size_t n_threads = argc > 1 ? strtoul (argv[1], NULL, 10) : 2;
  g_autofree int *label = g_new (int, WINDOWS);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  int status = EXIT_SUCCESS;

  for (size_t i = 0; i < WINDOWS; i++)
    label[i] = g_rand_int_range (rand, 0, 9);
  for (; *nicks; nicks++)
    if (measure (*nicks, n_threads, label) != EXIT_SUCCESS)
      status = EXIT_FAILURE;
  return status;
}
