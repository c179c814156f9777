/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "gst/train/rand.h"

/* Sounds that stay together: a forest, each item points to another of its unit
 * or to itself. */
static guint
root_of (guint *parents, guint i)
{
  while (parents[i] != i)
    i = parents[i] = parents[parents[i]];
  return i;
}

/* Joins item i with the first one of the same key. */
static void
join_by (GHashTable *first, const char *key, guint *parents, guint i)
{
  gpointer other;

  if (!key)
    return;
  if (!g_hash_table_lookup_extended (first, key, NULL, &other)) {
    g_hash_table_insert (first, (gpointer) key, GUINT_TO_POINTER (i));
    return;
  }

  const guint a = root_of (parents, i);
  const guint b = root_of (parents, GPOINTER_TO_UINT (other));

  parents[MAX (a, b)] = MIN (a, b);
}

/* units[i]: the first item of the unit of item i. Free with g_free. */
static guint *
find_units (const TrainCorpus *corpus, TrainSplitMode mode)
{
  const guint n = corpus->items->len;
  guint *units = g_new (guint, n);
  g_autoptr (GHashTable) recordings =
      g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) digests = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) speakers = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < n; i++) {
    const TrainItem *const item = train_corpus_item (corpus, i);

    units[i] = i;
    join_by (recordings, item->recording, units, i);
    join_by (digests, item->digest, units, i);
    if (mode == TRAIN_SPLIT_SPEAKER)
      join_by (speakers, item->speaker, units, i);
  }
  for (guint i = 0; i < n; i++)
    units[i] = root_of (units, i);
  return units;
}

static gboolean
is_number (const char *text, gsize len)
{
  for (gsize i = 0; i < len; i++)
    if (!g_ascii_isdigit (text[i]))
      return FALSE;
  return len > 0;
}

/* name: "07"; pattern: "07", "7" or "5-9". */
static gboolean
name_matches (const char *name, const char *pattern)
{
  const char *const dash = strchr (pattern, '-');

  if (g_str_equal (name, pattern))
    return TRUE;
  if (!is_number (name, strlen (name)))
    return FALSE;
  if (!dash)
    return is_number (pattern, strlen (pattern))
        && atoll (name) == atoll (pattern);
  return is_number (pattern, dash - pattern)
      && is_number (dash + 1, strlen (dash + 1))
      && atoll (name) >= atoll (pattern) && atoll (name) <= atoll (dash + 1);
}

static gboolean
speaker_matches (const char *speaker, const char *pattern)
{
  const char *const speaker_slash = strchr (speaker, '/');
  const char *const pattern_slash = strchr (pattern, '/');
  const gsize set_len = pattern_slash ? pattern_slash - pattern + 1 : 0;

  if (g_str_equal (speaker, pattern))
    return TRUE;
  if (!speaker_slash || strncmp (speaker, pattern, set_len) != 0)
    return FALSE;
  return name_matches (speaker_slash + 1, pattern + set_len);
}

gboolean
train_speaker_matches (const char *speaker, const char *const *patterns)
{
  for (; *patterns; patterns++)
    if (speaker_matches (speaker, *patterns))
      return TRUE;
  return FALSE;
}

/* A pattern that fits nobody is a mistake. */
static gboolean
check_patterns (
    const TrainCorpus *corpus, const char *const *patterns, GError **error)
{
  for (; patterns && *patterns; patterns++) {
    gboolean found = FALSE;

    for (guint i = 0; i < corpus->items->len && !found; i++)
      found =
          speaker_matches (train_corpus_item (corpus, i)->speaker, *patterns);
    if (!found) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "no speaker is named “%s”", *patterns);
      return FALSE;
    }
  }
  return TRUE;
}

const char *
train_group_of (const TrainItem *item, TrainGroups groups)
{
  if (groups == TRAIN_GROUPS_DATA_SETS)
    return item->data_set;
  return item->language ? item->language : "unknown";
}

/* What the user asked for; TRAIN_SUBSET_NONE: nothing. */
static TrainSubset
wanted_subset (const TrainItem *item, const TrainSplitConfig *config)
{
  if (item->subset != TRAIN_SUBSET_NONE)
    return item->subset;
  if (config->test_group
      && g_str_equal (
          train_group_of (item, config->groups), config->test_group))
    return TRAIN_SUBSET_TEST;
  if (config->validation_group
      && g_str_equal (
          train_group_of (item, config->groups), config->validation_group))
    return TRAIN_SUBSET_VALIDATION;
  if (config->test_speakers
      && train_speaker_matches (item->speaker, config->test_speakers))
    return TRAIN_SUBSET_TEST;
  if (config->validation_speakers
      && train_speaker_matches (item->speaker, config->validation_speakers))
    return TRAIN_SUBSET_VALIDATION;
  return TRAIN_SUBSET_NONE;
}

/* Units in a random order, those of a class together: by class of the first
 * item if `stratified`. Only units of which `free` holds. [*n], g_free. */
static guint *
shuffled_units (const TrainCorpus *corpus, const guint *units,
    const gboolean *is_free, gboolean stratified, guint32 seed, guint *n)
{
  const guint n_classes =
      stratified ? gst_emotion_labels_count (corpus->labels) : 1;
  guint *order = g_new (guint, corpus->items->len);

  *n = 0;
  for (guint c = 0; c < n_classes; c++) {
    const guint first = *n;

    for (guint i = 0; i < corpus->items->len; i++)
      if (units[i] == i && is_free[i]
          && (!stratified || train_corpus_item (corpus, i)->label == c))
        order[(*n)++] = i;
    train_shuffle (order + first, *n - first, seed + c);
  }
  return order;
}

/* Takes `fraction` of the units, spread evenly over their order, so that each
 * class gets its share to within one. At least one of two. */
static void
draw_validation (
    const guint *order, guint n, double fraction, TrainSubset *unit_subsets)
{
  guint n_drawn = 0;

  for (guint k = 0; k < n; k++) {
    const guint share = floor ((k + 1) * fraction + 0.5);

    unit_subsets[order[k]] =
        share > n_drawn ? TRAIN_SUBSET_VALIDATION : TRAIN_SUBSET_TRAIN;
    n_drawn = share;
  }
  if (n_drawn == 0 && n > 1 && fraction > 0)
    unit_subsets[order[0]] = TRAIN_SUBSET_VALIDATION;
}

static gboolean
check_subsets (const TrainSubset *subsets, guint n, gboolean needs_validation,
    GError **error)
{
  gsize count[TRAIN_SUBSET_NONE + 1] = { 0 };

  for (guint i = 0; i < n; i++)
    count[subsets[i]]++;
  if (count[TRAIN_SUBSET_TRAIN] > 0
      && (count[TRAIN_SUBSET_VALIDATION] > 0 || !needs_validation))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
      "no sounds are left for %s, of %u in all",
      count[TRAIN_SUBSET_TRAIN] > 0 ? "validation" : "training", n);
  return FALSE;
}

/* strongest[unit]: the subset among those of its items that others yield to:
 * test, then validation, then training. Free with g_free. */
static TrainSubset *
find_strongest (const guint *units, const TrainSubset *subsets, guint n)
{
  TrainSubset *strongest = g_new (TrainSubset, n);

  for (guint i = 0; i < n; i++)
    strongest[i] = TRAIN_SUBSET_TRAIN;
  for (guint i = 0; i < n; i++)
    if (subsets[i] != TRAIN_SUBSET_NONE)
      strongest[units[i]] = MAX (strongest[units[i]], subsets[i]);
  return strongest;
}

/* Leaves out what must not be where it is. Parts that somebody asked for may
 * part a speaker, but never equal sound. */
static void
split_units (const TrainCorpus *corpus, const guint *units,
    const TrainSubset *wanted, TrainSubset *subsets)
{
  const guint n = corpus->items->len;
  g_autofree guint *sounds = find_units (corpus, TRAIN_SPLIT_STRATIFIED);
  g_autofree TrainSubset *of_sound = find_strongest (sounds, subsets, n);
  g_autofree TrainSubset *of_unit = find_strongest (units, subsets, n);

  for (guint i = 0; i < n; i++) {
    const TrainSubset strongest = wanted[i] != TRAIN_SUBSET_NONE
        ? of_sound[sounds[i]]
        : of_unit[units[i]];

    if (subsets[i] < strongest)
      subsets[i] = TRAIN_SUBSET_NONE;
  }
}

gboolean
train_split (const TrainCorpus *corpus, const TrainSplitConfig *config,
    TrainSubset *subsets, GError **error)
{
  const guint n = corpus->items->len;
  g_autofree guint *units = find_units (corpus, config->mode);
  g_autofree gboolean *is_free = g_new (gboolean, n);
  g_autofree TrainSubset *wanted = g_new (TrainSubset, n);
  g_autofree TrainSubset *drawn = g_new0 (TrainSubset, n);
  gboolean draw = config->validation_speakers == NULL;
  guint n_free;

  if (!check_patterns (corpus, config->validation_speakers, error)
      || !check_patterns (corpus, config->test_speakers, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    is_free[i] = TRUE;
  for (guint i = 0; i < n; i++) {
    wanted[i] = wanted_subset (train_corpus_item (corpus, i), config);
    if (wanted[i] != TRAIN_SUBSET_NONE)
      is_free[units[i]] = FALSE;
    if (wanted[i] == TRAIN_SUBSET_VALIDATION)
      draw = FALSE;
  }

  g_autofree guint *order = shuffled_units (corpus, units, is_free,
      config->mode == TRAIN_SPLIT_STRATIFIED, config->seed, &n_free);

  if (draw)
    draw_validation (order, n_free, config->validation_fraction, drawn);
  for (guint i = 0; i < n; i++)
    subsets[i] = wanted[i] != TRAIN_SUBSET_NONE ? wanted[i] : drawn[units[i]];
  split_units (corpus, units, wanted, subsets);
  return check_subsets (subsets, n, config->validation_fraction > 0, error);
}

gboolean
train_split_fold (const TrainCorpus *corpus, TrainSplitMode mode, guint32 seed,
    guint n_folds, guint fold, TrainSubset *subsets, GError **error)
{
  g_return_val_if_fail (n_folds >= 3 && fold < n_folds, FALSE);

  const guint n = corpus->items->len;
  g_autofree guint *units = find_units (corpus, mode);
  g_autofree gboolean *is_free = g_new (gboolean, n);
  g_autofree guint *fold_of = g_new (guint, n);
  guint n_units;

  for (guint i = 0; i < n; i++)
    is_free[i] = TRUE;

  g_autofree guint *order = shuffled_units (
      corpus, units, is_free, mode == TRAIN_SPLIT_STRATIFIED, seed, &n_units);

  if (n_units < n_folds) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%u folds of %u %s", n_folds, n_units,
        mode == TRAIN_SPLIT_SPEAKER ? "speakers" : "sounds");
    return FALSE;
  }
  for (guint k = 0; k < n_units; k++)
    fold_of[order[k]] = k % n_folds;
  for (guint i = 0; i < n; i++) {
    const guint f = fold_of[units[i]];

    subsets[i] = f == fold          ? TRAIN_SUBSET_TEST
        : f == (fold + 1) % n_folds ? TRAIN_SUBSET_VALIDATION
                                    : TRAIN_SUBSET_TRAIN;
  }
  return check_subsets (subsets, n, TRUE, error);
}
