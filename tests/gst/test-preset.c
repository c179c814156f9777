/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The presets that are installed: they are found, all of each one is taken, and
 * the element runs with them. */
#include "gst/gstemotiondetect.h"
#include "tests/gst/fixture.h"

#define CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"

static const struct {
  const char *name;
  const char *property;
  const char *value;
} table[] = {
  { "archive", "inference", "sync" },
  { "archive", "interval", "3000000000" },
  { "archive", "tags", "summary" },
  { "live", "inference", "async" },
  { "live", "interval", "1000000000" },
  { "live", "smoothing", "0.5" },
  { "sensitive", "interval", "500000000" },
  { "sensitive", "min-confidence", "0" },
  { "live", "min-confidence", "0.5" },
  { "archive", "min-confidence", "0.5" },
  { "sensitive", "silence-threshold", "-120" },
  { "sensitive", "min-voice", "100000000" },
  { "live", "min-voice", "300000000" },
  { "sensitive", "smoothing", "0" },
};

static void
test_names (void)
{
  GstElement *element = gst_element_factory_make ("emotiondetect", NULL);
  g_auto (GStrv) names = gst_preset_get_preset_names (GST_PRESET (element));

  g_assert_nonnull (names);
  g_assert_cmpuint (g_strv_length (names), ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    g_assert_true (
        g_strv_contains ((const char *const *) names, table[i].name));
  gst_object_unref (gst_object_ref_sink (element));
}

static void
test_values (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    GstElement *element = gst_element_factory_make ("emotiondetect", NULL);
    GParamSpec *spec = g_object_class_find_property (
        G_OBJECT_GET_CLASS (element), table[i].property);
    g_auto (GValue) expected = G_VALUE_INIT;
    g_auto (GValue) found = G_VALUE_INIT;

    g_value_init (&expected, spec->value_type);
    g_assert_true (gst_value_deserialize (&expected, table[i].value));
    g_assert_true (
        gst_preset_load_preset (GST_PRESET (element), table[i].name));
    g_value_init (&found, spec->value_type);
    g_object_get_property (G_OBJECT (element), table[i].property, &found);
    g_assert_cmpint (
        gst_value_compare (&found, &expected), ==, GST_VALUE_EQUAL);
    gst_object_unref (gst_object_ref_sink (element));
  }
}

/* Every property that can be set is the same in both. */
static void
assert_same (GstElement *a, GstElement *b)
{
  guint n;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (a), &n);

  for (guint i = 0; i < n; i++) {
    g_auto (GValue) x = G_VALUE_INIT, y = G_VALUE_INIT;

    if (specs[i]->owner_type != GST_TYPE_EMOTION_DETECT
        || !(specs[i]->flags & G_PARAM_WRITABLE))
      continue;
    g_test_message ("%s", specs[i]->name);
    g_value_init (&x, specs[i]->value_type);
    g_value_init (&y, specs[i]->value_type);
    g_object_get_property (G_OBJECT (a), specs[i]->name, &x);
    g_object_get_property (G_OBJECT (b), specs[i]->name, &y);
    g_assert_cmpint (g_param_values_cmp (specs[i], &x, &y), ==, 0);
  }
}

/* What one preset sets, the next one does not leave. */
static void
test_switch (void)
{
  static const char *const names[] = { "archive", "live", "sensitive" };

  for (guint i = 0; i < 9; i++) {
    GstElement *fresh = gst_element_factory_make ("emotiondetect", NULL);
    GstElement *used = gst_element_factory_make ("emotiondetect", NULL);

    g_test_message ("%s, then %s", names[i / 3], names[i % 3]);
    g_assert_true (gst_preset_load_preset (GST_PRESET (fresh), names[i % 3]));
    g_assert_true (gst_preset_load_preset (GST_PRESET (used), names[i / 3]));
    g_assert_true (gst_preset_load_preset (GST_PRESET (used), names[i % 3]));
    assert_same (fresh, used);
    gst_object_unref (gst_object_ref_sink (fresh));
    gst_object_unref (gst_object_ref_sink (used));
  }
}

/* Four seconds make windows at 0, .5 and 1 s; the end adds its own. */
static void
test_run (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  g_assert_true (gst_preset_load_preset (GST_PRESET (f.element), "sensitive"));
  gst_util_set_object_arg (G_OBJECT (f.element), "inference", "sync");
  fixture_push (&f, 16000, 0, 64000, 1600);
  g_assert_cmpuint (fixture_count (&f), ==, 3);
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_func ("/preset/names", test_names);
  g_test_add_func ("/preset/values", test_values);
  g_test_add_func ("/preset/switch", test_switch);
  g_test_add_func ("/preset/run", test_run);
  return g_test_run ();
}
