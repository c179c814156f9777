#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The features of the Python system by librosa, on request; the same protocol
as ours.c. Usage: peer-librosa.py"""
import json
import sys
import time

import librosa
import numpy as np


def features(y):
    mel = librosa.feature.melspectrogram(
        y=y, sr=16000, n_mels=64, n_fft=2048, hop_length=512)
    db = librosa.power_to_db(mel, ref=np.max)
    return (db - db.min()) / (db.max() - db.min())


def main():
    y = np.random.default_rng(1).uniform(-0.1, 0.1, 48000).astype(np.float32)
    print(json.dumps({'name': f'librosa {librosa.__version__}'}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line.split('\t')[4])):
            t = time.perf_counter_ns()
            features(y)
            times.append((time.perf_counter_ns() - t) / 1e3)
        print(json.dumps(times), flush=True)


main()
