#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""emotion-analyze --format on sound files: what it says in a format is what it says
in JSON. Usage: formats.py EMOTION-ANALYZE MODEL"""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402
from sounds import write_noise, write_sound  # noqa: E402

ANALYZE = [os.path.abspath(sys.argv[1]), '--min-voice', '0', '--model',
           os.path.abspath(sys.argv[2])]
# Names that are text, whatever they look like; the last is not UTF-8.
HOSTILE = [b'<script>alert(1)<', b'"quotes\' & &amp;.wav', b'a\nb\tc.wav',
           '\u202eright to left\u200f.wav'.encode(), b'--> 00:00.wav',
           b'-.wav', b'% %s \\n.wav', b'a: #1?.wav', b'\xff\xfe.wav']


def analyze(*arguments, status=0, cwd=None):
    done = subprocess.run([*ANALYZE, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, cwd=cwd)
    assert done.returncode == status, (arguments, done)
    return done.stdout, done.stderr


def expected_cues(windows, each_window):
    """By the rule of the manual page, from the lines of JSON."""
    cues = []
    for i, window in enumerate(windows):
        end = window['end']
        if i + 1 < len(windows):
            end = min(end, windows[i + 1]['start'])
        if window['silence'] or window['emotion'] == 'unknown':
            continue
        if (cues and not each_window and cues[-1][2] == window['emotion']
                and window['start'] - cues[-1][1] < 0.001):
            cues[-1][1] = end
        else:
            cues.append([window['start'], end, window['emotion']])
    return cues


def seconds(text):
    hours, minutes, rest = text.replace(',', '.').split(':')
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def read_vtt(text):
    return [[seconds(a), seconds(b), label] for a, b, label in re.findall(
        r'^(\S+) --> (\S+)\n(.*)\n\n', text, re.M)]


def read_audacity(text):
    return [[float(a), float(b), label] for a, b, label in (
        line.split('\t') for line in text.splitlines())]


def read_textgrid(text):
    found = [[float(a), float(b), label] for a, b, label in re.findall(
        r'xmin = (\S+)\n *xmax = (\S+)\n *text = "(.*)"\n', text)]
    for before, after in zip(found, found[1:]):
        assert before[1] == after[0]
    return [cue for cue in found if cue[2]]


READERS = {'vtt': read_vtt, 'srt': read_vtt, 'audacity': read_audacity,
           'textgrid': read_textgrid}
EXTENSIONS = {'vtt': '.vtt', 'srt': '.srt', 'audacity': '.txt',
              'textgrid': '.TextGrid', 'json': '.json', 'csv': '.csv',
              'text': '.txt'}


def check_times(folder):
    """Every format has the times and emotions of JSON, to 1 ms."""
    sound = os.path.join(folder, 'sound.wav')
    write_sound(sound, 20.7)
    for interval in ('3', '1', '0.25', '4.1'):
        lines = analyze('--format', 'json', '--interval', interval,
                        sound)[0].splitlines()
        windows = [json.loads(line) for line in lines[:-1]]
        assert any(window['silence'] for window in windows)
        for name, read in READERS.items():
            for each in (False, True):
                text = analyze('--format', name, '--interval', interval, sound,
                               *['--each-window'] * each)[0].decode()
                cues = read(text)
                expected = expected_cues(windows, each)
                assert len(cues) == len(expected) > 2, (name, interval, each)
                for cue, wanted in zip(cues, expected):
                    assert abs(cue[0] - wanted[0]) <= 0.001, (cue, wanted)
                    assert abs(cue[1] - wanted[1]) <= 0.001, (cue, wanted)
                    assert cue[2] == wanted[2], (cue, wanted)


def check_voice(folder):
    """Where nobody speaks there is no cue."""
    sound = os.path.join(folder, 'sound.wav')
    write_noise(sound, 7)
    windows = [json.loads(line) for line in analyze(
        '--min-voice', '0.3', '--format', 'json', sound)[0].splitlines()[:-1]]
    assert all(window['emotion'] == 'unknown' and window['voice'] < 0.3
               for window in windows)
    end = windows[-1]['end']
    for name, read in READERS.items():
        text = analyze('--min-voice', '0.3', '--format', name,
                       sound)[0].decode()
        assert read(text) == [], text
        assert name != 'textgrid' or re.search(
            r'intervals \[1\]:\s+xmin = 0.0\s+xmax = %s\s+text = ""\n$' % end,
            text), text


def check_folder(folder):
    """A file for each source, in its place; the others where one is bad."""
    for name in ('in/a.wav', 'in/b.wav', 'in/deep/er/a.wav'):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_sound(path, 3)
    os.link(folder + '/in/b.wav', folder + '/in/b.mp3')
    with open(folder + '/in/bad.wav', 'wb') as file:
        file.write(b'nothing')
    for name, extension in EXTENSIONS.items():
        out = os.path.join(folder, 'out', name)
        stdout, stderr = analyze('--format', name, '--output', out + '/',
                                 folder + '/in', status=1)
        assert not stdout and stderr.count(b'\n') == 1 and b'bad' in stderr
        found = sorted(
            os.path.relpath(os.path.join(parent, file), out)
            for parent, _, files in os.walk(out) for file in files)
        assert found == sorted(stem + extension for stem in (
            'a', 'b.wav', 'b.mp3', 'deep/er/a')), found
        for file in found:
            with open(os.path.join(out, file), 'rb') as alone:
                text = alone.read()
            source = os.path.splitext(file)[0]
            if not source.endswith('.mp3'):
                source = source.replace('.wav', '') + '.wav'
            assert text == analyze('--format', name, os.path.join(
                folder, 'in', source))[0], file
    # A folder that is there needs no slash; the same name twice is counted.
    analyze('--format', 'vtt', '--output', folder + '/out',
            folder + '/in/a.wav', folder + '/in/deep/er/a.wav')
    assert os.path.exists(folder + '/out/a.wav.vtt')
    assert os.path.exists(folder + '/out/a.wav-2.vtt')
    # Nor does a new one, where one file cannot hold them all.
    analyze('--format', 'srt', '--output', folder + '/new', folder + '/in/a.wav',
            folder + '/in/b.wav')
    assert sorted(os.listdir(folder + '/new')) == ['a.srt', 'b.srt']


def check_usage(folder):
    """What does not go together is named before anything is done."""
    sound = os.path.join(folder, 'sound.wav')
    for arguments, word in (
            (('--format', 'vtt', sound, sound), b'--output'),
            (('--format', 'vtt', '--summary', sound), b'--summary'),
            (('--format', 'json', '--each-window', sound), b'--each-window'),
            (('--format', 'srt', '--shard', '1/2', '--output', 'x', sound),
             b'--shard'),
            (('--format', 'json', '--shard', '1/2', '--output', folder, sound),
             b'folder'),
            (('--format', 'subrip', sound), b'vtt,srt')):
        stdout, stderr = analyze(*arguments, status=2)
        assert not stdout and word in stderr and stderr.count(b'\n') == 1


def check_names(folder):
    """Any name of a file is one, in all formats, into a folder and not."""
    write_sound(folder + '/plain.wav', 3)
    os.mkdir(folder + '/named')
    for name in HOSTILE:
        os.link((folder + '/plain.wav').encode(),
                (folder + '/named/').encode() + name)
    names = [b'./' + name for name in HOSTILE]
    for name, extension in EXTENSIONS.items():
        out = os.path.join(folder, 'names', name)
        analyze('--format', name, '--output', out + '/', *names,
                cwd=folder + '/named')
        found = sorted(os.listdir(out.encode()))
        assert found == sorted(
            os.path.splitext(source)[0] + extension.encode()
            for source in HOSTILE), found
        for source in HOSTILE:
            path = os.path.join(
                out.encode(), os.path.splitext(source)[0] + extension.encode())
            with open(path, encoding='utf-8') as file: # or it is none
                text = file.read()
            shown = source.decode(errors='backslashreplace')
            if name == 'json':
                for line in text.splitlines():
                    assert json.loads(line)['file'] == './' + shown, line
            elif name == 'textgrid':
                assert ' name = "%s"\n' % shown.replace('"', '""') in text


checks.run([check_times, check_voice, check_folder, check_usage, check_names], 1)
