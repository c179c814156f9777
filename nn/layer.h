/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a layer is. To add one: write nn/layers/<name>.c with an NnLayerClass,
 * and name it in the table of nn/layer.c. Loader, runner, trainer and saver
 * know no layer by name.
 *
 * An NnLayer is one call of a Keras layer in the graph: it knows the shapes of
 * its inputs and outputs. A Keras layer that is called several times becomes
 * several NnLayers that share one NnWeights.
 */
#pragma once

#include <glib.h>
#include "nn/config.h"
#include "nn/shape.h"

typedef struct _NnLayer NnLayer;
typedef struct _NnLayerClass NnLayerClass;

/* One named array. Loader, saver, optimiser and gradient check walk these. */
typedef struct {
  const char *scope; /* where Keras 3 keeps it: "", "cell", "forward_layer/cell"
                        (static or interned) */
  const char *name;  /* "kernel", "gamma", ... (static) */
  NnShape shape;
  size_t size; /* elements */
  bool trainable;
  float *value; /* [size] */
} NnParam;

/* The arrays of one Keras layer, in the order in which Keras creates them. */
typedef struct {
  GPtrArray *params; /* of NnParam, owned */
  gatomicrefcount refs;
} NnWeights;

NnWeights *nn_weights_new (void);
NnWeights *nn_weights_ref (NnWeights *weights);
void nn_weights_unref (NnWeights *weights); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnWeights, nn_weights_unref)

/* One run of a layer over n samples. Every array is the caller's. Masks are
 * [n][first axis] of 1 (use) and 0 (skip), as Keras propagates them. */
typedef struct {
  size_t n;
  const float *const *in;      /* [n_in], each [n][in shape] */
  const float *const *in_mask; /* [n_in], NULL: no mask */
  float *const *out;           /* [n_out], each [n][out shape] */
  float *out_mask;             /* NULL: not wanted, or none */
  float *scratch;              /* scratch_len + n * scratch_per_sample */
} NnCall;

/* What becomes of a mask that reaches a layer. */
typedef enum {
  NN_MASK_STOP, /* used or ignored, and not handed on (most layers) */
  NN_MASK_PASS, /* handed on as it is */
  NN_MASK_MAKE, /* the layer writes call->out_mask */
} NnMaskRule;

struct _NnLayer {
  const NnLayerClass *klass;
  char *name;
  NnWeights *weights;

  size_t n_in;
  NnShape *in;    /* [n_in], known before setup */
  bool *has_mask; /* [n_in], likewise */
  size_t n_out;
  NnShape *out; /* [n_out], declared by setup */

  NnMaskRule mask_rule;      /* from the class; setup may change it */
  bool is_view;              /* out 0 is in 0, perhaps in another shape */
  size_t scratch_len;        /* floats */
  size_t scratch_per_sample; /* floats for each sample more */
};

struct _NnLayerClass {
  const char *keras_name; /* Keras' class_name; aliases: see nn/layer.c */
  size_t size;            /* bytes of the layer's struct; begins with NnLayer */
  size_t n_axes; /* of families with 1D, 2D, 3D: spatial axes; else 0 */
  NnMaskRule mask_rule;

  /* Reads the untrusted config, checks inputs, declares weights, outputs and
   * scratch. The only step that may fail: through nn_config_fail. */
  void (*setup) (NnLayer *self, const NnConfig *config);
  /* Once, when the weights have their values: packs them. May be NULL. */
  void (*finish) (NnLayer *self);
  /* Runs on call->n samples. Not called for a view. */
  void (*forward) (const NnLayer *self, const NnCall *call);
  /* Frees what setup and finish allocated. May be NULL. */
  void (*clear) (NnLayer *self);
};

/* The class for a Keras class_name, or NULL. */
const NnLayerClass *nn_layer_class_find (const char *keras_name);
/* "Activation, Add, ...": for messages. Free with g_free. */
char *nn_layer_class_list (void);

/* A new call of a layer on inputs of the given shapes. weights: NULL, or those
 * of an earlier call of the same Keras layer. Free with nn_layer_free; NULL
 * where config failed. */
NnLayer *nn_layer_new (const NnLayerClass *klass, const char *name,
    NnWeights *weights, const NnConfig *config, const NnShape *in,
    const bool *has_mask, size_t n_in);
void nn_layer_free (NnLayer *layer); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnLayer, nn_layer_free)

/* For setup functions. All of them fail through config. */

/* Declares a weight array; returns its index in weights->params. */
size_t nn_layer_add_param (NnLayer *self, const NnConfig *config,
    const char *scope, const char *name, const NnShape *shape, bool trainable);
void nn_layer_add_output (
    NnLayer *self, const NnConfig *config, const NnShape *shape);
/* Checks for the number of inputs and their rank. */
bool nn_layer_expect (const NnLayer *self, const NnConfig *config, size_t n_in,
    size_t min_rank, size_t max_rank);
/* Refuses an option that changes the result, unless it has the value that does
 * not: null, or false. */
void nn_layer_refuse (const NnConfig *config, const char *key);

/* The value of weight array i; NULL where i was not declared. */
static inline const float *
nn_layer_value (const NnLayer *self, size_t i)
{
  return ((const NnParam *) g_ptr_array_index (self->weights->params, i))
      ->value;
}
