/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Experiments of many runs: what their results come to, and emotion-train
 * --cross-validate as a user runs it. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include "gst/train/data-sets.h"
#include "gst/train/folds.h"
#include "gst/train/trials-report.h"
#include "tests/folder.h"
#include "tests/gst/synthetic.h"

#define N_CLASSES 2

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static TrainTrials *
new_trials (void)
{
  static const char *const models[] = { "simple", "logistic", NULL };
  static const char *const folds[] = { "a", "b", "c", NULL };
  static const char *const names[] = { "sad", "happy", NULL };
  g_autoptr (GstEmotionLabels) labels = gst_emotion_labels_new (names, NULL);
  const TrainTrialPlan plan = { .models = models,
    .n_seeds = 2,
    .first_seed = 5,
    .folds = folds,
    .labels = labels,
    .options = "epochs=3\n",
    .sounds = "0123" };

  return train_trials_new (&plan);
}

/* So many right and wrong ones of each class; the confidence is a third: it
 * has no short decimal. */
static void
predict (NnMetrics *metrics, guint n_right, guint n_wrong)
{
  for (guint label = 0; label < N_CLASSES; label++)
    for (guint i = 0; i < n_right + n_wrong; i++) {
      float p[N_CLASSES] = { 1.f / 3, 1.f / 3 };

      p[i < n_right ? label : 1 - label] = 2.f / 3;
      nn_metrics_add (metrics, label, p);
    }
}

/* Of one speaker, so that the interval has no ends; and of two. */
static void
add_figures (TrainSetResult *set, const char *other)
{
  static const float p[N_CLASSES] = { 1.f / 3, 2.f / 3 };
  const TrainOutcome outcomes[] = { { 0, p, "a" }, { 1, p, other } };

  train_figures_compute (outcomes, 2, N_CLASSES, 1, &set->figures);
}

/* Task t of 12: of data set "x" t right ones of each class of 20, of "y", in
 * fold c alone, 1 of 2. */
static TrainTrial *
new_trial (guint task)
{
  TrainTrial *trial = train_trial_new ();

  trial->task = task;
  trial->n_epochs = task + 2;
  trial->best_epoch = task + 1;
  trial->n_weights = 1000;
  trial->seconds = 0.1 * task;
  predict (train_trial_set (trial, "x", N_CLASSES)->metrics, task, 20 - task);
  if (task % 3 == 2)
    predict (train_trial_set (trial, "y", N_CLASSES)->metrics, 1, 1);
  if (task > 3)
    add_figures (train_trial_set (trial, "x", N_CLASSES), task % 2 ? "a" : "b");
  return trial;
}

static void
test_numbers (void)
{
  g_autoptr (TrainTrials) trials = new_trials ();

  g_assert_cmpuint (trials->n_tasks, ==, 12);
  for (guint i = 0; i < 12; i++) {
    const TrainTask task = train_trials_task (trials, i);
    g_autofree char *name = train_trials_task_name (trials, i);

    g_assert_cmpuint (train_trials_number (trials, task), ==, i);
    g_assert_cmpuint (task.fold, ==, i % 3);
    if (i == 10)
      g_assert_cmpstr (name, ==, "Logistic, seed 6, fold b/3");
  }
}

/* Results go through text without a change; damaged text is refused. */
static void
test_text (void)
{
  g_autoptr (TrainTrials) trials = new_trials ();
  g_autofree char *plan = train_trials_write_plan (trials);
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainTrials) copy = train_trials_read_plan (plan, &error);
  g_autofree char *again = NULL;

  g_assert_no_error (error);
  again = train_trials_write_plan (copy);
  g_assert_cmpstr (plan, ==, again);
  for (guint i = 0; i < 12; i++) {
    g_autoptr (TrainTrial) trial = new_trial (i);
    g_autofree char *line = train_trials_write_task (trials, trial);
    g_autofree char *second = NULL;

    g_assert_true (train_trials_read_task (copy, line, &error));
    g_assert_no_error (error);
    second = train_trials_write_task (copy, copy->results[i]);
    g_assert_cmpstr (line, ==, second);
    for (gsize len = strlen (line); len-- > 0;) {
      g_autoptr (GError) expected = NULL;

      line[len] = '\0';
      g_assert_false (train_trials_read_task (copy, line, &expected));
      g_assert_error (expected, G_FILE_ERROR, G_FILE_ERROR_INVAL);
    }
  }
}

static void
test_damaged (void)
{
  static const char *const lines[] = { "", "[]", "7", "{}",
    "{\"task\":12,\"epochs\":1,\"best_epoch\":1,\"weights\":1,\"data_sets\":{}"
    "}",
    "{\"task\":1,\"epochs\":1,\"best_epoch\":2,\"weights\":1,\"data_sets\":{}}",
    "{\"task\":1,\"epochs\":1,\"best_epoch\":1,\"weights\":1,\"data_sets\":{}}",
    "{\"task\":1,\"epochs\":1,\"best_epoch\":1,\"weights\":1,\"data_sets\":"
    "{\"x\":[1,2]}}",
    "{\"task\":1,\"epochs\":1,\"best_epoch\":1,\"weights\":1,\"data_sets\":"
    "{\"x\":7}}",
    "{\"task\":\"1\",\"epochs\":1,\"best_epoch\":1,\"weights\":1,\"data_sets\":"
    "7}" };
  static const char *const plans[] = { "", "{}", "{\"kind\":\"other\"}",
    "{\"kind\":\"emotion-train tasks\",\"models\":[]}",
    "{\"kind\":\"emotion-train tasks\",\"models\":[1],\"folds\":[\"a\"]}" };
  g_autoptr (TrainTrials) trials = new_trials ();

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (train_trials_read_task (trials, lines[i], &error));
    g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (plans); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (train_trials_read_plan (plans[i], &error));
    g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  }
}

static JsonObject *
object_at (JsonObject *object, const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);

  for (char **name = names; *name; name++)
    object = json_object_get_object_member (object, *name);
  return object;
}

static void
assert_sample (
    JsonObject *model, const char *path, double mean, double deviation)
{
  JsonObject *const sample = object_at (model, path);

  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (sample, "mean"), mean, 1e-9);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (sample, "deviation"), deviation, 1e-9);
}

static JsonObject *
load_report (JsonParser *parser, const char *name)
{
  g_autofree char *path = path_of (name);
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

/* The second model: tasks 6 ... 11. Its tasks' accuracies on "x" alone would be
 * 0.3, 0.35, 0.4, 0.45, 0.5, 0.55; folds c have two more, of which one is
 * right: (8 + 1) / 22 and (11 + 1) / 22. */
static void
test_report (void)
{
  const double c5 = 9 / 22., c6 = 12 / 22.;
  const double mean = (0.3 + 0.35 + c5 + 0.45 + 0.5 + c6) / 6;
  const double squares = pow (0.3 - mean, 2) + pow (0.35 - mean, 2)
      + pow (c5 - mean, 2) + pow (0.45 - mean, 2) + pow (0.5 - mean, 2)
      + pow (c6 - mean, 2);
  /* All folds of "x": 21 and 30 of 60. */
  const double x5 = 21 / 60., x6 = 30 / 60.;
  g_autoptr (TrainTrials) trials = new_trials ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *report = path_of ("report");
  g_autofree char *table = NULL;

  for (guint i = 0; i < 12; i++)
    trials->results[i] = new_trial (i);
  g_assert_true (train_trials_report_write (trials, report, &error));
  g_assert_no_error (error);

  JsonObject *const root = load_report (parser, "report/report.json");
  JsonObject *const model = json_array_get_object_element (
      json_object_get_array_member (root, "models"), 1);

  g_assert_cmpstr (
      json_object_get_string_member (model, "model"), ==, "logistic");
  assert_sample (model, "tasks/accuracy", mean, sqrt (squares / 5));
  assert_sample (model, "tasks/uar", mean, sqrt (squares / 5));
  assert_sample (model, "folds/a/accuracy", (0.3 + 0.45) / 2, 0.15 / sqrt (2));
  assert_sample (model, "folds/c/uar", (c5 + c6) / 2, (c6 - c5) / sqrt (2));
  assert_sample (
      model, "data_sets/x/accuracy", (x5 + x6) / 2, (x6 - x5) / sqrt (2));
  assert_sample (model, "data_sets/y/accuracy", 0.5, 0);
  assert_sample (model, "classes/sad/recall", (22 / 62. + 31 / 62.) / 2,
      9 / 62. / sqrt (2));
  g_assert_cmpint (
      json_object_get_int_member (object_at (model, "pooled"), "count"), ==,
      2 * (3 * 40 + 4));
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (root, "tasks")), ==,
      12);
  table = train_trials_table (trials);
  g_assert_nonnull (strstr (table, "data set y"));
  g_assert_nonnull (strstr (table, "fold b"));
}

/* ---- folds and data sets ---- */

static TrainCorpus *
new_corpus (void)
{
  g_autoptr (GstEmotionLabels) labels = gst_emotion_labels_new_default ();
  TrainCorpus *corpus = train_corpus_new (labels);

  for (guint i = 0; i < 24; i++) {
    TrainItem *item = g_new0 (TrainItem, 1);

    item->path = g_strdup_printf ("%u.wav", i);
    item->digest = g_strdup (item->path);
    item->recording = g_strdup (item->path);
    item->label = i % 4;
    item->data_set = g_strdup (i < 12 ? "x" : "y");
    item->speaker = g_strdup_printf ("%s/%u", item->data_set, i % 4);
    item->subset = TRAIN_SUBSET_NONE;
    g_ptr_array_add (corpus->items, item);
  }
  return corpus;
}

static char *
write_file (const char *name, const char *text)
{
  char *path = path_of (name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static void
test_folds (void)
{
  g_autofree char *path = write_file ("folds.csv",
      "speaker,fold\nx/0,one\nx/1-2,two\n\ny/0,one\ny/1,three\nx/3,three\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainFolds) folds = train_folds_read (path, &error);
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  TrainSubset parts[24];

  g_assert_no_error (error);
  g_assert_cmpuint (train_folds_count (folds), ==, 3);
  g_assert_cmpstr (train_folds_name (folds, 2), ==, "three");
  for (guint f = 0; f < 3; f++) {
    /* y/2 and y/3 are in no fold. */
    static const guint fold_of[] = { 0, 1, 1, 2, 0, 2, 9, 9 };

    g_assert_true (train_folds_subsets (folds, corpus, f, parts, &error));
    for (guint i = 0; i < 24; i++) {
      const guint fold = fold_of[i / 12 * 4 + i % 4];

      g_assert_cmpint (parts[i], ==,
          fold == f                 ? TRAIN_SUBSET_TEST
              : fold == (f + 1) % 3 ? TRAIN_SUBSET_VALIDATION
                                    : TRAIN_SUBSET_TRAIN);
    }
  }
}

static void
test_bad_folds (void)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
    { "x/0,1\nx/1,2\n", "2 folds, expected 3" },
    { "x/0,1\nx/1\n", "row 2: expected speaker,fold" },
    { "x/0,1,2\n", "row 1: expected" },
    { "", "0 folds" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = write_file ("bad.csv", cases[i].text);
    g_autoptr (GError) error = NULL;

    g_assert_null (train_folds_read (path, &error));
    g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
    g_assert_nonnull (strstr (error->message, cases[i].message));
  }
}

static void
test_data_sets (void)
{
  static const char *const x[] = { "x", NULL }, *const y[] = { "y", NULL },
                           *const z[] = { "z", NULL };
  const TrainDataSets on_y = { .test_on = y }, both = { x, x },
                      unknown = { .train_on = z }, x_to_y = { x, y };
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (TrainCorpus) only_x = new_corpus ();
  g_autoptr (GError) error = NULL;
  TrainSubset parts[24];

  g_assert_false (train_data_sets_check (&unknown, corpus, &error));
  g_assert_nonnull (strstr (error->message, "the data sets are: x, y"));
  g_clear_error (&error);
  g_assert_false (train_data_sets_hold_out (&both, corpus, &error));
  g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
  g_clear_error (&error);
  for (guint i = 0; i < 24; i++)
    parts[i] = i % 3;
  train_data_sets_restrict (&x_to_y, corpus, parts);
  for (guint i = 0; i < 24; i++)
    g_assert_cmpint (parts[i], ==,
        (i % 3 == TRAIN_SUBSET_TEST) == (i >= 12) ? i % 3 : TRAIN_SUBSET_NONE);
  g_assert_true (train_data_sets_hold_out (&on_y, corpus, &error));
  for (guint i = 0; i < 24; i++)
    g_assert_cmpint (train_corpus_item (corpus, i)->subset, ==,
        i < 12 ? TRAIN_SUBSET_NONE : TRAIN_SUBSET_TEST);

  const TrainDataSets from_x = { .train_on = x };

  g_assert_true (train_data_sets_hold_out (&from_x, only_x, &error));
  g_assert_cmpuint (only_x->items->len, ==, 12);
}

/* ---- the tool ---- */

static GSubprocess *
start (const char *script)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *const process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error,
      "sh", "-c", script, NULL);

  g_assert_no_error (error);
  return process;
}

/* format: what follows "emotion-train". TRUE where it went well. */
static gboolean G_GNUC_PRINTF (3, 4)
    run (char **out, char **err, const char *format, ...)
{
  g_autofree char *rest = NULL, *script = NULL, *out_text = NULL,
                  *err_text = NULL;
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  rest = g_strdup_vprintf (format, args);
  va_end (args);
  script = g_strconcat (
      "exec \"$EMOTION_TRAIN\" --no-augment --epochs 1 ", rest, NULL);

  g_autoptr (GSubprocess) process = start (script);

  g_subprocess_communicate_utf8 (
      process, NULL, NULL, &out_text, &err_text, &error);
  g_assert_no_error (error);
  g_test_message ("%s%s", out_text, err_text);
  if (out)
    *out = g_steal_pointer (&out_text);
  if (err)
    *err = g_steal_pointer (&err_text);
  return g_subprocess_get_successful (process);
}

static char *
report_of (const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, "report.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GRegex) seconds =
      g_regex_new ("\"seconds\" *: *[-+.e0-9]+", 0, 0, NULL);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_regex_replace_literal (seconds, text, -1, 0, "", 0, NULL);
}

#define TASKS                                                                  \
  "--ravdess %s/ravdess --cross-validate speakers:3 --seeds 2 --model simple " \
  "--model logistic --quiet "

/* Shards in any order, one of them killed and resumed, give what one process
 * gives. */
static void
test_shards (void)
{
  g_autofree char *whole = NULL, *gathered = NULL, *err = NULL;
  g_autofree char *whole_report = NULL, *report = NULL;

  g_assert_true (run (&whole, NULL, TASKS "--report %s/whole", folder, folder));
  g_assert_nonnull (strstr (whole, "all 6 tasks"));
  g_assert_true (
      run (NULL, NULL, TASKS "--shard 2/2 --output %s/2", folder, folder));
  g_assert_false (run (NULL, &err, "--gather %s/2", folder));
  g_assert_nonnull (strstr (err, "shard 1/2"));
  for (guint i = 0; i < 3; i++) {
    g_autofree char *script = g_strdup_printf (
        "exec \"$EMOTION_TRAIN\" --no-augment --epochs 1 " TASKS
        "--shard 1/2 --output %s/1 --resume",
        folder, folder);
    g_autoptr (GSubprocess) process = start (script);

    g_usleep ((i + 1) * G_USEC_PER_SEC / 10);
    g_subprocess_send_signal (process, SIGKILL);
    g_subprocess_wait (process, NULL, NULL);
  }
  g_assert_true (run (
      NULL, NULL, TASKS "--shard 1/2 --output %s/1 --resume", folder, folder));
  g_assert_true (run (&gathered, NULL,
      "--gather %s/1 %s/2 --report %s/gathered", folder, folder, folder));
  g_assert_cmpstr (whole, ==, gathered);
  whole_report = report_of ("whole");
  report = report_of ("gathered");
  g_assert_cmpstr (whole_report, ==, report);
}

/* Folds of a file; learning from one set and testing on another; and one model
 * that does. */
static void
test_sets (void)
{
  g_autofree char *folds = write_file ("speakers.csv", "1,a\n2,b\n3,c\n");
  g_autofree char *out = NULL, *err = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *root;

  /* The same sounds in folders: CLASS/SPEAKER/FILE. */
  for (guint i = 0; i < 8; i++) {
    g_autofree char *path = g_strdup_printf (
        "%s/other/%s/%u/x.wav", folder, i % 2 ? "happy" : "sad", i / 2);
    const SyntheticSound sound = { .rate = 16000,
      .n_channels = 1,
      .seconds = 1,
      .frequency = 200 + 50 * i,
      .noise = 0.01,
      .seed = i };

    synthetic_write (path, &sound);
  }
  g_assert_true (run (NULL, NULL,
      "--ravdess %s/ravdess --folder %s/other --cross-validate %s --model "
      "simple --quiet --report %s/folds --test-on ravdess",
      folder, folder, folds, folder));
  root = load_report (parser, "folds/report.json");
  g_assert_cmpuint (json_object_get_size (object_at (
                        json_array_get_object_element (
                            json_object_get_array_member (root, "models"), 0),
                        "folds")),
      ==, 3);
  g_assert_true (run (NULL, NULL,
      "--ravdess %s/ravdess --folder %s/other --train-on ravdess --test-on "
      "other --seeds 2 --model simple --quiet --report %s/across",
      folder, folder, folder));
  root = load_report (parser, "across/report.json");
  g_assert_cmpint (
      json_object_get_int_member (object_at (root, "metrics/test"), "count"),
      ==, 16);
  g_assert_cmpint (
      json_object_get_int_member (
          object_at (json_array_get_object_element (
                         json_object_get_array_member (root, "models"), 0),
              "data_sets/other"),
          "windows"),
      ==, 8);
  g_assert_true (run (&out, NULL,
      "--ravdess %s/ravdess --folder %s/other --test-on other --model simple "
      "--output %s/one.h5 --quiet",
      folder, folder, folder));
  g_assert_nonnull (strstr (out, "Test: 8 windows"));
  g_assert_false (
      run (NULL, &err, "--ravdess %s/ravdess --test-on tess --output %s/one.h5",
          folder, folder));
  g_assert_nonnull (strstr (err, "the data sets are: ravdess"));
}

static void
test_errors (void)
{
  static const struct {
    const char *args, *message;
  } cases[] = {
    { "--seeds 2 --model simple", "nothing to test" },
    { "--cross-validate speakers:9 --model simple", "9 folds of 3" },
    { "--cross-validate absent.csv", "nor a file" },
    { "--shard 1/2 --output x.h5", "--shard needs" },
    { "--cross-validate speakers:3 --shard 3/2 --output x --model simple",
        "3/2" },
    { "--gather", "--gather needs" },
    { "--gather /nowhere", "/nowhere" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *err = NULL;

    g_assert_false (
        run (NULL, &err, "--ravdess %s/ravdess %s", folder, cases[i].args));
    g_assert_nonnull (strstr (err, cases[i].message));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  folder = test_folder_new ();

  g_autofree char *recordings = path_of ("ravdess");

  synthetic_ravdess (recordings, 3, 1);
  g_test_add_func ("/experiment/numbers", test_numbers);
  g_test_add_func ("/experiment/text", test_text);
  g_test_add_func ("/experiment/damaged", test_damaged);
  g_test_add_func ("/experiment/report", test_report);
  g_test_add_func ("/experiment/folds", test_folds);
  g_test_add_func ("/experiment/bad-folds", test_bad_folds);
  g_test_add_func ("/experiment/data-sets", test_data_sets);
  g_test_add_func ("/experiment/shards", test_shards);
  g_test_add_func ("/experiment/sets", test_sets);
  g_test_add_func ("/experiment/errors", test_errors);

  const int status = g_test_run ();

  test_folder_remove (folder);
  return status;
}
