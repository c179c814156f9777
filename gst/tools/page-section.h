/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source on the page of --html: sound and windows in, HTML out. */
#pragma once

#include <gst/gst.h>

#include "gst/tools/report-line.h"

typedef struct _ToolPageSection ToolPageSection;

/* Free with tool_page_section_free. */
ToolPageSection *tool_page_section_new (void);
void tool_page_section_free (ToolPageSection *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolPageSection, tool_page_section_free)

/* Sound as it comes, and windows; may come from two threads at once. */
void tool_page_section_add_sound (
    ToolPageSection *self, GstBuffer *buffer, GstCaps *caps);
void tool_page_section_add_window (
    ToolPageSection *self, const ToolReportLine *window);

typedef struct {
  guint64 number;   /* of the source, from 1 */
  const char *url;  /* of the sound, escaped; NULL: it cannot be played */
  const char *note; /* a warning about the source; or NULL */
} ToolPageLink;

/* Ends the source: a line with a row for the table of all sources, and then its
 * section. Free with g_free. */
char *tool_page_section_write (ToolPageSection *self,
    const ToolReportLine *summary, const ToolPageLink *link);
