/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/conv.h"

/* The fastest first. The last suits every shape. */
static const NnConvWay *const ways[] = {
  &nn_conv_pooled,
  &nn_conv_winograd,
  &nn_conv_winograd_line,
  &nn_conv_few,
  &nn_conv_rows,
};

static void
use (NnConv *self, const NnConvWay *way)
{
  self->way = way;
  self->base.scratch_len = way->scratch (self);
}

void
nn_conv_use_rows (NnConv *self)
{
  use (self, &nn_conv_rows);
}

void
nn_conv_use_fastest (NnConv *self)
{
  size_t i = 0;

  while (!ways[i]->suits (self))
    i++;
  use (self, ways[i]);
}
