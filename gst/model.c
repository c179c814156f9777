/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model.h"

#include "gst/model-metadata.h"
#include "nn/error.h"
#include "nn/model.h"

struct _GstEmotionModel {
  gint ref_count; /* atomic */
  char *name;
  NnModel *network;
  DspRecipe recipe;
  GstEmotionLabels *labels; /* of the file; may be NULL */
  GstEmotionModelFunc on_free;
  gpointer on_free_data;

  GMutex lock;        /* guards what follows */
  GCond came_back;    /* a session is idle again */
  GPtrArray *idle;    /* NnSession */
  guint n_sessions;   /* idle or not */
  guint max_sessions; /* at least 1 */
};

/* The features as the network's input has to be: [bands][frames], with or
 * without an axis of one channel; or all in a row. */
static gboolean
input_fits (const NnShape *in, const DspRecipe *recipe)
{
  if (in->rank == 1)
    return in->dim[0]
        == dsp_recipe_n_bands (recipe) * dsp_recipe_n_columns (recipe);
  return (in->rank == 2 || (in->rank == 3 && in->dim[2] == 1))
      && in->dim[0] == dsp_recipe_n_bands (recipe)
      && in->dim[1] == dsp_recipe_n_columns (recipe);
}

static gboolean
check_shapes (const GstEmotionModel *self, GError **error)
{
  const size_t n_in = nn_model_n_inputs (self->network);
  const size_t n_out = nn_model_n_outputs (self->network);

  if (n_in != 1 || n_out != 1) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: %zu inputs and %zu outputs; a model of emotions has one of each",
        self->name, n_in, n_out);
    return FALSE;
  }

  const NnShape *in = nn_model_input_shape (self->network, 0);
  const NnShape *out = nn_model_output_shape (self->network, 0);
  g_autofree char *in_text = nn_shape_to_string (in);
  g_autofree char *out_text = nn_shape_to_string (out);

  if (!input_fits (in, &self->recipe)) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: input is %s; the features are (%zu, %zu, 1), or as many in a row",
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

/* Most files say all shapes. One that leaves the number of frames open gets
 * those of the default window. */
static NnModel *
load_network (const char *path, GError **error)
{
  g_autoptr (GError) first = NULL;
  NnModel *network = nn_model_load (path, NULL, 0, &first);

  if (!network && g_error_matches (first, NN_ERROR, NN_ERROR_SHAPE)) {
    const DspRecipe recipe = DSP_RECIPE_DEFAULT;
    const NnShape shape = { .rank = 3,
      .dim = {
          dsp_recipe_n_bands (&recipe), dsp_recipe_n_columns (&recipe), 1 } };

    network = nn_model_load (path, &shape, 1, NULL);
  }
  if (!network)
    g_propagate_error (error, g_steal_pointer (&first));
  return network;
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

GstEmotionModel *
gst_emotion_model_load (const char *path, GError **error)
{
  g_autoptr (GstEmotionModel) self = g_new0 (GstEmotionModel, 1);
  NnSession *session;

  g_atomic_int_set (&self->ref_count, 1);
  g_mutex_init (&self->lock);
  g_cond_init (&self->came_back);
  self->name = g_path_get_basename (path);
  self->recipe = DSP_RECIPE_DEFAULT;
  self->idle =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nn_session_free);
  self->network = load_network (path, error);
  if (!self->network || !read_metadata (self, error)
      || !check_shapes (self, error))
    return NULL;
  /* One session for sure, so that running never fails. */
  session = nn_session_new (self->network, 1, error);
  if (!session)
    return NULL;
  g_ptr_array_add (self->idle, session);
  self->n_sessions = 1;
  self->max_sessions = MAX (1, g_get_num_processors ());
  return g_steal_pointer (&self);
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

/* An idle session, or a new one, or the first that comes back. */
static NnSession *
take_session (GstEmotionModel *self)
{
  NnSession *session = NULL;

  g_mutex_lock (&self->lock);
  while (!session) {
    if (self->idle->len > 0)
      session = g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1);
    else if (self->n_sessions < self->max_sessions) {
      session = nn_session_new (self->network, 1, NULL);
      if (session)
        self->n_sessions++;
      else
        self->max_sessions = self->n_sessions;
    } else
      g_cond_wait (&self->came_back, &self->lock);
  }
  g_mutex_unlock (&self->lock);
  return session;
}

static void
give_session_back (GstEmotionModel *self, NnSession *session)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->idle, session);
  g_cond_signal (&self->came_back);
  g_mutex_unlock (&self->lock);
}

void
gst_emotion_model_run (
    GstEmotionModel *self, const float *features, float *probabilities)
{
  NnSession *session = take_session (self);
  const float *in[] = { features };
  float *out[] = { probabilities };

  nn_session_run (session, 1, in, out);
  give_session_back (self, session);
}
