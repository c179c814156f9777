/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/model.h"

#include "gst/model/model-metadata.h"
#include "nn/error.h"
#include "nn/model.h"

struct _GstEmotionModel {
  gint ref_count; /* atomic */
  char *name;
  NnModel *network;
  DspRecipe recipe;
  gboolean wants_frames_first; /* the features turned: [frames][bands] */
  GstEmotionLabels *labels;    /* of the file; may be NULL */
  GstEmotionModelFunc on_free;
  gpointer on_free_data;

  GMutex lock;       /* guards what follows */
  GCond came_back;   /* a session is idle again */
  GPtrArray *idle;   /* Runner */
  guint n_runners;   /* idle or not */
  guint max_runners; /* at least 1 */
};

/* What one thread needs to run the network. */
typedef struct {
  NnSession *session;
  float *turned; /* [n_features], the input of a network that wants it so */
} Runner;

static void
runner_free (Runner *runner)
{
  nn_session_free (runner->session);
  g_free (runner->turned);
  g_free (runner);
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
  if (self->wants_frames_first)
    runner->turned = g_new (float, gst_emotion_model_n_features (self));
  return runner;
}

/* The features as the network's input has to be: [bands][frames] or
 * [frames][bands], with or without an axis of one channel; or all in a row. */
static gboolean
input_fits (
    const NnShape *in, const DspRecipe *recipe, gboolean *wants_frames_first)
{
  const size_t n_bands = dsp_recipe_n_bands (recipe);
  const size_t n_columns = dsp_recipe_n_columns (recipe);

  *wants_frames_first = FALSE;
  if (in->rank == 1 || (in->rank == 2 && in->dim[1] == 1 && n_columns > 1))
    return in->dim[0] == n_bands * n_columns;
  if (in->rank != 2 && (in->rank != 3 || in->dim[2] != 1))
    return FALSE;
  if (in->dim[0] == n_bands && in->dim[1] == n_columns)
    return TRUE;
  *wants_frames_first = in->dim[0] == n_columns && in->dim[1] == n_bands;
  return *wants_frames_first;
}

static gboolean
check_shapes (GstEmotionModel *self, GError **error)
{
  const size_t n_in = nn_model_n_inputs (self->network);
  const size_t n_out = nn_model_n_outputs (self->network);

  if (n_in != 1 || n_out != 1) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: %zu inputs and %zu outputs; an emotion model has one of each",
        self->name, n_in, n_out);
    return FALSE;
  }

  const NnShape *in = nn_model_input_shape (self->network, 0);
  const NnShape *out = nn_model_output_shape (self->network, 0);
  g_autofree char *in_text = nn_shape_to_string (in);
  g_autofree char *out_text = nn_shape_to_string (out);

  if (!input_fits (in, &self->recipe, &self->wants_frames_first)) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: input is %s; the features are (%zu bands, %zu frames), either "
        "way round, with or without a last axis of 1, or flattened; if the "
        "model was trained on other features, describe them in the property "
        "“recipe”",
        self->name, in_text, dsp_recipe_n_bands (&self->recipe),
        dsp_recipe_n_columns (&self->recipe));
    return FALSE;
  }
  if (out->rank != 1 || out->dim[0] > GST_EMOTION_MAX_LABELS) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: output is %s; expected one axis of up to %d labels", self->name,
        out_text, GST_EMOTION_MAX_LABELS);
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

/* Most files say all shapes. One that leaves the number of frames open gets
 * those of the window that usual describes; one that leaves the bands open, its
 * bands. */
static NnModel *
load_network (const NnModelFile *file, const DspRecipe *usual, GError **error)
{
  const size_t bands = dsp_recipe_n_bands (usual);
  const size_t frames = dsp_recipe_n_columns (usual);
  const size_t any = NN_DIM_UNKNOWN; /* as the file says */
  const NnShape shapes[] = {
    { .rank = 3, .dim = { any, frames, 1 } },
    { .rank = 3, .dim = { frames, any, 1 } },
    { .rank = 3, .dim = { bands, frames, 1 } },
    { .rank = 2, .dim = { frames, any } },
    { .rank = 2, .dim = { any, frames } },
    { .rank = 2, .dim = { frames, bands } },
  };

  return nn_model_file_load_fitting (
      file, shapes, G_N_ELEMENTS (shapes), error);
}

static gboolean
read_metadata (GstEmotionModel *self, GError **error)
{
  const char *const text = nn_model_metadata (self->network);

  if (nn_model_n_inputs (self->network) == 1)
    self->recipe =
        gst_emotion_recipe_for_input (nn_model_input_shape (self->network, 0));
  return text == NULL
      || gst_emotion_metadata_read (
          self->name, text, &self->recipe, &self->labels, error);
}

static void
model_free (GstEmotionModel *self)
{
  g_clear_pointer (&self->idle, g_ptr_array_unref);
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
  g_autoptr (GstEmotionModel) self = g_new0 (GstEmotionModel, 1);
  Runner *runner;

  if (!options)
    options = &as_it_is;

  g_atomic_int_set (&self->ref_count, 1);
  g_mutex_init (&self->lock);
  g_cond_init (&self->came_back);
  self->name = g_path_get_basename (name);
  self->recipe = DSP_RECIPE_DEFAULT;
  self->idle = g_ptr_array_new_with_free_func ((GDestroyNotify) runner_free);
  if (!change_recipe (self->name, options, &self->recipe, error))
    return NULL;
  self->network = load_network (file, &self->recipe, error);
  if (!self->network || !read_metadata (self, error)
      || !change_recipe (self->name, options, &self->recipe, error)
      || !check_shapes (self, error))
    return NULL;
  if (options->quantize)
    nn_model_quantise (self->network);
  /* One for sure, so that running never fails. */
  runner = runner_new (self, error);
  if (!runner)
    return NULL;
  g_ptr_array_add (self->idle, runner);
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
  return nn_model_output_shape (self->network, 0)->dim[0];
}

GstEmotionLabels *
gst_emotion_model_labels (
    const GstEmotionModel *self, const char *text, GError **error)
{
  const guint n = gst_emotion_model_n_outputs (self);
  g_autoptr (GstEmotionLabels) labels = NULL;

  if (text) {
    labels = gst_emotion_labels_parse (text, error);
    if (!labels)
      return NULL;
  } else
    labels = self->labels ? gst_emotion_labels_ref (self->labels)
                          : gst_emotion_labels_new_default ();
  if (gst_emotion_labels_count (labels) == n)
    return g_steal_pointer (&labels);
  if (text || self->labels)
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "%s: the model has %u outputs; %s %u labels", self->name, n,
        text ? "the property “labels” names" : "the file names",
        gst_emotion_labels_count (labels));
  else
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "%s: the model has %u outputs and the file does not name them; set "
        "the property “labels”",
        self->name, n);
  return NULL;
}

/* An idle one, or a new one, or the first that comes back. */
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
  g_cond_signal (&self->came_back);
  g_mutex_unlock (&self->lock);
}

/* features [bands][frames] -> turned [frames][bands] */
static void
turn (const DspRecipe *recipe, const float *features, float *turned)
{
  const size_t n_bands = dsp_recipe_n_bands (recipe);
  const size_t n_columns = dsp_recipe_n_columns (recipe);

  for (size_t b = 0; b < n_bands; b++)
    for (size_t t = 0; t < n_columns; t++)
      turned[t * n_bands + b] = features[b * n_columns + t];
}

void
gst_emotion_model_run (
    GstEmotionModel *self, const float *features, float *probabilities)
{
  Runner *runner = take_runner (self);
  const float *in[] = { features };
  float *out[] = { probabilities };

  if (runner->turned) {
    turn (&self->recipe, features, runner->turned);
    in[0] = runner->turned;
  }
  nn_session_run (runner->session, 1, in, out);
  give_back (self, runner);
}
