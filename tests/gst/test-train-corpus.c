/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <gst/gst.h>
#include <math.h>
#include <string.h>
#include "gst/media/decode.h"
#include "gst/train/sounds.h"
#include "tests/folder.h"
#include "tests/gst/synthetic.h"
#include "tests/nn/train/crew.h"

static const SyntheticSound beep = { 16000, 1, 0.25, 440, 0, 0 };

static TrainCorpus *
new_corpus (void)
{
  g_autoptr (GstEmotionLabels) labels = gst_emotion_labels_new_default ();

  return train_corpus_new (labels);
}

static const TrainNaming *
naming_of (const char *name)
{
  const TrainNaming *naming = train_namings;

  while (!g_str_equal (naming->name, name))
    naming++;
  return naming;
}

static void
write_beep (const char *folder, const char *relative)
{
  g_autofree char *path = g_build_filename (folder, relative, NULL);

  synthetic_write (path, &beep);
}

static const char *
label_of (const TrainCorpus *corpus, gsize i)
{
  return gst_emotion_labels_get (
      corpus->labels, train_corpus_item (corpus, i)->label);
}

/* Order, labels, speakers; hidden files, strangers and boredom left out; a
 * folder that is named twice counts once. */
static void
test_folders (void)
{
  char *folder = test_folder_new ();
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (GError) error = NULL;

  write_beep (folder, "b/03a02Ta.wav");
  write_beep (folder, "a/03a02Wa.wav");
  write_beep (folder, "a/08a02La.wav");
  write_beep (folder, "a/.03a02Wb.wav");
  write_beep (folder, "a/other.wav");
  for (guint twice = 0; twice < 2; twice++) {
    train_corpus_add_folder (corpus, naming_of ("emodb"), folder, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (corpus->items->len, ==, 2);
  }
  g_assert_cmpuint (corpus->n_no_class, ==, 2);
  g_assert_cmpuint (corpus->n_foreign, ==, 2);
  g_assert_cmpstr (label_of (corpus, 0), ==, "angry");
  g_assert_cmpstr (label_of (corpus, 1), ==, "sad");
  g_assert_cmpstr (train_corpus_item (corpus, 0)->speaker, ==, "emodb/03");
  test_folder_remove (folder);
}

static void
test_merge (void)
{
  static const char *const wrong[] = { "calm", "calm=bored", "a=b=c", "" };
  char *folder = test_folder_new ();
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (GError) error = NULL;

  write_beep (folder, "ps/1.wav");
  write_beep (folder, "boredom/1.wav");
  write_beep (folder, "whatever/1.wav");
  g_assert_true (
      train_corpus_merge (corpus, "pleasant_surprise=surprised", &error));
  g_assert_true (train_corpus_merge (corpus, "boredom=calm", &error));
  train_corpus_add_folder (corpus, naming_of ("folder"), folder, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (corpus->items->len, ==, 2);
  g_assert_cmpuint (corpus->n_no_class, ==, 1);
  g_assert_cmpstr (label_of (corpus, 0), ==, "calm");
  g_assert_cmpstr (label_of (corpus, 1), ==, "surprised");
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_assert_false (train_corpus_merge (corpus, wrong[i], &error));
    g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    g_clear_error (&error);
  }
  test_folder_remove (folder);
}

/* Labels that are spelled like none of our nine, and those that are words for
 * one emotion: each sound counts as the one that fits best. */
static const struct {
  const char *labels, *merge, *folder, *label; /* label NULL: none */
} spellings[] = {
  { "Anger,Joy,Sadness", NULL, "anger", "Anger" },
  { "Anger,Joy,Sadness", NULL, "happy", "Joy" },
  { "Anger,Joy,Sadness", NULL, "fear", NULL },
  { "happy,joy", NULL, "joy", "joy" },
  { "happy,joy", NULL, "Joy", "joy" },
  { "happy,joy", NULL, "happiness", "happy" },
  { "happy,amused", "joy=amused", "joy", "amused" },
  { "happy,amused", "joy=amused", "happy", "happy" },
  { "happy,amused", "Joy = Amused", "joy", "amused" },
  { "happy,amused", "happy=amused", "joy", "amused" },
};

static void
test_spellings (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (spellings); i++) {
    char *folder = test_folder_new ();
    g_autofree char *file = g_strconcat (spellings[i].folder, "/1.wav", NULL);
    g_autoptr (GstEmotionLabels) labels =
        gst_emotion_labels_parse (spellings[i].labels, NULL);
    g_autoptr (TrainCorpus) corpus = train_corpus_new (labels);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s: %s", spellings[i].labels, spellings[i].folder);
    if (spellings[i].merge)
      train_corpus_merge (corpus, spellings[i].merge, &error);
    g_assert_no_error (error);
    write_beep (folder, file);
    train_corpus_add_folder (corpus, naming_of ("folder"), folder, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (corpus->items->len, ==, spellings[i].label != NULL);
    if (spellings[i].label)
      g_assert_cmpstr (label_of (corpus, 0), ==, spellings[i].label);
    test_folder_remove (folder);
  }
}

static void
test_csv (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "list.csv", NULL);
  g_autofree char *absolute = g_build_filename (folder, "x/1.wav", NULL);
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path,
      "path,label,speaker,split\nx/1.wav,Anger,anna,train\n"
      "\"x/2.wav\", sad,,test \n\nx/3.wav,happy\n",
      -1, &error);
  train_corpus_add_csv (corpus, path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (corpus->items->len, ==, 3);
  g_assert_cmpstr (train_corpus_item (corpus, 0)->path, ==, absolute);
  g_assert_cmpstr (label_of (corpus, 0), ==, "angry");
  g_assert_cmpstr (train_corpus_item (corpus, 0)->speaker, ==, "csv/anna");
  g_assert_cmpint (
      train_corpus_item (corpus, 0)->subset, ==, TRAIN_SUBSET_TRAIN);
  g_assert_cmpstr (train_corpus_item (corpus, 1)->speaker, ==,
      train_corpus_item (corpus, 1)->path);
  g_assert_cmpint (
      train_corpus_item (corpus, 1)->subset, ==, TRAIN_SUBSET_TEST);
  g_assert_cmpint (
      train_corpus_item (corpus, 2)->subset, ==, TRAIN_SUBSET_NONE);
  test_folder_remove (folder);
}

/* Columns by name, in any order; a byte order mark; what others left in. */
static void
test_csv_head (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "list.csv", NULL);
  g_autofree char *absolute = g_build_filename (folder, "x/1.wav", NULL);
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path,
      "\xEF\xBB\xBFlicence,Label,speaker,path,language, dataset\r\n"
      "MIT,Anger,nemo/    EB0,x/1.wav,pl,nemo\r\n"
      "MIT,speech,,x/2.wav,pl,nemo\r\n"
      "MIT,other,,x/3.wav,,birds\r\n"
      "MIT,happy,,x/4.wav,,\r\n"
      "MIT,sad,7,x/5.wav,am,ased\r\n",
      -1, &error);
  train_corpus_add_csv (corpus, path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (corpus->items->len, ==, 3);
  g_assert_cmpuint (corpus->n_no_class, ==, 2);

  const TrainItem *const first = train_corpus_item (corpus, 0);
  const TrainItem *const second = train_corpus_item (corpus, 1);
  const TrainItem *const third = train_corpus_item (corpus, 2);

  g_assert_cmpstr (first->path, ==, absolute);
  g_assert_cmpstr (first->data_set, ==, "nemo");
  g_assert_cmpstr (first->language, ==, "pl");
  g_assert_cmpstr (first->speaker, ==, "nemo/EB0");
  g_assert_cmpstr (second->data_set, ==, "list");
  g_assert_null (second->language);
  g_assert_cmpstr (second->speaker, ==, second->path);
  g_assert_cmpstr (third->speaker, ==, "ased/7");
  test_folder_remove (folder);
}

static void
test_csv_errors (void)
{
  static const struct {
    const char *text, *message;
  } lists[] = {
    { "a.wav,happy\nb.wav\n", "*row 2: 1 fields*" },
    { "a.wav,bored\n", "*row 1: *bored* is not a label*" },
    { "a.wav,happy,x,later\n", "*row 1: split *later*" },
    { "a.wav,happy,x,test,y\n", "*row 1: 5 fields*" },
    { ",happy\n", "*row 1*" },
    { "path,speaker\na.wav,x\n", "*row 1: *no column “label”*" },
    { "label,path\nhappy\n", "*row 2: *empty*" },
    { "label,path\nhappy,a,b\n", "*row 2: 3 fields, but the head line has 2*" },
    { "label,path\nhappy,\n", "*row 2: *empty*" },
    { "label,path\nbored,a.wav\n", "*row 2: *bored* is not a label*" },
    { "path;label\na.wav;happy\n", "*row 1: 1 fields*head line*commas*" },
    { "file,label\na.wav,happy\n", "*row 1: *head line needs*path and label*" },
  };
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "list.csv", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autoptr (TrainCorpus) corpus = new_corpus ();
    g_autoptr (GError) error = NULL;

    g_file_set_contents (path, lists[i].text, -1, NULL);
    g_assert_false (train_corpus_add_csv (corpus, path, &error));
    g_test_message ("%s", error->message);
    g_assert_true (g_pattern_match_simple (lists[i].message, error->message));
  }
  test_folder_remove (folder);
}

/* Any rate and channel count becomes 16 kHz mono; max_len cuts. */
static void
test_decode (void)
{
  static const struct {
    SyntheticSound sound;
    gsize max_len, n;
  } cases[] = {
    { { 16000, 1, 0.5, 440 }, 0, 8000 },
    { { 48000, 2, 0.5, 440 }, 0, 8000 },
    { { 22050, 1, 0.5, 440 }, 0, 8000 },
    { { 44100, 6, 0.5, 440 }, 4000, 4000 },
    { { 8000, 1, 0.5, 440 }, 9000, 8000 },
  };
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "a b%.wav", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    gsize n;

    synthetic_write (path, &cases[i].sound);

    g_autofree float *samples =
        gst_emotion_decode_file (path, 16000, cases[i].max_len, &n, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (n, ==, cases[i].n);
    for (gsize k = 500; k < n - 500; k++)
      g_assert_cmpfloat_with_epsilon (
          samples[k], 0.5 * sin (2 * G_PI * 440 * k / 16000), 2e-3);
  }
  test_folder_remove (folder);
}

static void
test_decode_errors (void)
{
  char *folder = test_folder_new ();
  g_autofree char *text = g_build_filename (folder, "text.wav", NULL);
  g_autofree char *absent = g_build_filename (folder, "absent.wav", NULL);
  const char *const paths[] = { text, absent, folder };

  g_file_set_contents (text, "this is no sound at all\n", -1, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL;
    gsize n = 1;

    g_assert_null (gst_emotion_decode_file (paths[i], 16000, 0, &n, &error));
    g_test_message ("%s", error ? error->message : "no error");
    g_assert_nonnull (error);
    g_assert_cmpuint (n, ==, 0);
  }
  test_folder_remove (folder);
}

static void
count (gsize done, gsize all, gpointer user_data)
{
  guint *n = user_data;

  g_assert_cmpuint (done, ==, ++*n);
  g_assert_cmpuint (all, ==, 4);
}

/* Unreadable files are named; equal sound has equal digests. */
static void
test_load (void)
{
  char *folder = test_folder_new ();
  g_autofree char *bad = g_build_filename (folder, "happy/c.wav", NULL);
  g_autofree char *other = g_build_filename (folder, "sad/1.wav", NULL);
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (GError) error = NULL;
  guint n_calls = 0;
  const TrainSoundsConfig config = { .rate = 16000,
    .max_len = 2000,
    .n_threads = 3,
    .progress = count,
    .user_data = &n_calls };

  write_beep (folder, "happy/a.wav");
  write_beep (folder, "happy/b.wav");
  g_file_set_contents (bad, "no sound", -1, NULL);
  synthetic_write (other, &(SyntheticSound){ 16000, 1, 0.25, 450, 0, 0 });
  train_corpus_add_folder (corpus, naming_of ("folder"), folder, &error);
  g_assert_true (train_sounds_load (corpus, &config, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_calls, ==, 4);
  g_assert_cmpuint (corpus->items->len, ==, 3);
  g_assert_cmpuint (corpus->problems->len, ==, 1);
  g_assert_true (
      g_str_has_prefix (g_ptr_array_index (corpus->problems, 0), bad));
  g_assert_cmpuint (train_corpus_item (corpus, 2)->n_samples, ==, 2000);
  g_assert_cmpstr (train_corpus_item (corpus, 0)->digest, ==,
      train_corpus_item (corpus, 1)->digest);
  g_assert_cmpstr (train_corpus_item (corpus, 0)->digest, !=,
      train_corpus_item (corpus, 2)->digest);
  test_folder_remove (folder);
}

#define N_SHARED 8

/* In a folder of its own: of a rank its own files, in the place of the others'
 * what cannot be read; or all. One is damaged. */
static TrainCorpus *
corpus_of_rank (const char *folder, const NnComm *comm, gboolean is_whole)
{
  g_autofree char *own = g_strdup_printf (
      "%s/%s-%zu", folder, is_whole ? "whole" : "share", comm->rank);
  g_autoptr (GError) error = NULL;
  TrainCorpus *corpus = new_corpus ();

  for (guint i = 0; i < N_SHARED; i++) {
    g_autofree char *path = g_strdup_printf ("%s/happy/%u.wav", own, i);
    const SyntheticSound sound = { 16000, 1, 0.1 + 0.02 * i, 440, 0.1, i };

    synthetic_write (path, &sound);
    if (i == 3 || (!is_whole && i % comm->size != comm->rank))
      g_assert_true (g_file_set_contents (path, "no sound", -1, NULL));
  }
  train_corpus_add_folder (corpus, naming_of ("folder"), own, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (corpus->items->len, ==, N_SHARED);
  return corpus;
}

static void
load_shared (const NnComm *comm, gpointer data)
{
  const char *const folder = data;
  g_autoptr (TrainCorpus) all = corpus_of_rank (folder, comm, TRUE);
  g_autoptr (TrainCorpus) shared = corpus_of_rank (folder, comm, FALSE);
  TrainSoundsConfig config = { .rate = 16000, .n_threads = 2 };
  g_autoptr (GError) error = NULL;

  g_assert_true (train_sounds_load (all, &config, &error));
  config.comm = comm;
  g_assert_true (train_sounds_load (shared, &config, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (shared->items->len, ==, N_SHARED - 1);
  g_assert_cmpuint (shared->problems->len, ==, 1);
  g_assert_nonnull (
      strstr (g_ptr_array_index (shared->problems, 0), "/happy/3.wav: "));
  for (guint i = 0; i < N_SHARED - 1; i++) {
    const TrainItem *const a = train_corpus_item (all, i);
    const TrainItem *const b = train_corpus_item (shared, i);

    g_assert_cmpmem (a->samples, a->n_samples * sizeof (float), b->samples,
        b->n_samples * sizeof (float));
    g_assert_cmpstr (a->digest, ==, b->digest);
  }
}

/* Ranks decode a share each, and have what one that is alone has. */
static void
test_load_shared (void)
{
  for (size_t size = 2; size <= 5; size++) {
    char *folder = test_folder_new ();

    crew_run (size, load_shared, folder);
    test_folder_remove (folder);
  }
}

/* One is interrupted: so are all. */
static void
load_stopped (const NnComm *comm, gpointer data)
{
  g_autoptr (TrainCorpus) corpus = corpus_of_rank (data, comm, TRUE);
  const gint stop = comm->rank == 1;
  const TrainSoundsConfig config = {
    .rate = 16000, .n_threads = 2, .comm = comm, .stop = &stop
  };
  g_autoptr (GError) error = NULL;

  g_assert_false (train_sounds_load (corpus, &config, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_load_stopped (void)
{
  char *folder = test_folder_new ();

  crew_run (3, load_stopped, folder);
  test_folder_remove (folder);
}

static void
test_load_nothing (void)
{
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (GError) error = NULL;
  const TrainSoundsConfig config = { .rate = 16000, .n_threads = 2 };

  g_assert_false (train_sounds_load (corpus, &config, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

/* RAVDESS: 8 neutral and 16 of every other emotion by each of 20 actors, but
 * for what this copy lacks. EmoDB: counted by the names. */
static void
test_shared (gconstpointer data)
{
  static const guint ravdess[9] = { 80, 160, 160, 160, 160, 160, 160, 160, 0 };
  static const guint emodb[9] = { 47, 0, 36, 34, 72, 35, 14, 0, 0 };
  const char *const name = data;
  const guint *const expected = g_str_equal (name, "ravdess") ? ravdess : emodb;
  g_autofree char *relative = g_build_filename ("data", name, NULL);
  g_autofree char *path = synthetic_shared (relative);
  g_autoptr (TrainCorpus) corpus = new_corpus ();
  g_autoptr (GError) error = NULL;
  guint counts[9] = { 0 };

  if (!path)
    return;
  train_corpus_add_folder (corpus, naming_of (name), path, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < corpus->items->len; i++)
    counts[train_corpus_item (corpus, i)->label]++;
  for (guint c = 0; c < 9; c++)
    g_assert_cmpuint (counts[c], ==, expected[c]);
  g_assert_cmpuint (corpus->n_foreign, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  g_test_add_func ("/train/corpus/folders", test_folders);
  g_test_add_func ("/train/corpus/merge", test_merge);
  g_test_add_func ("/train/corpus/spellings", test_spellings);
  g_test_add_func ("/train/corpus/csv", test_csv);
  g_test_add_func ("/train/corpus/csv-head", test_csv_head);
  g_test_add_func ("/train/corpus/csv-errors", test_csv_errors);
  g_test_add_func ("/train/sounds/decode", test_decode);
  g_test_add_func ("/train/sounds/decode-errors", test_decode_errors);
  g_test_add_func ("/train/sounds/load", test_load);
  g_test_add_func ("/train/sounds/load-shared", test_load_shared);
  g_test_add_func ("/train/sounds/load-stopped", test_load_stopped);
  g_test_add_func ("/train/sounds/load-nothing", test_load_nothing);
  g_test_add_data_func ("/train/corpus/shared/ravdess", "ravdess", test_shared);
  g_test_add_data_func ("/train/corpus/shared/emodb", "emodb", test_shared);
  return g_test_run ();
}
