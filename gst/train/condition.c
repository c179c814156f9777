/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/condition.h"

#include <math.h>
#include <string.h>
#include "dsp/augment.h"
#include "dsp/channel.h"
#include "gst/train/codec.h"

static const struct {
  const char *name;
  gboolean has_value;
  double min, max;
} kinds[] = {
  [TRAIN_CONDITION_CLEAN] = { "clean" },
  [TRAIN_CONDITION_WHITE] = { "white", TRUE, -20, 100 },
  [TRAIN_CONDITION_TELEPHONE] = { "telephone" },
  [TRAIN_CONDITION_REVERB] = { "reverb", TRUE, 0.05, 1 },
  [TRAIN_CONDITION_GAIN] = { "gain", TRUE, -120, 60 },
  [TRAIN_CONDITION_LATE] = { "late" },
  [TRAIN_CONDITION_MU_LAW] = { "mu-law" },
  [TRAIN_CONDITION_OPUS] = { "opus", TRUE, 6, 510 },
};

static gboolean
parse_kind (const char *text, gsize k, double *value)
{
  const gsize len = strlen (kinds[k].name);
  char *end;

  *value = 0;
  if (strncmp (text, kinds[k].name, len) != 0)
    return FALSE;
  if (!kinds[k].has_value)
    return text[len] == '\0';
  if (text[len] != ':')
    return FALSE;
  *value = g_ascii_strtod (text + len + 1, &end);
  return end != text + len + 1 && *end == '\0' && *value >= kinds[k].min
      && *value <= kinds[k].max;
}

gboolean
train_condition_parse (
    const char *text, TrainCondition *condition, GError **error)
{
  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
    if (parse_kind (text, k, &condition->value)) {
      condition->kind = k;
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "“%s” is not a condition; there are clean, white:DB, telephone, mu-law, "
      "reverb:S (0.05 to 1), opus:KBPS (6 to 510), gain:DB and late",
      text);
  return FALSE;
}

gsize
train_condition_begin (
    const TrainCondition *self, gsize n, double rate, GRand *rand)
{
  if (self->kind != TRAIN_CONDITION_LATE)
    return 0;
  return MIN (n / 2, (gsize) (g_rand_double_range (rand, 0.25, 1) * rate));
}

gboolean
train_condition_apply (const TrainCondition *self, DspRoom *room,
    float *samples, gsize n, double rate, GRand *rand, GError **error)
{
  switch (self->kind) {
    case TRAIN_CONDITION_WHITE:
      dsp_add_noise_at_snr (samples, n, self->value, rand);
      break;
    case TRAIN_CONDITION_MU_LAW:
    case TRAIN_CONDITION_TELEPHONE:
      dsp_band_limit (samples, n, rate, 300, 3400);
      if (self->kind == TRAIN_CONDITION_MU_LAW)
        dsp_mu_law (samples, n);
      break;
    case TRAIN_CONDITION_REVERB:
      dsp_room_reverberate (room, samples, n, self->value, 0, rand);
      break;
    case TRAIN_CONDITION_GAIN:
      dsp_gain (samples, n, self->value);
      break;
    case TRAIN_CONDITION_OPUS:
      return train_codec_opus (
          samples, n, rate, lrint (self->value * 1000), error);
    case TRAIN_CONDITION_CLEAN:
    case TRAIN_CONDITION_LATE:
      break;
  }
  return TRUE;
}
