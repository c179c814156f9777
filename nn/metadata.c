/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/metadata.h"

#include <math.h>
#include <string.h>
#include "nn/config.h"
#include "nn/limits.h"
#include "nn/model-private.h"

#define TOLERANCE 1e-4

/* Buffers of one sample: the inputs, then the outputs. */
typedef struct {
  size_t n_in, n_out;
  float **buffers; /* [n_in + n_out], NULL-terminated */
} Sample;

static void
sample_clear (Sample *sample)
{
  for (size_t i = 0; sample->buffers && sample->buffers[i]; i++)
    g_free (sample->buffers[i]);
  g_free (sample->buffers);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sample, sample_clear)

static void
fill_input (float *x, size_t n, guint32 *state)
{
  for (size_t i = 0; i < n; i++) {
    *state = 1664525u * *state + 1013904223u;
    x[i] = (*state >> 8) * 0x1p-24f;
  }
}

/* The outputs for the sample generated from seed. */
static bool
run_sample (NnModel *model, guint32 seed, Sample *sample, GError **error)
{
  g_autoptr (NnSession) session = nn_session_new (model, 1, error);

  if (!session)
    return false;
  sample->n_in = nn_model_n_inputs (model);
  sample->n_out = nn_model_n_outputs (model);
  sample->buffers = g_new0 (float *, sample->n_in + sample->n_out + 1);
  for (size_t i = 0; i < sample->n_in + sample->n_out; i++) {
    const bool is_input = i < sample->n_in;
    const size_t size = nn_shape_size (is_input
            ? nn_model_input_shape (model, i)
            : nn_model_output_shape (model, i - sample->n_in));

    sample->buffers[i] = g_new (float, size);
    if (is_input)
      fill_input (sample->buffers[i], size, &seed);
  }
  nn_session_run (session, 1, (const float *const *) sample->buffers,
      sample->buffers + sample->n_in);
  return true;
}

float *
nn_metadata_self_test (NnModel *model, guint32 seed, size_t *n, GError **error)
{
  g_return_val_if_fail (nn_model_n_outputs (model) == 1, NULL);

  g_auto (Sample) sample = { 0 };

  if (!run_sample (model, seed, &sample, error))
    return NULL;
  *n = nn_shape_size (nn_model_output_shape (model, 0));
  return g_memdup2 (sample.buffers[sample.n_in], *n * sizeof (float));
}

/* Compares output i of the model with the file. */
static void
check_output (const NnModel *model, const NnConfig *expected, size_t i,
    const float *found)
{
  const size_t size = nn_shape_size (nn_model_output_shape (model, i));
  double worst = 0, largest = 1;

  if (nn_config_length (expected) != size) {
    nn_config_fail (expected, NN_ERROR_SHAPE,
        "has %zu numbers for output %zu, expected %zu",
        nn_config_length (expected), i, size);
    return;
  }
  for (size_t k = 0; k < size; k++) {
    const NnConfig item = nn_config_at (expected, k);
    const double value = nn_config_as_double (&item, NAN);
    const double distance = fabs (found[k] - value);

    largest = fmax (largest, fabs (value));
    if (!(distance <= worst)) /* NaN is the worst */
      worst = isnan (distance) ? INFINITY : distance;
  }
  if (!(worst <= TOLERANCE * largest))
    nn_config_fail (expected, NN_ERROR_FORMAT,
        "fails: output %zu is off by %g, allowed is %g; the file is damaged or "
        "needs something that this version computes otherwise",
        i, worst, TOLERANCE * largest);
}

/* Opens the text. *failure receives its errors. */
static NnDocument *
parse (const NnModel *model, NnConfig *root, GError **failure)
{
  NnDocument *const document = nn_document_parse (
      "“emotiondetect”", model->metadata, strlen (model->metadata), failure);

  if (document)
    *root = nn_document_root (document, "“emotiondetect”", 3, failure);
  return document;
}

static bool
propagate (const NnModel *model, GError **error, GError *failure)
{
  if (!failure)
    return true;
  g_propagate_prefixed_error (error, failure, "%s: ", model->name);
  return false;
}

bool
nn_metadata_set (NnModel *model, char *text, GError **error)
{
  g_autoptr (NnDocument) document = NULL;
  GError *failure = NULL;
  NnConfig root;

  model->metadata = text;
  if (strlen (text) > NN_MAX_METADATA_BYTES) {
    g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
        "%s: “emotiondetect” is larger than %" G_GSIZE_FORMAT " bytes",
        model->name, NN_MAX_METADATA_BYTES);
    return false;
  }
  document = parse (model, &root, &failure);
  if (document && !nn_config_is_object (&root))
    nn_config_fail (&root, NN_ERROR_FORMAT, "is not a JSON object");
  return propagate (model, error, failure);
}

bool
nn_metadata_check (NnModel *model, GError **error)
{
  g_autoptr (NnDocument) document = NULL;
  g_auto (Sample) sample = { 0 };
  GError *failure = NULL;
  NnConfig root, test, output;

  if (!model->metadata)
    return true;
  document = parse (model, &root, &failure);
  if (!document)
    return propagate (model, error, failure);
  root.where = "the self-test in “emotiondetect”";
  test = nn_config_get (&root, "self_test");
  if (!nn_config_is_set (&test))
    return true;
  output = nn_config_get (&test, "output");
  if (nn_config_length (&output) != nn_model_n_outputs (model))
    nn_config_fail (&test, NN_ERROR_SHAPE,
        "“output” is not a list for each of the %zu outputs",
        nn_model_n_outputs (model));
  else if (run_sample (
               model, nn_config_int (&test, "seed", 0), &sample, &failure))
    for (size_t i = 0; i < sample.n_out && !failure; i++) {
      const NnConfig expected = nn_config_at (&output, i);

      check_output (model, &expected, i, sample.buffers[sample.n_in + i]);
    }
  model->has_self_test = failure == NULL;
  return propagate (model, error, failure);
}
