/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "model_config" as it is saved: in a form that Keras 2 and Keras 3 can both
 * read.
 *   Keras 3 refuses in files of Keras 2: "time_major" of recurrent layers,
 *     "trainable" of SpatialDropout; layers in wrappers without "module".
 *   Keras 2 refuses in files of Keras 3: objects for "dtype", "batch_shape",
 *     options that it does not know ("synchronized", "seed" of recurrent
 *     layers, ...), and the Functional form of inbound_nodes: such a model can
 * only be read by Keras 3.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Free with g_free. NULL and NN_ERROR if it is not JSON. */
char *nn_save_config (const char *config, GError **error);
