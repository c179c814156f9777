/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/h5.h"

#include <hdf5.h>
#include <errno.h>
#include <string.h>
#include "nn/error.h"
#include "nn/limits.h"

struct _NnH5 {
  hid_t id;
  char *name;
  GBytes *bytes; /* of a file in memory: HDF5 keeps using them */
};

/* The process-wide lock, and the two settings of the library that must not
 * leak into or out of our calls: its error printer, and dynamic filters. */
static GRecMutex h5_lock;

typedef struct {
  H5E_auto2_t print;
  void *print_data;
  unsigned plugins;
} H5Guard;

static H5Guard
h5_enter (void)
{
  H5Guard guard;

  g_rec_mutex_lock (&h5_lock);
  H5open ();
  H5Eget_auto2 (H5E_DEFAULT, &guard.print, &guard.print_data);
  H5Eset_auto2 (H5E_DEFAULT, NULL, NULL);
  if (H5PLget_loading_state (&guard.plugins) < 0)
    guard.plugins = 0;
  H5PLset_loading_state (0);
  return guard;
}

static void
h5_leave (H5Guard *guard)
{
  H5PLset_loading_state (guard->plugins);
  H5Eset_auto2 (H5E_DEFAULT, guard->print, guard->print_data);
  g_rec_mutex_unlock (&h5_lock);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (H5Guard, h5_leave)
#define H5_SCOPE G_GNUC_UNUSED g_auto (H5Guard) guard = h5_enter ()

/* An identifier that closes itself, whatever it is of. */
typedef hid_t H5Id;

static void
h5_id_close (H5Id *id)
{
  if (*id >= 0)
    H5Idec_ref (*id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (H5Id, h5_id_close)

static NnH5 *
h5_wrap (hid_t id, const char *name, GBytes *bytes)
{
  NnH5 *file = g_new0 (NnH5, 1);

  file->id = id;
  file->name = g_strdup (name);
  file->bytes = bytes ? g_bytes_ref (bytes) : NULL;
  return file;
}

NnH5 *
nn_h5_open (const char *path, GError **error)
{
  FILE *probe;

  g_return_val_if_fail (path != NULL, NULL);
  probe = fopen (path, "rb"); /* HDF5 does not tell "absent" from "damaged" */
  if (!probe) {
    g_set_error (error, NN_ERROR, NN_ERROR_NOT_FOUND, "%s: %s", path,
        g_strerror (errno));
    return NULL;
  }
  fclose (probe);

  H5_SCOPE;
  const hid_t id = H5Fopen (path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: not an HDF5 file, or damaged", path);
    return NULL;
  }
  return h5_wrap (id, path, NULL);
}

NnH5 *
nn_h5_open_bytes (const char *name, GBytes *bytes, GError **error)
{
  static guint counter;
  gsize len;
  gconstpointer data;
  g_autofree char *unique = NULL;

  g_return_val_if_fail (name != NULL && bytes != NULL, NULL);
  data = g_bytes_get_data (bytes, &len);

  H5_SCOPE;
  /* HDF5 takes two open images of one name for one file. */
  unique = g_strdup_printf ("nn-image-%u", counter++);
  g_auto (H5Id) access = H5Pcreate (H5P_FILE_ACCESS);
  hid_t id = -1;

  /* The driver copies the image: it wants to own and free what it holds. */
  if (len > 0 && H5Pset_fapl_core (access, 1 << 16, 0) >= 0
      && H5Pset_file_image (access, (void *) data, len) >= 0)
    id = H5Fopen (unique, H5F_ACC_RDONLY, access);
  if (id < 0) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: not an HDF5 file, or damaged", name);
    return NULL;
  }
  return h5_wrap (id, name, NULL);
}

void
nn_h5_close (NnH5 *file)
{
  if (!file)
    return;
  {
    H5_SCOPE;
    H5Fclose (file->id);
  }
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_free (file->name);
  g_free (file);
}

const char *
nn_h5_name (const NnH5 *file)
{
  g_return_val_if_fail (file != NULL, NULL);
  return file->name;
}

/* Opens what path names, one hard link after the other; -1 if there is a link
 * that is missing or of another kind. */
static hid_t
h5_open_object (NnH5 *file, const char *path)
{
  g_auto (GStrv) parts = NULL;
  hid_t here;

  if (strlen (path) > NN_MAX_PATH)
    return -1;
  parts = g_strsplit (path, "/", -1);
  here = H5Oopen (file->id, "/", H5P_DEFAULT);
  for (size_t i = 0; parts[i] && here >= 0; i++) {
    H5L_info_t link;
    hid_t next = -1;

    if (parts[i][0] == '\0')
      continue;
    if (strcmp (parts[i], ".") != 0
        && H5Lget_info (here, parts[i], &link, H5P_DEFAULT) >= 0
        && link.type == H5L_TYPE_HARD)
      next = H5Oopen (here, parts[i], H5P_DEFAULT);
    H5Oclose (here);
    here = next;
  }
  return here;
}

static hid_t
h5_require (NnH5 *file, const char *path, H5I_type_t type, GError **error)
{
  const hid_t id = h5_open_object (file, path);

  if (id >= 0 && H5Iget_type (id) == type)
    return id;
  if (id >= 0)
    H5Oclose (id);
  g_set_error (error, NN_ERROR, NN_ERROR_FORMAT, "%s: no %s “%s”", file->name,
      type == H5I_DATASET ? "dataset" : "group", path);
  return -1;
}

static bool
h5_has (NnH5 *file, const char *path, H5I_type_t type)
{
  H5_SCOPE;
  g_auto (H5Id) id = h5_open_object (file, path);

  return id >= 0 && H5Iget_type (id) == type;
}

bool
nn_h5_has_group (NnH5 *file, const char *path)
{
  g_return_val_if_fail (file != NULL && path != NULL, false);
  return h5_has (file, path, H5I_GROUP);
}

bool
nn_h5_has_dataset (NnH5 *file, const char *path)
{
  g_return_val_if_fail (file != NULL && path != NULL, false);
  return h5_has (file, path, H5I_DATASET);
}

static herr_t
collect_name (
    hid_t group, const char *name, const H5L_info_t *info, void *user_data)
{
  GPtrArray *names = user_data;

  if (names->len >= NN_MAX_NAMES)
    return -1;
  g_ptr_array_add (names, g_strdup (name));
  return 0;
}

char **
nn_h5_children (NnH5 *file, const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  g_return_val_if_fail (file != NULL && path != NULL, NULL);
  H5_SCOPE;
  g_auto (H5Id) group = h5_require (file, path, H5I_GROUP, error);
  if (group < 0)
    return NULL;
  if (H5Literate (group, H5_INDEX_NAME, H5_ITER_INC, NULL, collect_name, names)
      < 0) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: group “%s” is damaged or has more than %d members", file->name,
        path, NN_MAX_NAMES);
    return NULL;
  }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

/* The dimensions of a dataspace, bounded. */
static bool
h5_space_shape (hid_t space, NnShape *shape, size_t *size)
{
  hsize_t dims[NN_MAX_RANK];
  const int rank = H5Sget_simple_extent_ndims (space);

  if (rank < 0 || rank > NN_MAX_RANK
      || H5Sget_simple_extent_type (space) == H5S_NULL
      || H5Sget_simple_extent_dims (space, dims, NULL) < 0)
    return false;
  shape->rank = rank;
  *size = 1;
  for (int i = 0; i < rank; i++) {
    if (dims[i] > NN_MAX_DIM)
      return false;
    shape->dim[i] = dims[i];
    if (!g_size_checked_mul (size, *size, shape->dim[i])
        || *size > NN_MAX_ELEMENTS)
      return false;
  }
  return true;
}

/* Turns n strings of the file's type, as HDF5 read them, into a GStrv. */
static char **
h5_strings_from_buffer (const char *buffer, size_t n, hid_t type)
{
  char **strings = g_new0 (char *, n + 1);
  const bool is_variable = H5Tis_variable_str (type) > 0;
  const size_t width = H5Tget_size (type);

  for (size_t i = 0; i < n; i++) {
    const char *const text =
        is_variable ? ((char *const *) buffer)[i] : buffer + i * width;
    const gsize len =
        is_variable ? (text ? strlen (text) : 0) : strnlen (text, width);

    strings[i] = text ? g_strndup (text, len) : g_strdup ("");
  }
  return strings;
}

/* Reads the strings of an attribute (dataset < 0) or of a dataset. */
static char **
h5_read_string_list (
    hid_t attribute, hid_t dataset, hid_t file_type, hid_t space, size_t n)
{
  g_auto (H5Id) type = H5Tcopy (file_type);
  size_t bytes;
  g_autofree char *buffer = NULL;
  char **strings = NULL;
  herr_t status;

  if (!g_size_checked_mul (&bytes, n, H5Tget_size (type))
      || bytes > NN_MAX_CONFIG_BYTES)
    return NULL;
  buffer = g_try_malloc0 (MAX (bytes, 1));
  if (!buffer)
    return NULL;
  status = dataset < 0
      ? H5Aread (attribute, type, buffer)
      : H5Dread (dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
  if (status >= 0)
    strings = h5_strings_from_buffer (buffer, n, type);
  if (status >= 0 && H5Tis_variable_str (type) > 0)
    H5Dvlen_reclaim (type, space, H5P_DEFAULT, buffer);
  return strings;
}

/* The strings of one attribute; NULL where it is not made of strings. */
static char **
h5_attribute_list (hid_t object, const char *name)
{
  g_auto (H5Id) attribute = H5Aopen (object, name, H5P_DEFAULT);
  g_auto (H5Id) type = attribute < 0 ? -1 : H5Aget_type (attribute);
  g_auto (H5Id) space = attribute < 0 ? -1 : H5Aget_space (attribute);
  NnShape shape;
  size_t n;

  if (type < 0 || space < 0 || !h5_space_shape (space, &shape, &n)
      || shape.rank > 1 || n > NN_MAX_NAMES)
    return NULL;
  if (n == 0)
    return g_new0 (char *, 1);
  if (H5Tget_class (type) != H5T_STRING)
    return NULL;
  return h5_read_string_list (attribute, -1, type, space, n);
}

static hid_t
h5_require_object (NnH5 *file, const char *path, GError **error)
{
  const hid_t id = h5_open_object (file, path);

  if (id < 0)
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT, "%s: no object “%s”",
        file->name, path);
  return id;
}

bool
nn_h5_has_attribute (NnH5 *file, const char *path, const char *name)
{
  g_return_val_if_fail (file != NULL && path != NULL && name != NULL, false);
  H5_SCOPE;
  g_auto (H5Id) object = h5_open_object (file, path);

  return object >= 0 && H5Aexists (object, name) > 0;
}

char *
nn_h5_attribute_string (
    NnH5 *file, const char *path, const char *name, GError **error)
{
  g_auto (GStrv) list = NULL;

  g_return_val_if_fail (file != NULL && path != NULL && name != NULL, NULL);
  H5_SCOPE;
  g_auto (H5Id) object = h5_require_object (file, path, error);
  if (object < 0)
    return NULL;
  if (H5Aexists (object, name) > 0)
    list = h5_attribute_list (object, name);
  if (!list || g_strv_length (list) != 1) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: attribute “%s” of “%s” is missing or not a string", file->name,
        name, path);
    return NULL;
  }
  return g_steal_pointer (&list[0]);
}

/* Appends name0, name1, ... to strings: how Keras stores what is past the 64 kB
 * that HDF5 allows for one attribute. */
static bool
h5_append_split (hid_t object, const char *name, GPtrArray *strings)
{
  for (int part = 0; part < NN_MAX_ATTRIBUTE_PARTS; part++) {
    g_autofree char *part_name = g_strdup_printf ("%s%d", name, part);
    g_autofree char **list = NULL;

    if (H5Aexists (object, part_name) <= 0)
      return part > 0;
    list = h5_attribute_list (object, part_name);
    if (!list)
      return false;
    for (size_t i = 0; list[i]; i++)
      g_ptr_array_add (strings, list[i]);
    if (strings->len > NN_MAX_NAMES)
      return false;
  }
  return false;
}

char **
nn_h5_attribute_strings (
    NnH5 *file, const char *path, const char *name, GError **error)
{
  g_autoptr (GPtrArray) joined = g_ptr_array_new_with_free_func (g_free);
  char **list = NULL;

  g_return_val_if_fail (file != NULL && path != NULL && name != NULL, NULL);
  H5_SCOPE;
  g_auto (H5Id) object = h5_require_object (file, path, error);
  if (object < 0)
    return NULL;
  if (H5Aexists (object, name) > 0) {
    list = h5_attribute_list (object, name);
  } else if (h5_append_split (object, name, joined)) {
    g_ptr_array_add (joined, NULL);
    list = (char **) g_ptr_array_free (g_steal_pointer (&joined), FALSE);
  }
  if (!list)
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: attribute “%s” of “%s” is missing or not a list of strings",
        file->name, name, path);
  return list;
}

/* Refuses storage that reaches outside the file or into plugins. */
static bool
h5_storage_is_plain (hid_t dataset)
{
  g_auto (H5Id) plist = H5Dget_create_plist (dataset);
  int n_filters;

  if (plist < 0 || H5Pget_layout (plist) == H5D_VIRTUAL
      || H5Pget_external_count (plist) != 0)
    return false;
  n_filters = H5Pget_nfilters (plist);
  for (int i = 0; i < n_filters; i++) {
    unsigned flags, config;
    size_t n_values = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2 (plist, i, &flags, &n_values, NULL, 0, NULL, &config);

    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE)
      return false;
  }
  return n_filters >= 0;
}

/* Opens a dataset that is safe to read; its shape and element count. */
static hid_t
h5_open_dataset (
    NnH5 *file, const char *path, NnShape *shape, size_t *size, GError **error)
{
  g_auto (H5Id) dataset = h5_require (file, path, H5I_DATASET, error);
  g_auto (H5Id) space = dataset < 0 ? -1 : H5Dget_space (dataset);
  hid_t result;

  if (dataset < 0)
    return -1;
  if (space < 0 || !h5_space_shape (space, shape, size)) {
    g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
        "%s: dataset “%s” is larger than %" G_GSIZE_FORMAT " elements or has "
        "more than %d axes",
        file->name, path, NN_MAX_ELEMENTS, NN_MAX_RANK);
    return -1;
  }
  if (!h5_storage_is_plain (dataset)) {
    g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
        "%s: dataset “%s” is external, virtual or uses a filter other than "
        "deflate and shuffle",
        file->name, path);
    return -1;
  }
  result = dataset;
  dataset = -1;
  return result;
}

bool
nn_h5_dataset_shape (
    NnH5 *file, const char *path, NnShape *shape, GError **error)
{
  size_t size;

  g_return_val_if_fail (file != NULL && path != NULL && shape != NULL, false);
  H5_SCOPE;
  g_auto (H5Id) dataset = h5_open_dataset (file, path, shape, &size, error);

  return dataset >= 0;
}

static gpointer
h5_read_numbers (NnH5 *file, const char *path, hid_t memory_type,
    size_t element, NnShape *shape, GError **error)
{
  NnShape found;
  size_t size;
  g_autofree void *data = NULL;
  g_auto (H5Id) dataset = h5_open_dataset (file, path, &found, &size, error);
  g_auto (H5Id) type = dataset < 0 ? -1 : H5Dget_type (dataset);

  if (dataset < 0)
    return NULL;
  if (type < 0
      || (H5Tget_class (type) != H5T_FLOAT
          && H5Tget_class (type) != H5T_INTEGER)) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: dataset “%s” does not hold numbers", file->name, path);
    return NULL;
  }
  data = g_try_malloc (MAX (size, 1) * element);
  if (!data
      || H5Dread (dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data)
          < 0) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: dataset “%s” cannot be read: damaged or truncated", file->name,
        path);
    return NULL;
  }
  if (shape)
    *shape = found;
  return g_steal_pointer (&data);
}

float *
nn_h5_read_floats (NnH5 *file, const char *path, NnShape *shape, GError **error)
{
  g_return_val_if_fail (file != NULL && path != NULL, NULL);
  H5_SCOPE;
  return h5_read_numbers (
      file, path, H5T_NATIVE_FLOAT, sizeof (float), shape, error);
}

double *
nn_h5_read_doubles (
    NnH5 *file, const char *path, NnShape *shape, GError **error)
{
  g_return_val_if_fail (file != NULL && path != NULL, NULL);
  H5_SCOPE;
  return h5_read_numbers (
      file, path, H5T_NATIVE_DOUBLE, sizeof (double), shape, error);
}

char **
nn_h5_read_strings (NnH5 *file, const char *path, GError **error)
{
  NnShape shape;
  size_t n;
  char **strings = NULL;

  g_return_val_if_fail (file != NULL && path != NULL, NULL);
  H5_SCOPE;
  g_auto (H5Id) dataset = h5_open_dataset (file, path, &shape, &n, error);
  if (dataset < 0)
    return NULL;
  g_auto (H5Id) type = H5Dget_type (dataset);
  g_auto (H5Id) space = H5Dget_space (dataset);

  if (H5Tget_class (type) == H5T_STRING && shape.rank <= 1 && n <= NN_MAX_NAMES)
    strings = h5_read_string_list (-1, dataset, type, space, n);
  if (!strings)
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: dataset “%s” does not hold a list of strings", file->name, path);
  return strings;
}
