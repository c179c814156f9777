/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Model files that are not there, damaged or foreign; labels; models shared and
 * swapped. */
#define _GNU_SOURCE /* memmem */
#include <glib/gstdio.h>
#include <unistd.h>

#include "gst/model/model-cache.h"
#include "nn/error.h"
#include "nn/model.h"
#include "nn/save.h"
#include "nn/train/architectures.h"
#include "tests/folder.h"
#include "tests/gst/fixture.h"
#include "tests/gst/leaks.h"

#define CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"

static char *folder; /* for files that a test makes */

static char *
write_file (const char *name, const char *contents, gsize len)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, contents, len, NULL));
  return path;
}

static void
check_error (const char *file, const char *labels, gint code, const char *says)
{
  g_autofree char *debug = NULL;
  g_autoptr (GError) error =
      fixture_start_error (&debug, "model-file", file, "labels", labels, NULL);
  g_autofree char *name = file ? g_path_get_basename (file) : g_strdup ("cnn");

  g_test_message ("%s", error->message);
  g_assert_error (error, GST_RESOURCE_ERROR, code);
  g_assert_nonnull (strstr (error->message, name));
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_missing (void)
{
  check_error (
      "/nowhere/at-all.h5", NULL, GST_RESOURCE_ERROR_NOT_FOUND, "No such file");
}

static void
test_folder (void)
{
  check_error (folder, NULL, GST_RESOURCE_ERROR_OPEN_READ, "");
}

static void
test_foreign (void)
{
  g_autofree char *text = write_file ("text.h5", "not a model", 11);
  g_autofree char *empty = write_file ("empty.h5", "", 0);

  check_error (text, NULL, GST_RESOURCE_ERROR_READ, "HDF5");
  check_error (empty, NULL, GST_RESOURCE_ERROR_READ, "");
}

/* Cut anywhere, a model file gives an error and no crash. */
static void
test_truncated (void)
{
  g_autofree char *path = fixture_data (MODEL_M3);
  g_autofree char *contents = NULL;
  gsize len;

  g_assert_true (g_file_get_contents (path, &contents, &len, NULL));
  for (gsize n = 9; n < len; n += len / 13) {
    g_autofree char *cut = write_file ("cut.h5", contents, n);

    check_error (cut, NULL, GST_RESOURCE_ERROR_READ, "");
  }
}

/* A model of something else. */
static void
test_shape (void)
{
  g_autofree char *path = fixture_data ("models/other-input.h5");

  check_error (path, NULL, GST_RESOURCE_ERROR_READ, "input");
}

static void
test_labels (void)
{
  g_autofree char *path = fixture_data (MODEL_M3);
  g_autofree char *debug = NULL;
  const char *const wrong[] = { "a,b", "a,b,c,d,e,f,g,h,a", "a,b,c,d,e,f,g,h,",
    "a,b,c,d,e,f,g,h,i,j" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = fixture_start_error (
        &debug, "model-file", path, "labels", wrong[i], NULL);

    g_test_message ("%s", error->message);
    g_assert_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS);
    g_clear_pointer (&debug, g_free);
  }
}

/* Elements with the same file share one model, and the last frees it. */
static void
test_shared (void)
{
  g_autofree char *path = fixture_data (MODEL_M3);
  g_autofree char *roundabout = fixture_data ("models/../" MODEL_M3);
  g_autofree char *link = g_build_filename (folder, "link.h5", NULL);
  g_autofree char *other_path = fixture_data (MODEL_M1);
  g_autoptr (GstEmotionModel) a =
      gst_emotion_model_cache_get (path, NULL, NULL);
  g_autoptr (GstEmotionModel) b =
      gst_emotion_model_cache_get (roundabout, NULL, NULL);
  g_autoptr (GstEmotionModel) other =
      gst_emotion_model_cache_get (other_path, NULL, NULL);

  g_assert_nonnull (a);
  g_assert_true (a == b);
  g_assert_true (a != other);
  g_assert_cmpint (symlink (path, link), ==, 0);
  {
    g_autoptr (GstEmotionModel) c =
        gst_emotion_model_cache_get (link, NULL, NULL);

    g_assert_true (a == c);
  }
}

/* Quantized and not, one file is two models, and both are shared. */
static void
test_shared_quantized (void)
{
  const GstEmotionModelOptions quantized = { .quantize = TRUE };
  g_autofree char *path = fixture_data (MODEL_M3);
  g_autoptr (GstEmotionModel) plain =
      gst_emotion_model_cache_get (path, NULL, NULL);
  g_autoptr (GstEmotionModel) a =
      gst_emotion_model_cache_get (path, &quantized, NULL);
  g_autoptr (GstEmotionModel) b =
      gst_emotion_model_cache_get (path, &quantized, NULL);
  g_autoptr (GstEmotionModel) again =
      gst_emotion_model_cache_get (path, NULL, NULL);

  g_assert_nonnull (plain);
  g_assert_nonnull (a);
  g_assert_true (a != plain);
  g_assert_true (a == b);
  g_assert_true (again == plain);
}

/* A file that was written anew is another model. */
static void
test_changed (void)
{
  g_autofree char *source = fixture_data (MODEL_M3);
  g_autofree char *contents = NULL;
  gsize len;
  g_autofree char *path = NULL;
  g_autoptr (GstEmotionModel) a = NULL;
  g_autoptr (GstEmotionModel) b = NULL;

  g_assert_true (g_file_get_contents (source, &contents, &len, NULL));
  path = write_file ("changes.h5", contents, len);
  a = gst_emotion_model_cache_get (path, NULL, NULL);
  g_usleep (20000); /* the clock of some file systems is that coarse */
  g_free (write_file ("changes.h5", contents, len));
  b = gst_emotion_model_cache_get (path, NULL, NULL);
  g_assert_nonnull (a);
  g_assert_nonnull (b);
  g_assert_true (a != b);
}

/* Swapped while playing, between two windows. */

static char *
next_model (Fixture *f)
{
  GstMessage *message = fixture_pop (f);
  char *name;

  g_assert_nonnull (message);
  name = g_strdup (
      gst_structure_get_string (gst_message_get_structure (message), "model"));
  gst_message_unref (message);
  return name;
}

/* Pushes windows until one comes from the model of that name. */
static void
push_until (Fixture *f, const char *name, guint64 *window)
{
  for (guint i = 0; i < 500; i++) {
    g_autofree char *now = NULL;

    fixture_push (f, 16000, 48000 * (*window)++, 48000, 48000);
    now = next_model (f);
    if (g_str_equal (now, name))
      return;
    g_usleep (10000);
  }
  g_error ("%s never came", name);
}

static void
test_swap (void)
{
  g_autofree char *other = fixture_data (MODEL_M1);
  g_autofree char *name = NULL;
  GstMessage *message;
  guint64 window = 0;
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  fixture_push (&f, 16000, 48000 * window++, 48000, 48000);
  name = next_model (&f);
  g_assert_cmpstr (name, ==, "synthetic-m3.h5");
  g_object_set (f.element, "model-file", other, NULL);
  push_until (&f, "synthetic-m1.h5", &window);

  /* A bad one: a warning, and the old one goes on. */
  g_object_set (f.element, "model-file", "/nowhere/at-all.h5", NULL);
  message = gst_bus_timed_pop_filtered (
      f.bus, 10 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_WARNING);
  gst_message_unref (message);
  push_until (&f, "synthetic-m1.h5", &window);
  fixture_clear (&f);
}

static char *
next_label (Fixture *f)
{
  g_autoptr (GstMessage) message = fixture_pop (f);

  g_assert_nonnull (message);
  return g_strdup (gst_structure_nth_field_name (
      gst_value_get_structure (gst_structure_get_value (
          gst_message_get_structure (message), "probabilities")),
      0));
}

/* Pushes silence until a window comes whose first label is that. */
static void
push_until_label (Fixture *f, const char *label, guint64 *window)
{
  for (guint i = 0; i < 2000; i++) {
    g_autofree char *now = NULL;

    gst_harness_push_event (f->harness,
        gst_event_new_gap (3 * GST_SECOND * (*window)++, 3 * GST_SECOND));
    now = next_label (f);
    if (g_str_equal (now, label))
      return;
    g_usleep (1000);
  }
  g_error ("“%s” never came", label);
}

/* Labels change while playing, too; and together with the model they are one
 * change: neither goes with the other's old value, which would be a warning. */
static void
test_swap_labels (void)
{
  g_autofree char *tiny = fixture_data ("models/tiny.h5");
  g_autofree char *m3 = fixture_data (MODEL_M3);
  guint64 window = 0;
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  for (guint i = 0; i < 20; i++) {
    g_object_set (
        f.element, "model-file", tiny, "labels", "low,middle,high", NULL);
    push_until_label (&f, "low", &window);
    g_object_set (
        f.element, "labels", "a,b,c,d,e,f,g,h,i", "model-file", m3, NULL);
    push_until_label (&f, "a", &window);
  }
  g_object_set (f.element, "labels", "1,2,3,4,5,6,7,8,9", NULL);
  push_until_label (&f, "1", &window);
  g_assert_null (gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING));
  fixture_clear (&f);
}

/* The same window through both; returns by how much a probability differs. */
static gdouble
difference (Fixture *a, Fixture *b, guint64 window)
{
  const GstStructure *p[2];
  GstMessage *message[2];
  gdouble largest = 0;

  for (guint i = 0; i < 2; i++) {
    Fixture *const f = i == 0 ? a : b;

    fixture_push (f, 16000, 48000 * window, 48000, 48000);
    message[i] = fixture_pop (f);
    g_assert_nonnull (message[i]);
    p[i] = gst_value_get_structure (gst_structure_get_value (
        gst_message_get_structure (message[i]), "probabilities"));
  }
  g_assert_cmpint (gst_structure_n_fields (p[0]), ==, 9);
  for (guint i = 0; i < 9; i++) {
    const char *const label = gst_structure_nth_field_name (p[0], i);

    largest = MAX (
        largest, ABS (field_double (p[0], label) - field_double (p[1], label)));
  }
  for (guint i = 0; i < 2; i++)
    gst_message_unref (message[i]);
  return largest;
}

/* Waits until what b tells differs from what a tells, or does not. Returns by
 * how much. */
static gdouble
wait_until (Fixture *a, Fixture *b, gboolean differs, guint64 *window)
{
  for (guint i = 0; i < 2000; i++) {
    const gdouble now = difference (a, b, (*window)++);

    if ((now > 0) == differs)
      return now;
    g_usleep (1000);
  }
  g_error ("“quantize” made no difference");
}

/* While both play, one of two elements with the same file is quantized, and
 * then is not: the other does not hear of it. */
static void
test_quantize (void)
{
  guint64 window = 0;
  gdouble change;
  gboolean is_quantized;
  Fixture plain, changing;

  fixture_init (&plain, MODEL_M3, CAPS);
  fixture_init (&changing, MODEL_M3, CAPS);
  g_object_get (changing.element, "quantize", &is_quantized, NULL);
  g_assert_false (is_quantized);
  g_assert_cmpfloat (difference (&plain, &changing, window++), ==, 0);
  g_object_set (changing.element, "quantize", TRUE, NULL);
  change = wait_until (&plain, &changing, TRUE, &window);
  g_test_message ("a probability changes by %g", change);
  g_assert_cmpfloat (change, <, 0.02);
  g_object_set (changing.element, "quantize", FALSE, NULL);
  wait_until (&plain, &changing, FALSE, &window);
  fixture_clear (&plain);
  fixture_clear (&changing);
}

/* A model file that names its labels itself. */
static void
test_metadata (void)
{
  GstMessage *message;
  const GstStructure *p;
  Fixture f;

  fixture_init (&f, "models/tiny.h5", CAPS);
  fixture_push (&f, 16000, 0, 48000, 48000);
  message = fixture_pop (&f);
  g_assert_nonnull (message);
  p = gst_value_get_structure (gst_structure_get_value (
      gst_message_get_structure (message), "probabilities"));
  g_assert_cmpint (gst_structure_n_fields (p), ==, 3);
  g_assert_cmpstr (gst_structure_nth_field_name (p, 2), ==, "high");
  gst_message_unref (message);
  fixture_clear (&f);
}

/* A model whose output turns out not to be numbers: one warning, and the sound
 * goes on. */
static void
test_fault (void)
{
  GstMessage *message;
  Fixture f;

  fixture_init (&f, "models/overflow.h5", CAPS);
  fixture_push (&f, 16000, 0, 48000 * 3, 48000);
  message = gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING));
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Shapes of inputs as files give them, and the recipe that serves them. */
static const struct {
  const char *name;
  const char *shape; /* in the file */
  const char *layer; /* that makes a row of it */
  gsize n_mels;
  gboolean is_turned;
} inputs[] = {
  { "bands-frames", "64, 94", "GlobalAveragePooling1D", 64, FALSE },
  { "frames-bands", "94, 64", "GlobalAveragePooling1D", 64, TRUE },
  { "frames-bands-1", "94, 40, 1", "Flatten", 40, TRUE },
  { "row", "6016", "Flatten", 64, FALSE },
};

/* Shapes that no spectrogram has: a guess would be wrong without a word. */
static const char *const other_inputs[] = { "40, 1", "1, 40", "40, 1, 1", "180",
  "1, 64, 94", "64, 94, 3" };

static void
test_other_input (gconstpointer shape)
{
  g_autofree char *path = g_build_filename (folder, "input.h5", NULL);
  g_autofree char *text = g_strdup_printf ("input is (%s", (char *) shape);
  g_autoptr (GError) error = NULL;

  fixture_write_model (path, shape, "Flatten");
  g_assert_null (gst_emotion_model_load (path, NULL, &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_SHAPE);
  g_assert_nonnull (strstr (error->message, text));
  g_assert_nonnull (strstr (error->message, "(64 bands, 94 frames)"));
  g_assert_nonnull (strstr (error->message, "“recipe”"));
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
test_input (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *path = g_build_filename (folder, "input.h5", NULL);
  GError *error = NULL;

  fixture_write_model (path, inputs[i].shape, inputs[i].layer);

  g_autoptr (GstEmotionModel) model =
      gst_emotion_model_load (path, NULL, &error);

  g_assert_no_error (error);
  const DspRecipe *const recipe = gst_emotion_model_recipe (model);
  const gsize bands = recipe->n_mels, frames = 94;
  g_autofree float *features = g_new (float, bands *frames);
  g_autofree float *turned = g_new (float, bands *frames);
  g_autoptr (NnModel) network = nn_model_load (path, NULL, 0, NULL);
  float found[9], expected[9];

  g_assert_cmpuint (bands, ==, inputs[i].n_mels);
  for (gsize k = 0; k < bands * frames; k++)
    features[k] = g_test_rand_double ();
  for (gsize k = 0; k < bands * frames; k++)
    turned[k % frames * bands + k / frames] = features[k];
  gst_emotion_model_run (model, features, found);
  g_autoptr (NnSession) session = nn_session_new (network, 1, NULL);
  nn_session_run (session, 1,
      (const float *const[]){ inputs[i].is_turned ? turned : features },
      (float *const[]){ expected });
  g_assert_cmpmem (found, sizeof found, expected, sizeof expected);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* (None, 5): as many frames as the default window has. */
static void
test_open_frames (void)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");
  g_autofree char *path = g_build_filename (
      shared, "golden/zoo/d099_rank_unknown_time.keras", NULL);
  g_autoptr (GError) error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_test_skip ("the zoo is in ../shared, which is not here");
    return;
  }
  g_autoptr (GstEmotionModel) model =
      gst_emotion_model_load (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gst_emotion_model_recipe (model)->n_mfcc, ==, 5);
  g_assert_cmpuint (gst_emotion_model_n_features (model), ==, 5 * 94);
}

/* Makes the 700 steps of a file's input None. */
static void
open_time_axis (const char *path)
{
  static const char known[] = "[null, 700, 40]", open[] = "[null,null, 40]";
  g_autofree char *bytes = NULL;
  char *at;
  gsize len;

  g_assert_true (g_file_get_contents (path, &bytes, &len, NULL));
  at = memmem (bytes, len, known, strlen (known));
  g_assert_nonnull (at);
  memcpy (at, open, strlen (open));
  g_assert_true (g_file_set_contents (path, bytes, (gssize) len, NULL));
}

/* (None, 40): as many as the file's own recipe has. */
static void
test_open_frames_of_recipe (void)
{
  static const char metadata[] =
      "{\"recipe\": {\"features\": \"mfcc\", \"n_mfcc\": 40, "
      "\"normalization\": \"none\", \"window_len\": 24000}}";
  const NnShape input = { .rank = 2, .dim = { 700, 40 } };
  g_autofree char *path = g_build_filename (folder, "open.h5", NULL);
  g_autoptr (NnModel) network = NULL;
  g_autoptr (GstEmotionModel) model = NULL;
  GError *error = NULL;

  network = nn_model_new_from_config ("open",
      "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
      "{\"class_name\": \"InputLayer\", \"config\": "
      "{\"batch_input_shape\": [null, 700, 40], \"name\": \"in\"}}, "
      "{\"class_name\": \"GlobalMaxPooling1D\", \"config\": "
      "{\"name\": \"g\"}}, {\"class_name\": \"Dense\", \"config\": "
      "{\"name\": \"d\", \"units\": 9, \"activation\": \"softmax\"}}]}}",
      "2.10.0", 7, &error);
  g_assert_no_error (error);
  nn_model_save (network, path, metadata, &error);
  g_assert_no_error (error);
  g_assert_true (nn_shape_equal (nn_model_input_shape (network, 0), &input));
  open_time_axis (path);
  model = gst_emotion_model_load (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (
      gst_emotion_model_n_features (model), ==, 40 * (1 + 24000 / 512));
  g_assert_cmpint (g_unlink (path), ==, 0);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  folder = test_folder_new ();
  g_test_add_func ("/models/missing", test_missing);
  g_test_add_func ("/models/folder", test_folder);
  g_test_add_func ("/models/foreign", test_foreign);
  g_test_add_func ("/models/truncated", test_truncated);
  g_test_add_func ("/models/shape", test_shape);
  g_test_add_func ("/models/labels", test_labels);
  g_test_add_func ("/models/shared", test_shared);
  g_test_add_func ("/models/shared-quantized", test_shared_quantized);
  g_test_add_func ("/models/changed", test_changed);
  g_test_add_func ("/models/swap", test_swap);
  g_test_add_func ("/models/swap-labels", test_swap_labels);
  g_test_add_func ("/models/quantize", test_quantize);
  g_test_add_func ("/models/metadata", test_metadata);
  g_test_add_func ("/models/fault", test_fault);
  for (gsize i = 0; i < G_N_ELEMENTS (other_inputs); i++) {
    g_autofree char *path =
        g_strdup_printf ("/models/other-input/%s", other_inputs[i]);

    g_test_add_data_func (path, other_inputs[i], test_other_input);
  }
  g_test_add_func ("/models/open-frames", test_open_frames);
  g_test_add_func ("/models/open-frames-of-recipe", test_open_frames_of_recipe);
  for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++) {
    g_autofree char *path =
        g_strdup_printf ("/models/input/%s", inputs[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_input);
  }
  leaks_add_test ("models");
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
