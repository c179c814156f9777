/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "nn/json-writer.h"

static void
test_shape (void)
{
  static const char *const plain =
      "{\"a\": 1, \"b\": [1, \"x\", {\"c\": null}], \"d\": {}, \"e\": [], "
      "\"f\": true}";
  static const char *const pretty =
      "{\n  \"a\": 1,\n  \"b\": [1,\"x\",{\n      \"c\": null\n    }],\n"
      "  \"d\": {},\n  \"e\": [],\n  \"f\": true\n}";

  for (guint i = 0; i < 2; i++) {
    g_autoptr (NnJson) json = nn_json_new (i == 1);

    nn_json_begin_object (json, NULL);
    nn_json_add_int (json, "a", 1);
    nn_json_begin_array (json, "b");
    nn_json_add_int (json, NULL, 1);
    nn_json_add_string (json, NULL, "x");
    nn_json_begin_object (json, NULL);
    nn_json_add_string (json, "c", NULL);
    nn_json_end_object (json);
    nn_json_end_array (json);
    nn_json_begin_object (json, "d");
    nn_json_end_object (json);
    nn_json_begin_array (json, "e");
    nn_json_end_array (json);
    nn_json_add_boolean (json, "f", TRUE);
    nn_json_end_object (json);
    g_assert_cmpstr (nn_json_text (json), ==, i ? pretty : plain);
  }
}

/* A parser of others reads back what was written, bit for bit. */
static void
test_doubles (void)
{
  static const double values[] = { 0, 1, -1.5, 1e-10, 0.1, 1 / 3.0, 1e300,
    -2.5e-308, 48000, 0.85, 123456789.125 };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (NnJson) json = nn_json_new (FALSE);
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (GError) error = NULL;

    nn_json_begin_array (json, NULL);
    nn_json_add_double (json, NULL, values[i]);
    nn_json_end_array (json);
    json_parser_load_from_data (parser, nn_json_text (json), -1, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (
        json_array_get_double_element (
            json_node_get_array (json_parser_get_root (parser)), 0),
        ==, values[i]);
  }
}

static void
test_not_finite (void)
{
  g_autoptr (NnJson) json = nn_json_new (FALSE);

  nn_json_begin_array (json, NULL);
  nn_json_add_double (json, NULL, NAN);
  nn_json_add_double (json, NULL, -INFINITY);
  nn_json_end_array (json);
  g_assert_cmpstr (nn_json_text (json), ==, "[null, null]");
}

static void
test_strings (void)
{
  static const struct {
    const char *text, *json;
  } cases[] = {
    { "", "\"\"" },
    { "say \"hi\\\"", "\"say \\\"hi\\\\\\\"\"" },
    { "a\nb\t\x01", "\"a\\u000ab\\u0009\\u0001\"" },
    { "é“", "\"é“\"" },
    { "\xff", "\"\xef\xbf\xbd\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    nn_json_quote (text, cases[i].text);
    g_assert_cmpstr (text->str, ==, cases[i].json);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-writer/shape", test_shape);
  g_test_add_func ("/json-writer/doubles", test_doubles);
  g_test_add_func ("/json-writer/not-finite", test_not_finite);
  g_test_add_func ("/json-writer/strings", test_strings);
  return g_test_run ();
}
