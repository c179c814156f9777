/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows with features in, results out; either in the caller's thread or, one
 * after the other, in the threads that all elements share (gst/pool.h), with a
 * short queue before them. What comes out is the same. */
#pragma once

#include <gst/gst.h>
#include "gst/model/model.h"
#include "gst/result.h"

/* Windows that wait at most. */
#define GST_EMOTION_QUEUE_LEN 4

typedef struct _GstEmotionWorker GstEmotionWorker;

/* One window to classify. */
typedef struct {
  GstEmotionWindow window;
  guint64 stretch; /* a change restarts smoothing */
  gdouble smoothing;
  gdouble min_confidence;
  gboolean has_voice;         /* enough to be classified, or nobody asked */
  GstClockTime features_time; /* what the features took */
  GstEmotionModel *model;     /* owned */
  GstEmotionLabels *labels;   /* owned */
  float *features;            /* of the model, owned; NULL where not needed */
} GstEmotionJob;

/* Gets each result (owned), or NULL if the model gave no probabilities.
 * Called without a lock, never twice at once, in the order of the windows. */
typedef void (*GstEmotionDoneFunc) (
    GstEmotionResult *result, gpointer user_data);

typedef struct {
  guint64 windows; /* classified or silent */
  guint64 dropped;
  guint64 classified;      /* those that the network saw */
  GstClockTime total_time; /* inference: features and network */
  GstClockTime max_time;
} GstEmotionStats;

/* owner: the element, for log lines; borrowed; NULL is fine. */
GstEmotionWorker *gst_emotion_worker_new (
    GstElement *owner, GstEmotionDoneFunc done, gpointer user_data);
/* Nothing is called once this has returned. Does not wait for a network that
 * is running. */
void gst_emotion_worker_free (GstEmotionWorker *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionWorker, gst_emotion_worker_free)

/* A job to be filled in. Pass it to run or queue, which take it over. */
GstEmotionJob *gst_emotion_job_new (
    GstEmotionModel *model, GstEmotionLabels *labels);

/* In this thread, now; after those that wait. */
void gst_emotion_worker_run (GstEmotionWorker *self, GstEmotionJob *job);

/* In a thread of the pool. Where the queue is full: waits, or lets the oldest
 * window go and counts it. */
void gst_emotion_worker_queue (
    GstEmotionWorker *self, GstEmotionJob *job, gboolean drop_oldest);

/* Waits until no job is queued or being computed, or until flushing. */
void gst_emotion_worker_drain (GstEmotionWorker *self);

/* From any thread. While flushing nothing waits and no result comes out; those
 * that wait when it begins are cancelled. */
void gst_emotion_worker_set_flushing (
    GstEmotionWorker *self, gboolean flushing);

GstEmotionStats gst_emotion_worker_stats (GstEmotionWorker *self);
