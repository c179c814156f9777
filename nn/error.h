/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one error domain of nn/. Messages name the file where there is one, the
 * layer, what was found and what was expected. */
#pragma once

#include <glib.h>

#define NN_ERROR (nn_error_quark ())
GQuark nn_error_quark (void);

/* Text of a file, made fit for a terminal: UTF-8 of up to max characters, where
 * what is not, and control characters (escape sequences), are replaced. Free
 * with g_free. */
char *nn_printable (const char *text, gsize max);

typedef enum {
  NN_ERROR_NOT_FOUND,   /* no such file, or it may not be read */
  NN_ERROR_FORMAT,      /* damaged, or not a Keras model at all */
  NN_ERROR_UNSUPPORTED, /* a valid model that needs what we do not have */
  NN_ERROR_SHAPE,       /* incompatible shapes */
  NN_ERROR_LIMIT,       /* past a bound of nn/limits.h */
  NN_ERROR_IO,          /* writing failed */
} NnError;
