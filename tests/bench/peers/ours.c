/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our side of tests/bench/peers/compare: times and probabilities on request.
 * Usage: bench-peer WINDOWS, a file of float32 [n][64][94]. Requests come on
 * stdin, tabs between the words; each is answered by one line of JSON:
 *   predict network MODEL BATCH        [[p0, p1, ...], ...], of every window,
 *                                      BATCH at once, filled up from the first
 *   run VARIANT MODEL BATCH COUNT      [microseconds, ...], COUNT of them
 * VARIANT: network; features (MODEL and BATCH are ignored); chain (features of
 * one window, then the network). The windows repeat where BATCH is larger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dsp/features.h"
#include "nn/model.h"
#include "nn/simd.h"
#include "tests/bench/bench.h"
#include "tests/bench/signal.h"

typedef struct {
  NnSession *session;
  size_t batch, n_in, n_out;
  float *in;  /* [batch][n_in] */
  float *out; /* [batch][n_out] */
} Network;

typedef struct {
  char *windows;
  gsize windows_len;    /* bytes */
  GHashTable *networks; /* "MODEL\tBATCH" to Network */
  DspFeatures *features;
  size_t n_samples;
  float *samples, *matrix; /* of one window */
} Peer;

static void
network_free (gpointer data)
{
  Network *const network = data;

  nn_session_free (network->session);
  g_free (network->in);
  g_free (network->out);
  g_free (network);
}

/* As many windows as the network takes, from this one on. */
static void
fill (const Peer *peer, Network *network, size_t window)
{
  const float *const windows = (const float *) peer->windows;
  const size_t n = peer->windows_len / sizeof (float);

  for (size_t i = 0; i < network->batch * network->n_in; i++)
    network->in[i] = windows[(window * network->n_in + i) % n];
}

static Network *
network_new (const Peer *peer, const char *path, size_t batch, GError **error)
{
  g_autoptr (NnModel) model = nn_model_load (path, NULL, 0, error);
  g_autoptr (NnSession) session =
      model ? nn_session_new (model, batch, error) : NULL;
  Network *network;

  if (!session)
    return NULL;
  network = g_new0 (Network, 1);
  network->session = g_steal_pointer (&session);
  network->batch = batch;
  network->n_in = nn_shape_size (nn_model_input_shape (model, 0));
  network->n_out = nn_shape_size (nn_model_output_shape (model, 0));
  network->in = g_new (float, batch * network->n_in);
  network->out = g_new (float, batch * network->n_out);
  fill (peer, network, 0);
  return network;
}

static Network *
find_network (Peer *peer, const char *path, const char *batch, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s\t%s", path, batch);
  Network *network = g_hash_table_lookup (peer->networks, key);

  if (!network) {
    network = network_new (peer, path, (size_t) atoi (batch), error);
    if (network)
      g_hash_table_insert (peer->networks, g_steal_pointer (&key), network);
  }
  return network;
}

static void
run_network (const Network *network, const float *in)
{
  nn_session_run (network->session, network->batch,
      (const float *const[]){ in }, (float *const[]){ network->out });
}

static void
print_row (const char *before, const float *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    printf ("%s%.9g", i ? "," : before, (double) p[i]);
  printf ("]");
}

static void
predict (const Peer *peer, Network *network)
{
  const size_t n_windows = peer->windows_len / (network->n_in * sizeof (float));

  for (size_t w = 0; w < n_windows; w += network->batch) {
    fill (peer, network, w);
    run_network (network, network->in);
    for (size_t i = 0; i < MIN (network->batch, n_windows - w); i++)
      print_row (w + i ? ",[" : "[[", network->out + i * network->n_out,
          network->n_out);
  }
  printf ("]\n");
  fill (peer, network, 0);
}

/* network: NULL for the features alone. */
static void
run (const Peer *peer, const Network *network, bool has_features, int count)
{
  const float *const in = has_features ? peer->matrix : network->in;

  for (int i = 0; i < count; i++) {
    const gint64 t = bench_clock ();

    if (has_features)
      dsp_features_compute (
          peer->features, peer->samples, peer->n_samples, peer->matrix);
    if (network)
      run_network (network, in);
    printf ("%s%.3f", i ? "," : "[", (double) (bench_clock () - t) / 1e3);
  }
  printf ("]\n");
}

static bool
answer (Peer *peer, char *const *word, GError **error)
{
  const guint n_words = g_strv_length ((char **) word);
  const bool is_run = n_words == 5 && strcmp (word[0], "run") == 0;
  Network *network = NULL;

  if (!is_run && (n_words != 4 || strcmp (word[0], "predict") != 0)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
        "what does “%s” mean?", word[0] ? word[0] : "");
    return false;
  }
  if (strcmp (word[1], "features") != 0) {
    network = find_network (peer, word[2], word[3], error);
    if (!network)
      return false;
  }
  if (is_run)
    run (peer, network, strcmp (word[1], "network") != 0, atoi (word[4]));
  else
    predict (peer, network);
  fflush (stdout);
  return true;
}

static bool
peer_init (Peer *peer, const char *windows, GError **error)
{
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;

  if (!g_file_get_contents (windows, &peer->windows, &peer->windows_len, error))
    return false;
  peer->features = dsp_features_new (&recipe, error);
  if (!peer->features)
    return false;
  peer->n_samples = recipe.window_len;
  peer->samples = signal_new (peer->n_samples, recipe.rate);
  peer->matrix = g_new0 (float,
      dsp_features_n_bands (peer->features)
          * dsp_features_n_frames (peer->features));
  peer->networks =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, network_free);
  return true;
}

static void
peer_clear (Peer *peer)
{
  g_clear_pointer (&peer->networks, g_hash_table_unref);
  dsp_features_free (peer->features);
  g_free (peer->windows);
  g_free (peer->samples);
  g_free (peer->matrix);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Peer peer = { 0 };
  char line[8192];

  if (argc == 2 && peer_init (&peer, argv[1], &error)) {
    printf ("{\"name\": \"emotiondetect (%s)\"}\n", nn_simd ()->name);
    fflush (stdout);
    while (!error && fgets (line, sizeof line, stdin)) {
      g_auto (GStrv) words = g_strsplit (g_strchomp (line), "\t", -1);

      answer (&peer, words, &error);
    }
  }
  peer_clear (&peer);
  if (argc != 2 || error)
    g_printerr ("bench-peer: %s\n", error ? error->message : "one argument");
  return argc != 2 || error ? EXIT_FAILURE : EXIT_SUCCESS;
}
