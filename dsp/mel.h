/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mel filterbank: power spectrum -> mel band energies.
 *   power [n_fft / 2 + 1]  ->  mel [n_mels]
 * Same numbers as librosa.filters.mel: Slaney, Auditory Toolbox, 1998; Young et
 * al., The HTK Book. A band touches few bins, so only those are stored.
 * Immutable once built: threads may share one.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
  double rate;   /* Hz */
  size_t n_fft;  /* samples, even */
  size_t n_mels; /* bands, > 0 */
  double f_min;  /* Hz, >= 0 */
  double f_max;  /* Hz, f_min < f_max <= rate / 2 */
  bool htk;      /* HTK's mel scale, not Slaney's */
  bool is_plain; /* triangles of height 1 (norm=None), not of area 1 per Hz */
} DspMelConfig;

typedef struct _DspMel DspMel;

/* Free with dsp_mel_free. NULL and DSP_ERROR_CONFIG. */
DspMel *dsp_mel_new (const DspMelConfig *config, GError **error);
void dsp_mel_free (DspMel *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspMel, dsp_mel_free)

/* The weight of a bin in a band. */
float dsp_mel_weight (const DspMel *self, size_t band, size_t bin);

/* The mel energies of one frame. Never fails, never allocates. */
void dsp_mel_apply (const DspMel *self, const float *power, float *out);

/* Position of a frequency on HTK's or Slaney's scale. */
double dsp_mel_from_hz (double hz, bool htk);
