#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""emotion-analyze as a filter of the shell, on a pipe that somebody writes into.
Usage: follow.py EMOTION-ANALYZE MODEL"""
import json
import os
import signal
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402

ANALYZE = [os.path.abspath(sys.argv[1]), '--min-voice', '0', '--model',
           os.path.abspath(sys.argv[2])]


class Follower:
    """The tool behind a pipe that is fed; killed where it does not end."""

    def __init__(self, folder, *arguments):
        self.pipe = os.path.join(folder, 'pipe')
        os.mkfifo(self.pipe)
        self.process = subprocess.Popen(
            [*ANALYZE, '--follow', *arguments, self.pipe], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.timer = threading.Timer(60, self.process.kill)
        self.timer.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.timer.cancel()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def check_lines(folder):
    """A line for each window at once; Ctrl-C ends it in good order."""
    with open(folder + '/sound.wav', 'rb') as file:
        sound = file.read()
    with Follower(folder, '--format', 'json', '--quiet') as follower, \
            open(follower.pipe, 'wb') as feed:
        # The pipe stays open: who waited for its end would wait for ever.
        fed = 0
        for seconds in (3.5, 6.5, 9.5):
            end = 44 + int(32000 * seconds)
            feed.write(sound[fed:end])
            feed.flush()
            fed = end
            window = json.loads(follower.process.stdout.readline())
            assert window['end'] <= seconds, window
        follower.process.send_signal(signal.SIGINT)
        rest, complaint = follower.process.communicate()
        lines = [json.loads(line) for line in rest.splitlines()]
        assert lines[-1]['summary'] and lines[-1]['windows'] >= 3, lines
        assert complaint == '' and follower.process.returncode == 0


def check_subtitles(folder):
    """Subtitles come as soon as they are known, too."""
    with open(folder + '/sound.wav', 'rb') as file:
        sound = file.read()
    with Follower(folder, '--format', 'vtt', '--each-window') as follower, \
            open(follower.pipe, 'wb') as feed:
        feed.write(sound[:44 + 32000 * 7])
        feed.flush()
        out = follower.process.stdout
        assert [out.readline() for _ in range(2)] == ['WEBVTT\n', '\n']
        assert out.readline() == '00:00:00.000 --> 00:00:03.000\n'
        follower.process.send_signal(signal.SIGINT)
        follower.process.communicate()
        assert follower.process.returncode == 0


def check_second(folder):
    """A second Ctrl-C ends it at once, whatever it waits for."""
    with Follower(folder) as follower: # nobody opens the pipe
        try:
            follower.process.wait(1)
        except subprocess.TimeoutExpired:
            pass
        follower.process.send_signal(signal.SIGINT)
        try:
            follower.process.wait(1)
        except subprocess.TimeoutExpired:
            follower.process.send_signal(signal.SIGINT)
        assert follower.process.wait(20) in (1, -signal.SIGINT)


def check_usage(folder):
    """What is followed is one source."""
    done = subprocess.run([*ANALYZE, '--follow', 'a.wav', 'b.wav'],
                          stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2 and b'--follow' in done.stderr


checks.run([check_lines, check_subtitles, check_second, check_usage], 10)
