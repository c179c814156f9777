/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that all elements of the process share: as many as there are
 * processors compute at a time, however many elements there are. Elements with
 * work wait in one queue and get one turn at a time, so none delays others by
 * more than one window.
 *
 * There are two pools: that of live streams, whose windows may be dropped, has
 * a lower priority, which rises with the number of elements. Threads start when
 * they are needed and end when the last user has left. */
#pragma once

#include <glib.h>

/* A thread of a pool, while a turn lasts. */
typedef struct _GstEmotionPoolSlot GstEmotionPoolSlot;

/* An entry of the queue. The caller ensures that it is queued at most once, and
 * not freed while it is queued. */
typedef struct {
  GList link; /* zeroed */
  void (*run) (gpointer user_data, GstEmotionPoolSlot *slot);
  gpointer user_data;
} GstEmotionPoolItem;

/* Before the first push, and after the last. */
void gst_emotion_pool_join (gboolean is_live);
void gst_emotion_pool_leave (gboolean is_live);

/* Queues a turn: run is called once, in a thread of the pool. FALSE if no
 * thread can be created: it is not queued then. */
gboolean gst_emotion_pool_push (GstEmotionPoolItem *item, gboolean is_live);

/* From within a turn, before something that may block or take long (a callback
 * of the application): another thread may compute meanwhile. */
void gst_emotion_pool_yield (GstEmotionPoolSlot *slot);

/* Threads of both pools, and those of them that compute, not counting the ones
 * past gst_emotion_pool_yield: for tests. */
guint gst_emotion_pool_n_threads (void);
guint gst_emotion_pool_n_computing (void);
