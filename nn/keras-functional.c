/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functional models: a list of layers, each with its calls in the model and
 * their arguments. The list is in no particular order: calls are visited depth
 * first, each once. */
#include "nn/keras-private.h"
#include "nn/limits.h"

typedef enum { CALL_NEW, CALL_OPEN, CALL_DONE } CallState;

/* One call of one layer. */
typedef struct {
  NnKerasCall *spec; /* NULL: of an InputLayer */
  CallState state;
  GArray *out; /* of size_t: its tensors, once it is done */
} Call;

/* The numbers that a file uses for calls of a nested model: from 0 or 1. */
typedef struct {
  gint64 min, max; /* of those that occur */
  gint64 base;
} Numbering;

typedef struct {
  NnConfig entry;
  const char *name;
  char *where;
  NnKerasLayer *layer;
  GArray *calls; /* of Call */
  Numbering inbound, outputs;
} Entry;

typedef struct {
  NnKerasBuild *build;
  const NnConfig *config;
  GArray *entries;     /* of Entry */
  GHashTable *by_name; /* -> index + 1 */
} Functional;

/* A call that waits for those it depends on. */
typedef struct {
  guint entry, call;
  guint next; /* dependency to look at */
} Frame;

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  for (guint i = 0; entry->calls && i < entry->calls->len; i++) {
    Call *const call = &g_array_index (entry->calls, Call, i);

    nn_keras_call_free (call->spec);
    g_clear_pointer (&call->out, g_array_unref);
  }
  g_clear_pointer (&entry->calls, g_array_unref);
  g_free (entry->where);
}

static void
functional_clear (Functional *self)
{
  g_clear_pointer (&self->entries, g_array_unref);
  g_clear_pointer (&self->by_name, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Functional, functional_clear)

static const char *
entry_name (const NnConfig *entry)
{
  const NnConfig config = nn_config_get (entry, "config");
  const char *const name = nn_config_string (entry, "name", NULL);

  return name ? name : nn_config_string (&config, "name", "");
}

static Entry *
find_entry (const Functional *self, const char *name)
{
  const guint i = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_name, name));

  return i > 0 ? &g_array_index (self->entries, Entry, i - 1) : NULL;
}

static void
add_call (Functional *self, Entry *entry, const NnConfig *node)
{
  Call call = { .out = g_array_new (FALSE, FALSE, sizeof (size_t)) };

  if (node)
    call.spec = nn_keras_call_new (self->build, node);
  g_array_append_val (entry->calls, call);
}

static void
add_entry (Functional *self, NnKerasLayer *model, size_t i)
{
  const NnConfig layers = nn_config_get (self->config, "layers");
  Entry entry = { .entry = nn_config_at (&layers, i) };
  const NnConfig nodes = nn_config_get (&entry.entry, "inbound_nodes");

  entry.name = entry_name (&entry.entry);
  entry.where = g_strdup_printf ("layer “%s” (%s)", entry.name,
      nn_config_string (&entry.entry, "class_name", "?"));
  entry.entry.where = entry.where;
  entry.layer = nn_keras_child (model, i, &entry.entry);
  entry.calls = g_array_new (FALSE, FALSE, sizeof (Call));
  entry.inbound = entry.outputs =
      (Numbering){ .min = G_MAXINT64, .max = G_MININT64 };
  if (g_hash_table_contains (self->by_name, entry.name))
    nn_config_fail (&entry.entry, NN_ERROR_FORMAT, "two layers have this name");
  for (size_t k = 0;
       k < nn_config_length (&nodes) && nn_config_ok (self->config); k++) {
    NnConfig node = nn_config_at (&nodes, k);

    node.where = entry.where;
    add_call (self, &entry, &node);
  }
  if (entry.calls->len == 0
      && g_str_equal (entry.layer->class_name, "InputLayer"))
    add_call (self, &entry, NULL);
  g_array_append_val (self->entries, entry);
  g_hash_table_insert (self->by_name, (char *) entry.name,
      GUINT_TO_POINTER (self->entries->len));
}

static void
read_entries (Functional *self, NnKerasLayer *model)
{
  const NnConfig layers = nn_config_get (self->config, "layers");
  const size_t n = nn_config_length (&layers);

  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  if (n == 0)
    nn_config_fail (self->config, NN_ERROR_FORMAT, "has no layers");
  for (size_t i = 0; i < n && nn_config_ok (self->config)
       && nn_keras_spend (self->build, self->config, 1);
       i++)
    add_entry (self, model, i);
}

/* Calls of a nested model are numbered from 1 if call 0 is the model's own
 * graph. Keras 2 does so for every model with an input of its own; Keras 3 only
 * in output_layers, and not for Sequential. The numbers in the file are more
 * reliable than the version. */
static gint64
numbering_base (const Entry *entry, const Numbering *numbering, bool is_output)
{
  const NnConfig config = nn_config_get (&entry->entry, "config");
  const NnConfig list =
      nn_config_is_list (&config) ? config : nn_config_get (&config, "layers");
  const NnConfig first = nn_config_at (&list, 0);
  const NnConfig inner = nn_config_get (&first, "config");
  const bool is_sequential =
      g_str_equal (entry->layer->class_name, "Sequential");
  NnShape shape;

  if (!nn_keras_is_model (entry->layer->class_name) || numbering->min == 0)
    return 0;
  if (numbering->max >= entry->calls->len)
    return 1;
  if (entry->entry.keras_major >= 3)
    return is_output && !is_sequential;
  return !is_sequential || nn_keras_read_batch_shape (&inner, &shape);
}

static void
note_ref (Functional *self, const NnKerasRef *ref, bool is_output)
{
  Entry *const entry = find_entry (self, ref->layer);
  Numbering *numbering;

  if (!entry)
    return;
  numbering = is_output ? &entry->outputs : &entry->inbound;
  numbering->min = MIN (numbering->min, ref->node);
  numbering->max = MAX (numbering->max, ref->node);
}

static void
find_numbering (Functional *self, const GArray *outputs)
{
  for (guint i = 0; i < self->entries->len; i++) {
    const GArray *const calls = g_array_index (self->entries, Entry, i).calls;

    for (guint k = 0; k < calls->len; k++) {
      const NnKerasCall *const spec = g_array_index (calls, Call, k).spec;

      for (guint r = 0; spec && r < spec->inputs->len; r++)
        note_ref (self, &g_array_index (spec->inputs, NnKerasRef, r), false);
      for (guint r = 0; spec && r < spec->masks->len; r++)
        note_ref (
            self, &g_array_index (spec->masks, NnKerasMask, r).ref, false);
    }
  }
  for (guint i = 0; i < outputs->len; i++)
    note_ref (self, &g_array_index (outputs, NnKerasRef, i), true);
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *const entry = &g_array_index (self->entries, Entry, i);

    entry->inbound.base = numbering_base (entry, &entry->inbound, false);
    entry->outputs.base = numbering_base (entry, &entry->outputs, true);
  }
}

/* The call that ref refers to; NULL and a failure if there is none. */
static Call *
find_call (const Functional *self, const NnKerasRef *ref, bool is_output,
    const NnConfig *config, Frame *frame)
{
  Entry *const entry = find_entry (self, ref->layer);
  gint64 index;

  if (!entry) {
    nn_config_fail (config, NN_ERROR_FORMAT,
        "takes a tensor of layer “%s”, which does not exist", ref->layer);
    return NULL;
  }
  index = ref->node - (is_output ? entry->outputs.base : entry->inbound.base);
  if (index < 0 || index >= entry->calls->len) {
    nn_config_fail (config, NN_ERROR_FORMAT,
        "takes a tensor of call %" G_GINT64_FORMAT
        " of layer “%s”, which has %u calls",
        ref->node, ref->layer, entry->calls->len);
    return NULL;
  }
  if (frame)
    *frame = (Frame){ .entry = entry - (Entry *) self->entries->data,
      .call = index };
  return &g_array_index (entry->calls, Call, index);
}

/* The tensor that ref refers to, of a call that is done. */
static size_t
find_tensor (const Functional *self, const NnKerasRef *ref, bool is_output,
    const NnConfig *config)
{
  const Call *const call = find_call (self, ref, is_output, config, NULL);

  if (!call)
    return NN_NO_TENSOR;
  if (ref->tensor >= 0 && ref->tensor < call->out->len)
    return g_array_index (call->out, size_t, ref->tensor);
  nn_config_fail (config, NN_ERROR_FORMAT,
      "takes tensor %" G_GINT64_FORMAT " of layer “%s”, which has %u",
      ref->tensor, ref->layer, call->out->len);
  return NN_NO_TENSOR;
}

/* The inputs of a layer, for the table; shortened if it is called often. */
#define MAX_READS 1024

static void
note_reads (NnKerasLayer *layer, const NnKerasCall *spec)
{
  if (!layer->reads)
    layer->reads = g_string_new (NULL);
  else if (layer->reads->len < MAX_READS)
    g_string_append (layer->reads, "; ");
  for (guint i = 0; i < spec->inputs->len && layer->reads->len < MAX_READS; i++)
    g_string_append_printf (layer->reads, "%s%s", i > 0 ? ", " : "",
        g_array_index (spec->inputs, NnKerasRef, i).layer);
}

/* Calls the layer, once all its inputs exist. */
static void
run_call (Functional *self, Entry *entry, Call *call)
{
  const NnKerasCall *const spec = call->spec;
  const size_t n_in = spec->inputs->len;
  g_autofree size_t *in = g_new0 (size_t, n_in);
  g_autofree size_t *masks = g_new0 (size_t, n_in);

  for (size_t i = 0; i < n_in; i++) {
    in[i] = find_tensor (self, &g_array_index (spec->inputs, NnKerasRef, i),
        false, &entry->entry);
    masks[i] = NN_NO_TENSOR;
  }
  for (guint i = 0; i < spec->masks->len; i++) {
    const NnKerasMask *const mask =
        &g_array_index (spec->masks, NnKerasMask, i);

    masks[mask->input] = find_tensor (self, &mask->ref, false, &entry->entry);
  }
  if (n_in == 0)
    nn_config_fail (&entry->entry, NN_ERROR_FORMAT, "is called on no tensor");
  if (nn_config_ok (self->config))
    note_reads (entry->layer, spec);
  if (nn_config_ok (self->config))
    nn_keras_call_entry (self->build, entry->layer, &entry->entry,
        &(NnGraphCall){ .in = in,
            .mask = masks,
            .n_in = n_in,
            .args = (const NnArg *) spec->args->data,
            .n_args = spec->args->len },
        call->out);
}

static const NnKerasRef *
dependency (const NnKerasCall *spec, guint i)
{
  return i < spec->inputs->len
      ? &g_array_index (spec->inputs, NnKerasRef, i)
      : &g_array_index (spec->masks, NnKerasMask, i - spec->inputs->len).ref;
}

/* Advances the traversal: pushes a dependency that is not done, or executes the
 * call on top of the stack. */
static void
advance (Functional *self, GArray *stack)
{
  Frame *const top = &g_array_index (stack, Frame, stack->len - 1);
  Entry *const entry = &g_array_index (self->entries, Entry, top->entry);
  Call *const call = &g_array_index (entry->calls, Call, top->call);
  Frame frame;
  Call *other;

  if (!call->spec) {
    nn_config_fail (&entry->entry, NN_ERROR_FORMAT,
        "is used, but is not among the inputs of the model");
    return;
  }
  call->state = CALL_OPEN;
  if (top->next == call->spec->inputs->len + call->spec->masks->len) {
    run_call (self, entry, call);
    call->state = CALL_DONE;
    g_array_set_size (stack, stack->len - 1);
    return;
  }
  other = find_call (
      self, dependency (call->spec, top->next++), false, &entry->entry, &frame);
  if (other && other->state == CALL_OPEN)
    nn_config_fail (&entry->entry, NN_ERROR_FORMAT,
        "is part of a cycle: it needs its own output");
  else if (other && other->state == CALL_NEW)
    g_array_append_val (stack, frame);
}

static void
run_all (Functional *self)
{
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Frame));

  for (guint i = 0; i < self->entries->len; i++) {
    const Entry *const entry = &g_array_index (self->entries, Entry, i);

    for (guint k = 0; k < entry->calls->len; k++) {
      const Frame frame = { .entry = i, .call = k };

      if (!nn_config_ok (self->config))
        return;
      if (g_array_index (entry->calls, Call, k).state == CALL_DONE
          || !g_array_index (entry->calls, Call, k).spec)
        continue;
      g_array_append_val (stack, frame);
      while (stack->len > 0 && nn_config_ok (self->config))
        advance (self, stack);
    }
  }
}

static void
read_refs (const Functional *self, const char *key, GArray *refs)
{
  const NnConfig value = nn_config_get (self->config, key);

  nn_keras_read_refs (self->build, &value, refs);
  if (nn_config_ok (self->config) && refs->len == 0)
    nn_config_fail (self->config, NN_ERROR_FORMAT, "“%s” names no tensor", key);
}

/* The arguments of the model become the tensors of its InputLayers. */
static void
connect_inputs (
    Functional *self, const GArray *refs, const NnGraphCall *graph_call)
{
  if (refs->len != graph_call->n_in)
    nn_config_fail (self->config, NN_ERROR_SHAPE,
        "has %u inputs, and is called with %zu", refs->len, graph_call->n_in);
  for (guint i = 0; i < refs->len && nn_config_ok (self->config); i++) {
    const NnKerasRef *const ref = &g_array_index (refs, NnKerasRef, i);
    Call *const call = find_call (self, ref, false, self->config, NULL);

    if (!call)
      return;
    if (call->spec || call->state == CALL_DONE) {
      nn_config_fail (self->config, NN_ERROR_FORMAT,
          "input “%s” is not an InputLayer, or an input twice", ref->layer);
      return;
    }
    g_array_append_vals (call->out, &graph_call->in[i], 1);
    call->state = CALL_DONE;
  }
}

void
nn_keras_call_functional (NnKerasBuild *build, NnKerasLayer *model,
    const NnConfig *config, const NnGraphCall *graph_call, GArray *out)
{
  g_auto (Functional) self = { .build = build, .config = config };
  g_autoptr (GArray) inputs = g_array_new (FALSE, FALSE, sizeof (NnKerasRef));
  g_autoptr (GArray) outputs = g_array_new (FALSE, FALSE, sizeof (NnKerasRef));

  read_entries (&self, model);
  read_refs (&self, "input_layers", inputs);
  read_refs (&self, "output_layers", outputs);
  if (!nn_config_ok (config))
    return;
  find_numbering (&self, outputs);
  connect_inputs (&self, inputs, graph_call);
  run_all (&self);
  for (guint i = 0; i < outputs->len && nn_config_ok (config); i++) {
    const size_t tensor = find_tensor (
        &self, &g_array_index (outputs, NnKerasRef, i), true, config);

    g_array_append_val (out, tensor);
  }
}

void
nn_keras_functional_input_shapes (
    NnKerasBuild *build, const NnConfig *config, GArray *shapes)
{
  const NnConfig layers = nn_config_get (config, "layers");
  const NnConfig inputs = nn_config_get (config, "input_layers");
  g_autoptr (GArray) refs = g_array_new (FALSE, FALSE, sizeof (NnKerasRef));
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);

  nn_keras_read_refs (build, &inputs, refs);
  for (size_t i = 0; i < nn_config_length (&layers); i++) {
    const NnConfig entry = nn_config_at (&layers, i);

    g_hash_table_insert (by_name, (char *) entry_name (&entry),
        GUINT_TO_POINTER ((guint) i + 1));
  }
  for (guint i = 0; i < refs->len && nn_config_ok (config); i++) {
    const char *const name = g_array_index (refs, NnKerasRef, i).layer;
    const guint k = GPOINTER_TO_UINT (g_hash_table_lookup (by_name, name));
    const NnConfig entry = nn_config_at (&layers, k > 0 ? k - 1 : G_MAXSIZE);
    const NnConfig inner = nn_config_get (&entry, "config");
    NnShape shape;

    if (nn_keras_read_batch_shape (&inner, &shape))
      g_array_append_val (shapes, shape);
    else
      nn_config_fail (config, NN_ERROR_FORMAT,
          "input “%s” does not exist, or does not give its shape", name);
  }
  if (nn_config_ok (config) && refs->len == 0)
    nn_config_fail (config, NN_ERROR_FORMAT, "“input_layers” names no tensor");
}
