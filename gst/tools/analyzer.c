/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyzer.h"

#include "gst/media/source-uri.h"
#include "gst/tools/pipeline.h"
#include "gst/tools/quick.h"

/* If set in the environment, every file gets a pipeline, for comparison. */
#define NO_QUICK "EMOTION_ANALYZE_GENERAL"

struct _ToolAnalyzer {
  const ToolAnalyzerOptions *options;
  ToolQuick *quick; /* or NULL */
  GPtrArray *windows;
};

ToolAnalyzer *
tool_analyzer_new (const ToolAnalyzerOptions *options)
{
  ToolAnalyzer *self = g_new0 (ToolAnalyzer, 1);

  self->options = options;
  self->windows =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_structure_free);
  if (!g_getenv (NO_QUICK))
    self->quick = tool_quick_new (options);
  return self;
}

void
tool_analyzer_free (ToolAnalyzer *self)
{
  if (!self)
    return;
  tool_quick_free (self->quick);
  g_ptr_array_unref (self->windows);
  g_free (self);
}

static gboolean
run_quick (ToolAnalyzer *self, const ToolQuickFile *file,
    const ToolAnalyzerCallbacks *callbacks, gpointer user_data)
{
  g_ptr_array_set_size (self->windows, 0);
  if (!tool_quick_run (self->quick, file, self->windows))
    return FALSE;
  for (guint i = 0; i < self->windows->len; i++)
    callbacks->window (g_ptr_array_index (self->windows, i), user_data);
  return TRUE;
}

/* path: of a local file. */
static gboolean
run_file (ToolAnalyzer *self, const char *path, const char *uri,
    const ToolAnalyzerCallbacks *callbacks, gpointer user_data, char **loss,
    GError **error)
{
  ToolQuickFile file;
  g_autoptr (GPtrArray) decoders =
      g_ptr_array_new_with_free_func (gst_object_unref);
  gboolean is_quick, is_done;

  if (!tool_quick_file_read (&file, path))
    return tool_pipeline_run (
        uri, self->options, callbacks, user_data, NULL, loss, error);
  is_quick = run_quick (self, &file, callbacks, user_data);
  g_debug ("%s: the %s way", path, is_quick ? "quick" : "general");
  is_done = is_quick
      || tool_pipeline_run (
          uri, self->options, callbacks, user_data, decoders, loss, error);
  if (is_done && !*loss && !tool_quick_knows (self->quick, &file))
    tool_quick_learn (self->quick, &file, decoders);
  tool_quick_file_clear (&file);
  return is_done;
}

gboolean
tool_analyzer_run (ToolAnalyzer *self, const char *source,
    const ToolAnalyzerCallbacks *callbacks, gpointer user_data, char **loss,
    GError **error)
{
  g_autofree char *uri = NULL;
  g_autofree char *path = NULL;

  *loss = NULL;
  if (source) {
    uri = gst_emotion_source_uri (source, error);
    if (!uri)
      return FALSE;
    path = g_filename_from_uri (uri, NULL, NULL);
  }
  if (path && self->quick && !callbacks->sound && !self->options->follow)
    return run_file (self, path, uri, callbacks, user_data, loss, error);
  return tool_pipeline_run (
      uri, self->options, callbacks, user_data, NULL, loss, error);
}
