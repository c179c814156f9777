/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces feature-plot.c in builds without PLplot. */
#include "gst/tools/feature-plot.h"

gboolean
tool_feature_plot_is_available (void)
{
  return FALSE;
}

gboolean
tool_feature_plot (const char *folder, const char *name, const float *samples,
    gsize n, const DspRecipe *recipe, GError **error)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
      "this build cannot draw pictures: it lacks PLplot");
  return FALSE;
}
