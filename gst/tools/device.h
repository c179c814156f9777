/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microphones and other devices to record from. */
#pragma once

#include <gst/gst.h>

/* name: of a device as listed by tool_device_list, or any of its other names;
 * NULL: the system's default. A floating element, or NULL and an error that
 * lists the names. */
GstElement *tool_device_source_new (const char *name, GError **error);

/* A line for each device. Free with g_free. */
char *tool_device_list (void);
