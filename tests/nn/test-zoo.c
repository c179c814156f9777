/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models of genuine Keras, one or more for each family of layers. */
#include <glib.h>
#include "golden-run.h"

#define TOLERANCE 1e-5 /* of golden/zoo/MANIFEST.json, for all of these */

static const char *const models[] = {
  "d014_depthwise1d.h5",
  "d019_conv1d_transpose.h5",
  "d020_maxpool2d.k2.h5",
  "d025_avgpool_same_asym.h5",
  "d032_layernorm_axes.keras",
  "d034_groupnorm_3d.h5",
  "d038_normalize_given.h5",
  "d040_pad_crop_up_2d.h5",
  "d052_gelu_approx.keras",
  "d062_lstm_state.h5",
  "d070_bidir_none.h5",
  "d074_mask_gru_seq.h5",
  "d076_mask_hole.h5",
  "d087_attention_layers.keras",
  "d089_gqa.h5",
  "d098_operators.keras",
};

static void
test_model (gconstpointer data)
{
  const char *const name = data;
  g_auto (GStrv) parts = g_strsplit (name, ".", 2);
  g_autofree char *io_name = g_strconcat (parts[0], ".io.h5", NULL);
  g_autofree char *model =
      g_build_filename (g_getenv ("EMOTION_TEST_DATA"), "zoo", name, NULL);
  g_autofree char *io =
      g_build_filename (g_getenv ("EMOTION_TEST_DATA"), "zoo", io_name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) diffs = golden_run (model, io, "output_", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (diffs->len, >, 0);
  for (guint i = 0; i < diffs->len; i++) {
    const GoldenDiff *const diff = &g_array_index (diffs, GoldenDiff, i);

    g_test_message (
        "output %u: %g of %g", i, diff->max_abs_diff, diff->max_abs_ref);
    g_assert_true (golden_diff_is_within (diff, TOLERANCE, TOLERANCE));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (models); i++) {
    g_autofree char *path = g_strdup_printf ("/zoo/%s", models[i]);

    g_test_add_data_func (path, models[i], test_model);
  }
  return g_test_run ();
}
