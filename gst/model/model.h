/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network together with what it needs to be used: the recipe of its features,
 * the names of its outputs, and sessions to run it in. Shared by all elements
 * that use the same file; so are the sessions, because the memory of one is
 * large and an element uses it for a few milliseconds per interval. */
#pragma once

#include <gst/gst.h>
#include "dsp/frames.h"
#include "gst/model/labels.h"
#include "nn/model.h"

typedef struct _GstEmotionModel GstEmotionModel;

/* Options of loading a file. */
typedef struct {
  gboolean quantize; /* see nn_model_quantise */
  const char
      *recipe; /* changes of its recipe, for dsp_recipe_change; or NULL */
} GstEmotionModelOptions;

/* Reads a model file. options: NULL for none. NULL and an error (NN_ERROR,
 * DSP_ERROR or GST_LIBRARY_ERROR) that names the file. Elements use the cache
 * instead. */
GstEmotionModel *gst_emotion_model_load (
    const char *path, const GstEmotionModelOptions *options, GError **error);

/* The same from memory; name replaces the path. */
GstEmotionModel *gst_emotion_model_load_bytes (const char *name, GBytes *bytes,
    const GstEmotionModelOptions *options, GError **error);

/* Called once, by the thread that drops the last reference, before the memory
 * is freed. */
typedef void (*GstEmotionModelFunc) (GstEmotionModel *self, gpointer user_data);
void gst_emotion_model_on_free (
    GstEmotionModel *self, GstEmotionModelFunc func, gpointer user_data);

GstEmotionModel *gst_emotion_model_ref (GstEmotionModel *self);
/* False if the last reference has just gone. */
gboolean gst_emotion_model_try_ref (GstEmotionModel *self);
void gst_emotion_model_unref (GstEmotionModel *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionModel, gst_emotion_model_unref)

/* The name for users: the file's name without folders; a built-in's nick. */
const char *gst_emotion_model_name (const GstEmotionModel *self);
const DspRecipe *gst_emotion_model_recipe (const GstEmotionModel *self);
gsize gst_emotion_model_n_features (const GstEmotionModel *self);
guint gst_emotion_model_n_outputs (const GstEmotionModel *self);

/* Whether neither the file nor the options state the features that it was
 * trained on, and its input is not that of the default recipe: its recipe then
 * follows from the shape of its input, and may be wrong. */
gboolean gst_emotion_model_is_guess (const GstEmotionModel *self);
const NnModel *gst_emotion_model_network (const GstEmotionModel *self);
/* "9 probabilities": a description of the output. Free with g_free. */
char *gst_emotion_model_output (const GstEmotionModel *self);

/* The labels to use: those in text ("a,b,c") if it is not NULL, else those of
 * the file, else the default nine if the model has nine outputs. A new
 * reference, or NULL and an error with the number of outputs. */
GstEmotionLabels *gst_emotion_model_labels (
    const GstEmotionModel *self, const char *text, GError **error);

/* The features [n_features] of one window, as dsp_features_compute_at has them;
 * or, without frames, of one that is of no stream. All streams share its
 * scratch memory. Never fails. */
gboolean gst_emotion_model_compute_features (GstEmotionModel *self,
    DspFrames *frames, guint64 position, const float *samples, gsize n,
    float *out);

/* features [n_features] -> probabilities [n_outputs]. Waits while as many
 * threads use this model as there are processors. Never fails. */
void gst_emotion_model_run (
    GstEmotionModel *self, const float *features, float *probabilities);
