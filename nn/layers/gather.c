/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators that select positions of a tensor, axis by axis: Flip, Roll,
 * Repeat, Tile, Pad, Take, GrayscaleToRgb, and Split and Unstack, which have
 * several outputs. out [i][j]... = in [index of axis 0][i] [index of axis 1][j]
 * ... */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/split.h"
#include "nn/limits.h"

#define OUTSIDE G_MAXSIZE /* the value of Pad */

/* Positions along an axis: each takes eight bytes. A minute of sound has a
 * million. */
#define MAX_POSITIONS ((size_t) 1 << 22)

typedef struct {
  NnLayer base;
  NnShape shape;              /* of all outputs, joined along axis */
  size_t *index[NN_MAX_RANK]; /* [shape.dim[i]] */
  size_t axis, *starts;       /* of several outputs: [n_out] */
  float fill;
} Gather;

/* Axis i with n positions, in order; NULL if it is too long. */
static size_t *
set_axis (Gather *self, const NnConfig *config, size_t i, size_t n)
{
  if (n > MAX_POSITIONS) {
    nn_config_fail (config, NN_ERROR_LIMIT,
        "an axis of %" G_GSIZE_FORMAT " positions; at most %" G_GSIZE_FORMAT
        " are supported",
        n, MAX_POSITIONS);
    return NULL;
  }
  self->shape.dim[i] = n;
  g_free (self->index[i]);
  self->index[i] = g_new (size_t, n);
  for (size_t k = 0; k < n; k++)
    self->index[i][k] = k;
  return self->index[i];
}

static bool
begin (Gather *self, const NnConfig *config, size_t min_rank)
{
  const NnLayer *const layer = &self->base;

  if (!nn_layer_expect (layer, config, 1, min_rank, NN_MAX_RANK))
    return false;
  self->shape.rank = layer->in[0].rank;
  for (size_t i = 0; i < self->shape.rank; i++)
    if (!set_axis (self, config, i, layer->in[0].dim[i]))
      return false;
  return true;
}

static void
add_output (Gather *self, const NnConfig *config)
{
  if (nn_config_ok (config))
    nn_layer_add_output (&self->base, config, &self->shape);
}

/* The axis that an option names; without one, the whole batch would be
 * flattened. */
static size_t
read_axis (const Gather *self, const NnConfig *config, size_t position)
{
  const NnConfig axis = nn_op_option (&self->base, config, "axis", position);

  if (nn_config_is_number (&axis))
    return nn_axis_index (
        config, nn_config_as_int (&axis, 0), self->shape.rank);
  nn_config_fail (
      config, NN_ERROR_UNSUPPORTED, "“axis” must be one, and not the batch");
  return 0;
}

static void
flip_setup (NnLayer *layer, const NnConfig *config)
{
  Gather *self = (Gather *) layer;
  const NnConfig axis = nn_op_option (layer, config, "axis", 1);
  bool axes[NN_MAX_RANK];

  if (!begin (self, config, 1))
    return;
  if (!nn_config_is_set (&axis))
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "without an axis it would turn the batch round");
  else if (nn_axes_read (config, &axis, 0, self->shape.rank, axes))
    for (size_t i = 0; i < self->shape.rank; i++)
      for (size_t k = 0; k < self->shape.dim[i] && axes[i]; k++)
        self->index[i][k] = self->shape.dim[i] - 1 - k;
  add_output (self, config);
}

static void
roll_setup (NnLayer *layer, const NnConfig *config)
{
  Gather *self = (Gather *) layer;
  const NnConfig shift = nn_op_option (layer, config, "shift", 1);
  size_t axis;

  if (!begin (self, config, 1))
    return;
  axis = read_axis (self, config, 2);
  if (!nn_config_is_number (&shift))
    nn_config_fail (config, NN_ERROR_UNSUPPORTED, "“shift” is not a number");
  if (nn_config_ok (config)) {
    const gint64 n = self->shape.dim[axis];
    const gint64 by = ((nn_config_as_int (&shift, 0) % n) + n) % n;

    for (gint64 k = 0; k < n; k++)
      self->index[axis][k] = (k + n - by) % n;
  }
  add_output (self, config);
}

/* Repeats an axis n times: each position, or the whole. */
static void
repeat_axis (
    Gather *self, const NnConfig *config, size_t axis, gint64 n, bool in_a_row)
{
  const size_t len = self->shape.dim[axis];
  size_t *index;

  if (n < 1 || (guint64) n > NN_MAX_DIM / len) {
    nn_config_fail (
        config, NN_ERROR_LIMIT, "%" G_GINT64_FORMAT " repetitions", n);
    return;
  }
  index = set_axis (self, config, axis, len * n);
  for (size_t k = 0; index && k < len * n; k++)
    index[k] = in_a_row ? k % len : k / n;
}

static void
repeat_setup (NnLayer *layer, const NnConfig *config)
{
  Gather *self = (Gather *) layer;
  const NnConfig repeats = nn_op_option (layer, config, "repeats", 1);
  const NnConfig only = nn_config_at (&repeats, 0);
  size_t axis;

  if (!begin (self, config, 1))
    return;
  axis = read_axis (self, config, 2);
  if (nn_config_length (&repeats) > 1)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "repetitions that differ between positions are not supported");
  if (nn_config_ok (config))
    repeat_axis (self, config, axis,
        nn_config_as_int (nn_config_is_list (&repeats) ? &only : &repeats, 0),
        false);
  add_output (self, config);
}

/* TensorFlow's image.grayscale_to_rgb: repeats one channel three times. */
static void
to_rgb_setup (NnLayer *layer, const NnConfig *config)
{
  Gather *self = (Gather *) layer;

  if (!begin (self, config, 1))
    return;
  if (self->shape.dim[self->shape.rank - 1] != 1)
    nn_config_fail (config, NN_ERROR_SHAPE, "the image has several channels");
  else
    repeat_axis (self, config, self->shape.rank - 1, 3, false);
  add_output (self, config);
}

static void
tile_setup (NnLayer *layer, const NnConfig *config)
{
  Gather *self = (Gather *) layer;
  const NnConfig repeats = nn_op_option (layer, config, "repeats", 1);
  const size_t n =
      nn_config_is_list (&repeats) ? nn_config_length (&repeats) : 1;

  if (!begin (self, config, 0))
    return;
  if (n > self->shape.rank + 1)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "repetitions along more axes than it has");
  for (size_t i = 0; i < n && nn_config_ok (config); i++) {
    const NnConfig item = nn_config_at (&repeats, i);
    const gint64 times =
        nn_config_as_int (nn_config_is_list (&repeats) ? &item : &repeats, 1);
    const size_t axis = self->shape.rank + 1 - n + i; /* 0: the batch */

    if (axis > 0)
      repeat_axis (self, config, axis - 1, times, true);
    else if (times != 1)
      nn_config_fail (
          config, NN_ERROR_UNSUPPORTED, "the batch cannot be repeated");
  }
  add_output (self, config);
}

typedef enum { CONSTANT, REFLECT, SYMMETRIC } PadMode;

/* The position, of n, that padding puts at place i, which may be outside. */
static size_t
padded_index (gint64 i, gint64 n, PadMode mode)
{
  if (i >= 0 && i < n)
    return i;
  if (mode == CONSTANT)
    return OUTSIDE;
  if (mode == REFLECT)
    return i < 0 ? -i : 2 * (n - 1) - i;
  return i < 0 ? -i - 1 : 2 * n - 1 - i;
}

static void
pad_axis (Gather *self, const NnConfig *config, size_t axis,
    const NnConfig *pair, PadMode mode)
{
  const gint64 n = self->shape.dim[axis];
  const gint64 most = mode == CONSTANT ? (gint64) NN_MAX_DIM / 2
      : mode == REFLECT                ? n - 1
                                       : n;
  gint64 around[2];
  size_t *index;

  for (size_t i = 0; i < 2; i++) {
    const NnConfig item = nn_config_at (pair, i);

    around[i] = nn_config_as_int (nn_config_is_list (pair) ? &item : pair, 0);
    if (around[i] < 0 || around[i] > most) {
      nn_config_fail (config, NN_ERROR_SHAPE,
          "%" G_GINT64_FORMAT " positions around an axis of %" G_GINT64_FORMAT,
          around[i], n);
      return;
    }
  }
  index = set_axis (self, config, axis, n + around[0] + around[1]);
  for (gint64 k = 0; index && k < n + around[0] + around[1]; k++)
    index[k] = padded_index (k - around[0], n, mode);
}

/* pad_width: a pair for each axis and the batch, or one for all of them. */
static void
pad_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const modes[] = { "constant", "reflect", "symmetric",
    NULL };
  Gather *self = (Gather *) layer;
  const NnConfig width = nn_op_option (layer, config, "pad_width", 1);
  const NnConfig value =
      nn_op_option (layer, config, "constant_values", G_MAXSIZE);
  const NnConfig named = nn_op_option (layer, config, "mode", 2);
  const NnConfig batch = nn_config_at (&width, 0);
  g_autofree char *mode =
      g_ascii_strdown (nn_config_as_string (&named, "constant"), -1);
  size_t which = 0;

  if (!begin (self, config, 0))
    return;
  while (modes[which] && !g_str_equal (modes[which], mode))
    which++;
  if (!modes[which])
    nn_config_fail (
        config, NN_ERROR_UNSUPPORTED, "the mode “%s” is not supported", mode);
  self->fill = nn_config_as_double (&value, 0);
  for (size_t i = 0; i < 2; i++) {
    const NnConfig side = nn_config_at (&batch, i);

    if (nn_config_length (&width) != self->shape.rank + 1
        || nn_config_as_int (&side, 0) != 0)
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "a “pad_width” that is not a pair for each axis, (0, 0) for the "
          "batch");
  }
  for (size_t i = 0; i < self->shape.rank && nn_config_ok (config); i++) {
    const NnConfig pair = nn_config_at (&width, i + 1);

    pad_axis (self, config, i, &pair, (PadMode) which);
  }
  add_output (self, config);
}

/* Constant indices: one, or a list. */
static void
take_setup (NnLayer *layer, const NnConfig *config)
{
  Gather *self = (Gather *) layer;
  const NnConfig indices = nn_op_option (layer, config, "indices", 1);
  const bool is_list = nn_config_is_list (&indices);
  const size_t n = is_list ? nn_config_length (&indices) : 1;
  NnShape out;
  size_t axis, *index;

  if (!begin (self, config, 1))
    return;
  axis = read_axis (self, config, 2);
  if (n == 0 || (!is_list && !nn_config_is_number (&indices)))
    nn_config_fail (
        config, NN_ERROR_UNSUPPORTED, "“indices” are not constant numbers");
  if (!nn_config_ok (config))
    return;
  index = set_axis (self, config, axis, n);
  for (size_t k = 0; index && k < n; k++) {
    const NnConfig item = nn_config_at (&indices, k);
    const gint64 len = layer->in[0].dim[axis];
    const gint64 given = nn_config_as_int (is_list ? &item : &indices, 0);

    if (given < -len || given >= len)
      nn_config_fail (config, NN_ERROR_SHAPE,
          "index %" G_GINT64_FORMAT " of an axis of %" G_GINT64_FORMAT, given,
          len);
    index[k] = given < 0 ? given + len : given;
  }
  out = self->shape;
  for (size_t i = axis; i + 1 < out.rank && !is_list; i++)
    out.dim[i] = out.dim[i + 1];
  out.rank -= !is_list;
  if (nn_config_ok (config))
    nn_layer_add_output (layer, config, &out);
}

/* Adds an output: len positions from start on, without the axis if it is
 * removed. */
static void
add_part (Gather *self, const NnConfig *config, size_t start, size_t len,
    bool drops_axis)
{
  NnShape out = self->shape;

  out.dim[self->axis] = len;
  for (size_t i = self->axis; i + 1 < out.rank && drops_axis; i++)
    out.dim[i] = out.dim[i + 1];
  out.rank -= drops_axis;
  self->starts = g_renew (size_t, self->starts, self->base.n_out + 1);
  self->starts[self->base.n_out] = start;
  nn_layer_add_output (&self->base, config, &out);
}

/* A number of equal sections, or where the sections after the first begin. In
 * TensorFlow (num_or_size_splits): or their lengths. */
static void
split_setup (NnLayer *layer, const NnConfig *config)
{
  Gather *self = (Gather *) layer;
  const NnConfig sizes =
      nn_op_option (layer, config, "num_or_size_splits", G_MAXSIZE);
  const bool by_size = nn_config_is_list (&sizes);
  const NnConfig parts = nn_config_is_set (&sizes)
      ? sizes
      : nn_op_option (layer, config, "indices_or_sections", 1);
  size_t n, len, start = 0;

  if (!begin (self, config, 1))
    return;
  self->axis = read_axis (self, config, 2);
  len = self->shape.dim[self->axis];
  n = nn_config_is_list (&parts) ? nn_config_length (&parts) + !by_size
                                 : (size_t) nn_config_as_int (&parts, 0);
  if (nn_config_ok (config)
      && (n == 0 || n > len || (!nn_config_is_list (&parts) && len % n != 0)))
    nn_config_fail (config, NN_ERROR_SHAPE,
        "an axis of %" G_GSIZE_FORMAT " does not fall into these parts", len);
  for (size_t i = 0; i < n && nn_config_ok (config); i++) {
    const NnConfig item = nn_config_at (&parts, i);
    const gint64 end = !nn_config_is_list (&parts)
        ? (gint64) (len / n * (i + 1))
        : by_size || i + 1 < n
        ? nn_config_as_int (&item, 0) + (by_size ? (gint64) start : 0)
        : (gint64) len;

    if (end <= (gint64) start || end > (gint64) len)
      nn_config_fail (config, NN_ERROR_SHAPE, "a part would be empty");
    else
      add_part (self, config, start, end - start, false);
    start = end;
  }
}

static void
unstack_setup (NnLayer *layer, const NnConfig *config)
{
  Gather *self = (Gather *) layer;

  if (!begin (self, config, 1))
    return;
  self->axis = read_axis (self, config, 2);
  if (self->shape.dim[self->axis] > NN_MAX_NODES)
    nn_config_fail (config, NN_ERROR_LIMIT, "too many parts");
  for (size_t i = 0; i < self->shape.dim[self->axis] && nn_config_ok (config);
       i++)
    add_part (self, config, i, 1, true);
}

/* dim: the lengths of the axes, from start on along self->axis. */
typedef struct {
  const Gather *self;
  const NnShape *dim;
  size_t start;
} Part;

static float *
copy_axis (const Part *part, size_t i, const float *in, float *out)
{
  const Gather *const self = part->self;
  const NnShape *const from = &self->base.in[0];
  const size_t stride = nn_shape_stride (from, i);
  const size_t start = i == self->axis ? part->start : 0;

  if (i == from->rank) {
    *out = in ? *in : self->fill;
    return out + 1;
  }
  for (size_t k = 0; k < part->dim->dim[i]; k++) {
    const size_t index = self->index[i][start + k];

    out = copy_axis (
        part, i + 1, in && index != OUTSIDE ? in + index * stride : NULL, out);
  }
  return out;
}

static void
gather_forward (const NnLayer *layer, const NnCall *call)
{
  const Gather *self = (const Gather *) layer;
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t o = 0; o < layer->n_out; o++) {
    const size_t out_size = nn_shape_size (&layer->out[o]);
    NnShape dim = self->shape;
    const Part part = { self, &dim, self->starts ? self->starts[o] : 0 };

    if (self->starts) { /* all axes but one unchanged */
      dim.dim[self->axis] = 1;
      dim.dim[self->axis] = out_size / nn_shape_size (&dim);
    }
    for (size_t i = 0; i < call->n; i++)
      copy_axis (&part, 0, call->in[0] + i * size, call->out[o] + i * out_size);
  }
}

static void
gather_clear (NnLayer *layer)
{
  Gather *self = (Gather *) layer;

  for (size_t i = 0; i < NN_MAX_RANK; i++)
    g_clear_pointer (&self->index[i], g_free);
  g_clear_pointer (&self->starts, g_free);
}

/* clang-format off */
#define GATHER(name, how)                                                      \
  {                                                                            \
    .keras_name = "ops." name, .size = sizeof (Gather), .setup = how,          \
    .forward = gather_forward, .clear = gather_clear,                          \
  }
/* clang-format on */

const NnLayerClass nn_gather_classes[] = {
  GATHER ("Flip", flip_setup),
  GATHER ("GrayscaleToRgb", to_rgb_setup),
  GATHER ("Pad", pad_setup),
  GATHER ("Repeat", repeat_setup),
  GATHER ("Roll", roll_setup),
  GATHER ("Split", split_setup),
  GATHER ("Take", take_setup),
  GATHER ("Tile", tile_setup),
  GATHER ("Unstack", unstack_setup),
  { NULL },
};
