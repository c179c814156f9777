/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models made of others: ensembles and back, means of weights, and smaller
 * weights; of every architecture, through a file. */
#include <math.h>
#include <string.h>
#include "nn/compress.h"
#include "nn/error.h"
#include "nn/keras-h5.h"
#include "nn/model-private.h"
#include "nn/save.h"
#include "nn/train/architectures.h"
#include "nn/train/ensemble.h"
#include "nn/train/soup.h"

#define CLASSES 5

static NnModel *
new_model (const char *nick, guint64 seed)
{
  NnArchitectureOptions options;
  g_autoptr (GError) error = NULL;
  NnModel *model;

  nn_architecture_options_init (&options);
  options.n_classes = CLASSES;
  if (nn_architecture_features (nick) == NN_FEATURES_STATISTICS)
    options.input = (NnShape){ .rank = 1, .dim = { 102 } };
  model = nn_architecture_new (nick, &options, seed, &error);
  g_assert_no_error (error);
  return model;
}

/* What a model says to one input. */
static void
run (NnModel *model, float *out)
{
  const size_t n = nn_shape_size (nn_model_input_shape (model, 0));
  g_autofree float *x = g_new (float, n);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnSession) session = nn_session_new (model, 1, &error);

  g_assert_no_error (error);
  for (size_t i = 0; i < n; i++)
    x[i] = 0.5f + 0.5f * sinf (i);
  nn_session_run (
      session, 1, (const float *const[]){ x }, (float *const[]){ out });
}

/* As a file, and read again. */
static NnModel *
through_file (const NnModel *model, gsize *len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = nn_model_save_bytes (model, NULL, &error);
  NnModel *again;

  g_assert_no_error (error);
  again = nn_model_load_bytes ("file", bytes, NULL, 0, &error);
  g_assert_no_error (error);
  if (len)
    *len = g_bytes_get_size (bytes);
  return again;
}

/* The mean of this architecture, of another seed of it, and of cnn where both
 * take the same; and the members are what they were. */
static void
test_ensemble (gconstpointer nick)
{
  g_autoptr (NnModel) first = new_model (nick, 1);
  g_autoptr (NnModel) second = new_model (nick, 2);
  g_autoptr (NnModel) cnn = new_model ("cnn", 3);
  const bool has_cnn = nn_shape_equal (
      nn_model_input_shape (first, 0), nn_model_input_shape (cnn, 0));
  NnModel *const all[] = { first, second, cnn };
  const size_t n = has_cnn ? 3 : 2;
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) ensemble =
      nn_model_ensemble ((const NnModel *const *) all, n, &error);
  float mean[CLASSES] = { 0 }, out[CLASSES], again[CLASSES];

  g_assert_no_error (error);

  g_autoptr (NnModel) loaded = through_file (ensemble, NULL);
  g_autoptr (GPtrArray) members = nn_model_members (loaded, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (members->len, ==, n);
  for (size_t k = 0; k < n; k++) {
    run (all[k], out);
    run (g_ptr_array_index (members, k), again);
    for (size_t c = 0; c < CLASSES; c++) {
      mean[c] += out[c] / n;
      g_assert_cmpfloat_with_epsilon (again[c], out[c], 1e-6);
    }
  }
  run (loaded, out);
  for (size_t c = 0; c < CLASSES; c++)
    g_assert_cmpfloat_with_epsilon (out[c], mean[c], 1e-5);

  /* An ensemble may be a member. */
  NnModel *const more[] = { loaded, first };
  g_autoptr (NnModel) nested =
      nn_model_ensemble ((const NnModel *const *) more, 2, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (nested->layers->len, >, loaded->layers->len);
}

static void
test_no_ensemble (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) cnn = new_model ("cnn", 1);
  g_autoptr (NnModel) small = new_model ("simple", 1);
  g_autoptr (NnModel) classes =
      nn_architecture_new ("cnn", NULL, 1, &error); /* of as many as it is */
  NnModel *const shapes[] = { cnn, small };
  NnModel *const labels[] = { cnn, classes };

  g_assert_no_error (error);
  g_assert_null (nn_model_members (cnn, &error));
  g_assert_no_error (error);
  g_assert_null (
      nn_model_ensemble ((const NnModel *const *) shapes, 2, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_null (
      nn_model_ensemble ((const NnModel *const *) labels, 2, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_SHAPE);
}

/* Logits become probabilities before they are averaged. */
static void
test_logits (void)
{
  static const char config[] =
      "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
      "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"in\", "
      "\"batch_input_shape\": [null, 4]}},"
      "{\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", \"units\": 3, "
      "\"activation\": \"linear\"}}]}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) a =
      nn_model_new_from_config ("a", config, "2.10.0", 1, &error);
  g_autoptr (NnModel) b =
      nn_model_new_from_config ("b", config, "2.10.0", 2, &error);
  NnModel *const all[] = { a, b };
  g_autoptr (NnModel) ensemble =
      nn_model_ensemble ((const NnModel *const *) all, 2, &error);
  float z[3], out[3];
  double mean[3] = { 0 };

  g_assert_no_error (error);
  for (int k = 0; k < 2; k++) {
    double sum = 0;

    run (all[k], z);
    for (int c = 0; c < 3; c++)
      sum += exp (z[c]);
    for (int c = 0; c < 3; c++)
      mean[c] += exp (z[c]) / sum / 2;
  }
  run (ensemble, out);
  for (int c = 0; c < 3; c++)
    g_assert_cmpfloat_with_epsilon (out[c], mean[c], 1e-6);
}

/* ---- smaller weights ---- */

static GPtrArray *
params_of (const NnModel *model)
{
  return nn_keras_h5_params (model->root);
}

/* How far apart neighbours are among half floats as large as x. */
static double
half_step (double x)
{
  int exponent;

  frexp (x, &exponent);
  return ldexp (1, MAX (exponent - 11, -24));
}

/* Column c of a matrix with 8 bits: whole steps, no more than 127 each way, and
 * none farther from the old value than half a step, a power of two. */
static void
check_channel (const NnParam *before, const NnParam *after, size_t c, size_t n)
{
  double largest = 1e-30, step;

  for (size_t i = c; i < before->size; i += n)
    largest = fmax (largest, fabs (before->value[i]));
  step = fmax (exp2 (ceil (log2 (largest / 127))), 0x1p-24);
  for (size_t i = c; i < before->size; i += n) {
    const double steps = after->value[i] / step;

    g_assert_cmpfloat (steps, ==, rint (steps));
    g_assert_cmpfloat (fabs (steps), <=, 127);
    g_assert_cmpfloat (
        fabs (after->value[i] - before->value[i]), <=, step / 2 * 1.000001);
  }
}

static void
check_param (const NnParam *before, const NnParam *after, NnStorage storage)
{
  const size_t n = before->shape.dim[before->shape.rank - 1];
  /* Of first convolutions: half floats all the same. */
  const bool is_few = before->size / n < 16;

  g_assert_cmpuint (before->size, ==, after->size);
  if (before->shape.rank < 2 || strstr (before->name, "bias")) {
    g_assert_cmpmem (before->value, before->size * sizeof (float), after->value,
        after->size * sizeof (float));
    return;
  }
  g_assert_true (nn_are_halves (after->value, after->size));
  if (storage == NN_STORAGE_FLOAT16 || is_few)
    for (size_t i = 0; i < before->size; i++)
      g_assert_cmpfloat (fabs (after->value[i] - before->value[i]), <=,
          half_step (before->value[i]) / 2);
  for (size_t c = 0; c < n && storage == NN_STORAGE_INT8 && !is_few; c++)
    check_channel (before, after, c, n);
}

static void
test_compress (gconstpointer nick)
{
  static const struct {
    NnStorage storage;
    double size; /* of a file of floats, at most, for every 4 bytes */
  } cases[] = { { NN_STORAGE_FLOAT16, 2.1 }, { NN_STORAGE_INT8, 1.3 } };
  g_autoptr (NnModel) model = new_model (nick, 1);
  g_autoptr (GPtrArray) before = params_of (model);
  gsize len, overhead, n_values = 0;
  g_autoptr (NnModel) plain G_GNUC_UNUSED = through_file (model, &len);

  for (guint i = 0; i < before->len; i++)
    n_values += ((const NnParam *) g_ptr_array_index (before, i))->size;
  overhead = len - n_values * sizeof (float);
  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NnModel) small =
        nn_model_compress (model, cases[k].storage, &error);
    gsize small_len;
    g_autoptr (NnModel) loaded = through_file (small, &small_len);
    g_autoptr (GPtrArray) after = params_of (loaded);
    float x[CLASSES], y[CLASSES];

    g_assert_no_error (error);
    g_assert_cmpuint (before->len, ==, after->len);
    for (guint i = 0; i < before->len; i++)
      check_param (g_ptr_array_index (before, i), g_ptr_array_index (after, i),
          cases[k].storage);
    run (small, x);
    run (loaded, y);
    g_assert_cmpmem (x, sizeof x, y, sizeof y);
    g_test_message (
        "%zu bytes of %zu, %zu of them no weights", small_len, len, overhead);
    g_assert_cmpfloat (
        small_len, <, 1.1 * overhead + 1000 + n_values * cases[k].size);
  }
}

/* ---- the mean of weights ---- */

static void
test_soup (gconstpointer nick)
{
  g_autoptr (NnModel) first = new_model (nick, 1);
  g_autoptr (NnModel) second = new_model (nick, 2);
  g_autoptr (NnModel) third = new_model (nick, 3);
  NnModel *const all[] = { first, second, third };
  g_autoptr (GPtrArray) a = params_of (first);
  g_autoptr (GPtrArray) b = params_of (second);
  g_autoptr (GPtrArray) c = params_of (third);
  g_autoptr (GError) error = NULL;

  /* Those that begin as constants, the statistics of BatchNormalization too. */
  for (guint i = 0; i < b->len; i++) {
    NnParam *const param = g_ptr_array_index (b, i);

    for (size_t k = 0; k < param->size; k++)
      param->value[k] += 0.25f;
  }

  g_autoptr (NnModel) soup =
      nn_model_soup ((const NnModel *const *) all, 3, &error);

  g_assert_no_error (error);

  g_autoptr (NnModel) loaded = through_file (soup, NULL);
  g_autoptr (GPtrArray) means = params_of (loaded);

  g_assert_cmpuint (means->len, ==, a->len);
  for (guint i = 0; i < means->len; i++) {
    const NnParam *const mean = g_ptr_array_index (means, i);
    const NnParam *const x = g_ptr_array_index (a, i);
    const NnParam *const y = g_ptr_array_index (b, i);
    const NnParam *const z = g_ptr_array_index (c, i);

    for (size_t k = 0; k < mean->size; k++)
      g_assert_cmpfloat_with_epsilon (mean->value[k],
          ((double) x->value[k] + y->value[k] + z->value[k]) / 3, 1e-6);
  }

  /* Of what is stored in fewer bits, floats. */
  g_autoptr (NnModel) small =
      nn_model_compress (first, NN_STORAGE_INT8, &error);
  NnModel *const stored[] = { small, second };
  g_autoptr (NnModel) mixed =
      nn_model_soup ((const NnModel *const *) stored, 2, &error);

  g_assert_no_error (error);
  g_assert_cmpint (mixed->storage, ==, NN_STORAGE_FLOAT32);
}

/* A functional model: input of n numbers -> u units -> 3, by names. */
static NnModel *
new_pair (const char *version, size_t n, const char *u, const char *one,
    const char *two, const char *taken, const char *more)
{
  g_autofree char *config = g_strdup_printf (
      "{\"class_name\": \"Functional\", \"config\": {\"name\": \"%s\", "
      "\"layers\": [{\"class_name\": \"InputLayer\", \"name\": \"in\", "
      "\"config\": {\"name\": \"in\", \"batch_input_shape\": [null, %zu]}, "
      "\"inbound_nodes\": []}, {\"class_name\": \"Dense\", \"name\": \"%s\", "
      "\"config\": {\"name\": \"%s\", %s}, \"inbound_nodes\": "
      "[[[\"in\", 0, 0, {}]]]}, {\"class_name\": \"Dense\", \"name\": \"%s\", "
      "\"config\": {\"name\": \"%s\", \"units\": 3}, \"inbound_nodes\": "
      "[[[\"%s\", 0, 0, {}]]]}%s], \"input_layers\": [[\"in\", 0, 0]], "
      "\"output_layers\": [[\"%s\", 0, 0]]}}",
      one, n, one, one, u, two, two, taken, more, two);
  g_autoptr (GError) error = NULL;
  NnModel *model = nn_model_new_from_config (one, config, version, 1, &error);

  g_assert_no_error (error);
  return model;
}

static void
test_no_soup (void)
{
  static const struct {
    const char *version, *u, *taken, *more;
    size_t n;
    const char *message; /* NULL: they can be averaged */
  } cases[] = {
    { "2.10.0", "\"units\": 4, \"kernel_regularizer\": null", "b1", "", 4,
        NULL },
    { "2.10.0", "\"units\": 5", "b1", "", 4,
        "layer 2 (“a1” and “b1”) differs: units 4 and 5;" },
    { "2.10.0", "\"units\": 4, \"activation\": \"relu\"", "b1", "", 4,
        "layer 2 (“a1” and “b1”) differs: activation none and \"relu\";" },
    { "2.10.0", "\"units\": 4", "in", "", 4, "layer 3 (“a2” and “b2”)" },
    { "2.10.0", "\"units\": 4", "b1",
        ", {\"class_name\": \"ReLU\", \"name\": \"r\", \"config\": {\"name\": "
        "\"r\"}, \"inbound_nodes\": [[[\"b2\", 0, 0, {}]]]}",
        4, "only b1 has layer 4 (“r”)" },
    { "2.10.0", "\"units\": 4", "b1", "", 6, "(4,)" },
    { NULL, "\"units\": 4", "b1", "", 4, "generations" },
  };
  g_autoptr (NnModel) a =
      new_pair ("2.10.0", 4, "\"units\": 4", "a1", "a2", "a1", "");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NnModel) b = new_pair (cases[i].version, cases[i].n, cases[i].u,
        "b1", "b2", cases[i].taken, cases[i].more);
    NnModel *const all[] = { a, b };
    g_autoptr (NnModel) soup =
        nn_model_soup ((const NnModel *const *) all, 2, &error);

    if (!cases[i].message) {
      g_assert_no_error (error);
      g_assert_nonnull (soup);
      continue;
    }
    g_assert_null (soup);
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].message));
  }
}

/* ---- numbers that no half float holds ---- */

/* The array stays as it is. */
static void
test_large (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = new_model ("simple", 1);
  g_autoptr (GPtrArray) params = params_of (model);
  NnParam *const first = g_ptr_array_index (params, 0);

  first->value[0] = 1e6f;
  first->value[1] = 1.00001f;
  g_autoptr (NnModel) small =
      nn_model_compress (model, NN_STORAGE_INT8, &error);
  g_autoptr (NnModel) loaded = through_file (small, NULL);
  g_autoptr (GPtrArray) after = params_of (loaded);

  g_assert_no_error (error);
  g_assert_cmpfloat (
      ((NnParam *) g_ptr_array_index (after, 0))->value[0], ==, 1e6f);
  g_assert_cmpfloat (
      ((NnParam *) g_ptr_array_index (after, 0))->value[1], ==, 1.00001f);
}

int
main (int argc, char **argv)
{
  const char *const *const nicks = nn_architecture_nicks ();

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; nicks[i]; i++) {
    g_autofree char *ensemble =
        g_strconcat ("/derived/ensemble/", nicks[i], NULL);
    g_autofree char *compress =
        g_strconcat ("/derived/compress/", nicks[i], NULL);

    g_autofree char *soup = g_strconcat ("/derived/soup/", nicks[i], NULL);

    g_test_add_data_func (ensemble, nicks[i], test_ensemble);
    g_test_add_data_func (soup, nicks[i], test_soup);
    g_test_add_data_func (compress, nicks[i], test_compress);
  }
  g_test_add_func ("/derived/no-ensemble", test_no_ensemble);
  g_test_add_func ("/derived/logits", test_logits);
  g_test_add_func ("/derived/no-soup", test_no_soup);
  g_test_add_func ("/derived/large", test_large);
  return g_test_run ();
}
