/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* Bytes that the program holds by malloc; 0 where the C library does not tell
 * (only glibc does). */
size_t heap_in_use (void);
