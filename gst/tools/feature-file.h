/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output of features: an HDF5 file with a group for each sound, and a table of
 * statistics as CSV. In a group is a dataset [rows][columns] for each feature
 * ([windows][rows][columns] of windows); its attributes are the source, the
 * duration in s, the recipe as JSON and each of the recipe's fields. */
#pragma once

#include "gst/tools/sound-features.h"
#include "nn/h5-write.h"

/* The group's name is the source as the user wrote it (folders are groups on
 * the way), so that file[source + "/mfcc"] finds it. */
void tool_feature_file_add (
    NnH5Writer *file, const char *source, const ToolSoundFeatures *sound);

/* A line for each window: file, start and end in s, and each statistic of each
 * row ("mfcc_0_mean"). The header comes first. */
void tool_feature_csv_append_head (GString *csv, const DspRecipe *recipe);
void tool_feature_csv_append (
    GString *csv, const char *source, const ToolSoundFeatures *sound);

/* Unique file names for sounds: the paths below their common folder. Free with
 * g_strfreev. NULL, with *twice (borrowed), if two sources are the same, or
 * would be the same group. */
char **tool_feature_names (char *const *sources, const char **twice);
