/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.json as a page for people: what a run, an evaluation or an experiment
 * came to, and the options that made it. */
#pragma once

#include <glib.h>

/* json: of report.json, well-formed. Free with g_free. */
char *train_report_page (const char *json);
