/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/fit.h"

#include <math.h>
#include "nn/train/fit-private.h"
#include "nn/random.h"

void
nn_fit_config_init (NnFitConfig *config)
{
  *config = (NnFitConfig){ .epochs = 100,
    .stop_patience = 12,
    .restore_best = true,
    .plateau_patience = 6,
    .plateau_factor = 0.5,
    .plateau_min_delta = 1e-4,
    .plateau_min_rate = 1e-6 };
}

NnFit *
nn_fit_new (NnTrainer *trainer, const NnFitConfig *config,
    const NnSamples *training, const NnSamples *validation)
{
  const size_t batch = trainer->config.batch_size;
  NnFit *fit;

  g_return_val_if_fail (training != NULL && training->n > 0, NULL);
  fit = g_new0 (NnFit, 1);
  fit->trainer = trainer;
  fit->config = *config;
  fit->training = training;
  fit->validation = validation && validation->n > 0 ? validation : NULL;
  fit->first_rate = nn_trainer_learning_rate (trainer);
  fit->state = (NnFitState){ .learning_rate = fit->first_rate,
    .best_loss = INFINITY,
    .best_epoch = G_MAXSIZE,
    .plateau_loss = INFINITY };
  fit->history = g_array_new (FALSE, FALSE, sizeof (NnEpoch));
  fit->best = g_new (float, trainer->weights->n_values);
  if (config->average > 0)
    fit->average = nn_average_new (trainer->weights, config->average);
  fit->order = g_new (size_t, training->n);
  fit->x = g_new (float, batch * trainer->input_size);
  fit->target = g_new (float, batch *nn_trainer_target_size (trainer));
  fit->weight = g_new (float, batch);
  return fit;
}

void
nn_fit_free (NnFit *fit)
{
  if (!fit)
    return;
  g_array_unref (fit->history);
  g_free (fit->best);
  nn_average_free (fit->average);
  g_free (fit->order);
  g_free (fit->x);
  g_free (fit->target);
  g_free (fit->weight);
  g_free (fit);
}

static size_t
count_batches (const NnFit *fit)
{
  const size_t size = fit->trainer->config.batch_size, n = fit->training->n;

  return fit->config.drop_last && n >= size ? n / size : (n + size - 1) / size;
}

/* The order of the samples: depends on this epoch only, not on those before. */
static void
shuffle (NnFit *fit)
{
  const NnPhilox stream = nn_random_stream (
      fit->trainer->config.seed, NN_RANDOM_SHUFFLE, fit->state.epoch, 0);
  NnRandom random;

  for (size_t i = 0; i < fit->training->n; i++)
    fit->order[i] = i;
  nn_random_init (&random, &stream);
  nn_random_shuffle (&random, fit->order, fit->training->n);
}

static void
run_batch (NnFit *fit)
{
  const size_t size = fit->trainer->config.batch_size;
  const size_t first = fit->state.batch * size;
  const size_t n = MIN (size, fit->training->n - first);
  size_t mine, n_mine;
  NnScore score;

  nn_trainer_share (fit->trainer, n, &mine, &n_mine);
  nn_trainer_make_batch (fit->trainer, fit->training, fit->state.epoch, true,
      fit->order + first + mine, n_mine,
      fit->x + mine * fit->trainer->input_size,
      fit->target + mine * nn_trainer_target_size (fit->trainer),
      fit->weight + mine);
  nn_trainer_step (fit->trainer, n, fit->x, fit->target, fit->weight, &score);
  if (fit->average)
    nn_average_update (fit->average, fit->trainer->optimizer->step);
  nn_score_add (&fit->state.score, &score);
  fit->state.batch++;
}

static NnEpoch
describe (const NnFit *fit, gint64 started)
{
  return (NnEpoch){ .epoch = fit->state.epoch,
    .loss = nn_score_loss (&fit->state.score),
    .accuracy = nn_score_accuracy (&fit->state.score),
    .val_loss = NAN,
    .val_accuracy = NAN,
    .learning_rate = fit->state.learning_rate,
    .seconds = (g_get_monotonic_time () - started) / 1e6,
    .batch = fit->state.batch,
    .n_batches = count_batches (fit) };
}

/* Epochs before the first monitored one do not count. */
static void
start_watches (NnFit *fit)
{
  NnFitState *const state = &fit->state;

  if (state->epoch != fit->config.start_from_epoch)
    return;
  state->best_loss = state->plateau_loss = INFINITY;
  state->stop_wait = state->plateau_wait = 0;
}

static bool
is_watched (const NnFit *fit)
{
  return fit->state.epoch >= fit->config.start_from_epoch;
}

/* Keras' EarlyStopping: true if it is time to stop. */
static bool
watch_for_stop (NnFit *fit, double loss)
{
  NnFitState *const state = &fit->state;

  if (loss < state->best_loss - fit->config.stop_min_delta) {
    state->best_loss = loss;
    state->best_epoch = state->epoch;
    state->stop_wait = 0;
    nn_weight_list_get (fit->trainer->weights, fit->best);
    return false;
  }
  if (!is_watched (fit))
    return false;
  state->stop_wait++;
  return fit->config.stop_patience > 0
      && state->stop_wait >= fit->config.stop_patience;
}

/* Keras' ReduceLROnPlateau. */
static void
watch_for_plateau (NnFit *fit, double loss)
{
  NnFitState *const state = &fit->state;
  const NnFitConfig *const config = &fit->config;

  if (config->plateau_patience == 0 || config->cosine || !is_watched (fit))
    return;
  if (state->plateau_cooldown > 0) {
    state->plateau_cooldown--;
    state->plateau_wait = 0;
  }
  if (loss < state->plateau_loss - config->plateau_min_delta) {
    state->plateau_loss = loss;
    state->plateau_wait = 0;
  } else if (state->plateau_cooldown == 0
      && ++state->plateau_wait >= config->plateau_patience
      && state->learning_rate > config->plateau_min_rate) {
    state->learning_rate = MAX (state->learning_rate * config->plateau_factor,
        config->plateau_min_rate);
    state->plateau_cooldown = config->plateau_cooldown;
    state->plateau_wait = 0;
  }
}

/* Of the next epoch. */
static double
cosine_rate (const NnFit *fit)
{
  const double epoch = fit->state.epoch;
  const double warm_up = fit->config.warm_up;
  const double rest = MAX (fit->config.epochs - warm_up, 1);

  if (epoch < warm_up)
    return fit->first_rate * (epoch + 1) / (warm_up + 1);
  return fit->first_rate * 0.5 * (1 + cos (G_PI * (epoch - warm_up) / rest));
}

/* Swaps the trained weights with the average, if there is one. */
static void
exchange (NnFit *fit)
{
  if (!fit->average)
    return;
  nn_average_exchange (fit->average);
  nn_trainer_weights_changed (fit->trainer);
}

/* Validation, EarlyStopping and ReduceLROnPlateau; true if it is time to stop.
 */
static bool
end_epoch (NnFit *fit, gint64 started)
{
  NnEpoch epoch = describe (fit, started);
  NnScore score;
  double watched = epoch.loss;
  bool is_time;

  nn_trainer_align (fit->trainer);
  if (fit->average) {
    exchange (fit);
    nn_trainer_align (fit->trainer);
  }
  if (fit->validation) {
    nn_trainer_evaluate (fit->trainer, fit->validation, NULL, &score);
    epoch.val_accuracy = nn_score_accuracy (&score);
    watched = epoch.val_loss = nn_score_loss (&score);
  }
  start_watches (fit);
  is_time = watch_for_stop (fit, watched);
  exchange (fit);
  watch_for_plateau (fit, watched);
  epoch.is_best = fit->state.best_epoch == fit->state.epoch;
  epoch.seconds = (g_get_monotonic_time () - started) / 1e6;
  g_array_append_val (fit->history, epoch);
  fit->state.epoch++;
  fit->state.batch = 0;
  fit->state.score = (NnScore){ 0 };
  return is_time;
}

static NnFitResult
finish (NnFit *fit, NnFitResult result)
{
  if (fit->config.restore_best)
    nn_fit_restore_best (fit);
  else
    nn_fit_restore_average (fit);
  return result;
}

/* Whether a callback of any rank asks to stop. */
static bool
is_stopped (const NnFit *fit, bool (*callback) (gpointer, const NnEpoch *),
    const NnEpoch *epoch)
{
  return nn_comm_any (fit->trainer->config.comm,
      callback && !callback (fit->config.data, epoch));
}

/* One epoch, or the rest of it; NN_FIT_DONE: continue. */
static NnFitResult
run_epoch (NnFit *fit)
{
  const gint64 started = g_get_monotonic_time ();
  const NnFitConfig *const config = &fit->config;
  const NnEpoch *epoch;
  bool is_time;

  shuffle (fit);
  if (config->cosine)
    fit->state.learning_rate = cosine_rate (fit);
  nn_trainer_set_learning_rate (fit->trainer, fit->state.learning_rate);
  while (fit->state.batch < count_batches (fit)) {
    NnEpoch progress;

    run_batch (fit);
    progress = describe (fit, started);
    if (!isfinite (progress.loss))
      return NN_FIT_DIVERGED;
    if (is_stopped (fit, config->on_batch, &progress)
        && fit->state.batch < progress.n_batches)
      return NN_FIT_STOPPED;
  }
  is_time = end_epoch (fit, started);
  epoch = &g_array_index (fit->history, NnEpoch, fit->history->len - 1);
  if (is_stopped (fit, config->on_epoch, epoch))
    return NN_FIT_STOPPED;
  return is_time ? NN_FIT_EARLY : NN_FIT_DONE;
}

NnFitResult
nn_fit_run (NnFit *fit)
{
  g_return_val_if_fail (fit != NULL, NN_FIT_DONE);
  /* A training run that was stopped after its last epoch. */
  while (fit->state.epoch < fit->config.epochs
      && (fit->config.stop_patience == 0
          || fit->state.stop_wait < fit->config.stop_patience)) {
    const NnFitResult result = run_epoch (fit);

    if (result == NN_FIT_STOPPED)
      return result;
    if (result != NN_FIT_DONE)
      return finish (fit, result);
  }
  return finish (
      fit, fit->state.epoch < fit->config.epochs ? NN_FIT_EARLY : NN_FIT_DONE);
}

bool
nn_fit_restore_best (NnFit *fit)
{
  g_return_val_if_fail (fit != NULL, false);
  if (fit->state.best_epoch == G_MAXSIZE)
    return false;
  nn_weight_list_set (fit->trainer->weights, fit->best);
  nn_trainer_weights_changed (fit->trainer);
  return true;
}

void
nn_fit_restore_average (NnFit *fit)
{
  g_return_if_fail (fit != NULL);
  if (!fit->average)
    return;
  nn_weight_list_set (fit->trainer->weights, fit->average->values);
  nn_trainer_weights_changed (fit->trainer);
}

const NnEpoch *
nn_fit_history (const NnFit *fit, size_t *n_epochs)
{
  *n_epochs = fit->history->len;
  return (const NnEpoch *) fit->history->data;
}

size_t
nn_fit_best_epoch (const NnFit *fit)
{
  return fit->state.best_epoch;
}
