/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator Glu (Dauphin et al. 2017): the first half along an axis, times
 * the sigmoid of the second.
 *   in [outer][2][half][inner]  ->  out [outer][half][inner]
 */
#include <math.h>
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/split.h"

typedef struct {
  NnLayer base;
  size_t outer, half; /* half: elements, the inner axes included */
} Glu;

static void
glu_setup (NnLayer *layer, const NnConfig *config)
{
  Glu *self = (Glu *) layer;
  const NnConfig value = nn_op_option (layer, config, "axis", 1);
  NnShape out;
  NnSplit split;
  size_t axis;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  out = layer->in[0];
  axis = nn_axis_index (config, nn_config_as_int (&value, -1), out.rank);
  if (out.dim[axis] % 2 != 0)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "an axis of %" G_GSIZE_FORMAT " has no halves", out.dim[axis]);
  split = nn_split (&out, axis, axis + 1);
  self->outer = split.outer;
  self->half = split.len / 2 * split.inner;
  out.dim[axis] /= 2;
  if (nn_config_ok (config))
    nn_layer_add_output (layer, config, &out);
}

static void
glu_forward (const NnLayer *layer, const NnCall *call)
{
  const Glu *self = (const Glu *) layer;
  const size_t half = self->half;

  for (size_t o = 0; o < call->n * self->outer; o++)
    for (size_t i = 0; i < half; i++) {
      const float *const a = call->in[0] + o * 2 * half + i;

      call->out[0][o * half + i] = *a / (1 + expf (-a[half]));
    }
}

const NnLayerClass nn_glu_classes[] = {
  {
      .keras_name = "ops.Glu",
      .size = sizeof (Glu),
      .setup = glu_setup,
      .forward = glu_forward,
  },
  { NULL },
};
