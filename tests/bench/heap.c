/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/heap.h"

#include <stdlib.h>

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
#include <malloc.h>

size_t
heap_in_use (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}
#else
size_t
heap_in_use (void)
{
  return 0;
}
#endif
