/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recurrent layers against loops that follow their definitions, with masks,
 * initial states and the weights of cuDNN. */
#include <math.h>
#include <string.h>
#include "layer-run.h"

#define MAX_UNITS 8
#define MAX_STEPS 8

typedef struct {
  char kind; /* 's', 'g', 'G' (reset_after false), 'l' */
  bool cudnn, use_bias, backwards, zero_masked;
  size_t k, units;
  size_t first;   /* of its weights */
  bool quantised; /* the product with the state */
} Rnn;

typedef struct {
  double h[MAX_UNITS], c[MAX_UNITS];
} State;

static size_t
n_gates (const Rnn *rnn)
{
  return rnn->kind == 's' ? 1 : rnn->kind == 'l' ? 4 : 3;
}

/* Element (i, j) of gate g of a kernel with k rows. cuDNN's blocks are stored
 * transposed, in rows of units. */
static double
kernel_at (const LayerRun *run, const Rnn *rnn, size_t which, size_t k,
    size_t g, size_t i, size_t j)
{
  const size_t columns = n_gates (rnn) * rnn->units;

  if (rnn->cudnn) {
    const size_t flat = j * k + i;

    i = flat / rnn->units;
    j = flat % rnn->units;
  }
  return layer_run_weight (
      run, rnn->first + which, i * columns + g * rnn->units + j);
}

/* Both factors are rounded to 127ths: the state's of 1, the weights' of the
 * largest in their column. */
static double
quantised_product (const LayerRun *run, const Rnn *rnn, size_t k, size_t g,
    size_t j, const double *x)
{
  double largest = 0, sum = 0;

  for (size_t i = 0; i < k; i++)
    largest = MAX (largest, fabs (kernel_at (run, rnn, 1, k, g, i, j)));
  for (size_t i = 0; i < k; i++)
    sum += rint (x[i] * 127)
        * rint (kernel_at (run, rnn, 1, k, g, i, j) / largest * 127);
  return sum * largest / (127 * 127);
}

static double
product (const LayerRun *run, const Rnn *rnn, size_t which, size_t k, size_t g,
    size_t j, const double *x)
{
  double sum = 0;

  if (which == 1 && rnn->quantised)
    return quantised_product (run, rnn, k, g, j, x);
  for (size_t i = 0; i < k; i++)
    sum += x[i] * kernel_at (run, rnn, which, k, g, i, j);
  return sum;
}

static double
bias_at (const LayerRun *run, const Rnn *rnn, size_t row, size_t g, size_t j)
{
  const size_t columns = n_gates (rnn) * rnn->units;

  return rnn->use_bias ? layer_run_weight (
             run, rnn->first + 2, row * columns + g * rnn->units + j)
                       : 0;
}

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

static void
step_gru (const LayerRun *run, const Rnn *rnn, const double *x, State *s)
{
  double z[MAX_UNITS], r[MAX_UNITS], scaled[MAX_UNITS], h[MAX_UNITS];
  const bool after = rnn->kind == 'g';

  for (size_t j = 0; j < rnn->units; j++)
    for (size_t g = 0; g < 2; g++)
      (g == 0 ? z : r)[j] = sigmoid (product (run, rnn, 0, rnn->k, g, j, x)
          + product (run, rnn, 1, rnn->units, g, j, s->h)
          + bias_at (run, rnn, 0, g, j)
          + (after ? bias_at (run, rnn, 1, g, j) : 0));
  for (size_t j = 0; j < rnn->units; j++)
    scaled[j] = r[j] * s->h[j];
  for (size_t j = 0; j < rnn->units; j++) {
    const double input =
        product (run, rnn, 0, rnn->k, 2, j, x) + bias_at (run, rnn, 0, 2, j);

    h[j] =
        tanh (after ? input
                    + r[j]
                        * (product (run, rnn, 1, rnn->units, 2, j, s->h)
                            + bias_at (run, rnn, 1, 2, j))
                    : input + product (run, rnn, 1, rnn->units, 2, j, scaled));
  }
  for (size_t j = 0; j < rnn->units; j++)
    s->h[j] = z[j] * s->h[j] + (1 - z[j]) * h[j];
}

static void
step_others (const LayerRun *run, const Rnn *rnn, const double *x, State *s)
{
  double a[4][MAX_UNITS];

  for (size_t g = 0; g < n_gates (rnn); g++)
    for (size_t j = 0; j < rnn->units; j++)
      a[g][j] = product (run, rnn, 0, rnn->k, g, j, x)
          + product (run, rnn, 1, rnn->units, g, j, s->h)
          + bias_at (run, rnn, 0, g, j)
          + (rnn->cudnn ? bias_at (run, rnn, 1, g, j) : 0);
  for (size_t j = 0; j < rnn->units; j++)
    if (rnn->kind == 's') {
      s->h[j] = tanh (a[0][j]);
    } else {
      s->c[j] =
          sigmoid (a[1][j]) * s->c[j] + sigmoid (a[0][j]) * tanh (a[2][j]);
      s->h[j] = sigmoid (a[3][j]) * tanh (s->c[j]);
    }
}

/* One sample; x [steps][k], out [steps][units], in the order of the steps. */
static void
run_naive (const LayerRun *run, const Rnn *rnn, size_t steps, const double *x,
    const float *mask, State *state, double *out)
{
  const double *last = NULL;

  for (size_t i = 0; i < steps; i++, out += rnn->units) {
    const size_t t = rnn->backwards ? steps - 1 - i : i;
    const bool use = !mask || mask[t] != 0;

    if (use)
      (n_gates (rnn) == 3 ? step_gru : step_others) (
          run, rnn, x + t * rnn->k, state);
    for (size_t j = 0; j < rnn->units; j++)
      out[j] = use ? state->h[j] : last && !rnn->zero_masked ? last[j] : 0;
    if (use || last)
      last = out;
  }
}

/* Those of sample s, as doubles. */
static void
take_input (const LayerRun *run, size_t s, double *x)
{
  const size_t n = nn_shape_size (&run->layer->in[0]);

  for (size_t i = 0; i < n; i++)
    x[i] = run->in[0][s * n + i];
}

static State
take_state (const LayerRun *run, const Rnn *rnn, size_t s, size_t first)
{
  State state = { { 0 } };

  if (run->layer->n_in == 1)
    return state;
  for (size_t j = 0; j < rnn->units; j++) {
    state.h[j] = run->in[first][s * rnn->units + j];
    if (rnn->kind == 'l')
      state.c[j] = run->in[first + 1][s * rnn->units + j];
  }
  return state;
}

static void
check (const float *found, const double *wanted, size_t n)
{
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (found[i], wanted[i], 3e-6);
}

typedef struct {
  const char *name, *class_name, *options;
  int keras_major;
  Rnn rnn;
  size_t steps;
  bool sequences, state, masked, initial;
} Case;

/* clang-format off */
static const Case cases[] = {
  { "simple",         "SimpleRNN", "", 3, { 's', .use_bias = true, .k = 3, .units = 5 }, 6 },
  { "simple-mask",    "SimpleRNN", "", 3, { 's', .use_bias = true, .k = 3, .units = 5, .backwards = true }, 6, true, true, true },
  { "gru",            "GRU", "\"reset_after\": true,", 3, { 'g', .use_bias = true, .k = 4, .units = 7 }, 5 },
  { "gru-default-3",  "GRU", "", 3, { 'g', .use_bias = true, .k = 4, .units = 3 }, 5, true },
  { "gru-default-2",  "GRU", "", 2, { 'G', .use_bias = true, .k = 4, .units = 3 }, 5, true },
  { "gru-before",     "GRU", "\"reset_after\": false,", 3, { 'G', .use_bias = true, .k = 2, .units = 6 }, 5, true, true, true, true },
  { "gru-no-bias",    "GRU", "\"reset_after\": true,", 3, { 'g', .k = 2, .units = 4, .backwards = true }, 5, true },
  { "gru-mask-state", "GRU", "\"reset_after\": true,", 3, { 'g', .use_bias = true, .k = 2, .units = 4 }, 7, false, true, true, true },
  { "lstm",           "LSTM", "", 3, { 'l', .use_bias = true, .k = 3, .units = 5 }, 6 },
  { "lstm-backwards", "LSTM", "", 3, { 'l', .use_bias = true, .k = 3, .units = 8, .backwards = true }, 6, true, true, true, true },
  { "lstm-zero",      "LSTM", "\"zero_output_for_mask\": true,", 3, { 'l', .use_bias = true, .zero_masked = true, .k = 3, .units = 4 }, 6, true, false, true },
  { "lstm-mask-last", "LSTM", "", 3, { 'l', .k = 3, .units = 4 }, 3, false, true, true, true },
  { "cudnn-gru",      "CuDNNGRU", "", 2, { 'g', .cudnn = true, .use_bias = true, .k = 3, .units = 5 }, 4, true },
  { "cudnn-lstm",     "CuDNNLSTM", "", 2, { 'l', .cudnn = true, .use_bias = true, .k = 5, .units = 3 }, 4, true, true },
};
/* clang-format on */

static char *
config_of (const Rnn *rnn, const char *options, bool sequences, bool state)
{
  return g_strdup_printf (
      "{ %s \"units\": %zu, \"activation\": \"tanh\", "
      "\"recurrent_activation\": "
      "\"sigmoid\", \"use_bias\": %s, \"go_backwards\": %s, "
      "\"return_sequences\": %s, \"return_state\": %s, \"unroll\": true, "
      "\"implementation\": 1, \"time_major\": false }",
      options, rnn->units, rnn->use_bias ? "true" : "false",
      rnn->backwards ? "true" : "false", sequences ? "true" : "false",
      state ? "true" : "false");
}

static void
check_case (const LayerRun *run, const Case *c, const Rnn *rnn)
{
  double x[MAX_STEPS * MAX_UNITS], out[MAX_STEPS * MAX_UNITS];

  for (size_t s = 0; s < LAYER_RUN_BATCH; s++) {
    State state = take_state (run, rnn, s, 1);

    take_input (run, s, x);
    run_naive (run, rnn, c->steps, x,
        run->mask[0] ? run->mask[0] + s * c->steps : NULL, &state, out);
    if (c->sequences)
      check (
          run->out[0] + s * c->steps * rnn->units, out, c->steps * rnn->units);
    else
      check (run->out[0] + s * rnn->units, out + (c->steps - 1) * rnn->units,
          rnn->units);
    if (c->state)
      check (run->out[1] + s * rnn->units, state.h, rnn->units);
    if (c->state && rnn->kind == 'l')
      check (run->out[2] + s * rnn->units, state.c, rnn->units);
  }
}

static void
run_case (const Case *c, bool quantise)
{
  const NnShape state = { .rank = 1, .dim = { c->rnn.units } };
  g_autofree char *config =
      config_of (&c->rnn, c->options, c->sequences, c->state);
  const LayerSpec spec = { c->class_name, config, c->keras_major,
    c->initial ? (c->rnn.kind == 'l' ? 3 : 2) : 1,
    { { .rank = 2, .dim = { c->steps, c->rnn.k } }, state, state },
    { c->masked }, .quantise = quantise };
  g_autoptr (LayerRun) run = layer_run_new (&spec);
  Rnn rnn = c->rnn;

  g_assert_no_error (run->error);
  g_assert_cmpint (
      run->layer->mask_rule, ==, c->sequences ? NN_MASK_PASS : NN_MASK_STOP);
  /* Not where the state may be anything, or r is multiplied with it first. */
  rnn.quantised = quantise && !c->initial && rnn.kind != 'G';
  layer_run_forward (run);
  check_case (run, c, &rnn);
  if (!quantise)
    return;
  g_assert_true (run->layer->klass->finish (run->layer)); /* as it was */
  layer_run_forward (run);
  check_case (run, c, &c->rnn);
}

static void
test_layer (gconstpointer data)
{
  run_case (data, false);
}

static void
test_quantised (gconstpointer data)
{
  run_case (data, true);
}

/* Other activations leave what is between -1 and 1. */
static void
test_not_quantised (void)
{
  LayerSpec spec = { "LSTM", "{ \"units\": 5, \"activation\": \"relu\" }", 3, 1,
    { { .rank = 2, .dim = { 6, 3 } } } };
  g_autoptr (LayerRun) plain = layer_run_new (&spec);
  g_autoptr (LayerRun) run = NULL;

  spec.quantise = true;
  run = layer_run_new (&spec);
  layer_run_forward (plain);
  layer_run_forward (run);
  g_assert_cmpmem (run->out[0], LAYER_RUN_BATCH * 5 * sizeof (float),
      plain->out[0], LAYER_RUN_BATCH * 5 * sizeof (float));
}

/* Stateful layers in a sequence: sample after sample, call after call. */
static void
test_sequence (gconstpointer data)
{
  const Case *const c = data;
  const Rnn *const rnn = &c->rnn;
  g_autofree char *options =
      g_strconcat (c->options, "\"stateful\": true,", NULL);
  g_autofree char *config = config_of (rnn, options, c->sequences, false);
  const LayerSpec spec = { c->class_name, config, c->keras_major, 1,
    { { .rank = 2, .dim = { c->steps, rnn->k } } }, { c->masked } };
  g_autoptr (LayerRun) run = layer_run_new (&spec);
  const size_t n_out = c->sequences ? c->steps : 1;
  double x[MAX_STEPS * MAX_UNITS], out[MAX_STEPS * MAX_UNITS];
  g_autofree float *memory = NULL;
  State state = { { 0 } };

  g_assert_no_error (run->error);
  g_assert_cmpuint (
      run->layer->state_len, ==, rnn->units * (rnn->kind == 'l' ? 2 : 1));
  run->state = memory = g_new0 (float, run->layer->state_len);
  for (guint call = 0; call < 2; call++) {
    layer_run_forward (run);
    for (size_t s = 0; s < LAYER_RUN_BATCH; s++) {
      take_input (run, s, x);
      run_naive (run, rnn, c->steps, x,
          run->mask[0] ? run->mask[0] + s * c->steps : NULL, &state, out);
      check (run->out[0] + s * n_out * rnn->units,
          out + (c->steps - n_out) * rnn->units, n_out * rnn->units);
    }
    check (memory, state.h, rnn->units);
  }
}

/* Bidirectional (LSTM of 3 units forwards, GRU of 3 backwards). */
static const struct {
  const char *name;
  const char *mode; /* JSON */
  bool sequences, masked;
} merges[] = {
  { "concat", "\"concat\"", true, false },
  { "concat-mask", "\"concat\"", true, true },
  { "concat-last-mask", "\"concat\"", false, true },
  { "sum", "\"sum\"", true, true },
  { "mul", "\"mul\"", false, false },
  { "ave", "\"ave\"", true, false },
  { "none", "null", true, true },
};

static double
merged (const char *mode, double a, double b)
{
  return strstr (mode, "sum") ? a + b
      : strstr (mode, "mul")  ? a * b
                              : (a + b) / 2;
}

#define STEPS 5
#define UNITS 3

/* Row t of one sample: what both directions say about it. */
static void
check_merged (const LayerRun *run, const char *mode, size_t row,
    const double *a, const double *b)
{
  for (size_t j = 0; j < UNITS; j++)
    if (strstr (mode, "concat")) {
      check (run->out[0] + row * 2 * UNITS, a, UNITS);
      check (run->out[0] + row * 2 * UNITS + UNITS, b, UNITS);
    } else if (strstr (mode, "null")) {
      check (run->out[0] + row * UNITS, a, UNITS);
      check (run->out[1] + row * UNITS, b, UNITS);
    } else {
      const double value = merged (mode, a[j], b[j]);

      check (run->out[0] + row * UNITS + j, &value, 1);
    }
}

static void
run_bidirectional (size_t i, bool quantise)
{
  const bool sequences = merges[i].sequences;
  const Rnn forward = { 'l', .use_bias = true, .zero_masked = sequences, .k = 2,
    .units = UNITS, .quantised = quantise };
  const Rnn backward = { 'g', .use_bias = true, .zero_masked = sequences,
    .backwards = true, .k = 2, .units = UNITS, .first = 3,
    .quantised = quantise };
  g_autofree char *a = config_of (&forward, "", sequences, false);
  g_autofree char *b = config_of (&backward, "", sequences, false);
  g_autofree char *config = g_strdup_printf (
      "{ \"merge_mode\": %s, \"layer\": { \"class_name\": \"LSTM\", "
      "\"config\": "
      "%s }, \"backward_layer\": { \"class_name\": \"GRU\", \"config\": %s } }",
      merges[i].mode, a, b);
  const LayerSpec spec = { "Bidirectional", config, 3, 1,
    { { .rank = 2, .dim = { STEPS, 2 } } }, { merges[i].masked },
    .quantise = quantise };
  g_autoptr (LayerRun) run = layer_run_new (&spec);

  g_assert_no_error (run->error);
  layer_run_forward (run);
  for (size_t s = 0; s < LAYER_RUN_BATCH; s++) {
    const float *const mask = run->mask[0] ? run->mask[0] + s * STEPS : NULL;
    State one = { { 0 } }, two = { { 0 } };
    double x[STEPS * 2], y[STEPS * UNITS], z[STEPS * UNITS];

    take_input (run, s, x);
    run_naive (run, &forward, STEPS, x, mask, &one, y);
    run_naive (run, &backward, STEPS, x, mask, &two, z);
    for (size_t t = 0; t < STEPS; t++)
      if (sequences)
        check_merged (run, merges[i].mode, s * STEPS + t, y + t * UNITS,
            z + (STEPS - 1 - t) * UNITS);
      else if (t == STEPS - 1)
        check_merged (run, merges[i].mode, s, y + t * UNITS, z + t * UNITS);
  }
}

static void
test_bidirectional (gconstpointer data)
{
  run_bidirectional (GPOINTER_TO_SIZE (data), false);
  run_bidirectional (GPOINTER_TO_SIZE (data), true);
}

/* Without "backward_layer" (Keras 2) the forward layer is used twice. */
static void
test_bidirectional_states (void)
{
  const NnShape state = { .rank = 1, .dim = { UNITS } };
  const LayerSpec spec = { "Bidirectional",
    "{ \"merge_mode\": \"concat\", \"layer\": { \"class_name\": \"LSTM\", "
    "\"config\": { \"units\": 3, \"return_state\": true } } }",
    2, 5, { { .rank = 2, .dim = { STEPS, 2 } }, state, state, state, state } };
  g_autoptr (LayerRun) run = layer_run_new (&spec);

  g_assert_no_error (run->error);
  g_assert_cmpuint (run->layer->n_out, ==, 5);
  layer_run_forward (run);
  for (size_t s = 0; s < LAYER_RUN_BATCH; s++)
    for (size_t d = 0; d < 2; d++) {
      const Rnn rnn = { 'l', .use_bias = true, .backwards = d == 1, .k = 2,
        .units = UNITS, .first = 3 * d };
      State end = take_state (run, &rnn, s, 1 + 2 * d);
      double x[STEPS * 2], y[STEPS * UNITS];

      take_input (run, s, x);
      run_naive (run, &rnn, STEPS, x, NULL, &end, y);
      check (run->out[0] + (s * 2 + d) * UNITS, end.h, UNITS);
      check (run->out[1 + 2 * d] + s * UNITS, end.h, UNITS);
      check (run->out[2 + 2 * d] + s * UNITS, end.c, UNITS);
    }
}

/* RNN (StackedRNNCells ([LSTMCell (4), GRUCell (2)])), turned round, masked. */
static void
run_stacked (bool quantise)
{
  const Rnn first = { 'l', .use_bias = true, .backwards = true, .k = 2,
    .units = 4, .quantised = quantise };
  const Rnn second = { 'g', .use_bias = true, .k = 4, .units = 2, .first = 3,
    .quantised = quantise };
  const LayerSpec spec = { "RNN",
    "{ \"go_backwards\": true, \"return_sequences\": true, \"return_state\": "
    "true, \"cell\": { \"class_name\": \"StackedRNNCells\", \"config\": { "
    "\"cells\": [ { \"class_name\": \"LSTMCell\", \"config\": { \"units\": 4 } "
    "}, { \"class_name\": \"GRUCell\", \"config\": { \"units\": 2 } } ] } } }",
    3, 1, { { .rank = 2, .dim = { STEPS, 2 } } }, { true },
    .quantise = quantise };
  g_autoptr (LayerRun) run = layer_run_new (&spec);

  g_assert_no_error (run->error);
  g_assert_cmpuint (run->layer->n_out, ==, 4);
  layer_run_forward (run);
  for (size_t s = 0; s < LAYER_RUN_BATCH; s++) {
    State one = { { 0 } }, two = { { 0 } };
    double x[STEPS * 2], y[STEPS * 4], z[STEPS * 2];
    float turned[STEPS];

    for (size_t t = 0; t < STEPS; t++)
      turned[t] = run->mask[0][s * STEPS + STEPS - 1 - t];
    take_input (run, s, x);
    run_naive (run, &first, STEPS, x, run->mask[0] + s * STEPS, &one, y);
    run_naive (run, &second, STEPS, y, turned, &two, z);
    check (run->out[0] + s * STEPS * 2, z, STEPS * 2);
    check (run->out[1] + s * 4, one.h, 4);
    check (run->out[2] + s * 4, one.c, 4);
    check (run->out[3] + s * 2, two.h, 2);
  }
}

static void
test_stacked (void)
{
  run_stacked (false);
  run_stacked (true);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/rnn/%s", cases[i].name);
    g_autofree char *quantised =
        g_strdup_printf ("/rnn/quantised/%s", cases[i].name);
    g_autofree char *sequence =
        g_strdup_printf ("/rnn/sequence/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_layer);
    g_test_add_data_func (quantised, &cases[i], test_quantised);
    if (!cases[i].initial && !cases[i].rnn.cudnn)
      g_test_add_data_func (sequence, &cases[i], test_sequence);
  }
  g_test_add_func ("/rnn/quantised/relu", test_not_quantised);
  for (size_t i = 0; i < G_N_ELEMENTS (merges); i++) {
    g_autofree char *path =
        g_strdup_printf ("/rnn/bidirectional/%s", merges[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_bidirectional);
  }
  g_test_add_func ("/rnn/bidirectional/states", test_bidirectional_states);
  g_test_add_func ("/rnn/stacked", test_stacked);
  return g_test_run ();
}
