/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ConvLSTM1D to ConvLSTM3D (Shi et al. 2015): an LSTM whose products with the
 * input and the state are convolutions.
 *   in [steps][z][y][x][c], then the initial states h and c (or none)
 *   kernel [kz][ky][kx][c][4 f]  recurrent [kz][ky][kx][f][4 f]  bias [4 f]
 *   -> out [z'][y'][x'][f], or [steps][z'][y'][x'][f] with return_sequences,
 *      and the final states h and c with return_state
 * With channels first, steps and states are transposed before and after. */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/axis.h"
#include "nn/layers/layers.h"
#include "nn/layers/strided.h"

#define MAX_AXES 3
#define N_STATES 2

enum { KERNEL, RECURRENT, BIAS };

/* A convolution from in [z][y][x][c] to out [z][y][x][4 f]. */
typedef struct {
  NnAxis axes[MAX_AXES]; /* z, y, x */
  size_t channels;
} Convolution;

typedef struct {
  NnLayer base;
  size_t n_axes, steps, filters;
  Convolution input, recurrent;
  size_t in_size, positions; /* of a step: elements; positions of the output */
  bool is_first;             /* channels first */
  NnStrided in_view, to_last, to_first; /* of an input, of states */
  bool use_bias, go_backwards, return_sequences, return_state, zero_masked;
  NnActivation activation, recurrent_activation;
} ConvLstm;

/* Axes in the order of the file, after those of length 1. */
static void
read_convolution (ConvLstm *self, const NnConfig *config, const size_t *dims)
{
  const size_t skip = MAX_AXES - self->n_axes;
  const NnPadding padding = nn_padding_read (config, false);
  size_t size[MAX_AXES], strides[MAX_AXES], dilation[MAX_AXES];

  nn_config_sizes (config, "kernel_size", 0, self->n_axes, size);
  nn_config_sizes (config, "strides", 1, self->n_axes, strides);
  nn_config_sizes (config, "dilation_rate", 1, self->n_axes, dilation);
  for (size_t i = 0; i < MAX_AXES; i++) {
    NnAxis *const input = &self->input.axes[i];
    NnAxis *const recurrent = &self->recurrent.axes[i];

    *input = *recurrent =
        (NnAxis){ .in = 1, .out = 1, .kernel = 1, .stride = 1, .dilation = 1 };
    if (i < skip || !nn_config_ok (config))
      continue;
    *input = (NnAxis){ .in = dims[i - skip],
      .kernel = size[i - skip],
      .stride = strides[i - skip],
      .dilation = dilation[i - skip] };
    nn_axis_resolve (input, padding, config);
    recurrent->in = input->out;
    recurrent->kernel = input->kernel;
    nn_axis_resolve (recurrent, NN_PADDING_SAME, config);
  }
}

/* The shape with channels as its last axis, and n_channels of them. */
static NnShape
channels_last (const ConvLstm *self, const Convolution *convolution,
    bool of_output, size_t n_channels)
{
  NnShape shape = { .rank = self->n_axes + 1 };

  for (size_t i = 0; i < self->n_axes; i++) {
    const NnAxis *const axis = &convolution->axes[MAX_AXES - self->n_axes + i];

    shape.dim[i] = of_output ? axis->out : axis->in;
  }
  shape.dim[self->n_axes] = n_channels;
  return shape;
}

/* Views [c][...] as [...][c], or the reverse; shape: of the result. */
static NnStrided
turn (const NnShape *shape, bool to_last)
{
  const size_t n = shape->rank - 1;
  NnStrided view = { .shape = *shape };
  NnShape from = *shape;

  for (size_t i = 0; i <= n; i++)
    from.dim[to_last ? (i + 1) % (n + 1) : i] =
        shape->dim[to_last ? i : (i + 1) % (n + 1)];
  for (size_t i = 0; i <= n; i++)
    view.stride[i] = nn_shape_stride (
        &from, to_last ? (i + 1) % (n + 1) : (i + n) % (n + 1));
  return view;
}

static NnShape
kernel_shape (const ConvLstm *self, size_t channels)
{
  NnShape shape = { .rank = self->n_axes + 2 };

  for (size_t i = 0; i < self->n_axes; i++)
    shape.dim[i] = self->input.axes[MAX_AXES - self->n_axes + i].kernel;
  shape.dim[self->n_axes] = channels;
  shape.dim[self->n_axes + 1] = 4 * self->filters;
  return shape;
}

static void
read_options (ConvLstm *self, const NnConfig *config)
{
  static const char *const formats[] = { "channels_last", "channels_first",
    NULL };

  self->is_first = nn_config_choice (config, "data_format", formats, 0) == 1;
  self->filters = nn_config_size (config, "filters", 0);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->go_backwards = nn_config_bool (config, "go_backwards", false);
  self->return_sequences = nn_config_bool (config, "return_sequences", false);
  self->return_state = nn_config_bool (config, "return_state", false);
  self->zero_masked = nn_config_bool (config, "zero_output_for_mask", false);
  self->activation = nn_activation_read (config, "activation", "tanh");
  self->recurrent_activation =
      nn_activation_read (config, "recurrent_activation", "sigmoid");
  if (nn_activation_is_of_rows (&self->activation)
      || nn_activation_is_of_rows (&self->recurrent_activation))
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "an activation along an axis is not supported");
}

static void
add_outputs (ConvLstm *self, const NnConfig *config, const NnShape *state)
{
  NnLayer *const layer = &self->base;
  NnShape out = *state;

  if (self->return_sequences) {
    for (size_t i = out.rank++; i > 0; i--)
      out.dim[i] = out.dim[i - 1];
    out.dim[0] = self->steps;
  }
  nn_layer_add_output (layer, config, &out);
  for (size_t s = 0; s < N_STATES && self->return_state; s++)
    nn_layer_add_output (layer, config, state);
  if (layer->n_in != 1 && layer->n_in != 1 + N_STATES)
    nn_config_fail (config, NN_ERROR_SHAPE, "expected none or two states");
  for (size_t i = 1; i < layer->n_in; i++)
    if (!nn_shape_equal (&layer->in[i], state))
      nn_config_fail (config, NN_ERROR_SHAPE,
          "an initial state does not have the shape of a step of the output");
  layer->is_stateful = nn_config_bool (config, "stateful", false);
  layer->mask_rule = self->return_sequences ? NN_MASK_PASS : NN_MASK_STOP;
}

static void
conv_lstm_setup (NnLayer *layer, const NnConfig *config)
{
  ConvLstm *self = (ConvLstm *) layer;
  NnShape step, state, kernel, recurrent;

  self->n_axes = layer->klass->keras_name[strlen ("ConvLSTM")] - '0';
  if (layer->n_in == 0 || layer->in[0].rank != self->n_axes + 2) {
    nn_config_fail (
        config, NN_ERROR_SHAPE, "the input is not a sequence of images");
    return;
  }
  read_options (self, config);
  self->steps = layer->in[0].dim[0];
  self->input.channels =
      layer->in[0].dim[self->is_first ? 1 : self->n_axes + 1];
  self->recurrent.channels = self->filters;
  read_convolution (self, config, layer->in[0].dim + 1 + self->is_first);
  if (!nn_config_ok (config))
    return;
  step = channels_last (self, &self->input, false, self->input.channels);
  state = channels_last (self, &self->input, true, self->filters);
  self->in_size = nn_shape_size (&step);
  self->in_view = turn (&step, true);
  self->to_last = turn (&state, true);
  if (self->is_first) {
    for (size_t i = self->n_axes; i > 0; i--)
      state.dim[i] = state.dim[i - 1];
    state.dim[0] = self->filters;
    self->to_first = turn (&state, false);
  }
  kernel = kernel_shape (self, self->input.channels);
  recurrent = kernel_shape (self, self->filters);
  nn_layer_add_param (layer, config, "cell", "kernel", &kernel, true);
  nn_layer_add_param (
      layer, config, "cell", "recurrent_kernel", &recurrent, true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "cell", "bias",
        &(NnShape){ .rank = 1, .dim = { 4 * self->filters } }, true);
  add_outputs (self, config, &state);
  if (!nn_config_ok (config))
    return;
  self->positions = nn_shape_size (&state) / self->filters;
  layer->scratch_len = self->in_size + self->positions * 6 * self->filters;
}

/* out [x'][4 f] += one row of taps applied to one row of the input. */
static void
add_row (const Convolution *self, const float *in, const float *kernel,
    size_t n, float *out)
{
  const NnAxis *const x = &self->axes[2];
  const size_t c = self->channels;

  for (size_t k = 0; k < x->kernel; k++) {
    const gssize shift = (gssize) (k * x->dilation) - (gssize) x->pad_before;
    size_t first = 0, end = 0; /* the outputs whose tap k is in the input */

    while (first < x->out && (gssize) (first * x->stride) + shift < 0)
      first++;
    for (end = first;
         end < x->out && (gssize) (end * x->stride) + shift < (gssize) x->in;)
      end++;
    if (end > first)
      nn_blas_gemm (end - first, n, c,
          in + ((gssize) (first * x->stride) + shift) * (gssize) c,
          x->stride * c, kernel + k * c * n, n, true, out + first * n, n);
  }
}

/* out [z'][y'][x'][n] += the convolution of in. */
static void
add_convolution (const Convolution *self, const float *in, const float *kernel,
    size_t n, float *out)
{
  const NnAxis *const z = &self->axes[0], *const y = &self->axes[1],
                      *const x = &self->axes[2];
  const size_t taps = x->kernel * self->channels * n;

  for (size_t oz = 0; oz < z->out; oz++)
    for (size_t oy = 0; oy < y->out; oy++, out += x->out * n)
      for (size_t kz = nn_axis_first_tap (z, oz); kz < nn_axis_end_tap (z, oz);
           kz++)
        for (size_t ky = nn_axis_first_tap (y, oy);
             ky < nn_axis_end_tap (y, oy); ky++) {
          const size_t iz = oz * z->stride + kz * z->dilation - z->pad_before;
          const size_t iy = oy * y->stride + ky * y->dilation - y->pad_before;

          add_row (self, in + (iz * y->in + iy) * x->in * self->channels,
              kernel + (kz * y->kernel + ky) * taps, n, out);
        }
}

/* gates [positions][i f c o]; states [positions][f] in place. */
static void
run_step (
    const ConvLstm *self, const float *in, float *gates, float *h, float *c)
{
  const NnLayer *const layer = &self->base;
  const size_t f = self->filters, n = 4 * f;

  for (size_t p = 0; p < self->positions; p++)
    if (self->use_bias)
      memcpy (gates + p * n, nn_layer_value (layer, BIAS), n * sizeof (float));
    else
      memset (gates + p * n, 0, n * sizeof (float));
  add_convolution (&self->input, in, nn_layer_value (layer, KERNEL), n, gates);
  add_convolution (
      &self->recurrent, h, nn_layer_value (layer, RECURRENT), n, gates);
  for (size_t p = 0; p < self->positions; p++, gates += n, h += f, c += f) {
    nn_activation_apply (&self->recurrent_activation, gates, 2, f);
    nn_activation_apply (&self->activation, gates + 2 * f, 1, f);
    nn_activation_apply (&self->recurrent_activation, gates + 3 * f, 1, f);
    for (size_t k = 0; k < f; k++)
      h[k] = c[k] = gates[f + k] * c[k] + gates[k] * gates[2 * f + k];
    nn_activation_apply (&self->activation, h, 1, f);
    for (size_t k = 0; k < f; k++)
      h[k] *= gates[3 * f + k];
  }
}

/* A state or output in the layout of the model. */
static void
copy_state (
    const ConvLstm *self, const NnStrided *view, const float *from, float *to)
{
  if (self->is_first)
    nn_strided_copy (view, from, to);
  else
    memcpy (to, from, self->positions * self->filters * sizeof (float));
}

static void
run_sample (const ConvLstm *self, const NnCall *call, size_t sample)
{
  const size_t size = self->positions * self->filters;
  const float *const in = call->in[0] + sample * self->steps * self->in_size;
  const float *const mask =
      call->in_mask[0] ? call->in_mask[0] + sample * self->steps : NULL;
  float *const out =
      call->out[0] + sample * size * (self->return_sequences ? self->steps : 1);
  float *const turned = call->scratch, *const gates = turned + self->in_size;
  float *const states[] = { gates + 4 * size, gates + 5 * size };
  bool has_output = false;

  for (size_t s = 0; s < N_STATES; s++)
    if (self->base.n_in > 1)
      copy_state (
          self, &self->to_last, call->in[1 + s] + sample * size, states[s]);
    else
      memset (states[s], 0, size * sizeof (float));
  for (size_t i = 0; i < self->steps; i++) {
    const size_t t = self->go_backwards ? self->steps - 1 - i : i;
    const float *step = in + t * self->in_size;
    const bool use = !mask || mask[t] != 0;

    if (self->is_first) {
      nn_strided_copy (&self->in_view, step, turned);
      step = turned;
    }
    if (use)
      run_step (self, step, gates, states[0], states[1]);
    has_output = has_output || use;
    if (!self->return_sequences && i + 1 < self->steps)
      continue;
    if (use || (has_output && !self->zero_masked))
      copy_state (self, &self->to_first, states[0],
          out + (self->return_sequences ? i * size : 0));
    else
      memset (out + (self->return_sequences ? i * size : 0), 0,
          size * sizeof (float));
  }
  for (size_t s = 0; s < N_STATES && self->return_state; s++)
    copy_state (
        self, &self->to_first, states[s], call->out[1 + s] + sample * size);
}

static void
conv_lstm_forward (const NnLayer *layer, const NnCall *call)
{
  for (size_t i = 0; i < call->n; i++)
    run_sample ((const ConvLstm *) layer, call, i);
}

static double
conv_lstm_flops (const NnLayer *layer)
{
  const ConvLstm *self = (const ConvLstm *) layer;
  double taps = 1;

  for (size_t i = 0; i < MAX_AXES; i++)
    taps *= self->input.axes[i].kernel;
  return 2.0 * self->steps * self->positions * taps * 4 * self->filters
      * (self->input.channels + self->filters);
}

/* clang-format off */
#define CONV_LSTM(name)                                                        \
  {                                                                            \
    .keras_name = name, .size = sizeof (ConvLstm), .setup = conv_lstm_setup,   \
    .forward = conv_lstm_forward, .flops = conv_lstm_flops,                    \
  }
/* clang-format on */

const NnLayerClass nn_conv_lstm_classes[] = {
  CONV_LSTM ("ConvLSTM1D"),
  CONV_LSTM ("ConvLSTM2D"),
  CONV_LSTM ("ConvLSTM3D"),
  { NULL },
};
