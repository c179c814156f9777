/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/window.h"

#define MAX_AXES 3

/* The three axes in the order of a shape. */
static void
axes_of (NnWindow *window, NnAxis **axes)
{
  axes[0] = &window->z;
  axes[1] = &window->y;
  axes[2] = &window->x;
}

bool
nn_window_read (NnWindow *window, const NnLayer *layer, const NnConfig *config,
    const char *size_key)
{
  const size_t n = layer->klass->n_axes, skip = MAX_AXES - n;
  const NnConfig strides_set = nn_config_get (config, "strides");
  const bool is_pooling = g_str_equal (size_key, "pool_size");
  size_t size[MAX_AXES], strides[MAX_AXES], dilation[MAX_AXES];
  NnAxis *axes[MAX_AXES];

  if (!nn_layer_expect (layer, config, 1, n + 1, n + 1))
    return false;
  nn_config_sizes (config, size_key, is_pooling ? 2 : 0, n, size);
  /* The strides of pooling default to its size. */
  nn_config_sizes (config,
      is_pooling && !nn_config_is_set (&strides_set) ? size_key : "strides",
      is_pooling ? 2 : 1, n, strides);
  nn_config_sizes (config, "dilation_rate", 1, n, dilation);
  window->n_axes = n;
  window->channels = layer->in[0].dim[n];
  axes_of (window, axes);
  for (size_t i = 0; i < MAX_AXES; i++)
    *axes[i] =
        (NnAxis){ .in = 1, .out = 1, .kernel = 1, .stride = 1, .dilation = 1 };
  for (size_t i = 0; i < n; i++)
    *axes[skip + i] = (NnAxis){ .in = layer->in[0].dim[i],
      .kernel = size[i],
      .stride = strides[i],
      .dilation = dilation[i] };
  return nn_config_ok (config);
}

void
nn_window_resolve (NnWindow *window, const NnConfig *config)
{
  const NnPadding padding = nn_padding_read (config, window->n_axes == 1);
  NnAxis *axes[MAX_AXES];

  axes_of (window, axes);
  for (size_t i = MAX_AXES - window->n_axes; i < MAX_AXES; i++)
    nn_axis_resolve (axes[i], padding, config);
}

NnShape
nn_window_out_shape (const NnWindow *window, size_t channels)
{
  const size_t dims[] = { window->z.out, window->y.out, window->x.out };
  NnShape shape = { .rank = window->n_axes + 1 };

  for (size_t i = 0; i < window->n_axes; i++)
    shape.dim[i] = dims[MAX_AXES - window->n_axes + i];
  shape.dim[window->n_axes] = channels;
  return shape;
}

NnShape
nn_window_kernel_shape (const NnWindow *window, size_t from, size_t to)
{
  const size_t dims[] = { window->z.kernel, window->y.kernel,
    window->x.kernel };
  NnShape shape = { .rank = window->n_axes + 2 };

  for (size_t i = 0; i < window->n_axes; i++)
    shape.dim[i] = dims[MAX_AXES - window->n_axes + i];
  shape.dim[window->n_axes] = from;
  shape.dim[window->n_axes + 1] = to;
  return shape;
}
