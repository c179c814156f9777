/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shards, and the parts that workers write: what is damaged, missing,
 * another's.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "gst/tools/shard-file.h"
#include "gst/tools/shard.h"
#include "tests/folder.h"

#define N 40 /* sources of the listing */

static char *folder;
static char *names[N + 1];

static void
make_names (void)
{
  for (guint i = 0; i < N; i++)
    names[i] = g_strdup_printf ("voice\n%u.wav", i);
}

static void
test_parse (void)
{
  static const struct {
    const char *text;
    guint number, n; /* 0: wrong */
  } cases[] = { { "1/1", 1, 1 }, { "2/5", 2, 5 }, { "5/5", 5, 5 },
    { "1000000/1000000", 1000000, 1000000 }, { "0/5" }, { "6/5" }, { "-1/5" },
    { "1" }, { "" }, { "1/" }, { "/5" }, { "1/5/9" }, { "a/b" },
    { "1/99999999999" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    ToolShard shard;
    const gboolean ok = tool_shard_parse (cases[i].text, &shard, &error);

    g_assert_cmpint (ok, ==, cases[i].n > 0);
    if (ok) {
      g_assert_cmpuint (shard.number, ==, cases[i].number);
      g_assert_cmpuint (shard.n, ==, cases[i].n);
    } else {
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
      g_assert_nonnull (strstr (error->message, "I/N"));
    }
  }
}

/* Names keep their shard for good: by an implementation in Python (FNV-1a and
 * fmix64, modulo n). */
static void
test_known (void)
{
  static const struct {
    const char *name;
    ToolShard shard;
  } cases[] = { { "Actor_01/03-01-01-01-01-01-01.flac", { 3, 5 } },
    { "a.wav", { 4, 5 } }, { "", { 3, 5 } }, { "\xc3\xa9", { 4, 5 } },
    { "Actor_01/03-01-01-01-01-02-01.flac", { 3, 5 } } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint s = 1; s <= cases[i].shard.n; s++)
      g_assert_cmpint (
          tool_shard_has (&(ToolShard){ s, cases[i].shard.n }, cases[i].name),
          ==, s == cases[i].shard.number);
}

/* Each name has one shard; shards are about as large as each other, even where
 * names hardly differ. */
static void
test_even (void)
{
  static const guint counts[] = { 1, 2, 3, 5, 8, 16, 100 };
  for (guint c = 0; c < G_N_ELEMENTS (counts); c++) {
    const guint n = counts[c];
    g_autofree guint *sizes = g_new0 (guint, n);

    for (guint i = 0; i < 100 * n; i++) {
      g_autofree char *name = g_strdup_printf ("a/%u.wav", i);
      guint n_homes = 0;

      for (guint s = 1; s <= n; s++)
        if (tool_shard_has (&(ToolShard){ s, n }, name)) {
          n_homes++;
          sizes[s - 1]++;
        }
      g_assert_cmpuint (n_homes, ==, 1);
    }
    for (guint s = 0; s < n; s++) {
      g_assert_cmpuint (sizes[s], >=, 60); /* 100 less four deviations */
      g_assert_cmpuint (sizes[s], <=, 140);
    }
  }
}

static ToolShardInfo
info_of (guint shard, guint n)
{
  return (ToolShardInfo){ .tool = "test",
    .settings = "a=1 b=zwei\n",
    .head = "head,of,all\r\n",
    .listing = "1234",
    .n_listed = N,
    .shard = { shard, n } };
}

/* The sources of a shard: every n-th. */
static ToolShardWriter *
writer_new (
    const char *path, guint shard, guint n, gboolean resume, GError **error)
{
  const ToolShardInfo info = info_of (shard, n);
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GPtrArray) own = g_ptr_array_new ();

  for (guint64 i = shard - 1; i < N; i += n) {
    g_array_append_val (indices, i);
    g_ptr_array_add (own, names[i]);
  }
  return tool_shard_writer_new (path, &info, (const guint64 *) indices->data,
      (const char *const *) own->pdata, own->len, resume, error);
}

/* Text that looks like records, too. */
static char *
text_of (guint64 index)
{
  return g_strdup_printf ("line %u\nfine 3 0 abc\n\n", (guint) index);
}

static void
add (ToolShardWriter *writer, guint64 index)
{
  g_autofree char *text = text_of (index);
  const ToolShardRecord record = { index,
    index == 7 ? TOOL_SHARD_FAILED : TOOL_SHARD_FINE, text, strlen (text) };
  g_autoptr (GError) error = NULL;

  g_assert_true (tool_shard_writer_add (writer, &record, &error));
  g_assert_no_error (error);
}

/* All from the last to the first, but for those that are there. Returns how
 * many were made. */
static guint
fill (ToolShardWriter *writer, guint shard, guint n)
{
  guint made = 0;

  for (guint64 i = N; i-- > 0;)
    if (i % n == shard - 1 && !tool_shard_writer_has (writer, i)) {
      add (writer, i);
      made++;
    }
  return made;
}

static void
finish (ToolShardWriter *writer)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (tool_shard_writer_finish (writer, &error));
  g_assert_no_error (error);
}

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
make_part (const char *path, guint shard, guint n)
{
  g_autoptr (ToolShardWriter) writer = writer_new (path, shard, n, FALSE, NULL);

  fill (writer, shard, n);
  finish (writer);
}

static void
check_whole (const char *const *paths)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ToolShardSet) set = tool_shard_set_load (paths, "test", &error);
  g_autofree char *missing = NULL;

  g_assert_no_error (error);
  missing = tool_shard_set_missing (set);
  g_assert_cmpstr (missing, ==, NULL);
  g_assert_cmpuint (tool_shard_set_count (set), ==, N);
  g_assert_cmpstr (tool_shard_set_info (set)->head, ==, "head,of,all\r\n");
  for (guint i = 0; i < N; i++) {
    const ToolShardRecord *record = tool_shard_set_get (set, i);
    g_autofree char *text = text_of (i);

    g_assert_cmpuint (record->index, ==, i);
    g_assert_cmpint (
        record->kind, ==, i == 7 ? TOOL_SHARD_FAILED : TOOL_SHARD_FINE);
    g_assert_cmpmem (record->data, record->len, text, strlen (text));
    g_assert_cmpstr (tool_shard_set_name (set, i), ==, names[i]);
  }
}

static void
test_merge (void)
{
  g_autofree char *a = path_of ("merge-1"), *b = path_of ("merge-2");
  g_autofree char *c = path_of ("merge-3");
  const char *const all[] = { c, a, b, NULL };
  const char *const some[] = { a, c, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ToolShardSet) set = NULL;
  g_autofree char *missing = NULL;

  make_part (a, 1, 3);
  make_part (b, 2, 3);
  make_part (c, 3, 3);
  check_whole (all);
  set = tool_shard_set_load (some, "test", &error);
  g_assert_no_error (error);
  missing = tool_shard_set_missing (set);
  g_assert_cmpstr (missing, ==, "all of shard 2/3\n");
  g_assert_null (tool_shard_set_load (some, "another-tool", &error));
  g_assert_nonnull (strstr (error->message, "merge-1 was made by test"));
}

/* What was written when a worker was killed stays; but failures are tried
 * again. */
static void
test_resume (void)
{
  g_autofree char *path = path_of ("resume");
  g_autofree char *partial = path_of ("resume.partial");
  const char *const paths[] = { path, NULL };
  g_autoptr (GError) error = NULL;
  ToolShardWriter *writer = writer_new (path, 1, 1, FALSE, NULL);
  g_autoptr (ToolShardSet) set = NULL;
  g_autofree char *missing = NULL;

  for (guint i = 3; i < 10; i++)
    add (writer, i);
  g_assert_false (tool_shard_writer_finish (writer, &error));
  g_assert_nonnull (strstr (error->message, "7 of 40 records"));
  tool_shard_writer_free (writer);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  set = tool_shard_set_load (paths, "test", NULL);
  missing = tool_shard_set_missing (set);
  /* A line for each, whatever is in the name. */
  g_assert_true (g_str_has_prefix (missing, "voice\\x0a0.wav\n"));
  writer = writer_new (path, 1, 1, TRUE, NULL);
  g_assert_true (tool_shard_writer_has (writer, 3));
  g_assert_false (tool_shard_writer_has (writer, 7)); /* a failure */
  g_assert_cmpuint (fill (writer, 1, 1), ==, N - 6);
  finish (writer);
  tool_shard_writer_free (writer);
  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
  check_whole (paths);
}

/* Whatever bytes of a part are lost or changed, what is left counts, and the
 * rest is made again: in the end the part is the same. */
static void
test_damage (gconstpointer data)
{
  const char *suffix = data;
  g_autofree char *path = path_of ("damage");
  g_autofree char *damaged = g_strconcat (path, suffix, NULL);
  const char *const paths[] = { path, NULL };
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autofree char *whole = NULL;
  gsize len;

  make_part (path, 1, 1);
  g_assert_true (g_file_get_contents (path, &whole, &len, NULL));
  for (guint round = 0; round < 60; round++) {
    g_autofree char *text = g_memdup2 (whole, len);
    gsize kept = len;
    ToolShardWriter *writer;
    g_autofree char *now = NULL;
    gsize now_len;

    g_unlink (path);
    if (round % 2)
      kept = g_rand_int_range (rand, 2500, len); /* behind the names */
    else
      for (guint k = 0; k < 4; k++)
        text[g_rand_int_range (rand, 2500, len)] ^= 1 << k;
    g_assert_true (g_file_set_contents (damaged, text, kept, NULL));
    writer = writer_new (path, 1, 1, TRUE, NULL);
    g_assert_nonnull (writer);
    fill (writer, 1, 1);
    finish (writer);
    tool_shard_writer_free (writer);
    g_assert_true (g_file_get_contents (path, &now, &now_len, NULL));
    g_assert_cmpmem (now, now_len, whole, len);
  }
  check_whole (paths);
}

/* A worker that was killed before it had told what its part is. */
static void
test_no_start (void)
{
  g_autofree char *path = path_of ("start");
  g_autofree char *partial = path_of ("start.partial");
  const char *const paths[] = { path, NULL };
  ToolShardWriter *writer;

  g_assert_true (g_file_set_contents (partial, "\ninfo 0 1", -1, NULL));
  writer = writer_new (path, 1, 1, TRUE, NULL);
  g_assert_nonnull (writer);
  g_assert_cmpuint (fill (writer, 1, 1), ==, N);
  finish (writer);
  tool_shard_writer_free (writer);
  check_whole (paths);
}

static void
expect_refusal (const ToolShardInfo *info, const char *path, const char *text)
{
  const guint64 index = 0;
  g_autoptr (GError) error = NULL;

  g_assert_null (tool_shard_writer_new (
      path, info, &index, (const char *const *) names, 1, TRUE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_assert_nonnull (strstr (error->message, text));
  g_assert_nonnull (strstr (error->message, path));
}

/* Parts of another job are refused, not mixed in. */
static void
test_others (void)
{
  g_autofree char *path = path_of ("others");
  g_autofree char *other = path_of ("other-kind");
  ToolShardInfo info;

  make_part (path, 1, 2);
  info = info_of (1, 2);
  info.settings = "a=2";
  expect_refusal (&info, path, "other options");
  info = info_of (1, 2);
  info.listing = "4321";
  expect_refusal (&info, path, "another list");
  info = info_of (1, 2);
  info.n_listed = 41;
  expect_refusal (&info, path, "another list");
  info = info_of (1, 3);
  expect_refusal (&info, path, "another number of shards");
  info = info_of (2, 2);
  expect_refusal (&info, path, "is shard 1/2");
  info = info_of (1, 2);
  info.tool = "another";
  expect_refusal (&info, path, "another tool");
  g_assert_true (g_file_set_contents (other, "{\"file\": 1}\n", -1, NULL));
  info = info_of (1, 2);
  expect_refusal (&info, other, "is not a shard file");
}

/* Two workers on one part. */
static void
test_lock (void)
{
  g_autofree char *path = path_of ("lock");
  g_autoptr (ToolShardWriter) first = writer_new (path, 1, 1, FALSE, NULL);
  g_autoptr (GError) error = NULL;

  add (first, 0);
  g_assert_null (writer_new (path, 1, 1, FALSE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN);
  fill (first, 1, 1);
}

static void
test_unwritable (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (writer_new ("/nowhere/at-all", 1, 1, FALSE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_nonnull (strstr (error->message, "/nowhere/at-all"));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  make_names ();
  g_test_add_func ("/shard/parse", test_parse);
  g_test_add_func ("/shard/known", test_known);
  g_test_add_func ("/shard/even", test_even);
  g_test_add_func ("/part/merge", test_merge);
  g_test_add_func ("/part/resume", test_resume);
  g_test_add_data_func ("/part/damage", "", test_damage);
  g_test_add_data_func ("/part/damage-partial", ".partial", test_damage);
  g_test_add_func ("/part/no-start", test_no_start);
  g_test_add_func ("/part/others", test_others);
  g_test_add_func ("/part/lock", test_lock);
  g_test_add_func ("/part/unwritable", test_unwritable);
  status = g_test_run ();
  for (guint i = 0; i < N; i++)
    g_free (names[i]);
  test_folder_remove (folder);
  return status;
}
