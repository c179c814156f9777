/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every model of golden/zoo in each of its files, against what genuine Keras
 * answered; and every corrupt file, against the bounds of issue 3. One process
 * for all: run-zoo does the same with nn-run and prints a table. */
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "golden-run.h"
#include "nn/config.h"

/* Of one corrupt file: CPU seconds (the machine may be busy), and the peak of
 * the process after it. */
#define MAX_SECONDS 1.0
#define MAX_PEAK_KIB (256 << 10)

/* Of cases/models/keras; Keras computed those of bfloat16 in it, we in float.
 */
#define TOLERANCE 1e-5
#define BFLOAT16_TOLERANCE 1e-3
#define IO_SUFFIX ".io.h5"

static const char *const variants[] = { "keras", "h5", "k2", "json" };

typedef struct {
  char *model, *io; /* paths */
  const char *prefix;
  double tolerance;
  bool may_load; /* corrupt files of which the manifest says so */
} Case;

static Case *
case_new (const char *folder, const char *model, const char *io)
{
  Case *self = g_new0 (Case, 1);

  self->model = g_build_filename (folder, model, NULL);
  self->io = g_build_filename (folder, io, NULL);
  self->prefix = "output_";
  return self;
}

static void
case_free (gpointer data)
{
  Case *self = data;

  g_free (self->model);
  g_free (self->io);
  g_free (self);
}

static void
test_model (gconstpointer data)
{
  const Case *const self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) diffs =
      golden_run (self->model, self->io, self->prefix, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (diffs->len, >, 0);
  for (guint i = 0; i < diffs->len; i++) {
    const GoldenDiff *const diff = &g_array_index (diffs, GoldenDiff, i);

    g_test_message ("output %u: max_abs_diff %g", i, diff->max_abs_diff);
    g_assert_true (
        golden_diff_is_within (diff, self->tolerance, self->tolerance));
  }
}

static void
test_corrupt (gconstpointer data)
{
  const Case *const self = data;
  g_autofree char *name = g_path_get_basename (self->model);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) diffs = NULL;
  const clock_t start = clock ();
  struct rusage usage;

  diffs = golden_run (self->model, self->io, "output_", &error);
  g_assert_cmpfloat (
      (double) (clock () - start) / CLOCKS_PER_SEC, <, MAX_SECONDS);
  g_assert_cmpint (getrusage (RUSAGE_SELF, &usage), ==, 0);
  g_assert_cmpint (usage.ru_maxrss, <, MAX_PEAK_KIB);
  if (diffs && self->may_load)
    return;
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, name));
}

/* The model that a corrupt file was made from: its inputs fit. */
static const char *
sound_io (const char *corrupt)
{
  static const char *const known[][2] = {
    { "conv2d_same", "d001_conv2d_same.io.h5" },
    { "lstm_last", "d058_lstm_last.io.h5" },
    { "merge_", "d080_merge_all.io.h5" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (known); i++)
    if (strstr (corrupt, known[i][0]))
      return known[i][1];
  return "d045_dense_mlp.io.h5";
}

static void
add_case (const char *group, const char *name, Case *self, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/shared-zoo/%s/%s", group, name);

  g_test_add_data_func_full (path, self, func, case_free);
}

static void
add_model (const char *folder, const NnConfig *model)
{
  const NnConfig files = nn_config_get (model, "files");
  const char *const io = nn_config_string (&files, "io", "");
  const NnConfig k2_differs = nn_config_get (model, "k2_differs");

  for (size_t i = 0; i < G_N_ELEMENTS (variants); i++) {
    const char *const file = nn_config_string (&files, variants[i], NULL);
    Case *self;

    if (!file)
      continue;
    self = case_new (folder, file, io);
    self->tolerance = nn_config_double (model, "tolerance", 0);
    if (g_str_equal (variants[i], "k2") && nn_config_is_set (&k2_differs))
      self->prefix = "k2_output_";
    add_case (
        variants[i], nn_config_string (model, "name", ""), self, test_model);
  }
}

static void
add_corrupt (const char *folder, const NnConfig *entry)
{
  const NnConfig files = nn_config_get (entry, "files");
  const char *const name = nn_config_string (entry, "name", "");
  const NnConfig accept = nn_config_get (entry, "accept");
  Case *const self = case_new (
      folder, nn_config_string (&files, "model", ""), sound_io (name));

  self->may_load = nn_config_is_set (&accept);
  add_case ("corrupt", name, self, test_corrupt);
}

static void
add_all (const char *folder, const NnConfig *manifest)
{
  const NnConfig models = nn_config_get (manifest, "models");
  const NnConfig corrupt = nn_config_get (manifest, "corrupt");

  for (size_t i = 0; i < nn_config_length (&corrupt); i++) {
    const NnConfig entry = nn_config_at (&corrupt, i);

    add_corrupt (folder, &entry);
  }
  for (size_t i = 0; i < nn_config_length (&models); i++) {
    const NnConfig model = nn_config_at (&models, i);

    add_model (folder, &model);
  }
}

/* The models of a folder that have NAME.io.h5 beside NAME. */
static void
add_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *io;

  while (folder && (io = g_dir_read_name (folder))) {
    g_autofree char *model = g_str_has_suffix (io, IO_SUFFIX)
        ? g_strndup (io, strlen (io) - strlen (IO_SUFFIX))
        : NULL;
    Case *self;

    if (!model)
      continue;
    self = case_new (path, model, io);
    self->tolerance =
        strstr (model, "bfloat16") ? BFLOAT16_TOLERANCE : TOLERANCE;
    add_case ("cases", model, self, test_model);
  }
}

static void
test_absent (void)
{
  g_test_skip ("golden/zoo is in ../shared, which is not here");
}

int
main (int argc, char **argv)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");
  g_autofree char *folder =
      g_build_filename (shared ? shared : "", "golden/zoo", NULL);
  g_autofree char *path = g_build_filename (folder, "MANIFEST.json", NULL);
  g_autofree char *cases =
      g_build_filename (shared ? shared : "", "cases/models/keras", NULL);
  g_autofree char *text = NULL;
  g_autoptr (NnDocument) document = NULL;
  g_autoptr (GError) error = NULL;
  NnConfig root;
  gsize len;

  g_test_init (&argc, &argv, NULL);
  if (!g_file_get_contents (path, &text, &len, NULL)) {
    g_test_add_func ("/shared-zoo/absent", test_absent);
    return g_test_run ();
  }
  document = nn_document_parse (path, text, len, &error);
  g_assert_no_error (error);
  root = nn_document_root (document, "MANIFEST.json", 3, &error);
  add_all (folder, &root);
  add_folder (cases);
  g_assert_no_error (error);
  return g_test_run ();
}
