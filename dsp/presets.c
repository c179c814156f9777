/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/presets.h"

#include <glib.h>
#include <string.h>

/* librosa's defaults: 22050 Hz and bands up to half of that. */
#define LIBROSA "normalization=none rate=22050 f_max=11025 "
#define THREE_SECONDS "window_len=66150"
#define MEAN "statistics=mean "

/* clang-format off */
static const DspPreset presets[] = {
  { "mean-13",    "(13,)",
    "features=mfcc n_mfcc=13 " MEAN LIBROSA THREE_SECONDS,
    "means of 13 MFCC" },
  { "mean-40",    "(40,)",
    "features=mfcc n_mfcc=40 " MEAN LIBROSA THREE_SECONDS,
    "means of 40 MFCC" },
  { "mean-162",   "(162,)",
    "features=zcr,chroma,mfcc,rms,mel n_mfcc=20 n_mels=128 chroma_power=1 " MEAN
    LIBROSA "window_len=55125",
    "means of zcr, 12 chroma, 20 MFCC, rms and 128 mel bands" },
  { "mean-180",   "(180,)",
    "features=mfcc,chroma,mel n_mfcc=40 n_mels=128 chroma_power=1 " MEAN
    LIBROSA THREE_SECONDS,
    "means of 40 MFCC, 12 chroma and 128 mel bands" },
  { "mfcc-13",    "(None, 13)",
    "features=mfcc n_mfcc=13 " LIBROSA THREE_SECONDS,
    "13 MFCC of each frame" },
  { "mfcc-40",    "(None, 40)",
    "features=mfcc n_mfcc=40 " LIBROSA THREE_SECONDS,
    "40 MFCC of each frame" },
  { "mfcc-mean-216", "(216, 1)",
    "features=mfcc n_mfcc=13 " MEAN "statistics_axis=coefficients "
    "normalization=none rate=44100 f_max=22050 window_len=110250",
    "the mean over 13 MFCC of each frame" },
  { "mfcc-30-216", "(30, 216, 1)",
    "features=mfcc n_mfcc=30 normalization=none rate=44100 f_max=22050 "
    "window_len=110250",
    "30 MFCC of each frame" },
  { "stack-2376", "(2376, 1)",
    "features=zcr,rms,mfcc n_mfcc=20 flatten=frames " LIBROSA
    "window_len=55125",
    "zcr, rms and 20 MFCC of all frames, one behind the other" },
  { "mel-128",    "(128, 130, 1)",
    "features=mel_db n_mels=128 " LIBROSA THREE_SECONDS,
    "128 mel bands in dB below the loudest" },
  { "simple",     "(102,)",
    "features=mfcc,delta,delta2,chroma statistics=mean,std normalization=none",
    "of emotion-train: means and deviations of MFCC, deltas and chroma" },
};
/* clang-format on */

const DspPreset *
dsp_presets (size_t *n_presets)
{
  *n_presets = G_N_ELEMENTS (presets);
  return presets;
}

const DspPreset *
dsp_preset_find (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (presets); i++)
    if (strcmp (presets[i].name, name) == 0)
      return &presets[i];
  return NULL;
}

char *
dsp_preset_list (void)
{
  GString *list = g_string_new (NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (presets); i++)
    g_string_append_printf (list, "%s%s", i ? ", " : "", presets[i].name);
  return g_string_free (list, FALSE);
}
