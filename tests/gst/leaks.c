/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/leaks.h"

#include <gst/gst.h>

/* As the tracer logs them. */
#define ALIVE "object-alive, type-name=(string)"

/* Threads that end by themselves may hold something for a moment. */
#define PATIENCE_US 200000

static gboolean
is_traced (void)
{
  GList *all = gst_tracing_get_active_tracers ();
  gboolean found = FALSE;

  for (GList *i = all; i; i = i->next)
    found |= g_str_equal (G_OBJECT_TYPE_NAME (i->data), "GstLeaksTracer");
  g_list_free_full (all, gst_object_unref);
  return found;
}

/* Adds a line for each object that is alive. */
static void
take_log (GstDebugCategory *category, GstDebugLevel level, const char *file,
    const char *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer user_data)
{
  const char *const text = gst_debug_message_get (message);

  if (text && g_str_has_prefix (text, ALIVE))
    g_string_append_printf (user_data, "%s\n", text);
}

static void
test_leaks (void)
{
  g_autoptr (GString) alive = g_string_new (NULL);
  g_auto (GStrv) lines = NULL;
  GstBuffer *control;

  if (!is_traced ()) {
    g_test_skip ("GST_TRACERS=leaks is not set");
    return;
  }
  g_usleep (PATIENCE_US);
  control = gst_buffer_new ();
  /* The tracer warns, of the control at least. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_for_name ("GST_TRACER", GST_LEVEL_TRACE);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (take_log, alive, NULL);
  gst_deinit ();
  lines = g_strsplit (alive->str, "\n", -1);
  for (char **line = lines; *line && **line; line++)
    g_test_message ("%s", *line);
  g_assert_cmpuint (g_strv_length (lines), ==, 2);
  g_assert_true (g_str_has_prefix (lines[0], ALIVE "GstBuffer"));
  gst_buffer_unref (control);
}

void
leaks_add_test (const char *name)
{
  g_autofree char *path = g_strconcat ("/leaks/", name, NULL);

  g_test_add_func (path, test_leaks);
}
