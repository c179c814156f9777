/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/output.h"

#include <math.h>
#include <string.h>
#include "nn/error.h"

/* Inputs that are tried if the layers are not conclusive. */
#define N_TRIALS 4

/* The properties of their outputs. */
typedef struct {
  gboolean is_set;   /* each within 0..1, and together 1 */
  gboolean is_below; /* some below 0 */
} Trial;

static void
look_at (const float *out, gsize n, Trial *trial)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++) {
    trial->is_below |= out[i] < 0;
    trial->is_set &= out[i] >= 0 && out[i] <= 1;
    sum += out[i];
  }
  trial->is_set &= fabs (sum - 1) < 1e-3;
}

/* Silence, and noise that is soft and loud. */
static Trial
try_out (const NnModel *network, NnSession *session)
{
  const gsize n_in = nn_shape_size (nn_model_input_shape (network, 0));
  const gsize n_out = nn_shape_size (nn_model_output_shape (network, 0));
  g_autofree float *in = g_new (float, n_in);
  g_autofree float *out = g_new (float, n_out);
  Trial trial = { .is_set = TRUE };
  guint32 state = 1;

  for (guint t = 0; t < N_TRIALS; t++) {
    for (gsize i = 0; i < n_in; i++) {
      state = state * 1664525u + 1013904223u;
      in[i] = t * t * 10 * (state / (float) G_MAXUINT32 - 0.5f);
    }
    nn_session_run (
        session, 1, (const float *const[]){ in }, (float *const[]){ out });
    look_at (out, n_out, &trial);
  }
  return trial;
}

static gboolean
is_one_of (const char *const *names, const char *name)
{
  return name && g_strv_contains (names, name);
}

static gboolean
fail (const char *name, gsize n, const char *activation, GError **error)
{
  const char *const kind = activation ? activation : "other";
  const char *reason = "not a set of probabilities";

  if (n == 1 && g_str_equal (kind, "softmax"))
    reason = "always 1";
  else if (n == 1)
    reason = "a quantity, not a class: it is a regression model";
  else if (g_str_equal (kind, "sigmoid"))
    reason =
        "separate probabilities, not a distribution: several labels may apply";
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
      "%s: the output of the model is %" G_GSIZE_FORMAT
      " %s %s, %s; expected softmax over the labels, as many logits, or one "
      "sigmoid",
      name, n, kind, n == 1 ? "value" : "values", reason);
  return FALSE;
}

gboolean
gst_emotion_output_find (const char *name, const NnModel *network,
    NnSession *session, GstEmotionOutput *output, GError **error)
{
  static const char *const logits[] = { "linear", "log_softmax", NULL };
  static const char *const sigmoids[] = { "sigmoid", "hard_sigmoid", NULL };
  const char *const activation = nn_model_output_activation (network, 0);
  const gsize n = nn_shape_size (nn_model_output_shape (network, 0));
  Trial trial;

  if (n > 1 && activation && g_str_equal (activation, "softmax")) {
    *output = GST_EMOTION_OUTPUT_PROBABILITIES;
    return TRUE;
  }
  if (n > 1 && is_one_of (logits, activation)) {
    *output = GST_EMOTION_OUTPUT_LOGITS;
    return TRUE;
  }
  if (n == 1 && is_one_of (sigmoids, activation)) {
    *output = GST_EMOTION_OUTPUT_SIGMOID;
    return TRUE;
  }
  if (n == 1)
    return fail (name, n, activation, error);
  trial = try_out (network, session);
  if (!trial.is_set && (activation || !trial.is_below))
    return fail (name, n, activation, error);
  *output = trial.is_set ? GST_EMOTION_OUTPUT_PROBABILITIES
                         : GST_EMOTION_OUTPUT_LOGITS;
  return TRUE;
}

guint
gst_emotion_output_n_labels (GstEmotionOutput self, guint n)
{
  return self == GST_EMOTION_OUTPUT_SIGMOID ? 2 : n;
}

static void
softmax (const float *in, guint n, float *out)
{
  float max = in[0];
  double sum = 0;

  for (guint i = 1; i < n; i++)
    max = MAX (max, in[i]);
  for (guint i = 0; i < n; i++)
    sum += out[i] = expf (in[i] - max);
  for (guint i = 0; i < n; i++)
    out[i] /= sum;
}

void
gst_emotion_output_apply (
    GstEmotionOutput self, const float *out, guint n, float *probabilities)
{
  switch (self) {
    case GST_EMOTION_OUTPUT_LOGITS:
      softmax (out, n, probabilities);
      break;
    case GST_EMOTION_OUTPUT_SIGMOID:
      probabilities[0] = 1 - out[0];
      probabilities[1] = out[0];
      break;
    default:
      memcpy (probabilities, out, n * sizeof *out);
  }
}

char *
gst_emotion_output_describe (GstEmotionOutput self, guint n)
{
  switch (self) {
    case GST_EMOTION_OUTPUT_LOGITS:
      return g_strdup_printf ("%u logits, made probabilities by softmax", n);
    case GST_EMOTION_OUTPUT_SIGMOID:
      return g_strdup ("one sigmoid: the probability of the second label");
    default:
      return g_strdup_printf ("%u probabilities", n);
  }
}
