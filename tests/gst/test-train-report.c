/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "gst/model/model-metadata.h"
#include "gst/train/training-plot.h"
#include "gst/train/training-report.h"
#include "gst/train/text.h"
#include "tests/folder.h"
#include "tests/gst/synthetic.h"

static GstEmotionLabels *
new_labels (const char *text)
{
  g_autoptr (GError) error = NULL;
  GstEmotionLabels *labels = gst_emotion_labels_parse (text, &error);

  g_assert_no_error (error);
  return labels;
}

/* The example of scikit-learn's classification_report; the last class never
 * occurs. */
static NnMetrics *
new_metrics (void)
{
  static const guint labels[] = { 0, 1, 2, 2, 2 };
  static const guint predicted[] = { 0, 0, 2, 2, 1 };
  NnMetrics *metrics = nn_metrics_new (4);

  for (gsize i = 0; i < G_N_ELEMENTS (labels); i++) {
    float probabilities[4] = { 0 };

    probabilities[predicted[i]] = 1;
    nn_metrics_add (metrics, labels[i], probabilities);
  }
  return metrics;
}

static void
test_text (void)
{
  static const char *const expected =
      "                  precision  recall      F1  support\n"
      "a                     0.500   1.000   0.667        1\n"
      "bé                    0.000   0.000   0.000        1\n"
      "long<&#name           1.000   0.667   0.800        3\n"
      "macro average         0.500   0.556   0.489        5\n"
      "\n"
      "Accuracy                         0.600\n"
      "UAR (unweighted average recall)  0.556\n"
      "Expected calibration error       0.400\n"
      "Cross-entropy                    6.447\n"
      "\n"
      "true \\ predicted       a      bé  long<&\n"
      "a                      1       0       0\n"
      "bé                     1       0       0\n"
      "long<&#name            0       1       2\n";
  g_autoptr (NnMetrics) metrics = new_metrics ();
  g_autoptr (GstEmotionLabels) labels = new_labels ("a,bé,long<&#name,never");
  g_autofree char *text = train_text_metrics (metrics, labels);

  g_assert_cmpstr (text, ==, expected);
}

typedef struct {
  TrainCorpus *corpus;
  TrainOptions *options;
  NnMetrics *metrics;
  DspRecipe recipe;
  NnEpoch epochs[3];
  TrainSubset parts[4];
  TrainReport report;
} Fixture;

static void
add_item (TrainCorpus *corpus, guint label, const char *speaker)
{
  TrainItem *item = g_new0 (TrainItem, 1);

  item->label = label;
  item->speaker = g_strdup (speaker);
  g_ptr_array_add (corpus->items, item);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GstEmotionLabels) labels = new_labels ("a,bé,long<&#name,never");

  self->corpus = train_corpus_new (labels);
  self->options = train_options_new ();
  self->metrics = new_metrics ();
  self->recipe = DSP_RECIPE_DEFAULT;
  self->recipe.n_mels = 40;
  for (guint i = 0; i < 3; i++)
    self->epochs[i] = (NnEpoch){ .epoch = i,
      .loss = 2.0 / (i + 1),
      .accuracy = 0.3 * i,
      .val_loss = i == 2 ? NAN : 2.5 / (i + 1),
      .val_accuracy = 0.25 * i };
  add_item (self->corpus, 0, "set/1");
  add_item (self->corpus, 0, "set/1");
  add_item (self->corpus, 2, "/a/path.wav");
  add_item (self->corpus, 1, "set/2");
  self->parts[2] = TRAIN_SUBSET_VALIDATION;
  self->parts[3] = TRAIN_SUBSET_TEST;
  g_ptr_array_add (self->corpus->problems, g_strdup ("x.wav: “no” sound"));
  g_ptr_array_add (self->corpus->sources, g_strdup ("folder x"));
  self->report = (TrainReport){ .model = "cnn-gru",
    .options = self->options,
    .corpus = self->corpus,
    .subsets = self->parts,
    .recipe = &self->recipe,
    .epochs = self->epochs,
    .n_epochs = 3,
    .best_epoch = 1,
    .validation = self->metrics,
    .test = self->metrics };
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  train_corpus_free (self->corpus);
  train_options_free (self->options);
  nn_metrics_free (self->metrics);
}

/* A value by its path: "metrics/test/uar". */
static JsonNode *
lookup (JsonNode *root, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (char **part = parts; *part; part++) {
    g_assert_true (JSON_NODE_HOLDS_OBJECT (root));
    root = json_object_get_member (json_node_get_object (root), *part);
    g_assert_nonnull (root);
  }
  return root;
}

static JsonNode *
parse_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_parser_steal_root (parser);
}

static void
take_text (GMarkupParseContext *parser, const char *text, gsize len,
    gpointer user_data, GError **error)
{
  g_string_append_len (user_data, text, len);
}

/* Coordinates are numbers. */
static void
check_points (GMarkupParseContext *parser, const char *element,
    const char **names, const char **values, gpointer user_data, GError **error)
{
  for (; *names; names++, values++)
    if (g_str_equal (*names, "points"))
      g_assert_cmpuint (
          strspn (*values, "0123456789., -"), ==, strlen (*values));
}

/* A well-formed picture with these texts. */
static void
check_svg (const char *folder, const char *name, const char *const *texts)
{
  const GMarkupParser callbacks = { .text = take_text,
    .start_element = check_points };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GMarkupParseContext) parser =
      g_markup_parse_context_new (&callbacks, 0, text, NULL);
  g_autofree char *svg = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;

  g_file_get_contents (path, &svg, &len, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (svg, "<svg"));
  g_markup_parse_context_parse (parser, svg, len, &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (parser, &error);
  g_assert_no_error (error);
  for (; *texts; texts++)
    g_assert_nonnull (strstr (text->str, *texts));
}

/* The page of it, for people: names are text. */
static void
check_page (const char *folder)
{
  static const char *const texts[] = { "<bdi>Training of cnn-gru</bdi>",
    "<bdi>long&lt;&amp;#name</bdi>", "<bdi>x.wav: “no” sound</bdi>",
    "55.6&nbsp;%", "<svg", "class=\"validation\" d=\"M", ">kept</text>",
    "Options that made it", "<bdi>learning-rate</bdi>", "acted" };
  g_autofree char *path = g_build_filename (folder, "report.html", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (!strstr (text, texts[i]))
      g_test_message ("no %s", texts[i]);
    g_assert_nonnull (strstr (text, texts[i]));
  }
  g_assert_null (strstr (text, "long<&"));
  g_assert_null (strstr (text, "nan"));
  g_assert_null (strstr (text, "<script"));
}

static void
test_write (Fixture *self, gconstpointer data)
{
  char *folder = test_folder_new ();
  g_autofree char *deep = g_build_filename (folder, "a", "b", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (train_report_write (&self->report, deep, &error));
  g_assert_no_error (error);

  g_autoptr (JsonNode) root = parse_file (deep, "report.json");
  JsonArray *const history = json_node_get_array (lookup (root, "history"));

  g_assert_cmpfloat_with_epsilon (
      json_node_get_double (lookup (root, "metrics/test/uar")), 5 / 9.0, 1e-9);
  g_assert_cmpint (json_node_get_int (lookup (
                       root, "metrics/validation/classes/long<&#name/support")),
      ==, 3);
  g_assert_cmpint (json_node_get_int (lookup (root, "data/training/a")), ==, 2);
  g_assert_cmpint (json_node_get_int (lookup (root, "data/test/bé")), ==, 1);
  g_assert_cmpint (
      json_node_get_int (lookup (root, "training/best_epoch")), ==, 2);
  g_assert_cmpint (json_array_get_length (json_node_get_array (
                       lookup (root, "data/speakers/training"))),
      ==, 1);
  g_assert_cmpint (json_array_get_length (json_node_get_array (
                       lookup (root, "data/speakers/validation"))),
      ==, 0);
  g_assert_cmpint (json_array_get_length (history), ==, 3);
  g_assert_true (json_node_is_null (
      lookup (json_array_get_element (history, 2), "val_loss")));
  check_page (deep);
  if (train_plot_is_available ()) {
    check_svg (deep, "loss.svg",
        (const char *const[]){ "Epoch", "training", "validation", NULL });
    check_svg (deep, "accuracy.svg",
        (const char *const[]){ "Accuracy", "best: 2", NULL });
    check_svg (deep, "confusion-test.svg",
        (const char *const[]){ "UAR 55.6", "long<&#name", "Predicted", NULL });
    check_svg (
        deep, "confusion-validation.svg", (const char *const[]){ "bé", NULL });
  }
  test_folder_remove (folder);
}

/* What the element reads is what was written. */
static void
test_metadata (Fixture *self, gconstpointer data)
{
  static const float self_test[] = { 0.1f, 1e-9f, 0.25f, 0 };
  self->report.self_test = self_test;
  self->report.self_test_seed = 9;
  g_autofree char *text = train_report_metadata (&self->report);
  g_autofree char *again = train_report_metadata (&self->report);
  g_autoptr (GstEmotionLabels) labels = NULL;
  g_autoptr (GError) error = NULL;
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  gboolean has_recipe;

  g_assert_cmpstr (text, ==, again);
  g_assert_nonnull (
      strstr (text, "\"self_test\": {\"seed\": 9, \"output\": [[0.1"));
  gst_emotion_metadata_read (
      "test", text, &recipe, &has_recipe, &labels, &error);
  g_assert_no_error (error);
  g_assert_true (has_recipe);
  g_assert_cmpuint (recipe.n_mels, ==, 40);
  g_assert_cmpuint (gst_emotion_labels_count (labels), ==, 4);
  g_assert_cmpstr (gst_emotion_labels_get (labels, 2), ==, "long<&#name");
}

static void
test_write_fails (Fixture *self, gconstpointer data)
{
  char *folder = test_folder_new ();
  g_autofree char *file = g_build_filename (folder, "file", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (file, "", 0, NULL);
  g_assert_false (train_report_write (&self->report, file, &error));
  g_assert_true (error->domain == G_FILE_ERROR);
  if (train_plot_is_available ()) {
    g_autofree char *below = g_build_filename (file, "x.svg", NULL);

    g_clear_error (&error);
    g_assert_false (train_plot_history (
        below, TRAIN_PLOT_LOSS, self->epochs, 3, 1, &error));
    g_assert_true (error->domain == G_FILE_ERROR);
  }
  test_folder_remove (folder);
}

static void
test_options (void)
{
  static const struct {
    const char *args[6];
    const char *message; /* NULL: fine */
  } cases[] = {
    { { "--ravdess", "x", "--output", "y" }, NULL },
    { { "--evaluate", "m", "--csv", "x" }, NULL },
    { { "--emodb", "x", "--cross-validate", "speakers:6" }, NULL },
    { { "--output", "y" }, "*at least one data set*" },
    { { "--folder", "x" }, "*no --output*" },
    { { "--folder", "x", "--output", "y", "--resume" }, NULL },
    { { "--tess", "x", "--evaluate", "m", "--output", "y" },
        "*cannot be used with*" },
    { { "--tess", "x", "--cross-validate", "speakers:2" }, "*K from 3 on*" },
    { { "--tess", "x", "--cross-validate", "people:5" }, "*speakers:K*" },
    { { "--tess", "x", "--output", "y", "--speakers", "1" }, "*--evaluate*" },
    { { "--tess", "x", "--output", "y", "--split", "by" }, "*--split by*" },
    { { "--tess", "x", "--output", "y", "--balance", "a" }, "*--balance a*" },
    { { "--tess", "x", "--output", "y", "--keep", "a" }, "*--keep a*" },
    { { "--tess", "x", "--output", "y", "--schedule", "a" }, "*--schedule a*" },
    { { "--tess", "x", "--output", "y", "--validation-fraction", "0" },
        "*--keep last*" },
    { { "--tess", "x", "--output", "y", "--epochs", "0" }, "*--epochs 0*" },
    { { "--tess", "x", "--output", "y", "--noise", "nan" }, "*--noise nan*" },
    { { "--tess", "x", "--output", "y", "--snr", "5" }, "*--snr 5*" },
    { { "--tess", "x", "--output", "y", "--snr", "5,1" }, "*--snr 5,1*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TrainOptions) options = train_options_new ();
    g_autoptr (GOptionContext) context = train_options_context (options);
    g_autoptr (GPtrArray) args = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GError) error = NULL;

    g_ptr_array_add (args, g_strdup ("emotion-train"));
    for (guint k = 0; k < 6 && cases[i].args[k]; k++)
      g_ptr_array_add (args, g_strdup (cases[i].args[k]));
    g_ptr_array_add (args, NULL);

    g_auto (GStrv) strv =
        (char **) g_ptr_array_free (g_steal_pointer (&args), FALSE);

    g_assert_true (g_option_context_parse_strv (context, &strv, &error));
    g_assert_true (
        train_options_check (options, &error) == (cases[i].message == NULL));
    if (cases[i].message)
      g_assert_true (g_pattern_match_simple (cases[i].message, error->message));
  }
}

/* Every figure of the design is the default. */
static void
test_defaults (void)
{
  g_autoptr (TrainOptions) options = train_options_new ();
  g_autofree char *text = train_options_to_text (options);
  static const char *const lines[] = { "epochs=100\n", "batch-size=32\n",
    "learning-rate=0.001\n", "epsilon=1e-07\n", "patience=12\n",
    "plateau-patience=6\n", "plateau-factor=0.5\n", "min-learning-rate=1e-06\n",
    "split=stratified\n", "validation-fraction=0.2\n", "pitch-shift=2\n",
    "time-stretch=0.1\n", "noise=0.005\n", "time-shift=0.1\n", "seed=0\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    g_assert_nonnull (strstr (text, lines[i]));
  g_assert_null (strstr (text, "threads"));
}

static void
add_fixture_test (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/text", test_text);
  add_fixture_test ("/train/report/write", test_write);
  add_fixture_test ("/train/report/metadata", test_metadata);
  add_fixture_test ("/train/report/write-fails", test_write_fails);
  g_test_add_func ("/train/options/check", test_options);
  g_test_add_func ("/train/options/defaults", test_defaults);
  return g_test_run ();
}
