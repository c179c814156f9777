/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Weights for which there is no memory: the load fails, and names the model. */
#include <errno.h>
#include <stdlib.h>
#include "nn/model-private.h"
#include "nn/train/architectures.h"
#include "nn/train/trainer-private.h"

static int n_left = G_MAXINT; /* allocations that succeed */

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define HAS_OWN_ALLOCATOR
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_OWN_ALLOCATOR
#endif

#ifndef HAS_OWN_ALLOCATOR
/* Stands before the C library's. Whatever nn/ packs comes from it, and so does
 * the working memory of sessions and trainers. */
int
posix_memalign (void **memory, size_t alignment, size_t size)
{
  if (n_left-- <= 0)
    return ENOMEM;
  *memory =
      aligned_alloc (alignment, (size + alignment - 1) / alignment * alignment);
  return *memory ? 0 : ENOMEM;
}
#endif

#define MODEL(shape, layers)                                                   \
  "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", "            \
  "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": "                 \
  "{\"batch_input_shape\": [null, " shape "], \"name\": \"in\"}}, " layers     \
  "]}}"
#define LAYER(kind, config)                                                    \
  "{\"class_name\": \"" kind "\", \"config\": {\"name\": \"" kind              \
  "\", " config "}}"
#define OUTPUT                                                                 \
  LAYER ("Flatten", "\"trainable\": true")                                     \
  ", " LAYER ("Dense", "\"units\": 2, \"activation\": \"softmax\"")
#define CONV(filters)                                                          \
  LAYER ("Conv2D",                                                             \
      "\"filters\": " filters ", \"kernel_size\": [3, 3], \"padding\": "       \
      "\"same\"")

/* Allocations: what packing takes, at least. */
static const struct {
  const char *name, *json;
  int n_packed;
} models[] = {
  { "dense", MODEL ("3", OUTPUT), 1 },
  { "conv", MODEL ("5, 5, 3", CONV ("4") ", " OUTPUT), 2 },
  { "conv-winograd", MODEL ("16, 16, 16", CONV ("16") ", " OUTPUT), 1 + 36 },
  { "groups",
      MODEL ("9, 4",
          LAYER ("Conv1D",
              "\"filters\": 4, \"kernel_size\": [3], \"groups\": 2") ","
                                                                     " " OUTPUT),
      3 },
  { "lstm", MODEL ("4, 3", LAYER ("LSTM", "\"units\": 2") ", " OUTPUT), 3 },
  { "gru",
      MODEL ("4, 3",
          LAYER ("GRU", "\"units\": 2, \"reset_after\": false") ", " OUTPUT),
      4 },
  { "bidirectional",
      MODEL ("4, 3",
          "{\"class_name\": \"Bidirectional\", \"config\": {\"name\": "
          "\"b\", \"merge_mode\": \"concat\", \"layer\": " LAYER (
              "LSTM", "\"units\": 2") "}}, " OUTPUT),
      5 },
};

static NnModel *
build (gconstpointer data, GError **error)
{
  const size_t i = GPOINTER_TO_SIZE (data);

  return nn_model_new_from_config (
      models[i].name, models[i].json, "2.10.0", 1, error);
}

static void
test_load (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  int n = 0;

  for (bool is_loaded = false; !is_loaded; n++) {
    g_autoptr (GError) error = NULL;

    n_left = n;
    g_autoptr (NnModel) model = build (data, &error);
    n_left = G_MAXINT;
    is_loaded = model != NULL;
    if (is_loaded)
      break;
    g_assert_error (error, NN_ERROR, NN_ERROR_LIMIT);
    g_assert_true (g_str_has_prefix (error->message, models[i].name));
  }
  g_assert_cmpint (n, >=, models[i].n_packed);
}

/* The same where a trainer makes its copies: these pack for other ways. */
static void
test_train (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (NnModel) model = build (data, NULL);
  NnTrainConfig config;
  int n = 0;

  g_assert_nonnull (model);
  nn_train_config_init (&config);
  config.n_threads = 1;
  for (bool is_made = false; !is_made; n++) {
    g_autoptr (GError) error = NULL;

    n_left = n;
    g_autoptr (NnTrainer) trainer = nn_trainer_new (model, &config, &error);
    n_left = G_MAXINT;
    is_made = trainer != NULL;
    if (is_made) {
      /* What was packed once is packed again in the same memory. */
      n_left = 0;
      nn_trainer_weights_changed (trainer);
      n_left = G_MAXINT;
      break;
    }
    g_assert_error (error, NN_ERROR, NN_ERROR_LIMIT);
  }
  g_assert_cmpint (n, >=, 2 * models[i].n_packed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef HAS_OWN_ALLOCATOR
  g_print ("1..0 # SKIP AddressSanitizer has an allocator of its own\n");
  return 0;
#endif
  for (size_t i = 0; i < G_N_ELEMENTS (models); i++) {
    g_autofree char *load =
        g_strconcat ("/no-memory/load/", models[i].name, NULL);
    g_autofree char *train =
        g_strconcat ("/no-memory/train/", models[i].name, NULL);

    g_test_add_data_func (load, GSIZE_TO_POINTER (i), test_load);
    if (!g_str_equal (models[i].name, "gru")) /* cannot be trained */
      g_test_add_data_func (train, GSIZE_TO_POINTER (i), test_train);
  }
  return g_test_run ();
}
