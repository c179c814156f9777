/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One model on several ranks: the shares, the sums, and that the result does
 * not depend on how many there are. */
#include <glib/gstdio.h>
#include "nn/error.h"
#include "nn/train/fit-private.h"
#include "tests/nn/train/crew.h"
#include "tests/nn/train/pattern.h"

#define N 41 /* last batch: 9 samples, so 3 chunks of 4 */
#define MOST_RANKS 7

/* All numbers of chunks and ranks: each chunk has one rank, in their order,
 * nobody is idle where there is something to do, and the additions add every
 * chunk once. */
static void
test_shares (void)
{
  for (size_t size = 1; size <= 9; size++)
    for (size_t n = 1; n <= 20; n++) {
      const NnComm comm = { .size = size };
      g_autoptr (NnShare) share = nn_share_new (&comm);
      g_autofree gint *sums = g_new0 (gint, size);
      size_t next = 0;

      nn_share_set (share, n);
      for (size_t r = 0; r < size; r++) {
        g_assert_cmpuint (share->branches[r].first, ==, next);
        g_assert_true (share->branches[r].n > 0 || n < size);
        next += share->branches[r].n;
        sums[r] = share->branches[r].n;
      }
      g_assert_cmpuint (next, ==, n);
      for (guint i = 0; i < share->across->len; i++) {
        const NnAddition at = g_array_index (share->across, NnAddition, i);

        sums[at.to] += sums[at.from];
        sums[at.from] = -1000;
      }
      g_assert_cmpint (sums[0], ==, n);
      g_assert_cmpuint (share->inside->len, ==, share->mine.n - 1);
    }
}

/* Powers of two part evenly. */
static void
test_balance (void)
{
  for (size_t size = 1; size <= 16; size *= 2) {
    const NnComm comm = { .size = size };
    g_autoptr (NnShare) share = nn_share_new (&comm);

    nn_share_set (share, 32);
    for (size_t r = 0; r < size; r++)
      g_assert_cmpuint (share->branches[r].n, ==, 32 / size);
  }
}

static const NnSamples samples = { .n = N, .make = pattern_make };
static const NnSamples validation = { .n = 35, .make = pattern_make };

/* What is left of a run. */
typedef struct {
  const char *nick;
  const char *state; /* to resume from; NULL: none */
  NnFitConfig config;
  NnFitResult result;
  size_t n_values, n_epochs;
  float *values[MOST_RANKS], *output[MOST_RANKS];
  NnEpoch *epochs[MOST_RANKS];
} Run;

static void
run_free (Run *run)
{
  for (size_t r = 0; r < MOST_RANKS; r++) {
    g_free (run->values[r]);
    g_free (run->output[r]);
    g_free (run->epochs[r]);
  }
}

static void
run_rank (const NnComm *comm, gpointer data)
{
  Run *const run = data;
  const size_t rank = nn_comm_rank (comm);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnTrainer) trainer = pattern_trainer (run->nick, 2, comm);
  g_autoptr (NnFit) fit =
      nn_fit_new (trainer, &run->config, &samples, &validation);
  size_t n_epochs;

  if (run->state) {
    nn_fit_load_state (fit, run->state, NULL, &error);
    g_assert_no_error (error);
  }

  const NnFitResult result = nn_fit_run (fit);
  const NnEpoch *const epochs = nn_fit_history (fit, &n_epochs);

  if (rank == 0) {
    run->n_values = trainer->weights->n_values;
    run->n_epochs = n_epochs;
    run->result = result;
    if (result == NN_FIT_STOPPED) {
      nn_fit_save_state (fit, run->config.data, NULL, &error);
      g_assert_no_error (error);
    }
  }
  run->values[rank] = g_new (float, trainer->weights->n_values);
  nn_weight_list_get (trainer->weights, run->values[rank]);
  run->output[rank] = g_new (float, validation.n *PATTERN_CLASSES);
  nn_trainer_evaluate (trainer, &validation, run->output[rank], NULL);
  run->epochs[rank] = g_memdup2 (epochs, n_epochs * sizeof *epochs);
}

static void
assert_same (const Run *a, const Run *b, size_t rank)
{
  g_assert_cmpint (a->result, ==, b->result);
  g_assert_cmpmem (a->values[0], a->n_values * sizeof (float), b->values[rank],
      b->n_values * sizeof (float));
  g_assert_cmpmem (a->output[0],
      validation.n * PATTERN_CLASSES * sizeof (float), b->output[rank],
      validation.n * PATTERN_CLASSES * sizeof (float));
  g_assert_cmpuint (a->n_epochs, ==, b->n_epochs);
  for (size_t i = 0; i < a->n_epochs; i++) {
    const NnEpoch *const x = &a->epochs[0][i], *const y = &b->epochs[rank][i];

    g_assert_cmpfloat (x->loss, ==, y->loss);
    g_assert_cmpfloat (x->accuracy, ==, y->accuracy);
    g_assert_cmpfloat (x->val_loss, ==, y->val_loss);
    g_assert_cmpfloat (x->val_accuracy, ==, y->val_accuracy);
  }
}

static NnFitConfig
two_epochs (void)
{
  NnFitConfig config;

  nn_fit_config_init (&config);
  config.epochs = 2;
  return config;
}

/* Batch normalisation, dropout, L2, recurrent layers; 1 to 7 ranks, of which
 * some have nothing to do: the same bits, on every rank. */
static void
test_ranks (gconstpointer nick)
{
  /* Of three chunks: all, two and one, one, and none for some. */
  static const size_t sizes[] = { 1, 2, 3, 4, MOST_RANKS };
  Run alone = { .nick = nick, .config = two_epochs () };

  run_rank (NULL, &alone);
  for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Run run = { .nick = nick, .config = two_epochs () };

    crew_run (sizes[i], run_rank, &run);
    for (size_t r = 0; r < sizes[i]; r++)
      assert_same (&alone, &run, r);
    run_free (&run);
  }
  run_free (&alone);
}

/* The first rank that asks stops all; another number of ranks goes on. */
static bool
stop_in_second (gpointer data, const NnEpoch *progress)
{
  static gint asked;

  return progress->epoch == 0 || progress->batch != 1
      || g_atomic_int_add (&asked, 1) != 0;
}

static void
test_resume (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("emotion-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "state.h5", NULL);
  Run whole = { .nick = "cnn-lstm-optimized", .config = two_epochs () };
  Run cut = whole, rest = whole;

  g_assert_no_error (error);
  run_rank (NULL, &whole);
  cut.config.on_batch = stop_in_second;
  cut.config.data = path;
  crew_run (2, run_rank, &cut);
  g_assert_cmpint (cut.result, ==, NN_FIT_STOPPED);
  rest.state = path;
  crew_run (3, run_rank, &rest);
  assert_same (&whole, &rest, 2);
  run_free (&whole);
  run_free (&cut);
  run_free (&rest);
  g_unlink (path);
  g_rmdir (folder);
}

static void
load_nothing (const NnComm *comm, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnTrainer) trainer =
      pattern_trainer ("cnn-lstm-optimized", 2, comm);
  const NnFitConfig config = two_epochs ();
  g_autoptr (NnFit) fit = nn_fit_new (trainer, &config, &samples, NULL);

  g_assert_false (nn_fit_load_state (fit, "/nowhere", NULL, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_NOT_FOUND);
}

/* No rank waits for one that failed. */
static void
test_no_state (void)
{
  crew_run (3, load_nothing, NULL);
}

int
main (int argc, char **argv)
{
  static const char *const nicks[] = { "cnn-gru", "cnn-lstm-optimized",
    "cnn-lstm-regularized", "cnn-attention", "transformer",
    ("cnn-lstm-optimized" PATTERN_TEACHER) };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/ranks/shares", test_shares);
  g_test_add_func ("/train/ranks/balance", test_balance);
  for (size_t i = 0; i < G_N_ELEMENTS (nicks); i++) {
    g_autofree char *path = g_strconcat ("/train/ranks/", nicks[i], NULL);

    g_test_add_data_func (path, nicks[i], test_ranks);
  }
  g_test_add_func ("/train/ranks/resume", test_resume);
  g_test_add_func ("/train/ranks/no-state", test_no_state);
  return g_test_run ();
}
