/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/model.h"

#include <string.h>

#include "dsp/features.h"
#include "gst/model/arrangement.h"
#include "gst/model/model-metadata.h"
#include "gst/model/output.h"
#include "gst/model/recipe-guess.h"
#include "gst/model/wording.h"
#include "nn/error.h"
#include "nn/model.h"

struct _GstEmotionModel {
  gint ref_count; /* atomic */
  char *name;
  NnModel *network;
  DspRecipe recipe;
  GstEmotionArrangement arrangement;
  GstEmotionOutput output;
  gboolean is_guess; /* the recipe: its features in training are unknown */
  GstEmotionLabels *labels; /* of the file; may be NULL */
  GstEmotionModelFunc on_free;
  gpointer on_free_data;

  GMutex lock;              /* guards what follows */
  GCond came_back;          /* a session or features have become idle */
  GPtrArray *idle;          /* Runner */
  guint n_runners;          /* idle or not */
  guint max_runners;        /* at least 1 */
  GPtrArray *idle_features; /* DspFeatures; as many as are used at once */
};

/* A thread's resources for inference. */
typedef struct {
  NnSession *session;
  float *turned; /* [n_features], the input in another layout */
  float *out;    /* [outputs] */
} Runner;

static void
runner_free (Runner *runner)
{
  nn_session_free (runner->session);
  g_free (runner->turned);
  g_free (runner->out);
  g_free (runner);
}

static guint
n_network_outputs (const GstEmotionModel *self)
{
  return nn_model_output_shape (self->network, 0)->dim[0];
}

static Runner *
runner_new (GstEmotionModel *self, GError **error)
{
  NnSession *session = nn_session_new (self->network, 1, error);
  Runner *runner;

  if (!session)
    return NULL;
  runner = g_new0 (Runner, 1);
  runner->session = session;
  if (self->arrangement != GST_EMOTION_AS_THEY_ARE)
    runner->turned = g_new (float, gst_emotion_model_n_features (self));
  runner->out = g_new (float, n_network_outputs (self));
  return runner;
}

/* The only input as stated in the file; NULL if there is none, or several. */
static char *
describe_input (const NnModelFile *file)
{
  g_autofree NnShape *inputs = NULL;
  size_t n;

  return nn_model_file_inputs (file, &inputs, &n, NULL) && n == 1
      ? nn_shape_to_string (&inputs[0])
      : NULL;
}

/* Whether a file states nothing about its input. */
static gboolean
lacks_input (const NnModelFile *file)
{
  g_autofree NnShape *inputs = NULL;
  size_t n;

  return nn_model_file_inputs (file, &inputs, &n, NULL) && n == 0;
}

/* The error for a file that does not state its input, without a recipe. */
static void
fail_without_input (const char *name, const NnModelFile *file, GError **error)
{
  g_autofree char *options = gst_emotion_recipes_that_fit (file);

  g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
      "%s: the file does not give the shape of its input, and the features do "
      "not go with its weights; describe the features that it was trained on "
      "by %s%s%s",
      name, gst_emotion_wording (GST_EMOTION_SETTING_RECIPE),
      *options ? "; these would fit:" : "", options);
}

/* The hint for features that do not fit. */
static void
fail_input (const GstEmotionModel *self, const NnModelFile *file,
    const char *input, GError **error)
{
  g_autofree char *options = gst_emotion_recipes_that_fit (file);

  g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
      "%s: input is %s; the features are (%zu bands, %zu frames), either way "
      "round, with or without a last axis of 1, or flattened; describe the "
      "features that it was trained on by %s%s%s",
      self->name, input, dsp_recipe_n_bands (&self->recipe),
      dsp_recipe_n_columns (&self->recipe),
      gst_emotion_wording (GST_EMOTION_SETTING_RECIPE),
      *options ? "; these would fit:" : "", options);
}

static gboolean
check_input (GstEmotionModel *self, const NnModelFile *file, GError **error)
{
  const NnShape *const in = nn_model_input_shape (self->network, 0);

  if (!gst_emotion_arrangement_find (&self->recipe, in, &self->arrangement)) {
    g_autofree char *text = describe_input (file);
    g_autofree char *filled = nn_shape_to_string (in);

    fail_input (self, file, text ? text : filled, error);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_shapes (GstEmotionModel *self, const NnModelFile *file, GError **error)
{
  const size_t n_in = nn_model_n_inputs (self->network);
  const size_t n_out = nn_model_n_outputs (self->network);
  const NnShape *out;

  if (n_in != 1 || n_out != 1) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: %zu inputs and %zu outputs; an emotion model has one of each",
        self->name, n_in, n_out);
    return FALSE;
  }
  if (!check_input (self, file, error))
    return FALSE;
  out = nn_model_output_shape (self->network, 0);
  if (out->rank != 1 || out->dim[0] > GST_EMOTION_MAX_LABELS) {
    g_autofree char *text = nn_shape_to_string (out);

    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: output is %s; expected one axis of up to %d labels", self->name,
        text, GST_EMOTION_MAX_LABELS);
    return FALSE;
  }
  return TRUE;
}

static gboolean
change_recipe (const char *name, const GstEmotionModelOptions *options,
    DspRecipe *recipe, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (!options->recipe
      || (dsp_recipe_change (recipe, options->recipe, &failure)
          && dsp_recipe_check (recipe, &failure)))
    return TRUE;
  g_propagate_prefixed_error (
      error, g_steal_pointer (&failure), "%s: recipe: ", name);
  return FALSE;
}

/* The recipe of the file, or else a guess. */
static gboolean
read_metadata (GstEmotionModel *self, GError **error)
{
  const char *const text = nn_model_metadata (self->network);
  gboolean has_recipe = FALSE;

  if (nn_model_n_inputs (self->network) == 1)
    self->recipe =
        gst_emotion_recipe_for_input (nn_model_input_shape (self->network, 0));
  if (text
      && !gst_emotion_metadata_read (
          self->name, text, &self->recipe, &has_recipe, &self->labels, error))
    return FALSE;
  self->is_guess = !has_recipe;
  return TRUE;
}

/* Open axes were those of the usual recipe, but the file may have its own. */
static void
open_again (GstEmotionModel *self, const NnModelFile *file)
{
  GstEmotionArrangement arrangement;
  NnModel *network;

  if (nn_model_n_inputs (self->network) != 1 || self->is_guess
      || gst_emotion_arrangement_find (
          &self->recipe, nn_model_input_shape (self->network, 0), &arrangement))
    return;
  network = gst_emotion_load_network (file, &self->recipe, TRUE, NULL);
  if (!network)
    return;
  nn_model_unref (self->network);
  self->network = network;
}

static void
model_free (GstEmotionModel *self)
{
  g_clear_pointer (&self->idle, g_ptr_array_unref);
  g_clear_pointer (&self->idle_features, g_ptr_array_unref);
  g_clear_pointer (&self->network, nn_model_unref);
  g_clear_pointer (&self->labels, gst_emotion_labels_unref);
  g_clear_pointer (&self->name, g_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->came_back);
  g_free (self);
}

static GstEmotionModel *
load (const char *name, const NnModelFile *file,
    const GstEmotionModelOptions *options, GError **error)
{
  static const GstEmotionModelOptions as_it_is = { 0 };
  const DspRecipe usual = DSP_RECIPE_DEFAULT;
  g_autoptr (GstEmotionModel) self = g_new0 (GstEmotionModel, 1);
  g_autoptr (GError) failure = NULL;
  DspFeatures *features;
  Runner *runner;

  if (!options)
    options = &as_it_is;

  g_atomic_int_set (&self->ref_count, 1);
  g_mutex_init (&self->lock);
  g_cond_init (&self->came_back);
  self->name = g_path_get_basename (name);
  self->recipe = DSP_RECIPE_DEFAULT;
  self->idle = g_ptr_array_new_with_free_func ((GDestroyNotify) runner_free);
  self->idle_features =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dsp_features_free);
  if (!change_recipe (self->name, options, &self->recipe, error))
    return NULL;
  self->network = gst_emotion_load_network (
      file, &self->recipe, options->recipe != NULL, &failure);
  if (!self->network) {
    if (lacks_input (file))
      fail_without_input (self->name, file, error);
    else
      g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  if (!read_metadata (self, error)
      || !change_recipe (self->name, options, &self->recipe, error))
    return NULL;
  open_again (self, file);
  if (!check_shapes (self, file, error))
    return NULL;
  /* The default recipe is what files without one mean; its shape is its own. */
  self->is_guess = self->is_guess && !options->recipe
      && !dsp_recipe_equal (&self->recipe, &usual);
  if (options->quantize)
    nn_model_quantise (self->network);
  /* At least one, so that running never fails. */
  runner = runner_new (self, error);
  if (!runner)
    return NULL;
  g_ptr_array_add (self->idle, runner);
  if (!gst_emotion_output_find (
          self->name, self->network, runner->session, &self->output, error))
    return NULL;
  features = dsp_features_new (&self->recipe, error);
  if (!features)
    return NULL;
  g_ptr_array_add (self->idle_features, features);
  self->n_runners = 1;
  self->max_runners = MAX (1, g_get_num_processors ());
  return g_steal_pointer (&self);
}

GstEmotionModel *
gst_emotion_model_load (
    const char *path, const GstEmotionModelOptions *options, GError **error)
{
  g_autoptr (NnModelFile) file = nn_model_file_open (path, error);

  return file ? load (path, file, options, error) : NULL;
}

GstEmotionModel *
gst_emotion_model_load_bytes (const char *name, GBytes *bytes,
    const GstEmotionModelOptions *options, GError **error)
{
  g_autoptr (NnModelFile) file = nn_model_file_new (name, bytes);

  return load (name, file, options, error);
}

void
gst_emotion_model_on_free (
    GstEmotionModel *self, GstEmotionModelFunc func, gpointer user_data)
{
  self->on_free = func;
  self->on_free_data = user_data;
}

GstEmotionModel *
gst_emotion_model_ref (GstEmotionModel *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

gboolean
gst_emotion_model_try_ref (GstEmotionModel *self)
{
  for (;;) {
    const gint n = g_atomic_int_get (&self->ref_count);

    if (n == 0)
      return FALSE;
    if (g_atomic_int_compare_and_exchange (&self->ref_count, n, n + 1))
      return TRUE;
  }
}

void
gst_emotion_model_unref (GstEmotionModel *self)
{
  if (!self || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (self->on_free)
    self->on_free (self, self->on_free_data);
  model_free (self);
}

const char *
gst_emotion_model_name (const GstEmotionModel *self)
{
  return self->name;
}

const DspRecipe *
gst_emotion_model_recipe (const GstEmotionModel *self)
{
  return &self->recipe;
}

gsize
gst_emotion_model_n_features (const GstEmotionModel *self)
{
  return nn_shape_size (nn_model_input_shape (self->network, 0));
}

guint
gst_emotion_model_n_outputs (const GstEmotionModel *self)
{
  return gst_emotion_output_n_labels (self->output, n_network_outputs (self));
}

gboolean
gst_emotion_model_is_guess (const GstEmotionModel *self)
{
  return self->is_guess;
}

const NnModel *
gst_emotion_model_network (const GstEmotionModel *self)
{
  return self->network;
}

char *
gst_emotion_model_output (const GstEmotionModel *self)
{
  return gst_emotion_output_describe (self->output, n_network_outputs (self));
}

GstEmotionLabels *
gst_emotion_model_labels (
    const GstEmotionModel *self, const char *text, GError **error)
{
  static const char *const answers[] = { "no", "yes", NULL };
  const guint n = gst_emotion_model_n_outputs (self);
  g_autoptr (GstEmotionLabels) labels = NULL;

  if (text)
    labels = gst_emotion_labels_parse (text, error);
  else if (self->labels)
    labels = gst_emotion_labels_ref (self->labels);
  else if (self->output == GST_EMOTION_OUTPUT_SIGMOID)
    labels = gst_emotion_labels_new (answers, NULL);
  else
    labels = gst_emotion_labels_new_default ();
  if (!labels)
    return NULL;
  if (gst_emotion_labels_count (labels) == n)
    return g_steal_pointer (&labels);
  if (self->output == GST_EMOTION_OUTPUT_SIGMOID)
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "%s: the model has one sigmoid output, which takes two labels, for no "
        "and yes; %s names %u",
        self->name,
        text ? gst_emotion_wording (GST_EMOTION_SETTING_LABELS) : "the file",
        gst_emotion_labels_count (labels));
  else if (text || self->labels)
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "%s: the model has %u outputs; %s names %u labels", self->name, n,
        text ? gst_emotion_wording (GST_EMOTION_SETTING_LABELS) : "the file",
        gst_emotion_labels_count (labels));
  else
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "%s: the model has %u outputs and the file does not name them; set %s",
        self->name, n, gst_emotion_wording (GST_EMOTION_SETTING_LABELS));
  return NULL;
}

/* An idle one, or a new one, or the first to become idle. */
static Runner *
take_runner (GstEmotionModel *self)
{
  Runner *runner = NULL;

  g_mutex_lock (&self->lock);
  while (!runner) {
    if (self->idle->len > 0)
      runner = g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1);
    else if (self->n_runners < self->max_runners) {
      runner = runner_new (self, NULL);
      if (runner)
        self->n_runners++;
      else
        self->max_runners = self->n_runners;
    } else
      g_cond_wait (&self->came_back, &self->lock);
  }
  g_mutex_unlock (&self->lock);
  return runner;
}

static void
give_back (GstEmotionModel *self, Runner *runner)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->idle, runner);
  g_cond_broadcast (&self->came_back);
  g_mutex_unlock (&self->lock);
}

/* An idle one, or a new one, or else the first to become idle. A streaming
 * thread does not wait for a network. */
static DspFeatures *
take_features (GstEmotionModel *self)
{
  DspFeatures *features = NULL;

  g_mutex_lock (&self->lock);
  while (!features) {
    if (self->idle_features->len > 0)
      features = g_ptr_array_steal_index_fast (
          self->idle_features, self->idle_features->len - 1);
    else if (!(features = dsp_features_new (&self->recipe, NULL)))
      g_cond_wait (&self->came_back, &self->lock);
  }
  g_mutex_unlock (&self->lock);
  return features;
}

gboolean
gst_emotion_model_compute_features (GstEmotionModel *self, DspFrames *frames,
    guint64 position, const float *samples, gsize n, float *out)
{
  DspFeatures *const features = take_features (self);
  const gboolean has_contrast = frames
      ? dsp_features_compute_at (features, frames, position, samples, n, out)
      : dsp_features_compute (features, samples, n, out);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->idle_features, features);
  g_cond_broadcast (&self->came_back);
  g_mutex_unlock (&self->lock);
  return has_contrast;
}

void
gst_emotion_model_run (
    GstEmotionModel *self, const float *features, float *probabilities)
{
  Runner *runner = take_runner (self);
  const float *in[] = { features };
  float *out[] = { runner->out };

  if (runner->turned) {
    gst_emotion_arrange (
        self->arrangement, &self->recipe, features, runner->turned);
    in[0] = runner->turned;
  }
  nn_session_run (runner->session, 1, in, out);
  gst_emotion_output_apply (
      self->output, runner->out, n_network_outputs (self), probabilities);
  give_back (self, runner);
}
