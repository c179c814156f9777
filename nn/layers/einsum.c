/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EinsumDense, and the operator Einsum of two tensors: for each index of the
 * result, the sum over those that it lacks, by an equation.
 *   "abc,cde->abde"    letters are axes; in the result, in their order
 *   "...x,xy->...y"    the dots are all axes that have no letter
 * The first axis of the first operand, and of the result, is the batch. */
#include <string.h>
#include "nn/blas.h"
#include "nn/layers/einsum.h"
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/loops.h"

/* The reserved letter of axis i of the dots: not one that a file can contain.
 */
static char
dot_letter (size_t i)
{
  return (char) (1 + i);
}

/* Parses one operand of the equation. rank: of the tensor with its batch; 0:
 * the result, whose dots are those of the first operand. */
static bool
read_axes (
    NnEinsumAxes *axes, const char *text, size_t len, size_t rank, size_t *dots)
{
  bool had_dots = false;
  size_t letters = 0;

  for (size_t i = 0; i < len; i++)
    letters += g_ascii_isalpha (text[i]) != 0;
  axes->rank = 0;
  for (size_t i = 0; i < len; i++) {
    if (g_ascii_isalpha (text[i])) {
      if (axes->rank > NN_MAX_RANK || memchr (axes->axis, text[i], axes->rank))
        return false;
      axes->axis[axes->rank++] = text[i];
    } else if (!had_dots && i + 2 < len && strncmp (text + i, "...", 3) == 0) {
      if (rank > 0)
        *dots = rank > letters ? rank - letters : 0;
      for (size_t k = 0; k < *dots; k++) {
        if (axes->rank > NN_MAX_RANK)
          return false;
        axes->axis[axes->rank++] = dot_letter (k);
      }
      had_dots = true;
      i += 2;
    } else if (text[i] != ' ') {
      return false;
    }
  }
  return rank == 0 || axes->rank == rank;
}

/* Splits "a,b->c". */
static bool
read_equation (
    NnEinsum *self, const char *equation, size_t a_rank, size_t b_rank)
{
  const char *const comma = strchr (equation, ',');
  const char *const arrow = strstr (equation, "->");
  size_t dots = 0, own = 0;

  if (!comma || !arrow || comma > arrow)
    return false;
  return read_axes (&self->axes[NN_EINSUM_A], equation, comma - equation,
             a_rank, &dots)
      && read_axes (
          &self->axes[NN_EINSUM_B], comma + 1, arrow - comma - 1, b_rank, &own)
      && read_axes (
          &self->axes[NN_EINSUM_OUT], arrow + 2, strlen (arrow + 2), 0, &dots)
      && self->axes[NN_EINSUM_A].rank > 0 && self->axes[NN_EINSUM_OUT].rank > 0
      && self->axes[NN_EINSUM_OUT].rank <= NN_MAX_RANK + 1
      && self->axes[NN_EINSUM_A].axis[0] == self->axes[NN_EINSUM_OUT].axis[0];
}

static bool
has (const NnEinsumAxes *axes, char letter)
{
  return memchr (axes->axis, letter, axes->rank) != NULL;
}

/* Notes the lengths of an operand's axes, from axis first of its shape on. */
static bool
note_dims (
    NnEinsum *self, const NnEinsumAxes *axes, const NnShape *shape, size_t skip)
{
  for (size_t i = skip; i < axes->rank; i++) {
    size_t *const dim = &self->dim[(guint8) axes->axis[i]];

    if (*dim != 0 && *dim != shape->dim[i - skip])
      return false;
    *dim = shape->dim[i - skip];
  }
  return true;
}

/* Axes of the kernel that the input lacks are as long as the output's,
 * which the config states for letters, except for the batch. */
static void
read_output_dims (NnEinsum *self, const NnConfig *config)
{
  const NnConfig value = nn_config_get (config, "output_shape");
  const NnEinsumAxes *const out = &self->axes[NN_EINSUM_OUT];
  NnShape given = { .rank = 1 };

  if (nn_config_is_list (&value))
    nn_config_shape (&value, 0, &given);
  else
    given.dim[0] = nn_config_size (config, "output_shape", 0);
  for (size_t i = out->rank, left = given.rank; i-- > 0 && left > 0;) {
    size_t *const dim = &self->dim[(guint8) out->axis[i]];

    if (!g_ascii_isalpha (out->axis[i]))
      continue;
    left--;
    if (!has (&self->axes[NN_EINSUM_A], out->axis[i]))
      *dim = given.dim[left];
  }
}

static NnShape
shape_of (const NnEinsum *self, const NnEinsumAxes *axes, size_t skip)
{
  NnShape shape = { .rank = axes->rank - skip };

  for (size_t i = 0; i < shape.rank; i++)
    shape.dim[i] = self->dim[(guint8) axes->axis[skip + i]];
  return shape;
}

/* The axes of an operand, in the order of a product; their lengths multiply. */
typedef struct {
  size_t rank;
  char axis[2 * NN_MAX_RANK];
} Order;

static size_t
append (const NnEinsum *self, Order *order, const NnEinsumAxes *from, bool in_a,
    bool in_b, bool in_out)
{
  size_t n = 1;

  for (size_t i = 0; i < from->rank; i++) {
    const char letter = from->axis[i];

    if (letter == self->axes[NN_EINSUM_A].axis[0]
        || has (&self->axes[NN_EINSUM_A], letter) != in_a
        || has (&self->axes[NN_EINSUM_B], letter) != in_b
        || has (&self->axes[NN_EINSUM_OUT], letter) != in_out)
      continue;
    order->axis[order->rank++] = letter;
    n *= self->dim[(guint8) letter];
  }
  return n;
}

/* Views a tensor with its axes in another order. */
static NnStrided
view_of (const NnEinsum *self, const NnEinsumAxes *axes, size_t skip,
    const Order *order)
{
  const NnShape shape = shape_of (self, axes, skip);
  NnStrided view = { .shape = { .rank = order->rank } };

  for (size_t i = 0; i < order->rank; i++)
    for (size_t k = skip; k < axes->rank; k++)
      if (axes->axis[k] == order->axis[i]) {
        view.shape.dim[i] = shape.dim[k - skip];
        view.stride[i] = nn_shape_stride (&shape, k - skip);
      }
  return view;
}

/* The way back: where the tensor's axes are in what has the order of a product.
 */
static NnStrided
restore_of (const NnEinsum *self, const NnEinsumAxes *axes, size_t skip,
    const Order *order)
{
  NnStrided view = { .shape = shape_of (self, axes, skip) };
  NnShape shape = { .rank = order->rank };

  for (size_t i = 0; i < order->rank; i++)
    shape.dim[i] = self->dim[(guint8) order->axis[i]];
  for (size_t i = 0; i < view.shape.rank; i++)
    for (size_t k = 0; k < order->rank; k++)
      if (order->axis[k] == axes->axis[skip + i])
        view.stride[i] = nn_shape_stride (&shape, k);
  return view;
}

/* Every letter must be in two of the three, or in all. */
static bool
is_plain (const NnEinsum *self)
{
  for (int i = 0; i < NN_EINSUM_OPERANDS; i++)
    for (size_t k = 0; k < self->axes[i].rank; k++) {
      const char letter = self->axes[i].axis[k];

      if (has (&self->axes[NN_EINSUM_A], letter)
              + has (&self->axes[NN_EINSUM_B], letter)
              + has (&self->axes[NN_EINSUM_OUT], letter)
          < 2)
        return false;
    }
  return self->is_dense
      != has (&self->axes[NN_EINSUM_B], self->axes[NN_EINSUM_A].axis[0]);
}

/* The view changes nothing. */
static bool
is_in_order (const NnStrided *view)
{
  for (size_t i = 0; i < view->shape.rank; i++)
    if (view->stride[i] != (gssize) nn_shape_stride (&view->shape, i))
      return false;
  return true;
}

static void
plan_product (NnEinsum *self)
{
  const NnEinsumAxes *const a = &self->axes[NN_EINSUM_A],
                            *const b = &self->axes[NN_EINSUM_B];
  const NnEinsumAxes *const out = &self->axes[NN_EINSUM_OUT];
  const size_t b_skip = self->is_dense ? 0 : 1; /* a kernel has no batch */
  Order of_a = { .rank = 0 }, of_b = { .rank = 0 }, made;

  self->z = append (self, &of_a, a, true, true, true);
  of_b = made = of_a;
  self->m = append (self, &of_a, a, true, false, true);
  append (self, &made, a, true, false, true);
  self->k = append (self, &of_a, a, true, true, false);
  append (self, &of_b, a, true, true, false);
  self->n = append (self, &of_b, b, false, true, true);
  append (self, &made, b, false, true, true);
  self->bring[NN_EINSUM_A] = view_of (self, a, 1, &of_a);
  self->bring[NN_EINSUM_B] = view_of (self, b, b_skip, &of_b);
  self->bring[NN_EINSUM_OUT] = view_of (self, out, 1, &made);
  self->restore[NN_EINSUM_A] = restore_of (self, a, 1, &of_a);
  self->restore[NN_EINSUM_B] = restore_of (self, b, b_skip, &of_b);
  self->restore[NN_EINSUM_OUT] = restore_of (self, out, 1, &made);
  self->is_straight = self->is_dense && self->z == 1;
  for (int i = 0; i < NN_EINSUM_OPERANDS; i++)
    self->is_straight = self->is_straight && is_in_order (&self->bring[i]);
}

static void
fail_equation (const NnConfig *config, const char *equation)
{
  nn_config_fail (config, NN_ERROR_UNSUPPORTED,
      "the equation “%s” does not fit its operands, or is of a kind that is "
      "not supported",
      equation);
}

/* The bias has some axes of the output, in its order, and after the first of
 * them length 1 for the others. */
static void
read_bias (NnEinsum *self, const NnConfig *config)
{
  const char *const axes = nn_config_string (config, "bias_axes", "");
  const NnEinsumAxes *const out = &self->axes[NN_EINSUM_OUT];
  bool has_begun = false;

  self->use_bias = axes[0] != '\0';
  for (size_t i = 1; i < out->rank; i++) {
    const char letter = out->axis[i];
    const bool is_named = strchr (axes, letter) != NULL;

    has_begun = has_begun || is_named;
    if (has_begun)
      self->bias.dim[self->bias.rank++] =
          is_named ? self->dim[(guint8) letter] : 1;
  }
  for (size_t i = 0; i < self->bias.rank; i++)
    if (self->bias.dim[i] != 1)
      self->bias_stride[out->rank - 1 - self->bias.rank + i] =
          nn_shape_stride (&self->bias, i);
  for (const char *c = axes; *c; c++)
    if (!has (out, *c) || *c == out->axis[0])
      nn_config_fail (
          config, NN_ERROR_FORMAT, "“bias_axes” has an axis of its own");
}

static void
finish_setup (NnEinsum *self, const NnConfig *config)
{
  NnLayer *const layer = &self->base;
  const NnShape out = shape_of (self, &self->axes[NN_EINSUM_OUT], 1);
  const NnShape b =
      shape_of (self, &self->axes[NN_EINSUM_B], self->is_dense ? 0 : 1);

  if (self->is_dense) {
    nn_layer_add_param (layer, config, "", "kernel", &b, true);
    read_bias (self, config);
    if (self->use_bias && nn_config_ok (config))
      nn_layer_add_param (layer, config, "", "bias", &self->bias, true);
  }
  nn_layer_add_output (layer, config, &out);
  if (!nn_config_ok (config))
    return;
  plan_product (self);
  layer->scratch_len =
      nn_shape_size (&layer->in[0]) + nn_shape_size (&b) + nn_shape_size (&out);
}

static void
dense_setup (NnLayer *layer, const NnConfig *config)
{
  NnEinsum *self = (NnEinsum *) layer;
  const char *const equation = nn_config_string (config, "equation", "");
  const char *const comma = strchr (equation, ',');
  size_t b_rank = 0;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  self->is_dense = true;
  self->activation = nn_activation_read (config, "activation", "linear");
  layer->last_activation = &self->activation;
  nn_layer_refuse (config, "lora_rank");
  nn_layer_refuse (config, "quantization_config");
  for (const char *c = comma; c && *c && *c != '-'; c++)
    b_rank += g_ascii_isalpha (*c) != 0;
  if (b_rank == 0 || b_rank > NN_MAX_RANK
      || !read_equation (self, equation, 1 + layer->in[0].rank, b_rank)
      || !note_dims (self, &self->axes[NN_EINSUM_A], &layer->in[0], 1)) {
    fail_equation (config, equation);
    return;
  }
  read_output_dims (self, config);
  if (nn_config_ok (config) && !is_plain (self))
    fail_equation (config, equation);
  if (nn_config_ok (config))
    finish_setup (self, config);
}

static void
op_setup (NnLayer *layer, const NnConfig *config)
{
  NnEinsum *self = (NnEinsum *) layer;
  const NnConfig subscripts = nn_op_option (layer, config, "subscripts", 0);
  const char *const equation = nn_config_as_string (&subscripts, "");

  if (!nn_layer_expect (layer, config, 2, 0, NN_MAX_RANK))
    return;
  if (!read_equation (
          self, equation, 1 + layer->in[0].rank, 1 + layer->in[1].rank)
      || !note_dims (self, &self->axes[NN_EINSUM_A], &layer->in[0], 1)
      || !note_dims (self, &self->axes[NN_EINSUM_B], &layer->in[1], 1)
      || self->axes[NN_EINSUM_B].axis[0] != self->axes[NN_EINSUM_A].axis[0]
      || !is_plain (self))
    fail_equation (config, equation);
  else
    finish_setup (self, config);
}

/* Adds the bias along its axes: axis i of the output and those after it. */
static float *
add_bias (const NnEinsum *self, size_t i, const float *bias, float *out)
{
  const NnShape *const shape = &self->base.out[0];

  if (i == shape->rank) {
    *out += *bias;
    return out + 1;
  }
  if (i + 1 == shape->rank && self->bias_stride[i] == 1) {
    nn_loops ()->add (shape->dim[i], bias, out);
    return out + shape->dim[i];
  }
  for (size_t k = 0; k < shape->dim[i]; k++)
    out = add_bias (self, i + 1, bias + (gssize) k * self->bias_stride[i], out);
  return out;
}

/* The product of every sample, operands brought into order first. */
static void
multiply (const NnEinsum *self, const NnCall *call)
{
  const NnLayer *const layer = &self->base;
  const size_t m = self->m, n = self->n, k = self->k;
  float *const a = call->scratch, *const b = a + self->z * m * k;
  float *const made = b + self->z * k * n;

  for (size_t s = 0; s < call->n; s++) {
    nn_strided_copy (
        &self->bring[NN_EINSUM_A], call->in[0] + s * self->z * m * k, a);
    if (!self->is_dense)
      nn_strided_copy (
          &self->bring[NN_EINSUM_B], call->in[1] + s * self->z * k * n, b);
    else if (s == 0)
      nn_strided_copy (&self->bring[NN_EINSUM_B],
          nn_layer_value (layer, NN_EINSUM_KERNEL), b);
    for (size_t i = 0; i < self->z; i++)
      nn_blas_gemm (m, n, k, a + i * m * k, k, b + i * k * n, n, false,
          made + i * m * n, n);
    nn_strided_copy (&self->restore[NN_EINSUM_OUT], made,
        call->out[0] + s * self->z * m * n);
  }
}

static void
einsum_forward (const NnLayer *layer, const NnCall *call)
{
  const NnEinsum *self = (const NnEinsum *) layer;
  const size_t out_size = self->z * self->m * self->n;
  const NnShape *const shape = &layer->out[0];
  const size_t row = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;

  if (self->is_straight)
    nn_blas_gemm (call->n * self->m, self->n, self->k, call->in[0], self->k,
        nn_layer_value (layer, NN_EINSUM_KERNEL), self->n, false, call->out[0],
        self->n);
  else
    multiply (self, call);
  for (size_t s = 0; s < call->n; s++) {
    float *const out = call->out[0] + s * out_size;

    if (self->use_bias)
      add_bias (self, 0, nn_layer_value (layer, NN_EINSUM_BIAS), out);
    nn_activation_apply (&self->activation, out, out_size / row, row);
  }
}

static double
einsum_flops (const NnLayer *layer)
{
  const NnEinsum *self = (const NnEinsum *) layer;

  return 2.0 * self->z * self->m * self->n * self->k;
}

const NnLayerClass nn_einsum_classes[] = {
  {
      .keras_name = "EinsumDense",
      .size = sizeof (NnEinsum),
      .setup = dense_setup,
      .forward = einsum_forward,
      .flops = einsum_flops,
      .training = &nn_einsum_training,
  },
  {
      .keras_name = "ops.Einsum",
      .size = sizeof (NnEinsum),
      .setup = op_setup,
      .forward = einsum_forward,
      .flops = einsum_flops,
      .training = &nn_einsum_training,
  },
  { NULL },
};
