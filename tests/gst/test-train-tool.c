/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-train as a user runs it. */
#include <gst/gst.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include "gst/model/builtin.h"
#include "gst/model/model.h"
#include "nn/h5.h"
#include "nn/save.h"
#include "nn/train/architectures.h"
#include "tests/folder.h"
#include "tests/gst/synthetic.h"

#define N_SPEAKERS 4
#define N_TAKES 2

static char *folder;     /* of everything */
static char *recordings; /* as RAVDESS */

/* Starts the tool with arguments that NULL ends. */
static GPid
start (int *out, int *err, va_list args, const char *first)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  GPid pid;

  g_ptr_array_add (argv, (char *) g_getenv ("EMOTION_TRAIN"));
  for (const char *arg = first; arg; arg = va_arg (args, const char *))
    g_ptr_array_add (argv, (char *) arg);
  g_ptr_array_add (argv, NULL);
  g_spawn_async_with_pipes (NULL, (char **) argv->pdata, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, out, err, &error);
  g_assert_no_error (error);
  return pid;
}

static char *
read_all (int fd)
{
  GIOChannel *channel = g_io_channel_unix_new (fd);
  char *text = NULL;

  g_io_channel_set_encoding (channel, NULL, NULL);
  g_io_channel_read_to_end (channel, &text, NULL, NULL);
  g_io_channel_shutdown (channel, FALSE, NULL);
  g_io_channel_unref (channel);
  return text;
}

static int
wait_for (GPid pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* Runs the tool; returns its exit status. out may be NULL. */
static int
run (char **out, char **err, const char *first, ...)
{
  g_autofree char *out_text = NULL, *err_text = NULL;
  int out_fd, err_fd;
  va_list args;

  va_start (args, first);
  const GPid pid = start (&out_fd, &err_fd, args, first);
  va_end (args);
  out_text = read_all (out_fd);
  err_text = read_all (err_fd);
  g_test_message ("%s%s", out_text, err_text);
  if (out)
    *out = g_steal_pointer (&out_text);
  if (err)
    *err = g_steal_pointer (&err_text);
  return wait_for (pid);
}

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static gboolean
exists (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static JsonObject *
parse (JsonParser *parser, const char *text)
{
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, text, -1, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

/* The attribute "emotiondetect" of a model file. */
static char *
metadata_of (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnH5) file = nn_h5_open (path, &error);

  g_assert_no_error (error);

  char *text = nn_h5_attribute_string (file, "", "emotiondetect", &error);

  g_assert_no_error (error);
  return text;
}

static void
check_model (const char *path)
{
  g_autofree char *text = metadata_of (path);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *const root = parse (parser, text);
  JsonObject *const data = json_object_get_object_member (root, "data");
  JsonObject *const metrics = json_object_get_object_member (root, "metrics");
  JsonObject *const test = json_object_get_object_member (metrics, "test");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionModel) model =
      gst_emotion_model_load (path, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (gst_emotion_model_n_outputs (model), ==, 9);
  g_assert_cmpint (json_object_get_int_member (test, "count"), ==, 16);
  g_assert_cmpint (
      json_object_get_int_member (
          json_object_get_object_member (data, "training"), "sounds"),
      ==, 32);
  g_assert_cmpstr (json_object_get_string_member (root, "model"), ==, "cnn");
}

/* The end of what the tool prints: the table of the test. */
static const char *
table_of (const char *out, const char *title)
{
  const char *const at = strstr (out, title);

  g_assert_nonnull (at);
  return strstr (at, "\n\n");
}

/* Trains; the model loads, the report is there; --evaluate of the file on the
 * same sounds prints the same table as the training did. */
static void
test_train (void)
{
  g_autofree char *model = path_of ("model.h5");
  g_autofree char *state = path_of ("model.h5.state");
  g_autofree char *report = path_of ("report");
  g_autofree char *json = path_of ("report/report.json");
  g_autofree char *out = NULL, *evaluated = NULL, *text = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_cmpint (
      run (&out, NULL, "--ravdess", recordings, "--output", model, "--report",
          report, "--epochs", "2", "--test-speakers", "4", "--split", "speaker",
          "--validation-speakers", "3", NULL),
      ==, 0);
  g_assert_nonnull (strstr (out, "Epoch   2/2"));
  g_assert_false (exists (state));
  check_model (model);
  g_assert_true (g_file_get_contents (json, &text, NULL, NULL));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (
                        parse (parser, text), "history")),
      ==, 2);
  g_assert_cmpint (run (&evaluated, NULL, "--evaluate", model, "--ravdess",
                       recordings, "--speakers", "4", NULL),
      ==, 0);
  g_assert_cmpstr (
      table_of (out, "\nTest:"), ==, table_of (evaluated, "model.h5:"));
}

/* The same seed gives the same file, whatever the number of threads. */
static void
test_threads (void)
{
  g_autofree char *text[2] = { NULL };
  gsize len[2];

  for (guint i = 0; i < 2; i++) {
    g_autofree char *model = path_of (i ? "two.h5" : "one.h5");

    g_assert_cmpint (
        run (NULL, NULL, "--ravdess", recordings, "--output", model, "--epochs",
            "1", "--masks", "1", "--mixup", "0.2", "--snr", "10,50", "--seed",
            "5", "--threads", i ? "3" : "1", NULL),
        ==, 0);
    g_assert_true (g_file_get_contents (model, &text[i], &len[i], NULL));
  }
  g_assert_cmpmem (text[0], len[0], text[1], len[1]);
  g_free (text[1]);
  text[1] = NULL;
}

static GPid
start_long (int *out, int *err, const char *first, ...)
{
  va_list args;

  va_start (args, first);
  const GPid pid = start (out, err, args, first);
  va_end (args);
  return pid;
}

/* Ctrl-C saves the best so far; --resume ends where an undisturbed run does. */
static void
test_interrupt (void)
{
  g_autofree char *model = path_of ("interrupted.h5");
  g_autofree char *state = path_of ("interrupted.h5.state");
  g_autofree char *whole = path_of ("whole.h5");
  g_autofree char *text[2] = { NULL }, *out = NULL, *err = NULL;
  g_autofree char *mine =
      g_build_filename (recordings, "Actor_01/03-01-01-01-01-01-01.wav", NULL);
  g_autofree char *theirs =
      g_build_filename (recordings, "Actor_01/03-01-01-01-01-01-09.wav", NULL);
  g_autofree char *other = NULL;
  gsize len[2];
  char buffer[4096] = "";
  gsize n = 0;
  int out_fd, err_fd;
  const GPid pid = start_long (&out_fd, &err_fd, "--ravdess", recordings,
      "--output", model, "--epochs", "4", NULL);

  while (!strstr (buffer, "Epoch   1") && n < sizeof buffer - 1) {
    const gssize got = read (out_fd, buffer + n, sizeof buffer - 1 - n);

    g_assert_cmpint (got, >, 0);
    n += got;
    buffer[n] = '\0';
  }
  kill (pid, SIGINT);
  out = read_all (out_fd);
  err = read_all (err_fd);
  g_assert_cmpint (wait_for (pid), ==, 1);
  g_assert_nonnull (strstr (err, "--resume"));
  g_assert_true (exists (model) && exists (state));
  /* Other options: those alone are named. */
  g_assert_cmpint (run (NULL, &other, "--ravdess", recordings, "--output",
                       model, "--epochs", "5", "--resume", NULL),
      ==, 2);
  g_assert_nonnull (strstr (other, "epochs=4\nnow\n  epochs=5\n"));
  g_assert_null (strstr (other, "seed"));
  /* Other sounds: one is of somebody else. */
  g_clear_pointer (&other, g_free);
  g_assert_cmpint (g_rename (mine, theirs), ==, 0);
  g_assert_cmpint (run (NULL, &other, "--ravdess", recordings, "--output",
                       model, "--epochs", "4", "--resume", NULL),
      ==, 2);
  g_assert_nonnull (strstr (other, "sounds="));
  g_assert_cmpint (g_rename (theirs, mine), ==, 0);
  g_assert_cmpint (run (NULL, NULL, "--ravdess", recordings, "--output", model,
                       "--epochs", "4", "--resume", NULL),
      ==, 0);
  g_assert_false (exists (state));
  g_assert_cmpint (run (NULL, NULL, "--ravdess", recordings, "--output", whole,
                       "--epochs", "4", NULL),
      ==, 0);
  g_assert_true (g_file_get_contents (model, &text[0], &len[0], NULL));
  g_assert_true (g_file_get_contents (whole, &text[1], &len[1], NULL));
  g_assert_cmpmem (text[0], len[0], text[1], len[1]);
  g_free (text[1]);
  text[1] = NULL;
}

/* Half a cosine behind a rise of one epoch; everything is for training. */
static void
test_cosine (void)
{
  static const double rates[] = { 0.5e-3, 1e-3, 0.75e-3, 0.25e-3 };
  g_autofree char *model = path_of ("cosine.h5");
  g_autofree char *report = path_of ("cosine");
  g_autofree char *json = path_of ("cosine/report.json");
  g_autofree char *text = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_cmpint (run (NULL, NULL, "--ravdess", recordings, "--output", model,
                       "--report", report, "--epochs", "4", "--no-augment",
                       "--schedule", "cosine", "--warm-up", "1", "--keep",
                       "last", "--validation-fraction", "0", NULL),
      ==, 0);
  g_assert_true (g_file_get_contents (json, &text, NULL, NULL));

  JsonObject *const root = parse (parser, text);
  JsonArray *const history = json_object_get_array_member (root, "history");

  g_assert_cmpuint (json_array_get_length (history), ==, 4);
  for (guint i = 0; i < 4; i++) {
    JsonObject *const epoch = json_array_get_object_element (history, i);

    g_assert_cmpfloat_with_epsilon (
        json_object_get_double_member (epoch, "learning_rate"), rates[i], 1e-9);
    g_assert_true (json_object_get_null_member (epoch, "val_loss"));
  }
  g_assert_cmpint (
      json_object_get_int_member (
          json_object_get_object_member (root, "training"), "best_epoch"),
      ==, 4);
}

/* The model file carries the recipe that it was trained with, and the tool's
 * own evaluation uses it. */
static void
test_recipe (void)
{
  g_autofree char *model = path_of ("recipe.h5");
  g_autofree char *out = NULL, *evaluated = NULL;

  g_assert_cmpint (
      run (&out, NULL, "--ravdess", recordings, "--output", model, "--epochs",
          "1", "--no-augment", "--test-speakers", "4", "--average", "0.5",
          "--recipe", "top_db=55", "--recipe", "f_min=50", NULL),
      ==, 0);

  g_autofree char *text = metadata_of (model);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *const root = parse (parser, text);
  JsonObject *const recipe = json_object_get_object_member (root, "recipe");
  JsonObject *const options = json_object_get_object_member (
      json_object_get_object_member (root, "training"), "options");

  g_assert_cmpfloat (json_object_get_double_member (recipe, "top_db"), ==, 55);
  g_assert_cmpfloat (json_object_get_double_member (recipe, "f_min"), ==, 50);
  g_assert_cmpstr (json_object_get_string_member (options, "recipe"), ==,
      "top_db=55 f_min=50");
  g_assert_cmpstr (
      json_object_get_string_member (options, "average"), ==, "0.5");
  g_assert_cmpint (run (&evaluated, NULL, "--evaluate", model, "--ravdess",
                       recordings, "--speakers", "4", NULL),
      ==, 0);
  g_assert_cmpstr (
      table_of (out, "\nTest:"), ==, table_of (evaluated, "recipe.h5:"));
  /* A model file has its own, which can be changed. */
  g_clear_pointer (&evaluated, g_free);
  g_assert_cmpint (
      run (&evaluated, NULL, "--evaluate", model, "--ravdess", recordings,
          "--speakers", "4", "--recipe", "top_db=55 f_min=50", NULL),
      ==, 0);
  g_assert_cmpstr (
      table_of (out, "\nTest:"), ==, table_of (evaluated, "recipe.h5:"));
  g_assert_cmpint (run (NULL, NULL, "--evaluate", model, "--ravdess",
                       recordings, "--recipe", "n_mels=40", NULL),
      ==, 1);
}

static void
test_cross_validate (void)
{
  g_autofree char *out = NULL;

  g_assert_cmpint (run (&out, NULL, "--ravdess", recordings, "--cross-validate",
                       "speakers:4", "--epochs", "1", "--no-augment", NULL),
      ==, 0);
  g_assert_nonnull (strstr (out, "Fold 4/4"));
  g_assert_nonnull (strstr (out, "Cross-validation: 64 windows"));
}

/* A built-in model by its nick; a build without them says so. */
static void
test_evaluate_builtin (void)
{
  const gboolean has_models = gst_emotion_builtin_is_available ();
  g_autofree char *cool = path_of ("cool.h5");
  g_autofree char *out = NULL, *err = NULL;

  g_assert_cmpint (run (&out, &err, "--evaluate", "simple", "--ravdess",
                       recordings, "--calibrate", "2", "--output", cool, NULL),
      ==, has_models ? 0 : 1);
  g_assert_true (exists (cool) == has_models);
  g_assert_nonnull (strstr (
      has_models ? out : err, has_models ? "simple: 64 windows" : "“simple”"));
}

/* Nothing is validated: all that is not tested is learnt. */
static void
test_cross_validate_alone (void)
{
  g_autofree char *out = NULL;

  g_assert_cmpint (
      run (&out, NULL, "--ravdess", recordings, "--model", "logistic",
          "--cross-validate", "speakers:4", "--validation-fraction", "0",
          "--keep", "last", "--epochs", "1", "--no-augment", NULL),
      ==, 0);
  g_assert_null (strstr (out, "val_loss"));
  g_assert_nonnull (strstr (out, "Cross-validation: 64 windows"));
}

/* A file that is no sound is named, counted, and makes the status 1. */
static void
test_unreadable (void)
{
  g_autofree char *bad =
      g_build_filename (recordings, "03-01-01-01-01-01-09.wav", NULL);
  g_autofree char *model = path_of ("bad.h5");
  g_autofree char *out = NULL, *err = NULL;

  g_file_set_contents (bad, "no sound", -1, NULL);
  g_assert_cmpint (run (&out, &err, "--ravdess", recordings, "--output", model,
                       "--epochs", "1", "--no-augment", NULL),
      ==, 1);
  g_remove (bad);
  g_assert_true (exists (model));
  g_assert_nonnull (strstr (err, bad));
  g_assert_nonnull (strstr (out, "64 sounds; 1 unreadable"));
}

static void
write_linear (const char *path, const char *input_shape)
{
  g_autofree char *json = g_strdup_printf (
      "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
      "{\"class_name\": \"InputLayer\", \"config\": "
      "{\"batch_input_shape\": [null, %s], \"name\": \"in\"}}, "
      "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"row\"}}, "
      "{\"class_name\": \"Dense\", \"config\": "
      "{\"name\": \"d\", \"units\": 9, \"activation\": \"softmax\"}}]}}",
      input_shape);
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model =
      nn_model_new_from_config ("test", json, "2.10.0", 7, &error);

  g_assert_no_error (error);
  nn_model_save (model, path, NULL, &error);
  g_assert_no_error (error);
}

/* Models that take frames first, or all in a row: what training says of
 * validation is what the element makes of the file. */
static void
test_turned (void)
{
  static const char *const shapes[] = { "94, 64", "6016, 1" };

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    g_autofree char *begin = path_of ("begin.h5");
    g_autofree char *model = path_of ("turned.h5");
    g_autofree char *out = NULL, *again = NULL;
    const char *line;

    write_linear (begin, shapes[i]);
    g_assert_cmpint (run (&out, NULL, "--ravdess", recordings, "--model", begin,
                         "--output", model, "--epochs=2", "--no-augment",
                         "--validation-speakers=1-2", "--quiet", NULL),
        ==, 0);
    g_assert_cmpint (run (&again, NULL, "--evaluate", model, "--ravdess",
                         recordings, "--speakers=1-2", "--quiet", NULL),
        ==, 0);
    line = strstr (out, "Cross-entropy");
    g_assert_nonnull (line);
    *strchr (line, '\n') = '\0';
    g_assert_nonnull (strstr (again, line));
  }
}

static void
test_errors (void)
{
  g_autofree char *nothing = path_of ("nothing");
  g_autofree char *model = path_of ("never.h5");
  static const struct {
    const char *args[6];
    int status;
    const char *message;
  } cases[] = {
    { { NULL }, 2, "at least one data set" },
    { { "--no-such-option" }, 2, "no-such-option" },
    { { "stray", "--csv", "x", "--evaluate", "y" }, 2, "stray" },
    { { "--ravdess", "@absent", "--output", "@never.h5" }, 1, "absent" },
    { { "--ravdess", "@", "--output", "@never.h5", "--labels", "sad" }, 2,
        "“sad” is the only label" },
    { { "--ravdess", "@", "--output", "@never.h5", "--trunk", "d" }, 2,
        "--trunk keeps layers of a model file" },
    { { "--ravdess", "@", "--output", "@sound.wav" }, 2,
        "sound.wav would replace a sound" },
    { { "--quantize", "int8", "cnn", "--output", "@sound.wav" }, 2,
        "sound.wav would replace a sound" },
    { { "--ravdess", "@nothing", "--output", "@never.h5" }, 1,
        "No sounds are left" },
    { { "--ravdess", "@", "--evaluate", "@absent.h5" }, 1, "absent.h5" },
    { { "--ravdess", "@", "--output", "@never.h5", "--model", "cnn-x" }, 2,
        "cnn-x" },
    { { "--ravdess", "@", "--output", "@never.h5", "--test-speakers", "77" }, 2,
        "77" },
    { { "--ravdess", "@", "--output", "@never.h5", "--recipe", "tall_db=60" },
        2, "tall_db" },
    { { "--ravdess", "@", "--output", "@never.h5", "--recipe", "f_max=9000" },
        2, "f_max" },
    { { "--ravdess", "@", "--output", "@never.h5", "--temperature=3" }, 2,
        "go with --teacher" },
    { { "--ravdess", "@", "--output=never.h5", "--no-augment", "--noise-from",
          "@" },
        2, "--noise-from cannot be used with --no-augment" },
    { { "--ravdess", "@", "--output=never.h5", "--no-augment", "--mu-law" }, 2,
        "--mu-law cannot be used with --no-augment" },
    { { "--ravdess", "@", "--output", "@absent/never.h5" }, 1,
        "make the folder first" },
    { { "--ravdess", "@", "--output", "@nothing" }, 1, "Is a directory" },
    { { "--ravdess", "@", "--output", "@never.h5", "--report", "@./never.h5" },
        2, "--output and --report both name" },
    { { "--ravdess", "@", "--output", "@never.h5", "--report", "/dev/null" }, 1,
        "--report /dev/null" },
    { { "--ravdess", "@", "--output=/dev/full", "--epochs=1", "--model=simple",
          "--no-augment" },
        1, "/dev/full: No space left" },
  };

  g_autofree char *sound = path_of ("sound.wav");

  g_mkdir (nothing, 0700);
  g_assert_true (g_file_set_contents (sound, "RIFF\0\0\0\0WAVE", 12, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *err = NULL;
    char *args[7] = { NULL };

    for (guint k = 0; k < 6 && cases[i].args[k]; k++)
      args[k] = *cases[i].args[k] == '@' ? path_of (cases[i].args[k] + 1)
                                         : g_strdup (cases[i].args[k]);
    g_assert_cmpint (run (NULL, &err, args[0], args[1], args[2], args[3],
                         args[4], args[5], NULL),
        ==, cases[i].status);
    g_assert_nonnull (strstr (err, cases[i].message));
    for (guint k = 0; k < 6; k++)
      g_free (args[k]);
  }
  g_assert_false (exists (model));
  g_assert_false (exists ("/dev/full.state"));
}

static void
restore (const char *name, const char *value)
{
  if (value)
    g_setenv (name, value, TRUE);
  else
    g_unsetenv (name);
}

/* A decimal comma is not for lines and pages; and where the locale is C, as in
 * containers, words may be in any script all the same. */
static void
test_locale (void)
{
  g_autofree char *command =
      g_strdup_printf ("localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8", folder);
  g_autofree char *model = path_of ("german.h5");
  g_autofree char *report = path_of ("german");
  g_autofree char *path = path_of ("german/report.html");
  g_autofree char *out = NULL, *err = NULL, *page = NULL;
  g_autofree char *locpath = g_strdup (g_getenv ("LOCPATH"));
  g_autofree char *lc_all = g_strdup (g_getenv ("LC_ALL"));

  g_setenv ("LC_ALL", "C", TRUE);
  run (NULL, &err, "--ravdess", recordings, "--output", model, "--labels", "ä",
      NULL);
  g_assert_nonnull (strstr (err, "“ä” is the only label"));
  g_setenv ("LOCPATH", folder, TRUE);
  g_setenv ("LC_ALL", "de_DE.UTF-8", TRUE);
  if (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL)) {
    g_assert_cmpint (run (&out, NULL, "--evaluate", "simple", "--ravdess",
                         recordings, "--report", report, NULL),
        ==, 0);
    g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
    g_assert_nonnull (strstr (out, "0."));
    g_assert_false (g_regex_match_simple ("[0-9],[0-9]", out, 0, 0));
    g_assert_nonnull (strstr (page, "/ 0."));
    g_assert_null (strstr (page, "/ 0,"));
  }
  restore ("LOCPATH", locpath);
  restore ("LC_ALL", lc_all);
}

/* A seed model on EmoDB, against what genuine Keras and librosa answered. */
static void
test_seed (void)
{
  g_autofree char *golden = synthetic_shared ("golden/seed-emodb16k.h5");
  g_autofree char *sounds = synthetic_shared ("data/emodb");
  g_autofree char *model = synthetic_shared ("seed/emotion_audio_m3b.h5");
  g_autofree char *report = path_of ("emodb");
  g_autofree char *path = path_of ("emodb/report.json");
  g_autofree char *text = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  gsize n = 0, n_right = 0;

  if (!golden || !sounds || !model)
    return;
  g_assert_cmpint (run (NULL, NULL, "--evaluate", model, "--emodb", sounds,
                       "--report", report, NULL),
      ==, 0);

  g_autoptr (NnH5) file = nn_h5_open (golden, &error);
  NnShape shape;
  g_autofree float *labels = nn_h5_read_floats (file, "label", &shape, &error);
  g_autofree float *probabilities =
      nn_h5_read_floats (file, "probabilities/m3b", NULL, &error);

  g_assert_no_error (error);
  for (gsize i = 0; i < shape.dim[0]; i++) {
    const float *const p = probabilities + 9 * i;
    guint best = 0;

    for (guint c = 1; c < 9; c++)
      best = p[c] > p[best] ? c : best;
    n += labels[i] >= 0;
    n_right += labels[i] == best;
  }
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));

  JsonObject *const test = json_object_get_object_member (
      json_object_get_object_member (parse (parser, text), "metrics"), "test");

  g_assert_cmpint (json_object_get_int_member (test, "count"), ==, n);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (test, "accuracy"), (double) n_right / n,
      1e-6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  folder = test_folder_new ();
  recordings = path_of ("ravdess");
  synthetic_ravdess (recordings, N_SPEAKERS, N_TAKES);
  g_test_add_func ("/train/tool/train", test_train);
  g_test_add_func ("/train/tool/threads", test_threads);
  g_test_add_func ("/train/tool/interrupt", test_interrupt);
  g_test_add_func ("/train/tool/cosine", test_cosine);
  g_test_add_func ("/train/tool/recipe", test_recipe);
  g_test_add_func ("/train/tool/evaluate-builtin", test_evaluate_builtin);
  g_test_add_func ("/train/tool/cross-validate", test_cross_validate);
  g_test_add_func (
      "/train/tool/cross-validate-alone", test_cross_validate_alone);
  g_test_add_func ("/train/tool/unreadable", test_unreadable);
  g_test_add_func ("/train/tool/turned", test_turned);
  g_test_add_func ("/train/tool/errors", test_errors);
  g_test_add_func ("/train/tool/locale", test_locale);
  g_test_add_func ("/train/tool/seed", test_seed);

  const int status = g_test_run ();

  test_folder_remove (folder);
  g_free (recordings);
  return status;
}
