/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model as a table, as Keras' model.summary (). */
#include <string.h>
#include "nn/config.h"
#include "nn/error.h"
#include "nn/limits.h"
#include "nn/model-private.h"

enum { NAME, SHAPE, COUNT, READS, N_COLUMNS };

typedef struct {
  char *cells[N_COLUMNS];
} Row;

typedef struct {
  GArray *rows;  /* of Row */
  int n_columns; /* without READS if no layer has any */
  guint64 n_trainable, n_frozen;
} Table;

static void
row_clear (gpointer data)
{
  for (int i = 0; i < N_COLUMNS; i++)
    g_free (((Row *) data)->cells[i]);
}

/* "1,234,567", whatever the locale. */
static char *
group_digits (guint64 n)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
  const size_t len = strlen (digits);
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < len; i++) {
    if (i > 0 && (len - i) % 3 == 0)
      g_string_append_c (text, ',');
    g_string_append_c (text, digits[i]);
  }
  return g_string_free (text, FALSE);
}

/* Takes over the cells. */
static void
append_row (Table *table, char *name, char *shape, char *count, char *reads)
{
  const Row row = { { name, shape, count, reads } };

  g_array_append_val (table->rows, row);
}

/* Widths are in characters, as on terminals. Numbers are right-aligned. */
static void
print_row (GString *text, const Row *row, const int *widths, int n_columns)
{
  if (row->cells[READS][0] == '\0')
    n_columns = READS;
  for (int i = 0; i < n_columns; i++) {
    const int missing = widths[i] - (int) g_utf8_strlen (row->cells[i], -1);
    const int behind = i == COUNT || i == READS ? 0 : missing;

    g_string_append_printf (text, "%s%*s%s%*s", i > 0 ? "  " : "",
        i == COUNT ? missing : 0, "", row->cells[i], behind, "");
  }
  g_string_append_c (text, '\n');
}

static void
print_rows (GString *text, const Table *table)
{
  const GArray *const rows = table->rows;
  const int n_columns = table->n_columns;
  int widths[N_COLUMNS] = { 0 }, total = 2 * (n_columns - 1);
  g_autofree char *rule = NULL;

  for (guint i = 0; i < rows->len; i++)
    for (int k = 0; k < n_columns; k++)
      widths[k] = MAX (widths[k],
          (int) g_utf8_strlen (g_array_index (rows, Row, i).cells[k], -1));
  for (int k = 0; k < n_columns; k++)
    total += widths[k];
  rule = g_strnfill (total, '-');
  for (guint i = 0; i < rows->len; i++) {
    print_row (text, &g_array_index (rows, Row, i), widths, n_columns);
    if (i == 0 || i + 1 == rows->len)
      g_string_append_printf (text, "%s\n", rule);
  }
}

static guint64
count_params (Table *table, const NnKerasLayer *layer, bool is_frozen)
{
  guint64 n = 0;

  for (guint i = 0; i < layer->weights->params->len; i++) {
    const NnParam *const param = g_ptr_array_index (layer->weights->params, i);

    n += param->size;
    *(param->trainable && !is_frozen ? &table->n_trainable
                                     : &table->n_frozen) += param->size;
  }
  return n;
}

/* A shape; axes whose size differs in other are shown as None. */
static char *
describe_shape (const NnShape *shape, const NnShape *other)
{
  NnShape open = *shape;

  for (size_t i = 0; other && other->rank == shape->rank && i < open.rank; i++)
    if (other->dim[i] != shape->dim[i])
      open.dim[i] = NN_DIM_UNKNOWN;
  return nn_shape_to_string (&open);
}

/* other: the same layer in the other model, or NULL. */
static void
append_layer (Table *table, const NnKerasLayer *layer,
    const NnKerasLayer *other, int depth, bool frozen)
{
  const bool is_frozen = frozen || !layer->trainable;
  g_autofree char *name = g_strdup_printf ("%*s%s (%s%s)", 2 * depth, "",
      layer->name, layer->class_name, layer->trainable ? "" : ", frozen");
  char *const count = group_digits (count_params (table, layer, is_frozen));

  if (layer->reads)
    table->n_columns = N_COLUMNS;
  append_row (table, nn_printable (name, NN_MAX_MESSAGE),
      layer->has_output
          ? describe_shape (&layer->out, other ? &other->out : NULL)
          : g_strdup (""),
      count,
      nn_printable (layer->reads ? layer->reads->str : "", NN_MAX_MESSAGE));
  for (guint i = 0; layer->children && i < layer->children->len; i++)
    append_layer (table, g_ptr_array_index (layer->children, i),
        other && other->children && i < other->children->len
            ? g_ptr_array_index (other->children, i)
            : NULL,
        depth + 1, is_frozen);
}

static void
append_layers (GString *text, const NnModel *model, const NnModel *other)
{
  Table table = { .rows = g_array_new (FALSE, FALSE, sizeof (Row)),
    .n_columns = READS };
  g_autofree char *total = NULL, *trainable = NULL;

  g_array_set_clear_func (table.rows, row_clear);
  append_row (&table, g_strdup ("Layer"), g_strdup ("Output shape"),
      g_strdup ("Parameters"), g_strdup ("Reads"));
  for (guint i = 0; i < model->layers->len; i++)
    append_layer (&table, g_ptr_array_index (model->layers, i),
        other ? g_ptr_array_index (other->layers, i) : NULL, 0, false);
  print_rows (text, &table);
  g_array_unref (table.rows);
  total = group_digits (table.n_trainable + table.n_frozen);
  trainable = group_digits (table.n_trainable);
  g_string_append_printf (
      text, "%s parameters, %s trainable\n\n", total, trainable);
}

static void
append_shapes (GString *text, const char *what, size_t n, const NnModel *model,
    const NnModel *other, const NnShape *(*get) (const NnModel *, size_t))
{
  g_string_append_printf (text, "%s: ", what);
  for (size_t i = 0; i < n; i++) {
    g_autofree char *shape =
        describe_shape (get (model, i), other ? get (other, i) : NULL);

    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", shape);
  }
  g_string_append_c (text, '\n');
}

/* Differs from Keras, where they would keep their state from window to window.
 */
static void
append_stateful (GString *text, const NnModel *model)
{
  bool any = false;

  for (guint i = 0; i < model->graph->nodes->len; i++) {
    const NnLayer *const layer = nn_graph_node (model->graph, i)->layer;
    g_autofree char *name =
        layer->is_stateful ? nn_printable (layer->name, NN_MAX_MESSAGE) : NULL;

    if (name)
      g_string_append_printf (text, "%s%s",
          any ? ", " : "stateful, but begun anew for each window: ", name);
    any = any || name;
  }
  if (any)
    g_string_append_c (text, '\n');
}

/* One value of the attribute; lists on one line. */
static void
append_value (GString *text, const NnConfig *value)
{
  g_autofree char *printable = NULL;
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (nn_config_is_list (value)) {
    for (size_t i = 0; i < nn_config_length (value); i++) {
      const NnConfig item = nn_config_at (value, i);

      g_string_append (text, i > 0 ? ", " : "");
      append_value (text, &item);
    }
  } else if (nn_config_is_object (value)) {
    g_string_append (text, "...");
  } else if (nn_config_is_string (value)) {
    printable =
        nn_printable (nn_config_as_string (value, ""), NN_MAX_METADATA_BYTES);
    g_string_append (text, printable);
  } else if (nn_config_is_number (value)) {
    g_string_append (text,
        g_ascii_formatd (
            number, sizeof number, "%.10g", nn_config_as_double (value, 0)));
  } else if (nn_config_is_set (value)) {
    g_string_append (text, nn_config_as_bool (value, false) ? "yes" : "no");
  } else {
    g_string_append (text, "none");
  }
}

/* The members of one object of the attribute, one per line. */
static void
append_members (GString *text, const NnConfig *object)
{
  g_autofree const char **keys = nn_config_keys (object);

  for (size_t i = 0; keys[i]; i++) {
    const NnConfig value = nn_config_get (object, keys[i]);

    g_autofree char *key = nn_printable (keys[i], NN_MAX_MESSAGE);

    g_string_append_printf (text, "  %s: ", key);
    append_value (text, &value);
    g_string_append_c (text, '\n');
  }
}

/* "emotiondetect": its objects (recipe, training, metrics, ...) with their
 * members, its plain values on a line each. */
static void
append_metadata (GString *text, const NnModel *model)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (NnDocument) document = nn_document_parse (
      model->name, model->metadata, strlen (model->metadata), NULL);
  g_autofree const char **keys = NULL;
  NnConfig root;

  if (!document)
    return;
  root = nn_document_root (document, model->name, 3, &failure);
  keys = nn_config_keys (&root);
  for (size_t i = 0; keys[i]; i++) {
    const NnConfig value = nn_config_get (&root, keys[i]);

    if (g_str_equal (keys[i], "self_test"))
      continue;
    g_autofree char *key = nn_printable (keys[i], NN_MAX_MESSAGE);

    g_string_append_printf (text, "%s:", key);
    if (nn_config_is_object (&value)) {
      g_string_append_c (text, '\n');
      append_members (text, &value);
    } else {
      g_string_append_c (text, ' ');
      append_value (text, &value);
      g_string_append_c (text, '\n');
    }
  }
  g_string_append_printf (
      text, "self-test: %s\n", model->has_self_test ? "passed" : "none");
}

char *
nn_model_describe (const NnModel *model, const NnModel *other)
{
  GString *text;
  g_autofree char *name = NULL;

  g_return_val_if_fail (model != NULL, NULL);
  text = g_string_new (NULL);
  name = nn_printable (model->name, NN_MAX_MESSAGE);
  g_string_append_printf (text, "%s: %s of Keras %s, %s\n\n", name,
      model->format ? model->format : "model",
      model->keras_version ? model->keras_version : "1 or 2",
      model->root->class_name);
  append_layers (text, model, other);
  append_shapes (text, "input", nn_model_n_inputs (model), model, other,
      nn_model_input_shape);
  append_shapes (text, "output", nn_model_n_outputs (model), model, other,
      nn_model_output_shape);
  append_stateful (text, model);
  if (model->metadata)
    append_metadata (text, model);
  return g_string_free (text, FALSE);
}
