/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/report-page.h"

#include <json-glib/json-glib.h>
#include <math.h>

#include "gst/page/page.h"
#include "gst/train/report-curves.h"

/* Figures of a prediction, by their names in report.json. */
static const struct {
  const char *name, *title;
  gboolean is_share; /* said in percent */
} figures[] = {
  { "uar", "UAR", TRUE },
  { "accuracy", "Accuracy", TRUE },
  { "macro_f1", "Macro F1", FALSE },
  { "cross_entropy", "Cross-entropy", FALSE },
  { "calibration_error", "Calibration error", FALSE },
};

static const struct {
  const char *name, *title;
} subsets[] = { { "training", "Training" }, { "validation", "Validation" },
  { "test", "Test" }, { "left_out", "Left out" } };

/* A member that is an object or an array; NULL if there is none. */
static JsonObject *
object_of (JsonObject *parent, const char *name)
{
  JsonNode *node = parent ? json_object_get_member (parent, name) : NULL;

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node)
                                               : NULL;
}

static JsonArray *
array_of (JsonObject *parent, const char *name)
{
  JsonNode *node = parent ? json_object_get_member (parent, name) : NULL;

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                              : NULL;
}

/* NaN if there is no number. */
static double
number_of (JsonObject *parent, const char *name)
{
  JsonNode *node = parent ? json_object_get_member (parent, name) : NULL;

  return node && JSON_NODE_HOLDS_VALUE (node)
          && json_node_get_value_type (node) != G_TYPE_STRING
      ? json_node_get_double (node)
      : NAN;
}

/* A cell; of several runs with the deviation. */
static void
append_figure (
    GString *out, JsonObject *parent, const char *name, gboolean is_share)
{
  JsonObject *const sample = object_of (parent, name);
  const double value =
      sample ? number_of (sample, "mean") : number_of (parent, name);
  const double deviation = sample ? number_of (sample, "deviation") : NAN;
  const double scale = is_share ? 100 : 1;
  const int decimals = is_share ? 1 : 3;

  g_string_append (out, "<td class=\"number\">");
  if (!isfinite (value))
    g_string_append (out, "&ndash;");
  else
    g_string_append_printf (out, "%.*f", decimals, scale * value);
  if (isfinite (deviation))
    g_string_append_printf (
        out, "&nbsp;&plusmn;&nbsp;%.*f", decimals, scale * deviation);
  if (isfinite (value) && is_share)
    g_string_append (out, "&nbsp;%");
  g_string_append (out, "</td>");
}

static void
append_decimal (GString *out, int decimals, double value)
{
  if (isfinite (value))
    g_string_append_printf (
        out, "<td class=\"number\">%.*f</td>", decimals, value);
  else
    g_string_append (out, "<td class=\"number\">&ndash;</td>");
}

static void
append_count (GString *out, double value)
{
  append_decimal (out, 0, value);
}

static void
append_row_head (GString *out, const char *text)
{
  g_string_append (out, "<tr><th scope=\"row\">");
  gst_emotion_page_name (out, text);
  g_string_append (out, "</th>");
}

/* Ends with the row of heads; titles: NULL-terminated, HTML. */
static void
begin_table (GString *out, const char *caption, const char *const *titles)
{
  g_string_append_printf (out,
      "<div class=\"wide\">\n<table>\n<caption>%s</caption>\n<thead><tr>",
      caption);
  for (gsize i = 0; titles[i]; i++)
    g_string_append_printf (out, "<th scope=\"col\"%s>%s</th>",
        i > 0 ? " class=\"number\"" : "", titles[i]);
  g_string_append (out, "</tr></thead>\n<tbody>\n");
}

static void
end_table (GString *out)
{
  g_string_append (out, "</tbody>\n</table>\n</div>\n");
}

/* Figures */

/* Whether one of the members has a figure. */
static gboolean
have_figure (JsonObject *members, GList *names, const char *figure)
{
  for (; names; names = names->next) {
    JsonObject *const object = object_of (members, names->data);

    if (object && json_object_has_member (object, figure))
      return TRUE;
  }
  return FALSE;
}

/* A row for each member that is an object; nothing if none is. */
static void
append_figure_table (GString *out, const char *caption, JsonObject *members)
{
  const char *titles[G_N_ELEMENTS (figures) + 3] = { "", "Windows" };
  g_autoptr (GList) names = members ? json_object_get_members (members) : NULL;
  guint n = 2;

  if (!names)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (figures); i++)
    if (have_figure (members, names, figures[i].name))
      titles[n++] = figures[i].title;
  begin_table (out, caption, titles);
  for (GList *name = names; name; name = name->next) {
    JsonObject *const object = object_of (members, name->data);

    if (!object)
      continue;
    append_row_head (out, name->data);
    append_count (out,
        number_of (object,
            json_object_has_member (object, "count") ? "count" : "windows"));
    for (gsize i = 0; i < G_N_ELEMENTS (figures); i++)
      if (have_figure (members, names, figures[i].name))
        append_figure (out, object, figures[i].name, figures[i].is_share);
    g_string_append (out, "</tr>\n");
  }
  end_table (out);
}

static gint64
count_at (JsonArray *rows, guint row, guint column)
{
  return json_array_get_int_element (
      json_array_get_array_element (rows, row), column);
}

/* How many windows are of a class. */
static gint64
row_sum (JsonArray *rows, guint row)
{
  gint64 sum = 0;

  for (guint k = 0; k < json_array_get_length (rows); k++)
    sum += count_at (rows, row, k);
  return sum;
}

/* Whether a class is one of some windows, or was taken for one. */
static gboolean
is_in (JsonArray *rows, guint class)
{
  gint64 sum = row_sum (rows, class);

  for (guint k = 0; k < json_array_get_length (rows); k++)
    sum += count_at (rows, k, class);
  return sum > 0;
}

/* True classes down, predictions across; the shade is the share of the row. */
static void
append_confusion (GString *out, JsonObject *metrics, JsonArray *labels)
{
  JsonArray *const rows = array_of (metrics, "confusion");
  const guint n = rows ? json_array_get_length (rows) : 0;

  if (n == 0 || n > json_array_get_length (labels))
    return;
  g_string_append (out,
      "<div class=\"wide\">\n<table class=\"matrix\">\n<caption>What the "
      "windows of each class (rows) were taken for (columns)</caption>\n"
      "<thead><tr><td></td>");
  for (guint k = 0; k < n; k++)
    if (is_in (rows, k)) {
      g_string_append (out, "<th scope=\"col\">");
      gst_emotion_page_name (out, json_array_get_string_element (labels, k));
      g_string_append (out, "</th>");
    }
  g_string_append (out, "</tr></thead>\n<tbody>\n");
  for (guint i = 0; i < n; i++) {
    const gint64 sum = row_sum (rows, i);

    if (sum == 0)
      continue;
    append_row_head (out, json_array_get_string_element (labels, i));
    for (guint k = 0; k < n; k++)
      if (is_in (rows, k))
        g_string_append_printf (out,
            "<td style=\"background:rgb(0 114 178 / %.2f)\">%" G_GINT64_FORMAT
            "</td>",
            0.55 * (double) count_at (rows, i, k) / (double) sum,
            count_at (rows, i, k));
    g_string_append (out, "</tr>\n");
  }
  end_table (out);
}

static void
append_classes (GString *out, JsonObject *metrics)
{
  static const char *const titles[] = { "Class", "Windows", "Recall",
    "Precision", "F1", NULL };
  JsonObject *const classes = object_of (metrics, "classes");
  g_autoptr (GList) names = classes ? json_object_get_members (classes) : NULL;

  if (!names)
    return;
  begin_table (out, "Each class", titles);
  for (GList *name = names; name; name = name->next) {
    JsonObject *const class = object_of (classes, name->data);

    if (!(number_of (class, "support") > 0))
      continue;
    append_row_head (out, name->data);
    append_count (out, number_of (class, "support"));
    append_figure (out, class, "recall", TRUE);
    append_figure (out, class, "precision", TRUE);
    append_figure (out, class, "f1", FALSE);
    g_string_append (out, "</tr>\n");
  }
  end_table (out);
}

static void
append_metrics (GString *out, JsonObject *root)
{
  JsonObject *const metrics = object_of (root, "metrics");
  g_autoptr (GList) names = metrics ? json_object_get_members (metrics) : NULL;

  if (!names)
    return;
  append_figure_table (
      out, "By subset: unweighted average recall (UAR) and others", metrics);
  append_figure_table (
      out, "The test by data set", object_of (root, "data_sets"));
  for (GList *name = names; name; name = name->next) {
    JsonObject *const one = object_of (metrics, name->data);

    g_string_append (out, "<section>\n<h2>Subset: ");
    gst_emotion_page_name (out, name->data);
    g_string_append (out, "</h2>\n");
    append_confusion (out, one, array_of (root, "labels"));
    append_classes (out, one);
    g_string_append (out, "</section>\n");
  }
}

/* Experiments: models x folds x seeds */

static void
append_models (GString *out, JsonObject *root)
{
  JsonArray *const models = array_of (root, "models");

  for (guint i = 0; models && i < json_array_get_length (models); i++) {
    JsonObject *const model = json_array_get_object_element (models, i);

    g_string_append (out, "<section>\n<h2>Model: ");
    gst_emotion_page_name (
        out, json_object_get_string_member_with_default (model, "model", "?"));
    g_string_append (out, "</h2>\n");
    append_figure_table (
        out, "By fold, over the seeds", object_of (model, "folds"));
    append_figure_table (out, "By data set, of all folds together",
        object_of (model, "data_sets"));
    append_confusion (
        out, object_of (model, "pooled"), array_of (root, "labels"));
    append_classes (out, model);
    g_string_append (out, "</section>\n");
  }
}

/* Curves */

static double *
column_of (JsonArray *history, const char *name)
{
  const guint n = json_array_get_length (history);
  double *values = g_new (double, n + 1);

  for (guint i = 0; i < n; i++)
    values[i] = number_of (json_array_get_object_element (history, i), name);
  return values;
}

static void
append_history (GString *out, JsonObject *root)
{
  static const char *const titles[] = { "Epoch", "Loss", "Validation loss",
    "Accuracy", "Validation accuracy", "Learning rate", NULL };
  JsonArray *const history = array_of (root, "history");
  const guint n = history ? json_array_get_length (history) : 0;
  const double best = number_of (object_of (root, "training"), "best_epoch");
  g_autofree double *loss = NULL, *val_loss = NULL;
  g_autofree double *accuracy = NULL, *val_accuracy = NULL, *rate = NULL;

  if (n == 0)
    return;
  loss = column_of (history, "loss");
  val_loss = column_of (history, "val_loss");
  accuracy = column_of (history, "accuracy");
  val_accuracy = column_of (history, "val_accuracy");
  rate = column_of (history, "learning_rate");
  g_string_append (
      out, "<section>\n<h2>Epochs</h2>\n<div class=\"figures\">\n");
  train_report_curves (out,
      &(TrainCurves){ "Loss", loss, val_loss, n, best > 0 ? (gsize) best : 0 });
  train_report_curves (out,
      &(TrainCurves){
          "Accuracy", accuracy, val_accuracy, n, best > 0 ? (gsize) best : 0 });
  g_string_append (
      out, "</div>\n<details>\n<summary>The numbers of each epoch</summary>\n");
  begin_table (out, "", titles);
  for (guint i = 0; i < n; i++) {
    g_string_append_printf (out, "<tr><th scope=\"row\">%u</th>", i + 1);
    append_decimal (out, 4, loss[i]);
    append_decimal (out, 4, val_loss[i]);
    append_decimal (out, 3, accuracy[i]);
    append_decimal (out, 3, val_accuracy[i]);
    append_decimal (out, 6, rate[i]);
    g_string_append (out, "</tr>\n");
  }
  end_table (out);
  g_string_append (out, "</details>\n</section>\n");
}

/* What it was made of, and how */

static void
append_list (GString *out, const char *title, JsonArray *strings)
{
  const guint n = strings ? json_array_get_length (strings) : 0;

  if (n == 0)
    return;
  g_string_append_printf (out, "<p>%s: ", title);
  for (guint i = 0; i < n; i++) {
    g_string_append (out, i > 0 ? ", " : "");
    gst_emotion_page_name (out, json_array_get_string_element (strings, i));
  }
  g_string_append (out, "</p>\n");
}

/* Whether there are sounds of a class. */
static gboolean
occurs (JsonObject *data, const char *label)
{
  for (gsize i = 0; i < G_N_ELEMENTS (subsets); i++)
    if (number_of (object_of (data, subsets[i].name), label) > 0)
      return TRUE;
  return FALSE;
}

static void
append_data (GString *out, JsonObject *root)
{
  JsonObject *const data = object_of (root, "data");
  JsonObject *const speakers = object_of (data, "speakers");
  JsonArray *const labels = array_of (root, "labels");
  const char *titles[G_N_ELEMENTS (subsets) + 2] = { "Sounds" };

  if (!data)
    return;
  g_string_append (out, "<section>\n<h2>Data</h2>\n");
  append_list (out, "Sources", array_of (data, "sources"));
  if (object_of (data, subsets[0].name)) {
    for (gsize i = 0; i < G_N_ELEMENTS (subsets); i++)
      titles[i + 1] = subsets[i].title;
    begin_table (out, "Sounds of each class, by subset", titles);
    append_row_head (out, "all");
    for (gsize i = 0; i < G_N_ELEMENTS (subsets); i++)
      append_count (
          out, number_of (object_of (data, subsets[i].name), "sounds"));
    g_string_append (out, "</tr>\n");
    for (guint k = 0; k < json_array_get_length (labels); k++) {
      const char *const label = json_array_get_string_element (labels, k);

      if (!occurs (data, label))
        continue;
      append_row_head (out, label);
      for (gsize i = 0; i < G_N_ELEMENTS (subsets); i++)
        append_count (
            out, number_of (object_of (data, subsets[i].name), label));
      g_string_append (out, "</tr>\n");
    }
    end_table (out);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (subsets); i++) {
    g_autofree char *title = g_strdup_printf ("Speakers, %s", subsets[i].title);

    append_list (out, title, array_of (speakers, subsets[i].name));
  }
  append_list (out, "Not readable", array_of (root, "unreadable"));
  g_string_append (out, "</section>\n");
}

/* A value as text. Free with g_free. */
static char *
text_of (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE (node))
    return json_to_string (node, FALSE);
  if (json_node_get_value_type (node) == G_TYPE_DOUBLE)
    return g_strdup_printf ("%.7g", json_node_get_double (node));
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  return json_to_string (node, FALSE);
}

/* Names and values of an object; nothing if there is none. */
static void
append_values (GString *out, const char *title, JsonObject *values)
{
  static const char *const titles[] = { "Name", "Value", NULL };
  g_autoptr (GList) names = values ? json_object_get_members (values) : NULL;

  if (!names)
    return;
  g_string_append_printf (
      out, "<details open>\n<summary><strong>%s</strong></summary>\n", title);
  begin_table (out, "", titles);
  for (GList *name = names; name; name = name->next) {
    g_autofree char *text =
        text_of (json_object_get_member (values, name->data));

    append_row_head (out, name->data);
    g_string_append (out, "<td class=\"number\">");
    gst_emotion_page_name (out, text);
    g_string_append (out, "</td></tr>\n");
  }
  end_table (out);
  g_string_append (out, "</details>\n");
}

static void
append_head (GString *out, JsonObject *root, const char *title)
{
  const double n_weights = number_of (root, "weights");
  const double seconds = number_of (root, "seconds");

  g_string_append (out, "<header>\n<h1>");
  gst_emotion_page_name (out, title);
  g_string_append (out, "</h1>\n<p class=\"lead\">");
  if (n_weights > 0)
    g_string_append_printf (
        out, "%.0f weights, trained in %.0f s. ", n_weights, seconds);
  g_string_append (out,
      "All numbers of this page: <a href=\"report.json\">report.json</a>"
      "</p>\n</header>\n<main>\n");
}

static char *
title_of (JsonObject *root)
{
  const char *const model =
      json_object_get_string_member_with_default (root, "model", NULL);

  if (!model)
    return g_strdup ("An experiment");
  return g_strdup_printf ("%s of %s",
      object_of (root, "training") ? "Training" : "Evaluation", model);
}

char *
train_report_page (const char *json)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *title = NULL;
  GString *out = g_string_new (NULL);
  JsonObject *root;

  if (!json_parser_load_from_data (parser, json, -1, NULL))
    g_return_val_if_reached (g_string_free (out, FALSE));
  root = json_node_get_object (json_parser_get_root (parser));
  title = title_of (root);
  gst_emotion_page_begin (out, GST_EMOTION_PAGE_PLAIN, title);
  append_head (out, root, title);
  if (array_of (root, "models"))
    append_models (out, root);
  else
    append_metrics (out, root);
  append_history (out, root);
  append_data (out, root);
  g_string_append (
      out, "<section>\n<h2>Settings</h2>\n<div class=\"figures\">\n");
  append_values (out, "Options that made it",
      object_of (object_of (root, "training"), "options"));
  append_values (out, "Features", object_of (root, "recipe"));
  g_string_append (out, "</div>\n</section>\n");
  g_string_append (out, "</main>\n");
  gst_emotion_page_end (out, GST_EMOTION_PAGE_PLAIN);
  return g_string_free (out, FALSE);
}
