/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "gst/train/csv.h"
#include "gst/train/naming.h"

#define OK TRAIN_NAMING_OK
#define NO_CLASS TRAIN_NAMING_NO_CLASS
#define FOREIGN TRAIN_NAMING_FOREIGN

/* clang-format off */
static const struct {
  const char *naming, *relative;
  TrainNamingResult result;
  const char *emotion, *speaker, *recording;
} names[] = {
  { "ravdess", "Actor_01/03-01-01-01-01-01-01.wav", OK, "neutral", "01", "01-01-01-01-01-01" },
  { "ravdess", "03-01-02-01-01-01-02.flac", OK, "calm", "02", "01-02-01-01-01-02" },
  { "ravdess", "03-01-03-02-01-01-03.wav", OK, "happy", "03", "01-03-02-01-01-03" },
  { "ravdess", "03-01-04-01-01-01-04.wav", OK, "sad", "04", "01-04-01-01-01-04" },
  { "ravdess", "03-02-05-01-01-01-24.wav", OK, "angry", "24", "02-05-01-01-01-24" },
  { "ravdess", "01-01-06-01-01-01-06.mp4", OK, "fearful", "06", "01-06-01-01-01-06" },
  { "ravdess", "03-01-07-01-01-01-07.wav", OK, "disgust", "07", "01-07-01-01-01-07" },
  { "ravdess", "03-01-08-01-01-02-07.wav", OK, "surprised", "07", "01-08-01-01-02-07" },
  { "ravdess", "02-01-08-01-01-02-07.mp4", FOREIGN }, /* no sound in it */
  { "ravdess", "03-01-09-01-01-02-07.wav", FOREIGN },
  { "ravdess", "03-01-00-01-01-02-07.wav", FOREIGN },
  { "ravdess", "03-01-08-01-01-02.wav", FOREIGN },
  { "ravdess", "03-01-08-01-01-02-07-01.wav", FOREIGN },
  { "ravdess", "03-01-0a-01-01-02-07.wav", FOREIGN },
  { "ravdess", "README.md", FOREIGN },
  { "tess", "OAF_angry/OAF_back_angry.wav", OK, "angry", "OAF" },
  { "tess", "YAF_bar_disgust.wav", OK, "disgust", "YAF" },
  { "tess", "x/OAF_youth_fear.wav", OK, "fearful", "OAF" },
  { "tess", "OAF_Fear/1.wav", OK, "fearful", "OAF" },
  { "tess", "a/OAF_Pleasant_surprise/1.wav", OK, "pleasant_surprise", "OAF" },
  { "tess", "YAF_pleasant_surprised/1.wav", OK, "pleasant_surprise", "YAF" },
  { "tess", "YAF_pleasant_surprised/YAF_back_ps.wav", OK, "pleasant_surprise", "YAF" },
  { "tess", "OAF_Sad/OAF_back_sad.wav", OK, "sad", "OAF" },
  { "tess", "OAF_neutral/OA_bite_neutral.wav", OK, "neutral", "OAF" },
  { "tess", "YAF_happy/YAF_half_happy.wav", OK, "happy", "YAF" },
  { "tess", "YAF_back_bored.wav", FOREIGN },
  { "tess", "back_happy.wav", FOREIGN },
  { "tess", "notes.txt", FOREIGN },
  { "emodb", "03a01Fa.wav", OK, "happy", "03" },
  { "emodb", "wav/16b10Wb.wav", OK, "angry", "16" },
  { "emodb", "03a01Nc.flac", OK, "neutral", "03" },
  { "emodb", "08a02Tb.wav", OK, "sad", "08" },
  { "emodb", "09b03Ed.wav", OK, "disgust", "09" },
  { "emodb", "10a07Aa.wav", OK, "fearful", "10" },
  { "emodb", "10a07A.wav", OK, "fearful", "10" },
  { "emodb", "03a04Lc.wav", NO_CLASS },
  { "emodb", "03a04Xc.wav", FOREIGN },
  { "emodb", "3a04Wc.wav", FOREIGN },
  { "emodb", "03a04Wcc.wav", FOREIGN },
  { "folder", "Anger/1.wav", OK, "Anger", NULL },
  { "folder", "pleasant surprise/1.wav", OK, "pleasant surprise", NULL },
  { "folder", "sadness/anna/2.wav", OK, "sadness", "anna" },
  { "folder", "Bored/anna/x/2.wav", OK, "Bored", "anna" },
  { "folder", "1.wav", FOREIGN },
};

static const struct {
  const char *word, *label;
  TrainWordFit fit;
} fits[] = {
  { "happy", "happy", TRAIN_WORD_EQUAL },
  { "Happy", "happy", TRAIN_WORD_SPELLED },
  { " happy", "Happy", TRAIN_WORD_SPELLED },
  { "pleasant surprise", "Pleasant-Surprise", TRAIN_WORD_SPELLED },
  { "w\u00fctend", "Wu\u0308tend", TRAIN_WORD_SPELLED },
  { "\xff", "\xff", TRAIN_WORD_EQUAL }, /* no UTF-8 */
  { "Joy", "happy", TRAIN_WORD_MEANS },
  { "happy", "Joy", TRAIN_WORD_MEANS },
  { "Happiness", "joy", TRAIN_WORD_MEANS },
  { "ps", "pleasant_surprised", TRAIN_WORD_MEANS },
  { "fear", "Fearful", TRAIN_WORD_MEANS },
  { "surprise", "pleasant_surprise", TRAIN_WORD_OTHER },
  { "calm", "neutral", TRAIN_WORD_OTHER },
  { "", "happy", TRAIN_WORD_OTHER },
};

static const struct {
  const char *text;
  const char *rows[4][5]; /* NULL-terminated */
} tables[] = {
  { "a,b\nc,d", { { "a", "b" }, { "c", "d" } } },
  { "a,b\r\nc,\r\n", { { "a", "b" }, { "c", "" } } },
  { "\"a,1\",\"say \"\"hi\"\"\"\n", { { "a,1", "say \"hi\"" } } },
  { "\"two\nlines\",x", { { "two\nlines", "x" } } },
  { "\n,\n", { { "" }, { "", "" } } },
  { "\"open", { { "open" } } },
};
/* clang-format on */

static const TrainNaming *
naming_of (const char *name)
{
  const TrainNaming *naming = train_namings;

  while (!g_str_equal (naming->name, name))
    naming++;
  return naming;
}

static void
test_names (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_auto (TrainName) name = { 0 };

    g_test_message ("%s %s", names[i].naming, names[i].relative);
    g_assert_cmpint (
        naming_of (names[i].naming)->parse (names[i].relative, &name), ==,
        names[i].result);
    g_assert_cmpstr (name.emotion, ==, names[i].emotion);
    g_assert_cmpstr (name.speaker, ==, names[i].speaker);
    g_assert_cmpstr (name.recording, ==, names[i].recording);
  }
}

static void
test_fits (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fits); i++) {
    g_test_message ("row %zu, “%s”", i,
        fits[i].label[0] == (char) 0xff ? "" : fits[i].label);
    g_assert_cmpint (
        train_word_fit (fits[i].word, fits[i].label), ==, fits[i].fit);
  }
}

static void
test_csv (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++) {
    const char *at = tables[i].text;

    for (gsize row = 0; tables[i].rows[row][0]; row++) {
      g_autoptr (GPtrArray) fields = train_csv_read_row (&at);

      g_ptr_array_add (fields, NULL);
      g_assert_cmpstrv (fields->pdata, (gpointer) tables[i].rows[row]);
    }
    g_assert_cmpstr (at, ==, "");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/naming/names", test_names);
  g_test_add_func ("/train/naming/fits", test_fits);
  g_test_add_func ("/train/naming/csv", test_csv);
  return g_test_run ();
}
