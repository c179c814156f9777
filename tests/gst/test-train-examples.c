/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <string.h>
#include "dsp/features.h"
#include "gst/train/examples.h"
#include "gst/train/parallel.h"
#include "gst/train/rand.h"
#include "nn/h5.h"
#include "tests/nn/train/crew.h"

#define N_CLASSES 3

/* A small recipe: 16 bands of 8 frames. */
static DspRecipe
small_recipe (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;

  recipe.window_len = 4000;
  recipe.n_mels = 16;
  return recipe;
}

/* counts[c] sounds of class c, each a tone in noise of its own. */
static TrainCorpus *
new_corpus (const guint *counts, gsize n_samples)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionLabels) labels =
      gst_emotion_labels_parse ("a,b,c", &error);
  TrainCorpus *corpus = train_corpus_new (labels);
  guint k = 0;

  for (guint c = 0; c < N_CLASSES; c++)
    for (guint i = 0; i < counts[c]; i++, k++) {
      TrainItem *item = g_new0 (TrainItem, 1);
      g_autoptr (GRand) rand = g_rand_new_with_seed (k);

      item->path = g_strdup_printf ("/%u.wav", k);
      item->recording = g_strdup (item->path);
      item->speaker = g_strdup (item->path);
      item->label = c;
      item->n_samples = n_samples;
      item->samples = g_new (float, n_samples);
      for (gsize s = 0; s < n_samples; s++)
        item->samples[s] = 0.3 * sin (0.1 * (c + 1) * s)
            + 0.1 * g_rand_double_range (rand, -1, 1);
      g_ptr_array_add (corpus->items, item);
    }
  return corpus;
}

static TrainExamples *
new_examples (const TrainCorpus *corpus, const TrainExamplesConfig *config)
{
  g_autoptr (GError) error = NULL;
  TrainExamples *examples =
      train_examples_new (corpus, NULL, TRAIN_SUBSET_TRAIN, config, &error);

  g_assert_no_error (error);
  return examples;
}

static void
make (const TrainExamples *examples, gsize index, guint64 seed,
    gboolean training, float *x, float *target, float *weight)
{
  const NnSamples *const samples = train_examples_samples (examples);
  const NnSampleRequest request = {
    .index = index, .seed = seed, .training = training
  };

  memset (target, 0, N_CLASSES * sizeof *target);
  *weight = 1;
  samples->make (samples->data, &request, x, target, weight);
}

/* Evaluation sees the features of dsp/, whatever is on for training. */
static void
test_plain (void)
{
  const DspRecipe recipe = small_recipe ();
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 2, 1, 1 }, 5000);
  const TrainExamplesConfig config = { .recipe = recipe,
    .augment = { .probability = 1, .noise = 0.1 },
    .mask = { 1, 1, 16, 8 },
    .mixup = 1 };
  g_autoptr (TrainExamples) examples = new_examples (corpus, &config);
  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, NULL);
  float x[16 * 8], expected[16 * 8], target[N_CLASSES], weight;

  g_assert_cmpuint (train_examples_n (examples), ==, 4);
  for (gsize i = 0; i < 4; i++) {
    const TrainItem *const item = train_examples_item (examples, i);

    make (examples, i, 3, FALSE, x, target, &weight);
    dsp_features_compute (features, item->samples, 4000, expected);
    g_assert_cmpmem (x, sizeof x, expected, sizeof expected);
    for (guint c = 0; c < N_CLASSES; c++)
      g_assert_cmpfloat (target[c], ==, c == item->label);
    g_assert_cmpfloat (weight, ==, 1);
  }
}

/* As a network takes them: frame by frame, and the same numbers. */
static void
test_arrangement (void)
{
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 1, 1, 1 }, 5000);
  const TrainExamplesConfig config = { .recipe = small_recipe () };
  TrainExamplesConfig turned = config;
  g_autoptr (TrainExamples) plain = new_examples (corpus, &config);
  float x[16 * 8], y[16 * 8], target[N_CLASSES], weight;

  turned.arrangement = GST_EMOTION_COLUMNS_FIRST;

  g_autoptr (TrainExamples) examples = new_examples (corpus, &turned);

  make (plain, 1, 3, TRUE, x, target, &weight);
  make (examples, 1, 3, TRUE, y, target, &weight);
  for (gsize band = 0; band < 16; band++)
    for (gsize frame = 0; frame < 8; frame++)
      g_assert_cmpfloat (y[frame * 16 + band], ==, x[band * 8 + frame]);
}

/* A class that has no sounds gets its share of another's, and no more. */
static void
test_kin (void)
{
  static const char *const wrong[] = { "a=c", "a=d:0.3", "d=c:0.3", "a=a:0.3",
    "a=c:0", "a=c:0.5", "a=c:x", "" };
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 1, 1, 0 }, 5000);
  TrainExamplesConfig config = { .recipe = small_recipe (), .kin = "a=c:0.25" };
  const float expected[2][N_CLASSES] = { { 0.75f, 0, 0.25f }, { 0, 1, 0 } };
  float x[16 * 8], target[N_CLASSES], weight;

  {
    g_autoptr (TrainExamples) examples = new_examples (corpus, &config);

    for (gsize i = 0; i < 2; i++) {
      make (examples, i, 3, TRUE, x, target, &weight);
      g_assert_cmpmem (target, sizeof target,
          expected[train_examples_label (examples, i)], sizeof target);
    }
  }
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    config.kin = wrong[i];
    g_assert_null (
        train_examples_new (corpus, NULL, TRAIN_SUBSET_TRAIN, &config, &error));
    g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
  }
}

/* A rank that has silence where others make the features. */
static void
make_shared (const NnComm *comm, gpointer data)
{
  const TrainExamplesConfig *const config = data;
  TrainExamplesConfig shared_config = *config;
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 3, 2, 2 }, 5000);
  g_autoptr (TrainExamples) whole = new_examples (corpus, config);
  g_autoptr (TrainExamples) shared = NULL;
  g_autofree size_t *cut = nn_comm_cut (comm, 7);

  for (gsize i = 0; i < 7; i++) {
    TrainItem *const item = train_corpus_item (corpus, i);

    if (i < cut[comm->rank] || i >= cut[comm->rank + 1])
      memset (item->samples, 0, item->n_samples * sizeof *item->samples);
  }
  shared_config.comm = comm;
  shared = new_examples (corpus, &shared_config);
  for (gsize i = 0; i < 7; i++) {
    float x[2][16 * 8], target[N_CLASSES], weight;

    make (whole, i, 3, FALSE, x[0], target, &weight);
    make (shared, i, 3, FALSE, x[1], target, &weight);
    g_assert_cmpmem (x[0], sizeof x[0], x[1], sizeof x[1]);
  }
}

/* What stays the same is made by the ranks together. */
static void
test_shared (void)
{
  TrainExamplesConfig config = { .recipe = small_recipe (), .n_threads = 2 };

  for (size_t size = 2; size <= 9; size++)
    crew_run (size, make_shared, &config);
}

/* The same seed gives the same sample, another one another. */
static void
test_seed (void)
{
  static const struct {
    const char *name;
    TrainAugmentConfig augment;
    guint n_copies;
    TrainMaskConfig mask;
    double mixup;
  } cases[] = {
    { "noise", { .probability = 1, .noise = 0.1 } },
    { "pitch", { .probability = 1, .pitch_shift = 2 } },
    { "stretch", { .probability = 1, .time_stretch = 0.1 } },
    { "speed", { .probability = 1, .speed = 0.2 } },
    { "shift", { .probability = 1, .time_shift = 0.1 } },
    { "snr", { .probability = 1, .snr_min = 0, .snr_max = 20 } },
    { "half", { .probability = 0.5, .noise = 0.1, .time_shift = 0.1 } },
    { "mask", { 0 }, 0, { 1, 1, 8, 4 } },
    { "mixup", { 0 }, 0, { 0 }, 1 },
    { "copies", { .probability = 1, .noise = 0.1 }, 2, { 1, 1, 8, 4 } },
  };
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 3, 2, 2 }, 6000);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const TrainExamplesConfig config = { .recipe = small_recipe (),
      .augment = cases[i].augment,
      .n_copies = cases[i].n_copies,
      .mask = cases[i].mask,
      .mixup = cases[i].mixup };
    g_autoptr (TrainExamples) examples = new_examples (corpus, &config);
    float x[3][16 * 8], target[3][N_CLASSES], weight[3];
    gboolean differs = FALSE;

    g_test_message ("%s", cases[i].name);
    for (guint64 seed = 0; seed < 6; seed++) {
      make (examples, 0, seed, TRUE, x[0], target[0], &weight[0]);
      make (examples, 0, seed + 100, TRUE, x[1], target[1], &weight[1]);
      make (examples, 0, seed, TRUE, x[2], target[2], &weight[2]);
      g_assert_cmpmem (x[0], sizeof x[0], x[2], sizeof x[2]);
      g_assert_cmpmem (target[0], sizeof *target, target[2], sizeof *target);
      differs |= memcmp (x[0], x[1], sizeof x[0]) != 0;
      for (gsize k = 0; k < 16 * 8; k++)
        g_assert_true (x[0][k] >= 0 && x[0][k] <= 1);
      g_assert_cmpfloat_with_epsilon (
          target[0][0] + target[0][1] + target[0][2], 1, 1e-6);
    }
    g_assert_true (differs);
  }
}

/* Copies are more examples: the plain ones first, then variations. */
static void
test_copies (void)
{
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 1, 1, 1 }, 6000);
  TrainExamplesConfig config = { .recipe = small_recipe (),
    .augment = { .probability = 1, .noise = 0.1 },
    .n_copies = 2,
    .n_threads = 1 };
  g_autoptr (TrainExamples) examples = new_examples (corpus, &config);
  config.n_threads = 3;
  g_autoptr (TrainExamples) others = new_examples (corpus, &config);
  float x[3][16 * 8], other[16 * 8], target[N_CLASSES], weight;

  g_assert_cmpuint (train_examples_n (examples), ==, 9);
  g_assert_cmpuint (train_examples_n_sounds (examples), ==, 3);
  for (gsize i = 0; i < 3; i++) {
    for (gsize copy = 0; copy < 3; copy++) {
      const gsize index = i + 3 * copy;

      g_assert_cmpuint (train_examples_label (examples, index), ==, i);
      make (examples, index, 1, TRUE, x[copy], target, &weight);
      make (others, index, 2, TRUE, other, target, &weight);
      g_assert_cmpmem (x[copy], sizeof x[copy], other, sizeof other);
    }
    g_assert_true (memcmp (x[0], x[1], sizeof x[0]) != 0);
    g_assert_true (memcmp (x[1], x[2], sizeof x[0]) != 0);
  }
}

static void
test_balance (void)
{
  static const guint counts[N_CLASSES] = { 2, 7, 5 };
  g_autoptr (TrainCorpus) corpus = new_corpus (counts, 1000);
  TrainExamplesConfig config = { .recipe = small_recipe (),
    .balance = TRAIN_BALANCE_OVERSAMPLE };
  g_autoptr (TrainExamples) more = new_examples (corpus, &config);
  guint n[N_CLASSES] = { 0 }, uses[14] = { 0 };
  float x[16 * 8], target[N_CLASSES], weight;

  g_assert_cmpuint (train_examples_n (more), ==, 21);
  for (gsize i = 0; i < 21; i++) {
    const TrainItem *const item = train_examples_item (more, i);

    n[train_examples_label (more, i)]++;
    uses[g_ascii_strtoull (item->path + 1, NULL, 10)]++;
  }
  for (guint c = 0; c < N_CLASSES; c++)
    g_assert_cmpuint (n[c], ==, 7);
  for (guint i = 0; i < 14; i++) /* 2 of a: 3 or 4 times each; 5 of c: 1 or 2 */
    g_assert_true (uses[i] == (i < 2 ? 3 : 1) || uses[i] == (i < 2 ? 4 : 2)
        || (i >= 2 && i < 9 && uses[i] == 1));

  config.balance = TRAIN_BALANCE_WEIGHTS;
  g_autoptr (TrainExamples) weighed = new_examples (corpus, &config);
  g_assert_cmpuint (train_examples_n (weighed), ==, 14);
  for (gsize i = 0; i < 14; i++) {
    make (weighed, i, 1, TRUE, x, target, &weight);
    g_assert_cmpfloat_with_epsilon (
        weight, 14.0 / (3 * counts[train_examples_label (weighed, i)]), 1e-6);
  }
}

/* Windows touch; a rest of half a window counts. */
static void
test_windows (void)
{
  static const struct {
    gsize n_samples, n_windows;
  } cases[] = { { 10, 1 }, { 4000, 1 }, { 5999, 1 }, { 6000, 2 }, { 9999, 2 },
    { 10000, 3 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TrainCorpus) corpus =
        new_corpus ((guint[]){ 1, 0, 0 }, cases[i].n_samples);
    TrainExamplesConfig config = { .recipe = small_recipe (),
      .all_windows = TRUE };
    g_autoptr (TrainExamples) examples = new_examples (corpus, &config);

    g_assert_cmpuint (train_examples_n (examples), ==, cases[i].n_windows);
    config.all_windows = FALSE;
    g_autoptr (TrainExamples) firsts = new_examples (corpus, &config);
    g_assert_cmpuint (train_examples_n (firsts), ==, 1);
  }
}

/* The middle of a sound is a voice (tests/data/voice), the rest is
 * silent; another sound has no voice at all, and keeps its first window. */
static void
test_voiceless (void)
{
  const gsize n = 48000;
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autofree char *path = g_build_filename (
      g_getenv ("EMOTION_TEST_DATA"), "voice", "voice.h5", NULL);
  g_autoptr (NnH5) file = nn_h5_open (path, NULL);
  g_autofree float *voice =
      nn_h5_read_floats (file, "synthetic_voice_1/samples", NULL, NULL);
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 1, 1, 0 }, 3 * n);
  TrainExamplesConfig config = { .recipe = recipe, .all_windows = TRUE };
  g_autoptr (TrainExamples) all = new_examples (corpus, &config);
  g_autoptr (TrainExamples) voiced = NULL;

  g_assert_cmpuint (train_examples_n (all), ==, 6);
  for (guint i = 0; i < 2; i++)
    memset (train_corpus_item (corpus, i)->samples, 0, 3 * n * sizeof (float));
  for (gsize s = 0; s < n; s++)
    train_corpus_item (corpus, 0)->samples[n + s] = voice[s] / 32768;
  config.min_voice = 0.3;
  voiced = new_examples (corpus, &config);
  g_assert_cmpuint (train_examples_n (voiced), ==, 2);
  g_assert_cmpuint (train_examples_n_voiceless (voiced), ==, 4);
  g_assert_cmpuint (train_examples_label (voiced, 0), ==, 0);
  g_assert_cmpuint (train_examples_label (voiced, 1), ==, 1);
}

static void
test_empty (void)
{
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 1, 1, 1 }, 1000);
  const TrainSubset parts[] = { TRAIN_SUBSET_TRAIN, TRAIN_SUBSET_TRAIN,
    TRAIN_SUBSET_NONE };
  const TrainExamplesConfig config = { .recipe = small_recipe () };
  g_autoptr (GError) error = NULL;

  g_assert_null (train_examples_new (
      corpus, parts, TRAIN_SUBSET_VALIDATION, &config, &error));
  g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED);
}

/* What each variation does to a tone. */
static void
test_augment (void)
{
  static const struct {
    const char *name;
    TrainAugmentConfig config;
    gsize source_len;
    double min_power, max_power; /* of the window, relative */
  } cases[] = {
    { "off", { .probability = 1 }, 4000, 1, 1 },
    { "never", { .probability = 0, .noise = 1 }, 4000, 1, 1 },
    { "shift", { .probability = 1, .time_shift = 0.1 }, 4000, 0.999, 1.001 },
    { "gain", { .probability = 1, .gain_db = 6 }, 4000, 0.25, 4 },
    { "noise", { .probability = 1, .noise = 0.5 }, 4000, 2.8, 3.2 },
    { "snr", { .probability = 1, .snr_min = -0.1, .snr_max = 0.1 }, 4000, 1.9,
        2.1 },
    { "stretch", { .probability = 1, .time_stretch = 0.25 }, 5000, 0.7, 1.1 },
    { "speed", { .probability = 1, .speed = 0.25 }, 5000, 0.95, 1.05 },
    { "pitch", { .probability = 1, .pitch_shift = 2 }, 4000, 0.7, 1.1 },
  };
  float tone[5000];

  for (gsize i = 0; i < 5000; i++)
    tone[i] = 0.5 * sin (0.2 * i);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TrainAugment) augment =
        train_augment_new (&cases[i].config, 16000, 4000, NULL);
    g_autoptr (GRand) rand = train_rand_new (i);

    g_assert_cmpuint (train_augment_source_len (&cases[i].config, 4000), ==,
        cases[i].source_len);
    for (guint k = 0; k < 20; k++) {
      const float *const out =
          train_augment_apply (augment, tone, G_N_ELEMENTS (tone), rand);
      double power = 0;

      for (gsize s = 0; s < 4000; s++)
        power += (double) out[s] * out[s] / (4000 * 0.125);
      g_test_message ("%s: %g", cases[i].name, power);
      g_assert_cmpfloat (power, >=, cases[i].min_power - 1e-3);
      g_assert_cmpfloat (power, <=, cases[i].max_power + 1e-3);
    }
  }
}

static void
test_mask (void)
{
  const TrainMaskConfig config = { 1, 0, 4, 0 };
  const TrainMaskConfig frames = { 0, 1, 0, 100 };
  guint widest = 0;

  for (guint seed = 0; seed < 50; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    float x[16 * 8];
    guint n_masked = 0;

    for (guint i = 0; i < 16 * 8; i++)
      x[i] = i % 2;
    train_mask_apply (&config, rand, x, 16, 8);
    for (guint band = 0; band < 16; band++) {
      for (guint frame = 1; frame < 8; frame++)
        g_assert_true ((x[band * 8 + frame] == 0.5f) == (x[band * 8] == 0.5f));
      n_masked += x[band * 8] == 0.5f;
    }
    g_assert_cmpuint (n_masked, <=, 4);
    widest = MAX (widest, n_masked);
    train_mask_apply (&frames, rand, x, 16, 8);
    for (guint i = 0; i < 8; i++)
      g_assert_true ((x[i] == 0.5f) == (x[15 * 8 + i] == 0.5f) || x[i] == 0.5f
          || x[15 * 8 + i] == 0.5f);
  }
  g_assert_cmpuint (widest, ==, 4);
}

/* The world outside: each kind by itself changes the sound, the same seed gives
 * the same sound, and another seed another. */
static void
test_world (void)
{
  enum { N = 4000, ONE = 3000 };
  g_autoptr (GPtrArray) noises =
      g_ptr_array_new_with_free_func ((GDestroyNotify) train_noise_free);
  TrainNoise *const noise = g_new0 (TrainNoise, 1);
  const TrainAugmentConfig configs[] = {
    { .probability = 1, .position = TRUE },
    { .probability = 1, .equalizer_db = 6 },
    { .probability = 1, .reverb = 0.5 },
    { .probability = 1, .noises = noises, .noise_snr_max = 10 },
    { .probability = 1, .clip_db = 20 },
    { .probability = 1, .band_limits = TRUE },
    { .probability = 1, .mu_law = TRUE },
  };
  float in[ONE], first[N], clean[N] = { 0 };

  noise->n = 500;
  noise->samples = g_new (float, noise->n);
  for (gsize t = 0; t < noise->n; t++)
    noise->samples[t] = sin (1.1 * t);
  g_ptr_array_add (noises, noise);
  for (gsize t = 0; t < ONE; t++)
    in[t] = clean[t] = 0.4 * sin (0.2 * t) + 0.2 * sin (1.9 * t);
  for (gsize i = 0; i < G_N_ELEMENTS (configs); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (TrainAugment) augment =
        train_augment_new (&configs[i], 16000, N, &error);
    guint n_different = 0;

    g_assert_no_error (error);
    g_assert_true (train_augment_is_on (&configs[i]));
    for (guint seed = 0; seed < 4; seed++) {
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      g_autoptr (GRand) same = g_rand_new_with_seed (seed);
      const float *out = train_augment_apply (augment, in, ONE, rand);

      g_assert_cmpint (memcmp (out, clean, sizeof clean), !=, 0);
      if (seed == 0)
        memcpy (first, out, sizeof first);
      n_different += memcmp (out, first, sizeof first) != 0;
      memcpy (first, out, sizeof first);
      out = train_augment_apply (augment, in, ONE, same);
      g_assert_cmpmem (out, sizeof first, first, sizeof first);
    }
    /* mu-law is always the same, and so are all telephones */
    g_assert_cmpuint (n_different, <=, configs[i].mu_law ? 0 : 3);
    g_assert_cmpuint (n_different, >=,
        configs[i].mu_law            ? 0
            : configs[i].band_limits ? 1
                                     : 3);
  }
}

/* Later in the window, whole; or one that fills it, a fifth of it earlier. */
static void
test_position (void)
{
  enum { N = 1000 };
  const TrainAugmentConfig config = { .probability = 1, .position = TRUE };
  g_autoptr (TrainAugment) augment =
      train_augment_new (&config, 16000, N, NULL);
  float ramp[N];
  guint first = N, last = 0;

  for (gsize t = 0; t < N; t++)
    ramp[t] = t + 1;
  for (guint seed = 0; seed < 50; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    const float *out = train_augment_apply (augment, ramp, 400, rand);
    gsize begin = 0;

    while (out[begin] == 0)
      begin++;
    g_assert_cmpuint (begin, <=, 600);
    for (gsize t = 0; t < N; t++)
      g_assert_cmpfloat (
          out[t], ==, t >= begin && t < begin + 400 ? t - begin + 1 : 0);
    first = MIN (first, begin);
    last = MAX (last, begin);
    out = train_augment_apply (augment, ramp, N, rand);
    g_assert_cmpfloat (out[0], >=, 1);
    g_assert_cmpfloat (out[0], <=, N / 5 + 1);
    for (gsize t = 1; t < N; t++)
      g_assert_cmpfloat (out[t], ==, out[0] + t <= N ? out[0] + t : 0);
  }
  g_assert_cmpuint (first, <, 60);
  g_assert_cmpuint (last, >, 540);
}

/* An epoch of the sampler: so many windows, others in the next. */
static void
test_corpora (void)
{
  g_autoptr (TrainCorpus) corpus = new_corpus ((guint[]){ 6, 2, 4 }, 5000);
  const TrainExamplesConfig config = { .recipe = small_recipe (),
    .balance = TRAIN_BALANCE_CORPORA,
    .epoch_windows = 6 };

  for (guint i = 0; i < corpus->items->len; i++)
    train_corpus_item (corpus, i)->data_set = g_strdup ("one");

  g_autoptr (TrainExamples) examples = new_examples (corpus, &config);
  const NnSamples *const samples = train_examples_samples (examples);
  float x[3][16 * 8];

  g_assert_cmpuint (samples->n, ==, 6);
  for (gsize i = 0; i < 6; i++) {
    for (gsize epoch = 0; epoch < 3; epoch++) {
      const NnSampleRequest request = {
        .index = i, .epoch = epoch, .training = TRUE
      };
      float target[N_CLASSES] = { 0 }, weight = 1;

      samples->make (samples->data, &request, x[epoch], target, &weight);
      g_assert_cmpfloat (target[i / 2], ==, 1);
    }
    g_assert_true ((memcmp (x[0], x[1], sizeof x[0]) == 0) == (i / 2 == 1));
  }
}

static void
visit (gpointer data, gsize i)
{
  g_atomic_int_inc ((gint *) data + i);
}

static void
test_parallel (void)
{
  for (guint n_threads = 0; n_threads < 5; n_threads++) {
    gint visits[101] = { 0 };

    train_parallel (n_threads, 100, visit, visits);
    for (guint i = 0; i < 101; i++)
      g_assert_cmpint (visits[i], ==, i < 100);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/examples/plain", test_plain);
  g_test_add_func ("/train/examples/arrangement", test_arrangement);
  g_test_add_func ("/train/examples/kin", test_kin);
  g_test_add_func ("/train/examples/shared", test_shared);
  g_test_add_func ("/train/examples/seed", test_seed);
  g_test_add_func ("/train/examples/copies", test_copies);
  g_test_add_func ("/train/examples/balance", test_balance);
  g_test_add_func ("/train/examples/windows", test_windows);
  g_test_add_func ("/train/examples/voiceless", test_voiceless);
  g_test_add_func ("/train/examples/empty", test_empty);
  g_test_add_func ("/train/augment", test_augment);
  g_test_add_func ("/train/augment/world", test_world);
  g_test_add_func ("/train/augment/position", test_position);
  g_test_add_func ("/train/examples/corpora", test_corpora);
  g_test_add_func ("/train/mask", test_mask);
  g_test_add_func ("/train/parallel", test_parallel);
  return g_test_run ();
}
