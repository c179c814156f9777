/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/models.h"

#include <string.h>

/* clang-format off */
const BenchModel bench_models[N_BENCH_MODELS] = {
  { "cnn-gru",              "seed/emotion_audio_m1.h5" },
  { "cnn-lstm",             "seed/emotion_audio_m2.h5" },
  { "cnn-lstm-optimized",   "seed/emotion_audio_m3.h5" },
  { "cnn-lstm-regularized", "golden/training/m4.final.h5" },
};
/* clang-format on */

char *
bench_model_path (const char *what)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");

  for (size_t i = 0; i < N_BENCH_MODELS; i++)
    if (strcmp (what, bench_models[i].nick) == 0)
      return g_build_filename (
          shared ? shared : "", bench_models[i].file, NULL);
  return g_strdup (what);
}

NnModel *
bench_model_load (const char *what, GError **error)
{
  g_autofree char *path = bench_model_path (what);

  return nn_model_load (path, NULL, 0, error);
}
