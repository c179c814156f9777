/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which windows an epoch learns from, where not all are taken: each data set
 * gets a share in proportion to the square root of its size (as multilingual
 * models sample languages: between "as it is" and "all alike"), and within it
 * each class the same. A class goes through its windows in a random order, on
 * and on over the epochs, so none is forgotten. What is drawn depends on
 * (seed, epoch, place) alone.
 */
#pragma once

#include <glib.h>

typedef struct _TrainSampler TrainSampler;

/* Free with train_sampler_free. */
TrainSampler *train_sampler_new (guint32 seed);
void train_sampler_free (TrainSampler *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainSampler, train_sampler_free)

void train_sampler_add (
    TrainSampler *self, const char *data_set, guint label, guint window);
/* n: windows of an epoch, rounded up so that each class has one at least; 0: as
 * many as were added. */
void train_sampler_finish (TrainSampler *self, guint n);

gsize train_sampler_size (const TrainSampler *self); /* of an epoch */
/* The window at a place of an epoch; its class and data set are the same in all
 * epochs. Any thread. */
guint train_sampler_draw (const TrainSampler *self, gsize place, gsize epoch);
