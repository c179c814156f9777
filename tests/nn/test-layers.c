/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All layers: what is refused, what becomes of masks, and that no configuration
 * whatever makes one write past its memory. */
#include <math.h>
#include <string.h>
#include "layer-run.h"

#define SEQUENCE                                                               \
  {                                                                            \
    .rank = 2, .dim = { 4, 3 }                                                 \
  }
#define VECTOR                                                                 \
  {                                                                            \
    .rank = 1, .dim = { 6 }                                                    \
  }
#define IMAGE                                                                  \
  {                                                                            \
    .rank = 3, .dim = { 4, 5, 3 }                                              \
  }

/* Options that change the result must be refused by name, and what fits
 * nothing must be said. word: in the message. */
static const struct {
  LayerSpec spec;
  NnError code;
  const char *word;
} refused[] = {
  { { "Dense", "{}", 3, 1, { VECTOR } }, NN_ERROR_FORMAT, "units" },
  { { "Dense", "{\"units\": -1}", 3, 1, { VECTOR } }, NN_ERROR_LIMIT, "units" },
  { { "Dense", "{\"units\": 67108864}", 3, 1, { VECTOR } }, NN_ERROR_LIMIT,
      "kernel" },
  { { "Dense", "{\"units\": 2, \"activation\": \"my_act\"}", 3, 1, { VECTOR } },
      NN_ERROR_UNSUPPORTED, "my_act" },
  { { "Activation",
        "{\"activation\": {\"class_name\": \"PReLU\", \"config\": {}}}", 3, 1,
        { VECTOR } },
      NN_ERROR_UNSUPPORTED, "PReLU" },
  { { "SimpleRNN",
        "{\"units\": 2, \"activation\": {\"class_name\": \"Softmax\", "
        "\"config\": {\"axis\": 1}}}",
        3, 1, { SEQUENCE } },
      NN_ERROR_UNSUPPORTED, "axis" },
  { { "Conv2D", "{\"filters\": 2, \"kernel_size\": 9}", 3, 1, { IMAGE } },
      NN_ERROR_SHAPE, "9" },
  { { "Conv2D", "{\"filters\": 2, \"kernel_size\": 1, \"groups\": 2}", 3, 1,
        { IMAGE } },
      NN_ERROR_SHAPE, "groups" },
  { { "Conv2D", "{\"filters\": 2, \"kernel_size\": 1, \"padding\": \"causal\"}",
        3, 1, { IMAGE } },
      NN_ERROR_UNSUPPORTED, "causal" },
  { { "UpSampling2D",
        "{\"interpolation\": \"bicubic\", \"size\": [1, 8000000]}", 3, 1,
        { { 3, { 1, 1, 1 } } } },
      NN_ERROR_LIMIT, "too large to be interpolated" },
  { { "UpSampling2D", "{\"interpolation\": \"cubic\"}", 3, 1, { IMAGE } },
      NN_ERROR_UNSUPPORTED, "cubic" },
  { { "Cropping1D", "{\"cropping\": [2, 2]}", 3, 1, { SEQUENCE } },
      NN_ERROR_SHAPE, "4" },
  { { "BatchNormalization", "{\"axis\": [1, 2]}", 3, 1, { IMAGE } },
      NN_ERROR_UNSUPPORTED, "several" },
  { { "GroupQueryAttention",
        "{\"num_query_heads\": 2, \"num_key_value_heads\": 1, \"head_dim\": 2, "
        "\"use_gate\": true}",
        3, 2, { SEQUENCE, SEQUENCE }, .separate_args = true },
      NN_ERROR_UNSUPPORTED, "use_gate" },
  { { "LayerNormalization", "{\"axis\": [1, 4]}", 3, 1, { IMAGE } },
      NN_ERROR_UNSUPPORTED, "axes" },
  { { "GroupNormalization", "{\"groups\": 2}", 3, 1, { IMAGE } },
      NN_ERROR_SHAPE, "groups" },
  { { "LSTM", "{\"units\": 2, \"time_major\": true}", 2, 1, { SEQUENCE } },
      NN_ERROR_UNSUPPORTED, "time_major" },
  { { "LSTM", "{\"units\": 2}", 3, 1, { IMAGE } }, NN_ERROR_SHAPE,
      "(4, 5, 3)" },
  { { "LSTM", "{\"units\": 2}", 3, 3, { SEQUENCE, VECTOR, VECTOR } },
      NN_ERROR_SHAPE, "state" },
  { { "Bidirectional",
        "{\"layer\": {\"class_name\": \"Dense\", \"config\": {}}}", 3, 1,
        { SEQUENCE } },
      NN_ERROR_UNSUPPORTED, "Dense" },
  { { "RNN", "{\"cell\": {\"class_name\": \"MyCell\", \"config\": {}}}", 3, 1,
        { SEQUENCE } },
      NN_ERROR_UNSUPPORTED, "MyCell" },
  { { "Add", "{}", 3, 2, { SEQUENCE, VECTOR } }, NN_ERROR_SHAPE, "(6,)" },
  { { "Concatenate", "{\"axis\": 1}", 3, 2, { SEQUENCE, IMAGE } },
      NN_ERROR_SHAPE, "(4, 5, 3)" },
  { { "Concatenate", "{\"axis\": 0}", 3, 2, { SEQUENCE, SEQUENCE } },
      NN_ERROR_UNSUPPORTED, "batch" },
  { { "Dot", "{\"axes\": [1, 2]}", 3, 2, { SEQUENCE, SEQUENCE } },
      NN_ERROR_SHAPE, "4" },
  { { "Permute", "{\"dims\": [1, 1]}", 3, 1, { SEQUENCE } }, NN_ERROR_FORMAT,
      "twice" },
  { { "Reshape", "{\"target_shape\": [5, -1]}", 3, 1, { SEQUENCE } },
      NN_ERROR_SHAPE, "(4, 3)" },
  { { "MultiHeadAttention", "{\"num_heads\": 2, \"key_dim\": 2}", 3, 1,
        { SEQUENCE } },
      NN_ERROR_UNSUPPORTED, "value" },
  { { "MultiHeadAttention",
        "{\"num_heads\": 2, \"key_dim\": 2, \"attention_axes\": [1]}", 3, 2,
        { IMAGE, { .rank = 3, .dim = { 4, 4, 3 } } }, .separate_args = true },
      NN_ERROR_SHAPE, "steps" },
  { { "ops.Mean", "{\"axis\": null}", 3, 1, { SEQUENCE } },
      NN_ERROR_UNSUPPORTED, "batch" },
};

static void
test_refused (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (LayerRun) run = layer_run_new (&refused[i].spec);

  g_assert_null (run->layer);
  g_assert_error (run->error, NN_ERROR, (int) refused[i].code);
  g_test_message ("%s", run->error->message);
  g_assert_nonnull (strstr (run->error->message, refused[i].word));
}

/* What becomes of masks: of the first input's (PASS), or of several as and or
 * or, or in a row. */
typedef enum { STOP, PASS, AND, OR, JOIN } MaskFate;

static const struct {
  const char *name;
  LayerSpec spec;
  MaskFate fate;
} masks[] = {
  { "dense", { "Dense", "{\"units\": 2}", 3, 1, { SEQUENCE }, { true } },
      PASS },
  { "activation", { "ReLU", "{}", 3, 1, { SEQUENCE }, { true } }, PASS },
  { "dropout", { "SpatialDropout1D", "{}", 3, 1, { SEQUENCE }, { true } },
      PASS },
  { "conv",
      { "Conv1D", "{\"filters\": 2, \"kernel_size\": 1}", 3, 1, { SEQUENCE },
          { true } },
      STOP },
  { "flatten", { "Flatten", "{}", 3, 1, { SEQUENCE }, { true } }, STOP },
  { "pooling", { "GlobalAveragePooling1D", "{}", 3, 1, { SEQUENCE }, { true } },
      STOP },
  { "add-2", { "Add", "{}", 2, 2, { SEQUENCE, SEQUENCE }, { true, true } },
      AND },
  { "add-3", { "Add", "{}", 3, 2, { SEQUENCE, SEQUENCE }, { true, true } },
      OR },
  { "add-one-2", { "Add", "{}", 2, 2, { SEQUENCE, SEQUENCE }, { true, false } },
      PASS },
  { "add-one-3", { "Add", "{}", 3, 2, { SEQUENCE, SEQUENCE }, { true, false } },
      STOP },
  { "add-none", { "Add", "{}", 3, 2, { SEQUENCE, SEQUENCE } }, STOP },
  { "join-steps",
      { "Concatenate", "{\"axis\": 1}", 3, 2, { SEQUENCE, SEQUENCE },
          { true, false } },
      JOIN },
  { "join-features-2",
      { "Concatenate", "{}", 2, 2, { SEQUENCE, SEQUENCE }, { true, true } },
      AND },
  { "join-features-3",
      { "Concatenate", "{}", 3, 2, { SEQUENCE, SEQUENCE }, { true, true } },
      OR },
  { "dot", { "Dot", "{\"axes\": 1}", 3, 2, { SEQUENCE, SEQUENCE }, { true } },
      STOP },
  { "attention",
      { "Attention", "{}", 3, 2, { SEQUENCE, SEQUENCE }, { true, true } },
      PASS },
};

static float
mask_at (const LayerRun *run, size_t input, size_t i)
{
  return run->mask[input] ? run->mask[input][i] : 1;
}

static float
expected_mask (const LayerRun *run, MaskFate fate, size_t i)
{
  const size_t steps = run->layer->in[0].dim[0];
  const size_t sample = i / (2 * steps), t = i % (2 * steps);

  switch (fate) {
    case AND:
      return mask_at (run, 0, i) != 0 && mask_at (run, 1, i) != 0;
    case OR:
      return mask_at (run, 0, i) != 0 || mask_at (run, 1, i) != 0;
    case JOIN:
      return mask_at (run, t / steps, sample * steps + t % steps);
    default:
      return mask_at (run, 0, i);
  }
}

static void
test_mask (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const MaskFate fate = masks[i].fate;
  g_autoptr (LayerRun) run = layer_run_new (&masks[i].spec);

  g_assert_no_error (run->error);
  if (run->layer->mask_rule != NN_MASK_MAKE) {
    g_assert_cmpint (
        run->layer->mask_rule, ==, fate == PASS ? NN_MASK_PASS : NN_MASK_STOP);
    return;
  }
  g_assert_cmpint (fate, !=, STOP);
  layer_run_forward (run);
  for (size_t k = 0; k < LAYER_RUN_BATCH * run->layer->out[0].dim[0]; k++)
    g_assert_cmpfloat (run->out_mask[k], ==, expected_mask (run, fate, k));
}

/* Masking: steps that are all of the value, zeros, and the mask. */
static void
test_masking (void)
{
  const LayerSpec spec = { "Masking", "{\"mask_value\": -1.0}", 3, 1,
    { SEQUENCE } };
  g_autoptr (LayerRun) run = layer_run_new (&spec);

  g_assert_no_error (run->error);
  for (size_t i = 0; i < 3; i++)
    run->in[0][2 * 3 + i] = run->in[0][7 * 3 + i] = -1;
  run->in[0][4 * 3 + 1] = -1; /* not the whole step */
  layer_run_forward (run);
  for (size_t t = 0; t < LAYER_RUN_BATCH * 4; t++) {
    const bool use = t != 2 && t != 7;

    g_assert_cmpfloat (run->out_mask[t], ==, use);
    for (size_t i = 0; i < 3; i++)
      g_assert_cmpfloat (
          run->out[0][t * 3 + i], ==, use ? run->in[0][t * 3 + i] : 0);
  }
}

static void
test_embedding (void)
{
  const LayerSpec spec = { "Embedding",
    "{\"input_dim\": 5, \"output_dim\": 2, \"mask_zero\": true}", 3, 1,
    { VECTOR } };
  const float indices[] = { 0, 4, 2, 7, -3, NAN };
  const size_t rows[] = { 0, 4, 2, 4, 0, 0 };
  g_autoptr (LayerRun) run = layer_run_new (&spec);

  g_assert_no_error (run->error);
  memcpy (run->in[0], indices, sizeof indices);
  layer_run_forward (run);
  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_cmpfloat (run->out_mask[i], ==, i != 0);
    for (size_t k = 0; k < 2; k++)
      g_assert_cmpfloat (run->out[0][i * 2 + k], ==,
          layer_run_weight (run, 0, rows[i] * 2 + k));
  }
}

/* ---- any configuration ---- */

/* Keys that layers read, and a value that many accept. */
static const struct {
  const char *key, *value;
} keys[] = {
  { "activation", NULL },
  { "alpha", NULL },
  { "attention_axes", NULL },
  { "axes", "1" },
  { "axis", NULL },
  { "axis1", "1" },
  { "axis2", "1" },
  { "bias_axes", NULL },
  { "cell", "{\"class_name\": \"LSTMCell\", \"config\": {\"units\": 2}}" },
  { "center", NULL },
  { "crop_to_aspect_ratio", NULL },
  { "cropping", "0" },
  { "data_format", NULL },
  { "depth_multiplier", NULL },
  { "destination", "1" },
  { "dilation_rate", NULL },
  { "dims", NULL },
  { "epsilon", NULL },
  { "equation", "\"ab,bc->ac\"" },
  { "filters", "2" },
  { "go_backwards", NULL },
  { "groups", "1" },
  { "head_dim", "2" },
  { "height", "3" },
  { "indices", "[0, -1]" },
  { "indices_or_sections", NULL },
  { "input_dim", "5" },
  { "interpolation", NULL },
  { "keepdims", NULL },
  { "kernel_size", "2" },
  { "key", NULL },
  { "key_dim", "2" },
  { "layer", "{\"class_name\": \"GRU\", \"config\": {\"units\": 2}}" },
  { "mask_zero", NULL },
  { "mean", NULL },
  { "merge_mode", NULL },
  { "mode", NULL },
  { "n", "2" },
  { "newshape", "[-1, 2]" },
  { "normalize", NULL },
  { "num_heads", "2" },
  { "num_key_value_heads", "2" },
  { "num_query_heads", "4" },
  { "offset", NULL },
  { "output_dim", "3" },
  { "output_padding", NULL },
  { "output_shape", NULL },
  { "output_size", "2" },
  { "pad_to_aspect_ratio", NULL },
  { "pad_width", "[[0, 0], [1, 1]]" },
  { "padding", NULL },
  { "pool_size", "1" },
  { "repeats", "[1, 2]" },
  { "return_sequences", NULL },
  { "return_state", NULL },
  { "scale", NULL },
  { "score_mode", NULL },
  { "shared_axes", NULL },
  { "shift", "1" },
  { "size", "2" },
  { "source", "1" },
  { "strides", NULL },
  { "subscripts", "\"abc,acd->abd\"" },
  { "target_shape", "[-1]" },
  { "units", "2" },
  { "use_bias", NULL },
  { "variance", "1" },
  { "width", "2" },
};

static const char *const values[] = { "null", "-1", "0", "1", "2", "3", "4",
  "67108864", "1e300", "-9223372036854775808", "0.5", "true", "false",
  "\"same\"", "\"causal\"", "\"reflect\"", "\"channels_first\"",
  "\"...x,xy->...y\"", "\"abc,cde->aebd\"", "\"ab...,bc->ac...\"",
  "\"abcd,abef->acdef\"", "[[0, 0], [1, 2], [0, 1], [2, 2]]", "\"relu\"",
  "\"concat\"", "\"sum\"", "\"bilinear\"", "[]", "[1]", "[2]", "[-1]", "[0, 1]",
  "[2, 1]", "[1, 2, 3]", "[3, 1, 2]", "[0, 2, 1]", "[-1, 3]", "[-1, 2, 6]",
  "[67108864, 67108864, 67108864]", "[[1, 1], [1, 1]]",
  "[[0, 1], [2, 0], [1, 1]]", "[null, 1]",
  "[{\"start\": null}, {\"start\": -2, \"step\": -1}, 0]",
  "[{\"class_name\": \"__ellipsis__\"}, null, 1]",
  "[{\"start\": null}, {\"start\": 99, \"stop\": -99, \"step\": -2}]",
  "{\"class_name\": \"LSTM\", \"config\": {\"units\": 2}}",
  "{\"class_name\": \"GRUCell\", \"config\": {\"units\": 3}}",
  "{\"class_name\": \"ELU\", \"config\": {\"alpha\": 2}}" };

static const NnShape shapes[] = { { .rank = 0 }, { .rank = 1, .dim = { 6 } },
  { .rank = 1, .dim = { 1 } }, { .rank = 2, .dim = { 4, 3 } },
  { .rank = 2, .dim = { 1, 3 } }, { .rank = 3, .dim = { 4, 5, 3 } },
  { .rank = 3, .dim = { 1, 1, 2 } }, { .rank = 4, .dim = { 2, 3, 4, 2 } },
  { .rank = 7, .dim = { 1, 2, 1, 2, 1, 2, 1 } } };

static char *
random_config (GRand *rand)
{
  GString *text = g_string_new ("{ \"name\": \"any\"");

  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++) {
    const char *const value = g_rand_int_range (rand, 0, 8) == 0
        ? values[g_rand_int_range (rand, 0, G_N_ELEMENTS (values))]
        : keys[i].value;

    if (value)
      g_string_append_printf (text, ", \"%s\": %s", keys[i].key, value);
  }
  g_string_append (text, " }");
  return g_string_free (text, FALSE);
}

static void
test_any_config (gconstpointer data)
{
  const char *const class_name = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (g_str_hash (class_name));
  size_t n_made = 0;

  for (size_t i = 0; i < 300; i++) {
    g_autofree char *config = random_config (rand);
    LayerSpec spec = { class_name, config, g_rand_int_range (rand, 2, 4),
      g_rand_int_range (rand, 0, 2) + g_rand_int_range (rand, 1, 3) };
    const size_t alike = g_rand_int_range (rand, 0, G_N_ELEMENTS (shapes));

    for (size_t k = 0; k < spec.n_in; k++) {
      const size_t other = g_rand_int_range (rand, 0, G_N_ELEMENTS (shapes));

      spec.in[k] = shapes[g_rand_int_range (rand, 0, 4) ? alike : other];
      spec.masked[k] =
          spec.in[k].rank > 0 && g_rand_int_range (rand, 0, 3) == 0;
    }
    spec.separate_args = g_rand_boolean (rand);
    if (spec.separate_args && g_rand_boolean (rand))
      spec.constant = values[g_rand_int_range (rand, 0, G_N_ELEMENTS (values))];
    spec.max_size = 20000;
    g_autoptr (LayerRun) run = layer_run_new (&spec);
    g_assert_true ((run->layer != NULL) == (run->error == NULL));
    if (!run->layer || run->is_too_large)
      continue;
    layer_run_forward (run);
    n_made++;
  }
  g_test_message ("%zu of 300 ran", n_made);
}

int
main (int argc, char **argv)
{
  g_autofree char *list = nn_layer_class_list ();
  g_auto (GStrv) names = g_strsplit (list, ", ", -1);

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autofree char *path = g_strdup_printf (
        "/layers/refused/%s/%zu", refused[i].spec.class_name, i);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_refused);
  }
  for (size_t i = 0; i < G_N_ELEMENTS (masks); i++) {
    g_autofree char *path = g_strdup_printf ("/layers/mask/%s", masks[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_mask);
  }
  g_test_add_func ("/layers/masking", test_masking);
  g_test_add_func ("/layers/embedding", test_embedding);
  for (size_t i = 0; names[i]; i++) {
    g_autofree char *path = g_strdup_printf ("/layers/any/%s", names[i]);

    g_test_add_data_func (path, names[i], test_any_config);
  }
  return g_test_run ();
}
