/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders that tests make for themselves. */
#pragma once

#include <glib.h>

/* A new empty folder; test_folder_remove removes it with all that is in it, and
 * frees the name. */
char *test_folder_new (void);
void test_folder_remove (char *folder);

/* Files a and b of the folder have the same bytes. */
void test_folder_assert_same (const char *folder, const char *a, const char *b);
