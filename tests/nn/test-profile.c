/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session call by call: the same bits as in one go, and the numbers of
 * operations that a person counts. */
#include "nn/profile.h"

#define BANDS 64
#define FRAMES 94
#define MAX_BATCH 3
#define N_CLASSES 9

static const struct {
  const char *file;
  double flops; /* 2 * (conv 1 + conv 2 + recurrent + dense 1 + dense 2) */
} models[] = {
  { "golden/training/m1.final.h5",
      2.0
          * (64 * 94 * 9 * 32 + 32 * 47 * 288 * 64 + 368 * 192 * 384 + 128 * 128
              + 128 * 9) },
  { "golden/training/m3.final.h5",
      2.0
          * (64 * 94 * 9 * 16 + 21 * 31 * 144 * 32 + 70 * 96 * 256 + 64 * 32
              + 32 * 9) },
};

static NnModel *
load (const char *file)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");
  g_autofree char *path = g_build_filename (shared ? shared : "", file, NULL);
  g_autoptr (GError) error = NULL;
  NnModel *model;

  if (!shared || !*shared || !g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_test_skip ("no golden models: EMOTION_SHARED is not set");
    return NULL;
  }
  model = nn_model_load (path, NULL, 0, &error);
  g_assert_no_error (error);
  return model;
}

static void
test_calls (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (NnModel) model = load (models[i].file);
  g_autoptr (NnSession) session = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree float *in = g_new (float, MAX_BATCH *BANDS *FRAMES);
  float whole[MAX_BATCH * N_CLASSES], calls[MAX_BATCH * N_CLASSES];
  double flops = 0;

  if (!model)
    return;
  session = nn_session_new (model, MAX_BATCH, NULL);
  for (size_t k = 0; k < MAX_BATCH * BANDS * FRAMES; k++)
    in[k] = (float) g_rand_double (rand);
  nn_session_run (session, MAX_BATCH, (const float *const[]){ in },
      (float *const[]){ whole });
  nn_session_begin (session, (const float *const[]){ in });
  for (size_t s = 0; s < nn_session_n_calls (session); s++) {
    const NnCallInfo info = nn_session_call_info (session, s);

    g_test_message ("%s (%s): %.0f", info.name, info.kind, info.flops);
    flops += info.flops;
    nn_session_run_call (session, s, MAX_BATCH);
  }
  nn_session_end (session, MAX_BATCH, (float *const[]){ calls });
  g_assert_cmpmem (whole, sizeof whole, calls, sizeof calls);
  g_assert_cmpfloat (flops, ==, models[i].flops);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (models); i++) {
    g_autofree char *base = g_path_get_basename (models[i].file);
    g_autofree char *path = g_strdup_printf ("/profile/%s", base);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_calls);
  }
  return g_test_run ();
}
