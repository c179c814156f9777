/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines and times of subtitles. */
#include "gst/text/cues.h"
#include "gst/text/template.h"
#include "tests/gst/leaks.h"
#include "tests/gst/made-result.h"

#define N 6

static const struct {
  const char *name;
  const char *text;
  GstEmotionCueOptions options;
  Made windows[N];  /* up to length 0 */
  const char *cues; /* start-end text, in ms */
} cases[] = {
  { "touching", "%{emotion}", { .hold = TRUE },
      { { 0, 0, 3000, 2, .9 }, { 1, 3000, 3000, 4, .8 },
          { 2, 6000, 2000, 2, .7 } },
      "0-3000 happy\n3000-6000 angry\n6000-8000 happy\n" },
  { "apart", "%{emotion}", { .hold = TRUE },
      { { 0, 0, 3000, 2, .9 }, { 1, 10000, 3000, 4, .8 } },
      "0-3000 happy\n10000-13000 angry\n" },
  /* The last one lasts as long as its window. */
  { "overlap-hold", "%{emotion}", { .hold = TRUE },
      { { 0, 0, 3000, 2, .9 }, { 1, 1000, 3000, 4, .8 },
          { 2, 2000, 3000, 3, .7 } },
      "0-1000 happy\n1000-2000 angry\n2000-5000 sad\n" },
  /* Only the first overlaps: nobody knew. */
  { "overlap-live", "%{emotion}", { 0 },
      { { 0, 0, 3000, 2, .9 }, { 1, 1000, 3000, 4, .8 },
          { 2, 2000, 3000, 3, .7 } },
      "0-3000 happy\n1000-2000 angry\n2000-3000 sad\n" },
  /* Window 2 was dropped: the distance is still 1 s. */
  { "dropped-live", "%{emotion}", { 0 },
      { { 0, 0, 3000, 2, .9 }, { 1, 1000, 3000, 4, .8 },
          { 3, 3000, 3000, 3, .7 }, { 4, 4000, 3000, 3, .7 } },
      "0-3000 happy\n1000-2000 angry\n3000-4000 sad\n4000-5000 sad\n" },
  { "at-end", "%{emotion}", { .at_end = TRUE },
      { { 0, 0, 3000, 2, .9 }, { 1, 3000, 3000, 4, .8 } },
      "3000-6000 happy\n6000-9000 angry\n" },
  { "silence", "%{emotion}", { 0 },
      { { 0, 0, 3000, -2, 0 }, { 1, 3000, 3000, -1, .2 } },
      "0-3000 silence\n3000-6000 unknown\n" },
  { "skip-silence", "%{emotion}", { .skip_silence = TRUE },
      { { 0, 0, 3000, -2, 0 }, { 1, 3000, 3000, -1, .2 } },
      "3000-6000 unknown\n" },
  { "skip-unknown", "%{emotion}", { .skip_unknown = TRUE },
      { { 0, 0, 3000, -2, 0 }, { 1, 3000, 3000, -1, .2 } },
      "0-3000 silence\n" },
  { "only-changes", "%{emotion}", { .only_changes = TRUE },
      { { 0, 0, 3000, 2, .9 }, { 1, 3000, 3000, 2, .8 },
          { 2, 6000, 3000, 3, .7 }, { 3, 9000, 3000, -2, 0 },
          { 4, 12000, 3000, -2, 0 }, { 5, 15000, 3000, 3, .7 } },
      "0-3000 happy\n6000-9000 sad\n9000-12000 silence\n15000-18000 sad\n" },
  /* A window that has no line changes nothing. */
  { "only-changes-skip", "%{emotion}",
      { .only_changes = TRUE, .skip_silence = TRUE },
      { { 0, 0, 3000, 2, .9 }, { 1, 3000, 3000, -2, 0 },
          { 2, 6000, 3000, 2, .9 } },
      "0-3000 happy\n" },
  { "default", GST_EMOTION_TEMPLATE_DEFAULT, { 0 },
      { { 7, 3661001, 3000, 8, .914 } },
      "3661001-3664001 pleasant_surprise (91 %)\n" },
  { "fields",
      "%{window-id}: %{timestamp} %{partial} %{label-index} 100%% %{model}",
      { 0 }, { { 7, 3661001, 2000, 8, .914 } },
      "3661001-3663001 7: 1:01:01.001 yes 8 100% made\n" },
  { "probabilities", "%{probabilities}", { 0 }, { { 0, 0, 3000, 0, .6 } },
      "0-3000 neutral 60 %, calm 5 %, happy 5 %, sad 5 %, angry 5 %, "
      "fearful 5 %, disgust 5 %, surprised 5 %, pleasant_surprise 5 %\n" },
};

static void
pop_all (GstEmotionCues *cues, GString *out)
{
  GstEmotionCue *cue;

  while ((cue = gst_emotion_cues_pop (cues))) {
    g_string_append_printf (out,
        "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT " %s\n",
        cue->start / GST_MSECOND, (cue->start + cue->duration) / GST_MSECOND,
        cue->text);
    gst_emotion_cue_free (cue);
  }
}

static void
test_case (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  GstEmotionCueOptions options = cases[i].options;
  g_autoptr (GString) out = g_string_new (NULL);
  GstEmotionCues cues;

  options.text = cases[i].text;
  gst_emotion_cues_init (&cues);
  for (guint k = 0; k < N && cases[i].windows[k].length_ms > 0; k++) {
    g_autoptr (GstEmotionResult) result = made_result (&cases[i].windows[k]);

    gst_emotion_cues_add (&cues, result, result->window.timestamp, &options);
    pop_all (&cues, out);
  }
  gst_emotion_cues_finish (&cues);
  pop_all (&cues, out);
  gst_emotion_cues_clear (&cues);
  g_assert_cmpstr (out->str, ==, cases[i].cues);
}

/* A cue that waits for a window that does not come. */
static void
test_waits_no_more (void)
{
  const Made made = { 0, 0, 3000, 2, .9 };
  const GstEmotionCueOptions options = { .text = "x", .hold = TRUE };
  g_autoptr (GstEmotionResult) result = made_result (&made);
  GstEmotionCues cues;
  GstEmotionCue *cue;

  gst_emotion_cues_init (&cues);
  gst_emotion_cues_add (&cues, result, 0, &options);
  g_assert_null (gst_emotion_cues_pop (&cues));
  gst_emotion_cues_advance (&cues, 6 * GST_SECOND);
  g_assert_null (gst_emotion_cues_pop (&cues));
  gst_emotion_cues_advance (&cues, 6 * GST_SECOND + 1);
  cue = gst_emotion_cues_pop (&cues);
  g_assert_nonnull (cue);
  g_assert_cmpuint (cue->duration, ==, 3 * GST_SECOND);
  gst_emotion_cue_free (cue);
  /* What waits or is ready at the end is freed. */
  gst_emotion_cues_add (&cues, result, 0, &options);
  gst_emotion_cues_clear (&cues);
  g_assert_null (gst_emotion_cues_pop (&cues));
}

static const struct {
  const char *text;
  const char *says; /* part of the error; NULL: it is right */
} templates[] = {
  { "", NULL },
  { "no field", NULL },
  { "%{emotion}%%", NULL },
  { "%{}", "“%{}” is not a field" },
  { "%{happyness}", "the fields are timestamp, stream-time" },
  { "%{emotion", "“%{emotion” is not a field" },
  { "100 %", "“%” is not a field" },
  { "%s", "write %% for a percent sign" },
};

static void
test_templates (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (templates); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (gst_emotion_template_check (templates[i].text, &error), ==,
        !templates[i].says);
    if (!templates[i].says)
      continue;
    g_assert_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS);
    g_assert_nonnull (strstr (error->message, templates[i].says));
  }
}

/* Only what comes from the result is escaped. */
static void
test_markup (void)
{
  const GstEmotionWindow window = { .duration = GST_SECOND };
  g_autoptr (GstEmotionLabels) labels =
      gst_emotion_labels_parse ("<&>,b", NULL);
  g_autoptr (GstEmotionResult) result =
      gst_emotion_result_new (&window, labels, "m");
  g_autofree char *plain = NULL;
  g_autofree char *markup = NULL;

  result->label_index = 0;
  result->confidence = 1;
  plain = gst_emotion_template_fill ("<b>%{emotion}</b>", result, FALSE);
  markup = gst_emotion_template_fill ("<b>%{emotion}</b>", result, TRUE);
  g_assert_cmpstr (plain, ==, "<b><&></b>");
  g_assert_cmpstr (markup, ==, "<b>&lt;&amp;&gt;</b>");
}

/* A time that there is not is no number of 584 years. */
static void
test_no_time (void)
{
  const GstEmotionWindow window = { .duration = GST_SECOND,
    .running_time = GST_CLOCK_TIME_NONE,
    .voice = GST_CLOCK_TIME_NONE };
  g_autoptr (GstEmotionLabels) labels = gst_emotion_labels_new_default ();
  g_autoptr (GstEmotionResult) result =
      gst_emotion_result_new (&window, labels, "m");
  g_autofree char *text = NULL;

  result->label_index = 0;
  result->confidence = 1;
  text = gst_emotion_template_fill (
      "%{voice} %{running-time} %{duration}", result, FALSE);
  g_assert_cmpstr (text, ==, "unknown unknown 0:00:01.000");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/cues/", cases[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
  }
  g_test_add_func ("/cues/waits-no-more", test_waits_no_more);
  g_test_add_func ("/cues/templates", test_templates);
  g_test_add_func ("/cues/markup", test_markup);
  g_test_add_func ("/cues/no-time", test_no_time);
  leaks_add_test ("cues");
  return g_test_run ();
}
