/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/arrangement.h"

#include <string.h>

static gboolean
is_dim (gsize dim, gsize n)
{
  return dim == n || dim == NN_DIM_UNKNOWN;
}

gboolean
gst_emotion_arrangement_find (const DspRecipe *recipe, const NnShape *in,
    GstEmotionArrangement *arrangement)
{
  const gsize n_bands = dsp_recipe_n_bands (recipe);
  const gsize n_columns = dsp_recipe_n_columns (recipe);
  const gboolean is_matrix =
      in->rank == 2 || (in->rank == 3 && is_dim (in->dim[2], 1));
  const gboolean is_turned = is_matrix && is_dim (in->dim[0], n_columns)
      && is_dim (in->dim[1], n_bands);
  const gboolean is_straight = is_matrix && is_dim (in->dim[0], n_bands)
      && is_dim (in->dim[1], n_columns);
  const gboolean is_row =
      (in->rank == 1 || (in->rank == 2 && is_dim (in->dim[1], 1)))
      && is_dim (in->dim[0], n_bands * n_columns);

  *arrangement = GST_EMOTION_AS_THEY_ARE;
  if (is_turned && !is_straight && !is_row)
    *arrangement = GST_EMOTION_COLUMNS_FIRST;
  else if (is_row && !is_straight && recipe->flatten == DSP_FLATTEN_FRAMES)
    *arrangement = GST_EMOTION_BLOCKS_TURNED;
  return is_row || is_straight || is_turned;
}

/* in [rows][columns] -> out [columns][rows] */
static void
turn (const float *in, size_t n_rows, size_t n_columns, float *out)
{
  for (size_t r = 0; r < n_rows; r++)
    for (size_t c = 0; c < n_columns; c++)
      out[c * n_rows + r] = in[r * n_columns + c];
}

void
gst_emotion_arrange (GstEmotionArrangement arrangement, const DspRecipe *recipe,
    const float *features, float *turned)
{
  const size_t n_bands = dsp_recipe_n_bands (recipe);
  const size_t n_columns = dsp_recipe_n_columns (recipe);
  DspFeature feature;

  if (arrangement == GST_EMOTION_AS_THEY_ARE)
    memcpy (turned, features, n_bands * n_columns * sizeof *turned);
  if (arrangement == GST_EMOTION_COLUMNS_FIRST)
    turn (features, n_bands, n_columns, turned);
  if (arrangement != GST_EMOTION_BLOCKS_TURNED)
    return;
  for (size_t i = 0; (feature = dsp_recipe_nth_feature (recipe, i)); i++) {
    size_t first;
    const size_t n_rows = dsp_recipe_rows (recipe, feature, &first);

    turn (features + first * n_columns, n_rows, n_columns,
        turned + first * n_columns);
  }
}

/* Open frames are those of the recipe's window, open bands its bands; if
 * nothing is stated, whatever fits the weights. */
NnModel *
gst_emotion_load_network (const NnModelFile *file, const DspRecipe *recipe,
    gboolean allow_row, GError **error)
{
  const size_t bands = dsp_recipe_n_bands (recipe);
  const size_t frames = dsp_recipe_n_columns (recipe);
  const size_t any = NN_DIM_UNKNOWN; /* as stated in the file */
  const NnShape row = { .rank = 1, .dim = { bands * frames } };
  const NnShape column = { .rank = 2, .dim = { bands * frames, 1 } };
  const NnShape matrices[] = {
    { .rank = 3, .dim = { any, frames, 1 } },
    { .rank = 3, .dim = { frames, any, 1 } },
    { .rank = 3, .dim = { bands, frames, 1 } },
    { .rank = 2, .dim = { frames, any } },
    { .rank = 2, .dim = { any, frames } },
    { .rank = 2, .dim = { frames, bands } },
  };
  NnShape shapes[G_N_ELEMENTS (matrices) + 2];

  /* (None, 1) is preferably a row, not one band. */
  shapes[0] = row;
  shapes[1] = column;
  memcpy (shapes + 2, matrices, sizeof matrices);
  return allow_row
      ? nn_model_file_load_fitting (file, shapes, G_N_ELEMENTS (shapes), error)
      : nn_model_file_load_fitting (
          file, matrices, G_N_ELEMENTS (matrices), error);
}
