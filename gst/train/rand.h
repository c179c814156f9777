/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that depend on their seed alone. */
#pragma once

#include <glib.h>

/* Puts values [n] into an order that depends on seed (Fisher and Yates). */
void train_shuffle (guint *values, gsize n, guint32 seed);

/* A generator for one sample of one epoch; free with g_rand_free. */
GRand *train_rand_new (guint64 seed);

/* Beta (alpha, alpha), alpha > 0 (Johnk): the share in mixup. */
double train_rand_beta (GRand *rand, double alpha);
