/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nn/train/loss.h against its formula, written from the logits, and its
 * gradients against differences. */
#include <math.h>
#include <string.h>
#include "nn/train/loss.h"
#include <glib.h>

#define N 4
#define STEP 1e-6

static const struct {
  const char *name;
  NnLoss loss;
  float target[N];
  bool is_taught;
} cases[] = {
  { "labels", { N, 0, 0, 1 }, { 0, 1, 0, 0 }, false },
  { "smoothed", { N, 0.1, 0, 1 }, { 0, 1, 0, 0 }, false },
  { "mixed", { N, 0.1, 0, 1 }, { 0, 0.25, 0.75, 0 }, false },
  { "teacher", { N, 0, 0.5, 1 }, { 0, 1, 0, 0 }, true },
  { "warm", { N, 0, 0.7, 4 }, { 0, 0, 0, 1 }, true },
  { "cold", { N, 0.05, 0.3, 0.5 }, { 1, 0, 0, 0 }, true },
  { "teacher-alone", { N, 0.1, 1, 3 }, { 0, 1, 0, 0 }, true },
  { "no-label", { N, 0.1, 0.4, 2 }, { 0 }, true },
  { "half-a-label", { N, 0.2, 0.4, 2 }, { 0, 0.4, 0, 0 }, true },
};

static const double logits[N] = { 0.7, -1.1, 2.3, 0.2 };
static const double teacher_logits[N] = { 1.9, 0.4, -0.6, -2.5 };

static void
softmax (const double *z, double temperature, double *p)
{
  double sum = 0;

  for (size_t c = 0; c < N; c++)
    sum += p[c] = exp (z[c] / temperature);
  for (size_t c = 0; c < N; c++)
    p[c] /= sum;
}

static void
to_floats (const double *from, float *to)
{
  for (size_t c = 0; c < N; c++)
    to[c] = from[c];
}

/* Hinton's formula for case i at logits z. */
static double
reference (size_t i, const double *z)
{
  const NnLoss *const loss = &cases[i].loss;
  const double t = loss->temperature;
  double p[N], warm[N], teacher[N], mass = 0, of_labels = 0, of_teacher = 0;

  softmax (z, 1, p);
  softmax (z, t, warm);
  softmax (teacher_logits, t, teacher);
  for (size_t c = 0; c < N; c++)
    mass += cases[i].target[c];
  for (size_t c = 0; c < N; c++) {
    of_labels -= ((1 - loss->smoothing) * cases[i].target[c]
                     + loss->smoothing * mass / N)
        * log (p[c]);
    of_teacher -= teacher[c] * log (warm[c]);
  }
  return cases[i].is_taught ? (1 - loss->teacher_weight) * of_labels
          + loss->teacher_weight * t * t * of_teacher
                            : of_labels;
}

static void
test_loss (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  double p[N], teacher[N];
  float p_f[N], teacher_f[N], of_logits[N], of_p[N];

  softmax (logits, 1, p);
  softmax (teacher_logits, 1, teacher);
  to_floats (p, p_f);
  to_floats (teacher, teacher_f);

  const float *const taught = cases[i].is_taught ? teacher_f : NULL;

  g_assert_cmpfloat_with_epsilon (
      nn_loss (&cases[i].loss, cases[i].target, taught, p_f),
      reference (i, logits), 1e-5);
  nn_loss_gradient (
      &cases[i].loss, cases[i].target, taught, p_f, true, 2, of_logits);
  nn_loss_gradient (
      &cases[i].loss, cases[i].target, taught, p_f, false, 2, of_p);
  for (size_t c = 0; c < N; c++) {
    double up[N], down[N], chained = 0;

    memcpy (up, logits, sizeof up);
    memcpy (down, logits, sizeof down);
    up[c] += STEP;
    down[c] -= STEP;

    const double difference =
        (reference (i, up) - reference (i, down)) / (2 * STEP);

    g_assert_cmpfloat_with_epsilon (of_logits[c], 2 * difference, 1e-4);
    /* Through the softmax by hand: dp_k / dz_c = p_k (delta_kc - p_c). */
    for (size_t k = 0; k < N; k++)
      chained += of_p[k] * p[k] * ((k == c) - p[c]);
    g_assert_cmpfloat_with_epsilon (chained, 2 * difference, 1e-4);
  }
}

/* Probabilities that no float holds: nothing that is not finite comes out. */
static void
test_extremes (void)
{
  static const float one[N] = { 1, 0, 0, 0 }, other[N] = { 0, 0, 1, 0 };
  const NnLoss loss = { N, 0, 0.5, 0.05 };
  float gradient[N];

  g_assert_true (isfinite (nn_loss (&loss, one, other, one)));
  for (int of_softmax = 0; of_softmax < 2; of_softmax++) {
    nn_loss_gradient (&loss, one, other, one, of_softmax, 1, gradient);
    for (size_t c = 0; c < N; c++)
      g_assert_true (isfinite (gradient[c]));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/train/loss/", cases[i].name, NULL);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_loss);
  }
  g_test_add_func ("/train/loss/extremes", test_extremes);
  return g_test_run ();
}
