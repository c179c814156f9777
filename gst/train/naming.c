/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/naming.h"

#include <string.h>

/* clang-format off */
static const struct {
  const char *word, *label;
} words[] = {
  { "anger",              "angry" },
  { "disgusted",          "disgust" },
  { "fear",               "fearful" },
  { "happiness",          "happy" },
  { "joy",                "happy" },
  { "sadness",            "sad" },
  { "surprise",           "surprised" },
  { "pleasant_surprised", "pleasant_surprise" },
  { "ps",                 "pleasant_surprise" },
};

/* The fifth field of RAVDESS, from 01 on. */
static const char *const ravdess_emotions[] = {
  "neutral", "calm", "happy", "sad", "angry", "fearful", "disgust",
  "surprised",
};

static const struct {
  char letter;
  const char *label; /* NULL: no class of ours */
} emodb_emotions[] = {
  { 'W', "angry" },   /* Wut */
  { 'L', NULL },      /* Langeweile, boredom */
  { 'E', "disgust" }, /* Ekel */
  { 'A', "fearful" }, /* Angst */
  { 'F', "happy" },   /* Freude */
  { 'T', "sad" },     /* Trauer */
  { 'N', "neutral" },
};

static const char *const tess_emotions[] = {
  "neutral", "happy", "sad", "angry", "fearful", "disgust",
  "pleasant_surprise",
};
/* clang-format on */

void
train_name_clear (TrainName *name)
{
  g_clear_pointer (&name->emotion, g_free);
  g_clear_pointer (&name->speaker, g_free);
  g_clear_pointer (&name->recording, g_free);
}

/* Without case, spaces around it, and differences of "_", "-" and " ";
 * composed, because folders of some systems have decomposed names. Free with
 * g_free. */
static char *
fold (const char *word)
{
  g_autofree char *composed = g_utf8_normalize (word, -1, G_NORMALIZE_NFC);
  char *folded =
      composed ? g_utf8_strdown (composed, -1) : g_ascii_strdown (word, -1);

  return g_strdelimit (g_strstrip (folded), " -", '_');
}

/* The word that our labels have for it. */
static const char *
meaning_of (const char *folded)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (folded, words[i].word))
      return words[i].label;
  return folded;
}

TrainWordFit
train_word_fit (const char *word, const char *label)
{
  g_autofree char *a = fold (word);
  g_autofree char *b = fold (label);

  if (g_str_equal (word, label))
    return TRAIN_WORD_EQUAL;
  if (g_str_equal (a, b))
    return TRAIN_WORD_SPELLED;
  return g_str_equal (meaning_of (a), meaning_of (b)) ? TRAIN_WORD_MEANS
                                                      : TRAIN_WORD_OTHER;
}

/* The last part of a path without its suffix. Free with g_free. */
static char *
stem_of (const char *relative)
{
  char *stem = g_path_get_basename (relative);
  char *const dot = strrchr (stem, '.');

  if (dot)
    *dot = '\0';
  return stem;
}

static gboolean
is_ravdess (const char *stem)
{
  const char *const pattern = "dd-dd-dd-dd-dd-dd-dd";

  if (strlen (stem) != strlen (pattern))
    return FALSE;
  for (gsize i = 0; pattern[i]; i++)
    if (pattern[i] == 'd' ? !g_ascii_isdigit (stem[i]) : stem[i] != '-')
      return FALSE;
  return TRUE;
}

/* modality-channel-emotion-intensity-statement-repetition-actor: modality 02
 * has no sound; 01 (with video) and 03 are one recording. */
static TrainNamingResult
parse_ravdess (const char *relative, TrainName *name)
{
  g_autofree char *stem = stem_of (relative);

  if (!is_ravdess (stem) || strncmp (stem, "02", 2) == 0)
    return TRAIN_NAMING_FOREIGN;

  const guint emotion =
      g_ascii_digit_value (stem[6]) * 10 + g_ascii_digit_value (stem[7]);

  if (emotion < 1 || emotion > G_N_ELEMENTS (ravdess_emotions))
    return TRAIN_NAMING_FOREIGN;
  name->emotion = g_strdup (ravdess_emotions[emotion - 1]);
  name->speaker = g_strdup (stem + strlen ("03-01-03-01-02-01-"));
  name->recording = g_strdup (stem + strlen ("03-"));
  return TRAIN_NAMING_OK;
}

/* The label of "OAF_back_fear" or "YAF_pleasant_surprised"; NULL if it is
 * none. from_file: the word that was spoken comes first. */
static const char *
tess_emotion (const char *text, gboolean from_file)
{
  const char *word = strchr (text, '_');

  if (word && from_file)
    word = strchr (word + 1, '_');
  if (!word)
    return NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (tess_emotions); i++)
    if (train_word_fit (word + 1, tess_emotions[i]) != TRAIN_WORD_OTHER)
      return tess_emotions[i];
  return NULL;
}

/* One file of the data set is called OA_bite_neutral. */
static const char *
tess_speaker (const char *text)
{
  if (g_ascii_strncasecmp (text, "OAF_", 4) == 0
      || g_ascii_strncasecmp (text, "OA_", 3) == 0)
    return "OAF";
  return g_ascii_strncasecmp (text, "YAF_", 4) == 0 ? "YAF" : NULL;
}

/* By the file's name (OAF_back_fear.wav), else by its folder's (OAF_Fear,
 * YAF_pleasant_surprised). */
static TrainNamingResult
parse_tess (const char *relative, TrainName *name)
{
  g_autofree char *stem = stem_of (relative);
  g_autofree char *folder_path = g_path_get_dirname (relative);
  g_autofree char *folder = g_path_get_basename (folder_path);
  const char *emotion = tess_emotion (stem, TRUE);
  const char *speaker = tess_speaker (stem);

  if (!emotion || !speaker) {
    emotion = tess_emotion (folder, FALSE);
    speaker = tess_speaker (folder);
  }
  if (!emotion || !speaker)
    return TRAIN_NAMING_FOREIGN;
  name->emotion = g_strdup (emotion);
  name->speaker = g_strdup (speaker);
  return TRAIN_NAMING_OK;
}

/* speaker (2 digits), text (letter, 2 digits), emotion (letter), version
 * (letter, if there are several) */
static gboolean
is_emodb (const char *stem)
{
  const gsize len = strlen (stem);

  return (len == 6 || len == 7) && g_ascii_isdigit (stem[0])
      && g_ascii_isdigit (stem[1]) && g_ascii_islower (stem[2])
      && g_ascii_isdigit (stem[3]) && g_ascii_isdigit (stem[4])
      && (len == 6 || g_ascii_islower (stem[6]));
}

static TrainNamingResult
parse_emodb (const char *relative, TrainName *name)
{
  g_autofree char *stem = stem_of (relative);

  if (!is_emodb (stem))
    return TRAIN_NAMING_FOREIGN;
  for (gsize i = 0; i < G_N_ELEMENTS (emodb_emotions); i++) {
    if (stem[5] != emodb_emotions[i].letter)
      continue;
    if (!emodb_emotions[i].label)
      return TRAIN_NAMING_NO_CLASS;
    name->emotion = g_strdup (emodb_emotions[i].label);
    name->speaker = g_strndup (stem, 2);
    return TRAIN_NAMING_OK;
  }
  return TRAIN_NAMING_FOREIGN;
}

/* class/file, class/speaker/file, class/speaker/.../file */
static TrainNamingResult
parse_folder (const char *relative, TrainName *name)
{
  g_auto (GStrv) parts = g_strsplit (relative, "/", -1);
  const guint n = g_strv_length (parts);

  if (n < 2)
    return TRAIN_NAMING_FOREIGN;
  name->emotion = g_strdup (parts[0]);
  if (n > 2)
    name->speaker = g_strdup (parts[1]);
  return TRAIN_NAMING_OK;
}

/* clang-format off */
const TrainNaming train_namings[] = {
  { "ravdess", "RAVDESS, speech or song", parse_ravdess, "en" },
  { "tess",    "TESS",                    parse_tess, "en" },
  { "emodb",   "EmoDB",                   parse_emodb, "de" },
  { "folder",  "Sounds in CLASS/FILE or CLASS/SPEAKER/FILE", parse_folder },
  { NULL },
};
/* clang-format on */
