/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The example of scikit-learn's classification_report:
 *   y_true 0 1 2 2 2, y_pred 0 0 2 2 1
 *             precision recall f1-score support
 *   class 0   0.50      1.00   0.67     1
 *   class 1   0.00      0.00   0.00     1
 *   class 2   1.00      0.67   0.80     3
 *   accuracy 0.60, macro f1 0.49
 * The rest is worked out by hand beside it. */
#include <math.h>
#include "nn/train/metrics.h"

#define N_CLASSES 4 /* the last one never occurs and is never predicted */

/* clang-format off */
static const struct {
  size_t label;
  float probabilities[N_CLASSES];
} predictions[] = {
  { 0, { 0.9f, 0.05f, 0.03f, 0.02f } },
  { 1, { 0.9f, 0.1f,  0,     0     } },
  { 2, { 0.2f, 0.2f,  0.5f,  0.1f  } },
  { 2, { 0.3f, 0.1f,  0.6f,  0     } },
  { 2, { 0.3f, 0.45f, 0.25f, 0     } },
};

static const struct {
  double precision, recall, f1;
  size_t support;
} classes[N_CLASSES] = {
  { 0.5, 1,       2 / 3.0, 1 },
  { 0,   0,       0,       1 },
  { 1,   2 / 3.0, 0.8,     3 },
  { 0,   0,       0,       0 },
};
/* clang-format on */

/* Predictions from..to - 1 of the table. */
static NnMetrics *
metrics_of (size_t from, size_t to)
{
  NnMetrics *metrics = nn_metrics_new (N_CLASSES);

  for (size_t i = from; i < to; i++)
    nn_metrics_add (
        metrics, predictions[i].label, predictions[i].probabilities);
  return metrics;
}

static void
check (const NnMetrics *metrics)
{
  /* Bins: two at 0.9 (one right), one right at 0.5, one right at 0.6, one
   * wrong at 0.45. */
  const double ece = (fabs (1.8 - 1) + 0.5 + 0.4 + 0.45) / 5;
  const double log_loss =
      -(log (0.9) + log (0.1) + log (0.5) + log (0.6) + log (0.25)) / 5;

  g_assert_cmpuint (nn_metrics_count (metrics), ==, 5);
  for (size_t c = 0; c < N_CLASSES; c++) {
    g_assert_cmpfloat_with_epsilon (
        nn_metrics_precision (metrics, c), classes[c].precision, 1e-9);
    g_assert_cmpfloat_with_epsilon (
        nn_metrics_recall (metrics, c), classes[c].recall, 1e-9);
    g_assert_cmpfloat_with_epsilon (
        nn_metrics_f1 (metrics, c), classes[c].f1, 1e-9);
    g_assert_cmpuint (nn_metrics_support (metrics, c), ==, classes[c].support);
  }
  g_assert_cmpuint (nn_metrics_confusion (metrics, 1, 0), ==, 1);
  g_assert_cmpuint (nn_metrics_confusion (metrics, 0, 1), ==, 0);
  g_assert_cmpuint (nn_metrics_confusion (metrics, 2, 1), ==, 1);
  g_assert_cmpfloat_with_epsilon (nn_metrics_accuracy (metrics), 0.6, 1e-9);
  g_assert_cmpfloat_with_epsilon (nn_metrics_uar (metrics), 5 / 9.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (
      nn_metrics_macro_f1 (metrics), (2 / 3.0 + 0.8) / 3, 1e-9);
  g_assert_cmpfloat_with_epsilon (
      nn_metrics_calibration_error (metrics), ece, 1e-6);
  g_assert_cmpfloat_with_epsilon (
      nn_metrics_cross_entropy (metrics), log_loss, 1e-6);
}

static void
test_table (void)
{
  g_autoptr (NnMetrics) metrics = metrics_of (0, 5);

  check (metrics);
}

static void
test_merge (void)
{
  g_autoptr (NnMetrics) metrics = metrics_of (0, 2);
  g_autoptr (NnMetrics) rest = metrics_of (2, 5);

  nn_metrics_merge (metrics, rest);
  check (metrics);
}

/* As numbers, and back. */
static void
test_sums (void)
{
  g_autoptr (NnMetrics) first = metrics_of (0, 2);
  g_autoptr (NnMetrics) metrics = metrics_of (2, 5);
  double sums[2 + 3 * NN_METRICS_BINS + N_CLASSES * N_CLASSES];

  g_assert_cmpuint (nn_metrics_n_sums (N_CLASSES), ==, G_N_ELEMENTS (sums));
  nn_metrics_get_sums (first, sums);
  nn_metrics_add_sums (metrics, sums);
  check (metrics);
}

static void
test_empty (void)
{
  g_autoptr (NnMetrics) metrics = nn_metrics_new (2);

  g_assert_cmpfloat (nn_metrics_accuracy (metrics), ==, 0);
  g_assert_cmpfloat (nn_metrics_uar (metrics), ==, 0);
  g_assert_cmpfloat (nn_metrics_macro_f1 (metrics), ==, 0);
  g_assert_cmpfloat (nn_metrics_cross_entropy (metrics), ==, 0);
  g_assert_cmpfloat (nn_metrics_calibration_error (metrics), ==, 0);
}

/* Certain and right: no calibration error. The first of equal maxima wins, and
 * what cannot happen but did costs a bounded amount. */
static void
test_extremes (void)
{
  g_autoptr (NnMetrics) metrics = nn_metrics_new (2);

  nn_metrics_add (metrics, 1, (float[]){ 0, 1 });
  g_assert_cmpfloat (nn_metrics_calibration_error (metrics), ==, 0);
  g_assert_cmpfloat (nn_metrics_cross_entropy (metrics), ==, 0);
  nn_metrics_add (metrics, 0, (float[]){ 0.5f, 0.5f });
  g_assert_cmpuint (nn_metrics_confusion (metrics, 0, 0), ==, 1);
  nn_metrics_add (metrics, 0, (float[]){ 0, 1 });
  g_assert_cmpfloat_with_epsilon (
      nn_metrics_cross_entropy (metrics), (log (2) - log (1e-7)) / 3, 1e-6);
}

static void
test_wrong_params (void)
{
  g_autoptr (NnMetrics) metrics = nn_metrics_new (2);

  g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*label < self*");
  nn_metrics_add (metrics, 2, (float[]){ 0, 1 });
  g_test_assert_expected_messages ();
  g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*n_classes > 0*");
  g_assert_null (nn_metrics_new (0));
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metrics/table", test_table);
  g_test_add_func ("/metrics/merge", test_merge);
  g_test_add_func ("/metrics/sums", test_sums);
  g_test_add_func ("/metrics/empty", test_empty);
  g_test_add_func ("/metrics/extremes", test_extremes);
  g_test_add_func ("/metrics/wrong-params", test_wrong_params);
  return g_test_run ();
}
