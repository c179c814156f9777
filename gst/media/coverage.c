/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/coverage.h"

#include <string.h>

#include "gst/media/extent.h"

GST_DEBUG_CATEGORY_EXTERN (gst_emotion_play_debug);
#define GST_CAT_DEFAULT gst_emotion_play_debug

/* A larger jump of time stamps is another recording, not a loss. */
#define MAX_GAP (10 * 60 * GST_SECOND)
/* A duration that changes by no more counts as stated, not estimated. */
#define SAME (10 * GST_MSECOND)

static GstClockTime
time_of (const GstEmotionCoverage *self, guint64 n_samples)
{
  return self->info.rate > 0
      ? gst_util_uint64_scale (n_samples, GST_SECOND, self->info.rate)
      : 0;
}

GstClockTime
gst_emotion_coverage_heard (const GstEmotionCoverage *self)
{
  return self->heard + time_of (self, self->n_samples);
}

/* The streaming thread */

static void
take_caps (GstEmotionCoverage *self, GstCaps *caps)
{
  self->heard = gst_emotion_coverage_heard (self);
  self->n_samples = 0;
  if (!gst_audio_info_from_caps (&self->info, caps))
    gst_audio_info_init (&self->info);
}

/* Sound, or a gap stated by the container, from a time stamp on. */
static void
move_on (GstEmotionCoverage *self, GstClockTime pts, GstClockTime duration,
    gboolean is_told)
{
  const GstClockTime start = self->segment.format == GST_FORMAT_TIME
      ? gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME, pts)
      : GST_CLOCK_TIME_NONE;

  if (GST_CLOCK_TIME_IS_VALID (start)) {
    const GstClockTimeDiff jump = GST_CLOCK_TIME_IS_VALID (self->end)
        ? GST_CLOCK_DIFF (self->end, start)
        : 0;

    if (!is_told && ABS (jump) <= (GstClockTimeDiff) MAX_GAP)
      self->gaps += jump;
    self->end = start;
  }
  if (GST_CLOCK_TIME_IS_VALID (self->end) && GST_CLOCK_TIME_IS_VALID (duration))
    self->end += duration;
}

static void
take_gap (GstEmotionCoverage *self, GstEvent *event)
{
  GstClockTime start, duration;

  gst_event_parse_gap (event, &start, &duration);
  if (g_atomic_int_get (&self->finds_holes)
      && gst_emotion_coverage_heard (self) > 0
      && GST_CLOCK_TIME_IS_VALID (duration))
    self->told_gap += (GstClockTimeDiff) duration;
  move_on (self, start, duration, TRUE);
}

static GstPadProbeReturn
take_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEmotionCoverage *self = user_data;
  GstEvent *const event = GST_PAD_PROBE_INFO_EVENT (info);
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      take_caps (self, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &self->segment);
      self->end = GST_CLOCK_TIME_NONE;
      break;
    case GST_EVENT_GAP:
      take_gap (self, event);
      break;
    default:
      break;
  }
  return GST_PAD_PROBE_OK;
}

static GstClockTime
query_duration (GstPad *sink)
{
  gint64 duration;

  return gst_pad_peer_query_duration (sink, GST_FORMAT_TIME, &duration)
          && duration > 0
      ? (GstClockTime) duration
      : GST_CLOCK_TIME_NONE;
}

static GstPadProbeReturn
take_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEmotionCoverage *self = user_data;
  GstBuffer *const buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const gsize bpf = self->info.bpf;
  const guint64 n = bpf > 0 ? gst_buffer_get_size (buffer) / bpf : 0;

  if (gst_emotion_coverage_heard (self) == 0)
    self->stated = query_duration (pad);
  self->gaps += self->told_gap;
  self->told_gap = 0;
  self->n_samples += n;
  move_on (self, GST_BUFFER_PTS (buffer), time_of (self, n), FALSE);
  return GST_PAD_PROBE_OK;
}

/* Elements in the path of the sound */

static gboolean
is_of_class (GstElement *element, const char *class)
{
  const char *const text =
      gst_element_get_metadata (element, GST_ELEMENT_METADATA_KLASS);

  return text && strstr (text, class);
}

static GstPadProbeReturn
take_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEmotionCoverage *self = user_data;
  GstBuffer *const buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (GST_BUFFER_DURATION_IS_VALID (buffer)
      && !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER)) {
    self->parsed_bytes += gst_buffer_get_size (buffer);
    self->parsed_time += GST_BUFFER_DURATION (buffer);
  }
  return GST_PAD_PROBE_OK;
}

typedef struct {
  GstPad *pad;
  gulong id;
} Probe;

static void
clear_probe (gpointer data)
{
  Probe *probe = data;

  gst_pad_remove_probe (probe->pad, probe->id);
  gst_object_unref (probe->pad);
}

static void
add_probe (GstEmotionCoverage *self, GstPad *pad, GstPadProbeType type,
    GstPadProbeCallback callback)
{
  const Probe probe = { gst_object_ref (pad),
    gst_pad_add_probe (pad, type, callback, self, NULL) };

  g_array_append_val (self->probes, probe);
}

void
gst_emotion_coverage_add (GstEmotionCoverage *self, GstElement *element)
{
  const gboolean is_parser = is_of_class (element, "Parser");

  /* Parsers that only remove tags change neither frames nor tracks. */
  if (GST_IS_BIN (element) || is_of_class (element, "Metadata")
      || !(is_parser || is_of_class (element, "Demux")))
    return;
  g_mutex_lock (&self->lock);
  if (is_parser && self->elements->len == 0) {
    g_autoptr (GstPad) src = gst_element_get_static_pad (element, "src");

    if (src)
      add_probe (self, src, GST_PAD_PROBE_TYPE_BUFFER, take_frame);
  }
  g_ptr_array_add (self->elements, gst_object_ref (element));
  g_mutex_unlock (&self->lock);
  if (g_str_equal (
          GST_OBJECT_NAME (gst_element_get_factory (element)), "matroskademux"))
    g_atomic_int_set (&self->finds_holes, TRUE);
}

void
gst_emotion_coverage_begin (GstEmotionCoverage *self, GstPad *sink)
{
  *self = (GstEmotionCoverage){ .end = GST_CLOCK_TIME_NONE,
    .stated = GST_CLOCK_TIME_NONE,
    .duration = GST_CLOCK_TIME_NONE,
    .framed = GST_CLOCK_TIME_NONE };
  gst_audio_info_init (&self->info);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  g_mutex_init (&self->lock);
  self->elements = g_ptr_array_new_with_free_func (gst_object_unref);
  self->probes = g_array_new (FALSE, FALSE, sizeof (Probe));
  g_array_set_clear_func (self->probes, clear_probe);
  add_probe (self, sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, take_event);
  add_probe (self, sink, GST_PAD_PROBE_TYPE_BUFFER, take_buffer);
}

/* The duration if all bytes after the tags were frames like those found. */
static GstClockTime
framed_time (const GstEmotionCoverage *self, GstElement *parser)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (parser, "sink");
  gint64 n_bytes;

  if (!sink || self->parsed_bytes == 0
      || !gst_pad_peer_query_duration (sink, GST_FORMAT_BYTES, &n_bytes)
      || n_bytes <= 0)
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale (
      self->parsed_time, (guint64) n_bytes, self->parsed_bytes);
}

/* Any track counts, decoded or not. */
static gboolean
has_other_tracks (const GstEmotionCoverage *self)
{
  gboolean found = FALSE;

  for (guint i = 0; i < self->elements->len; i++) {
    GstElement *const element = g_ptr_array_index (self->elements, i);

    GST_OBJECT_LOCK (element);
    found = found || element->numsrcpads > 1;
    GST_OBJECT_UNLOCK (element);
  }
  return found;
}

void
gst_emotion_coverage_end (GstEmotionCoverage *self, GstPad *sink)
{
  GstElement *first;

  self->duration = query_duration (sink);
  g_mutex_lock (&self->lock);
  first =
      self->elements->len > 0 ? g_ptr_array_index (self->elements, 0) : NULL;
  if (first && is_of_class (first, "Parser"))
    self->framed = framed_time (self, first);
  self->has_others = has_other_tracks (self);
  g_mutex_unlock (&self->lock);
}

void
gst_emotion_coverage_clear (GstEmotionCoverage *self)
{
  if (!self->elements)
    return;
  g_clear_pointer (&self->probes, g_array_unref);
  g_clear_pointer (&self->elements, g_ptr_array_unref);
  g_mutex_clear (&self->lock);
}

/* The balance */

static GstClockTime
less (GstClockTime a, GstClockTime b)
{
  return GST_CLOCK_TIME_IS_VALID (a) && a > b ? a - b : 0;
}

/* Stated by the container, not an estimate that changes while playing. */
static gboolean
is_stated (const GstEmotionCoverage *self)
{
  return GST_CLOCK_TIME_IS_VALID (self->stated)
      && GST_CLOCK_TIME_IS_VALID (self->duration)
      && ABS (GST_CLOCK_DIFF (self->stated, self->duration)) <= SAME;
}

/* The duration missing after the last sample, as far as it is known. */
static GstClockTime
missing_at_end (const GstEmotionCoverage *self, const GstEmotionExtent *extent)
{
  const GstClockTime heard = gst_emotion_coverage_heard (self);
  GstClockTime missing = 0;

  /* With other tracks, the duration may be that of another. */
  if (is_stated (self) && GST_CLOCK_TIME_IS_VALID (self->end)
      && (!self->has_others || extent->is_cut))
    missing = less (self->duration, self->end);
  if (extent->duration > 0 && (extent->is_cut || extent->is_of_sound))
    missing = MAX (missing,
        less (extent->duration, heard + (GstClockTime) MAX (self->gaps, 0)));
  if (!extent->is_cut)
    return missing;
  if (extent->basis == GST_EMOTION_EXTENT_EVEN
      && extent->present > extent->head)
    missing = MAX (missing,
        gst_util_uint64_scale (heard, extent->stated - extent->present,
            extent->present - extent->head));
  return missing;
}

char *
gst_emotion_coverage_loss (const GstEmotionCoverage *self, const char *uri)
{
  const GstClockTime heard = gst_emotion_coverage_heard (self);
  g_autofree char *path = uri ? g_filename_from_uri (uri, NULL, NULL) : NULL;
  GstEmotionExtent extent = { 0 };
  GstClockTime at_end, missing;

  if (path)
    gst_emotion_extent_read (&extent, path);
  at_end = missing_at_end (self, &extent);
  missing = at_end + MAX (self->gaps, 0);
  /* The header's statement is better than an estimate that includes video. */
  if (!is_stated (self))
    missing = MAX (missing, less (self->framed, heard));
  GST_DEBUG ("%s: heard %" GST_TIME_FORMAT ", gaps %" GST_STIME_FORMAT
             ", at the end %" GST_TIME_FORMAT ", by bytes %" GST_TIME_FORMAT,
      uri, GST_TIME_ARGS (heard), GST_STIME_ARGS (self->gaps),
      GST_TIME_ARGS (at_end), GST_TIME_ARGS (self->framed));
  if (missing > GST_SECOND && missing > (heard + missing) / 100)
    return g_strdup_printf ("%.2f of %.2f s are missing: the file is %s",
        missing / (gdouble) GST_SECOND,
        (heard + missing) / (gdouble) GST_SECOND,
        extent.is_cut              ? "cut off"
            : at_end > missing / 2 ? "damaged or cut off"
                                   : "damaged");
  /* It is known to be truncated, but not how long it should be. */
  if (extent.is_cut
      && (extent.basis == GST_EMOTION_EXTENT_UNTIMED
          || (extent.basis == GST_EMOTION_EXTENT_TIMED && !is_stated (self))))
    return g_strdup ("the file is cut off; how much is missing is unknown");
  if (extent.behind > 0)
    return g_strdup_printf (
        "%.2f MB of it are another file, behind the end of the first, and are "
        "not read: split it, or join the files with ffmpeg",
        extent.behind / 1e6);
  return NULL;
}
