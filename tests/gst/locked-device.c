/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plugin whose devices are there, but may not be opened: what a microphone is
 * to somebody outside the group “audio”. Root may open every real one. */
#include <gst/base/base.h>

#define DESCRIPTION "Refuses to be opened"
#define AUTHOR "The gst-emotiondetect authors"

/* The source */

typedef struct {
  GstPushSrc parent;
  GstResourceError code;
} LockedSrc;

typedef GstPushSrcClass LockedSrcClass;

static GType locked_src_get_type (void);
G_DEFINE_TYPE (LockedSrc, locked_src, GST_TYPE_PUSH_SRC)

/* Where alsasrc, osssrc and pulsesrc open theirs. */
static GstStateChangeReturn
refuse (GstElement *element, GstStateChange transition)
{
  const LockedSrc *self = (const LockedSrc *) element;

  if (transition != GST_STATE_CHANGE_NULL_TO_READY)
    return GST_ELEMENT_CLASS (locked_src_parent_class)
        ->change_state (element, transition);
  gst_element_message_full (element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
      self->code, g_strdup ("Could not open audio device for recording."), NULL,
      __FILE__, G_STRFUNC, __LINE__);
  return GST_STATE_CHANGE_FAILURE;
}

static void
locked_src_class_init (LockedSrcClass *klass)
{
  static GstStaticPadTemplate src = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC,
      GST_PAD_ALWAYS, GST_STATIC_CAPS ("audio/x-raw, format = (string) S16LE"));
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  element_class->change_state = refuse;
  gst_element_class_add_static_pad_template (element_class, &src);
  gst_element_class_set_static_metadata (
      element_class, "Locked source", "Source/Audio", DESCRIPTION, AUTHOR);
}

static void
locked_src_init (LockedSrc *self)
{
  self->code = GST_RESOURCE_ERROR_OPEN_READ;
}

/* Devices of it, each with an error of its own */

typedef struct {
  GstDevice parent;
  GstResourceError code;
} LockedDevice;

typedef GstDeviceClass LockedDeviceClass;

static GType locked_device_get_type (void);
G_DEFINE_TYPE (LockedDevice, locked_device, GST_TYPE_DEVICE)

static GstElement *
create_element (GstDevice *device, const gchar *name)
{
  LockedSrc *source = g_object_new (locked_src_get_type (), "name", name, NULL);

  source->code = ((const LockedDevice *) device)->code;
  return GST_ELEMENT (source);
}

static void
locked_device_class_init (LockedDeviceClass *klass)
{
  klass->create_element = create_element;
}

static void
locked_device_init (LockedDevice *self)
{
}

static GstDevice *
device_new (const char *name, GstResourceError code)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-raw");
  LockedDevice *self = g_object_new (locked_device_get_type (), "display-name",
      name, "device-class", "Audio/Source", "caps", caps, NULL);

  self->code = code;
  return GST_DEVICE (self);
}

typedef GstDeviceProvider LockedProvider;
typedef GstDeviceProviderClass LockedProviderClass;

static GType locked_provider_get_type (void);
G_DEFINE_TYPE (LockedProvider, locked_provider, GST_TYPE_DEVICE_PROVIDER)

static GList *
probe (GstDeviceProvider *provider)
{
  GList *devices = NULL;

  devices = g_list_append (
      devices, device_new ("locked", GST_RESOURCE_ERROR_OPEN_READ));
  devices = g_list_append (
      devices, device_new ("forbidden", GST_RESOURCE_ERROR_NOT_AUTHORIZED));
  return g_list_append (devices, device_new ("busy", GST_RESOURCE_ERROR_BUSY));
}

static void
locked_provider_class_init (LockedProviderClass *klass)
{
  klass->probe = probe;
  gst_device_provider_class_set_static_metadata (
      klass, "Locked devices", "Audio/Source", DESCRIPTION, AUTHOR);
}

static void
locked_provider_init (LockedProvider *self)
{
}

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_element_register (
             plugin, "lockedsrc", GST_RANK_PRIMARY, locked_src_get_type ())
      && gst_device_provider_register (plugin, "lockeddeviceprovider",
          GST_RANK_PRIMARY, locked_provider_get_type ());
}

#define PACKAGE "gst-emotiondetect"
GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, lockeddevice,
    DESCRIPTION, plugin_init, "1", "GPL", PACKAGE,
    "https://example.org/gst-emotiondetect")
