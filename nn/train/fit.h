/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Training over epochs, as Keras' Model.fit with EarlyStopping,
 * ReduceLROnPlateau and "restore best weights". Stops between two steps on
 * request, and continues from a saved state as if nothing had happened: a
 * training run that was interrupted and resumed gives the same weights bit for
 * bit, even on another number of ranks. On several ranks all make the same
 * calls; if a callback stops one, all stop after the same step. */
#pragma once

#include "nn/train/trainer.h"

typedef struct _NnFit NnFit;

/* One line of the history; also progress within an epoch. */
typedef struct {
  size_t epoch;                  /* counts from 0 */
  double loss, accuracy;         /* training, means so far, with the penalty */
  double val_loss, val_accuracy; /* NaN without validation samples */
  double learning_rate;          /* in this epoch */
  double seconds;                /* of wall time; not continued by resume */
  size_t batch, n_batches;       /* batches done */
  bool is_best;                  /* of all epochs up to this one */
} NnEpoch;

typedef struct {
  size_t epochs; /* at most */
  /* EarlyStopping: val_loss (loss without validation) */
  size_t stop_patience; /* epochs without improvement; 0: never stop early */
  double stop_min_delta;
  bool restore_best; /* the best weights are restored at the end, always */
  /* Monitoring begins with this epoch (EarlyStopping's start_from_epoch): until
   * the moving statistics of BatchNormalization have settled, the validation
   * loss is meaningless. Weights of earlier epochs are the best only as long as
   * there are no others. */
  size_t start_from_epoch;
  /* ReduceLROnPlateau */
  size_t plateau_patience; /* 0: constant rate */
  double plateau_factor, plateau_min_delta, plateau_min_rate;
  size_t plateau_cooldown;
  /* Instead of ReduceLROnPlateau: the rate rises linearly over warm_up epochs
   * and falls along half a cosine to 0 after the last epoch (Loshchilov and
   * Hutter 2017, without restarts). */
  bool cosine;
  size_t warm_up; /* epochs */
  bool drop_last; /* skip a last batch that is not full */
  /* Weights for validation, as the best and at the end are the exponential
   * moving average over all steps, with this decay; 0: the weights themselves.
   * It includes the moving statistics of BatchNormalization. */
  double average;
  /* Called by nn_fit_run on the caller's thread; may be NULL. Return false to
   * stop: after on_batch between two steps, after on_epoch between two epochs.
   */
  bool (*on_batch) (gpointer data, const NnEpoch *progress);
  bool (*on_epoch) (gpointer data, const NnEpoch *epoch);
  gpointer data;
} NnFitConfig;

/* 100 epochs; stop after 12 without improvement and restore the best; halve the
 * rate after 6 (min_delta 1e-4) down to 1e-6. */
void nn_fit_config_init (NnFitConfig *config);

/* validation: NULL, or n == 0, for none. The trainer and the samples are
 * borrowed and must outlive the fit. */
NnFit *nn_fit_new (NnTrainer *trainer, const NnFitConfig *config,
    const NnSamples *training, const NnSamples *validation);
void nn_fit_free (NnFit *fit); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnFit, nn_fit_free)

typedef enum {
  NN_FIT_DONE,    /* all epochs */
  NN_FIT_EARLY,   /* no improvement */
  NN_FIT_STOPPED, /* a callback returned false; may be continued, or saved */
  NN_FIT_DIVERGED /* the loss is not finite */
} NnFitResult;

/* Trains until one of these. At the end (all but NN_FIT_STOPPED) the trainer
 * has the best weights if restore_best, else the last, averaged if so
 * configured. */
NnFitResult nn_fit_run (NnFit *fit);

/* Puts the best weights so far into the trainer, for saving after
 * NN_FIT_STOPPED. False if no epoch is complete. Save the state first: training
 * would continue from these weights. */
bool nn_fit_restore_best (NnFit *fit);

/* The same with the average of the weights up to now; nothing happens where
 * there is none. */
void nn_fit_restore_average (NnFit *fit);

/* Complete epochs, oldest first, also those before a resume. Borrowed until the
 * next call of nn_fit_run. */
const NnEpoch *nn_fit_history (const NnFit *fit, size_t *n_epochs);
/* Index of the best in it; G_MAXSIZE where there is none. */
size_t nn_fit_best_epoch (const NnFit *fit);

/* The state for --resume: weights, best weights, optimiser, counters, history,
 * also in the middle of an epoch. Atomic, as nn_model_save. text: kept with it
 * for the caller (its options, to check that they are the same), or NULL. */
bool nn_fit_save_state (
    const NnFit *fit, const char *path, const char *text, GError **error);

/* Resumes from a saved state; fit must be new and of the same model, batch
 * size, seed and number of samples. Rank 0 reads the file for all. *text (may
 * be NULL) receives the text; g_free. On failure (NN_ERROR) fit is unchanged.
 */
bool nn_fit_load_state (
    NnFit *fit, const char *path, char **text, GError **error);
