/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models that learn from another model: gst/train/teacher.h, and emotion-train
 * --teacher as a user runs it. */
#include <gio/gio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include "gst/train/examples.h"
#include "nn/save.h"
#include "nn/train/transfer.h"
#include "tests/folder.h"
#include "tests/gst/synthetic.h"

#define N_SOUNDS 3
#define N_UNLABELLED 5
#define LEN 60000 /* more than a window */

static char *folder;

static GstEmotionModel *
load (const char *name)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("EMOTION_TEST_DATA"), "models", name, NULL);
  g_autoptr (GError) error = NULL;
  GstEmotionModel *model = gst_emotion_model_load (path, NULL, &error);

  g_assert_no_error (error);
  return model;
}

static GstEmotionLabels *
labels_of (const char *text)
{
  g_autoptr (GError) error = NULL;
  GstEmotionLabels *labels = gst_emotion_labels_parse (text, &error);

  g_assert_no_error (error);
  return labels;
}

static void
add_sound (TrainCorpus *corpus, guint i, guint label)
{
  TrainItem *const item = g_new0 (TrainItem, 1);
  g_autoptr (GRand) rand = g_rand_new_with_seed (i);

  item->path = g_strdup_printf ("/%u.wav", i);
  item->data_set = g_strdup ("made");
  item->label = label;
  item->n_samples = LEN;
  item->samples = g_new (float, LEN);
  for (gsize s = 0; s < LEN; s++)
    item->samples[s] = 0.3 * sin (0.05 * (i + 1) * s)
        + 0.1 * g_rand_double_range (rand, -1, 1);
  g_ptr_array_add (corpus->items, item);
}

/* Sounds 0 ... with labels in turn, and behind them those without. */
static TrainCorpus *
new_corpus (const char *names)
{
  g_autoptr (GstEmotionLabels) labels = labels_of (names);
  TrainCorpus *corpus = train_corpus_new (labels);

  corpus->unlabelled = train_corpus_new (labels);
  for (guint i = 0; i < N_SOUNDS; i++)
    add_sound (corpus, i, i % gst_emotion_labels_count (labels));
  for (guint i = 0; i < N_UNLABELLED; i++)
    add_sound (corpus->unlabelled, N_SOUNDS + i, TRAIN_NO_LABEL);
  return corpus;
}

static TrainExamples *
new_examples (const TrainCorpus *corpus, const TrainExamplesConfig *config)
{
  g_autoptr (GError) error = NULL;
  TrainExamples *examples =
      train_examples_new (corpus, NULL, TRAIN_SUBSET_TRAIN, config, &error);

  g_assert_no_error (error);
  return examples;
}

/* One sample of an epoch. */
typedef struct {
  float *x; /* g_free */
  float target[3], answer[3], weight;
} Sample;

static Sample
make (const TrainExamples *examples, gsize index, gsize epoch, gsize size)
{
  const NnSamples *const samples = train_examples_samples (examples);
  Sample sample = { .x = g_new (float, size), .weight = 1 };
  const NnSampleRequest request = { .index = index,
    .epoch = epoch,
    .seed = 1000 * epoch + index,
    .training = TRUE,
    .teacher = sample.answer };

  samples->make (
      samples->data, &request, sample.x, sample.target, &sample.weight);
  return sample;
}

/* What of the teacher's outputs says which label; -1 ends it. */
static const struct {
  const char *name, *labels;
  int output_of[4];
  TrainAugmentConfig augment;
  guint n_copies;
} cases[] = {
  { "plain", "low,mid,high", { 0, 1, 2, -1 } },
  { "other-order", "high,low", { 2, 0, -1 } },
  { "noise", "low,mid,high", { 0, 1, 2, -1 }, { 1, .noise = 0.1 } },
  { "pitch", "low,mid,high", { 0, 1, 2, -1 }, { 1, .pitch_shift = 2 } },
  { "copies", "low,mid,high", { 0, 1, 2, -1 }, { 1, .noise = 0.1 }, 1 },
};

/* The student has the features of the teacher, so these are what it heard, with
 * and without a label, varied or not; masks are not for it. */
static void
test_same_window (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionModel) model = load ("tiny.h5");
  const DspRecipe *const recipe = gst_emotion_model_recipe (model);
  g_autoptr (TrainCorpus) corpus = new_corpus (cases[i].labels);
  g_autoptr (TrainTeacher) teacher =
      train_teacher_new (model, corpus->labels, recipe, &error);
  const TrainExamplesConfig config = { .recipe = *recipe,
    .augment = cases[i].augment,
    .n_copies = cases[i].n_copies,
    .teacher = teacher };
  g_autoptr (TrainExamples) examples = new_examples (corpus, &config);
  TrainExamplesConfig masked_config = config;

  g_assert_no_error (error);
  masked_config.mask = (TrainMaskConfig){ 2, 2, 20, 20 };
  g_autoptr (TrainExamples) masked = new_examples (corpus, &masked_config);

  for (gsize k = 0; k < train_examples_n (examples); k++) {
    const Sample sample = make (examples, k, 0, 64 * 94);
    const Sample hidden = make (masked, k, 0, 64 * 94);
    float expected[3];
    double sum = 0;

    gst_emotion_model_run (model, sample.x, expected);
    for (guint c = 0; cases[i].output_of[c] >= 0; c++)
      sum += expected[cases[i].output_of[c]];
    for (guint c = 0; cases[i].output_of[c] >= 0; c++) {
      g_assert_cmpfloat_with_epsilon (
          sample.answer[c], expected[cases[i].output_of[c]] / sum, 1e-6);
      g_assert_cmpfloat (sample.answer[c], ==, hidden.answer[c]);
    }
    g_assert_cmpmem (sample.target, sizeof sample.target, hidden.target,
        sizeof hidden.target);
    g_assert_true (memcmp (sample.x, hidden.x, 64 * 94 * sizeof (float)) != 0);
    g_free (sample.x);
    g_free (hidden.x);
  }
}

/* The teacher hears by its own recipe. */
static void
test_other_recipe (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionModel) model = load ("flat.h5");
  g_autoptr (GstEmotionLabels) labels =
      gst_emotion_model_labels (model, NULL, &error);
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (TrainTeacher) teacher =
      train_teacher_new (model, labels, &recipe, &error);
  g_autoptr (TrainCorpus) corpus = train_corpus_new (labels);
  const TrainExamplesConfig config = { .recipe = recipe, .teacher = teacher };
  g_autofree float *features =
      g_new (float, gst_emotion_model_n_features (model));

  g_assert_no_error (error);
  for (guint i = 0; i < N_SOUNDS; i++)
    add_sound (corpus, i, i);
  g_autoptr (TrainExamples) examples = new_examples (corpus, &config);

  for (gsize k = 0; k < N_SOUNDS; k++) {
    const Sample sample = make (examples, k, 0, 64 * 94);
    float expected[3];

    gst_emotion_model_compute_features (model, NULL, 0,
        train_corpus_item (corpus, k)->samples, 48000, features);
    gst_emotion_model_run (model, features, expected);
    for (guint c = 0; c < 3; c++)
      g_assert_cmpfloat_with_epsilon (sample.answer[c], expected[c], 1e-6);
    g_free (sample.x);
  }
}

/* As many without a label as with one; all have their turn. */
static void
test_unlabelled (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionModel) model = load ("tiny.h5");
  const DspRecipe *const recipe = gst_emotion_model_recipe (model);
  g_autoptr (TrainCorpus) corpus = new_corpus ("low,mid,high");
  g_autoptr (TrainTeacher) teacher =
      train_teacher_new (model, corpus->labels, recipe, &error);
  const TrainExamplesConfig config = { .recipe = *recipe, .teacher = teacher };
  const TrainExamplesConfig alone_config = { .recipe = *recipe };
  g_autoptr (TrainExamples) examples = new_examples (corpus, &config);
  g_autoptr (TrainExamples) alone = new_examples (corpus, &alone_config);
  g_autoptr (GHashTable) heard =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_assert_cmpuint (train_examples_n (alone), ==, N_SOUNDS);
  g_assert_cmpuint (train_examples_n (examples), ==, 2 * N_SOUNDS);
  for (gsize epoch = 0; epoch < N_UNLABELLED; epoch++)
    for (gsize k = 0; k < 2 * N_SOUNDS; k++) {
      const Sample sample = make (examples, k, epoch, 64 * 94);

      g_assert_cmpfloat (sample.target[0] + sample.target[1] + sample.target[2],
          ==, k < N_SOUNDS ? 1 : 0);
      g_assert_cmpfloat (sample.weight, ==, 1);
      if (k >= N_SOUNDS)
        g_hash_table_add (heard,
            g_compute_checksum_for_data (G_CHECKSUM_MD5,
                (const guchar *) sample.x, 64 * 94 * sizeof (float)));
      g_free (sample.x);
    }
  g_assert_cmpuint (g_hash_table_size (heard), ==, N_UNLABELLED);
}

/* Mixed samples, also of those without a label: answers stay distributions,
 * targets sum up to what of them is labelled. */
static void
test_mixup (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionModel) model = load ("tiny.h5");
  const DspRecipe *const recipe = gst_emotion_model_recipe (model);
  g_autoptr (TrainCorpus) corpus = new_corpus ("low,mid,high");
  g_autoptr (TrainTeacher) teacher =
      train_teacher_new (model, corpus->labels, recipe, &error);
  const TrainExamplesConfig config = {
    .recipe = *recipe, .mixup = 1, .teacher = teacher
  };
  g_autoptr (TrainExamples) examples = new_examples (corpus, &config);
  gboolean is_partly = FALSE;

  for (gsize epoch = 0; epoch < 10; epoch++)
    for (gsize k = 0; k < 2 * N_SOUNDS; k++) {
      const Sample sample = make (examples, k, epoch, 64 * 94);
      const float mass = sample.target[0] + sample.target[1] + sample.target[2];

      g_assert_cmpfloat_with_epsilon (
          sample.answer[0] + sample.answer[1] + sample.answer[2], 1, 1e-5);
      g_assert_true (mass >= 0 && mass <= 1.00001);
      is_partly |= mass > 0.01 && mass < 0.99;
      g_free (sample.x);
    }
  g_assert_true (is_partly);
}

static void
test_refused (void)
{
  static const struct {
    const char *labels;
    gsize window_len;
    const char *message;
  } refused[] = {
    { "low,mid,loud", 48000, "loud" },
    { "low,mid,high", 16000, "16000" },
  };
  g_autoptr (GstEmotionModel) model = load ("tiny.h5");

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstEmotionLabels) labels = labels_of (refused[i].labels);
    DspRecipe recipe = DSP_RECIPE_DEFAULT;

    recipe.window_len = refused[i].window_len;
    g_assert_null (train_teacher_new (model, labels, &recipe, &error));
    g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    g_assert_nonnull (strstr (error->message, refused[i].message));
  }
}

/* ---- emotion-train ---- */

/* Runs it in the folder; returns its exit status. before: what comes in front
 * of the program. */
static int
run (const char *before, char **out, char **err, const char *arguments)
{
  g_autofree char *line = g_strdup_printf ("%s %s --folder sounds --labels "
                                           "low,mid,high --model logistic %s",
      before, g_getenv ("EMOTION_TRAIN"), arguments);
  g_auto (GStrv) argv = NULL;
  g_autofree char *out_text = NULL, *err_text = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_shell_parse_argv (line, NULL, &argv, &error);
  g_assert_no_error (error);
  g_spawn_sync (folder, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out_text,
      &err_text, &status, &error);
  g_assert_no_error (error);
  g_test_message ("%s%s", out_text, err_text);
  if (out)
    *out = g_steal_pointer (&out_text);
  if (err)
    *err = g_steal_pointer (&err_text);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

#define TAUGHT                                                                 \
  "--teacher tiny.h5 --teacher-weight 0.7 --temperature 3 --unlabelled "       \
  "list.csv --epochs 2 --mixup 0.3 --seed 4 --pitch-shift 0 --time-stretch 0 "

/* Any number of threads writes the same file. */
static void
test_threads (void)
{
  g_autofree char *out = NULL;

  g_assert_cmpint (
      run ("", &out, NULL, TAUGHT "--threads 1 --output one.h5"), ==, 0);
  g_assert_nonnull (strstr (out, "4 sounds without a label"));
  g_assert_cmpint (
      run ("", NULL, NULL, TAUGHT "--threads 3 --output three.h5"), ==, 0);
  test_folder_assert_same (folder, "one.h5", "three.h5");
}

/* Ranks write the same file as one process. */
static void
test_ranks (void)
{
  g_autofree char *mpirun = g_find_program_in_path ("mpirun");

  if (!mpirun || !RANKS) {
    g_test_skip ("needs a build with MPI, and mpirun");
    return;
  }
  g_assert_cmpint (
      run ("", NULL, NULL, TAUGHT "--threads 1 --output one.h5"), ==, 0);
  g_assert_cmpint (run ("mpirun --oversubscribe --allow-run-as-root "
                        "--bind-to none -n 2",
                       NULL, NULL, TAUGHT "--threads 1 --output ranks.h5"),
      ==, 0);
  test_folder_assert_same (folder, "one.h5", "ranks.h5");
}

/* Interrupts a run after the line that begins so. */
static void
leave_state (const char *options, const char *last)
{
  g_autofree char *program = g_strdup_printf (
      "exec %s --folder sounds --labels low,mid,high --model logistic %s",
      g_getenv ("EMOTION_TRAIN"), options);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  g_subprocess_launcher_set_cwd (launcher, folder);

  g_autoptr (GSubprocess) process =
      g_subprocess_launcher_spawn (launcher, &error, "sh", "-c", program, NULL);
  g_autoptr (GDataInputStream) lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));

  g_assert_no_error (error);
  do {
    g_free (line);
    line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
    g_assert_nonnull (line);
  } while (!g_str_has_prefix (line, last));
  g_subprocess_send_signal (process, SIGINT);
  g_subprocess_communicate (process, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
}

/* Interrupted and resumed, it writes what an undisturbed run does. */
static void
test_resume (void)
{
  static const char taught[] = TAUGHT "--epochs 8 --patience 0 ";
  g_autofree char *whole = g_strconcat (taught, "--output whole.h5", NULL);
  g_autofree char *cut = g_strconcat (taught, "--output cut.h5", NULL);
  g_autofree char *rest = g_strconcat (cut, " --resume", NULL);
  g_autofree char *out = NULL;

  leave_state (cut, "Epoch   2");
  g_assert_cmpint (run ("", &out, NULL, rest), ==, 0);
  g_assert_null (strstr (out, "Epoch   2/"));
  g_assert_cmpint (run ("", NULL, NULL, whole), ==, 0);
  test_folder_assert_same (folder, "whole.h5", "cut.h5");
}

static void
copy_model (const char *name)
{
  g_autofree char *from =
      g_build_filename (g_getenv ("EMOTION_TEST_DATA"), "models", name, NULL);
  g_autofree char *to = g_build_filename (folder, name, NULL);
  g_autofree char *text = NULL;
  gsize len;

  g_assert_true (g_file_get_contents (from, &text, &len, NULL));
  g_assert_true (g_file_set_contents (to, text, len, NULL));
}

/* Another teacher under the same name is refused. */
static void
test_resume_other (void)
{
  static const char options[] =
      TAUGHT "--epochs 8 --patience 0 --output other.h5 --resume";
  g_autofree char *err = NULL, *state = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) network = NULL;
  g_autofree char *path = g_build_filename (folder, "tiny.h5", NULL);

  state = g_build_filename (folder, "other.h5.state", NULL);
  leave_state (TAUGHT "--epochs 8 --patience 0 --output other.h5", "Epoch   1");
  g_assert_true (g_file_test (state, G_FILE_TEST_EXISTS));
  network = nn_model_load (path, NULL, 0, &error);
  g_assert_no_error (error);

  g_autoptr (NnModel) cooler = nn_model_cool (network, 2, &error);

  g_assert_no_error (error);
  g_assert_true (
      nn_model_save (cooler, path, nn_model_metadata (network), &error));
  g_assert_cmpint (run ("", NULL, &err, options), ==, 2);
  g_assert_nonnull (strstr (err, "another teacher: tiny.h5 has changed"));
  copy_model ("tiny.h5");
  g_assert_cmpint (run ("", NULL, NULL, options), ==, 0);
}

static void
test_errors (void)
{
  static const struct {
    const char *arguments;
    int status;
    const char *message;
  } errors[] = {
    { "--unlabelled list.csv --output x.h5", 2, "--teacher" },
    { "--teacher tiny.h5 --evaluate tiny.h5", 2, "--evaluate" },
    { "--teacher absent.h5 --output x.h5", 1, "absent.h5" },
    { "--teacher other-input.h5 --output x.h5", 1, "other-input.h5" },
    { "--teacher tiny.h5 --teacher-weight 0 --output x.h5", 2,
        "--teacher-weight" },
    { "--teacher tiny.h5 --temperature 0 --output x.h5", 2, "--temperature" },
    { "--teacher tiny.h5 --unlabelled absent.csv --output x.h5", 1,
        "absent.csv" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++) {
    g_autofree char *err = NULL;

    g_assert_cmpint (
        run ("", NULL, &err, errors[i].arguments), ==, errors[i].status);
    g_assert_nonnull (strstr (err, errors[i].message));
  }
}

/* sounds/CLASS, and a list of voices: four without a label, one of which is
 * among the sounds, too; one with a label, and one that is none. */
static void
make_sounds (void)
{
  static const char *const classes[] = { "low", "mid", "high" };
  g_autofree char *list = g_build_filename (folder, "list.csv", NULL);

  for (guint i = 0; i < 18; i++) {
    g_autofree char *path =
        g_strdup_printf ("%s/sounds/%s/%u.wav", folder, classes[i % 3], i);

    synthetic_write (
        path, &(SyntheticSound){ 16000, 1, 0.5, 300.0 * (i % 3 + 1), 0.05, i });
  }
  for (guint i = 0; i < 4; i++) {
    g_autofree char *path = g_strdup_printf ("%s/voice%u.wav", folder, i);

    synthetic_write (
        path, &(SyntheticSound){ 16000, 1, 0.5, 500, 0.05, 100 + i });
  }
  g_assert_true (g_file_set_contents (list,
      "path,label,dataset\nvoice0.wav,speech,v\nvoice1.wav,speech,v\n"
      "voice2.wav,,v\nvoice3.wav,Speech,v\nsounds/low/0.wav,speech,v\n"
      "sounds/low/3.wav,low,v\nvoice9.wav,other,v\n",
      -1, NULL));
  copy_model ("tiny.h5");
  copy_model ("other-input.h5");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  folder = test_folder_new ();
  make_sounds ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/teacher/same/", cases[i].name, NULL);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_same_window);
  }
  g_test_add_func ("/teacher/other-recipe", test_other_recipe);
  g_test_add_func ("/teacher/unlabelled", test_unlabelled);
  g_test_add_func ("/teacher/mixup", test_mixup);
  g_test_add_func ("/teacher/refused", test_refused);
  g_test_add_func ("/teacher/tool/threads", test_threads);
  g_test_add_func ("/teacher/tool/ranks", test_ranks);
  g_test_add_func ("/teacher/tool/resume", test_resume);
  g_test_add_func ("/teacher/tool/resume-other", test_resume_other);
  g_test_add_func ("/teacher/tool/errors", test_errors);

  const int status = g_test_run ();

  test_folder_remove (folder);
  return status;
}
