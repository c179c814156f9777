/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a layer is. To add one: write nn/layers/<name>.c with its NnLayerClass
 * (or those of a family), and add it to the table in nn/layer.c. Loader,
 * session, trainer and saver know no layer by name.
 *
 * An NnLayer is one call of a Keras layer in the graph: it knows the shapes of
 * its inputs and outputs. A Keras layer that is called several times becomes
 * several NnLayers that share one NnWeights. */
#pragma once

#include <glib.h>
#include "nn/activation.h"
#include "nn/config.h"
#include "nn/initializer.h"
#include "nn/shape.h"

typedef struct _NnLayer NnLayer;
typedef struct _NnLayerClass NnLayerClass;
typedef struct _NnTraining NnTraining; /* nn/training.h */

/* One named array. Loader, saver, optimiser and gradient check iterate over
 * these. */
typedef struct {
  const char *scope; /* its scope in Keras 3: "", "cell", "forward_layer/cell"
                        (static or interned) */
  const char *name;  /* "kernel", "gamma", ... (static) */
  NnShape shape;
  size_t size; /* elements */
  bool trainable;
  float *value; /* [size] */
  NnInitializer initializer;
  NnRegularizer regularizer;
  bool has_constraint;
} NnParam;

/* The arrays of one Keras layer, in the order in which Keras creates them. */
typedef struct {
  GPtrArray *params; /* of NnParam, owned */
  gatomicrefcount refs;
} NnWeights;

NnWeights *nn_weights_new (void);
NnWeights *nn_weights_ref (NnWeights *weights);
void nn_weights_unref (NnWeights *weights); /* NULL is fine */
/* Adds an array that no layer declares: shape must be within bounds, and name
 * static. */
NnParam *nn_weights_add (
    NnWeights *weights, const char *name, const NnShape *shape, bool trainable);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnWeights, nn_weights_unref)

/* One call of a layer for n samples. All arrays are the caller's. Masks are
 * [n][first axis] of 1 (use) and 0 (skip), as Keras propagates them. Masks of
 * several axes occur only inside TimeDistributed, which removes one. */
typedef struct {
  size_t n;
  const float *const *in;      /* [n_in], each [n][in shape] */
  const float *const *in_mask; /* [n_in], NULL: no mask */
  float *const *out;           /* [n_out], each [n][out shape] */
  float *out_mask;             /* NULL: not wanted, or none */
  float *scratch;              /* scratch_len + n * scratch_per_sample */
  /* The samples follow each other in time: the result must not depend, bit for
   * bit, on how many a call has. */
  bool is_sequence;
  /* Of a stateful layer in a sequence: [state_len], the state before the first
   * sample, replaced by that after the last. Else NULL. */
  float *state;
} NnCall;

/* One argument of the call of a layer, as the model's graph has it: tensors, or
 * a constant. Sequential models and wrappers give one argument, the input.
 *   x + 1.0          { position 0, in 0 }, { position 1, value 1.0 }
 *   Add ()([a, b])   { position 0, in 0 and 1 }
 *   mha (q, value=v) { position 0, in 0 }, { "value", in 1 }
 *   lstm (x, initial_state=[h, c])  { position 0, in 0 },
 *                                   { "initial_state", in 1 and 2 }; Keras 2
 *                                   writes { position 0, in 0, 1 and 2 }
 * Masks are no arguments: mask=, query_mask=, value_mask= and key_mask= have
 * become has_mask. Neither is training=. Arguments that are None are left out.
 */
typedef struct {
  const char *name; /* keyword, or NULL: by position */
  size_t position;  /* of a positional argument, from 0 */
  size_t first, n;  /* its tensors: in[first], ... in[first + n - 1] */
  NnConfig value;   /* where n is 0: the constant; may be a list */
} NnArg;

/* The arguments of a call. */
typedef struct {
  const NnShape *in;    /* [n_in] */
  const bool *has_mask; /* [n_in] */
  size_t n_in;
  const NnArg *args; /* [n_args]; together they contain each input once */
  size_t n_args;
} NnArgs;

/* What a layer does with a mask. */
typedef enum {
  NN_MASK_STOP, /* used or ignored, but not passed on (most layers) */
  NN_MASK_PASS, /* passed on unchanged */
  NN_MASK_MAKE, /* the layer writes call->out_mask */
} NnMaskRule;

struct _NnLayer {
  const NnLayerClass *klass;
  char *name;
  NnWeights *weights;

  size_t n_in;
  NnShape *in;        /* [n_in], known before setup */
  bool *has_mask;     /* [n_in], likewise */
  const NnArgs *args; /* only in setup: see nn_layer_arg */
  size_t n_out;
  NnShape *out; /* [n_out], declared by setup */

  NnMaskRule mask_rule; /* from the class; setup may change it */
  size_t mask_rank;     /* MAKE: axes of the output that out_mask has; 0: one */
  bool is_stateful; /* Keras would keep the state from call to call; here each
                       sample starts from zero, as in Keras' first call, except
                       in a sequence (nn_session_run_sequence) */
  size_t state_len; /* floats of state kept from call to call, if it is stateful
                       and supports it (NnCall.state); else 0 */
  bool is_view;     /* out 0 is in 0, perhaps in another shape */
  size_t scratch_len;        /* floats */
  size_t scratch_per_sample; /* floats for each sample more */

  /* For training: */
  bool is_frozen; /* set by the trainer: its weights and statistics stay */
  NnActivation *last_activation; /* at the end of forward, or NULL; made linear
                                    where the trainer applies it */
  bool has_penalty;              /* activity_regularizer: cannot be trained */
};

/* How a member of a layer's config is saved, so that Keras 2 and 3 can both
 * read it (nn/save-config.h). */
typedef struct {
  const char *key;
  const char *saved; /* another name, or NULL: omitted */
} NnSavedKey;

/* Operators on tensors, which Keras 3 keeps as nodes of the graph (a + b,
 * x[:, -1], keras.ops.mean (x)), are layers too: keras_name is "ops." and
 * Keras' class_name, as in "ops.Add". Booleans are 1 and 0.
 * Keras 2 operators (TFOpLambda, SlicingOpLambda) come as the same classes,
 * with Keras 3's names of arguments. */
struct _NnLayerClass {
  const char *keras_name; /* Keras' class_name; an alias is another class */
  size_t size;            /* bytes of the layer's struct; begins with NnLayer */
  size_t n_axes; /* of families with 1D, 2D, 3D: spatial axes; else 0 */
  NnMaskRule mask_rule;
  const NnSavedKey *saved_keys; /* ends with a key NULL; NULL: none */
  const char *saved_scope; /* Keras 2's name of the scope "cell", or NULL */

  /* Reads the untrusted config, checks inputs, declares weights, outputs and
   * scratch. The only function that may fail: through nn_config_fail. */
  void (*setup) (NnLayer *self, const NnConfig *config);
  /* Packs the weights, once they have values and again after training has
   * changed them. False if out of memory, which can only happen the first time:
   * the memory is kept. May be NULL. */
  bool (*finish) (NnLayer *self);
  /* For inference: takes over the work of next, the only reader of its output
   * (nn/fuse.h); false if it cannot. After finish. May be NULL. */
  bool (*absorb) (NnLayer *self, const NnLayer *next);
  /* For inference, after that: chooses the fastest algorithm for the given
   * shapes, and sets scratch_len. The layer must have been finished, and may be
   * finished again. False if out of memory. May be NULL. */
  bool (*specialise) (NnLayer *self);
  /* For inference, after that and on request: rounds weights to 8 bits if that
   * makes the layer faster at little cost in accuracy. Finishing the layer
   * again undoes it. May be NULL. */
  void (*quantise) (NnLayer *self);
  /* Runs on call->n samples. Not called for a view. */
  void (*forward) (const NnLayer *self, const NnCall *call);
  /* Multiplications and additions in the matrix products of one sample, by
   * definition, not as implemented; NULL: negligible. For nn/profile.h. */
  double (*flops) (const NnLayer *self);
  /* Frees what setup and finish allocated. May be NULL. */
  void (*clear) (NnLayer *self);
  /* NULL: no gradient. Views need none. */
  const NnTraining *training;
};

/* The class for a Keras class_name, or NULL. */
const NnLayerClass *nn_layer_class_find (const char *keras_name);
/* "Activation, Add, ...": for messages. Free with g_free. */
char *nn_layer_class_list (void);

/* A new call of a layer. weights: NULL, or those of an earlier call of the same
 * Keras layer. Free with nn_layer_free; NULL if config failed. */
NnLayer *nn_layer_new (const NnLayerClass *klass, const char *name,
    NnWeights *weights, const NnConfig *config, const NnArgs *args);
void nn_layer_free (NnLayer *layer); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnLayer, nn_layer_free)

/* For setup functions. Functions that take a config fail through it. */

/* The argument with this keyword or position (G_MAXSIZE: keyword only), or NULL
 * if the call lacks it. */
const NnArg *nn_layer_arg (
    const NnLayer *self, const char *name, size_t position);
/* The same for a boolean keyword argument. */
bool nn_layer_flag (const NnLayer *self, const char *name, bool fallback);

/* Declares a weight array; returns its index in weights->params. config
 * contains its initialiser and regulariser. */
size_t nn_layer_add_param (NnLayer *self, const NnConfig *config,
    const char *scope, const char *name, const NnShape *shape, bool trainable);
void nn_layer_add_output (
    NnLayer *self, const NnConfig *config, const NnShape *shape);
/* Checks of the number of inputs and of their rank. */
bool nn_layer_expect (const NnLayer *self, const NnConfig *config, size_t n_in,
    size_t min_rank, size_t max_rank);
/* Rejects an option that would change the result, unless it is null or false.
 */
void nn_layer_refuse (const NnConfig *config, const char *key);

/* The value of weight array i; NULL if i was not declared. */
static inline const float *
nn_layer_value (const NnLayer *self, size_t i)
{
  return ((const NnParam *) g_ptr_array_index (self->weights->params, i))
      ->value;
}
