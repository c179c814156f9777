/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second half of a recipe: from the columns of all frames of a window
 * (dsp/columns.h) to its features. */
#include "dsp/features.h"

#include <math.h>
#include <string.h>

#include "dsp/chroma.h"
#include "dsp/columns.h"
#include "dsp/db.h"
#include "dsp/dct.h"
#include "dsp/delta.h"
#include "dsp/error.h"
#include "dsp/sample.h"
#include "dsp/tuning.h"

struct _DspFeatures {
  DspRecipe recipe;
  size_t n_frames;
  size_t n_rows; /* of the matrix */

  DspColumns *columns;
  DspColumnLayout layout;
  DspFrames *own;          /* of windows that are of no stream */
  const DspFrames *frames; /* of the window that is computed: borrowed */

  /* Each NULL unless the recipe needs it. */
  DspDct *dct;
  DspDelta *delta;
  DspDelta *delta2;
  DspChroma *chroma;
  DspTuning *tuning;
  float *mfcc_mel; /* [n_frames][mfcc_mels], dB */
  float *mfcc;     /* [n_mfcc][n_frames] */
  float *matrix;   /* [n_bands][n_frames], where the result is statistics */
};

/* Rows from the same section of every column. */
static void
transpose (const DspFeatures *self, size_t part, size_t n_rows, float *out)
{
  for (size_t f = 0; f < self->n_frames; f++) {
    const float *from = dsp_frames_at (self->frames, f) + part;

    for (size_t row = 0; row < n_rows; row++)
      out[row * self->n_frames + f] = from[row];
  }
}

static void
fill_mel (DspFeatures *self, float *out)
{
  transpose (self, self->layout.mel, self->recipe.n_mels, out);
}

static void
fill_mel_db (DspFeatures *self, float *out)
{
  fill_mel (self, out);
  dsp_power_to_db (out, self->recipe.n_mels * self->n_frames,
      self->recipe.ref == DSP_REF_MAX ? DSP_DB_REF_MAX : 1.0f,
      (float) self->recipe.amin, (float) self->recipe.top_db);
}

/* The deltas are made of it, too, so it is computed before any feature. */
static void
compute_mfcc (DspFeatures *self)
{
  const size_t n_mels = self->recipe.mfcc_mels;

  for (size_t f = 0; f < self->n_frames; f++)
    memcpy (self->mfcc_mel + f * n_mels,
        dsp_frames_at (self->frames, f) + self->layout.mfcc_mel,
        n_mels * sizeof (float));
  dsp_power_to_db (self->mfcc_mel, n_mels * self->n_frames, 1.0f,
      (float) self->recipe.amin, (float) self->recipe.top_db);
  for (size_t f = 0; f < self->n_frames; f++)
    dsp_dct_apply (
        self->dct, self->mfcc_mel + f * n_mels, self->mfcc + f, self->n_frames);
}

static void
fill_mfcc (DspFeatures *self, float *out)
{
  memcpy (
      out, self->mfcc, self->recipe.n_mfcc * self->n_frames * sizeof (float));
}

static void
apply_delta (const DspFeatures *self, const DspDelta *delta, float *out)
{
  for (size_t row = 0; row < self->recipe.n_mfcc; row++)
    dsp_delta_apply (delta, self->mfcc + row * self->n_frames, self->n_frames,
        out + row * self->n_frames);
}

static void
fill_delta (DspFeatures *self, float *out)
{
  apply_delta (self, self->delta, out);
}

static void
fill_delta2 (DspFeatures *self, float *out)
{
  apply_delta (self, self->delta2, out);
}

static void
fill_chroma (DspFeatures *self, float *out)
{
  if (self->tuning) {
    dsp_tuning_begin (self->tuning);
    for (size_t f = 0; f < self->n_frames; f++)
      dsp_tuning_add (
          self->tuning, dsp_frames_at (self->frames, f) + self->layout.power);
    dsp_chroma_set_tuning (self->chroma, dsp_tuning_estimate (self->tuning));
  }
  for (size_t f = 0; f < self->n_frames; f++)
    dsp_chroma_apply (self->chroma,
        dsp_frames_at (self->frames, f) + self->layout.power, out + f,
        self->n_frames);
}

/* A feature of one value per frame; the column has them in the order of
 * DspFeature. */
static void
fill_scalar (DspFeatures *self, DspFeature feature, float *out)
{
  const unsigned before =
      self->recipe.features & (feature - 1) & ~(DSP_FEATURE_RMS - 1u);

  transpose (self, self->layout.scalars + (size_t) __builtin_popcount (before),
      1, out);
}

static const struct {
  DspFeature feature;
  void (*fill) (DspFeatures *self, float *out);
} blocks[] = {
  { DSP_FEATURE_MEL, fill_mel },
  { DSP_FEATURE_MEL_DB, fill_mel_db },
  { DSP_FEATURE_MFCC, fill_mfcc },
  { DSP_FEATURE_DELTA, fill_delta },
  { DSP_FEATURE_DELTA2, fill_delta2 },
  { DSP_FEATURE_CHROMA, fill_chroma },
};

static float *
alloc_matrix (const DspFeatures *self, size_t n_rows, GError **error)
{
  float *matrix = g_try_new (float, n_rows * self->n_frames);

  if (!matrix)
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for %zu rows of %zu frames", n_rows, self->n_frames);
  return matrix;
}

/* Allocates what only some recipes need. */
static bool
add_mfcc (DspFeatures *self, GError **error)
{
  const DspRecipe *r = &self->recipe;

  self->dct = dsp_dct_new (r->mfcc_mels, r->n_mfcc, r->lifter, error);
  self->mfcc_mel = self->dct ? alloc_matrix (self, r->mfcc_mels, error) : NULL;
  self->mfcc = self->mfcc_mel ? alloc_matrix (self, r->n_mfcc, error) : NULL;
  if (!self->mfcc)
    return false;
  if (r->features & DSP_FEATURE_DELTA) {
    self->delta = dsp_delta_new (r->delta_width, 1, error);
    if (!self->delta)
      return false;
  }
  if (r->features & DSP_FEATURE_DELTA2) {
    self->delta2 = dsp_delta_new (r->delta_width, 2, error);
    if (!self->delta2)
      return false;
  }
  return true;
}

static bool
add_chroma (DspFeatures *self, GError **error)
{
  const DspRecipe *r = &self->recipe;

  self->chroma = dsp_chroma_new (r->rate, r->n_fft, r->n_chroma, error);
  if (!self->chroma)
    return false;
  if (r->tuning != DSP_TUNING_ESTIMATE)
    return true;
  self->tuning =
      dsp_tuning_new (r->rate, r->n_fft, r->n_chroma, self->n_frames, error);
  return self->tuning != NULL;
}

static bool
add_parts (DspFeatures *self, GError **error)
{
  const DspColumnLayout *l = &self->layout;

  if (l->power > l->mfcc_mel && !add_mfcc (self, error))
    return false;
  if (l->scalars > l->power && !add_chroma (self, error))
    return false;
  if (self->recipe.statistics == 0)
    return true;
  self->matrix = alloc_matrix (self, self->n_rows, error);
  return self->matrix != NULL;
}

static DspFeatures *
features_new (const DspRecipe *recipe, GError **error)
{
  g_autoptr (DspFeatures) self = g_new0 (DspFeatures, 1);

  self->recipe = *recipe;
  self->n_frames = dsp_recipe_n_frames (recipe);
  self->n_rows = dsp_recipe_n_rows (recipe);
  self->columns = dsp_columns_new (recipe, error);
  if (!self->columns)
    return NULL;
  self->layout = *dsp_columns_layout (self->columns);
  self->own = dsp_frames_new (recipe, error);
  if (!self->own || !add_parts (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

DspFeatures *
dsp_features_new (const DspRecipe *recipe, GError **error)
{
  return dsp_recipe_check (recipe, error) ? features_new (recipe, error) : NULL;
}

DspFeatures *
dsp_features_new_long (const DspRecipe *recipe, GError **error)
{
  return dsp_recipe_check_long (recipe, error) ? features_new (recipe, error)
                                               : NULL;
}

void
dsp_features_free (DspFeatures *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->columns, dsp_columns_free);
  g_clear_pointer (&self->own, dsp_frames_free);
  g_clear_pointer (&self->dct, dsp_dct_free);
  g_clear_pointer (&self->delta, dsp_delta_free);
  g_clear_pointer (&self->delta2, dsp_delta_free);
  g_clear_pointer (&self->chroma, dsp_chroma_free);
  g_clear_pointer (&self->tuning, dsp_tuning_free);
  g_clear_pointer (&self->mfcc_mel, g_free);
  g_clear_pointer (&self->mfcc, g_free);
  g_clear_pointer (&self->matrix, g_free);
  g_free (self);
}

size_t
dsp_features_n_bands (const DspFeatures *self)
{
  return dsp_recipe_n_bands (&self->recipe);
}

size_t
dsp_features_n_frames (const DspFeatures *self)
{
  return dsp_recipe_n_columns (&self->recipe);
}

uint64_t
dsp_features_frames_computed (const DspFeatures *self)
{
  return dsp_columns_n_computed (self->columns);
}

/* The statistics of n values, which are stride apart; out_stride apart in out.
 */
static void
describe (const DspFeatures *self, const float *values, size_t n, size_t stride,
    float *out, size_t out_stride)
{
  double sum = 0, square = 0;

  for (size_t i = 0; i < n; i++)
    sum += (double) values[i * stride];
  for (size_t i = 0; i < n; i++) {
    const double away = (double) values[i * stride] - sum / (double) n;

    square += away * away;
  }
  if (self->recipe.statistics & DSP_STATISTIC_MEAN) {
    *out = (float) (sum / (double) n);
    out += out_stride;
  }
  if (self->recipe.statistics & DSP_STATISTIC_STD)
    *out = (float) sqrt (square / (double) n);
}

/* matrix [rows][frames] -> out [rows][statistics], or [statistics][frames] */
static void
reduce (const DspFeatures *self, const float *matrix, float *out)
{
  const size_t n_rows = self->n_rows, n_frames = self->n_frames;
  const size_t n = dsp_recipe_n_columns (&self->recipe);

  if (self->recipe.statistics_axis == DSP_AXIS_COEFFICIENTS)
    for (size_t f = 0; f < n_frames; f++)
      describe (self, matrix + f, n_rows, n_frames, out + f, n_frames);
  else
    for (size_t row = 0; row < n_rows; row++)
      describe (self, matrix + row * n_frames, n_frames, 1, out + row * n, 1);
}

static bool
is_silent (const float *samples, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (dsp_sample_clean (samples[i]) != 0.0f)
      return false;
  return true;
}

/* The rows of every feature, in the recipe's order. */
static void
fill_matrix (DspFeatures *self, float *matrix)
{
  DspRecipe whole = self->recipe;
  DspFeature feature;

  whole.statistics = 0;
  for (size_t i = 0; (feature = dsp_recipe_nth_feature (&whole, i)); i++) {
    size_t row, b = 0;
    float *out;

    dsp_recipe_rows (&whole, feature, &row);
    out = matrix + row * self->n_frames;
    while (b < G_N_ELEMENTS (blocks) && blocks[b].feature != feature)
      b++;
    if (b < G_N_ELEMENTS (blocks))
      blocks[b].fill (self, out);
    else
      fill_scalar (self, feature, out);
  }
}

bool
dsp_features_compute_at (DspFeatures *self, DspFrames *frames,
    uint64_t position, const float *samples, size_t n_samples, float *out)
{
  const DspRecipe *recipe = &self->recipe;
  float *matrix = self->matrix ? self->matrix : out;
  bool has_contrast = true;

  g_return_val_if_fail (n_samples <= recipe->window_len, false);

  dsp_columns_move (self->columns, frames, position, samples, n_samples);
  self->frames = frames;
  if (self->mfcc)
    compute_mfcc (self);
  fill_matrix (self, matrix);

  if (recipe->normalization == DSP_NORMALIZATION_MIN_MAX)
    has_contrast = dsp_min_max (matrix, self->n_rows * self->n_frames);
  else
    has_contrast = !is_silent (samples, n_samples);
  if (recipe->statistics)
    reduce (self, matrix, out);
  return has_contrast;
}

bool
dsp_features_compute (
    DspFeatures *self, const float *samples, size_t n_samples, float *out)
{
  dsp_frames_forget (self->own);
  return dsp_features_compute_at (self, self->own, 0, samples, n_samples, out);
}
