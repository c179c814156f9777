/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans and results of tasks as text, to be kept and to be read back. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "nn/json-writer.h"
#include "gst/train/report-json.h"
#include "gst/train/trials.h"

#define KIND "emotion-train tasks"
#define MOST_TASKS 1000000
#define MOST_LABELS 1000

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error)
    *error =
        g_error_new_valist (G_FILE_ERROR, G_FILE_ERROR_INVAL, format, args);
  va_end (args);
  return FALSE;
}

static void
add_names (NnJson *json, const char *name, const GPtrArray *names)
{
  nn_json_begin_array (json, name);
  for (guint i = 0; i < names->len; i++)
    nn_json_add_string (json, NULL, g_ptr_array_index (names, i));
  nn_json_end_array (json);
}

char *
train_trials_write_plan (const TrainTrials *self)
{
  g_autoptr (NnJson) json = nn_json_new (FALSE);

  nn_json_begin_object (json, NULL);
  nn_json_add_string (json, "kind", KIND);
  add_names (json, "models", self->models);
  nn_json_add_int (json, "seeds", self->n_seeds);
  nn_json_add_int (json, "first_seed", self->first_seed);
  add_names (json, "folds", self->folds);
  nn_json_begin_array (json, "labels");
  for (guint c = 0; c < gst_emotion_labels_count (self->labels); c++)
    nn_json_add_string (json, NULL, gst_emotion_labels_get (self->labels, c));
  nn_json_end_array (json);
  nn_json_add_string (json, "options", self->options);
  nn_json_add_string (json, "sounds", self->sounds);
  nn_json_end_object (json);
  return g_strdup (nn_json_text (json));
}

char *
train_trials_write_task (const TrainTrials *self, const TrainTrial *trial)
{
  const gsize n_sums =
      nn_metrics_n_sums (gst_emotion_labels_count (self->labels));
  g_autofree double *sums = g_new (double, n_sums);
  g_autoptr (NnJson) json = nn_json_new (FALSE);

  nn_json_begin_object (json, NULL);
  nn_json_add_int (json, "task", trial->task);
  nn_json_add_int (json, "epochs", trial->n_epochs);
  nn_json_add_int (json, "best_epoch", trial->best_epoch);
  nn_json_add_int (json, "weights", trial->n_weights);
  nn_json_add_double (json, "seconds", trial->seconds);
  nn_json_begin_object (json, "data_sets");
  for (guint i = 0; i < trial->sets->len; i++) {
    const TrainSetResult *const set = g_ptr_array_index (trial->sets, i);

    nn_metrics_get_sums (set->metrics, sums);
    nn_json_begin_array (json, set->name);
    for (gsize k = 0; k < n_sums; k++)
      nn_json_add_double (json, NULL, sums[k]);
    nn_json_end_array (json);
  }
  nn_json_end_object (json);
  nn_json_begin_object (json, "figures");
  for (guint i = 0; i < trial->sets->len; i++) {
    const TrainSetResult *const set = g_ptr_array_index (trial->sets, i);

    if (set->figures.n_windows > 0)
      train_json_add_figures (json, set->name, &set->figures);
  }
  nn_json_end_object (json);
  nn_json_end_object (json);
  return g_strdup (nn_json_text (json));
}

/* ---- reading: files of others are not to be trusted ---- */

/* The object of a line, and a parser that owns it. */
static JsonObject *
parse_line (JsonParser *parser, const char *line)
{
  JsonNode *root;

  if (!json_parser_load_from_data (parser, line, -1, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root)
                                               : NULL;
}

static JsonNode *
value_of (JsonObject *object, const char *name)
{
  JsonNode *const node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node) ? node : NULL;
}

/* An integer within 0 .. most; FALSE if there is none. */
static gboolean
read_int (JsonObject *object, const char *name, gint64 most, gint64 *value)
{
  JsonNode *const node = value_of (object, name);

  if (!node || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return *value >= 0 && *value <= most;
}

static const char *
read_string (JsonObject *object, const char *name)
{
  JsonNode *const node = value_of (object, name);

  return node && json_node_get_value_type (node) == G_TYPE_STRING
      ? json_node_get_string (node)
      : NULL;
}

/* Strings, NULL at the end; NULL if it is not a list of strings. */
static const char **
read_names (JsonObject *object, const char *name, guint most)
{
  JsonNode *const node = json_object_get_member (object, name);
  JsonArray *const array =
      node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  const guint n = array ? json_array_get_length (array) : 0;
  g_autofree const char **names = g_new0 (const char *, n + 1);

  if (n == 0 || n > most)
    return NULL;
  for (guint i = 0; i < n; i++) {
    JsonNode *const item = json_array_get_element (array, i);

    if (!JSON_NODE_HOLDS_VALUE (item)
        || json_node_get_value_type (item) != G_TYPE_STRING)
      return NULL;
    names[i] = json_node_get_string (item);
  }
  return g_steal_pointer (&names);
}

static gboolean
read_sums (JsonNode *node, double *sums, gsize n)
{
  JsonArray *const array =
      JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (!array || json_array_get_length (array) != n)
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    JsonNode *const item = json_array_get_element (array, i);

    if (!JSON_NODE_HOLDS_VALUE (item))
      return FALSE;
    sums[i] = json_node_get_double (item);
    if (!(sums[i] >= 0 && sums[i] < 0x1p53))
      return FALSE;
  }
  return TRUE;
}

/* A number within 0 .. most; null is NaN, if that may be. */
static gboolean
read_double (JsonObject *object, const char *name, double most,
    gboolean may_be_null, double *value)
{
  JsonNode *const node = json_object_get_member (object, name);

  *value = NAN;
  if (node && JSON_NODE_HOLDS_NULL (node) && may_be_null)
    return TRUE;
  if (!node || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  *value = json_node_get_double (node);
  return *value >= 0 && *value <= most;
}

static JsonObject *
object_of (JsonObject *object, const char *name)
{
  JsonNode *const node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node)
                                               : NULL;
}

static gboolean
read_interval (JsonObject *object, const char *name, TrainInterval *interval)
{
  JsonObject *const inner = object_of (object, name);

  return inner && read_double (inner, "value", 1, FALSE, &interval->value)
      && read_double (inner, "low", 1, TRUE, &interval->low)
      && read_double (inner, "high", 1, TRUE, &interval->high);
}

static gboolean
read_array (JsonObject *object, const char *name, double *values, gsize n)
{
  JsonNode *const node = json_object_get_member (object, name);

  return node && read_sums (node, values, n);
}

static gboolean
read_figures (JsonObject *object, gsize n_classes, TrainFigures *figures)
{
  gint64 n_windows, n_speakers, n_occur;

  if (!read_int (object, "windows", G_MAXINT64, &n_windows)
      || !read_int (object, "speakers", G_MAXINT, &n_speakers)
      || !read_int (object, "n_classes", n_classes, &n_occur) || n_occur == 0
      || !read_interval (object, "uar", &figures->uar)
      || !read_interval (object, "restricted", &figures->restricted)
      || !read_double (
          object, "calibration_error", 1, FALSE, &figures->calibration_error))
    return FALSE;
  figures->n_windows = n_windows;
  figures->n_speakers = n_speakers;
  figures->n_classes = n_occur;
  return read_array (
             object, "answered_at", figures->answered_at, TRAIN_N_THRESHOLDS)
      && read_array (
          object, "accuracy_at", figures->accuracy_at, TRAIN_N_THRESHOLDS)
      && read_array (object, "cross_entropy_at", figures->cross_entropy_at,
          TRAIN_N_TEMPERATURES)
      && read_array (object, "calibration_error_at",
          figures->calibration_error_at, TRAIN_N_TEMPERATURES);
}

/* Parts that were written before there were figures have none. */
static gboolean
read_all_figures (JsonObject *object, TrainTrial *trial, gsize n_classes)
{
  JsonObject *const all = object_of (object, "figures");
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (!all)
    return TRUE;
  json_object_iter_init (&iter, all);
  while (json_object_iter_next (&iter, &name, &node))
    if (!JSON_NODE_HOLDS_OBJECT (node)
        || !read_figures (json_node_get_object (node), n_classes,
            &train_trial_set (trial, name, n_classes)->figures))
      return FALSE;
  return TRUE;
}

/* The counts fit each other. */
static gboolean
sums_are_sane (const double *sums, gsize n_classes)
{
  double n = 0;

  for (gsize i = 0; i < n_classes * n_classes; i++)
    n += sums[2 + 3 * NN_METRICS_BINS + i];
  return n == sums[0] && n > 0;
}

gboolean
train_trials_read_task (TrainTrials *self, const char *line, GError **error)
{
  const gsize n_classes = gst_emotion_labels_count (self->labels);
  const gsize n_sums = nn_metrics_n_sums (n_classes);
  g_autofree double *sums = g_new (double, n_sums);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (TrainTrial) trial = train_trial_new ();
  JsonObject *const object = parse_line (parser, line);
  JsonNode *sets;
  gint64 task, epochs, best_epoch, weights;

  if (!object || !read_int (object, "task", self->n_tasks - 1, &task)
      || !read_int (object, "epochs", G_MAXINT, &epochs)
      || !read_int (object, "best_epoch", epochs, &best_epoch)
      || !read_int (object, "weights", G_MAXINT64, &weights)
      || !(sets = json_object_get_member (object, "data_sets"))
      || !JSON_NODE_HOLDS_OBJECT (sets))
    return fail (error, "not the result of a run");
  trial->task = task;
  trial->n_epochs = epochs;
  trial->best_epoch = best_epoch;
  trial->n_weights = weights;
  if (value_of (object, "seconds"))
    trial->seconds = json_node_get_double (value_of (object, "seconds"));

  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, json_node_get_object (sets));
  while (json_object_iter_next (&iter, &name, &node)) {
    if (!read_sums (node, sums, n_sums) || !sums_are_sane (sums, n_classes))
      return fail (error, "the figures of “%s” are damaged", name);
    nn_metrics_add_sums (
        train_trial_set (trial, name, n_classes)->metrics, sums);
  }
  if (!trial->sets || !read_all_figures (object, trial, n_classes))
    return fail (error, "not the result of a run");
  train_trial_free (self->results[task]);
  self->results[task] = g_steal_pointer (&trial);
  return TRUE;
}

/* NULL if anything is missing or out of bounds. */
static TrainTrials *
plan_of (JsonObject *object)
{
  g_autofree const char **models = read_names (object, "models", MOST_TASKS);
  g_autofree const char **folds = read_names (object, "folds", MOST_TASKS);
  g_autofree const char **names = read_names (object, "labels", MOST_LABELS);
  g_autoptr (GstEmotionLabels) labels =
      names ? gst_emotion_labels_new (names, NULL) : NULL;
  TrainTrialPlan plan = { .models = models,
    .folds = folds,
    .labels = labels,
    .options = read_string (object, "options"),
    .sounds = read_string (object, "sounds") };
  gint64 n_seeds, first_seed;

  if (!models || !folds || !labels || !plan.options || !plan.sounds
      || !read_int (object, "seeds", MOST_TASKS, &n_seeds) || n_seeds == 0
      || !read_int (object, "first_seed", G_MAXINT, &first_seed)
      || (double) g_strv_length ((char **) models) * n_seeds
              * g_strv_length ((char **) folds)
          > MOST_TASKS)
    return NULL;
  plan.n_seeds = n_seeds;
  plan.first_seed = first_seed;
  return train_trials_new (&plan);
}

TrainTrials *
train_trials_read_plan (const char *text, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *const object = parse_line (parser, text);
  TrainTrials *self = NULL;

  if (object && g_strcmp0 (read_string (object, "kind"), KIND) == 0)
    self = plan_of (object);
  if (!self)
    fail (error, "not an experiment of emotion-train");
  return self;
}
