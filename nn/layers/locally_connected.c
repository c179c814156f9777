/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LocallyConnected1D and 2D (Keras 2): a convolution with a separate kernel for
 * each position.
 *   in [y][x][c]  kernel [y' x'][ky kx c][filters]  bias [y'][x'][filters]
 *   -> out [y'][x'][filters]
 * With channels first, the file has the rows of a kernel in the order [c][ky
 * kx] and the numbers of the bias in that of the output, [filters][y'][x']. */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/window.h"

enum { KERNEL, BIAS };

typedef struct {
  NnLayer base;
  NnWindow window;
  size_t filters;
  bool use_bias, is_first; /* channels first in the file */
  NnActivation activation;
} LocallyConnected;

static size_t
n_positions (const LocallyConnected *self)
{
  return self->window.y.out * self->window.x.out;
}

static size_t
n_taps (const LocallyConnected *self)
{
  return self->window.y.kernel * self->window.x.kernel;
}

static void
locally_connected_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const formats[] = { "channels_last", "channels_first",
    NULL };
  LocallyConnected *self = (LocallyConnected *) layer;
  NnShape kernel, out;

  if (!nn_window_read (&self->window, layer, config, "kernel_size"))
    return;
  if (nn_config_int (config, "implementation", 1) != 1)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "another “implementation” than 1 is not supported");
  if (nn_padding_read (config, false) != NN_PADDING_VALID)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "another “padding” than valid is not supported");
  nn_window_resolve (&self->window, config);
  self->filters = nn_config_size (config, "filters", 0);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->is_first = nn_config_choice (config, "data_format", formats, 0) == 1;
  self->activation = nn_activation_read (config, "activation", "linear");
  layer->last_activation = &self->activation;
  if (!nn_config_ok (config))
    return;
  kernel = (NnShape){ .rank = 3,
    .dim = { n_positions (self), n_taps (self) * self->window.channels,
        self->filters } };
  out = nn_window_out_shape (&self->window, self->filters);
  nn_layer_add_param (layer, config, "", "kernel", &kernel, true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "", "bias", &out, true);
  nn_layer_add_output (layer, config, &out);
  layer->scratch_len = kernel.dim[1];
}

/* The window of an output position, in the order of the kernel's rows. */
static void
gather (const LocallyConnected *self, const float *in, size_t oy, size_t ox,
    float *patch)
{
  const NnAxis *const y = &self->window.y, *const x = &self->window.x;
  const size_t c = self->window.channels, taps = n_taps (self);

  for (size_t ky = 0; ky < y->kernel; ky++)
    for (size_t kx = 0; kx < x->kernel; kx++) {
      const size_t iy = oy * y->stride + ky * y->dilation;
      const size_t ix = ox * x->stride + kx * x->dilation;
      const float *const from = in + (iy * x->in + ix) * c;
      const size_t tap = ky * x->kernel + kx;

      for (size_t k = 0; k < c; k++)
        patch[self->is_first ? k * taps + tap : tap * c + k] = from[k];
    }
}

static void
run_position (const LocallyConnected *self, const float *patch, size_t position,
    float *out)
{
  const NnLayer *const layer = &self->base;
  const size_t f = self->filters, k = n_taps (self) * self->window.channels;
  const float *const bias =
      self->use_bias ? nn_layer_value (layer, BIAS) : NULL;

  for (size_t i = 0; i < f; i++)
    out[i] = !bias       ? 0
        : self->is_first ? bias[i * n_positions (self) + position]
                         : bias[position * f + i];
  nn_blas_gemm (1, f, k, patch, k,
      nn_layer_value (layer, KERNEL) + position * k * f, f, true, out, f);
}

static void
locally_connected_forward (const NnLayer *layer, const NnCall *call)
{
  const LocallyConnected *self = (const LocallyConnected *) layer;
  const size_t columns = self->window.x.out, n = n_positions (self);

  for (size_t s = 0; s < call->n; s++)
    for (size_t p = 0; p < n; p++) {
      gather (self, call->in[0] + s * nn_shape_size (&layer->in[0]),
          p / columns, p % columns, call->scratch);
      run_position (
          self, call->scratch, p, call->out[0] + (s * n + p) * self->filters);
    }
  nn_activation_apply (
      &self->activation, call->out[0], call->n * n, self->filters);
}

static double
locally_connected_flops (const NnLayer *layer)
{
  const LocallyConnected *self = (const LocallyConnected *) layer;

  return 2.0 * nn_shape_size (&layer->out[0]) * n_taps (self)
      * self->window.channels;
}

/* clang-format off */
#define LOCALLY_CONNECTED(name, n)                                             \
  {                                                                            \
    .keras_name = name, .size = sizeof (LocallyConnected), .n_axes = n,        \
    .setup = locally_connected_setup, .forward = locally_connected_forward,    \
    .flops = locally_connected_flops,                                          \
  }
/* clang-format on */

const NnLayerClass nn_locally_connected_classes[] = {
  LOCALLY_CONNECTED ("LocallyConnected1D", 1),
  LOCALLY_CONNECTED ("LocallyConnected2D", 2),
  { NULL },
};
