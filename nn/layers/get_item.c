/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator GetItem: x[:, 1:, -1], as in Python: indices, slices, an
 * ellipsis, new axes. The batch axis must be taken whole. */
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/strided.h"

typedef struct {
  NnLayer base;
  NnStrided view;
} GetItem;

static bool
is_class (const NnConfig *item, const char *name)
{
  const NnConfig class_name = nn_config_get (item, "class_name");

  return nn_config_is_string (&class_name)
      && g_str_equal (nn_config_as_string (&class_name, ""), name);
}

static bool
is_ellipsis (const NnConfig *item)
{
  return is_class (item, "__ellipsis__")
      || (nn_config_is_string (item)
          && g_str_equal (nn_config_as_string (item, ""), "..."));
}

/* start, stop or step of a slice, as Keras 3 or Keras 2 writes it. */
static gint64
slice_part (
    const NnConfig *item, const char *key, gint64 fallback, bool *is_given)
{
  const NnConfig inner = nn_config_get (item, "config");
  const NnConfig value =
      nn_config_get (nn_config_is_object (&inner) ? &inner : item, key);

  *is_given = nn_config_is_set (&value);
  return nn_config_as_int (&value, fallback);
}

/* Python's slice.indices () for an axis of n elements. */
static gint64
clamp_bound (gint64 bound, gint64 n, gint64 step)
{
  if (bound < 0)
    bound += n;
  return CLAMP (bound, step < 0 ? -1 : 0, step < 0 ? n - 1 : n);
}

/* Takes a slice of axis in_axis as the next axis of the view. */
static void
take_slice (NnStrided *view, const NnConfig *config, const NnConfig *item,
    const NnShape *in, size_t in_axis)
{
  const gint64 n = in->dim[in_axis];
  const gint64 by = nn_shape_stride (in, in_axis);
  bool has_start, has_stop, has_step;
  const gint64 start = slice_part (item, "start", 0, &has_start);
  const gint64 stop = slice_part (item, "stop", 0, &has_stop);
  const gint64 step = slice_part (item, "step", 1, &has_step);
  gint64 first, end, count;

  if (step == 0 || step > n || step < -n) {
    if (step == 0)
      nn_config_fail (config, NN_ERROR_FORMAT, "a slice with step 0");
    else /* only the first element remains */
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "a slice with a step past the end of its axis");
    return;
  }
  first = has_start ? clamp_bound (start, n, step) : step < 0 ? n - 1 : 0;
  end = has_stop ? clamp_bound (stop, n, step) : step < 0 ? -1 : n;
  count = step > 0 ? (end - first + step - 1) / step
                   : (first - end - step - 1) / -step;
  if (count < 1) {
    nn_config_fail (config, NN_ERROR_SHAPE, "a slice is empty");
    return;
  }
  view->offset += first * by;
  view->stride[view->shape.rank] = step * by;
  view->shape.dim[view->shape.rank++] = count;
}

static void
take_index (NnStrided *view, const NnConfig *config, const NnConfig *item,
    const NnShape *in, size_t in_axis)
{
  const gint64 n = in->dim[in_axis];
  const gint64 given = nn_config_as_int (item, 0);
  const gint64 index = given < 0 ? given + n : given;

  if (index < 0 || index >= n)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "index %" G_GINT64_FORMAT " of an axis of %" G_GINT64_FORMAT, given, n);
  else
    view->offset += index * nn_shape_stride (in, in_axis);
}

/* Axes of the input that items consume. */
static size_t
count_axes (const NnConfig *key)
{
  size_t n = 0;

  for (size_t i = 0; i < nn_config_length (key); i++) {
    const NnConfig item = nn_config_at (key, i);

    n += nn_config_is_set (&item) && !is_ellipsis (&item);
  }
  return n;
}

static void
take_item (NnStrided *view, const NnConfig *config, const NnConfig *item,
    const NnShape *in, size_t *axis)
{
  if (!nn_config_is_set (item)) { /* a new axis */
    view->stride[view->shape.rank] = 0;
    view->shape.dim[view->shape.rank++] = 1;
  } else if (*axis >= in->rank) {
    nn_config_fail (config, NN_ERROR_SHAPE, "more indices than axes");
  } else if (nn_config_is_number (item)) {
    take_index (view, config, item, in, (*axis)++);
  } else if (nn_config_is_object (item)) {
    take_slice (view, config, item, in, (*axis)++);
  } else {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "an index that is neither a number nor a slice is not supported");
  }
}

/* The first item is for the batch. */
static void
read_key (NnStrided *view, const NnConfig *config, const NnConfig *key,
    const NnShape *in)
{
  const NnConfig whole = { .where = key->where, .error = key->error };
  const NnConfig batch = nn_config_at (key, 0);
  const size_t n_axes = count_axes (key);
  bool given[3];
  size_t axis = 0, first = 1;

  if (is_ellipsis (&batch)) {
    first = 0;
  } else {
    slice_part (&batch, "start", 0, &given[0]);
    slice_part (&batch, "stop", 0, &given[1]);
    slice_part (&batch, "step", 1, &given[2]);
    if (!nn_config_is_object (&batch) || given[0] || given[1] || given[2])
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "an index that does not take the whole batch is not supported");
  }
  for (size_t i = first; i < nn_config_length (key) && nn_config_ok (config);
       i++) {
    const NnConfig item = nn_config_at (key, i);
    const size_t left = is_ellipsis (&item)
        ? (in->rank + first > n_axes ? in->rank + first - n_axes : 0)
        : 0;

    if (view->shape.rank + MAX (left, 1) > NN_MAX_RANK) {
      nn_config_fail (config, NN_ERROR_LIMIT, "too many axes");
      return;
    }
    for (size_t k = 0; k < left && axis < in->rank; k++)
      take_slice (view, config, &whole, in, axis++);
    if (!is_ellipsis (&item))
      take_item (view, config, &item, in, &axis);
  }
  while (axis < in->rank && nn_config_ok (config)) {
    if (view->shape.rank == NN_MAX_RANK) {
      nn_config_fail (config, NN_ERROR_LIMIT, "too many axes");
      return;
    }
    take_slice (view, config, &whole, in, axis++);
  }
}

static void
get_item_setup (NnLayer *layer, const NnConfig *config)
{
  GetItem *self = (GetItem *) layer;
  const NnConfig key = nn_op_option (layer, config, "key", 1);

  if (!nn_layer_expect (layer, config, 1, 0, NN_MAX_RANK))
    return;
  if (!nn_config_is_list (&key)) {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "an index that does not take the whole batch is not supported");
    return;
  }
  read_key (&self->view, config, &key, &layer->in[0]);
  if (nn_config_ok (config))
    nn_layer_add_output (layer, config, &self->view.shape);
}

static void
get_item_forward (const NnLayer *layer, const NnCall *call)
{
  for (size_t i = 0; i < call->n; i++)
    nn_strided_copy (&((const GetItem *) layer)->view,
        call->in[0] + i * nn_shape_size (&layer->in[0]),
        call->out[0] + i * nn_shape_size (&layer->out[0]));
}

const NnLayerClass nn_get_item_classes[] = {
  {
      .keras_name = "ops.GetItem",
      .size = sizeof (GetItem),
      .setup = get_item_setup,
      .forward = get_item_forward,
  },
  { NULL },
};
