/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What networks put out: probabilities, logits, one sigmoid; what is refused;
 * and what is said of inputs that a file does not explain. */
#include <glib/gstdio.h>
#include <math.h>

#include "gst/model/model.h"
#include "nn/error.h"
#include "nn/model.h"
#include "nn/save.h"
#include "nn/train/architectures.h"
#include "tests/folder.h"
#include "tests/gst/fixture.h"

static char *path; /* of the model that a test makes */

/* 64 x 94 -> means -> the layers given. */
static void
write_model (const char *input, const char *layers)
{
  g_autofree char *json = g_strdup_printf (
      "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", "
      "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": "
      "{\"batch_input_shape\": [null, %s], \"name\": \"in\"}}, %s]}}",
      input, layers);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_model_new_from_config ("test", json, "2.10.0", 7, &error);

  g_assert_no_error (error);
  nn_model_save (model, path, NULL, &error);
  g_assert_no_error (error);
}

#define MEANS                                                                  \
  "{\"class_name\": \"GlobalAveragePooling1D\", \"config\": {\"name\": "       \
  "\"means\"}}, "
#define DENSE(n, activation)                                                   \
  "{\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", \"units\": " #n   \
  ", \"activation\": \"" activation "\"}}"
#define LAYER(kind, name, options)                                             \
  ", {\"class_name\": \"" kind "\", \"config\": {\"name\": \"" name            \
  "\"" options "}}"

static const struct {
  const char *name, *layers;
  guint n_labels;
  const char *says; /* of the output, or of why it is refused where n_labels is
                       0 */
} cases[] = {
  { "softmax", MEANS DENSE (3, "softmax"), 3, "3 probabilities" },
  { "softmax-layer", MEANS DENSE (3, "linear") LAYER ("Softmax", "s", ""), 3,
      "3 probabilities" },
  { "softmax-for-its-dtype",
      MEANS DENSE (3, "softmax")
          LAYER ("Activation", "a", ", \"activation\": \"linear\""),
      3, "3 probabilities" },
  { "mean-of-softmax",
      DENSE (3, "softmax") LAYER ("GlobalAveragePooling1D", "g", ""), 3,
      "3 probabilities" },
  { "logits", MEANS DENSE (3, "linear"), 3, "3 logits" },
  { "logits-dropout", MEANS DENSE (3, "linear") LAYER ("Dropout", "o", ""), 3,
      "3 logits" },
  { "mean-of-logits",
      DENSE (3, "linear") LAYER ("GlobalAveragePooling1D", "g", ""), 3,
      "3 logits" },
  { "sigmoid", MEANS DENSE (1, "sigmoid"), 2, "one sigmoid" },
  { "sigmoid-of-keras-2", MEANS DENSE (1, "hard_sigmoid"), 2, "one sigmoid" },
  { "sigmoids", MEANS DENSE (3, "sigmoid"), 0,
      "the output of the model is 3 sigmoid values, separate probabilities" },
  { "regression", MEANS DENSE (1, "linear"), 0,
      "the output of the model is 1 linear value, a quantity, not a class" },
  { "one-softmax", MEANS DENSE (1, "softmax"), 0, "always 1" },
  { "relu", MEANS DENSE (3, "relu"), 0,
      "the output of the model is 3 relu values" },
  { "tanh", MEANS DENSE (3, "tanh"), 0,
      "the output of the model is 3 tanh values" },
};

/* What gst_emotion_model_run gives is the softmax, or p and 1 - p. */
static void
check_run (GstEmotionModel *model, guint n_labels)
{
  const gsize n = gst_emotion_model_n_features (model);
  g_autofree float *features = g_new (float, n);
  g_autofree float *p = g_new (float, n_labels);
  g_autoptr (NnModel) network = nn_model_load (path, NULL, 0, NULL);
  g_autoptr (NnSession) session = nn_session_new (network, 1, NULL);
  float raw[3];
  g_autofree char *output = gst_emotion_model_output (model);
  double sum = 0, total = 0;

  for (gsize i = 0; i < n; i++)
    features[i] = g_test_rand_double_range (-3, 3);
  gst_emotion_model_run (model, features, p);
  nn_session_run (
      session, 1, (const float *const[]){ features }, (float *const[]){ raw });
  for (guint i = 0; i < n_labels; i++) {
    sum += p[i];
    total += exp (raw[i]);
  }
  g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
  if (nn_shape_size (nn_model_output_shape (network, 0)) == 1)
    g_assert_cmpfloat (p[1], ==, raw[0]);
  else if (strstr (output, "logits"))
    for (guint i = 0; i < n_labels; i++)
      g_assert_cmpfloat_with_epsilon (p[i], exp (raw[i]) / total, 1e-5);
  else
    g_assert_cmpmem (p, n_labels * sizeof *p, raw, n_labels * sizeof *p);
}

static void
test_output (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionModel) model = NULL;
  g_autofree char *output = NULL;

  write_model ("64, 94", cases[i].layers);
  model = gst_emotion_model_load (path, NULL, &error);
  if (cases[i].n_labels == 0) {
    g_assert_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED);
    g_test_message ("%s", error->message);
    g_assert_true (g_str_has_prefix (error->message, "outputs.h5: "));
    g_assert_nonnull (strstr (error->message, cases[i].says));
    return;
  }
  g_assert_no_error (error);
  output = gst_emotion_model_output (model);
  g_assert_nonnull (strstr (output, cases[i].says));
  g_assert_cmpuint (gst_emotion_model_n_outputs (model), ==, cases[i].n_labels);
  check_run (model, cases[i].n_labels);
}

/* One sigmoid: no and yes, or the two names that are given. */
static void
test_sigmoid_labels (void)
{
  g_autoptr (GstEmotionModel) model = NULL;
  g_autoptr (GstEmotionLabels) usual = NULL, named = NULL;
  g_autoptr (GError) error = NULL;

  write_model ("64, 94", MEANS DENSE (1, "sigmoid"));
  model = gst_emotion_model_load (path, NULL, &error);
  g_assert_no_error (error);
  usual = gst_emotion_model_labels (model, NULL, &error);
  g_assert_cmpstr (gst_emotion_labels_get (usual, 1), ==, "yes");
  named = gst_emotion_model_labels (model, "calm,tense", &error);
  g_assert_cmpstr (gst_emotion_labels_get (named, 1), ==, "tense");
  g_assert_null (gst_emotion_model_labels (model, "tense", &error));
  g_assert_nonnull (strstr (error->message, "two labels"));
}

/* One message of a refused model, on the bus of the element. */
static void
test_refused_once (void)
{
  g_autoptr (GError) error = NULL;

  write_model ("64, 94", MEANS DENSE (1, "linear"));
  error = fixture_start_error (NULL, "model-file", path, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
  g_assert_nonnull (strstr (error->message, "regression"));
}

/* Shapes that say nothing, with what is offered for them; and guesses. */
static const struct {
  const char *shape, *layer;
  const char *says; /* in the error; NULL: loads, as a guess */
} inputs[] = {
  { "40, 1", "Flatten", "--recipe mean-40 " },
  { "40", "Flatten", "--recipe mean-40 " },
  { "1, 40", "Flatten", "--recipe mean-40 " },
  { "180", "Flatten", "--recipe mean-180 " },
  { "162, 1", "Flatten", "--recipe mean-162 " },
  { "216, 1", "Flatten", "--recipe mfcc-mean-216 " },
  { "2376, 1", "Flatten", "--recipe stack-2376 " },
  { "20, 1", "Flatten", "--recipe \"features=mfcc n_mfcc=20 statistics=mean " },
  { "259, 1", "Flatten", "statistics_axis=coefficients" },
  { "94, 13", "GlobalAveragePooling1D", NULL },
  { "30, 216, 1", "Flatten", NULL },
  { "128, 130, 1", "Flatten", NULL },
};

static void
test_input (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *input = g_strdup_printf ("input is (%s", inputs[i].shape);
  g_autoptr (GstEmotionModel) model = NULL;
  g_autoptr (GError) error = NULL;

  fixture_write_model (path, inputs[i].shape, inputs[i].layer);
  model = gst_emotion_model_load (path, NULL, &error);
  if (inputs[i].says) {
    g_assert_error (error, NN_ERROR, NN_ERROR_SHAPE);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, input));
    g_assert_nonnull (strstr (error->message, inputs[i].says));
  } else {
    g_assert_no_error (error);
    g_assert_true (gst_emotion_model_is_guess (model));
  }
}

/* A guess is said in the message, and a recipe that somebody names is none. */
static void
test_guess (void)
{
  const GstEmotionModelOptions options = { .recipe = "features=mfcc n_mfcc=13 "
                                                     "normalization=none" };
  g_autoptr (GstEmotionModel) guessed = NULL, named = NULL;
  g_autoptr (GError) error = NULL;
  const DspRecipe *recipe;

  fixture_write_model (path, "94, 13", "GlobalAveragePooling1D");
  guessed = gst_emotion_model_load (path, NULL, &error);
  g_assert_no_error (error);
  recipe = gst_emotion_model_recipe (guessed);
  g_assert_cmpuint (recipe->features, ==, DSP_FEATURE_MFCC);
  named = gst_emotion_model_load (path, &options, &error);
  g_assert_no_error (error);
  g_assert_false (gst_emotion_model_is_guess (named));
  g_assert_true (dsp_recipe_equal (recipe, gst_emotion_model_recipe (named)));
}

/* A row of frames after frames: numpy.ravel (mfcc.T) behind zcr and rms. */
static void
test_flatten (void)
{
  const GstEmotionModelOptions options = { .recipe = "stack-2376" };
  g_autoptr (GstEmotionModel) model = NULL;
  g_autoptr (NnModel) network = NULL;
  g_autoptr (NnSession) session = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree float *features = g_new (float, 2376);
  g_autofree float *row = g_new (float, 2376);
  float found[9], expected[9];

  fixture_write_model (path, "2376, 1", "Flatten");
  model = gst_emotion_model_load (path, &options, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < 2376; i++)
    features[i] = row[i] = g_test_rand_double ();
  for (gsize f = 0; f < 108; f++)
    for (gsize k = 0; k < 20; k++)
      row[216 + f * 20 + k] = features[216 + k * 108 + f];
  gst_emotion_model_run (model, features, found);
  network = nn_model_load (path, NULL, 0, NULL);
  session = nn_session_new (network, 1, NULL);
  nn_session_run (
      session, 1, (const float *const[]){ row }, (float *const[]){ expected });
  g_assert_cmpmem (found, sizeof found, expected, sizeof expected);
}

/* A file without an input shape, and one with an open axis: what recipe says.
 */
static void
test_no_shape (gconstpointer name)
{
  const GstEmotionModelOptions options = { .recipe = "mean-40" };
  g_autofree char *file = fixture_data (name);
  g_autoptr (GstEmotionModel) unnamed = NULL, named = NULL;
  g_autoptr (GError) error = NULL;

  unnamed = gst_emotion_model_load (file, NULL, &error);
  g_assert_null (unnamed);
  g_assert_error (error, NN_ERROR, NN_ERROR_SHAPE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "--recipe mean-40 "));
  g_clear_error (&error);
  named = gst_emotion_model_load (file, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gst_emotion_model_n_features (named), ==, 40);
}

/* Windows of 2.5 s follow each other: everything is heard. */
static void
test_interval (void)
{
  static const char caps[] =
      "audio/x-raw,format=S16LE,layout=interleaved,rate=44100,channels=1";
  guint64 expected[] = { 0, 2500 * GST_MSECOND, 5000 * GST_MSECOND };
  guint64 interval;
  Fixture f;

  fixture_write_model (path, "216, 1", "Flatten");
  fixture_init_recipe (&f, path, "mfcc-mean-216", caps);
  g_object_get (f.element, "interval", &interval, NULL);
  g_assert_cmpuint (interval, ==, 3 * GST_SECOND);
  fixture_push (&f, 44100, 0, 44100 * 15 / 2, 4410);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    GstMessage *const message = fixture_pop (&f);

    g_assert_nonnull (message);
    g_assert_cmpuint (
        field_uint64 (gst_message_get_structure (message), "timestamp"), ==,
        expected[i]);
    gst_message_unref (message);
  }
  fixture_expect_none (&f);
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  char *folder;
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  folder = test_folder_new ();
  path = g_build_filename (folder, "outputs.h5", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strdup_printf ("/outputs/%s", cases[i].name);

    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_output);
  }
  g_test_add_func ("/outputs/sigmoid-labels", test_sigmoid_labels);
  g_test_add_func ("/outputs/refused-once", test_refused_once);
  for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++) {
    g_autofree char *name = g_strdup_printf ("/inputs/%s", inputs[i].shape);

    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_input);
  }
  g_test_add_data_func ("/inputs/no-shape", "keras/no_shape.h5", test_no_shape);
  g_test_add_data_func (
      "/inputs/open-length", "keras/open_length.h5", test_no_shape);
  g_test_add_func ("/inputs/guess", test_guess);
  g_test_add_func ("/inputs/flatten", test_flatten);
  g_test_add_func ("/inputs/interval", test_interval);
  status = g_test_run ();
  g_free (path);
  test_folder_remove (folder);
  return status;
}
