/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temperature folded into a model file, so that its confidence means what it
 * says. */
#pragma once

#include <glib.h>

/* Reads a model file and writes a copy whose logits are divided by temperature;
 * its attribute “emotiondetect” says so ("temperature", over all times that
 * this was done) and has the self-test of the copy. NN_ERROR. */
gboolean train_calibrate_file (
    const char *path, double temperature, const char *output, GError **error);
