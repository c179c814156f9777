/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The feature recipe: defines how samples become the input of a network.
 * Training, tools and playback share it; model files carry it. Field names and
 * meanings are librosa's.
 *
 * A window of samples becomes a matrix [rows][frames]: the rows of each
 * selected feature, in the order of DspFeature or that of feature_order. It may
 * be normalised, and then be reduced to statistics over time,
 * [rows][statistics], or over the coefficients of its one feature,
 * [statistics][frames]. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Features; or-ed together in DspRecipe.features. */
typedef enum {
  DSP_FEATURE_MEL = 1 << 0,       /* n_mels rows, power */
  DSP_FEATURE_MEL_DB = 1 << 1,    /* n_mels rows, dB from ref */
  DSP_FEATURE_MFCC = 1 << 2,      /* n_mfcc rows */
  DSP_FEATURE_DELTA = 1 << 3,     /* n_mfcc rows, slope of the MFCC */
  DSP_FEATURE_DELTA2 = 1 << 4,    /* n_mfcc rows, curvature of the MFCC */
  DSP_FEATURE_CHROMA = 1 << 5,    /* n_chroma rows, 0..1 */
  DSP_FEATURE_RMS = 1 << 6,       /* 1 row, as are all that follow */
  DSP_FEATURE_ZCR = 1 << 7,       /* zero crossings per sample */
  DSP_FEATURE_CENTROID = 1 << 8,  /* Hz */
  DSP_FEATURE_BANDWIDTH = 1 << 9, /* Hz */
  DSP_FEATURE_ROLLOFF = 1 << 10,  /* Hz */
  DSP_FEATURE_FLATNESS = 1 << 11, /* 0..1 */
} DspFeature;

/* Over time; or-ed together in DspRecipe.statistics. 0: the whole matrix. */
typedef enum {
  DSP_STATISTIC_MEAN = 1 << 0,
  DSP_STATISTIC_STD = 1 << 1, /* of the population, as numpy.std */
} DspStatistic;

/* The axis of the statistics. */
typedef enum {
  DSP_AXIS_TIME,
  DSP_AXIS_COEFFICIENTS, /* numpy.mean (mfcc, axis=0): of each frame */
} DspAxis;

/* Order of a matrix that a network takes as one row: feature by feature, and
 * within each */
typedef enum {
  DSP_FLATTEN_BANDS,  /* row by row */
  DSP_FLATTEN_FRAMES, /* frame by frame: numpy.ravel (mfcc.T) */
} DspFlatten;

/* Of the matrix as one. */
typedef enum {
  DSP_NORMALIZATION_NONE,
  DSP_NORMALIZATION_MIN_MAX, /* to 0..1 */
} DspNormalization;

/* Of the STFT, both periodic. */
typedef enum {
  DSP_WINDOW_HANN,
  DSP_WINDOW_HAMMING,
} DspWindow;

/* Padding before and after the samples, for the STFT. */
typedef enum {
  DSP_PAD_CONSTANT, /* zeros */
  DSP_PAD_REFLECT,  /* a mirror image, as librosa had it before 0.9 */
} DspPadMode;

/* Of a mel band's weights. */
typedef enum {
  DSP_NORM_SLANEY, /* area 1 per Hz */
  DSP_NORM_NONE,   /* height 1 */
} DspNorm;

/* What 0 dB of mel_db is. */
typedef enum {
  DSP_REF_MAX, /* the maximum of the window */
  DSP_REF_ONE, /* power 1 */
} DspRef;

/* Of the chroma filters, from A = 440 Hz. */
typedef enum {
  DSP_TUNING_NONE,
  DSP_TUNING_ESTIMATE, /* from the window, dsp/tuning.h */
} DspTuningMode;

typedef struct {
  double rate;         /* Hz, of the samples that the recipe takes */
  size_t window_len;   /* samples in one window, > 0 */
  size_t n_fft;        /* samples, even */
  size_t hop_length;   /* samples */
  size_t win_length;   /* samples of n_fft under the window; 0: all */
  unsigned window;     /* DspWindow */
  unsigned center;     /* 1: frame f is around f * hop_length; 0: begins */
  unsigned pad_mode;   /* DspPadMode, where centred */
  size_t power;        /* 2: mel of the power; 1: of the magnitude */
  unsigned features;   /* DspFeature, at least one */
  size_t n_mels;       /* bands */
  double f_min;        /* Hz */
  double f_max;        /* Hz, f_min < f_max <= rate / 2 */
  unsigned htk;        /* 1: HTK's mel scale; 0: Slaney's */
  unsigned norm;       /* DspNorm */
  unsigned ref;        /* DspRef */
  double amin;         /* power_to_db: smallest power, > 0 */
  double top_db;       /* dB below the window's maximum, > 0 */
  size_t n_mfcc;       /* coefficients, <= mfcc_mels */
  size_t mfcc_mels;    /* bands that the MFCC are made of */
  double lifter;       /* of the MFCC; 0: none */
  size_t delta_width;  /* frames, odd, >= 3 */
  size_t n_chroma;     /* pitch classes */
  size_t chroma_power; /* 2: of the power; 1: of the magnitude */
  unsigned tuning;     /* DspTuningMode */
  double roll_percent; /* 0..1: the fraction of the magnitude below rolloff */
  unsigned normalization;   /* DspNormalization */
  unsigned statistics;      /* DspStatistic, or 0 */
  unsigned statistics_axis; /* DspAxis */
  unsigned flatten;         /* DspFlatten */

  /* Order of the features, stored in that field: 0 is the order of DspFeature;
   * else 4 bits for each feature, lowest first: 1 + the number of its bit. */
  guint64 feature_order;
} DspRecipe;

/* Hz and samples of the default window: 3 s. Elements and tools take their
 * default interval from them. */
#define DSP_RECIPE_DEFAULT_RATE 16000
#define DSP_RECIPE_DEFAULT_WINDOW_LEN 48000

/* 3 s at 16 kHz -> 64 mel bands x 94 frames: the recipe of the Python system,
 * and of all model files without a recipe. */
#define DSP_RECIPE_DEFAULT                                                     \
  ((DspRecipe){ .rate = DSP_RECIPE_DEFAULT_RATE,                               \
      .window_len = DSP_RECIPE_DEFAULT_WINDOW_LEN,                             \
      .n_fft = 2048,                                                           \
      .hop_length = 512,                                                       \
      .win_length = 0,                                                         \
      .window = DSP_WINDOW_HANN,                                               \
      .center = 1,                                                             \
      .pad_mode = DSP_PAD_CONSTANT,                                            \
      .power = 2,                                                              \
      .features = DSP_FEATURE_MEL_DB,                                          \
      .n_mels = 64,                                                            \
      .f_min = 0,                                                              \
      .f_max = 8000,                                                           \
      .htk = 0,                                                                \
      .norm = DSP_NORM_SLANEY,                                                 \
      .ref = DSP_REF_MAX,                                                      \
      .amin = 1e-10,                                                           \
      .top_db = 80,                                                            \
      .n_mfcc = 13,                                                            \
      .mfcc_mels = 128,                                                        \
      .lifter = 0,                                                             \
      .delta_width = 9,                                                        \
      .n_chroma = 12,                                                          \
      .chroma_power = 2,                                                       \
      .tuning = DSP_TUNING_ESTIMATE,                                           \
      .roll_percent = 0.85,                                                    \
      .normalization = DSP_NORMALIZATION_MIN_MAX,                              \
      .statistics = 0 })

/* The same window -> means and standard deviations of 13 MFCC, their delta and
 * delta-delta, and of 12 chroma: 51 rows x 2, for small networks. */
DspRecipe dsp_recipe_simple (void);

typedef enum {
  DSP_FIELD_SIZE,   /* size_t */
  DSP_FIELD_DOUBLE, /* double, finite */
  DSP_FIELD_ENUM,   /* unsigned, an index into names */
  DSP_FIELD_FLAGS,  /* unsigned, bit i stands for names[i] */
} DspFieldType;

/* One field of the recipe. Recipes are checked, read, written and compared by
 * walking this table, so a new field is one line in recipe.c. */
typedef struct {
  const char *name;
  DspFieldType type;
  size_t offset;            /* into DspRecipe */
  double min, max;          /* range, as dsp_recipe_get returns it */
  const char *const *names; /* NULL-terminated; NULL unless ENUM or FLAGS */
} DspRecipeField;

const DspRecipeField *dsp_recipe_fields (size_t *n_fields);
/* NULL if there is no field of that name. */
const DspRecipeField *dsp_recipe_find_field (const char *name);

/* The value of a field as a number, whatever its type. set refuses (false)
 * numbers that the type cannot hold, such as 1.5 bands, but does not check the
 * range. */
double dsp_recipe_get (const DspRecipe *recipe, const DspRecipeField *field);
bool dsp_recipe_set (
    DspRecipe *recipe, const DspRecipeField *field, double value);

/* The same as text: a number, a name, or names separated by commas (none: "").
 * Free with g_free. set refuses (false, DSP_ERROR_CONFIG) unknown names. */
char *dsp_recipe_get_text (
    const DspRecipe *recipe, const DspRecipeField *field);
bool dsp_recipe_set_text (DspRecipe *recipe, const DspRecipeField *field,
    const char *text, GError **error);

/* Changes fields: "n_mels=40 features=mfcc,delta", separated by white space. A
 * word without "=" is the name of a preset (dsp/presets.h), which changes many.
 * Does not check ranges. False and DSP_ERROR_CONFIG, which lists the fields, if
 * the text is wrong; recipe is then unchanged. */
bool dsp_recipe_change (DspRecipe *recipe, const char *text, GError **error);

/* False and DSP_ERROR_CONFIG, naming the field, if a value is out of range or
 * values contradict each other. */
bool dsp_recipe_check (const DspRecipe *recipe, GError **error);
/* The same for a window that is a whole recording in memory: up to 2^28
 * samples, and matrices of as many values. */
bool dsp_recipe_check_long (const DspRecipe *recipe, GError **error);

bool dsp_recipe_equal (const DspRecipe *a, const DspRecipe *b);

/* Feature i of the recipe, from 0, or 0 if there are no more. */
DspFeature dsp_recipe_nth_feature (const DspRecipe *recipe, size_t i);

/* Rows of one feature in the result, and of all features before it; 0 if the
 * recipe lacks it. */
size_t dsp_recipe_rows (
    const DspRecipe *recipe, DspFeature feature, size_t *first_row);

/* Rows of the matrix before statistics over its coefficients. */
size_t dsp_recipe_n_rows (const DspRecipe *recipe);

/* The shape of the result: rows, and frames or statistics. */
size_t dsp_recipe_n_bands (const DspRecipe *recipe);
size_t dsp_recipe_n_columns (const DspRecipe *recipe);
/* Frames of the STFT of one window. */
size_t dsp_recipe_n_frames (const DspRecipe *recipe);

/* The one rule for cutting a sound into windows, in the element, in training
 * and in emotion-features: windows are adjacent, and samples left after the
 * last whole one make another, zero-padded, if they fill at least half of it or
 * if it is the only one. */
bool dsp_recipe_keeps_rest (
    const DspRecipe *recipe, size_t n_rest, bool is_first);
/* How many windows that makes of n_samples. */
size_t dsp_recipe_n_windows (const DspRecipe *recipe, size_t n_samples);
