# SPDX-License-Identifier: GPL-2.0-or-later
"""Sounds for the tests of emotion-analyze that are written in Python."""
import math
import random
import struct
import wave


def write_samples(path, samples, rate):
    with wave.open(path, 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack('<%dh' % len(samples), *samples))


def write_noise(path, seconds, rate=16000):
    """White noise: nobody speaks."""
    noise = random.Random(1)
    write_samples(path, [noise.randint(-6000, 6000)
                         for _ in range(int(seconds * rate))], rate)


def write_sound(path, seconds, rate=16000):
    """Clicks, noise and a pause of digital silence."""
    samples = []
    noise = 1
    for i in range(int(seconds * rate)):
        t = i / rate
        noise = (noise * 1103515245 + 12345) % (1 << 31)
        if 6 <= t < 11.5:
            samples.append(0)
        else:
            tone = math.sin(2 * math.pi * 200 * t * (1 + int(t / 3) % 3))
            samples.append(int(6000 * tone * (i % 4000 < 2500)
                               + 4000 * (noise / (1 << 30) - 1)
                               * (int(t / 4) % 2)))
    write_samples(path, samples, rate)
