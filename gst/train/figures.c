/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "gst/train/rand.h"
#include "nn/train/metrics.h"

#define N_RESAMPLES 1000
#define LEAST_PROBABILITY 1e-7f /* as Keras clips it */

double
train_temperature (guint i)
{
  return exp2 (0.25 * i - 1);
}

void
train_figures_cool (
    const float *probabilities, guint n, double temperature, float *out)
{
  double sum = 0;

  for (guint c = 0; c < n; c++) {
    const double p = fmaxf (probabilities[c], LEAST_PROBABILITY);

    out[c] = pow (p, 1 / temperature);
    sum += out[c];
  }
  for (guint c = 0; c < n; c++)
    out[c] /= sum;
}

/* ---- the bootstrap ---- */

/* What one speaker came to: [n_classes] each. */
typedef struct {
  guint *n, *hits;
} Speaker;

static void
speaker_free (gpointer data)
{
  Speaker *const speaker = data;

  g_free (speaker->n);
  g_free (speaker->hits);
  g_free (speaker);
}

/* The mean over the classes that occur. indices: of speakers, [n]; NULL: each
 * once. */
static double
uar_of (const GPtrArray *speakers, const guint *indices, guint n_classes)
{
  double sum = 0;
  guint n_occur = 0;

  for (guint c = 0; c < n_classes; c++) {
    gsize n = 0, hits = 0;

    for (guint i = 0; i < speakers->len; i++) {
      const Speaker *const speaker =
          g_ptr_array_index (speakers, indices ? indices[i] : i);

      n += speaker->n[c];
      hits += speaker->hits[c];
    }
    sum += n > 0 ? (double) hits / n : 0;
    n_occur += n > 0;
  }
  return n_occur > 0 ? sum / n_occur : 0;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static TrainInterval
bootstrap (const GPtrArray *speakers, guint n_classes, guint32 seed)
{
  TrainInterval interval = { uar_of (speakers, NULL, n_classes), NAN, NAN };
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autofree guint *indices = g_new (guint, speakers->len);
  g_autofree double *values = g_new (double, N_RESAMPLES);

  if (speakers->len < 2)
    return interval;
  for (guint k = 0; k < N_RESAMPLES; k++) {
    for (guint i = 0; i < speakers->len; i++)
      indices[i] = g_rand_int_range (rand, 0, speakers->len);
    values[k] = uar_of (speakers, indices, n_classes);
  }
  qsort (values, N_RESAMPLES, sizeof *values, compare_doubles);
  interval.low = values[N_RESAMPLES / 40];
  interval.high = values[N_RESAMPLES - 1 - N_RESAMPLES / 40];
  return interval;
}

/* ---- figures ---- */

static guint
argmax (const float *values, guint n, const gboolean *allowed)
{
  guint best = n;

  for (guint c = 0; c < n; c++)
    if ((!allowed || allowed[c]) && (best == n || values[c] > values[best]))
      best = c;
  return best;
}

/* allowed: NULL for all classes. */
static GPtrArray *
count_speakers (const TrainOutcome *outcomes, gsize n, guint n_classes,
    const gboolean *allowed)
{
  GPtrArray *speakers = g_ptr_array_new_with_free_func (speaker_free);
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < n; i++) {
    const TrainOutcome *const outcome = &outcomes[i];
    Speaker *speaker = g_hash_table_lookup (by_name, outcome->speaker);

    if (!speaker) {
      speaker = g_new0 (Speaker, 1);
      speaker->n = g_new0 (guint, n_classes);
      speaker->hits = g_new0 (guint, n_classes);
      g_hash_table_insert (by_name, (gpointer) outcome->speaker, speaker);
      g_ptr_array_add (speakers, speaker);
    }
    speaker->n[outcome->label]++;
    speaker->hits[outcome->label] +=
        argmax (outcome->probabilities, n_classes, allowed) == outcome->label;
  }
  return speakers;
}

static void
try_temperature (const TrainOutcome *outcomes, gsize n, guint n_classes,
    double temperature, double *cross_entropy, double *calibration_error)
{
  g_autoptr (NnMetrics) metrics = nn_metrics_new (n_classes);
  g_autofree float *cooled = g_new (float, n_classes);

  for (gsize i = 0; i < n; i++) {
    train_figures_cool (
        outcomes[i].probabilities, n_classes, temperature, cooled);
    nn_metrics_add (metrics, outcomes[i].label, cooled);
  }
  *cross_entropy = nn_metrics_cross_entropy (metrics);
  *calibration_error = nn_metrics_calibration_error (metrics);
}

double
train_threshold (guint i)
{
  return 0.05 * (i + 1);
}

static void
try_threshold (const TrainOutcome *outcomes, gsize n, guint n_classes,
    double threshold, double *answered, double *accuracy)
{
  gsize n_answered = 0, n_right = 0;

  for (gsize i = 0; i < n; i++) {
    const guint said = argmax (outcomes[i].probabilities, n_classes, NULL);

    if (outcomes[i].probabilities[said] < threshold)
      continue;
    n_answered++;
    n_right += said == outcomes[i].label;
  }
  *answered = (double) n_answered / n;
  *accuracy = n_answered > 0 ? (double) n_right / n_answered : 0;
}

void
train_figures_compute (const TrainOutcome *outcomes, gsize n, guint n_classes,
    guint32 seed, TrainFigures *figures)
{
  g_autofree gboolean *occurs = g_new0 (gboolean, n_classes);
  g_autoptr (GPtrArray) speakers = NULL;
  g_autoptr (GPtrArray) restricted = NULL;
  g_autoptr (NnMetrics) metrics = nn_metrics_new (n_classes);

  g_return_if_fail (n > 0);
  for (gsize i = 0; i < n; i++) {
    occurs[outcomes[i].label] = TRUE;
    nn_metrics_add (metrics, outcomes[i].label, outcomes[i].probabilities);
  }
  speakers = count_speakers (outcomes, n, n_classes, NULL);
  restricted = count_speakers (outcomes, n, n_classes, occurs);
  *figures = (TrainFigures){ .n_windows = n,
    .n_speakers = speakers->len,
    .uar = bootstrap (speakers, n_classes, seed),
    .restricted = bootstrap (restricted, n_classes, seed),
    .calibration_error = nn_metrics_calibration_error (metrics) };
  for (guint c = 0; c < n_classes; c++)
    figures->n_classes += occurs[c];
  for (guint i = 0; i < TRAIN_N_TEMPERATURES; i++)
    try_temperature (outcomes, n, n_classes, train_temperature (i),
        &figures->cross_entropy_at[i], &figures->calibration_error_at[i]);
  for (guint i = 0; i < TRAIN_N_THRESHOLDS; i++)
    try_threshold (outcomes, n, n_classes, train_threshold (i),
        &figures->answered_at[i], &figures->accuracy_at[i]);
}

guint
train_figures_best_temperature (const TrainFigures *const *sets, gsize n_sets)
{
  double least = INFINITY;
  guint best = 4; /* 1: nothing changes */

  for (guint i = 0; i < TRAIN_N_TEMPERATURES; i++) {
    double sum = 0;

    for (gsize s = 0; s < n_sets; s++)
      sum += sets[s]->cross_entropy_at[i];
    if (n_sets > 0 && sum < least) {
      least = sum;
      best = i;
    }
  }
  return best;
}

/* ---- text ---- */

static void
append_interval (GString *text, const TrainInterval *interval)
{
  g_string_append_printf (text, "  %.3f", interval->value);
  if (isnan (interval->low))
    g_string_append_printf (text, " %13s", "");
  else
    g_string_append_printf (
        text, " [%.3f %.3f]", interval->low, interval->high);
}

void
train_figures_append_heading (GString *text)
{
  g_string_append_printf (text, "%-24s%8s%9s%8s  %-19s  %-19s    ECE\n",
      "data set", "windows", "speakers", "chance", "UAR [95 %]",
      "restricted [95 %]");
}

void
train_figures_append_row (
    GString *text, const char *name, const TrainFigures *figures)
{
  g_string_append_printf (text, "%-24s%8zu%9u%8.3f", name, figures->n_windows,
      figures->n_speakers, 1.0 / figures->n_classes);
  append_interval (text, &figures->uar);
  append_interval (text, &figures->restricted);
  g_string_append_printf (text, "  %.3f\n", figures->calibration_error);
}
