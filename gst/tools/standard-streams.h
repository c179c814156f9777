/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* First of all in a program: where it was started without standard input,
 * output or error, whatever it opens would take their place, and get what was
 * meant for them. After this they are there, and writing to them fails (EBADF).
 */
void tool_standard_streams_hold (void);
