/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of GStreamer that a test program leaves behind, as GStreamer's own
 * tracer counts them. It has to run: GST_TRACERS=leaks. */
#pragma once

/* Adds the case /leaks/NAME: nothing is left. It ends GStreamer, so that it
 * must be added last. Skipped where the tracer does not run. */
void leaks_add_test (const char *name);
