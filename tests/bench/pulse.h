/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PulseAudio server of this process alone, with a sink that is not there. */
#pragma once

#define BENCH_PULSE_SINK "nowhere"

typedef struct _BenchPulse BenchPulse;

/* Sets PULSE_SERVER, XDG_RUNTIME_DIR and HOME for what follows. NULL where
 * there is no pulseaudio. */
BenchPulse *bench_pulse_start (void);
void bench_pulse_stop (BenchPulse *self);
