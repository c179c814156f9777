/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one error domain of nn/. Messages name the file, if any, the layer, what
 * was found and what was expected. */
#pragma once

#include <glib.h>

#define NN_ERROR (nn_error_quark ())
GQuark nn_error_quark (void);

/* Text from a file, made safe for a terminal: UTF-8 of up to max characters, in
 * which invalid bytes and control characters (escape sequences) are replaced.
 * Free with g_free. */
char *nn_printable (const char *text, gsize max);

typedef enum {
  NN_ERROR_NOT_FOUND,   /* no such file, or it may not be read */
  NN_ERROR_FORMAT,      /* damaged, or not a Keras model */
  NN_ERROR_UNSUPPORTED, /* a valid model that uses what is not supported */
  NN_ERROR_SHAPE,       /* incompatible shapes */
  NN_ERROR_LIMIT,       /* beyond a limit of nn/limits.h */
  NN_ERROR_IO,          /* writing failed */
} NnError;
