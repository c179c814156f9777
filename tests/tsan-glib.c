/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For builds with -fsanitize=thread only. GLib's locks are futexes inside a
 * library that ThreadSanitizer does not see into, so it would take every lock
 * for none. These definitions take their place, in this program and in the
 * libraries it uses, with POSIX ones that it knows. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <glib-object.h>

static void *
install (gpointer *slot, void *fresh, void (*discard) (void *))
{
  void *old = NULL;

  if (__atomic_compare_exchange_n (
          slot, &old, fresh, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return fresh;
  discard (fresh);
  return old;
}

static void
discard_mutex (void *mutex)
{
  pthread_mutex_destroy (mutex);
  free (mutex);
}

static void
discard_cond (void *cond)
{
  pthread_cond_destroy (cond);
  free (cond);
}

static pthread_mutex_t *
mutex_of (gpointer *slot, int type)
{
  pthread_mutex_t *mutex = __atomic_load_n (slot, __ATOMIC_ACQUIRE);
  pthread_mutexattr_t attributes;

  if (mutex)
    return mutex;
  mutex = malloc (sizeof *mutex);
  pthread_mutexattr_init (&attributes);
  pthread_mutexattr_settype (&attributes, type);
  pthread_mutex_init (mutex, &attributes);
  pthread_mutexattr_destroy (&attributes);
  return install (slot, mutex, discard_mutex);
}

static pthread_cond_t *
cond_of (GCond *self)
{
  pthread_cond_t *cond = __atomic_load_n (&self->p, __ATOMIC_ACQUIRE);
  pthread_condattr_t attributes;

  if (cond)
    return cond;
  cond = malloc (sizeof *cond);
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (cond, &attributes);
  pthread_condattr_destroy (&attributes);
  return install (&self->p, cond, discard_cond);
}

#define VISIBLE __attribute__ ((visibility ("default")))

VISIBLE void
g_mutex_init (GMutex *self)
{
  self->p = NULL;
}

VISIBLE void
g_mutex_clear (GMutex *self)
{
  if (self->p)
    discard_mutex (self->p);
  self->p = NULL;
}

VISIBLE void
g_mutex_lock (GMutex *self)
{
  pthread_mutex_lock (mutex_of (&self->p, PTHREAD_MUTEX_NORMAL));
}

VISIBLE gboolean
g_mutex_trylock (GMutex *self)
{
  return pthread_mutex_trylock (mutex_of (&self->p, PTHREAD_MUTEX_NORMAL)) == 0;
}

VISIBLE void
g_mutex_unlock (GMutex *self)
{
  pthread_mutex_unlock (mutex_of (&self->p, PTHREAD_MUTEX_NORMAL));
}

VISIBLE void
g_rec_mutex_init (GRecMutex *self)
{
  self->p = NULL;
}

VISIBLE void
g_rec_mutex_clear (GRecMutex *self)
{
  if (self->p)
    discard_mutex (self->p);
  self->p = NULL;
}

VISIBLE void
g_rec_mutex_lock (GRecMutex *self)
{
  pthread_mutex_lock (mutex_of (&self->p, PTHREAD_MUTEX_RECURSIVE));
}

VISIBLE gboolean
g_rec_mutex_trylock (GRecMutex *self)
{
  return pthread_mutex_trylock (mutex_of (&self->p, PTHREAD_MUTEX_RECURSIVE))
      == 0;
}

VISIBLE void
g_rec_mutex_unlock (GRecMutex *self)
{
  pthread_mutex_unlock (mutex_of (&self->p, PTHREAD_MUTEX_RECURSIVE));
}

VISIBLE void
g_cond_init (GCond *self)
{
  self->p = NULL;
}

VISIBLE void
g_cond_clear (GCond *self)
{
  if (self->p)
    discard_cond (self->p);
  self->p = NULL;
}

VISIBLE void
g_cond_wait (GCond *self, GMutex *mutex)
{
  pthread_cond_wait (
      cond_of (self), mutex_of (&mutex->p, PTHREAD_MUTEX_NORMAL));
}

VISIBLE void
g_cond_signal (GCond *self)
{
  pthread_cond_signal (cond_of (self));
}

VISIBLE void
g_cond_broadcast (GCond *self)
{
  pthread_cond_broadcast (cond_of (self));
}

VISIBLE gboolean
g_cond_wait_until (GCond *self, GMutex *mutex, gint64 end_time)
{
  const struct timespec end = { .tv_sec = end_time / G_USEC_PER_SEC,
    .tv_nsec = end_time % G_USEC_PER_SEC * 1000 };

  return pthread_cond_timedwait (
             cond_of (self), mutex_of (&mutex->p, PTHREAD_MUTEX_NORMAL), &end)
      != ETIMEDOUT;
}

/* Reference counts hand objects over from thread to thread, too. */

VISIBLE void (g_atomic_ref_count_init) (gatomicrefcount *count)
{
  __atomic_store_n (count, 1, __ATOMIC_SEQ_CST);
}

VISIBLE void (g_atomic_ref_count_inc) (gatomicrefcount *count)
{
  __atomic_add_fetch (count, 1, __ATOMIC_SEQ_CST);
}

VISIBLE
gboolean (g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  return __atomic_sub_fetch (count, 1, __ATOMIC_SEQ_CST) == 0;
}

void __tsan_acquire (void *address);
void __tsan_release (void *address);

/* Who lets go of an object last has seen all that the others did with it, such
 * as reading a bus whose messages another thread posts. */
VISIBLE __attribute__ ((no_sanitize ("thread"))) void (g_object_unref) (
    gpointer object)
{
  void (*const next) (gpointer) = dlsym (RTLD_NEXT, "g_object_unref");

  __tsan_release (object);
  if (((GObject *) object)->ref_count == 1) /* volatile */
    __tsan_acquire (object);
  next (object);
}

/* So do thread pools, by a queue inside GLib (gst_element_call_async). */

typedef struct {
  GFunc func;
  gpointer user_data;
} Pool;

static void
run_task (gpointer task, gpointer data)
{
  const Pool *pool = data;

  __tsan_acquire (task);
  pool->func (task, pool->user_data);
}

/* A Pool lives as long as the program: whoever makes pools makes few. */
VISIBLE GThreadPool *
g_thread_pool_new (GFunc func, gpointer user_data, gint max_threads,
    gboolean exclusive, GError **error)
{
  GThreadPool *(*next) (GFunc, gpointer, gint, gboolean, GError **) =
      dlsym (RTLD_NEXT, "g_thread_pool_new");
  Pool *pool = malloc (sizeof *pool);

  *pool = (Pool){ func, user_data };
  return next (run_task, pool, max_threads, exclusive, error);
}

VISIBLE gboolean
g_thread_pool_push (GThreadPool *pool, gpointer task, GError **error)
{
  gboolean (*next) (GThreadPool *, gpointer, GError **) =
      dlsym (RTLD_NEXT, "g_thread_pool_push");

  __tsan_release (task);
  return next (pool, task, error);
}

/* The table of quarks has a lock inside of GLib. Every way to it from outside
 * goes through this one as well; its strings never change afterwards. */
static pthread_mutex_t quarks = PTHREAD_MUTEX_INITIALIZER;

#define THROUGH_LOCK(result, name, type, argument)                             \
  VISIBLE result name (type argument)                                          \
  {                                                                            \
    result (*const real) (type) = dlsym (RTLD_NEXT, #name);                    \
    result found;                                                              \
                                                                               \
    pthread_mutex_lock (&quarks);                                              \
    found = real (argument);                                                   \
    pthread_mutex_unlock (&quarks);                                            \
    return found;                                                              \
  }

THROUGH_LOCK (GQuark, g_quark_from_string, const gchar *, string)
THROUGH_LOCK (GQuark, g_quark_from_static_string, const gchar *, string)
THROUGH_LOCK (GQuark, g_quark_try_string, const gchar *, string)
THROUGH_LOCK (const gchar *, g_quark_to_string, GQuark, quark)
THROUGH_LOCK (const gchar *, g_intern_string, const gchar *, string)
THROUGH_LOCK (const gchar *, g_intern_static_string, const gchar *, string)
