/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/device.h"

/* Properties of a device with a name: of PulseAudio, PipeWire and ALSA. */
static const char *const name_fields[] = { "device.string", "node.name",
  "alsa.id", "device.path" };

/* The devices (GstDevice) that record sound. */
static GList *
find_devices (void)
{
  g_autoptr (GstDeviceMonitor) monitor = gst_device_monitor_new ();
  GList *devices;

  gst_device_monitor_add_filter (monitor, "Audio/Source", NULL);
  gst_device_monitor_start (monitor);
  devices = gst_device_monitor_get_devices (monitor);
  gst_device_monitor_stop (monitor);
  return devices;
}

/* Its name in its own sound system, or NULL. Free with g_free. */
static char *
system_name (GstDevice *device)
{
  g_autoptr (GstElement) element = gst_device_create_element (device, NULL);
  char *name = NULL;

  if (element) {
    gst_object_ref_sink (element);
    if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "device"))
      g_object_get (element, "device", &name, NULL);
  }
  return name;
}

static gboolean
is_called (GstDevice *device, const char *name)
{
  g_autofree char *display = gst_device_get_display_name (device);
  g_autofree char *own = system_name (device);
  g_autoptr (GstStructure) fields = gst_device_get_properties (device);

  if (g_strcmp0 (display, name) == 0 || g_strcmp0 (own, name) == 0)
    return TRUE;
  for (guint i = 0; fields && i < G_N_ELEMENTS (name_fields); i++)
    if (g_strcmp0 (gst_structure_get_string (fields, name_fields[i]), name)
        == 0)
      return TRUE;
  return FALSE;
}

char *
tool_device_list (void)
{
  GList *devices = find_devices ();
  GString *text = g_string_new (NULL);

  for (GList *item = devices; item; item = item->next) {
    g_autofree char *display = gst_device_get_display_name (item->data);
    g_autofree char *own = system_name (item->data);

    g_string_append_printf (
        text, "%s%s%s\n", own ? own : "", own ? "\t" : "", display);
  }
  g_list_free_full (devices, gst_object_unref);
  return g_string_free (text, FALSE);
}

static GstElement *
named_source_new (const char *name, GError **error)
{
  GList *devices = find_devices ();
  GstElement *element = NULL;

  for (GList *item = devices; item && !element; item = item->next)
    if (is_called (item->data, name))
      element = gst_device_create_element (item->data, NULL);
  if (!element)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        devices ? "no recording device is named “%s”; --list-devices lists the "
                  "available ones"
                : "no recording device found, so none is named “%s”; analyse "
                  "an audio file instead",
        name);
  g_list_free_full (devices, gst_object_unref);
  return element;
}

/* Checked beforehand, because libraries that find no device print long messages
 * on standard error. */
static gboolean
has_device (GError **error)
{
  GList *devices = find_devices ();
  const gboolean found = devices != NULL;

  g_list_free_full (devices, gst_object_unref);
  if (!found)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "no recording device found, or you lack permission to use it; analyse "
        "an audio file, or connect a microphone and try --list-devices");
  return found;
}

GstElement *
tool_device_source_new (const char *name, GError **error)
{
  GstElement *element;

  if (name)
    return named_source_new (name, error);
  if (!has_device (error))
    return NULL;
  element = gst_element_factory_make ("autoaudiosrc", NULL);
  if (!element)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer's element autoaudiosrc is not installed (Debian: apt "
        "install gstreamer1.0-plugins-good gstreamer1.0-pulseaudio)");
  return element;
}
