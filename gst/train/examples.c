/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/examples.h"

#include <string.h>
#include "dsp/features.h"
#include "gst/train/kin.h"
#include "gst/train/parallel.h"
#include "gst/train/rand.h"
#include "gst/train/sampler.h"
#include "gst/voice.h"

/* One window of one sound. */
typedef struct {
  gboolean has_label; /* else it is of the corpus of unlabelled sounds */
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
  float *partner;        /* [size], for mixup; then to turn the features */
  float *partner_answer; /* [labels]: the teacher's */
} Scratch;

struct _TrainExamples {
  const TrainCorpus *corpus;
  TrainExamplesConfig config;
  gsize n_bands, n_frames;
  gsize size; /* floats of one sample */
  gsize n_sounds, n_voiceless;
  GArray *windows;       /* of Window: what is different */
  GArray *order;         /* of guint: a window for each labelled example */
  TrainSampler *sampler; /* draws windows in each epoch; NULL: order has them */
  gsize n_labelled;      /* examples; the others come behind them */
  TrainSampler *unlabelled; /* draws their windows; NULL: there are none */
  float *cache;             /* [windows][size]; NULL: made anew in each epoch */
  float *answers; /* [windows][labels]: the teacher's; NULL: likewise, or there
                     is none */
  gsize first;    /* window of the cache that this rank makes */
  float *class_weights;   /* [labels]; NULL: all 1 */
  GAsyncQueue *scratches; /* of Scratch, those not in use */
  TrainKin kin;
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
  g_free (scratch->partner_answer);
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

static guint
n_labels (const TrainExamples *self)
{
  return gst_emotion_labels_count (self->corpus->labels);
}

static Scratch *
scratch_new (const TrainExamples *self, GError **error)
{
  const TrainExamplesConfig *const config = &self->config;
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
  scratch->partner_answer = g_new0 (float, n_labels (self));
  return scratch;
}

/* The number of a window. Without a sampler all epochs have the same. */
static guint
number_of (const TrainExamples *self, gsize example, gsize epoch)
{
  if (example >= self->n_labelled)
    return train_sampler_draw (
        self->unlabelled, example - self->n_labelled, epoch);
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
  return train_corpus_item (
      window->has_label ? self->corpus : self->corpus->unlabelled,
      window->item);
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

/* rand: NULL for the sound as it is. answer [labels]: the teacher's, or NULL.
 */
static void
compute (const TrainExamples *self, Scratch *scratch, const Window *window,
    GRand *rand, float *x, float *answer)
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
  n = MIN (n, self->config.recipe.window_len);
  dsp_features_compute (scratch->features, samples, n, x);
  if (answer)
    train_teacher_ask (self->config.teacher, samples, n, answer);
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
  compute (self, scratch, window, rand, self->cache + i * self->size,
      self->answers ? self->answers + i * n_labels (self) : NULL);
  g_async_queue_push (self->scratches, scratch);
}

/* Features of a window as one epoch sees them. */
static void
make_features (const TrainExamples *self, Scratch *scratch, guint number,
    GRand *rand, float *x, float *answer)
{
  if (self->cache) {
    memcpy (x, self->cache + number * self->size, self->size * sizeof *x);
    if (answer)
      memcpy (answer, self->answers + number * n_labels (self),
          n_labels (self) * sizeof *answer);
  } else
    compute (self, scratch, &g_array_index (self->windows, Window, number),
        rand, x, answer);
  if (rand)
    train_mask_apply (
        &self->config.mask, rand, x, self->n_bands, self->n_frames);
}

static float
weight_of (const TrainExamples *self, guint label)
{
  return self->class_weights && label != TRAIN_NO_LABEL
      ? self->class_weights[label]
      : 1;
}

/* The teacher's answers are mixed as the labels are. */
static void
mix_in (const TrainExamples *self, Scratch *scratch, gsize epoch, GRand *rand,
    float *x, float *target, float *answer, float *weight)
{
  const gsize partner = g_rand_int_range (rand, 0, self->samples.n);
  const guint label = train_examples_label (self, partner);
  const float share = train_rand_beta (rand, self->config.mixup);

  make_features (self, scratch, number_of (self, partner, epoch), rand,
      scratch->partner, answer ? scratch->partner_answer : NULL);
  for (gsize i = 0; i < self->size; i++)
    x[i] = share * x[i] + (1 - share) * scratch->partner[i];
  for (guint c = 0; c < n_labels (self); c++)
    target[c] *= share;
  for (guint c = 0; answer && c < n_labels (self); c++)
    answer[c] = share * answer[c] + (1 - share) * scratch->partner_answer[c];
  if (label != TRAIN_NO_LABEL)
    train_kin_add (&self->kin, label, 1 - share, target);
  if (self->class_weights)
    *weight = share * *weight + (1 - share) * weight_of (self, label);
}

/* As the network takes it. */
static void
arrange (const TrainExamples *self, Scratch *scratch, float *x)
{
  if (self->config.arrangement == GST_EMOTION_AS_THEY_ARE)
    return;
  gst_emotion_arrange (
      self->config.arrangement, &self->config.recipe, x, scratch->partner);
  memcpy (x, scratch->partner, self->size * sizeof *x);
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

  make_features (self, scratch,
      number_of (self, request->index, request->epoch), rand, x,
      request->teacher);
  if (label != TRAIN_NO_LABEL)
    train_kin_add (&self->kin, label, 1, target);
  *weight = weight_of (self, label);
  if (rand && self->config.mixup > 0)
    mix_in (self, scratch, request->epoch, rand, x, target, request->teacher,
        weight);
  arrange (self, scratch, x);
  g_async_queue_push (self->scratches, scratch);
}

/* Which windows of an item are used, [n]; NULL: all. FALSE and an error if
 * the detector cannot be had. */
static gboolean
choose_windows (TrainExamples *self, const TrainItem *item, gsize n,
    gboolean **used, GError **error)
{
  const DspRecipe *const recipe = &self->config.recipe;
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

/* The plain windows of item i. */
static gboolean
add_item (TrainExamples *self, gboolean has_label, guint i, GError **error)
{
  const DspRecipe *const recipe = &self->config.recipe;
  const Window first = { .has_label = has_label, .item = i };
  const TrainItem *const item = item_of (self, &first);
  const gsize n_windows = self->config.all_windows
      ? dsp_recipe_n_windows (recipe, item->n_samples)
      : 1;
  g_autofree gboolean *used = NULL;

  if (!choose_windows (self, item, n_windows, &used, error))
    return FALSE;
  for (gsize w = 0; w < n_windows; w++) {
    Window window = first;

    window.offset = w * recipe->window_len;
    if (!used || used[w])
      g_array_append_val (self->windows, window);
  }
  return TRUE;
}

/* Plain windows of the whole subset and without a label, and once more for each
 * copy. */
static gboolean
add_items (TrainExamples *self, const TrainSubset *subsets, TrainSubset subset,
    GError **error)
{
  const TrainCorpus *const unlabelled =
      self->config.teacher ? self->corpus->unlabelled : NULL;
  guint n_plain;

  for (guint i = 0; i < self->corpus->items->len; i++) {
    if (subsets && subsets[i] != subset)
      continue;
    if (!add_item (self, TRUE, i, error))
      return FALSE;
    self->n_sounds++;
  }
  for (guint i = 0; unlabelled && i < unlabelled->items->len; i++)
    if (!add_item (self, FALSE, i, error))
      return FALSE;
  n_plain = self->windows->len;
  for (guint copy = 1; copy <= self->config.n_copies; copy++)
    for (guint i = 0; i < n_plain; i++) {
      Window window = g_array_index (self->windows, Window, i);

      window.copy = copy;
      g_array_append_val (self->windows, window);
    }
  for (guint i = 0; i < self->windows->len; i++)
    if (g_array_index (self->windows, Window, i).has_label)
      g_array_append_val (self->order, i);
  self->n_labelled = self->order->len;
  return TRUE;
}

/* Repeats examples of the smaller classes at random: each class gets whole
 * rounds of its examples and a random part of one more. */
static void
oversample (TrainExamples *self)
{
  const guint n = self->order->len;
  g_autofree guint *members = g_new (guint, n);
  g_autofree guint *counts = g_new0 (guint, n_labels (self));
  guint most = 0;

  for (guint i = 0; i < n; i++)
    counts[train_examples_label (self, i)]++;
  for (guint c = 0; c < n_labels (self); c++)
    most = MAX (most, counts[c]);
  for (guint c = 0; c < n_labels (self); c++) {
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
    const Window *const window = &g_array_index (self->windows, Window, i);
    const TrainItem *const item = item_of (self, window);

    if (window->has_label)
      train_sampler_add (self->sampler, item->data_set, item->label, i);
  }
  train_sampler_finish (self->sampler, self->config.epoch_windows);
}

/* Those of no label, by turns. */
static void
setup_unlabelled (TrainExamples *self)
{
  gsize n = 0;

  for (guint i = 0; i < self->windows->len; i++) {
    if (g_array_index (self->windows, Window, i).has_label)
      continue;
    if (!self->unlabelled)
      self->unlabelled = train_sampler_new (self->config.seed);
    train_sampler_add (self->unlabelled, "", TRAIN_NO_LABEL, i);
    n++;
  }
  if (self->unlabelled)
    train_sampler_finish (self->unlabelled, MIN (n, self->n_labelled));
}

static void
balance (TrainExamples *self)
{
  g_autofree int *labels = g_new (int, self->order->len);

  if (self->config.balance == TRAIN_BALANCE_OVERSAMPLE)
    oversample (self);
  if (self->config.balance == TRAIN_BALANCE_CORPORA)
    setup_sampler (self);
  if (self->config.balance != TRAIN_BALANCE_WEIGHTS)
    return;
  for (guint i = 0; i < self->order->len; i++)
    labels[i] = train_examples_label (self, i);
  self->class_weights = g_new (float, n_labels (self));
  nn_balanced_class_weights (
      labels, self->order->len, n_labels (self), self->class_weights);
}

static gboolean
setup_scratches (TrainExamples *self, GError **error)
{
  for (guint i = 0; i < MAX (self->config.n_threads, 1); i++) {
    Scratch *const scratch = scratch_new (self, error);

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
  if (self->config.teacher)
    self->answers = g_new (float, (gsize) self->windows->len *n_labels (self));
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
  if (self->answers)
    nn_comm_gather_rows (
        comm, self->answers, cut, n_labels (self) * sizeof *self->answers);
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
  self->n_labelled =
      self->sampler ? train_sampler_size (self->sampler) : self->order->len;
  setup_unlabelled (self);
  if (!train_kin_parse (config->kin, corpus->labels, &self->kin, error)
      || !setup_scratches (self, error) || !setup_cache (self, error))
    return NULL;
  self->samples = (NnSamples){ .n = self->n_labelled
        + (self->unlabelled ? train_sampler_size (self->unlabelled) : 0),
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
  g_clear_pointer (&self->unlabelled, train_sampler_free);
  g_clear_pointer (&self->answers, g_free);
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
