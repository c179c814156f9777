/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that h5py wrote (tests/data/h5/make-h5.py), in three ages of the
 * format: element i of every dataset of numbers is i / 2 - 3. */
#include <math.h>
#include <string.h>
#include "nn/error.h"
#include "nn/h5-write.h"
#include "nn/h5.h"

static const char *const versions[] = { "earliest", "v108", "v110" };

static NnH5 *
open_version (gconstpointer version)
{
  g_autofree char *name = g_strconcat (version, ".h5", NULL);
  g_autofree char *path =
      g_build_filename (g_getenv ("EMOTION_TEST_DATA"), "h5", name, NULL);
  g_autoptr (GError) error = NULL;
  NnH5 *file = nn_h5_open (path, &error);

  g_assert_no_error (error);
  return file;
}

static const struct {
  const char *path;
  NnShape shape;
  double (*cut) (double);
} numbers[] = {
  { "types/<f4", { 2, { 3, 4 } } },
  { "types/>f4", { 2, { 3, 4 } } },
  { "types/<f8", { 2, { 3, 4 } } },
  { "types/>f8", { 2, { 3, 4 } } },
  { "types/<f2", { 2, { 3, 4 } } },
  { "types/<i1", { 2, { 3, 4 } }, trunc },
  { "types/<i2", { 2, { 3, 4 } }, trunc },
  { "types/>i4", { 2, { 3, 4 } }, trunc },
  { "/types/<i8/", { 2, { 3, 4 } }, trunc },
  { "types/scalar", { 0 } },
  { "types/empty", { 1, { 0 } } },
  { "few/hard/<f4", { 2, { 3, 4 } } },
  { "chunks/plain", { 3, { 5, 7, 3 } } },
  { "chunks/deflate", { 3, { 5, 7, 3 } } },
  { "chunks/shuffle", { 3, { 5, 7, 3 } } },
  { "chunks/many", { 2, { 100, 9 } } },
};

static void
test_numbers (gconstpointer version)
{
  g_autoptr (NnH5) file = open_version (version);

  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++) {
    g_autoptr (GError) error = NULL;
    NnShape shape, shape_only;

    if (g_str_has_prefix (numbers[i].path, "chunks")
        && !nn_h5_has_group (file, "chunks"))
      continue;
    g_autofree float *floats =
        nn_h5_read_floats (file, numbers[i].path, &shape, &error);
    g_assert_no_error (error);
    g_autofree double *doubles =
        nn_h5_read_doubles (file, numbers[i].path, NULL, &error);
    g_assert_no_error (error);
    g_assert_true (
        nn_h5_dataset_shape (file, numbers[i].path, &shape_only, &error));
    g_assert_true (nn_h5_has_dataset (file, numbers[i].path));
    g_assert_true (nn_shape_equal (&shape, &numbers[i].shape));
    g_assert_true (nn_shape_equal (&shape, &shape_only));
    for (size_t k = 0; k < nn_shape_size (&shape); k++) {
      const double value = k / 2.0 - 3;
      const double expected = numbers[i].cut ? numbers[i].cut (value) : value;

      g_assert_cmpfloat (floats[k], ==, (float) expected);
      g_assert_cmpfloat (doubles[k], ==, expected);
    }
  }
}

/* The same files behind a block of the user's. */
static void
test_user_block (gconstpointer version)
{
  static const gsize sizes[] = { 512, 2048, 1000, 1 };
  g_autoptr (NnH5) plain = open_version (version);
  g_autofree char *contents = NULL;
  gsize len;

  g_assert_true (
      g_file_get_contents (nn_h5_name (plain), &contents, &len, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GByteArray) array = g_byte_array_new ();
    g_autoptr (GError) error = NULL;

    g_byte_array_set_size (array, sizes[i]);
    memset (array->data, 'x', sizes[i]);
    g_byte_array_append (array, (const guint8 *) contents, len);
    g_autoptr (GBytes) bytes =
        g_byte_array_free_to_bytes (g_steal_pointer (&array));
    g_autoptr (NnH5) file = nn_h5_open_bytes ("block", bytes, &error);

    if (sizes[i] % 512 != 0) {
      g_assert_error (error, NN_ERROR, NN_ERROR_FORMAT);
      continue;
    }
    g_assert_no_error (error);
    g_autofree float *values =
        nn_h5_read_floats (file, "types/<f4", NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (values[11], ==, 2.5);
  }
}

static void
test_unsigned (gconstpointer version)
{
  g_autoptr (NnH5) file = open_version (version);
  g_autofree float *values = nn_h5_read_floats (file, "types/u1", NULL, NULL);

  g_assert_nonnull (values);
  g_assert_cmpfloat (values[0], ==, 0);
  g_assert_cmpfloat (values[11], ==, 2);
}

static void
assert_list (char **found, const char *const *expected)
{
  g_assert_cmpstrv (found, (char **) expected);
  g_strfreev (found);
}

static void
test_strings (gconstpointer version)
{
  g_autoptr (NnH5) file = open_version (version);
  static const char *const abc[] = { "a", "bc", "", NULL };
  static const char *const xyz[] = { "x", "yz", NULL };
  static const char *const none[] = { NULL };
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  assert_list (nn_h5_read_strings (file, "types/strings", NULL), abc);
  assert_list (nn_h5_read_strings (file, "types/fixed", NULL), abc);
  assert_list (nn_h5_attribute_strings (file, "", "list", NULL), xyz);
  assert_list (nn_h5_attribute_strings (file, "/", "fixed", NULL), xyz);
  assert_list (nn_h5_attribute_strings (file, "", "none", NULL), none);
  for (int i = 0; i < 20; i++) {
    g_ptr_array_add (parts, g_strdup_printf ("%da", i));
    g_ptr_array_add (parts, g_strdup_printf ("%db", i));
  }
  g_ptr_array_add (parts, NULL);
  assert_list (nn_h5_attribute_strings (file, "few", "part", NULL),
      (const char *const *) parts->pdata);
  for (int i = 0; i < 2; i++) {
    g_autofree char *text =
        nn_h5_attribute_string (file, "", i == 0 ? "text" : "bytes", NULL);

    g_assert_cmpstr (text, ==, "one string");
  }
  g_assert_false (nn_h5_has_attribute (file, "", "absent"));
  g_assert_true (nn_h5_has_attribute (file, "", "number"));
  g_assert_null (nn_h5_attribute_string (file, "", "number", &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_FORMAT);
  g_clear_error (&error);
  g_assert_null (nn_h5_read_strings (file, "types/<f4", &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_FORMAT);
}

static void
test_groups (gconstpointer version)
{
  g_autoptr (NnH5) file = open_version (version);
  g_auto (GStrv) many = nn_h5_children (file, "many", NULL);
  g_auto (GStrv) few = nn_h5_children (file, "few", NULL);

  g_assert_cmpuint (
      g_strv_length (many), ==, g_str_equal (version, "v110") ? 1500 : 300);
  for (size_t i = 0; many[i]; i++) {
    g_autofree char *name = g_strdup_printf ("layer_%zu", i);
    g_autofree char *path = g_strdup_printf ("many/layer_%zu/<f4", i);

    g_assert_true (g_strv_contains ((const char *const *) many, name));
    g_assert_true (nn_h5_has_dataset (file, path));
  }
  assert_list (g_steal_pointer (&few),
      (const char *const[]){ "external", "hard", "soft", NULL });
  g_assert_true (nn_h5_has_group (file, "few/hard"));
  g_assert_false (nn_h5_has_group (file, "few/soft"));
  g_assert_false (nn_h5_has_group (file, "few/external"));
  g_assert_false (nn_h5_has_dataset (file, "few/soft/<f4"));
  g_assert_false (nn_h5_has_group (file, "types/<f4"));
  g_assert_false (nn_h5_has_dataset (file, "types"));
  g_assert_false (nn_h5_has_dataset (file, "types/<f4/x"));
}

/* What is in the files and must be refused. */
static const struct {
  const char *path;
  int code; /* NnError */
} refused[] = {
  { "types/absent", NN_ERROR_FORMAT },
  { "types", NN_ERROR_FORMAT },
  { "types/strings", NN_ERROR_FORMAT },
  { "few/soft/<f4", NN_ERROR_FORMAT },
  { "unwritten", NN_ERROR_FORMAT },
  { "chunks/unwritten", NN_ERROR_FORMAT },
  { "chunks/fletcher", NN_ERROR_UNSUPPORTED },
};

static void
test_refused (gconstpointer version)
{
  g_autoptr (NnH5) file = open_version (version);

  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) error = NULL;

    if (g_str_has_prefix (refused[i].path, "chunks")
        && !nn_h5_has_group (file, "chunks"))
      continue;
    g_assert_null (nn_h5_read_floats (file, refused[i].path, NULL, &error));
    g_assert_error (error, NN_ERROR, refused[i].code);
    g_assert_true (g_str_has_prefix (error->message, nn_h5_name (file)));
    g_assert_nonnull (strstr (error->message, refused[i].path));
  }
}

/* Everything that is in a file, as far as it can be read. */
static void
read_all (NnH5 *file, const char *path, int depth)
{
  g_auto (GStrv) names = depth > 0 ? nn_h5_children (file, path, NULL) : NULL;

  g_free (nn_h5_read_floats (file, path, NULL, NULL));
  g_strfreev (nn_h5_read_strings (file, path, NULL));
  g_strfreev (nn_h5_attribute_strings (file, path, "list", NULL));
  g_strfreev (nn_h5_attribute_strings (file, path, "part", NULL));
  for (size_t i = 0; names && names[i]; i++) {
    g_autofree char *child = g_strconcat (path, "/", names[i], NULL);

    read_all (file, child, depth - 1);
  }
}

/* Any byte may be wrong: nothing must happen but errors. The sanitizers watch.
 */
static void
test_damaged (gconstpointer version)
{
  g_autoptr (NnH5) good = open_version (version);
  g_autofree char *contents = NULL;
  gsize len;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  g_assert_true (
      g_file_get_contents (nn_h5_name (good), &contents, &len, NULL));
  for (int run = 0; run < 200; run++) {
    g_autofree char *copy = g_memdup2 (contents, len);
    const bool is_cut = run % 10 == 0;
    const gsize kept = is_cut ? (gsize) g_rand_int_range (rand, 0, len) : len;

    for (int i = 0; i < 20 && !is_cut; i++)
      copy[g_rand_int_range (rand, 0, len)] = g_rand_int_range (rand, 0, 256);
    g_autoptr (GBytes) bytes = g_bytes_new (copy, kept);
    g_autoptr (GError) error = NULL;
    g_autoptr (NnH5) file = nn_h5_open_bytes ("damaged", bytes, &error);

    g_assert_true ((file == NULL) == (error != NULL));
    if (file)
      read_all (file, "", 2);
    g_assert_true (!is_cut || !file); /* the end of the file is in its head */
  }
}

/* The same 4 MiB read again and again, as links to one dataset do: 64 MiB, or
 * eight times the archive that the file is in. */
static void
test_expansion (void)
{
  static const struct {
    gsize source_len; /* 0: not told */
    int n_reads;
  } cases[] = { { 0, 16 }, { 1000, 16 }, { 10 << 20, 20 } };
  const NnShape shape = { .rank = 1, .dim = { 1 << 20 } };
  g_autofree float *zeros = g_new0 (float, 1 << 20);
  g_autoptr (NnH5Writer) writer = nn_h5_writer_new ();
  g_autoptr (GError) error = NULL;

  nn_h5_write_floats (writer, "x", &shape, zeros);
  g_autoptr (GBytes) bytes = nn_h5_writer_finish (writer, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (NnH5) file = nn_h5_open_bytes ("zeros", bytes, &error);
    int n = 0;

    g_assert_no_error (error);
    if (cases[i].source_len > 0)
      nn_h5_set_source_len (file, cases[i].source_len);
    for (; n < 100 && !error; n++)
      g_free (nn_h5_read_floats (file, "x", NULL, &error));
    g_assert_error (error, NN_ERROR, NN_ERROR_LIMIT);
    g_assert_cmpint (n - 1, ==, cases[i].n_reads);
    g_clear_error (&error);
  }
}

static void
test_not_found (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nn_h5_open ("/no/such/file.h5", &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/no/such/file.h5"));
  g_clear_error (&error);
  g_assert_null (nn_h5_open ("/dev/zero", &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (nn_h5_open ("/", &error));
  g_assert_error (error, NN_ERROR, NN_ERROR_NOT_FOUND);
}

static void
test_not_hdf5 (void)
{
  static const char *const texts[] = { "", "hello", "\x89HDF\r\n\x1a\n",
    "\x89HDF\r\n\x1a\n\x07................................................" };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes = g_bytes_new_static (texts[i], strlen (texts[i]));

    g_assert_null (nn_h5_open_bytes ("greeting", bytes, &error));
    g_assert_error (error, NN_ERROR, NN_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, "greeting"));
  }
}

static const struct {
  const char *name;
  GTestDataFunc func;
} tests[] = {
  { "numbers", test_numbers },
  { "unsigned", test_unsigned },
  { "user-block", test_user_block },
  { "strings", test_strings },
  { "groups", test_groups },
  { "refused", test_refused },
  { "damaged", test_damaged },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/h5/expansion", test_expansion);
  g_test_add_func ("/h5/not-found", test_not_found);
  g_test_add_func ("/h5/not-hdf5", test_not_hdf5);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    for (size_t k = 0; k < G_N_ELEMENTS (versions); k++) {
      g_autofree char *path =
          g_strdup_printf ("/h5/%s/%s", tests[i].name, versions[k]);

      g_test_add_data_func (path, versions[k], tests[i].func);
    }
  return g_test_run ();
}
