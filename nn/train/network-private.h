/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by nn/train/network.c, which writes a model, and network-layers.c,
 * which writes the configurations of its layers. */
#pragma once

#include "nn/graph.h"
#include "nn/json-writer.h"
#include "nn/train/network.h"

#define NN_NETWORK_MAX_IN 2

typedef struct {
  const char *class_name, *stem; /* the name is the stem and a number */
  size_t number;                 /* among those of the same stem */
  NnJson *config;
  NnValue in[NN_NETWORK_MAX_IN];
  size_t n_in;
  bool is_apart; /* its inputs are arguments of the call, not one list */
  size_t tensor; /* its output, in the graph; NN_NO_TENSOR: it failed */
} NnNetworkLayer;

struct _NnNetwork {
  char *name;
  NnArchitectureOptions options;
  GPtrArray
      *layers;    /* of NnNetworkLayer: value i + 1 is the output of layer i */
  NnGraph *graph; /* the same, for the shapes; without values of weights */
  GError *error;  /* the first failure, or NULL */
};

/* Begins a layer that reads x, with its name and common options. The rest of
 * its config goes to layer->config, followed by nn_network_end. */
NnNetworkLayer *nn_network_begin (
    NnNetwork *self, const char *class_name, const char *stem, NnValue x);
NnValue nn_network_end (NnNetwork *self);
