/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discretization: the bin of each number, between given boundaries; as index,
 * or as ones and counts along an axis of all bins.
 *   int        out [...]        number of boundaries that are <= x
 *   one_hot    out [...][bins]
 *   multi_hot  in [...][n]  ->  out [...][bins], 1 where any of the n is in it
 *   count      in [n]       ->  out [bins], how many of the n are in it
 */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/numbers.h"

typedef enum { INT, ONE_HOT, MULTI_HOT, COUNT } Mode;

typedef struct {
  NnLayer base;
  Mode mode;
  size_t n_boundaries;
  float *boundaries; /* [n_boundaries], ascending */
  size_t n_together; /* numbers that share a row of bins */
} Discretization;

static void
read_boundaries (Discretization *self, const NnConfig *config)
{
  const NnConfig list = nn_config_get (config, "bin_boundaries");

  self->n_boundaries = nn_config_length (&list);
  if (self->n_boundaries == 0) {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "“bin_boundaries” is not in the file: give the boundaries when the "
        "model is built, and save it again");
    return;
  }
  self->boundaries = g_new0 (float, self->n_boundaries);
  nn_numbers_read (config, &list, self->n_boundaries, self->boundaries);
  for (size_t i = 1; i < self->n_boundaries; i++)
    if (!(self->boundaries[i] >= self->boundaries[i - 1])) {
      nn_config_fail (
          config, NN_ERROR_FORMAT, "“bin_boundaries” are not in rising order");
      return;
    }
}

static void
discretization_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const modes[] = { "int", "one_hot", "multi_hot", "count",
    NULL };
  Discretization *self = (Discretization *) layer;
  NnShape out;
  size_t last;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK - 1))
    return;
  self->mode = nn_config_choice (config, "output_mode", modes, INT);
  read_boundaries (self, config);
  if (!nn_config_ok (config))
    return;
  out = layer->in[0];
  last = out.dim[out.rank - 1];
  self->n_together = self->mode >= MULTI_HOT ? last : 1;
  if (self->mode == COUNT && out.rank > 1)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "“output_mode” count is for one axis, and the input has more");
  /* Keras 2 replaces a last axis of 1 by the bins. */
  if (self->mode == ONE_HOT && (config->keras_major >= 3 || last != 1))
    out.rank++;
  if (self->mode != INT)
    out.dim[out.rank - 1] = self->n_boundaries + 1;
  nn_layer_add_output (layer, config, &out);
}

static size_t
find_bin (const Discretization *self, float x)
{
  size_t low = 0, high = self->n_boundaries;

  while (low < high) {
    const size_t middle = (low + high) / 2;

    if (self->boundaries[middle] <= x)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void
discretization_forward (const NnLayer *layer, const NnCall *call)
{
  const Discretization *self = (const Discretization *) layer;
  const size_t n = call->n * nn_shape_size (&layer->in[0]);
  const size_t n_bins = self->n_boundaries + 1;
  float *const out = call->out[0];

  if (self->mode != INT)
    memset (out, 0, call->n * nn_shape_size (&layer->out[0]) * sizeof (float));
  for (size_t i = 0; i < n; i++) {
    const size_t bin = find_bin (self, call->in[0][i]);
    float *const row = out + i / self->n_together * n_bins;

    if (self->mode == INT)
      out[i] = bin;
    else
      row[bin] = self->mode == COUNT ? row[bin] + 1 : 1;
  }
}

static void
discretization_clear (NnLayer *layer)
{
  g_clear_pointer (&((Discretization *) layer)->boundaries, g_free);
}

const NnLayerClass nn_discretization_classes[] = {
  {
      .keras_name = "Discretization",
      .size = sizeof (Discretization),
      .setup = discretization_setup,
      .forward = discretization_forward,
      .clear = discretization_clear,
  },
  { NULL },
};
