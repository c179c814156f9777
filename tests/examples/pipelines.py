#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the pipelines that the README shows, as they stand there, and reads back
what they wrote.

    pipelines.py NAME           run one, check it
    pipelines.py --show NAME    print its command line
    pipelines.py --recording    make recording.wav, which has a voice

Exit status 77: skipped, something that it needs is not installed. The command
lines take recording.wav in the current folder, which this makes.
"""
import math
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import wave

SECONDS = 8  # of recording.wav: two windows and a rest

SUBTITLES = (
    'gst-launch-1.0 -m filesrc location=recording.wav ! decodebin '
    '! audioconvert ! emotiondetect ! emotiontext ! %s '
    '! filesink location=recording.%s')

COMMANDS = {
    'webvtt': SUBTITLES % ('webvttenc', 'vtt'),
    'srt': SUBTITLES % ('srtenc', 'srt'),
    'overlap':
        'gst-launch-1.0 -m filesrc location=recording.wav ! decodebin '
        '! audioconvert ! emotiondetect interval=1000000000 '
        '! emotiontext format="%{emotion}" ! webvttenc '
        '! filesink location=recording.vtt',
    'matroska':
        'gst-launch-1.0 -m filesrc location=recording.wav ! decodebin '
        '! audioconvert ! emotiondetect ! tee name=t '
        't. ! queue max-size-time=10000000000 max-size-bytes=0 '
        'max-size-buffers=0 ! flacenc ! matroskamux name=m '
        '! filesink location=recording.mka '
        't. ! queue ! emotiontext ! m.',
    'scope-video':
        'gst-launch-1.0 filesrc location=recording.wav ! decodebin '
        '! audioconvert ! emotiondetect ! tee name=t '
        't. ! queue ! emotionscope '
        '! video/x-raw,width=640,height=360,framerate=15/1 ! videoconvert '
        '! vp8enc deadline=1 ! webmmux name=m '
        '! filesink location=recording.webm '
        't. ! queue ! audioconvert ! audioresample ! opusenc ! m.',
    'scope-window':
        'gst-launch-1.0 filesrc location=recording.wav ! decodebin '
        '! audioconvert ! emotiondetect interval=500000000 ! emotionscope '
        '! videoconvert ! ximagesink',
    'rtp-send':
        'gst-launch-1.0 filesrc location=recording.wav ! decodebin '
        '! audioconvert ! rtpL16pay ! udpsink host=127.0.0.1 port=5004',
    'rtp-receive':
        'gst-launch-1.0 -m udpsrc port=5004 caps="application/x-rtp,'
        'media=audio,clock-rate=22050,encoding-name=L16,channels=1" '
        '! rtpjitterbuffer ! rtpL16depay ! audioconvert '
        '! emotiondetect @preset=live ! audioconvert ! rtpL16pay '
        '! udpsink host=127.0.0.1 port=5006',
}


def skip(reason):
    print('skipped:', reason, file=sys.stderr)
    sys.exit(77)


def need_elements(command):
    for name in re.findall(r'(?:^|! )([a-z0-9]+)(?= |$)', command):
        if subprocess.run(['gst-inspect-1.0', '--atleast-version=0.0', '--exists',
                           name]).returncode:
            skip('no element %s installed' % name)


def make_recording():
    """Vowels, 22050 Hz mono; no voice needs to be installed: a pulse for each
    period of the glottis, through resonances of the throat and the mouth."""
    rate, phase, samples = 22050, 0.0, bytearray()
    noise = random.Random(1)
    vowels = [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240),
              (530, 1840, 2480), (570, 840, 2410)]  # Peterson & Barney 1952
    formants, state = list(vowels[0]), [[0.0, 0.0] for _ in range(3)]
    for i in range(SECONDS * rate):
        t = i / rate
        phase += (120 + 30 * math.sin(2 * math.pi * t / 1.7)
                  + 4 * math.sin(2 * math.pi * 5 * t)) / rate
        x = 0.02 * noise.uniform(-1, 1)
        if phase >= 1:
            phase -= 1
            x += 1
        for k, (y, aim) in enumerate(zip(state, vowels[int(t / 0.22) % 5])):
            formants[k] += (aim - formants[k]) * 0.0015
            r = math.exp(-math.pi * (60 + 30 * k) / rate)
            a = 2 * r * math.cos(2 * math.pi * formants[k] / rate)
            x = (1 - a + r * r) * x + a * y[0] - r * r * y[1]
            y[1], y[0] = y[0], x
        loud = 0.5 - 0.5 * math.cos(2 * math.pi * t / 0.22)
        x = max(-1, min(1, 6 * loud * x)) + 0.001 * noise.uniform(-1, 1)
        samples += struct.pack('<h', int(16000 * x))
    with wave.open('recording.wav', 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(samples))


def run(command):
    """Runs it to its end; returns what it printed."""
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=100)
    print(command, done.stdout, sep='\n')
    assert done.returncode == 0
    return done.stdout


def messages(output):
    """(start, end, emotion) of each window, in ms, from gst-launch-1.0 -m."""
    found = []
    for line in output.splitlines():
        if ': emotion, timestamp=' not in line:
            continue
        start = int(re.search(r'timestamp=\(guint64\)(\d+)', line)[1])
        length = int(re.search(r' duration=\(guint64\)(\d+)', line)[1])
        emotion = re.search(r'emotion=\(string\)"?([^,;"]+)', line)[1]
        found.append((start // 1000000, (start + length) // 1000000, emotion))
    return found


def cues(text):
    """(start, end, line) of each cue of WebVTT or SRT, in ms."""
    time_re = r'(\d\d):(\d\d):(\d\d)[.,](\d{3})'
    found = []
    for match in re.finditer(time_re + ' --> ' + time_re + r'\n(.*)\n', text):
        n = [int(x) for x in match.groups()[:8]]
        ms = [((n[i] * 60 + n[i + 1]) * 60 + n[i + 2]) * 1000 + n[i + 3]
              for i in (0, 4)]
        found.append((ms[0], ms[1], match[9]))
    return found


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def compare(told, shown):
    """Each window has its cue, at its time, with its emotion."""
    assert [t[:2] for t in told] == [s[:2] for s in shown], (told, shown)
    for (_, _, emotion), (_, _, line) in zip(told, shown):
        assert re.fullmatch(re.escape(emotion) + r' \(\d+ %\)', line), line
    assert len(told) == 3 and told[2][1] == SECONDS * 1000


def check_webvtt():
    told = messages(run(COMMANDS['webvtt']))
    text = read('recording.vtt')
    assert text.startswith('WEBVTT')
    compare(told, cues(text))


def check_srt():
    told = messages(run(COMMANDS['srt']))
    compare(told, cues(read('recording.srt')))


def check_overlap():
    told = messages(run(COMMANDS['overlap']))
    shown = cues(read('recording.vtt'))
    assert len(told) == len(shown) >= 6
    for (start, end, emotion), cue, after in zip(told, shown, told[1:] + [None]):
        assert cue == (start, after[0] if after else end, emotion)


def check_matroska():
    told = messages(run(COMMANDS['matroska']))
    run('gst-launch-1.0 filesrc location=recording.mka ! matroskademux name=d '
        'd.subtitle_0 ! queue ! srtenc ! filesink location=read.srt '
        'd.audio_0 ! queue ! flacparse ! flacdec ! wavenc '
        '! filesink location=read.wav')
    # matroskamux of GStreamer 1.26 writes an empty block for a gap event.
    compare(told, [cue for cue in cues(read('read.srt')) if cue[2]])
    with wave.open('recording.wav') as was, wave.open('read.wav') as now:
        frames = SECONDS * 22050
        assert was.readframes(frames) == now.readframes(frames)


def check_scope_video():
    run(COMMANDS['scope-video'])
    output = run('gst-launch-1.0 -v filesrc location=recording.webm '
                 '! matroskademux name=d d.video_0 ! queue ! vp8dec '
                 '! fakesink silent=false d.audio_0 ! queue ! opusdec '
                 '! fakesink')
    assert len(re.findall(r'chain +\*+ \(fakesink0', output)) == SECONDS * 15
    assert re.search(r'width=\(int\)640, height=\(int\)360', output)
    assert re.search(r'audio/x-raw', output)


def screenshot(environment):
    """The pixels of the whole screen, as 32-bit numbers (X window dump)."""
    dump = subprocess.run(['xwd', '-root', '-silent'], env=environment,
                          stdout=subprocess.PIPE, check=True).stdout
    head = struct.unpack('>25I', dump[:100])
    assert head[11] == 32, 'a screen of 24 bits'
    start = head[0] + 12 * head[19]
    order = '>' if head[7] else '<'
    n = head[12] // 4 * head[5]
    return [x & 0xffffff
            for x in struct.unpack_from(order + '%dI' % n, dump, start)]


def looks_like_scope(pixels):
    """The ground, the mark of a label or a bar, and shades of viridis."""
    return (pixels.count(0x16161c) > 50000 and len(set(pixels)) > 500
            and pixels.count(0x440154) > 100)


def check_scope_window():
    for program in ('Xvfb', 'xwd'):
        if not shutil.which(program):
            skip('no %s installed' % program)
    # Without -noreset it refuses others for a moment when its last client leaves,
    # which xwd is if it is faster than the player.
    server = subprocess.Popen(
        ['Xvfb', '-displayfd', '1', '-screen', '0', '800x600x24', '-nolisten',
         'tcp', '-noreset'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    player = None
    try:
        display = server.stdout.readline().strip()
        assert display, 'Xvfb does not start'
        environment = dict(os.environ, DISPLAY=':' + display)
        player = subprocess.Popen(COMMANDS['scope-window'], shell=True,
                                  env=environment, start_new_session=True)
        seen = False
        while not seen and player.poll() is None:
            time.sleep(0.5)
            seen = looks_like_scope(screenshot(environment))
        assert seen, 'the window shows no scope'
        assert player.wait(60) == 0
    finally:
        if player and player.poll() is None:
            os.killpg(player.pid, signal.SIGKILL)
        server.terminate()
        server.wait()


def check_rtp():
    """In, analysed, and out again: a third program sees what is sent on."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.bind(('127.0.0.1', 0))
    out.settimeout(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    ports = lambda command: command.replace('5004', str(port)).replace(
        '5006', str(out.getsockname()[1]))
    receiver = subprocess.Popen(
        ports(COMMANDS['rtp-receive']), shell=True, text=True,
        stdout=subprocess.PIPE, start_new_session=True)
    sender = subprocess.Popen(ports(COMMANDS['rtp-send']), shell=True)
    packets = octets = 0
    try:
        while sender.poll() is None or packets == 0:
            try:
                packet = out.recv(65536)
            except socket.timeout:
                assert sender.poll() is None, 'nothing is sent on'
                continue
            assert packet[0] >> 6 == 2 and packet[1] & 0x7f >= 96
            packets += 1
            octets += len(packet) - 12
        time.sleep(1)
    finally:
        os.killpg(receiver.pid, signal.SIGINT)
        output = receiver.communicate(timeout=30)[0]
    told = messages(output)
    print(output, packets, 'packets,', octets, 'octets')
    # @preset=live: a window each second, the first after 3 s; most of the
    # sound. What a busy machine drops is not counted here.
    assert len(told) >= 2
    assert octets > SECONDS * 22050 * 2 // 2


CHECKS = {
    'webvtt': (check_webvtt, ['webvtt']),
    'srt': (check_srt, ['srt']),
    'overlap': (check_overlap, ['overlap']),
    'matroska': (check_matroska, ['matroska']),
    'scope-video': (check_scope_video, ['scope-video']),
    'scope-window': (check_scope_window, ['scope-window']),
    'rtp': (check_rtp, ['rtp-send', 'rtp-receive']),
}


def main():
    if len(sys.argv) == 3 and sys.argv[1] == '--show':
        print(COMMANDS[sys.argv[2]])
        return
    if sys.argv[1:] == ['--recording']:
        make_recording()
        return
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKS:
        sys.exit(__doc__)
    check, commands = CHECKS[sys.argv[1]]
    for command in commands:
        need_elements(COMMANDS[command])
    # Of these tests no program is in the focus of the leaks tracer.
    os.environ.pop('GST_TRACERS', None)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_recording()
        check()
        os.chdir('/')


main()
