/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "golden-run.h"

#include <math.h>
#include "nn/error.h"
#include "nn/h5.h"
#include "nn/model.h"

/* The data sets input_0, input_1, ... */
typedef struct {
  size_t n; /* samples */
  size_t n_inputs;
  NnShape *shapes; /* of one sample */
  float **values;
} Inputs;

static void
inputs_clear (Inputs *inputs)
{
  for (size_t i = 0; i < inputs->n_inputs; i++)
    g_free (inputs->values[i]);
  g_free (inputs->values);
  g_free (inputs->shapes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Inputs, inputs_clear)

static NnShape
without_batch (const NnShape *shape)
{
  NnShape sample = { .rank = shape->rank - 1 };

  for (size_t i = 0; i < sample.rank; i++)
    sample.dim[i] = shape->dim[i + 1];
  return sample;
}

static bool
read_inputs (NnH5 *io, Inputs *inputs, GError **error)
{
  for (size_t i = 0;; i++) {
    g_autofree char *name = g_strdup_printf ("input_%zu", i);
    NnShape shape;
    float *values;

    if (i > 0 && !nn_h5_has_dataset (io, name))
      return true;
    values = nn_h5_read_floats (io, name, &shape, error);
    if (!values)
      return false;
    inputs->values = g_renew (float *, inputs->values, i + 1);
    inputs->shapes = g_renew (NnShape, inputs->shapes, i + 1);
    inputs->values[i] = values;
    inputs->n_inputs = i + 1;
    if (shape.rank == 0 || shape.dim[0] == 0
        || (i > 0 && shape.dim[0] != inputs->n)) {
      g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
          "%s: “%s” has no samples, or not as many as the others",
          nn_h5_name (io), name);
      return false;
    }
    inputs->n = shape.dim[0];
    inputs->shapes[i] = without_batch (&shape);
  }
}

static GoldenDiff
compare (const float *found, const float *ref, size_t len)
{
  GoldenDiff diff = { 0 };

  for (size_t i = 0; i < len; i++) {
    const double distance = fabs ((double) found[i] - ref[i]);

    if (isfinite (ref[i]))
      diff.max_abs_ref = fmax (diff.max_abs_ref, fabs (ref[i]));
    if (found[i] != ref[i] && !(isnan (found[i]) && isnan (ref[i])))
      diff.max_abs_diff =
          fmax (diff.max_abs_diff, isnan (distance) ? INFINITY : distance);
  }
  return diff;
}

/* Compares output i of n samples with its data set. */
/* One sample after the other, which takes other ways than all at once. */
static void
run_alone (NnSession *session, const NnModel *model, const Inputs *inputs,
    float *const *out)
{
  const size_t n_in = nn_model_n_inputs (model);
  const size_t n_out = nn_model_n_outputs (model);
  g_autofree const float **in_one = g_new (const float *, n_in);
  g_autofree float **out_one = g_new (float *, n_out);

  for (size_t k = 0; k < inputs->n; k++) {
    for (size_t i = 0; i < n_in; i++)
      in_one[i] = inputs->values[i] + k * nn_shape_size (&inputs->shapes[i]);
    for (size_t i = 0; i < n_out; i++)
      out_one[i] =
          out[i] + k * nn_shape_size (nn_model_output_shape (model, i));
    nn_session_run (session, 1, in_one, out_one);
  }
}

/* found: of all at once, and of one after the other. */
static bool
compare_output (NnH5 *io, const char *name, const NnModel *model, size_t i,
    size_t n, const float *const *found, GArray *diffs, GError **error)
{
  const NnShape *const shape = nn_model_output_shape (model, i);
  NnShape ref_shape, ref_sample;
  g_autofree float *ref = nn_h5_read_floats (io, name, &ref_shape, error);
  GoldenDiff diff = { .max_abs_diff = INFINITY };

  if (!ref)
    return false;
  if (ref_shape.rank > 0 && ref_shape.dim[0] == n) {
    ref_sample = without_batch (&ref_shape);
    if (nn_shape_equal (&ref_sample, shape)) {
      const GoldenDiff alone =
          compare (found[1], ref, n * nn_shape_size (shape));

      diff = compare (found[0], ref, n * nn_shape_size (shape));
      diff.max_abs_diff = MAX (diff.max_abs_diff, alone.max_abs_diff);
    }
  }
  g_array_append_val (diffs, diff);
  return true;
}

static float **
outputs_new (const NnModel *model, size_t n)
{
  float **out = g_new0 (float *, nn_model_n_outputs (model) + 1);

  for (size_t i = 0; i < nn_model_n_outputs (model); i++)
    out[i] = g_new (float, n *nn_shape_size (nn_model_output_shape (model, i)));
  return out;
}

static void
outputs_free (float **out)
{
  for (size_t i = 0; out && out[i]; i++)
    g_free (out[i]);
  g_free (out);
}

GArray *
golden_run (const char *model_path, const char *io_path, const char *prefix,
    GError **error)
{
  g_autoptr (GArray) diffs = g_array_new (FALSE, FALSE, sizeof (GoldenDiff));
  g_auto (Inputs) inputs = { 0 };
  g_autoptr (NnH5) io = nn_h5_open (io_path, error);
  g_autoptr (NnModel) model = NULL;
  g_autoptr (NnSession) session = NULL;
  float **out, **alone;
  bool is_ok = true;

  if (!io || !read_inputs (io, &inputs, error))
    return NULL;
  model = nn_model_load (model_path, inputs.shapes, inputs.n_inputs, error);
  if (!model)
    return NULL;
  if (nn_model_n_inputs (model) != inputs.n_inputs) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: the model has %zu inputs, %s has %zu", model_path,
        nn_model_n_inputs (model), io_path, inputs.n_inputs);
    return NULL;
  }
  session = nn_session_new (model, inputs.n, error);
  if (!session)
    return NULL;
  out = outputs_new (model, inputs.n);
  alone = outputs_new (model, inputs.n);
  nn_session_run (session, inputs.n, (const float *const *) inputs.values, out);
  run_alone (session, model, &inputs, alone);
  for (size_t i = 0; i < nn_model_n_outputs (model) && is_ok; i++) {
    g_autofree char *name = g_strdup_printf ("%s%zu", prefix, i);

    is_ok = compare_output (io, name, model, i, inputs.n,
        (const float *[]){ out[i], alone[i] }, diffs, error);
  }
  outputs_free (out);
  outputs_free (alone);
  return is_ok ? g_steal_pointer (&diffs) : NULL;
}
