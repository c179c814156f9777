/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations of models: what becomes a graph, and what is refused. Weights
 * play no part. In the texts ' stands for ". */
#include <string.h>
#include "nn/error.h"
#include "nn/keras-v3.h"
#include "nn/model-private.h"

#define INPUT(name)                                                            \
  "{'class_name': 'InputLayer', 'name': '" name "', 'inbound_nodes': [],"      \
  " 'config': {'name': '" name "', 'batch_shape': [null, 4, 3],"               \
  " 'dtype': 'float32'}}"
#define LAYER(class_name, name, nodes)                                         \
  "{'class_name': '" class_name "', 'module': 'keras.layers',"                 \
  " 'name': '" name "', 'config': {'name': '" name "'},"                       \
  " 'inbound_nodes': [" nodes "]}"
#define TENSOR(history)                                                        \
  "{'class_name': '__keras_tensor__', 'config': {'keras_history': " history "}}"
#define NODE3(history) "{'args': [" TENSOR (history) "], 'kwargs': {}}"
#define FUNCTIONAL(name, layers, in, out)                                      \
  "{'class_name': 'Functional', 'name': '" name "', 'config': {'name': '" name \
  "', 'layers': [" layers "], 'input_layers': " in ", 'output_layers': " out   \
  "}}"
/* input -> ReLU of the given dtype. */
#define SEQUENTIAL(dtype)                                                      \
  "{'class_name': 'Sequential', 'config': {'layers': [" INPUT (                \
      "a") ", {'class_name': 'ReLU', 'config': {'name': 'b', 'dtype': " dtype  \
           "}}]}}"
#define QUANTIZED(mode)                                                        \
  "{'class_name': 'QuantizedDTypePolicy', 'config': {'mode': '" mode "', "     \
  "'source_name': 'float32'}}"
/* input -> a function of TensorFlow with these arguments. */
#define LAMBDA(function, kwargs)                                               \
  FUNCTIONAL ("f",                                                             \
      INPUT ("a") ", {'class_name': 'TFOpLambda', 'name': 'b', 'config': "     \
                  "{'name': 'b', 'function': '" function "'}, "                \
                  "'inbound_nodes': [['a', 0, 0, " kwargs "]]}",               \
      "[['a', 0, 0]]", "[['b', 0, 0]]")
/* input -> one layer with these keys. */
#define ONE(class_name, keys)                                                  \
  "{'class_name': 'Sequential', 'config': {'layers': [" INPUT (                \
      "a") ", {'class_name': '" class_name "', 'config': {'name': 'b', "       \
           "'dtype': 'float32'" keys "}}]}}"
/* A nested model with calls; its own graph is x -> ReLU -> y. */
#define NESTED(nodes)                                                          \
  "{'class_name': 'Functional', 'name': 'm', 'inbound_nodes': [" nodes "],"    \
  " 'config': {'name': 'm', 'layers': [" INPUT ("x") ", " LAYER (              \
      "ReLU", "y", "[['x', 0, 0, {}]]") "],"                                   \
                                        " 'input_layers': [['x', 0, 0]], "     \
                                        "'output_layers': [['y', 0, 0]]}}"

static const struct {
  const char *name;
  const char *keras_version;
  const char *config;
  int code; /* NnError; -1: it is built */
  const char *message;
  size_t n_outputs;
} cases[] = {
  { "unified-2.0", "2.2.4-tf", ONE ("UnifiedLSTM", ", 'units': 2"), -1, "", 1 },
  { "array-2.2", "2.2.4",
      ONE ("ReLU", ", 'max_value': {'type': 'ndarray', 'value': 6.0}"), -1, "",
      1 },
  { "chain", "2.9.0",
      FUNCTIONAL ("f", INPUT ("a") ", " LAYER ("ReLU", "b", "[['a', 0, 0]]"),
          "[['a', 0, 0]]", "[['b', 0, 0]]"),
      -1, .n_outputs = 1 },
  { "any-order", "3.9.2",
      FUNCTIONAL ("f",
          LAYER ("ReLU", "c", NODE3 ("['b', 0, 0]")) ", " LAYER (
              "ReLU", "b", NODE3 ("['a', 0, 0]")) ", " INPUT ("a"),
          "['a', 0, 0]", "{'z': ['c', 0, 0], 'y': ['a', 0, 0]}"),
      -1, .n_outputs = 2 },
  { "nested-from-1", "2.9.0",
      FUNCTIONAL ("f",
          INPUT ("a") ", " NESTED ("[['a', 0, 0, {}]], [['m', 1, 0, {}]]"),
          "[['a', 0, 0]]", "[['m', 2, 0]]"),
      -1, .n_outputs = 1 },
  { "nested-from-0-out-from-1", "3.9.2",
      FUNCTIONAL ("f",
          INPUT ("a") ", " NESTED (
              NODE3 ("['a', 0, 0]") ", " NODE3 ("['m', 0, 0]")),
          "[['a', 0, 0]]", "[['m', 1, 0], ['m', 2, 0]]"),
      -1, .n_outputs = 2 },
  { "nested-out-from-0", "3.9.2",
      FUNCTIONAL ("f", INPUT ("a") ", " NESTED (NODE3 ("['a', 0, 0]")),
          "[['a', 0, 0]]", "[['m', 0, 0]]"),
      -1, .n_outputs = 1 },
  { "nan", "3.9.2",
      "{'class_name': 'Sequential', 'config': {'layers': [" INPUT (
          "a") ","
               " {'class_name': 'ReLU', 'config': {'name': 'NaN', 'dtype': "
               "'float32',"
               " 'max_value': Infinity, 'threshold': -0.0, 'unused': NaN}}]}}",
      -1, .n_outputs = 1 },
  { "cycle", "3.9.2",
      FUNCTIONAL ("f",
          INPUT ("a") ", " LAYER (
              "ReLU", "b", NODE3 ("['c', 0, 0]")) ", " LAYER ("ReLU", "c",
              NODE3 ("['b', 0, 0]")),
          "[['a', 0, 0]]", "[['c', 0, 0]]"),
      NN_ERROR_FORMAT, "cycle" },
  { "nested-cycle", "2.9.0",
      FUNCTIONAL ("f", INPUT ("a") ", " NESTED ("[['m', 1, 0, {}]]"),
          "[['a', 0, 0]]", "[['m', 1, 0]]"),
      NN_ERROR_FORMAT, "cycle" },
  { "dangling", "3.9.2",
      FUNCTIONAL ("f",
          INPUT ("a") ", " LAYER ("ReLU", "b", NODE3 ("['nobody', 0, 0]")),
          "[['a', 0, 0]]", "[['b', 0, 0]]"),
      NN_ERROR_FORMAT, "“nobody”" },
  { "second-output-of-one", "3.9.2",
      FUNCTIONAL ("f",
          INPUT ("a") ", " LAYER ("ReLU", "b", NODE3 ("['a', 0, 1]")),
          "[['a', 0, 0]]", "[['b', 0, 0]]"),
      NN_ERROR_FORMAT, "tensor 1 of layer “a”" },
  { "input-that-nobody-feeds", "3.9.2",
      FUNCTIONAL ("f",
          INPUT ("a") ", " INPUT ("x") ", " LAYER (
              "ReLU", "b", NODE3 ("['x', 0, 0]")),
          "[['a', 0, 0]]", "[['b', 0, 0]]"),
      NN_ERROR_FORMAT, "“x”" },
  { "output-that-is-not-there", "3.9.2",
      FUNCTIONAL ("f", INPUT ("a"), "[['a', 0, 0]]", "[]"), NN_ERROR_FORMAT,
      "output_layers" },
  { "training", "3.9.2",
      FUNCTIONAL ("f",
          INPUT ("a") ", " LAYER ("Dropout", "b",
              "{'args': [" TENSOR (
                  "['a', 0, 0]") "], 'kwargs': {'training': true}}"),
          "[['a', 0, 0]]", "[['b', 0, 0]]"),
      NN_ERROR_UNSUPPORTED, "training=True" },
  { "lambda", "2.9.0",
      FUNCTIONAL ("f", INPUT ("a") ", " LAYER ("Lambda", "b", "[['a', 0, 0]]"),
          "[['a', 0, 0]]", "[['b', 0, 0]]"),
      NN_ERROR_UNSUPPORTED,
      "layer “b” (Lambda): save the model with layers of Keras" },
  { "keras-1", "1.2.2", ONE ("Dense", ", 'output_dim': 3"),
      NN_ERROR_UNSUPPORTED, "written by Keras 1.2.2" },
  { "unknown", "2.9.0", ONE ("AttentionWithContext", ""), NN_ERROR_UNSUPPORTED,
      "layer “b” (AttentionWithContext): save the model with layers that run" },
  { "unknown-operator", "3.9.2", ONE ("Svd", ""), NN_ERROR_UNSUPPORTED,
      "(Svd): save the model with" },
  { "softmax-of-tensorflow", "2.9.0",
      ONE ("Activation", ", 'activation': 'softmax_v2'"), -1, .n_outputs = 1 },
  { "softmax-of-tensorflow-3", "3.9.2",
      ONE ("Activation",
          ", 'activation': {'module': 'builtins', 'class_name': 'function', "
          "'config': 'softmax_v2', 'registered_name': 'function'}"),
      -1, .n_outputs = 1 },
  { "custom-class-of-a-known-name", "3.9.2",
      "{'class_name': 'Sequential', 'config': {'layers': [" INPUT (
          "a") ", {'class_name': 'ReLU', 'module': 'my_layers',"
               " 'registered_name': 'ReLU', 'config': {'name': 'b'}}]}}",
      NN_ERROR_UNSUPPORTED, "layer “b” (ReLU): a class of “my_layers”" },
  { "registered-class-of-a-known-name", "2.15.0",
      "{'class_name': 'Sequential', 'config': {'layers': [" INPUT (
          "a") ", {'class_name': 'ReLU', 'module': null,"
               " 'registered_name': 'Custom>ReLU', 'config': {'name': 'b'}}]}}",
      NN_ERROR_UNSUPPORTED, "layer “b” (ReLU): a class of “Custom”" },
  { "modules-of-keras", "2.15.0",
      "{'class_name': 'Sequential', 'module': 'tf_keras.src.models',"
      " 'registered_name': 'Sequential', 'config': {'layers': [" INPUT (
          "a") ", {'class_name': 'ReLU', 'module': 'tensorflow.keras.layers',"
               " 'config': {'name': 'b'}}]}}",
      -1, .n_outputs = 1 },
  { "int8", "3.9.2", SEQUENTIAL (QUANTIZED ("int8")), NN_ERROR_UNSUPPORTED,
      "layer “b” (ReLU): quantized (int8_from_float32)" },
  { "int8-in-a-map", "3.9.2",
      SEQUENTIAL ("{'class_name': 'DTypePolicyMap', 'config': {'policy_map': "
                  "{'b/inner': " QUANTIZED ("int8") "}}}"),
      NN_ERROR_UNSUPPORTED, "quantized (int8_from_float32)" },
  { "int8-as-text", "3.9.2", SEQUENTIAL ("'int8_from_mixed_bfloat16'"),
      NN_ERROR_UNSUPPORTED, "quantized (int8_from_mixed_bfloat16)" },
  { "int8-by-its-options", "3.14.0",
      SEQUENTIAL ("'float32', 'quantization_config': {'class_name': "
                  "'Int8QuantizationConfig', 'config': {}}"),
      NN_ERROR_UNSUPPORTED, "“quantization_config”" },
  { "mixed-precision", "3.9.2",
      SEQUENTIAL ("{'class_name': 'DTypePolicy', 'config': {'name': "
                  "'mixed_float16'}}, 'quantization_config': null"),
      -1, .n_outputs = 1 },
  { "mixed-precision-2", "2.9.0",
      SEQUENTIAL (
          "{'class_name': 'Policy', 'config': {'name': 'mixed_bfloat16'}}"),
      -1, .n_outputs = 1 },
  { "function", "2.9.0",
      LAMBDA ("nn.bias_add",
          "{'bias': [1, 2, 3], 'data_format': 'NHWC', 'name': 'n'}"),
      -1, .n_outputs = 1 },
  { "function-unknown", "2.9.0", LAMBDA ("signal.stft", "{}"),
      NN_ERROR_UNSUPPORTED,
      "layer “b” (TFOpLambda): the TensorFlow operator "
      "“signal.stft” is not supported" },
  { "function-with-unknown-argument", "2.9.0",
      LAMBDA ("nn.softmax", "{'axis': 1, 'warmth': 2}"), NN_ERROR_UNSUPPORTED,
      "the argument “warmth” of the TensorFlow operator “nn.softmax”" },
  { "function-with-unknown-value", "2.9.0",
      LAMBDA ("nn.bias_add", "{'bias': [1, 2, 3], 'data_format': 'NCHW'}"),
      NN_ERROR_UNSUPPORTED, "“data_format” is “NCHW”, supported is: NHWC" },
  { "batch-norm-of-tf-1.13", "2.2.4-tf", ONE ("BatchNormalizationV1", ""), -1,
      .n_outputs = 1 },
  { "batch-norm-sync", "2.9.0", ONE ("SyncBatchNormalization", ""), -1,
      .n_outputs = 1 },
  { "augmentation", "2.9.0", ONE ("RandomZoom", ", 'height_factor': 0.2"), -1,
      .n_outputs = 1 },
  { "array-as-object", "3.9.2",
      ONE ("Rescaling",
          ", 'scale': {'class_name': '__numpy__', 'config': "
          "{'value': [1, 2, 3], 'dtype': 'float32'}}"),
      -1, .n_outputs = 1 },
  { "custom-model", "3.9.2", "{'class_name': 'MyModel', 'config': {}}",
      NN_ERROR_UNSUPPORTED, "“MyModel”" },
  { "no-json", "3.9.2", "", NN_ERROR_FORMAT, "damaged JSON" },
};

static NnModel *
build (const char *config, const char *keras_version, GError **error)
{
  g_autofree char *json = g_strdelimit (g_strdup (config), "'", '"');

  return nn_model_build ("test.h5", json, keras_version, NULL, 0, error);
}

static void
test_case (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      build (cases[i].config, cases[i].keras_version, &error);

  if (cases[i].code >= 0) {
    g_assert_null (model);
    g_assert_error (error, NN_ERROR, cases[i].code);
    g_test_message ("%s: %s", cases[i].name, error->message);
    g_assert_true (g_str_has_prefix (error->message, "test.h5: "));
    g_assert_nonnull (strstr (error->message, cases[i].message));
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpuint (nn_model_n_outputs (model), ==, cases[i].n_outputs);
}

/* depth models inside each other, each calls the next fan times. */
static char *
make_nest (int depth, int fan)
{
  g_autofree char *inner = depth > 0 ? make_nest (depth - 1, fan) : NULL;
  GString *layers = g_string_new (INPUT ("i"));

  if (inner) {
    g_string_append_printf (
        layers, ", %.*s, 'inbound_nodes': [", (int) strlen (inner) - 1, inner);
    for (int i = 0; i < fan; i++)
      g_string_append (
          layers, i ? ", " NODE3 ("['i', 0, 0]") : NODE3 ("['i', 0, 0]"));
    g_string_append (layers, "]}");
  }
  g_string_prepend (layers,
      "{'class_name': 'Functional', 'name': 'm', 'config': {'name': 'm',"
      " 'input_layers': [['i', 0, 0]], 'layers': [");
  g_string_append_printf (
      layers, "], 'output_layers': [['%s', 0, 0]]}}", inner ? "m" : "i");
  return g_string_free (layers, FALSE);
}

/* Neither may take long: what is shared is counted as often as it is called. */
static void
test_bounds (void)
{
  static const struct {
    int depth, fan;
    bool is_ok;
  } nests[] = { { 14, 1, true }, { 17, 1, false }, { 14, 40, false } };

  for (size_t i = 0; i < G_N_ELEMENTS (nests); i++) {
    g_autofree char *config = make_nest (nests[i].depth, nests[i].fan);
    g_autoptr (GError) error = NULL;
    g_autoptr (NnModel) model = build (config, "3.9.2", &error);

    g_assert_true ((model != NULL) == nests[i].is_ok);
    if (!model)
      g_assert_error (error, NN_ERROR, NN_ERROR_LIMIT);
  }
}

/* Names cost as much as values, and arguments of a call count at every call of
 * the model that it is in. */
static void
test_many_names (void)
{
  static const struct {
    int n_names, n_calls;
    const char *message;
  } sizes[] = { { 1000, 2, NULL }, { 150000, 2, "the JSON has more than" },
    { 60000, 3, "too large once its shared parts are unfolded" } };

  for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GString) names = g_string_new ("{'name': 'x'");
    g_autoptr (GString) calls = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autofree char *config = NULL;
    g_autoptr (NnModel) model = NULL;

    for (int k = 0; k < sizes[i].n_names; k++)
      g_string_append_printf (names, ", 'k%d': 1", k);
    for (int k = 0; k < sizes[i].n_calls; k++)
      g_string_append (calls, k > 0 ? ", [['a', 0, 0]]" : "[['a', 0, 0]]");
    config = g_strdup_printf (
        FUNCTIONAL ("f",
            INPUT ("a") ", {'class_name': 'Functional', 'name': 'm', "
                        "'inbound_nodes': [%s], 'config': {'name': 'm', "
                        "'input_layers': [['i', 0, 0]], "
                        "'output_layers': [['o', 0, 0]], "
                        "'layers': [" INPUT (
                            "i") ", {'class_name': 'ReLU', 'name': 'o', "
                                 "'config': {'name': 'o'}, "
                                 "'inbound_nodes': "
                                 "[[['i', 0, 0, %s}]]]}]}}",
            "[['a', 0, 0]]", "[['m', 1, 0]]"),
        calls->str, names->str);
    model = build (config, "2.9.0", &error);
    g_assert_true ((model != NULL) == (sizes[i].message == NULL));
    if (!model)
      g_assert_nonnull (strstr (error->message, sizes[i].message));
  }
}

static void
test_snake_case (void)
{
  static const char *const names[][2] = {
    { "Dense", "dense" },
    { "PReLU", "p_re_lu" },
    { "ReLU", "re_lu" },
    { "ELU", "elu" },
    { "LeakyReLU", "leaky_re_lu" },
    { "SimpleRNN", "simple_rnn" },
    { "Conv2DTranspose", "conv2d_transpose" },
    { "DepthwiseConv1D", "depthwise_conv1d" },
    { "MaxPooling2D", "max_pooling2d" },
    { "GlobalAveragePooling1D", "global_average_pooling1d" },
    { "GroupedQueryAttention", "grouped_query_attention" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *snake = nn_keras_v3_snake_case (names[i][0]);

    g_assert_cmpstr (snake, ==, names[i][1]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/keras/%s", cases[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
  }
  g_test_add_func ("/keras/bounds", test_bounds);
  g_test_add_func ("/keras/many-names", test_many_names);
  g_test_add_func ("/keras/snake-case", test_snake_case);
  return g_test_run ();
}
