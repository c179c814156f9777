/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/rand.h"
#include "gst/train/split.h"

#define N_SPEAKERS 10
#define N_PER_CLASS 10 /* of each speaker, but of class 1 only 5 */

static void
add_item (TrainCorpus *corpus, guint label, const char *speaker,
    const char *digest, TrainSubset part)
{
  TrainItem *item = g_new0 (TrainItem, 1);

  item->path = g_strdup_printf ("/%u.wav", corpus->items->len);
  item->recording = g_strdup (item->path);
  item->label = label;
  item->speaker = g_strdup (speaker ? speaker : item->path);
  item->digest = g_strdup (digest);
  item->subset = part;
  g_ptr_array_add (corpus->items, item);
}

static TrainCorpus *
new_corpus (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionLabels) labels =
      gst_emotion_labels_parse ("a,b,c", &error);

  g_assert_no_error (error);
  return train_corpus_new (labels);
}

static TrainCorpus *
new_speakers (void)
{
  TrainCorpus *corpus = new_corpus ();

  for (guint s = 1; s <= N_SPEAKERS; s++)
    for (guint c = 0; c < 3; c++)
      for (guint i = 0; i < (c == 1 ? N_PER_CLASS / 2 : N_PER_CLASS); i++) {
        g_autofree char *speaker = g_strdup_printf ("set/%02u", s);

        add_item (corpus, c, speaker, NULL, TRAIN_SUBSET_NONE);
      }
  return corpus;
}

/* Items of a class (-1: any) in a part. */
static guint
count (const TrainCorpus *corpus, const TrainSubset *parts, TrainSubset part,
    gint label)
{
  guint n = 0;

  for (guint i = 0; i < corpus->items->len; i++)
    n += parts[i] == part
        && (label < 0 || train_corpus_item (corpus, i)->label == (guint) label);
  return n;
}

static void
assert_speakers_whole (const TrainCorpus *corpus, const TrainSubset *parts)
{
  for (guint i = 1; i < corpus->items->len; i++)
    if (g_str_equal (train_corpus_item (corpus, i)->speaker,
            train_corpus_item (corpus, i - 1)->speaker))
      g_assert_cmpint (parts[i], ==, parts[i - 1]);
}

static void
test_stratified (void)
{
  g_autoptr (TrainCorpus) corpus = new_speakers ();
  const TrainSplitConfig config = { .validation_fraction = 0.2, .seed = 7 };
  g_autofree TrainSubset *parts = g_new (TrainSubset, corpus->items->len);
  g_autoptr (GError) error = NULL;

  g_assert_true (train_split (corpus, &config, parts, &error));
  g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_VALIDATION, 0), ==, 20);
  g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_VALIDATION, 1), ==, 10);
  g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_VALIDATION, 2), ==, 20);
  g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_TRAIN, -1), ==, 200);
}

static void
test_speaker (void)
{
  g_autoptr (TrainCorpus) corpus = new_speakers ();
  const TrainSplitConfig config = {
    .mode = TRAIN_SPLIT_SPEAKER, .validation_fraction = 0.2, .seed = 7
  };
  g_autofree TrainSubset *parts = g_new (TrainSubset, corpus->items->len);
  g_autoptr (GError) error = NULL;

  g_assert_true (train_split (corpus, &config, parts, &error));
  assert_speakers_whole (corpus, parts);
  g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_VALIDATION, -1), ==, 50);
}

/* Same seed, same parts; another seed, other parts. */
static void
test_seed (void)
{
  g_autoptr (TrainCorpus) corpus = new_speakers ();
  const guint n = corpus->items->len;
  g_autofree TrainSubset *parts = g_new (TrainSubset, n);
  g_autofree TrainSubset *same = g_new (TrainSubset, n);
  g_autofree TrainSubset *other = g_new (TrainSubset, n);
  g_autoptr (GError) error = NULL;
  TrainSplitConfig config = { .validation_fraction = 0.2, .seed = 7 };

  g_assert_true (train_split (corpus, &config, parts, &error));
  g_assert_true (train_split (corpus, &config, same, &error));
  config.seed = 8;
  g_assert_true (train_split (corpus, &config, other, &error));
  g_assert_cmpmem (parts, n * sizeof *parts, same, n * sizeof *same);
  g_assert_true (memcmp (parts, other, n * sizeof *parts) != 0);
}

static void
test_named (void)
{
  static const struct {
    const char *const validation[3], *const test[3];
    guint n_validation, n_test;
  } cases[] = {
    { { "set/02" }, { "9-10" }, 25, 50 },
    { { "2", "set/3-4" }, { "set/10" }, 75, 25 },
    { { NULL }, { "set/1-5" }, 25, 125 }, /* a fifth of five is drawn */
  };
  g_autoptr (TrainCorpus) corpus = new_speakers ();
  g_autofree TrainSubset *parts = g_new (TrainSubset, corpus->items->len);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    const TrainSplitConfig config = { .mode = TRAIN_SPLIT_SPEAKER,
      .validation_fraction = 0.2,
      .validation_speakers =
          cases[i].validation[0] ? cases[i].validation : NULL,
      .test_speakers = cases[i].test };

    g_assert_true (train_split (corpus, &config, parts, &error));
    g_assert_no_error (error);
    assert_speakers_whole (corpus, parts);
    g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_VALIDATION, -1), ==,
        cases[i].n_validation);
    g_assert_cmpuint (
        count (corpus, parts, TRAIN_SUBSET_TEST, -1), ==, cases[i].n_test);
  }
}

static void
test_patterns (void)
{
  static const struct {
    const char *speaker, *pattern;
    gboolean fits;
  } cases[] = {
    { "ravdess/07", "ravdess/07", TRUE },
    { "ravdess/07", "ravdess/7", TRUE },
    { "ravdess/07", "07", TRUE },
    { "ravdess/07", "5-7", TRUE },
    { "ravdess/07", "ravdess/5-9", TRUE },
    { "ravdess/07", "emodb/5-9", FALSE },
    { "ravdess/07", "8-9", FALSE },
    { "ravdess/07", "70", FALSE },
    { "ravdess/07", "-7", FALSE },
    { "ravdess/07", "7-", FALSE },
    { "ravdess/07", "", FALSE },
    { "tess/OAF", "OAF", TRUE },
    { "tess/OAF", "tess/OAF", TRUE },
    { "tess/OAF", "YAF", FALSE },
    { "csv/a-b", "a-b", TRUE },
    { "/sounds/7", "7", FALSE }, /* a path: nobody's name */
    { "/sounds/7", "/sounds/7", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *const patterns[] = { cases[i].pattern, NULL };

    g_test_message ("%s %s", cases[i].speaker, cases[i].pattern);
    g_assert_cmpint (
        train_speaker_matches (cases[i].speaker, patterns), ==, cases[i].fits);
  }
}

/* Whatever the seed, equal sound is on one side; and where it was asked to be
 * on two, the weaker side loses it. */
static void
test_equal_sound (void)
{
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  TrainSubset parts[42];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 40; i++) {
    g_autofree char *digest = g_strdup_printf ("%u", i % 20);

    add_item (corpus, i % 2, NULL, digest, TRAIN_SUBSET_NONE);
  }
  for (guint seed = 0; seed < 20; seed++) {
    const TrainSplitConfig config = { .validation_fraction = 0.3,
      .seed = seed };

    g_assert_true (train_split (corpus, &config, parts, &error));
    g_assert_cmpuint (
        count (corpus, parts, TRAIN_SUBSET_VALIDATION, -1), ==, 12);
    for (guint i = 0; i < 20; i++)
      g_assert_cmpint (parts[i], ==, parts[i + 20]);
  }
  add_item (corpus, 0, "x/1", "same", TRAIN_SUBSET_TRAIN);
  add_item (corpus, 0, "x/2", "same", TRAIN_SUBSET_TEST);
  g_assert_true (train_split (corpus,
      &(TrainSplitConfig){ .validation_fraction = 0.3 }, parts, &error));
  g_assert_cmpint (parts[40], ==, TRAIN_SUBSET_NONE);
  g_assert_cmpint (parts[41], ==, TRAIN_SUBSET_TEST);
}

/* Files that a list put somewhere stay there, but what is drawn keeps speakers
 * whole. */
static void
test_listed (void)
{
  g_autoptr (TrainCorpus) corpus = new_speakers ();
  const guint n = corpus->items->len;
  g_autofree TrainSubset *parts = g_new (TrainSubset, n);
  g_autoptr (GError) error = NULL;
  const TrainSplitConfig config = { .mode = TRAIN_SPLIT_SPEAKER,
    .validation_fraction = 0.2 };

  train_corpus_item (corpus, 0)->subset = TRAIN_SUBSET_TEST;
  train_corpus_item (corpus, 1)->subset = TRAIN_SUBSET_TRAIN;
  g_assert_true (train_split (corpus, &config, parts, &error));
  g_assert_cmpint (parts[0], ==, TRAIN_SUBSET_TEST);
  g_assert_cmpint (parts[1], ==, TRAIN_SUBSET_TRAIN);
  for (guint i = 2; i < 25; i++)
    g_assert_cmpint (parts[i], ==, TRAIN_SUBSET_NONE);
  g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_VALIDATION, -1), ==, 50);
  train_corpus_item (corpus, n - 1)->subset = TRAIN_SUBSET_VALIDATION;
  g_assert_true (train_split (corpus, &config, parts, &error));
  g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_VALIDATION, -1), ==, 1);
}

/* Every item is tested once; a speaker is in one part of every fold. */
static void
test_folds (void)
{
  g_autoptr (TrainCorpus) corpus = new_speakers ();
  const guint n = corpus->items->len;
  g_autofree TrainSubset *parts = g_new (TrainSubset, n);
  g_autofree guint *n_tests = g_new0 (guint, n);
  g_autoptr (GError) error = NULL;

  for (guint fold = 0; fold < 4; fold++) {
    g_assert_true (train_split_fold (
        corpus, TRAIN_SPLIT_SPEAKER, 3, 4, fold, parts, &error));
    assert_speakers_whole (corpus, parts);
    for (guint i = 0; i < n; i++)
      n_tests[i] += parts[i] == TRAIN_SUBSET_TEST;
    g_assert_cmpuint (
        count (corpus, parts, TRAIN_SUBSET_VALIDATION, -1), >=, 50);
  }
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (n_tests[i], ==, 1);
  g_assert_false (
      train_split_fold (corpus, TRAIN_SPLIT_SPEAKER, 3, 11, 0, parts, &error));
  g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
}

/* A model that is trained on everything. */
static void
test_all (void)
{
  g_autoptr (TrainCorpus) corpus = new_speakers ();
  g_autofree TrainSubset *parts = g_new (TrainSubset, corpus->items->len);
  g_autoptr (GError) error = NULL;

  g_assert_true (train_split (corpus, &(TrainSplitConfig){ 0 }, parts, &error));
  g_assert_cmpuint (count (corpus, parts, TRAIN_SUBSET_TRAIN, -1), ==, 250);
}

static void
test_errors (void)
{
  static const char *const nobody[] = { "11", NULL };
  static const char *const all[] = { "1-10", NULL };
  static const TrainSplitConfig configs[] = {
    { .test_speakers = nobody },
    { .validation_speakers = nobody },
    { .test_speakers = all, .validation_fraction = 0.2 },
    { .test_speakers = all },
    { .validation_speakers = all },
    { .validation_fraction = 1 },
  };
  g_autoptr (TrainCorpus) corpus = new_speakers ();
  g_autofree TrainSubset *parts = g_new (TrainSubset, corpus->items->len);

  for (gsize i = 0; i < G_N_ELEMENTS (configs); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (train_split (corpus, &configs[i], parts, &error));
    g_test_message ("%s", error->message);
    g_assert_true (error->domain == G_OPTION_ERROR);
  }
}

static void
test_random (void)
{
  g_autoptr (GRand) rand = train_rand_new (5);
  double beta[2] = { 0 };
  const guint n = 20000;

  for (guint i = 0; i < n; i++) {
    const double y = train_rand_beta (rand, 0.4);

    beta[0] += y / n;
    beta[1] += (y - 0.5) * (y - 0.5) / n;
  }
  g_assert_cmpfloat_with_epsilon (beta[0], 0.5, 0.01);
  /* 1 / (4 (2 alpha + 1)) */
  g_assert_cmpfloat_with_epsilon (beta[1], 1 / 7.2, 0.005);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/split/stratified", test_stratified);
  g_test_add_func ("/train/split/speaker", test_speaker);
  g_test_add_func ("/train/split/seed", test_seed);
  g_test_add_func ("/train/split/named", test_named);
  g_test_add_func ("/train/split/patterns", test_patterns);
  g_test_add_func ("/train/split/equal-sound", test_equal_sound);
  g_test_add_func ("/train/split/listed", test_listed);
  g_test_add_func ("/train/split/folds", test_folds);
  g_test_add_func ("/train/split/all", test_all);
  g_test_add_func ("/train/split/errors", test_errors);
  g_test_add_func ("/train/random", test_random);
  return g_test_run ();
}
