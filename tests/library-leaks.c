/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preloaded, so that LeakSanitizer forgives what libraries allocate while they
 * are loaded (GLib's first table of quarks, for one), as "leak:_dl_init" does
 * in lsan.supp, and does not need whole stacks for it. */
#define _GNU_SOURCE
#include <dlfcn.h>

/* Of programs with the sanitizer; others are started by tests as well. */
void __lsan_disable (void) __attribute__ ((weak));
void __lsan_enable (void) __attribute__ ((weak));

typedef int (*Main) (int, char **, char **);
typedef int Start (Main main, int argc, char **argv, void (*init) (void),
    void (*fini) (void), void (*rtld_fini) (void), void *stack_end);
Start __libc_start_main __attribute__ ((visibility ("default")));

/* Linked with -z initfirst: before those of all other libraries. */
__attribute__ ((constructor)) static void
begin (void)
{
  if (__lsan_disable)
    __lsan_disable ();
}

/* Libraries are loaded; the program begins. */
int
__libc_start_main (Main main, int argc, char **argv, void (*init) (void),
    void (*fini) (void), void (*rtld_fini) (void), void *stack_end)
{
  Start *const start = (Start *) dlsym (RTLD_NEXT, "__libc_start_main");

  if (__lsan_enable)
    __lsan_enable ();
  return start (main, argc, argv, init, fini, rtld_fini, stack_end);
}
