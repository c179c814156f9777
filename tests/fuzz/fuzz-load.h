/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both fuzzers do with a file: load it, and run it where it is small. */
#pragma once

#include <glib.h>
#include "nn/model.h"

/* Sessions past this are not run: time, not safety. */
#define FUZZ_MAX_RUN_BYTES ((size_t) 4 << 20)

static inline void
fuzz_run (NnModel *model)
{
  g_autoptr (NnSession) session = nn_session_new (model, 1, NULL);
  const size_t n_in = nn_model_n_inputs (model);
  const size_t n_out = nn_model_n_outputs (model);
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func (g_free);

  if (!session || nn_session_memory (session) > FUZZ_MAX_RUN_BYTES)
    return;
  for (size_t i = 0; i < n_in + n_out; i++) {
    const NnShape *const shape = i < n_in
        ? nn_model_input_shape (model, i)
        : nn_model_output_shape (model, i - n_in);

    g_ptr_array_add (buffers, g_new0 (float, nn_shape_size (shape)));
  }
  nn_session_run (session, 1, (const float *const *) buffers->pdata,
      (float *const *) (buffers->pdata + n_in));
}

static inline void
fuzz_load (const void *data, gsize len)
{
  /* For files that leave axes open; ignored by all others. */
  static const NnShape shape = { .rank = 2, .dim = { 16, 5 } };
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);

  for (size_t n_shapes = 0; n_shapes < 2; n_shapes++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NnModel) model =
        nn_model_load_bytes ("fuzz", bytes, &shape, n_shapes, &error);

    g_assert ((model == NULL) == (error != NULL));
    if (!model) {
      /* The contract: messages name the file, and are text. */
      g_assert (g_str_has_prefix (error->message, "fuzz: "));
      continue;
    }
    fuzz_run (model);
    return;
  }
}
