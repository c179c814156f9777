/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The models in use in this process: elements that name the same file (by its
 * true path, size and time of change) or the same built-in model share one, if
 * they use the same options. The cache keeps none alive. */
#pragma once

#include "gst/model/builtin.h"
#include "gst/model/model.h"

/* A new reference, or NULL and an error as from gst_emotion_model_load. Waits
 * while another thread loads a model. */
GstEmotionModel *gst_emotion_model_cache_get (
    const char *path, const GstEmotionModelOptions *options, GError **error);

/* The same for a built-in model; GST_RESOURCE_ERROR_NOT_FOUND in a build
 * without them. */
GstEmotionModel *gst_emotion_model_cache_get_builtin (GstEmotionBuiltin builtin,
    const GstEmotionModelOptions *options, GError **error);

/* The model requested by the properties of an element, or the options of a
 * tool. */
typedef struct {
  const char *file; /* wins over builtin; or NULL */
  GstEmotionBuiltin builtin;
  GstEmotionModelOptions options;
  const char *labels; /* "a,b,c", or NULL: those of the model */
} GstEmotionModelRequest;

/* New references, or NULL and an error that names the file. */
GstEmotionModel *gst_emotion_model_cache_load (
    const GstEmotionModelRequest *request, GstEmotionLabels **labels,
    GError **error);
