/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/examples.h"

#include <string.h>
#include "dsp/features.h"
#include "gst/train/parallel.h"
#include "gst/train/rand.h"
#include "gst/train/sampler.h"
#include "gst/voice.h"

/* One window of one sound. */
typedef struct {
  guint item;
  gsize offset; /* samples */
  guint copy;   /* 0: plain; else which variation */
} Window;

/* What one thread works with. */
typedef struct {
  DspFeatures *features;
  TrainAugment *augment; /* NULL: off */
  DspRoom *room;         /* of a condition with reverberation, or NULL */
  float *window;         /* [window_len] under a condition, or NULL */
  float *partner;        /* [size], for mixup */
} Scratch;

struct _TrainExamples {
  const TrainCorpus *corpus;
  TrainExamplesConfig config;
  gsize n_bands, n_frames;
  gsize size; /* floats of one sample */
  gsize n_sounds, n_voiceless;
  GArray *windows;       /* of Window: what is different */
  GArray *order;         /* of guint: a window for each example */
  TrainSampler *sampler; /* draws windows in each epoch; NULL: order has them */
  float *cache;          /* [windows][size]; NULL: made anew in each epoch */
  gsize first;           /* window of the cache that this rank makes */
  float *class_weights;  /* [labels]; NULL: all 1 */
  GAsyncQueue *scratches; /* of Scratch, those not in use */
  NnSamples samples;
};

static void
scratch_free (Scratch *scratch)
{
  dsp_features_free (scratch->features);
  train_augment_free (scratch->augment);
  dsp_room_free (scratch->room);
  g_free (scratch->window);
  g_free (scratch->partner);
  g_free (scratch);
}

/* A codec may be missing: better said before than in the middle. */
static gboolean
try_codec (Scratch *scratch, const TrainExamplesConfig *config, GError **error)
{
  const DspRecipe *const recipe = &config->recipe;

  memset (scratch->window, 0, recipe->window_len * sizeof *scratch->window);
  return config->condition->kind != TRAIN_CONDITION_OPUS
      || train_condition_apply (config->condition, NULL, scratch->window,
          recipe->window_len, recipe->rate, NULL, error);
}

static gboolean
setup_condition (
    Scratch *scratch, const TrainExamplesConfig *config, GError **error)
{
  const TrainCondition *const condition = config->condition;
  const DspRecipe *const recipe = &config->recipe;

  if (!condition || condition->kind == TRAIN_CONDITION_CLEAN)
    return TRUE;
  scratch->window = g_new (float, recipe->window_len);
  if (condition->kind == TRAIN_CONDITION_REVERB)
    scratch->room = dsp_room_new (
        recipe->window_len, recipe->rate, condition->value, error);
  if (condition->kind == TRAIN_CONDITION_REVERB && !scratch->room)
    return FALSE;
  return try_codec (scratch, config, error);
}

static Scratch *
scratch_new (const TrainExamplesConfig *config, GError **error)
{
  Scratch *scratch = g_new0 (Scratch, 1);

  scratch->features = dsp_features_new (&config->recipe, error);
  if (scratch->features && train_augment_is_on (&config->augment))
    scratch->augment = train_augment_new (&config->augment, config->recipe.rate,
        config->recipe.window_len, error);
  if (!scratch->features || !setup_condition (scratch, config, error)
      || (train_augment_is_on (&config->augment) && !scratch->augment)) {
    scratch_free (scratch);
    return NULL;
  }
  scratch->partner = g_new (float,
      dsp_features_n_bands (scratch->features)
          * dsp_features_n_frames (scratch->features));
  return scratch;
}

/* The number of a window. Without a sampler all epochs have the same. */
static guint
number_of (const TrainExamples *self, gsize example, gsize epoch)
{
  return self->sampler ? train_sampler_draw (self->sampler, example, epoch)
                       : g_array_index (self->order, guint, example);
}

static const Window *
window_of (const TrainExamples *self, gsize example)
{
  return &g_array_index (self->windows, Window, number_of (self, example, 0));
}

static const TrainItem *
item_of (const TrainExamples *self, const Window *window)
{
  return train_corpus_item (self->corpus, window->item);
}

/* The window under the condition, which is the same each time. */
static const float *
apply_condition (const TrainExamples *self, Scratch *scratch,
    const Window *window, const float *samples, gsize n)
{
  const TrainCondition *const condition = self->config.condition;
  const DspRecipe *const recipe = &self->config.recipe;
  g_autoptr (GRand) rand =
      train_rand_new ((guint64) window->item << 32 ^ window->offset);
  const gsize begin = train_condition_begin (condition, n, recipe->rate, rand);
  g_autoptr (GError) error = NULL;
  const gsize len = MIN (n - begin, recipe->window_len);

  memcpy (scratch->window, samples + begin, len * sizeof *samples);
  memset (
      scratch->window + len, 0, (recipe->window_len - len) * sizeof *samples);
  if (!train_condition_apply (condition, scratch->room, scratch->window,
          recipe->window_len, recipe->rate, rand, &error))
    g_critical ("%s stays as it is: %s", item_of (self, window)->path,
        error->message); /* setup_condition has tried it */
  return scratch->window;
}

/* rand: NULL for the sound as it is. */
static void
compute (const TrainExamples *self, Scratch *scratch, const Window *window,
    GRand *rand, float *x)
{
  const TrainItem *const item = item_of (self, window);
  const float *samples = item->samples + window->offset;
  gsize n = item->n_samples - window->offset;

  if (rand && scratch->augment) {
    samples = train_augment_apply (scratch->augment, samples, n, rand);
    n = self->config.recipe.window_len;
  }
  if (scratch->window) {
    samples = apply_condition (self, scratch, window, samples, n);
    n = self->config.recipe.window_len;
  }
  dsp_features_compute (
      scratch->features, samples, MIN (n, self->config.recipe.window_len), x);
}

/* Features that stay the same. */
static void
compute_cached (gpointer data, gsize number)
{
  const TrainExamples *const self = data;
  const gsize i = self->first + number;
  const Window *const window = &g_array_index (self->windows, Window, i);
  Scratch *const scratch = g_async_queue_pop (self->scratches);
  g_autoptr (GRand) rand = NULL;

  if (window->copy > 0)
    rand = train_rand_new ((guint64) self->config.seed << 32 ^ i);
  compute (self, scratch, window, rand, self->cache + i * self->size);
  g_async_queue_push (self->scratches, scratch);
}

/* Features of a window as one epoch sees them. */
static void
make_features (const TrainExamples *self, Scratch *scratch, guint number,
    GRand *rand, float *x)
{
  if (self->cache)
    memcpy (x, self->cache + number * self->size, self->size * sizeof *x);
  else
    compute (
        self, scratch, &g_array_index (self->windows, Window, number), rand, x);
  if (rand)
    train_mask_apply (
        &self->config.mask, rand, x, self->n_bands, self->n_frames);
}

static void
mix_in (const TrainExamples *self, Scratch *scratch, gsize epoch, GRand *rand,
    float *x, float *target, float *weight)
{
  const gsize partner = g_rand_int_range (rand, 0, self->samples.n);
  const guint label = train_examples_label (self, partner);
  const float share = train_rand_beta (rand, self->config.mixup);

  make_features (
      self, scratch, number_of (self, partner, epoch), rand, scratch->partner);
  for (gsize i = 0; i < self->size; i++)
    x[i] = share * x[i] + (1 - share) * scratch->partner[i];
  for (guint c = 0; c < gst_emotion_labels_count (self->corpus->labels); c++)
    target[c] *= share;
  target[label] += 1 - share;
  if (self->class_weights)
    *weight = share * *weight + (1 - share) * self->class_weights[label];
}

/* NnSamples.make: any thread. */
static void
make (gpointer data, const NnSampleRequest *request, float *x, float *target,
    float *weight)
{
  const TrainExamples *const self = data;
  const guint label = train_examples_label (self, request->index);
  Scratch *const scratch = g_async_queue_pop (self->scratches);
  g_autoptr (GRand) rand =
      request->training ? train_rand_new (request->seed) : NULL;

  make_features (
      self, scratch, number_of (self, request->index, request->epoch), rand, x);
  target[label] = 1;
  if (self->class_weights)
    *weight = self->class_weights[label];
  if (rand && self->config.mixup > 0)
    mix_in (self, scratch, request->epoch, rand, x, target, weight);
  g_async_queue_push (self->scratches, scratch);
}

/* Which windows of item i are used, [n]; NULL: all. FALSE and an error if
 * the detector cannot be had. */
static gboolean
choose_windows (
    TrainExamples *self, guint i, gsize n, gboolean **used, GError **error)
{
  const DspRecipe *const recipe = &self->config.recipe;
  const TrainItem *const item = train_corpus_item (self->corpus, i);
  g_autofree float *voice = NULL;
  gsize n_used = 0;

  *used = NULL;
  if (n < 2 || self->config.min_voice <= 0)
    return TRUE;
  voice = g_new (float, n);
  if (!gst_emotion_voice_of_windows (item->samples, item->n_samples,
          recipe->rate, recipe->window_len, voice, n, error))
    return FALSE;
  *used = g_new (gboolean, n);
  for (gsize w = 0; w < n; w++) {
    (*used)[w] = voice[w] >= self->config.min_voice;
    n_used += (*used)[w];
  }
  (*used)[0] |= n_used == 0;
  self->n_voiceless += n - MAX (n_used, 1);
  return TRUE;
}

/* Plain windows of the whole subset, and once more for each copy. */
static gboolean
add_items (TrainExamples *self, const TrainSubset *subsets, TrainSubset subset,
    GError **error)
{
  const DspRecipe *const recipe = &self->config.recipe;
  guint n_plain;

  for (guint i = 0; i < self->corpus->items->len; i++) {
    g_autofree gboolean *used = NULL;
    gsize n_windows = 1;

    if (subsets && subsets[i] != subset)
      continue;
    if (self->config.all_windows)
      n_windows = dsp_recipe_n_windows (
          recipe, train_corpus_item (self->corpus, i)->n_samples);
    if (!choose_windows (self, i, n_windows, &used, error))
      return FALSE;
    for (gsize w = 0; w < n_windows; w++) {
      const Window window = { i, w * recipe->window_len, 0 };

      if (!used || used[w])
        g_array_append_val (self->windows, window);
    }
    self->n_sounds++;
  }
  n_plain = self->windows->len;
  for (guint copy = 1; copy <= self->config.n_copies; copy++)
    for (guint i = 0; i < n_plain; i++) {
      Window window = g_array_index (self->windows, Window, i);

      window.copy = copy;
      g_array_append_val (self->windows, window);
    }
  for (guint i = 0; i < self->windows->len; i++)
    g_array_append_val (self->order, i);
  return TRUE;
}

/* Repeats examples of the smaller classes at random: each class gets whole
 * rounds of its examples and a random part of one more. */
static void
oversample (TrainExamples *self)
{
  const guint n_labels = gst_emotion_labels_count (self->corpus->labels);
  const guint n = self->order->len;
  g_autofree guint *members = g_new (guint, n);
  g_autofree guint *counts = g_new0 (guint, n_labels);
  guint most = 0;

  for (guint i = 0; i < n; i++)
    counts[train_examples_label (self, i)]++;
  for (guint c = 0; c < n_labels; c++)
    most = MAX (most, counts[c]);
  for (guint c = 0; c < n_labels; c++) {
    guint n_members = 0;

    for (guint i = 0; i < n; i++)
      if (train_examples_label (self, i) == c)
        members[n_members++] = i;
    train_shuffle (members, n_members, self->config.seed + c);
    for (guint k = 0; n_members > 0 && k < most - n_members; k++)
      g_array_append_val (self->order, members[k % n_members]);
  }
}

static void
setup_sampler (TrainExamples *self)
{
  self->sampler = train_sampler_new (self->config.seed);
  for (guint i = 0; i < self->windows->len; i++) {
    const TrainItem *const item =
        item_of (self, &g_array_index (self->windows, Window, i));

    train_sampler_add (self->sampler, item->data_set, item->label, i);
  }
  train_sampler_finish (self->sampler, self->config.epoch_windows);
}

static void
balance (TrainExamples *self)
{
  const guint n_labels = gst_emotion_labels_count (self->corpus->labels);
  g_autofree int *labels = g_new (int, self->order->len);

  if (self->config.balance == TRAIN_BALANCE_OVERSAMPLE)
    oversample (self);
  if (self->config.balance == TRAIN_BALANCE_CORPORA)
    setup_sampler (self);
  if (self->config.balance != TRAIN_BALANCE_WEIGHTS)
    return;
  for (guint i = 0; i < self->order->len; i++)
    labels[i] = train_examples_label (self, i);
  self->class_weights = g_new (float, n_labels);
  nn_balanced_class_weights (
      labels, self->order->len, n_labels, self->class_weights);
}

static gboolean
setup_scratches (TrainExamples *self, GError **error)
{
  for (guint i = 0; i < MAX (self->config.n_threads, 1); i++) {
    Scratch *const scratch = scratch_new (&self->config, error);

    if (!scratch)
      return FALSE;
    g_async_queue_push (self->scratches, scratch);
    self->n_bands = dsp_features_n_bands (scratch->features);
    self->n_frames = dsp_features_n_frames (scratch->features);
  }
  self->size = self->n_bands * self->n_frames;
  return TRUE;
}

/* Plain features and copies stay the same; variations of an epoch do not. */
static gboolean
setup_cache (TrainExamples *self, GError **error)
{
  const NnComm *const comm = self->config.comm;
  const size_t rank = nn_comm_rank (comm);
  g_autofree size_t *cut = nn_comm_cut (comm, self->windows->len);

  if (train_augment_is_on (&self->config.augment) && self->config.n_copies == 0)
    return TRUE;
  self->cache = g_try_new (float, (gsize) self->windows->len * self->size);
  if (nn_comm_any (comm, self->cache == NULL)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
        "not enough memory for the features of %u windows", self->windows->len);
    return FALSE;
  }
  self->first = cut[rank];
  train_parallel (
      self->config.n_threads, cut[rank + 1] - cut[rank], compute_cached, self);
  nn_comm_gather_rows (
      comm, self->cache, cut, self->size * sizeof *self->cache);
  return TRUE;
}

TrainExamples *
train_examples_new (const TrainCorpus *corpus, const TrainSubset *subsets,
    TrainSubset subset, const TrainExamplesConfig *config, GError **error)
{
  g_autoptr (TrainExamples) self = g_new0 (TrainExamples, 1);

  self->corpus = corpus;
  self->config = *config;
  self->config.augment.noises = corpus->noises;
  if (!train_augment_is_on (&config->augment))
    self->config.n_copies = 0;
  self->windows = g_array_new (FALSE, FALSE, sizeof (Window));
  self->order = g_array_new (FALSE, FALSE, sizeof (guint));
  self->scratches = g_async_queue_new_full ((GDestroyNotify) scratch_free);
  if (!add_items (self, subsets, subset, error))
    return NULL;
  if (self->order->len == 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
        "this subset contains no sounds");
    return NULL;
  }
  balance (self);
  if (!setup_scratches (self, error) || !setup_cache (self, error))
    return NULL;
  self->samples =
      (NnSamples){ .n = self->sampler ? train_sampler_size (self->sampler)
                                      : self->order->len,
        .data = self,
        .make = make };
  return g_steal_pointer (&self);
}

void
train_examples_free (TrainExamples *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->windows, g_array_unref);
  g_clear_pointer (&self->order, g_array_unref);
  g_clear_pointer (&self->sampler, train_sampler_free);
  g_clear_pointer (&self->scratches, g_async_queue_unref);
  g_clear_pointer (&self->cache, g_free);
  g_clear_pointer (&self->class_weights, g_free);
  g_free (self);
}

const NnSamples *
train_examples_samples (const TrainExamples *self)
{
  return &self->samples;
}

gsize
train_examples_n (const TrainExamples *self)
{
  return self->samples.n;
}

gsize
train_examples_n_sounds (const TrainExamples *self)
{
  return self->n_sounds;
}

gsize
train_examples_n_voiceless (const TrainExamples *self)
{
  return self->n_voiceless;
}

guint
train_examples_label (const TrainExamples *self, gsize i)
{
  return item_of (self, window_of (self, i))->label;
}

const TrainItem *
train_examples_item (const TrainExamples *self, gsize i)
{
  return item_of (self, window_of (self, i));
}
