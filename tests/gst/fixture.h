/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An emotiondetect in a GstHarness, with a bus, and sound to push through. */
#pragma once

#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#define MODEL_M1 "models/synthetic-m1.h5"
#define MODEL_M3 "models/synthetic-m3.h5"

typedef struct {
  GstHarness *harness;
  GstElement *element; /* borrowed */
  GstBus *bus;
} Fixture;

/* Registers the element in this process; call once, after gst_init. */
void fixture_register (void);

/* Absolute path of a file in tests/data, or of an absolute path itself; free
 * with g_free. */
char *fixture_data (const char *name);

/* The element with the given model of tests/data, inference=sync (a harness
 * says that it is live) and min-voice=0 (its sounds are no voices). caps may be
 * NULL. Free with fixture_clear. */
void fixture_init (Fixture *self, const char *model, const char *caps);

/* The same with the property recipe. */
void fixture_init_recipe (
    Fixture *self, const char *model, const char *recipe, const char *caps);

/* The same with the built-in model of that nick, or NULL: as the element
 * comes. */
void fixture_init_builtin (Fixture *self, const char *nick, const char *caps);
void fixture_clear (Fixture *self);

/* Why an element with these properties (name, value, ..., NULL) does not start.
 * There is one error on the bus. debug (may be NULL): what it says to
 * developers. Free both. */
GError *fixture_start_error (
    char **debug, const char *first_property, ...) G_GNUC_NULL_TERMINATED;

/* Writes a Keras file of one network, with random weights: an input of that
 * shape ("64, 94, 1"), a layer of that class which makes a row of it, and nine
 * outputs. */
void fixture_write_model (
    const char *path, const char *input_shape, const char *layer);

/* n frames of voice-like sound from frame `first` on, in the format of info;
 * the same for every channel. The buffer has a time stamp and a duration. */
GstBuffer *fixture_sound (const GstAudioInfo *info, guint64 first, guint64 n);

/* Pushes n frames of S16 mono sound, from frame `first` on, in buffers of up to
 * len frames, to a fixture with caps of that format and rate. */
void fixture_push (
    Fixture *self, gint rate, guint64 first, guint64 n, guint64 len);

/* The next "emotion" message, or NULL. Free with gst_message_unref. */
GstMessage *fixture_pop (Fixture *self);
guint fixture_count (Fixture *self); /* pops them all */

/* Takes the next message and compares: times in ms, stream and running time
 * in the fields of that name. */
typedef struct {
  guint64 timestamp_ms;
  guint64 stream_ms;
  guint64 running_ms;
  guint64 duration_ms;
  guint64 id;
  gboolean partial;
  gboolean silence;
} Expected;
void fixture_expect (Fixture *self, const Expected *expected);
void fixture_expect_none (Fixture *self);

/* Fields of a message's structure. */
guint64 field_uint64 (const GstStructure *s, const char *name);
gboolean field_boolean (const GstStructure *s, const char *name);
gdouble field_double (const GstStructure *s, const char *name);
