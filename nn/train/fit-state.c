/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a training run in an HDF5 file:
 *   version, text   attributes
 *   identity what must agree: see write_identity
 *   state           NnFitState
 *   history         [epochs][fields of NnEpoch]
 *   weights, best   [n_values];  adam_m, adam_v  [n_trained]
 *   average         [n_values], where there is one */
#include <math.h>
#include <string.h>
#include "nn/error.h"
#include "nn/file-write.h"
#include "nn/h5-write.h"
#include "nn/h5.h"
#include "nn/train/fit-private.h"

#define VERSION "1"
#define N_IDENTITY 7
#define N_STATE 13
#define N_EPOCH 7

/* 64 bits do not fit into a double: the seed is two numbers. */
static void
write_identity (const NnFit *fit, double *identity)
{
  const NnTrainer *const trainer = fit->trainer;

  identity[0] = trainer->weights->n_values;
  identity[1] = trainer->weights->n_trained;
  identity[2] = trainer->config.batch_size;
  identity[3] = trainer->config.chunk;
  identity[4] = trainer->config.seed >> 32;
  identity[5] = trainer->config.seed & 0xffffffff;
  identity[6] = fit->training->n;
}

static void
write_state (const NnFit *fit, double *to)
{
  const NnFitState *const state = &fit->state;
  const double values[N_STATE] = { state->epoch, state->batch,
    state->score.weighted_loss, state->score.correct, state->score.penalty,
    state->score.n, state->learning_rate, state->best_loss,
    state->best_epoch == G_MAXSIZE ? -1 : (double) state->best_epoch,
    state->stop_wait, state->plateau_loss, state->plateau_wait,
    state->plateau_cooldown };

  memcpy (to, values, sizeof values);
}

static void
read_state (NnFit *fit, const double *from)
{
  fit->state = (NnFitState){ .epoch = from[0],
    .batch = from[1],
    .score = { .weighted_loss = from[2],
        .correct = from[3],
        .penalty = from[4],
        .n = from[5] },
    .learning_rate = from[6],
    .best_loss = from[7],
    .best_epoch = from[8] < 0 ? G_MAXSIZE : (size_t) from[8],
    .stop_wait = from[9],
    .plateau_loss = from[10],
    .plateau_wait = from[11],
    .plateau_cooldown = from[12] };
}

static void
write_history (const NnFit *fit, NnH5Writer *writer)
{
  const NnShape shape = { .rank = 2, .dim = { fit->history->len, N_EPOCH } };
  g_autofree double *rows = g_new (double, fit->history->len *N_EPOCH);

  for (guint i = 0; i < fit->history->len; i++) {
    const NnEpoch *const epoch = &g_array_index (fit->history, NnEpoch, i);
    const double row[N_EPOCH] = { epoch->loss, epoch->accuracy, epoch->val_loss,
      epoch->val_accuracy, epoch->learning_rate, epoch->seconds,
      epoch->is_best };

    memcpy (rows + i * N_EPOCH, row, sizeof row);
  }
  if (fit->history->len > 0)
    nn_h5_write_doubles (writer, "history", &shape, rows);
}

static void
read_history (NnFit *fit, const double *rows, size_t n)
{
  g_array_set_size (fit->history, 0);
  for (size_t i = 0; i < n; i++, rows += N_EPOCH) {
    NnEpoch epoch = { .epoch = i,
      .loss = rows[0],
      .accuracy = rows[1],
      .val_loss = rows[2],
      .val_accuracy = rows[3],
      .learning_rate = rows[4],
      .seconds = rows[5],
      .is_best = rows[6] != 0 };

    g_array_append_val (fit->history, epoch);
  }
}

static NnShape
vector (size_t n)
{
  return (NnShape){ .rank = 1, .dim = { n } };
}

bool
nn_fit_save_state (
    const NnFit *fit, const char *path, const char *text, GError **error)
{
  const NnTrainer *const trainer = fit->trainer;
  const NnShape values = vector (trainer->weights->n_values);
  const NnShape trained = vector (trainer->weights->n_trained);
  const NnShape one = vector (1), of_identity = vector (N_IDENTITY),
                of_state = vector (N_STATE);
  const double step = trainer->optimizer->step;
  g_autoptr (NnH5Writer) writer = nn_h5_writer_new ();
  g_autofree float *weights = g_new (float, trainer->weights->n_values);
  g_autoptr (GBytes) bytes = NULL;
  double identity[N_IDENTITY], state[N_STATE];

  write_identity (fit, identity);
  write_state (fit, state);
  nn_weight_list_get (trainer->weights, weights);
  nn_h5_write_string_attribute (writer, "", "version", VERSION, true);
  nn_h5_write_string_attribute (writer, "", "text", text ? text : "", true);
  nn_h5_write_doubles (writer, "identity", &of_identity, identity);
  nn_h5_write_doubles (writer, "state", &of_state, state);
  nn_h5_write_doubles (writer, "step", &one, &step);
  nn_h5_write_floats (writer, "weights", &values, weights);
  nn_h5_write_floats (writer, "best", &values,
      fit->state.best_epoch == G_MAXSIZE ? weights : fit->best);
  nn_h5_write_floats (writer, "adam_m", &trained, trainer->optimizer->m);
  nn_h5_write_floats (writer, "adam_v", &trained, trainer->optimizer->v);
  if (fit->average)
    nn_h5_write_floats (writer, "average", &values, fit->average->values);
  write_history (fit, writer);
  bytes = nn_h5_writer_finish (writer, error);
  return bytes && nn_file_write (path, bytes, error);
}

/* n numbers, all finite, or infinite where that is allowed. */
static double *
read_doubles (NnH5 *file, const char *name, size_t n, GError **error)
{
  NnShape shape;
  g_autofree double *values = nn_h5_read_doubles (file, name, &shape, error);

  if (values && nn_shape_size (&shape) == n)
    return g_steal_pointer (&values);
  if (values)
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: “%s” does not have %" G_GSIZE_FORMAT " numbers", nn_h5_name (file),
        name, n);
  return NULL;
}

static float *
read_floats (NnH5 *file, const char *name, size_t n, GError **error)
{
  NnShape shape;
  g_autofree float *values = nn_h5_read_floats (file, name, &shape, error);
  size_t i = 0;

  if (!values)
    return NULL;
  if (nn_shape_size (&shape) == n)
    while (i < n && isfinite (values[i]))
      i++;
  if (i == n)
    return g_steal_pointer (&values);
  g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
      "%s: “%s” does not have %" G_GSIZE_FORMAT " finite numbers",
      nn_h5_name (file), name, n);
  return NULL;
}

/* Checks that the state is from a training run of this model on as many
 * samples. */
static bool
check_identity (const NnFit *fit, NnH5 *file, GError **error)
{
  static const char *const names[N_IDENTITY] = { "weights of the model",
    "weights that are trained", "batch size", "chunk", "seed", "seed",
    "training samples" };
  g_autofree char *version =
      nn_h5_attribute_string (file, "", "version", error);
  g_autofree double *found = NULL;
  double expected[N_IDENTITY];

  if (!version)
    return false;
  if (!g_str_equal (version, VERSION)) {
    g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
        "%s: a training state of version %s, expected " VERSION,
        nn_h5_name (file), version);
    return false;
  }
  found = read_doubles (file, "identity", N_IDENTITY, error);
  write_identity (fit, expected);
  for (size_t i = 0; i < N_IDENTITY && found; i++)
    if (found[i] != expected[i]) {
      g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
          "%s: the training state belongs to another run: %s is %.0f, not %.0f",
          nn_h5_name (file), names[i], found[i], expected[i]);
      return false;
    }
  return found != NULL;
}

static bool
state_is_sane (const NnFit *fit, const double *state, size_t n_epochs)
{
  const double batches =
      ceil ((double) fit->training->n / fit->trainer->config.batch_size);

  return state[0] == n_epochs && state[1] >= 0 && state[1] <= batches
      && state[5] >= 0 && state[6] > 0 && state[8] < state[0] && state[9] >= 0
      && state[9] < 0x1p31 && state[11] >= 0 && state[11] < 0x1p31
      && state[12] >= 0 && state[12] < 0x1p31;
}

/* The number of epochs in the history. */
static bool
count_epochs (NnH5 *file, size_t *n, GError **error)
{
  NnShape shape;

  *n = 0;
  if (!nn_h5_has_dataset (file, "history"))
    return true;
  if (!nn_h5_dataset_shape (file, "history", &shape, error))
    return false;
  if (shape.rank == 2 && shape.dim[1] == N_EPOCH)
    *n = shape.dim[0];
  return true;
}

/* The file of rank 0, for all ranks. */
static NnH5 *
open_state (const NnFit *fit, const char *path, GError **error)
{
  const NnComm *const comm = fit->trainer->config.comm;
  g_autoptr (GBytes) bytes = NULL;
  char *text = NULL;
  gsize len = 0;
  bool failed = false;

  if (nn_comm_size (comm) == 1)
    return nn_h5_open (path, error);
  if (nn_comm_rank (comm) == 0)
    failed = !g_file_get_contents (path, &text, &len, NULL);
  if (nn_comm_any (comm, failed)) {
    g_set_error (error, NN_ERROR, NN_ERROR_NOT_FOUND,
        "%s: rank 0 cannot read the training state", path);
    return NULL;
  }
  nn_comm_broadcast (comm, &len, sizeof len);
  if (!text)
    text = g_malloc (len);
  nn_comm_broadcast (comm, text, len);
  bytes = g_bytes_new_take (text, len);
  return nn_h5_open_bytes (path, bytes, error);
}

bool
nn_fit_load_state (NnFit *fit, const char *path, char **text, GError **error)
{
  NnTrainer *const trainer = fit->trainer;
  const size_t n_values = trainer->weights->n_values;
  const size_t n_trained = trainer->weights->n_trained;
  g_autoptr (NnH5) file = open_state (fit, path, error);
  g_autofree double *state = NULL, *step = NULL, *history = NULL;
  g_autofree float *weights = NULL, *best = NULL, *m = NULL, *v = NULL;
  g_autofree float *average = NULL;
  g_autofree char *kept = NULL;
  size_t n_epochs;

  if (!file || !check_identity (fit, file, error)
      || !count_epochs (file, &n_epochs, error)
      || !(state = read_doubles (file, "state", N_STATE, error))
      || !(step = read_doubles (file, "step", 1, error))
      || !(weights = read_floats (file, "weights", n_values, error))
      || !(best = read_floats (file, "best", n_values, error))
      || !(m = read_floats (file, "adam_m", n_trained, error))
      || !(v = read_floats (file, "adam_v", n_trained, error))
      || !(kept = nn_h5_attribute_string (file, "", "text", error)))
    return false;
  if (fit->average
      && !(average = read_floats (file, "average", n_values, error)))
    return false;
  if (n_epochs > 0
      && !(history = read_doubles (file, "history", n_epochs * N_EPOCH, error)))
    return false;
  if (!state_is_sane (fit, state, n_epochs)) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: the training state is damaged", path);
    return false;
  }
  read_state (fit, state);
  read_history (fit, history, n_epochs);
  trainer->optimizer->step = step[0];
  memcpy (trainer->optimizer->m, m, n_trained * sizeof *m);
  memcpy (trainer->optimizer->v, v, n_trained * sizeof *v);
  memcpy (fit->best, best, n_values * sizeof *best);
  if (average)
    memcpy (fit->average->values, average, n_values * sizeof *average);
  nn_weight_list_set (trainer->weights, weights);
  nn_trainer_weights_changed (trainer);
  if (text)
    *text = g_steal_pointer (&kept);
  return true;
}
