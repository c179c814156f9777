/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions under which a model is measured: what a microphone, a telephone or
 * a room makes of each window, the same each time. */
#pragma once

#include "dsp/room.h"

typedef enum {
  TRAIN_CONDITION_CLEAN,
  TRAIN_CONDITION_WHITE,     /* white noise at value dB of SNR */
  TRAIN_CONDITION_TELEPHONE, /* 300..3400 Hz */
  TRAIN_CONDITION_REVERB,    /* rt60 of value s, as much tail as direct sound */
  TRAIN_CONDITION_GAIN,      /* value dB louder */
  TRAIN_CONDITION_LATE,      /* the window begins 0.25..1 s later */
  TRAIN_CONDITION_MU_LAW,    /* telephone, and G.711 */
  TRAIN_CONDITION_OPUS,      /* Opus at value kbit/s */
} TrainConditionKind;

typedef struct {
  TrainConditionKind kind;
  double value;
} TrainCondition;

#define TRAIN_ALL_CONDITIONS                                                   \
  "clean,white:20,white:10,white:5,telephone,mu-law,reverb:0.5,opus:12,"       \
  "gain:-30,late"

/* "white:20". FALSE and G_OPTION_ERROR_BAD_VALUE, with what there is. */
gboolean train_condition_parse (
    const char *text, TrainCondition *condition, GError **error);

/* Samples from the begin of a window on that the condition skips, of n. */
gsize train_condition_begin (
    const TrainCondition *self, gsize n, double rate, GRand *rand);

/* In place on a window [n]. room: for TRAIN_CONDITION_REVERB. FALSE and an
 * error where the codec of TRAIN_CONDITION_OPUS is missing or fails. */
gboolean train_condition_apply (const TrainCondition *self, DspRoom *room,
    float *samples, gsize n, double rate, GRand *rand, GError **error);
