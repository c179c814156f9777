/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyzer.h"

#include "gst/media/source-uri.h"
#include "gst/tools/quick.h"

/* Set in the environment, every file goes the general way: for comparison. */
#define NO_QUICK "EMOTION_ANALYZE_GENERAL"

struct _Analyzer {
  const AnalysisOptions *options;
  Quick *quick; /* or NULL */
  GPtrArray *windows;
};

Analyzer *
analyzer_new (const AnalysisOptions *options)
{
  Analyzer *self = g_new0 (Analyzer, 1);

  self->options = options;
  self->windows =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_structure_free);
  if (!g_getenv (NO_QUICK))
    self->quick = quick_new (options);
  return self;
}

void
analyzer_free (Analyzer *self)
{
  if (!self)
    return;
  quick_free (self->quick);
  g_ptr_array_unref (self->windows);
  g_free (self);
}

static gboolean
run_quick (Analyzer *self, const QuickFile *file,
    const AnalysisCallbacks *callbacks, gpointer user_data)
{
  g_ptr_array_set_size (self->windows, 0);
  if (!quick_run (self->quick, file, self->windows))
    return FALSE;
  for (guint i = 0; i < self->windows->len; i++)
    callbacks->window (g_ptr_array_index (self->windows, i), user_data);
  return TRUE;
}

/* path: of a local file. */
static gboolean
run_file (Analyzer *self, const char *path, const char *uri,
    const AnalysisCallbacks *callbacks, gpointer user_data, GError **error)
{
  QuickFile file;
  g_autoptr (GPtrArray) decoders =
      g_ptr_array_new_with_free_func (gst_object_unref);
  gboolean is_quick, is_done;

  if (!quick_file_read (&file, path))
    return analysis_run (uri, self->options, callbacks, user_data, NULL, error);
  is_quick = run_quick (self, &file, callbacks, user_data);
  g_debug ("%s: the %s way", path, is_quick ? "quick" : "general");
  is_done = is_quick
      || analysis_run (
          uri, self->options, callbacks, user_data, decoders, error);
  if (is_done && !quick_knows (self->quick, &file))
    quick_learn (self->quick, &file, decoders);
  quick_file_clear (&file);
  return is_done;
}

gboolean
analyzer_run (Analyzer *self, const char *source,
    const AnalysisCallbacks *callbacks, gpointer user_data, GError **error)
{
  g_autofree char *uri = NULL;
  g_autofree char *path = NULL;

  if (source) {
    uri = gst_emotion_source_uri (source, error);
    if (!uri)
      return FALSE;
    path = g_filename_from_uri (uri, NULL, NULL);
  }
  if (path && self->quick && !callbacks->sound)
    return run_file (self, path, uri, callbacks, user_data, error);
  return analysis_run (uri, self->options, callbacks, user_data, NULL, error);
}
