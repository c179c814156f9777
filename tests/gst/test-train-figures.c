/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is drawn of several corpora, and how corpora are compared. */
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "gst/train/calibrate.h"
#include "gst/train/condition.h"
#include "gst/train/figures.h"
#include "gst/train/folds.h"
#include "gst/train/sampler.h"
#include "nn/metadata.h"
#include "nn/save.h"
#include "nn/train/architectures.h"
#include "tests/folder.h"

/* ---- the sampler ---- */

static TrainSampler *
new_sampler (guint n)
{
  static const struct {
    const char *set;
    guint label, n;
  } strata[] = { { "large", 0, 300 }, { "large", 1, 100 }, { "small", 0, 60 },
    { "small", 2, 40 } };
  TrainSampler *sampler = train_sampler_new (3);
  guint window = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (strata); i++)
    for (guint k = 0; k < strata[i].n; k++)
      train_sampler_add (sampler, strata[i].set, strata[i].label, window++);
  train_sampler_finish (sampler, n);
  return sampler;
}

/* By window: 0..299 large 0, 300..399 large 1, 400..459 small 0, rest small 2.
 */
static guint
stratum_of (guint window)
{
  return window < 300 ? 0 : window < 400 ? 1 : window < 460 ? 2 : 3;
}

/* sqrt (400) : sqrt (100) = 2 : 1, and classes alike. */
static void
test_shares (void)
{
  g_autoptr (TrainSampler) sampler = new_sampler (60);
  g_autoptr (TrainSampler) all = new_sampler (0);
  g_autoptr (TrainSampler) few = new_sampler (1);

  g_assert_cmpuint (train_sampler_size (sampler), ==, 60);
  g_assert_cmpuint (train_sampler_size (all), ==, 500);
  g_assert_cmpuint (train_sampler_size (few), ==, 4);
  for (gsize epoch = 0; epoch < 20; epoch++) {
    guint counts[4] = { 0 };

    for (gsize i = 0; i < 60; i++)
      counts[stratum_of (train_sampler_draw (sampler, i, epoch))]++;
    g_assert_cmpuint (counts[0], ==, 20);
    g_assert_cmpuint (counts[1], ==, 20);
    g_assert_cmpuint (counts[2], ==, 10);
    g_assert_cmpuint (counts[3], ==, 10);
  }
}

/* 300 windows, 20 in an epoch: each is drawn once in 15 epochs; the place of an
 * example says its class, in each epoch. */
static void
test_all_get_a_turn (void)
{
  g_autoptr (TrainSampler) sampler = new_sampler (60);
  g_autoptr (TrainSampler) same = new_sampler (60);
  guint counts[500] = { 0 };

  for (gsize epoch = 0; epoch < 15; epoch++)
    for (gsize i = 0; i < 60; i++) {
      const guint window = train_sampler_draw (sampler, i, epoch);

      counts[window]++;
      g_assert_cmpuint (window, ==, train_sampler_draw (same, i, epoch));
      g_assert_cmpuint (stratum_of (window), ==,
          stratum_of (train_sampler_draw (sampler, i, 0)));
    }
  for (guint i = 0; i < 300; i++)
    g_assert_cmpuint (counts[i], ==, 1);
  for (guint i = 300; i < 400; i++)
    g_assert_cmpuint (counts[i], ==, 3);
}

/* ---- figures ---- */

/* Four classes, of which 0 and 1 occur. Two of the four of class 0 are right;
 * one more once class 3 may not be said. */
static const float probabilities[6][4] = {
  { .7f, .1f, .1f, .1f },
  { .6f, .2f, .1f, .1f },
  { .3f, .1f, .1f, .5f }, /* 3; restricted: 0 */
  { .1f, .2f, .1f, .6f }, /* 3; restricted: 1 */
  { .1f, .7f, .1f, .1f },
  { .1f, .8f, .05f, .05f },
};
static const TrainOutcome outcomes[6] = {
  { 0, probabilities[0], "a" },
  { 0, probabilities[1], "b" },
  { 0, probabilities[2], "a" },
  { 0, probabilities[3], "b" },
  { 1, probabilities[4], "a" },
  { 1, probabilities[5], "b" },
};

static void
test_restricted (void)
{
  TrainFigures figures;

  train_figures_compute (outcomes, 6, 4, 1, &figures);
  g_assert_cmpuint (figures.n_windows, ==, 6);
  g_assert_cmpuint (figures.n_speakers, ==, 2);
  g_assert_cmpuint (figures.n_classes, ==, 2);
  g_assert_cmpfloat (figures.uar.value, ==, (0.5 + 1) / 2);
  g_assert_cmpfloat (figures.restricted.value, ==, (0.75 + 1) / 2);
  /* Speaker a alone has 1/2 and 1, restricted 1 and 1; b 1/2 and 1, 1/2 and 1:
   * what resamples of the two lie between. */
  g_assert_cmpfloat (figures.uar.low, ==, 0.75);
  g_assert_cmpfloat (figures.uar.high, ==, 0.75);
  g_assert_cmpfloat (figures.restricted.low, ==, 0.75);
  g_assert_cmpfloat (figures.restricted.high, ==, 1);
  /* Temperature 1 is the fifth that is tried, and changes nothing. */
  g_assert_cmpfloat (train_temperature (4), ==, 1);
  g_assert_cmpfloat_with_epsilon (
      figures.calibration_error_at[4], figures.calibration_error, 1e-6);
}

static void
test_one_speaker (void)
{
  TrainFigures figures;

  train_figures_compute (outcomes, 1, 4, 1, &figures);
  g_assert_cmpfloat (figures.uar.value, ==, 1);
  g_assert_true (isnan (figures.uar.low) && isnan (figures.uar.high));
}

/* Many speakers, each right with a chance of 0.7: the interval is the one of
 * the normal distribution, 0.7 +- 1.96 sqrt (0.21 / n). */
static void
test_interval (void)
{
  enum { N = 400 };
  static const float said[2][2] = { { 1, 0 }, { 0, 1 } };
  g_autofree TrainOutcome *many = g_new (TrainOutcome, N);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  TrainFigures figures;

  for (guint i = 0; i < N; i++) {
    g_ptr_array_add (names, g_strdup_printf ("%u", i));
    many[i] =
        (TrainOutcome){ 0, said[i % 10 >= 7], g_ptr_array_index (names, i) };
  }
  train_figures_compute (many, N, 2, 1, &figures);
  g_assert_cmpfloat_with_epsilon (figures.uar.value, 0.7, 1e-9);
  g_assert_cmpfloat_with_epsilon (
      figures.uar.low, 0.7 - 1.96 * sqrt (0.21 / N), 0.01);
  g_assert_cmpfloat_with_epsilon (
      figures.uar.high, 0.7 + 1.96 * sqrt (0.21 / N), 0.01);
}

/* Softmax of z / T is p^(1/T), normalised; predictions whose logits were made
 * T times too large get T back. */
static void
test_temperature (void)
{
  enum { N = 3000 };
  g_autofree TrainOutcome *made = g_new (TrainOutcome, N);
  g_autofree float *p = g_new (float, 3 * N);
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  TrainFigures figures;
  const TrainFigures *sets[] = { &figures, &figures };

  for (guint i = 0; i < N; i++) {
    float logits[3], truth[3];
    double sum = 0, over = 0, draw = g_rand_double (rand);

    for (guint c = 0; c < 3; c++) {
      logits[c] = g_rand_double_range (rand, -1.5, 1.5);
      sum += expf (logits[c]);
      over += expf (2 * logits[c]);
    }
    made[i] = (TrainOutcome){ 2, p + 3 * i, "x" };
    for (guint c = 0; c < 3; c++) {
      truth[c] = expf (logits[c]) / sum;
      p[3 * i + c] = expf (2 * logits[c]) / over;
      if (draw >= 0 && draw < truth[c])
        made[i].label = c;
      draw -= truth[c];
    }
  }
  train_figures_compute (made, N, 3, 1, &figures);
  g_assert_cmpfloat (
      train_temperature (train_figures_best_temperature (sets, 2)), ==, 2);
  g_assert_cmpfloat (figures.calibration_error_at[8], <, 0.03);
  g_assert_cmpfloat (figures.calibration_error, >, 0.1);
  g_assert_cmpuint (train_figures_best_temperature (sets, 0), ==, 4);
}

/* Three answers of confidence 0.5 to 0.6, two of 0.7 and 0.8. */
static void
test_thresholds (void)
{
  TrainFigures figures;

  train_figures_compute (outcomes, 6, 4, 1, &figures);
  g_assert_cmpfloat_with_epsilon (train_threshold (13), 0.7, 1e-12);
  g_assert_cmpfloat (figures.answered_at[0], ==, 1);
  g_assert_cmpfloat_with_epsilon (figures.accuracy_at[0], 4 / 6., 1e-12);
  /* at least 0.65: the first, the fifth and the sixth, all right */
  g_assert_cmpfloat (figures.answered_at[12], ==, 0.5);
  g_assert_cmpfloat (figures.accuracy_at[12], ==, 1);
  g_assert_cmpfloat (figures.answered_at[18], ==, 0);
  g_assert_cmpfloat (figures.accuracy_at[18], ==, 0);
}

/* ---- conditions ---- */

static void
test_conditions (void)
{
  static const struct {
    const char *text;
    gboolean ok;
    TrainConditionKind kind;
    double value;
  } cases[] = {
    { "clean", TRUE, TRAIN_CONDITION_CLEAN },
    { "white:10", TRUE, TRAIN_CONDITION_WHITE, 10 },
    { "gain:-30", TRUE, TRAIN_CONDITION_GAIN, -30 },
    { "reverb:0.5", TRUE, TRAIN_CONDITION_REVERB, 0.5 },
    { "late", TRUE, TRAIN_CONDITION_LATE },
    { "opus:12", TRUE, TRAIN_CONDITION_OPUS, 12 },
    { "opus:1", FALSE },
    { "white", FALSE },
    { "white:", FALSE },
    { "white:x", FALSE },
    { "reverb:2", FALSE },
    { "cleaner", FALSE },
    { "", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    TrainCondition condition;

    g_assert_cmpint (train_condition_parse (cases[i].text, &condition, &error),
        ==, cases[i].ok);
    if (cases[i].ok) {
      g_assert_cmpint (condition.kind, ==, cases[i].kind);
      g_assert_cmpfloat (condition.value, ==, cases[i].value);
    } else {
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
  }
}

/* What each does to the power of a tone of 100 Hz, which no telephone carries.
 */
static void
test_condition_power (void)
{
  enum { N = 16000 };
  static const struct {
    const char *name;
    double least_db, most_db;
  } cases[] = { { "clean", 0, 0 }, { "gain:-30", -30.01, -29.99 },
    { "telephone", -60, -30 }, { "white:0", 2.8, 3.2 },
    { "reverb:0.5", -0.01, 0.01 } };
  g_autoptr (DspRoom) room = dsp_room_new (N, 16000, 0.5, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree float *samples = g_new (float, N);
    g_autoptr (GRand) rand = g_rand_new_with_seed (1);
    g_autoptr (GError) error = NULL;
    TrainCondition condition;
    double before = 0, after = 0;

    g_assert_true (train_condition_parse (cases[i].name, &condition, NULL));
    for (gsize t = 0; t < N; t++) {
      samples[t] = 0.1 * sin (2 * G_PI * 100 * t / 16000);
      before += samples[t] * samples[t];
    }
    train_condition_apply (&condition, room, samples, N, 16000, rand, &error);
    g_assert_no_error (error);
    for (gsize t = 0; t < N; t++)
      after += samples[t] * samples[t];
    g_assert_cmpfloat (10 * log10 (after / before), >=, cases[i].least_db);
    g_assert_cmpfloat (10 * log10 (after / before), <=, cases[i].most_db);
  }
}

/* A tone comes back where it was, not a copy of itself: 16 bits are rounded,
 * and the codec is lossy. */
static void
test_condition_opus (void)
{
  enum { N = 16000 };
  TrainCondition condition;
  float before[N], after[N];
  double power = 0, error_power = 0;
  g_autoptr (GError) error = NULL;

  g_assert_true (train_condition_parse ("opus:12", &condition, NULL));
  for (gsize t = 0; t < N; t++)
    before[t] = 0.1 * sin (2 * G_PI * 440 * t / 16000);
  memcpy (after, before, sizeof after);
  train_condition_apply (&condition, NULL, after, N, 16000, NULL, &error);
  if (g_error_matches (error, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT))
    return g_test_skip ("opusenc is not installed");
  g_assert_no_error (error);
  for (gsize t = N / 4; t < N * 3 / 4; t++) {
    power += before[t] * before[t];
    error_power += (after[t] - before[t]) * (after[t] - before[t]);
  }
  g_assert_cmpfloat (error_power, >, 0);
  g_assert_cmpfloat (10 * log10 (power / error_power), >, 15);
}

/* ---- a temperature in a file ---- */

static double
number_of (const NnModel *model, const char *name)
{
  g_autoptr (JsonNode) root =
      json_from_string (nn_model_metadata (model), NULL);

  return json_object_get_double_member (json_node_get_object (root), name);
}

static void
test_calibrate (void)
{
  char *folder = test_folder_new ();
  g_autofree char *a = g_build_filename (folder, "a.h5", NULL);
  g_autofree char *b = g_build_filename (folder, "b.h5", NULL);
  const char *const paths[] = { a, b };
  const NnArchitectureOptions options = {
    .input = { .rank = 1, .dim = { 5 } }, .n_classes = 3, .dropout = 1, .l2 = 1
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_architecture_new ("logistic", &options, 1, &error);
  g_autoptr (NnModel) whole = NULL;
  g_autoptr (NnModel) cooler = NULL;
  g_autoptr (NnModel) cool = NULL;
  g_autofree float *before = NULL;
  g_autofree float *after = NULL;
  float expected[3];
  gsize n;

  g_assert_no_error (error);
  nn_model_save (model, paths[0],
      "{\"labels\": [\"x\", \"y\", \"z\"], \"small\": 1e-10}", &error);
  g_assert_no_error (error);
  whole = nn_model_load (paths[0], NULL, 0, &error);
  g_assert_true (train_calibrate (whole, 2, paths[1], &error));
  cooler = nn_model_load (paths[1], NULL, 0, &error);
  g_assert_true (train_calibrate (cooler, 1.5, paths[1], &error));
  g_assert_no_error (error);
  cool = nn_model_load (paths[1], NULL, 0, &error); /* checks the self-test */
  g_assert_no_error (error);
  g_assert_cmpfloat (number_of (cool, "temperature"), ==, 3);
  g_assert_cmpfloat (number_of (cool, "small"), ==, 1e-10);
  before = nn_metadata_self_test (model, 7, &n, &error);
  after = nn_metadata_self_test (cool, 7, &n, &error);
  g_assert_cmpuint (n, ==, 3);
  train_figures_cool (before, 3, 3, expected);
  for (gsize i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (after[i], expected[i], 1e-5);
  g_assert_false (train_calibrate (whole, 2, "/none/b.h5", &error));
  test_folder_remove (folder);
}

/* ---- folds ---- */

static TrainCorpus *
new_corpus (void)
{
  static const struct {
    const char *set, *language;
  } items[] = { { "nemo", "pl" }, { "emodb", "de" }, { "tess", "en" },
    { "ravdess", "en" }, { "nemo", "pl" }, { "own", NULL } };
  g_autoptr (GstEmotionLabels) labels = gst_emotion_labels_new_default ();
  TrainCorpus *corpus = train_corpus_new (labels);

  for (guint i = 0; i < G_N_ELEMENTS (items); i++) {
    TrainItem *item = g_new0 (TrainItem, 1);

    item->data_set = g_strdup (items[i].set);
    item->language = g_strdup (items[i].language);
    item->speaker = g_strdup_printf ("%s/%u", items[i].set, i);
    item->path = g_strdup_printf ("/%u", i);
    item->recording = g_strdup (item->path);
    item->subset = TRAIN_SUBSET_NONE;
    g_ptr_array_add (corpus->items, item);
  }
  return corpus;
}

static void
test_folds (void)
{
  static const struct {
    TrainGroups groups;
    const char *names; /* in order */
    guint fold;
    const char *parts; /* of the items: t(raining), v(alidation), x: test */
  } folds[] = {
    { TRAIN_GROUPS_DATA_SETS, "emodb nemo own ravdess tess", 1, "xtttxv" },
    { TRAIN_GROUPS_DATA_SETS, "emodb nemo own ravdess tess", 4, "tvxttt" },
    { TRAIN_GROUPS_LANGUAGES, "de en pl unknown", 1, "vtxxvt" },
    { TRAIN_GROUPS_LANGUAGES, "de en pl unknown", 3, "tvtttx" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (folds); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (TrainCorpus) corpus = new_corpus ();
    g_autoptr (TrainFolds) self =
        train_folds_new_groups (folds[i].groups, corpus, &error);
    g_autoptr (GString) names = g_string_new (NULL);
    TrainSubset parts[6];

    g_assert_no_error (error);
    for (guint k = 0; k < train_folds_count (self); k++)
      g_string_append_printf (
          names, "%s%s", k > 0 ? " " : "", train_folds_name (self, k));
    g_assert_cmpstr (names->str, ==, folds[i].names);
    g_assert_true (
        train_folds_subsets (self, corpus, folds[i].fold, parts, &error));
    for (guint k = 0; k < 6; k++)
      g_assert_cmpint (parts[k], ==,
          folds[i].parts[k] == 'x'       ? TRAIN_SUBSET_TEST
              : folds[i].parts[k] == 'v' ? TRAIN_SUBSET_VALIDATION
                                         : TRAIN_SUBSET_TRAIN);
  }
}

/* The same sound in two corpora is not learnt where it is tested. */
static void
test_folds_part_no_twins (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (TrainFolds) self = NULL;
  TrainSubset parts[6];

  train_corpus_item (corpus, 0)->digest = g_strdup ("d");
  train_corpus_item (corpus, 3)->digest = g_strdup ("d");
  self = train_folds_new_groups (TRAIN_GROUPS_DATA_SETS, corpus, &error);
  g_assert_true (train_folds_subsets (self, corpus, 1, parts, &error));
  g_assert_cmpint (parts[0], ==, TRAIN_SUBSET_TEST);
  g_assert_cmpint (parts[3], ==, TRAIN_SUBSET_NONE);
}

static void
test_too_few (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainCorpus) corpus = new_corpus ();

  g_ptr_array_set_size (corpus->items, 2);
  g_assert_null (
      train_folds_new_groups (TRAIN_GROUPS_DATA_SETS, corpus, &error));
  g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/train/sampler/shares", test_shares);
  g_test_add_func ("/train/sampler/all-get-a-turn", test_all_get_a_turn);
  g_test_add_func ("/train/figures/restricted", test_restricted);
  g_test_add_func ("/train/figures/one-speaker", test_one_speaker);
  g_test_add_func ("/train/figures/interval", test_interval);
  g_test_add_func ("/train/figures/temperature", test_temperature);
  g_test_add_func ("/train/figures/thresholds", test_thresholds);
  g_test_add_func ("/train/condition/parse", test_conditions);
  g_test_add_func ("/train/condition/power", test_condition_power);
  g_test_add_func ("/train/condition/opus", test_condition_opus);
  g_test_add_func ("/train/calibrate", test_calibrate);
  g_test_add_func ("/train/folds/groups", test_folds);
  g_test_add_func ("/train/folds/twins", test_folds_part_no_twins);
  g_test_add_func ("/train/folds/too-few", test_too_few);
  return g_test_run ();
}
