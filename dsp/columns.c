/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/columns.h"

#include <stdbool.h>
#include <string.h>

#include "dsp/descriptors.h"
#include "dsp/error.h"
#include "dsp/fft.h"
#include "dsp/kernels.h"
#include "dsp/mel.h"
#include "dsp/stft.h"

#define FEATURES_MEL (DSP_FEATURE_MEL | DSP_FEATURE_MEL_DB)
#define FEATURES_MFCC                                                          \
  (DSP_FEATURE_MFCC | DSP_FEATURE_DELTA | DSP_FEATURE_DELTA2)
#define FEATURES_MAGNITUDE                                                     \
  (DSP_FEATURE_CENTROID | DSP_FEATURE_BANDWIDTH | DSP_FEATURE_ROLLOFF)

struct _DspColumns {
  DspRecipe recipe;
  DspColumnLayout layout;
  DspStft *stft;
  DspMel *mel;      /* NULL unless the column has such a part */
  DspMel *mfcc_mel; /* the same */
  size_t n_bins;
  float *power;        /* [n_bins] */
  float *magnitude;    /* [n_bins], where a scalar needs it */
  float *scratch;      /* [n_bins] */
  uint64_t n_computed; /* columns */
};

struct _DspFrames {
  size_t n_frames;
  size_t len; /* of a column */
  /* Frame f of the window is in slot (first_slot + f) % n_frames. */
  size_t first_slot;
  uint64_t position; /* of the window in its stream */
  size_t n_samples;  /* of the window; 0: nothing to share */
  float ring[];      /* [n_frames][len] */
};

/* The samples of the window that a frame covers. */
typedef struct {
  const float *samples;
  size_t n;        /* of the stream */
  size_t n_silent; /* zeros after them, up to the end of the window */
} Cover;

/* Samples of a frame before its time. */
static size_t
before_of (const DspRecipe *recipe)
{
  return recipe->center ? recipe->n_fft / 2 : 0;
}

static Cover
cover (const DspRecipe *recipe, const float *samples, size_t n_samples,
    size_t frame)
{
  const size_t before = before_of (recipe);
  const size_t at = frame * recipe->hop_length;
  const size_t begin = at > before ? at - before : 0;
  const size_t end = MIN (at + recipe->n_fft - before, recipe->window_len);
  const size_t known = CLAMP (n_samples, begin, end);

  return (
      Cover){ samples + MIN (begin, n_samples), known - begin, end - known };
}

/* Features of one value per frame, in the order of DspFeature. */
static float
rms (const DspColumns *self, const Cover *cover)
{
  return dsp_rms (cover->samples, cover->n, self->recipe.n_fft);
}

static float
zcr (const DspColumns *self, const Cover *cover)
{
  return dsp_zero_crossing_rate (
      cover->samples, cover->n, cover->n_silent, self->recipe.n_fft);
}

static double
hz_per_bin (const DspColumns *self)
{
  return self->recipe.rate / (double) self->recipe.n_fft;
}

static float
centroid (const DspColumns *self, const Cover *cover)
{
  return (
      float) (hz_per_bin (self) * dsp_centroid (self->magnitude, self->n_bins));
}

static float
bandwidth (const DspColumns *self, const Cover *cover)
{
  return (float) (hz_per_bin (self)
      * dsp_bandwidth (self->magnitude, self->n_bins));
}

static float
rolloff (const DspColumns *self, const Cover *cover)
{
  return (float) (hz_per_bin (self)
      * (double) dsp_rolloff (
          self->magnitude, self->n_bins, self->recipe.roll_percent));
}

static float
flatness (const DspColumns *self, const Cover *cover)
{
  memcpy (self->scratch, self->power, self->n_bins * sizeof (float));
  return dsp_flatness (self->scratch, self->n_bins, (float) self->recipe.amin);
}

static const struct {
  DspFeature feature;
  float (*compute) (const DspColumns *self, const Cover *cover);
} scalars[] = {
  { DSP_FEATURE_RMS, rms },
  { DSP_FEATURE_ZCR, zcr },
  { DSP_FEATURE_CENTROID, centroid },
  { DSP_FEATURE_BANDWIDTH, bandwidth },
  { DSP_FEATURE_ROLLOFF, rolloff },
  { DSP_FEATURE_FLATNESS, flatness },
};

static DspColumnLayout
lay_out (const DspRecipe *recipe)
{
  const unsigned features = recipe->features;
  DspColumnLayout layout = { 0 };

  layout.mfcc_mel = features & FEATURES_MEL ? recipe->n_mels : 0;
  layout.power =
      layout.mfcc_mel + (features & FEATURES_MFCC ? recipe->mfcc_mels : 0);
  layout.scalars = layout.power
      + (features & DSP_FEATURE_CHROMA ? recipe->n_fft / 2 + 1 : 0);
  layout.len = layout.scalars;
  for (size_t i = 0; i < G_N_ELEMENTS (scalars); i++)
    layout.len += features & scalars[i].feature ? 1 : 0;
  return layout;
}

/* The filterbank of a section of the column. True, and no bank, if the recipe
 * does not need it. */
static bool
add_bank (const DspRecipe *recipe, size_t n_mels, DspMel **bank, GError **error)
{
  const DspMelConfig config = { .rate = recipe->rate,
    .n_fft = recipe->n_fft,
    .n_mels = n_mels,
    .f_min = recipe->f_min,
    .f_max = recipe->f_max,
    .htk = recipe->htk,
    .is_plain = recipe->norm == DSP_NORM_NONE };

  if (n_mels == 0)
    return true;
  *bank = dsp_mel_new (&config, error);
  return *bank != NULL;
}

static DspStft *
make_stft (const DspRecipe *recipe, GError **error)
{
  const bool mirrors = recipe->center && recipe->pad_mode == DSP_PAD_REFLECT;
  const DspStftConfig config = { .n_fft = recipe->n_fft,
    .hop_length = recipe->hop_length,
    .win_length = recipe->win_length,
    .is_hamming = recipe->window == DSP_WINDOW_HAMMING,
    .is_left = !recipe->center,
    .mirror_len = mirrors ? recipe->window_len : 0 };

  return dsp_stft_new (&config, error);
}

DspColumns *
dsp_columns_new (const DspRecipe *recipe, GError **error)
{
  const DspColumnLayout layout = lay_out (recipe);
  g_autoptr (DspColumns) self = g_new0 (DspColumns, 1);

  self->recipe = *recipe;
  self->layout = layout;
  self->stft = make_stft (recipe, error);
  if (!self->stft
      || !add_bank (recipe, layout.mfcc_mel - layout.mel, &self->mel, error)
      || !add_bank (
          recipe, layout.power - layout.mfcc_mel, &self->mfcc_mel, error))
    return NULL;
  self->n_bins = dsp_stft_n_bins (self->stft);
  self->power = dsp_fft_alloc (self->n_bins * sizeof (float));
  self->magnitude = dsp_fft_alloc (self->n_bins * sizeof (float));
  self->scratch = dsp_fft_alloc (self->n_bins * sizeof (float));
  if (!self->power || !self->magnitude || !self->scratch) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for a frame of %zu samples", recipe->n_fft);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
dsp_columns_free (DspColumns *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->stft, dsp_stft_free);
  g_clear_pointer (&self->mel, dsp_mel_free);
  g_clear_pointer (&self->mfcc_mel, dsp_mel_free);
  g_clear_pointer (&self->power, dsp_fft_buffer_free);
  g_clear_pointer (&self->magnitude, dsp_fft_buffer_free);
  g_clear_pointer (&self->scratch, dsp_fft_buffer_free);
  g_free (self);
}

const DspColumnLayout *
dsp_columns_layout (const DspColumns *self)
{
  return &self->layout;
}

DspFrames *
dsp_frames_new (const DspRecipe *recipe, GError **error)
{
  const size_t n_frames = dsp_recipe_n_frames (recipe);
  const size_t len = lay_out (recipe).len;
  DspFrames *const self =
      g_try_malloc (sizeof (DspFrames) + n_frames * len * sizeof (float));

  if (!self) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for %zu frames of %zu values", n_frames, len);
    return NULL;
  }
  *self = (DspFrames){ .n_frames = n_frames, .len = len };
  return self;
}

void
dsp_frames_free (DspFrames *self)
{
  g_free (self);
}

void
dsp_frames_forget (DspFrames *self)
{
  self->n_samples = 0;
}

uint64_t
dsp_columns_n_computed (const DspColumns *self)
{
  return self->n_computed;
}

static float *
slot (DspFrames *self, size_t frame)
{
  return self->ring + (self->first_slot + frame) % self->n_frames * self->len;
}

const float *
dsp_frames_at (const DspFrames *self, size_t frame)
{
  return slot ((DspFrames *) self, frame);
}

static bool
needs_magnitude (const DspRecipe *recipe)
{
  unsigned wanted = FEATURES_MAGNITUDE;

  if (recipe->power == 1)
    wanted |= FEATURES_MEL | FEATURES_MFCC;
  if (recipe->chroma_power == 1)
    wanted |= DSP_FEATURE_CHROMA;
  return recipe->features & wanted;
}

static void
compute (DspColumns *self, const float *samples, size_t n_samples, size_t frame,
    float *column)
{
  const DspColumnLayout *layout = &self->layout;
  const Cover covered = cover (&self->recipe, samples, n_samples, frame);
  const float *spectrum =
      self->recipe.power == 1 ? self->magnitude : self->power;
  float *scalar = column + layout->scalars;

  dsp_stft_power (self->stft, samples, n_samples, frame, self->power);
  if (needs_magnitude (&self->recipe))
    dsp_kernels ()->magnitude (self->power, self->n_bins, self->magnitude);
  if (self->mel)
    dsp_mel_apply (self->mel, spectrum, column + layout->mel);
  if (self->mfcc_mel)
    dsp_mel_apply (self->mfcc_mel, spectrum, column + layout->mfcc_mel);
  if (layout->scalars > layout->power)
    memcpy (column + layout->power,
        self->recipe.chroma_power == 1 ? self->magnitude : self->power,
        self->n_bins * sizeof (float));
  for (size_t i = 0; i < G_N_ELEMENTS (scalars); i++)
    if (self->recipe.features & scalars[i].feature)
      *scalar++ = scalars[i].compute (self, &covered);
  self->n_computed++;
}

/* Whether a frame lies within n_samples, without padding on either side. */
static bool
is_inside (const DspRecipe *recipe, size_t frame, size_t n_samples)
{
  const size_t before = before_of (recipe);
  const size_t at = frame * recipe->hop_length;

  return at >= before && at - before + recipe->n_fft <= n_samples;
}

/* Frames from the last window to this one; n_frames where none is shared. */
static size_t
frames_since_last (const DspFrames *self, size_t hop, uint64_t position)
{
  const uint64_t distance = position - self->position;

  if (self->n_samples == 0 || position < self->position || distance % hop != 0
      || distance / hop >= self->n_frames)
    return self->n_frames;
  return (size_t) (distance / hop);
}

void
dsp_columns_move (DspColumns *self, DspFrames *frames, uint64_t position,
    const float *samples, size_t n_samples)
{
  const size_t step =
      frames_since_last (frames, self->recipe.hop_length, position);

  frames->first_slot = (frames->first_slot + step) % frames->n_frames;
  for (size_t f = 0; f < frames->n_frames; f++) {
    const bool is_shared = f + step < frames->n_frames
        && is_inside (&self->recipe, f, n_samples)
        && is_inside (&self->recipe, f + step, frames->n_samples);

    if (!is_shared)
      compute (self, samples, n_samples, f, slot (frames, f));
  }
  frames->position = position;
  frames->n_samples = n_samples;
}
