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

NnModel *
bench_model_load (const char *what, GError **error)
{
  for (size_t i = 0; i < N_BENCH_MODELS; i++)
    if (strcmp (what, bench_models[i].nick) == 0) {
      const char *const shared = g_getenv ("EMOTION_SHARED");
      g_autofree char *path =
          g_build_filename (shared ? shared : "", bench_models[i].file, NULL);

      return nn_model_load (path, NULL, 0, error);
    }
  return nn_model_load (what, NULL, 0, error);
}
