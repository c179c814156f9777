/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/sampler.h"

#include <math.h>
#include "gst/train/rand.h"

/* Windows of one class of one data set. */
typedef struct {
  const char *data_set; /* borrowed */
  guint label;
  GArray *windows; /* of guint, in a random order */
  gsize share;     /* of an epoch */
} Stratum;

struct _TrainSampler {
  guint32 seed;
  GPtrArray *strata; /* of Stratum */
  gsize size;
  guint *stratum_of; /* [size] */
  gsize *rank_of;    /* [size]: within the share */
};

static void
stratum_free (gpointer data)
{
  Stratum *const stratum = data;

  g_array_unref (stratum->windows);
  g_free (stratum);
}

TrainSampler *
train_sampler_new (guint32 seed)
{
  TrainSampler *self = g_new0 (TrainSampler, 1);

  self->seed = seed;
  self->strata = g_ptr_array_new_with_free_func (stratum_free);
  return self;
}

void
train_sampler_free (TrainSampler *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->strata, g_ptr_array_unref);
  g_clear_pointer (&self->stratum_of, g_free);
  g_clear_pointer (&self->rank_of, g_free);
  g_free (self);
}

static Stratum *
nth (const TrainSampler *self, guint i)
{
  return g_ptr_array_index (self->strata, i);
}

void
train_sampler_add (
    TrainSampler *self, const char *data_set, guint label, guint window)
{
  Stratum *stratum = NULL;

  for (guint i = 0; i < self->strata->len && !stratum; i++)
    if (nth (self, i)->label == label
        && g_str_equal (nth (self, i)->data_set, data_set))
      stratum = nth (self, i);
  if (!stratum) {
    stratum = g_new0 (Stratum, 1);
    stratum->data_set = data_set;
    stratum->label = label;
    stratum->windows = g_array_new (FALSE, FALSE, sizeof (guint));
    g_ptr_array_add (self->strata, stratum);
  }
  g_array_append_val (stratum->windows, window);
}

/* Windows and classes of the data set of a stratum. */
static void
count (const TrainSampler *self, const char *data_set, gsize *n_windows,
    guint *n_classes)
{
  *n_windows = 0;
  *n_classes = 0;
  for (guint i = 0; i < self->strata->len; i++)
    if (g_str_equal (nth (self, i)->data_set, data_set)) {
      *n_windows += nth (self, i)->windows->len;
      *n_classes += 1;
    }
}

/* The square root of the size, spread over the classes. */
static double
weight_of (const TrainSampler *self, const Stratum *stratum)
{
  gsize n_windows;
  guint n_classes;

  count (self, stratum->data_set, &n_windows, &n_classes);
  return sqrt (n_windows) / n_classes;
}

void
train_sampler_finish (TrainSampler *self, guint n)
{
  double sum = 0;
  gsize all = 0, at = 0;

  for (guint i = 0; i < self->strata->len; i++) {
    sum += weight_of (self, nth (self, i));
    all += nth (self, i)->windows->len;
  }
  self->size = 0;
  for (guint i = 0; i < self->strata->len; i++) {
    Stratum *const stratum = nth (self, i);
    const double share = (n ? n : all) * weight_of (self, stratum) / sum;

    stratum->share = MAX (lrint (share), 1);
    self->size += stratum->share;
    train_shuffle ((guint *) stratum->windows->data, stratum->windows->len,
        self->seed + i);
  }
  self->stratum_of = g_new (guint, self->size);
  self->rank_of = g_new (gsize, self->size);
  for (guint i = 0; i < self->strata->len; i++)
    for (gsize k = 0; k < nth (self, i)->share; k++, at++) {
      self->stratum_of[at] = i;
      self->rank_of[at] = k;
    }
}

gsize
train_sampler_size (const TrainSampler *self)
{
  return self->size;
}

guint
train_sampler_draw (const TrainSampler *self, gsize place, gsize epoch)
{
  g_return_val_if_fail (place < self->size, 0);

  const Stratum *const stratum = nth (self, self->stratum_of[place]);
  const gsize turn = epoch * stratum->share + self->rank_of[place];

  return g_array_index (stratum->windows, guint, turn % stratum->windows->len);
}
