/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/voice.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "dsp/resampler.h"
#include "dsp/spectra.h"
#include "nn/model.h"
#include "nn/models/nn-voice.h"

#define CHUNK ((gsize) GST_EMOTION_VOICE_CHUNK)
#define CONTEXT ((gsize) 64) /* samples before a chunk */
#define N_FFT ((gsize) 256)
#define N_BINS (N_FFT / 2 + 1)
#define N_FRAMES ((gsize) 4) /* of a chunk */
#define BLOCK 256            /* samples that are resampled at once */
/* Onsets of speech, in chunks: what the detector reports of a pause of 0.5 s,
 * since its output decays slowly; and speech longer than a click, of which one
 * chunk may be missing. */
#define MIN_PAUSE 12
#define MIN_SPEECH 3
/* Chunks that small pushes gather, and of which a large push has more. */
#define BATCH ((gsize) 12)
/* Chunks that run through the network together at most: multiples of the tiles
 * that products are made of. */
#define MAX_RUN ((gsize) 24)

/* A thread's resources for inference. */
typedef struct {
  NnSession *session;
  DspSpectra *spectra;
  float *mirrored;      /* [MAX_RUN][N_FFT]: the chunks' last frames */
  const float **frames; /* [MAX_RUN][N_FRAMES] */
  float *magnitude;     /* [MAX_RUN][N_FRAMES][N_BINS] */
} Runner;

/* The one network of the process. */
typedef struct {
  guint n_users;
  NnModel *model;
  GPtrArray *idle; /* Runner */
} Network;

static GMutex lock; /* guards what follows */
static GCond came_back;
static Network network;

typedef struct {
  guint64 position; /* of its first sample, at the rate of what is pushed */
  float probability;
} Chunk;

struct _GstEmotionVoice {
  gdouble rate;            /* Hz, of what is pushed */
  DspResampler *resampler; /* NULL: it has the network's */
  float *block;            /* [BLOCK], if there is a resampler: its input */
  gsize block_len;
  gdouble start; /* of the stretch: its position, at rate */

  float *state;   /* of the network */
  float *samples; /* [CONTEXT + room]: a context, and what waits */
  gsize room;     /* 2 * CHUNK, or BATCH * CHUNK once small pushes gather */
  gsize n;        /* samples that wait */

  /* Chunk i of the stretch is chunks[i % capacity]. */
  guint64 n_chunks; /* so far in the stretch */
  gsize capacity;
  Chunk *chunks; /* [capacity] */
  float *row;    /* [capacity]: probabilities in order, when asked for */

  guint n_pause;  /* chunks without speech before the next, MIN_PAUSE at most */
  guint n_speech; /* chunks of speech after a pause, not yet confirmed */
  guint n_missing; /* other chunks among them */
  guint64 begin;   /* position of the first of them */
  GArray *onsets;  /* guint64, positions not taken yet */
};

static void
runner_free (Runner *runner)
{
  nn_session_free (runner->session);
  dsp_spectra_free (runner->spectra);
  g_free (runner->mirrored);
  g_free (runner->frames);
  g_free (runner->magnitude);
  g_free (runner);
}

static Runner *
runner_new (NnModel *model, GError **error)
{
  Runner *runner = g_new0 (Runner, 1);

  runner->session = nn_session_new (model, MAX_RUN, error);
  if (runner->session)
    runner->spectra = dsp_spectra_new (N_FFT, error);
  if (!runner->spectra) {
    runner_free (runner);
    return NULL;
  }
  runner->mirrored = g_new (float, MAX_RUN *N_FFT);
  runner->frames = g_new (const float *, MAX_RUN *N_FRAMES);
  runner->magnitude = g_new (float, MAX_RUN *N_FRAMES *N_BINS);
  return runner;
}

/* With the lock. */
static void
network_clear (void)
{
  g_clear_pointer (&network.idle, g_ptr_array_unref);
  g_clear_pointer (&network.model, nn_model_unref);
}

/* With the lock. There is at least one runner, so that running never fails. */
static gboolean
network_load (GError **error)
{
  static gsize is_registered = 0;
  g_autoptr (GBytes) bytes = NULL;
  Runner *runner;

  if (g_once_init_enter (&is_registered)) {
    nn_voice_register_resource ();
    g_once_init_leave (&is_registered, 1);
  }
  bytes = g_resource_lookup_data (nn_voice_get_resource (),
      "/emotiondetect/models/voice.h5", G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (!bytes)
    return FALSE;
  network.model = nn_model_load_bytes ("voice", bytes, NULL, 0, error);
  if (!network.model)
    return FALSE;
  network.idle = g_ptr_array_new_with_free_func ((GDestroyNotify) runner_free);
  runner = runner_new (network.model, error);
  if (runner)
    g_ptr_array_add (network.idle, runner);
  else
    network_clear ();
  return runner != NULL;
}

static gboolean
network_use (GError **error)
{
  gboolean is_there;

  g_mutex_lock (&lock);
  is_there = network.model || network_load (error);
  network.n_users += is_there;
  g_mutex_unlock (&lock);
  return is_there;
}

static void
network_leave (void)
{
  g_mutex_lock (&lock);
  if (--network.n_users == 0)
    network_clear ();
  g_mutex_unlock (&lock);
}

/* An idle one, or a new one, or the first to become idle. */
static Runner *
take_runner (void)
{
  Runner *runner = NULL;

  g_mutex_lock (&lock);
  if (network.idle->len == 0)
    runner = runner_new (network.model, NULL);
  while (!runner && network.idle->len == 0)
    g_cond_wait (&came_back, &lock);
  if (!runner)
    runner = g_ptr_array_steal_index_fast (network.idle, network.idle->len - 1);
  g_mutex_unlock (&lock);
  return runner;
}

static void
give_back (Runner *runner)
{
  g_mutex_lock (&lock);
  g_ptr_array_add (network.idle, runner);
  g_cond_signal (&came_back);
  g_mutex_unlock (&lock);
}

GstEmotionVoice *
gst_emotion_voice_new (
    gdouble rate, guint64 position, gsize window_len, GError **error)
{
  g_autoptr (GstEmotionVoice) self = NULL;
  DspResampler *resampler = NULL;

  if (rate != GST_EMOTION_VOICE_RATE) {
    resampler = dsp_resampler_new (rate, GST_EMOTION_VOICE_RATE, error);
    if (!resampler)
      return NULL;
  }
  if (!network_use (error)) {
    dsp_resampler_free (resampler);
    return NULL;
  }
  self = g_new0 (GstEmotionVoice, 1);
  self->rate = rate;
  self->resampler = resampler;
  self->block = resampler ? g_new (float, BLOCK) : NULL;
  self->state = g_new0 (float, nn_model_state_len (network.model));
  self->room = 2 * CHUNK;
  self->samples = g_new0 (float, CONTEXT + self->room);
  /* With the chunks that extend beyond its ends, and those ahead of it. */
  self->capacity =
      (gsize) (window_len * (GST_EMOTION_VOICE_RATE / rate)) / CHUNK + BATCH
      + 2;
  self->chunks = g_new0 (Chunk, self->capacity);
  self->onsets = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->n_pause = MIN_PAUSE;
  self->start = position;
  return g_steal_pointer (&self);
}

void
gst_emotion_voice_free (GstEmotionVoice *self)
{
  if (!self)
    return;
  network_leave ();
  g_clear_pointer (&self->resampler, dsp_resampler_free);
  g_free (self->block);
  g_free (self->state);
  g_free (self->samples);
  g_free (self->chunks);
  g_array_unref (self->onsets);
  g_free (self->row);
  g_free (self);
}

/* Notes the frames of n chunks with the context before the first, behind those
 * of n_before. The last of each goes on in the mirror behind the chunk. */
static void
note_frames (Runner *runner, gsize n_before, const float *samples, gsize n)
{
  const gsize hop = CHUNK / N_FRAMES, len = CONTEXT + CHUNK;

  for (gsize i = n_before; i < n_before + n; i++, samples += CHUNK) {
    const float **const frames = runner->frames + i * N_FRAMES;
    float *const last = runner->mirrored + i * N_FFT;
    const gsize first = (N_FRAMES - 1) * hop;

    for (gsize frame = 0; frame + 1 < N_FRAMES; frame++)
      frames[frame] = samples + frame * hop;
    frames[N_FRAMES - 1] = last;
    memcpy (last, samples + first, (len - first) * sizeof *last);
    for (gsize k = len - first; k < N_FFT; k++)
      last[k] = samples[2 * (len - 1) - first - k];
  }
}

/* Samples of a chunk, at the rate of what is pushed. */
static gdouble
chunk_len (const GstEmotionVoice *self)
{
  return CHUNK * (self->rate / GST_EMOTION_VOICE_RATE);
}

/* Where chunk i of the stretch begins. */
static guint64
position_of (const GstEmotionVoice *self, guint64 i)
{
  return (guint64) llrint (self->start + i * chunk_len (self));
}

/* Speech begins where MIN_SPEECH chunks of it come after a pause, with one
 * missing at most. */
static void
listen (GstEmotionVoice *self, const Chunk *chunk)
{
  const gboolean is_speech = chunk->probability >= GST_EMOTION_VOICE_THRESHOLD;

  if (self->n_pause < MIN_PAUSE) {
    self->n_pause = is_speech ? 0 : self->n_pause + 1;
    self->n_speech = self->n_missing = 0;
    return;
  }
  if (!is_speech) {
    if (self->n_speech > 0 && ++self->n_missing > 1)
      self->n_speech = self->n_missing = 0;
    return;
  }
  if (self->n_speech++ == 0)
    self->begin = chunk->position;
  if (self->n_speech < MIN_SPEECH)
    return;
  g_array_append_val (self->onsets, self->begin);
  self->n_pause = self->n_speech = self->n_missing = 0;
}

/* The n chunks that follow, whose frames were noted. */
static void
run_network (GstEmotionVoice *self, Runner *runner, gsize n)
{
  float out[MAX_RUN];

  dsp_spectra_magnitude (
      runner->spectra, runner->frames, n * N_FRAMES, runner->magnitude);
  nn_session_run_sequence (runner->session, n,
      (const float *const[]){ runner->magnitude }, (float *const[]){ out },
      self->state);
  for (gsize i = 0; i < n; i++) {
    self->chunks[self->n_chunks % self->capacity] =
        (Chunk){ position_of (self, self->n_chunks), out[i] };
    listen (self, &self->chunks[self->n_chunks++ % self->capacity]);
  }
}

/* Processes the complete pending chunks. */
static void
run_pending (GstEmotionVoice *self)
{
  const gsize n = self->n / CHUNK;
  Runner *runner;

  if (n == 0)
    return;
  runner = take_runner ();
  note_frames (runner, 0, self->samples, n);
  run_network (self, runner, n);
  give_back (runner);
  self->n -= n * CHUNK;
  memmove (self->samples, self->samples + n * CHUNK,
      (CONTEXT + self->n) * sizeof (float));
}

/* Samples of the network's rate, to wait until there are enough of them. */
static void
gather (GstEmotionVoice *self, const float *samples, gsize n, gboolean at_once)
{
  if (!at_once && self->n + n > self->room && self->room < BATCH * CHUNK) {
    self->room = BATCH * CHUNK;
    self->samples = g_renew (float, self->samples, CONTEXT + self->room);
  }
  while (n > 0) {
    const gsize taken = MIN (n, self->room - self->n);

    memcpy (
        self->samples + CONTEXT + self->n, samples, taken * sizeof *samples);
    self->n += taken;
    samples += taken;
    n -= taken;
    if (at_once || self->n == self->room)
      run_pending (self);
  }
}

/* Runs n > 2 chunks, the first of which begins with what waits. All but two are
 * read where they lie; they have their context before them there. Returns how
 * many samples were taken: nothing waits now. */
static gsize
run_in_place (GstEmotionVoice *self, const float *samples, gsize n)
{
  const gsize head = 2 * CHUNK - self->n;
  const gsize taken = n * CHUNK - self->n;
  Runner *const runner = take_runner ();

  memcpy (self->samples + CONTEXT + self->n, samples, head * sizeof *samples);
  note_frames (runner, 0, self->samples, 2);
  note_frames (runner, 2, samples + head - CONTEXT, n - 2);
  run_network (self, runner, n);
  give_back (runner);
  memcpy (self->samples, samples + taken - CONTEXT, CONTEXT * sizeof *samples);
  self->n = 0;
  return taken;
}

/* Samples of the network's rate. */
static void
take_samples (
    GstEmotionVoice *self, const float *samples, gsize n, gboolean at_once)
{
  if (n >= BATCH * CHUNK) {
    gsize n_chunks, n_runs;

    run_pending (self);
    n_chunks = (self->n + n) / CHUNK;
    n_runs = (n_chunks + MAX_RUN - 1) / MAX_RUN;
    for (; n_runs > 0; n_runs--) {
      const gsize n_run = (n_chunks + n_runs - 1) / n_runs;
      const gsize taken = run_in_place (self, samples, n_run);

      samples += taken;
      n -= taken;
      n_chunks -= n_run;
    }
  }
  gather (self, samples, n, at_once);
}

/* A whole block. */
static void
resample (GstEmotionVoice *self, gboolean at_once)
{
  float out[1024];
  gsize done = 0, used, n_out;

  do {
    n_out = dsp_resampler_push (self->resampler, self->block + done,
        BLOCK - done, &used, out, G_N_ELEMENTS (out));
    take_samples (self, out, n_out, at_once);
    done += used;
  } while (done < BLOCK || n_out == G_N_ELEMENTS (out));
  self->block_len = 0;
}

void
gst_emotion_voice_push (
    GstEmotionVoice *self, const float *samples, gsize n, gboolean at_once)
{
  if (!self->resampler) {
    take_samples (self, samples, n, at_once);
    return;
  }
  /* The amount of output so far depends on the block size of the input. */
  while (n > 0) {
    const gsize taken = MIN (n, BLOCK - self->block_len);

    memcpy (self->block + self->block_len, samples, taken * sizeof *samples);
    self->block_len += taken;
    samples += taken;
    n -= taken;
    if (self->block_len == BLOCK)
      resample (self, at_once);
  }
}

void
gst_emotion_voice_reset (GstEmotionVoice *self, guint64 position)
{
  if (self->resampler)
    dsp_resampler_reset (self->resampler);
  self->block_len = 0;
  memset (
      self->state, 0, nn_model_state_len (network.model) * sizeof *self->state);
  memset (self->samples, 0, CONTEXT * sizeof *self->samples);
  self->n = 0;
  self->n_chunks = 0;
  self->start = position;
  self->n_pause = MIN_PAUSE;
  self->n_speech = self->n_missing = 0;
  g_array_set_size (self->onsets, 0);
}

void
gst_emotion_voice_move (GstEmotionVoice *self, guint64 position, gint64 n)
{
  guint64 i;

  run_pending (self);
  i = self->n_chunks - MIN (self->n_chunks, self->capacity);
  for (; i < self->n_chunks; i++) {
    Chunk *const chunk = &self->chunks[i % self->capacity];

    if (chunk->position >= position)
      chunk->position =
          n < 0 ? MAX (position, chunk->position + n) : chunk->position + n;
  }
  self->start += n;
}

GstClockTime
gst_emotion_voice_measure (GstEmotionVoice *self, guint64 position, gsize len)
{
  const guint64 n_samples = (guint64) llrint (chunk_len (self));
  const guint64 end = position + len;
  guint64 n = 0, i;

  run_pending (self);
  i = self->n_chunks - MIN (self->n_chunks, self->capacity);
  for (; i < self->n_chunks; i++) {
    const Chunk *const chunk = &self->chunks[i % self->capacity];
    const guint64 from = MAX (chunk->position, position);
    const guint64 to = MIN (chunk->position + n_samples, end);

    if (chunk->probability >= GST_EMOTION_VOICE_THRESHOLD && to > from)
      n += to - from;
  }
  return (GstClockTime) (MIN (n, len) * (GST_SECOND / self->rate));
}

gboolean
gst_emotion_voice_take_onset (GstEmotionVoice *self, guint64 *position)
{
  run_pending (self);
  if (self->onsets->len == 0)
    return FALSE;
  *position = g_array_index (self->onsets, guint64, 0);
  g_array_remove_index (self->onsets, 0);
  return TRUE;
}

gsize
gst_emotion_voice_rest (const GstEmotionVoice *self)
{
  return self->n % CHUNK;
}

const float *
gst_emotion_voice_probabilities (GstEmotionVoice *self, gsize *n)
{
  run_pending (self);
  *n = MIN (self->n_chunks, self->capacity);
  if (!self->row)
    self->row = g_new (float, self->capacity);
  for (gsize i = 0; i < *n; i++)
    self->row[i] =
        self->chunks[(self->n_chunks - *n + i) % self->capacity].probability;
  return self->row;
}

gboolean
gst_emotion_voice_of_windows (const float *samples, gsize n, gdouble rate,
    gsize window_len, float *voice, gsize n_windows, GError **error)
{
  g_autoptr (GstEmotionVoice) self = gst_emotion_voice_new (rate, 0, n, error);

  if (!self)
    return FALSE;
  gst_emotion_voice_push (self, samples, n, FALSE);
  for (gsize w = 0; w < n_windows; w++) {
    const gsize first = MIN (w * window_len, n);

    voice[w] = (float) (gst_emotion_voice_measure (
                            self, first, MIN (window_len, n - first))
        / (gdouble) GST_SECOND);
  }
  return TRUE;
}
