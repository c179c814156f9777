/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to recordings: of *n bytes of a file, some are lost or wrong
 * afterwards. What becomes of them is decided by rand; the first bytes, which a
 * file needs to be recognized, stay. */
#pragma once

#include <glib.h>

typedef void (*Harm) (char *bytes, gsize *n, gdouble much, GRand *rand);

/* much: the share of packets of MPEG-TS that are lost. */
void harm_lose_packets (char *bytes, gsize *n, gdouble much, GRand *rand);
/* much: the number of places where 8 bytes are wrong. */
void harm_bytes (char *bytes, gsize *n, gdouble much, GRand *rand);
/* much: the share of the file that is zero, in its middle. */
void harm_hole (char *bytes, gsize *n, gdouble much, GRand *rand);
/* much: the share of the file that is left. */
void harm_cut (char *bytes, gsize *n, gdouble much, GRand *rand);

/* Writes at path what is left of the file at whole. */
void harm_file (
    const char *whole, const char *path, Harm harm, gdouble much, guint32 seed);
