# SPDX-License-Identifier: GPL-2.0-or-later
"""Synthetic voices where the documentation has recordings, under its names."""
import os
import shutil
import subprocess

SENTENCE = 'Kids are talking by the door. Dogs are sitting by the door.'
# Speaker, voice of espeak-ng.
SPEAKERS = [('01', 'en+m1'), ('02', 'en+f1'), ('03', 'en+m3'), ('04', 'en+f3')]
# Code of RAVDESS, letter of EmoDB, class, pitch and speed of espeak-ng.
EMOTIONS = [('01', 'N', 'neutral', 50, 160), ('03', 'F', 'happy', 80, 190),
            ('04', 'T', 'sad', 25, 120), ('05', 'W', 'angry', 60, 230)]
# What encodes a file, by the end of its name.
ENCODERS = {'.mp3': 'lamemp3enc', '.flac': 'flacenc',
            '.webm': 'opusenc ! webmmux', '.mkv': 'opusenc ! matroskamux',
            '.ogg': 'vorbisenc ! oggmux'}


def speak(path, voice='en', pitch=50, speed=160, text=SENTENCE):
    """Writes a WAV file of some seconds."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run(['espeak-ng', '-v', voice, '-p', str(pitch), '-s',
                    str(speed), '-w', path, text], check=True)


def encode(wav, path):
    subprocess.run(
        ['gst-launch-1.0', '-q', 'filesrc', 'location=' + wav, '!', 'wavparse',
         '!', 'audioconvert', '!', 'audioresample', '!',
         *ENCODERS[os.path.splitext(path)[1]].split(), '!', 'filesink',
         'location=' + path], check=True)


def film(wav, path):
    """Two tracks: silence in German, and the voice in English."""
    subprocess.run(
        ['gst-launch-1.0', '-q', 'matroskamux', 'name=m', '!', 'filesink',
         'location=' + path, 'audiotestsrc', 'wave=silence', 'num-buffers=100',
         '!', 'opusenc', '!', 'taginject', 'tags=language-code=de', '!', 'm.',
         'filesrc', 'location=' + wav, '!', 'wavparse', '!', 'audioconvert',
         '!', 'audioresample', '!', 'opusenc', '!', 'taginject',
         'tags=language-code=en', '!', 'm.'], check=True)


def clip(wav, path):
    """A picture and the voice."""
    subprocess.run(
        ['gst-launch-1.0', '-q', 'webmmux', 'name=m', '!', 'filesink',
         'location=' + path, 'videotestsrc', 'num-buffers=100', '!',
         'video/x-raw,width=160,height=120,framerate=10/1', '!', 'vp8enc',
         'deadline=1', '!', 'queue', '!', 'm.', 'filesrc', 'location=' + wav,
         '!', 'wavparse', '!', 'audioconvert', '!', 'audioresample', '!',
         'opusenc', '!', 'queue', '!', 'm.'], check=True)


def make(folder):
    """Fills a folder: sounds, and corpora named as RAVDESS, EmoDB and any."""
    wav = os.path.join(folder, 'voice.wav')
    speak(wav)
    for name in ('voice.flac', 'interview.mp3', 'interview.ogg', 'talk.webm'):
        encode(wav, os.path.join(folder, name))
    film(wav, os.path.join(folder, 'film.mkv'))
    clip(wav, os.path.join(folder, 'clip.webm'))
    with open(os.path.join(folder, 'list.m3u'), 'w', encoding='utf-8') as f:
        f.write('#EXTM3U\ninterview.mp3\nvoice.flac\n')
    rows = ['path,label,speaker,dataset,language']
    for number, (speaker, voice) in enumerate(SPEAKERS):
        for code, letter, name, pitch, speed in EMOTIONS:
            first = os.path.join(folder, 'data/%s.wav' % name)
            speak(first, voice, pitch, speed, 'Kids are talking by the door.')
            for path in (
                    'RAVDESS/Actor_%s/03-01-%s-01-01-01-%s.wav' % (
                        speaker, code, speaker),
                    'EmoDB/%sa01%sa.wav' % (speaker, letter),
                    'voices/%s/%s/1.wav' % (name, speaker)):
                path = os.path.join(folder, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                shutil.copyfile(first, path)
            rows.append('voices/%s/%s/1.wav,%s,%s,%s,en' % (
                name, speaker, name, speaker, ('tess', 'ased')[number % 2]))
    with open(os.path.join(folder, 'corpora.csv'), 'w', encoding='utf-8') as f:
        f.write('\n'.join(rows) + '\n')
