/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a step of training takes on several ranks, and what of it is spent
 * on what they send each other.
 *   mpirun -n K bench-ranks [nick [steps [batch-size [threads]]]]
 * prints one line. tests/bench/scaling compares numbers of ranks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "gst/ranks/ranks.h"
#include "nn/train/architectures.h"
#include "nn/train/trainer.h"

#define SIZE (64 * 94)
#define CLASSES 9
#define WARM_UP 3

/* A comm that measures another. */
typedef struct {
  const NnComm *comm;
  double seconds; /* also those of waiting for slower ranks */
  double cpu;     /* processor time of those */
  double bytes;   /* that leave this rank */
  size_t calls;
} Meter;

/* Of all threads of this process: what others do on the machine is not in it.
 */
static double
cpu_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void
gather (gpointer data, void *bytes, const size_t *cut)
{
  Meter *const meter = data;
  const NnComm *const comm = meter->comm;
  const gint64 start = g_get_monotonic_time ();
  const double cpu = cpu_seconds ();

  comm->gather (comm->data, bytes, cut);
  meter->seconds += (g_get_monotonic_time () - start) / 1e6;
  meter->cpu += cpu_seconds () - cpu;
  meter->bytes +=
      (double) (cut[comm->rank + 1] - cut[comm->rank]) * (comm->size - 1);
  meter->calls++;
}

static void
exchange (
    gpointer data, const float *values, const size_t *cut, float *received)
{
  Meter *const meter = data;
  const NnComm *const comm = meter->comm;
  const gint64 start = g_get_monotonic_time ();
  const double cpu = cpu_seconds ();

  comm->exchange (comm->data, values, cut, received);
  meter->seconds += (g_get_monotonic_time () - start) / 1e6;
  meter->cpu += cpu_seconds () - cpu;
  meter->bytes += sizeof (float)
      * (double) (cut[comm->size] - cut[comm->rank + 1] + cut[comm->rank]);
  meter->calls++;
}

static double
run_steps (NnTrainer *trainer, size_t steps, size_t batch, const float *x,
    const float *target)
{
  const gint64 start = g_get_monotonic_time ();

  for (size_t i = 0; i < steps; i++)
    nn_trainer_step (trainer, batch, x, target, NULL, NULL);
  return (g_get_monotonic_time () - start) / 1e6;
}

int
main (int argc, char **argv)
{
  const char *const nick = argc > 1 ? argv[1] : "cnn-lstm-optimized";
  const size_t steps = argc > 2 ? strtoul (argv[2], NULL, 10) : 30;
  const size_t batch = argc > 3 ? strtoul (argv[3], NULL, 10) : 32;
  g_autoptr (GError) error = NULL;
  g_autoptr (Ranks) ranks = ranks_new (&error);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree float *x = g_new (float, batch *SIZE);
  g_autofree float *target = g_new0 (float, batch *CLASSES);
  g_autoptr (NnModel) model = nn_architecture_new (nick, NULL, 1, &error);
  g_autoptr (NnTrainer) trainer = NULL;
  Meter meter = { .comm = ranks ? ranks_comm (ranks) : NULL };
  NnComm metered = { .data = &meter, .gather = gather, .exchange = exchange };
  NnTrainConfig config;

  nn_train_config_init (&config);
  config.batch_size = batch;
  config.n_threads = argc > 4 ? strtoul (argv[4], NULL, 10) : 1;
  if (meter.comm) {
    metered.rank = meter.comm->rank;
    metered.size = meter.comm->size;
    config.comm = &metered;
  }
  trainer = ranks && model ? nn_trainer_new (model, &config, &error) : NULL;
  if (!trainer) {
    fprintf (stderr, "bench-ranks: %s\n", error->message);
    return EXIT_FAILURE;
  }
  for (size_t i = 0; i < batch * SIZE; i++)
    x[i] = g_rand_double (rand);
  for (size_t i = 0; i < batch; i++)
    target[i * CLASSES + g_rand_int_range (rand, 0, CLASSES)] = 1;
  run_steps (trainer, WARM_UP, batch, x, target);
  meter.seconds = meter.cpu = meter.bytes = meter.calls = 0;

  const double cpu = cpu_seconds ();
  const double seconds = run_steps (trainer, steps, batch, x, target);
  const double own_cpu = cpu_seconds () - cpu - meter.cpu;

  if (ranks_index (ranks) == 0)
    printf ("%s ranks %zu threads %zu batch %zu weights %zu step_ms %.3f "
            "cpu_ms %.3f comm_ms %.3f calls %.0f kilobytes %.1f\n",
        nick, ranks_size (ranks), config.n_threads, batch,
        nn_trainer_n_weights (trainer), 1e3 * seconds / steps,
        1e3 * own_cpu / steps, 1e3 * meter.seconds / steps,
        (double) meter.calls / steps, meter.bytes / steps / 1e3);
  return EXIT_SUCCESS;
}
