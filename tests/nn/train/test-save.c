/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written can be read back and gives the same bits: the four
 * architectures, and every model of the zoo. The form is that of Keras 2. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include "nn/error.h"
#include "nn/h5.h"
#include "nn/save.h"
#include "nn/train/architectures.h"
#include "nn/train/weights.h"

#define MAX_TENSORS 16

/* Inputs of a model, and outputs of n samples, one behind the other. */
typedef struct {
  size_t n;
  float *in[MAX_TENSORS];
  float *out[MAX_TENSORS];
  size_t out_size[MAX_TENSORS];
  size_t n_in, n_out;
} Run;

static void
run_clear (Run *run)
{
  for (size_t i = 0; i < MAX_TENSORS; i++) {
    g_free (run->in[i]);
    g_free (run->out[i]);
  }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void
run_model (NnModel *model, Run *run)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnSession) session = nn_session_new (model, run->n, &error);

  g_assert_no_error (error);
  run->n_out = nn_model_n_outputs (model);
  for (size_t i = 0; i < run->n_out; i++) {
    run->out_size[i] =
        run->n * nn_shape_size (nn_model_output_shape (model, i));
    g_free (run->out[i]);
    run->out[i] = g_new0 (float, run->out_size[i]);
  }
  nn_session_run (session, run->n, (const float *const *) run->in, run->out);
}

/* Saves, loads and runs: the same bits. */
static void
check_round_trip (NnModel *model, Run *run, GBytes *bytes)
{
  NnShape shapes[MAX_TENSORS];
  float *before[MAX_TENSORS];
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < nn_model_n_inputs (model); i++)
    shapes[i] = *nn_model_input_shape (model, i);
  g_autoptr (NnModel) again = nn_model_load_bytes (
      "again", bytes, shapes, nn_model_n_inputs (model), &error);
  g_assert_no_error (error);
  run_model (model, run);
  for (size_t i = 0; i < run->n_out; i++)
    before[i] = g_steal_pointer (&run->out[i]);
  run_model (again, run);
  for (size_t i = 0; i < run->n_out; i++) {
    g_assert_cmpmem (before[i], run->out_size[i] * sizeof (float), run->out[i],
        run->out_size[i] * sizeof (float));
    g_free (before[i]);
  }
}

/* ---- the architectures ---- */

static void
check_strings (
    NnH5 *file, const char *path, const char *name, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) list = nn_h5_attribute_strings (file, path, name, &error);
  g_autofree char *joined = list ? g_strjoinv (" ", list) : NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (joined, ==, expected);
}

/* The names in a file of Keras 2.10, such as seed/emotion_audio_m3.h5. */
static void
check_form (GBytes *bytes, const char *metadata)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnH5) file = nn_h5_open_bytes ("saved", bytes, &error);
  g_autofree char *config = NULL, *found = NULL;

  g_assert_no_error (error);
  check_strings (file, "model_weights", "layer_names",
      "conv2d batch_normalization max_pooling2d dropout conv2d_1 "
      "batch_normalization_1 max_pooling2d_1 dropout_1 reshape lstm "
      "global_average_pooling1d dense dropout_2 dense_1");
  check_strings (file, "model_weights/conv2d_1", "weight_names",
      "conv2d_1/kernel:0 conv2d_1/bias:0");
  check_strings (file, "model_weights/batch_normalization", "weight_names",
      "batch_normalization/gamma:0 batch_normalization/beta:0 "
      "batch_normalization/moving_mean:0 "
      "batch_normalization/moving_variance:0");
  check_strings (file, "model_weights/lstm", "weight_names",
      "lstm/lstm_cell/kernel:0 lstm/lstm_cell/recurrent_kernel:0 "
      "lstm/lstm_cell/bias:0");
  check_strings (file, "model_weights/dropout", "weight_names", "");
  check_strings (
      file, "model_weights/top_level_model_weights", "weight_names", "");
  check_strings (file, "", "keras_version", "2.10.0");
  check_strings (file, "model_weights", "backend", "tensorflow");
  g_assert_true (nn_h5_has_dataset (
      file, "model_weights/lstm/lstm/lstm_cell/recurrent_kernel:0"));
  config = nn_h5_attribute_string (file, "", "model_config", &error);
  g_assert_no_error (error);
  /* Keras 3 refuses the first, and Keras 2 the others. */
  g_assert_null (strstr (config, "time_major"));
  g_assert_null (strstr (config, "DTypePolicy"));
  g_assert_null (strstr (config, "\"module\""));
  g_assert_nonnull (
      strstr (config, "\"batch_input_shape\": [null, 64, 94, 1]"));
  found = nn_h5_attribute_string (file, "", "emotiondetect", &error);
  g_assert_cmpstr (found, ==, metadata);
}

/* Graphs as Keras 2 writes them, which Keras 3 reads too; but attention as
 * Keras 3 does, which reads tensors among the keywords of a call only so. */
static void
check_graph (GBytes *bytes, const char *version, const char *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnH5) file = nn_h5_open_bytes ("saved", bytes, &error);
  g_assert_no_error (error);
  g_autofree char *config =
      nn_h5_attribute_string (file, "", "model_config", &error);
  g_assert_no_error (error);

  check_strings (file, "", "keras_version", version);
  g_assert_nonnull (strstr (config, "{\"class_name\": \"Functional\""));
  g_assert_nonnull (strstr (config, call));
}

static void
test_architecture (gconstpointer data)
{
  const char *const nick = data;
  const char *const metadata = "{\"labels\": [\"glücklich\"]}";
  g_auto (Run) run = { .n = 2 };
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = nn_architecture_new (nick, NULL, 1, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) bytes = nn_model_save_bytes (model, metadata, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) twice = nn_model_save_bytes (model, metadata, &error);

  run.in[0] = g_new (float, run.n * 64 * 94);
  for (size_t i = 0; i < run.n * 64 * 94; i++)
    run.in[0][i] = g_test_rand_double ();
  check_round_trip (model, &run, bytes);
  g_assert_true (g_bytes_equal (bytes, twice)); /* no dates in it */
  if (g_str_equal (nick, "cnn-lstm-optimized"))
    check_form (bytes, metadata);
  if (g_str_equal (nick, "cnn-attention"))
    check_graph (bytes, "2.10.0",
        "\"inbound_nodes\": [[[\"batch_normalization_2\", 0, 0, {}], "
        "[\"dense_1\", 0, 0, {}]]]");
  if (g_str_equal (nick, "transformer-small")) { /* as it promises */
    g_autoptr (NnWeightList) weights = nn_weight_list_new (model);

    g_assert_cmpuint (weights->n_values, <, 100000);
  }
  if (g_str_equal (nick, "transformer"))
    check_graph (bytes, "3.9.2",
        "\"inbound_nodes\": [{\"args\": [{\"class_name\": "
        "\"__keras_tensor__\", \"config\": {\"shape\": [null, 47, 96], "
        "\"dtype\": \"float32\", \"keras_history\": "
        "[\"layer_normalization\", 0, 0]}}, ");
}

/* ---- the zoo ---- */

/* Inputs and their shapes from the golden data; false where there are none. */
static bool
read_inputs (const char *model, NnShape *shapes, Run *run)
{
  const char *const name = strrchr (model, '/') + 1;
  g_autofree char *folder = g_path_get_dirname (model);
  g_autofree char *stem = g_strndup (name, strcspn (name, "."));
  g_autofree char *io = g_strdup_printf ("%s/%s.io.h5", folder, stem);
  g_autoptr (NnH5) file = nn_h5_open (io, NULL);

  for (run->n_in = 0; file && run->n_in < MAX_TENSORS; run->n_in++) {
    g_autofree char *path = g_strdup_printf ("input_%zu", run->n_in);
    NnShape shape;
    float *values = nn_h5_read_floats (file, path, &shape, NULL);

    if (!values)
      break;
    run->in[run->n_in] = values;
    run->n = shape.dim[0];
    memmove (shape.dim, shape.dim + 1, --shape.rank * sizeof *shape.dim);
    shapes[run->n_in] = shape;
  }
  return run->n_in > 0;
}

static void
test_zoo (gconstpointer data)
{
  const char *const path = data;
  NnShape shapes[MAX_TENSORS];
  g_auto (Run) run = { 0 };
  g_autoptr (GError) error = NULL;

  if (!read_inputs (path, shapes, &run)) {
    g_test_skip ("no inputs beside it");
    return;
  }
  g_autoptr (NnModel) model = nn_model_load (path, shapes, run.n_in, &error);
  if (!model) { /* which files must load is what test-zoo checks */
    g_test_skip (error->message);
    return;
  }
  g_autoptr (GBytes) bytes = nn_model_save_bytes (model, NULL, &error);
  if (g_error_matches (error, NN_ERROR, NN_ERROR_UNSUPPORTED)) {
    g_assert_nonnull (strstr (error->message, "operator"));
    return;
  }
  g_assert_no_error (error);
  check_round_trip (model, &run, bytes);
}

static void
add_zoo (const char *prefix, const char *folder)
{
  GDir *const dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *test = g_strdup_printf ("/save/%s/%s", prefix, name);

    if (!g_str_has_suffix (name, ".io.h5") && !strstr (name, "corrupt")
        && (g_str_has_suffix (name, ".h5")
            || g_str_has_suffix (name, ".keras")))
      g_test_add_data_func_full (
          test, g_build_filename (folder, name, NULL), test_zoo, g_free);
  }
  if (dir)
    g_dir_close (dir);
}

/* ---- the file on the disk ---- */

static void
test_atomic (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("emotion-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "model.h5", NULL);
  g_autofree char *bad = g_build_filename (folder, "none", "model.h5", NULL);
  g_autofree char *blocked = g_build_filename (folder, "blocked", NULL);
  g_autofree char *inside = g_build_filename (blocked, "x", NULL);
  g_autofree char *text = NULL;
  const char *name;
  size_t n = 0;

  g_assert_no_error (error);
  g_autoptr (NnModel) model =
      nn_architecture_new ("cnn-lstm-optimized", NULL, 1, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  g_assert_true (nn_model_save (model, path, NULL, &error));
  g_assert_no_error (error);
  g_autoptr (NnModel) again = nn_model_load (path, NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_nonnull (again);
  struct stat info;
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmphex (info.st_mode & 0777, ==, 0640);

  g_assert_false (nn_model_save (model, bad, NULL, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_IO);
  g_assert_nonnull (strstr (error->message, bad));
  g_clear_error (&error);

  /* A folder that is not empty cannot be replaced: the last step fails, what
   * was there stays, and no temporary file does. */
  g_assert_cmpint (g_mkdir (blocked, 0755), ==, 0);
  g_assert_true (g_file_set_contents (inside, "kept", -1, NULL));
  g_assert_false (nn_model_save (model, blocked, NULL, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_IO);
  g_assert_true (g_file_get_contents (inside, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "kept");
  GDir *const dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir)))
    n++;
  g_dir_close (dir);
  g_assert_cmpuint (n, ==, 2); /* model.h5 and blocked */
  g_unlink (inside);
  g_rmdir (blocked);
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  const char *const *const nicks = nn_architecture_nicks ();
  const char *const shared = g_getenv ("EMOTION_SHARED");

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; nicks[i]; i++) {
    g_autofree char *path = g_strdup_printf ("/save/architecture/%s", nicks[i]);

    g_test_add_data_func (path, nicks[i], test_architecture);
  }
  g_autofree char *zoo =
      g_build_filename (g_getenv ("EMOTION_TEST_DATA"), "zoo", NULL);
  add_zoo ("zoo", zoo);
  if (shared && *shared) {
    g_autofree char *all = g_build_filename (shared, "golden/zoo", NULL);

    add_zoo ("shared-zoo", all);
  }
  g_test_add_func ("/save/atomic", test_atomic);
  return g_test_run ();
}
