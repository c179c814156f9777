/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/recipe.h"

#include <math.h>

#include "dsp/error.h"
#include "dsp/fft.h"

/* Recipes come from model files, which nobody vouches for: the ranges bound the
 * memory that a recipe can ask for. */
#define WINDOW_LEN_MAX (1 << 24)
#define FEATURES_MAX (1 << 24) /* bands x frames */

#define SIZE(field, min, max)                                                  \
  {                                                                            \
#field, DSP_FIELD_SIZE, G_STRUCT_OFFSET(DspRecipe, field), min, max        \
  }
#define DOUBLE(field, min, max)                                                \
  {                                                                            \
#field, DSP_FIELD_DOUBLE, G_STRUCT_OFFSET(DspRecipe, field), min, max      \
  }

/* clang-format off */
static const DspRecipeField fields[] = {
  DOUBLE (rate,         1,     1e6),
  SIZE   (window_len,   1,     WINDOW_LEN_MAX),
  SIZE   (n_fft,        2,     DSP_FFT_MAX),
  SIZE   (hop_length,   1,     WINDOW_LEN_MAX),
  SIZE   (n_mels,       1,     1024),
  DOUBLE (f_min,        0,     5e5),
  DOUBLE (f_max,        0,     5e5),
  DOUBLE (amin,         1e-30, 1e6),
  DOUBLE (top_db,       1e-3,  1000),
};
/* clang-format on */

const DspRecipeField *
dsp_recipe_fields (size_t *n_fields)
{
  *n_fields = G_N_ELEMENTS (fields);
  return fields;
}

double
dsp_recipe_get (const DspRecipe *recipe, const DspRecipeField *field)
{
  if (field->type == DSP_FIELD_SIZE)
    return (double) G_STRUCT_MEMBER (size_t, recipe, field->offset);
  return G_STRUCT_MEMBER (double, recipe, field->offset);
}

bool
dsp_recipe_set (DspRecipe *recipe, const DspRecipeField *field, double value)
{
  if (!isfinite (value))
    return false;
  if (field->type == DSP_FIELD_DOUBLE) {
    G_STRUCT_MEMBER (double, recipe, field->offset) = value;
    return true;
  }
  if (value < 0 || value > 1e15 || value != floor (value))
    return false;
  G_STRUCT_MEMBER (size_t, recipe, field->offset) = (size_t) value;
  return true;
}

static bool
check_fields (const DspRecipe *recipe, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++) {
    const double value = dsp_recipe_get (recipe, &fields[i]);

    if (!(value >= fields[i].min && value <= fields[i].max)) {
      g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
          "%s is %g, not within %g..%g", fields[i].name, value, fields[i].min,
          fields[i].max);
      return false;
    }
  }
  return true;
}

bool
dsp_recipe_check (const DspRecipe *recipe, GError **error)
{
  if (!check_fields (recipe, error))
    return false;

  const size_t n_frames = 1 + recipe->window_len / recipe->hop_length;

  if (recipe->n_fft % 2 != 0)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG, "n_fft is %zu, not even",
        recipe->n_fft);
  else if (!(recipe->f_min < recipe->f_max
               && recipe->f_max <= recipe->rate / 2))
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "f_min..f_max is %g..%g Hz: empty, or past half the rate, %g Hz",
        recipe->f_min, recipe->f_max, recipe->rate / 2);
  else if (n_frames > FEATURES_MAX / recipe->n_mels)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "%zu bands of %zu frames are more than %d values", recipe->n_mels,
        n_frames, FEATURES_MAX);
  else
    return true;
  return false;
}
