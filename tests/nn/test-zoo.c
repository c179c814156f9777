/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models of genuine Keras, one or more for each family of layers; and those of
 * layers/make.py, which hold their inputs and outputs themselves. */
#include <glib.h>
#include <string.h>
#include "golden-run.h"

#define TOLERANCE 1e-5      /* of golden/zoo/MANIFEST.json, for all of these */
#define HALF_TOLERANCE 1e-3 /* where the weights are cut to float16 */

static const char *const models[] = {
  "zoo/d014_depthwise1d.h5",
  "zoo/d019_conv1d_transpose.h5",
  "zoo/d020_maxpool2d.k2.h5",
  "zoo/d025_avgpool_same_asym.h5",
  "zoo/d032_layernorm_axes.keras",
  "zoo/d034_groupnorm_3d.h5",
  "zoo/d038_normalize_given.h5",
  "zoo/d040_pad_crop_up_2d.h5",
  "zoo/d052_gelu_approx.keras",
  "zoo/d062_lstm_state.h5",
  "zoo/d070_bidir_none.h5",
  "zoo/d074_mask_gru_seq.h5",
  "zoo/d076_mask_hole.h5",
  "zoo/d087_attention_layers.keras",
  "zoo/d089_gqa.h5",
  "zoo/d098_operators.keras",
  /* The same in layouts of other versions: make-variants.py. */
  "variants/d045_dense_mlp.checkpoint.keras",
  "variants/d045_dense_mlp.list.h5",
  "variants/d045_dense_mlp.long.h5",
  "variants/d058_lstm_last.half.h5",
  "variants/d058_lstm_last.packed.h5",
  "variants/d059_lstm_stack.json",
  "variants/d059_lstm_stack.legacy.json",
  "variants/d063_simplernn.list.h5",
  "variants/d082_concat_axes.model.h5",
  "variants/d084_mha_self.windows.keras",
  "variants/d092_nested_shared.model.h5",
  "variants/d093_nested_deep.checkpoint.keras",
  "variants/d096_multi_out_order.flat.keras",
  "variants/d097_dag_order.flat.keras",
  "variants/d098_operators.oplambda.h5",
  "variants/tensorflow_functions.tf.h5",
  "keras/bfloat16.h5",
  "keras/bool_as_int_bn.keras",
  "keras/bool_as_int_lstm.h5",
  "keras/category.keras",
  "keras/keras_2_14.keras",
  "keras/melspec.h5",
  "keras/merge.json",
  "keras/rescale_resize.h5",
  "keras/spectral_norm.keras",
  "layers/activation_axis.h5",
  "layers/adaptive.h5",
  "layers/attention_axes.h5",
  "layers/axes_apart.h5",
  "layers/batch_normalization_rows.h5",
  "layers/bidirectional_rnn.h5",
  "layers/conv_lstm.h5",
  "layers/einsum.h5",
  "layers/images.h5",
  "layers/locally_connected.h5",
  "layers/mask_in_time.h5",
  "layers/operators.h5",
  "layers/softmax_channels_first.h5",
  "layers/spectral.h5",
  "layers/tensorflow_images.h5",
  "layers/tensorflow_operators.h5",
  "layers/unit_small.h5",
};

static void
test_model (gconstpointer data)
{
  const char *const name = data;
  const double tolerance = strstr (name, ".half.") ? HALF_TOLERANCE : TOLERANCE;
  g_auto (GStrv) parts = g_strsplit (name, ".", 2);
  const bool is_whole = g_str_has_prefix (name, "layers/");
  g_autofree char *io_name =
      is_whole ? g_strdup (name) : g_strconcat (parts[0], ".io.h5", NULL);
  const char *const folder = g_getenv ("EMOTION_TEST_DATA");
  g_autofree char *model = g_build_filename (folder, name, NULL);
  g_autofree char *io = g_build_filename (folder, io_name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) diffs = golden_run (model, io, "output_", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (diffs->len, >, 0);
  for (guint i = 0; i < diffs->len; i++) {
    const GoldenDiff *const diff = &g_array_index (diffs, GoldenDiff, i);

    g_test_message (
        "output %u: %g of %g", i, diff->max_abs_diff, diff->max_abs_ref);
    g_assert_true (golden_diff_is_within (diff, tolerance, tolerance));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (models); i++) {
    g_autofree char *path = g_strdup_printf ("/%s", models[i]);

    g_test_add_data_func (path, models[i], test_model);
  }
  return g_test_run ();
}
