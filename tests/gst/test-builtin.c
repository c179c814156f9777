/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The models that are compiled in: in the element, by the library alone, by
 * emotion-analyze; changed while playing; and a build without them. */
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/wait.h>

#include "dsp/features.h"
#include "gst/media/decode.h"
#include "gst/model/model-cache.h"
#include "gst/settings.h"
#include "nn/model.h"
#include "tests/gst/fixture.h"
#include "tests/folder.h"
#include "tests/gst/synthetic.h"

#define CAPS "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1"
#define WINDOW 48000
#define MAX_LABELS 16

static const char *const nicks[] = { "cnn-gru", "cnn-lstm",
  "cnn-lstm-optimized", "cnn-lstm-regularized", "simple", "cnn", "speech",
  NULL };

static char *folder; /* for files that a test makes */

/* Scripts know the built-in models by number, too. */
static void
test_table (void)
{
  GEnumClass *klass = g_type_class_ref (GST_TYPE_EMOTION_BUILTIN);
  g_autofree char *list = gst_emotion_builtin_list ();
  g_autofree char *expected = g_strjoinv (", ", (char **) nicks);

  g_assert_cmpuint (klass->n_values, ==, G_N_ELEMENTS (nicks) - 1);
  for (guint i = 0; i < klass->n_values; i++) {
    GstEmotionBuiltin found;

    g_assert_cmpstr (g_enum_get_value (klass, i)->value_nick, ==, nicks[i]);
    g_assert_cmpstr (gst_emotion_builtin_nick (i), ==, nicks[i]);
    g_assert_true (gst_emotion_builtin_find (nicks[i], &found));
    g_assert_cmpuint (found, ==, i);
  }
  g_assert_cmpstr (list, ==, expected);
  g_assert_false (gst_emotion_builtin_find ("simple.h5", NULL));
  g_type_class_unref (klass);
}

/* One message of the element, by name. */
typedef struct {
  char *model, *emotion;
  double p[MAX_LABELS];
  guint n;
} Answer;

static void
answer_clear (Answer *answer)
{
  g_free (answer->model);
  g_free (answer->emotion);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
pop_answer (Fixture *f, Answer *answer)
{
  GstMessage *message = fixture_pop (f);
  const GstStructure *s, *p;

  g_assert_nonnull (message);
  s = gst_message_get_structure (message);
  p = gst_value_get_structure (gst_structure_get_value (s, "probabilities"));
  answer->model = g_strdup (gst_structure_get_string (s, "model"));
  answer->emotion = g_strdup (gst_structure_get_string (s, "emotion"));
  answer->n = gst_structure_n_fields (p);
  g_assert_cmpuint (answer->n, <=, MAX_LABELS);
  for (guint i = 0; i < answer->n; i++)
    answer->p[i] = field_double (p, gst_structure_nth_field_name (p, i));
  gst_message_unref (message);
}

static void
push (Fixture *f, const float *samples, gsize n)
{
  GstBuffer *const buffer =
      gst_buffer_new_memdup (samples, n * sizeof *samples);

  GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
}

#ifdef HAVE_BUILTIN_MODELS

/* Sounds that a machine can make: a noisy tone, and a voice where espeak-ng is
 * installed. NULL after g_test_skip. */
static char *
make_sound (const char *name)
{
  char *const path = g_strdup_printf ("%s/%s.wav", folder, name);
  const char *const say[] = { "espeak-ng", "-v", "en", "-w", path,
    "Kids are talking by the door. What a wonderful surprise!", NULL };
  g_autofree char *program = g_find_program_in_path (say[0]);
  g_autoptr (GError) error = NULL;
  int status;

  if (g_str_equal (name, "tone"))
    synthetic_write (path, &(SyntheticSound){ 22050, 2, 4, 310, 0.05, 7 });
  else if (program) {
    g_spawn_sync (NULL, (char **) say, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
        NULL, NULL, &status, &error);
    g_assert_no_error (error);
    g_assert_cmpint (status, ==, 0);
  } else {
    g_test_skip ("espeak-ng is not installed");
    g_free (path);
    return NULL;
  }
  return path;
}

/* The model file alone, by nn/ and dsp/, with the labels and the recipe that it
 * has. */
static void
run_directly (const char *nick, const float *samples, gsize n, Answer *answer)
{
  g_autoptr (GError) error = NULL;
  GstEmotionBuiltin builtin;

  g_assert_true (gst_emotion_builtin_find (nick, &builtin));
  g_autoptr (GBytes) bytes = gst_emotion_builtin_bytes (builtin, &error);
  g_assert_no_error (error);
  g_autoptr (NnModel) network =
      nn_model_load_bytes (nick, bytes, NULL, 0, &error);
  g_assert_no_error (error);
  g_autoptr (GstEmotionModel) model =
      gst_emotion_model_cache_get_builtin (builtin, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (DspFeatures) features =
      dsp_features_new (gst_emotion_model_recipe (model), &error);
  g_assert_no_error (error);
  g_autoptr (NnSession) session = nn_session_new (network, 1, &error);
  g_assert_no_error (error);

  g_autofree float *x = g_new (float, gst_emotion_model_n_features (model));
  float p[MAX_LABELS];
  g_autoptr (GstEmotionLabels) labels =
      gst_emotion_model_labels (model, NULL, &error);
  g_assert_no_error (error);
  const size_t n_labels = gst_emotion_labels_count (labels);
  size_t best = 0;

  g_assert_cmpuint (n_labels, ==, nn_model_output_shape (network, 0)->dim[0]);
  g_assert_cmpuint (n_labels, <=, MAX_LABELS);
  dsp_features_compute (features, samples, MIN (n, WINDOW), x);
  nn_session_run (
      session, 1, (const float *const[]){ x }, (float *const[]){ p });
  for (size_t i = 0; i < n_labels; i++) {
    answer->p[i] = p[i];
    best = p[i] > p[best] ? i : best;
  }
  answer->n = n_labels;
  answer->model = g_strdup (nick);
  answer->emotion = g_strdup (gst_emotion_labels_get (labels, best));
}

/* The first window of what emotion-analyze says. */
static void
run_tool (const char *nick, const char *path, Answer *answer)
{
  const char *const argv[] = { g_getenv ("EMOTION_ANALYZE"), "--min-voice", "0",
    "--model", nick, "--format", "json", path, NULL };
  g_autofree char *out = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GList) names = NULL;
  JsonObject *object, *p;
  int status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out,
      NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  lines = g_strsplit (out, "\n", -1);
  json_parser_load_from_data (parser, lines[0], -1, &error);
  g_assert_no_error (error);
  object = json_node_get_object (json_parser_get_root (parser));
  p = json_object_get_object_member (object, "probabilities");
  names = json_object_get_members (p);
  for (GList *name = names; name; name = name->next)
    answer->p[answer->n++] = json_object_get_double_member (p, name->data);
  answer->emotion =
      g_strdup (json_object_get_string_member (object, "emotion"));
}

static void
assert_same (const Answer *a, const Answer *b)
{
  g_assert_cmpuint (a->n, ==, b->n);
  for (guint i = 0; i < a->n; i++)
    g_assert_cmpfloat_with_epsilon (a->p[i], b->p[i], 1e-4);
  g_assert_cmpstr (a->emotion, ==, b->emotion);
}

static void
check_nick (const char *nick, const char *path, gboolean with_tool)
{
  gsize n;
  g_autofree float *samples =
      gst_emotion_decode_file (path, 16000, 0, &n, NULL);
  g_auto (Answer) element = { 0 }, direct = { 0 }, tool = { 0 };
  double sum = 0;
  Fixture f;

  g_assert_nonnull (samples);
  fixture_init_builtin (&f, nick, CAPS);
  push (&f, samples, n);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  pop_answer (&f, &element);
  fixture_clear (&f);

  g_assert_cmpstr (element.model, ==, nick);
  for (guint i = 0; i < element.n; i++) {
    g_assert_cmpfloat (element.p[i], >=, 0);
    sum += element.p[i];
  }
  g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
  run_directly (nick, samples, n, &direct);
  assert_same (&element, &direct);
  if (with_tool) {
    run_tool (nick, path, &tool);
    assert_same (&element, &tool);
  }
}

static void
test_sound (gconstpointer name)
{
  g_autofree char *path = make_sound (name);

  for (guint i = 0; path && nicks[i]; i++)
    check_nick (nicks[i], path, g_str_equal (name, "tone"));
}

/* The bytes stay where they are in the program, and every element shares the
 * model. */
static void
test_shared (void)
{
  for (guint i = 0; nicks[i]; i++) {
    g_autoptr (GBytes) a = gst_emotion_builtin_bytes (i, NULL);
    g_autoptr (GBytes) b = gst_emotion_builtin_bytes (i, NULL);
    g_autoptr (GstEmotionModel) first =
        gst_emotion_model_cache_get_builtin (i, NULL, NULL);
    g_autoptr (GstEmotionModel) second =
        gst_emotion_model_cache_get_builtin (i, NULL, NULL);

    g_assert_nonnull (first);
    g_assert_true (first == second);
    g_assert_cmpstr (gst_emotion_model_name (first), ==, nicks[i]);
    g_assert_true (g_bytes_get_data (a, NULL) == g_bytes_get_data (b, NULL));
    g_assert_cmpuint ((gsize) g_bytes_get_data (a, NULL) % 8, ==, 0);
  }
}

/* As the element comes: no property is needed. */
static void
test_default (void)
{
  const char *const expected =
      gst_emotion_builtin_nick (GST_EMOTION_BUILTIN_DEFAULT);
  g_autofree float *samples = g_new0 (float, WINDOW);
  g_auto (Answer) answer = { 0 };
  GstEmotionBuiltin builtin;
  Fixture f;

  samples[WINDOW / 2] = 0.5;
  fixture_init_builtin (&f, NULL, CAPS);
  g_object_get (f.element, "model", &builtin, NULL);
  g_assert_cmpuint (builtin, ==, GST_EMOTION_BUILTIN_DEFAULT);
  push (&f, samples, WINDOW);
  pop_answer (&f, &answer);
  g_assert_cmpstr (answer.model, ==, expected);
  fixture_clear (&f);
}

/* Pushes windows until one comes from the model of that name. */
static void
push_until (Fixture *f, const float *samples, const char *name)
{
  for (guint i = 0; i < 500; i++) {
    g_auto (Answer) answer = { 0 };

    push (f, samples, WINDOW);
    pop_answer (f, &answer);
    if (g_str_equal (answer.model, name))
      return;
    g_usleep (10000);
  }
  g_error ("%s never came", name);
}

/* While playing: from nick to nick, model-file wins, and a file that is taken
 * away gives the word to the nick again. */
static void
test_change (void)
{
  g_autofree char *file = fixture_data (MODEL_M3);
  g_autofree float *samples = g_new0 (float, WINDOW);
  Fixture f;

  samples[WINDOW / 2] = 0.5;
  fixture_init_builtin (&f, "simple", CAPS);
  push_until (&f, samples, "simple");
  for (guint i = 0; nicks[i]; i++) {
    gst_util_set_object_arg (G_OBJECT (f.element), "model", nicks[i]);
    push_until (&f, samples, nicks[i]);
  }
  g_object_set (f.element, "model-file", file, NULL);
  push_until (&f, samples, "synthetic-m3.h5");
  gst_util_set_object_arg (G_OBJECT (f.element), "model", "cnn-lstm-optimized");
  for (guint i = 0; i < 3; i++) {
    g_usleep (50000);
    push_until (&f, samples, "synthetic-m3.h5");
  }
  g_object_set (f.element, "model-file", NULL, NULL);
  push_until (&f, samples, "cnn-lstm-optimized");
  g_assert_null (
      gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
  fixture_clear (&f);
}

static void
test_show (void)
{
  for (guint i = 0; nicks[i]; i++) {
    const char *const argv[] = { g_getenv ("EMOTION_ANALYZE"), "--show-model",
      nicks[i], NULL };
    g_autofree char *out = NULL;
    int status;

    g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT,
        NULL, NULL, &out, NULL, &status, NULL));
    g_assert_cmpint (status, ==, 0);
    g_assert_nonnull (strstr (out, nicks[i]));
    g_assert_nonnull (strstr (out, "surprised"));
  }
}

#else

/* The names are there, and say what to do; a file is as good as ever. */
static void
test_none (void)
{
  GstEmotionBuiltin simple;
  g_autoptr (GError) error = NULL;

  g_assert_true (gst_emotion_builtin_find ("simple", &simple));
  error = fixture_start_error (NULL, "model", simple, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "“simple” is not in this build"));
  g_assert_nonnull (strstr (error->message, "model-file"));
}

/* While playing: a warning, and the file goes on. */
static void
test_change_to_none (void)
{
  g_autofree float *samples = g_new0 (float, WINDOW);
  g_autoptr (GstMessage) message = NULL;
  g_auto (Answer) answer = { 0 };
  Fixture f;

  samples[WINDOW / 2] = 0.5;
  fixture_init (&f, MODEL_M3, CAPS);
  g_object_set (f.element, "model-file", NULL, NULL);
  message = gst_bus_timed_pop_filtered (
      f.bus, 10 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_WARNING);
  push (&f, samples, WINDOW);
  pop_answer (&f, &answer);
  g_assert_cmpstr (answer.model, ==, "synthetic-m3.h5");
  fixture_clear (&f);
}

#endif

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  folder = test_folder_new ();
  g_test_add_func ("/builtin/table", test_table);
#ifdef HAVE_BUILTIN_MODELS
  g_test_add_data_func ("/builtin/tone", "tone", test_sound);
  g_test_add_data_func ("/builtin/voice", "voice", test_sound);
  g_test_add_func ("/builtin/shared", test_shared);
  g_test_add_func ("/builtin/default", test_default);
  g_test_add_func ("/builtin/change", test_change);
  g_test_add_func ("/builtin/show", test_show);
#else
  g_test_add_func ("/builtin/none", test_none);
  g_test_add_func ("/builtin/change-to-none", test_change_to_none);
#endif
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
