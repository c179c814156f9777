#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every row of the table in emotion-analyze(1): a model of that input shape runs
by that recipe, and without one it is refused with the recipe offered, or says
that it guesses. Usage: public-shapes.py EMOTION_ANALYZE PAGE"""
import json
import math
import os
import re
import struct
import subprocess
import sys
import tempfile
import wave

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print('1..0 # SKIP %s is not installed' % missing.name)
    sys.exit(0)

LABELS = 'a,b,c'


def rows(page):
    """(preset, shape) of the section, shapes as lists with None."""
    section = re.search(r'^\.SH SHAPES OF PUBLIC MODELS\n(.*?)^\.SH ', page,
                        re.M | re.S)[1]
    for preset, text in re.findall(r'^\.TP\n\.B (\S+)\n(.*?)(?=^\.(?:TP|PP))',
                                   section, re.M | re.S):
        for shape in re.findall(r'\(((?:None|\d+),[^)]*)\)',
                                text.split(':')[0]):
            yield (preset.replace('\\-', '-'),
                   [None if n == 'None' else int(n)
                    for n in re.findall(r'None|\d+', shape)])


def write_model(path, shape):
    """Means over all axes but the last, or a row, into three labels."""
    is_open = None in shape
    n = shape[-1] if is_open else math.prod(shape)
    layers = [
        {'class_name': 'InputLayer', 'config': {
            'name': 'in', 'batch_input_shape': [None] + shape}},
        {'class_name': 'GlobalAveragePooling1D' if is_open else 'Flatten',
         'config': {'name': 'row'}},
        {'class_name': 'Dense', 'config': {
            'name': 'd', 'units': 3, 'activation': 'softmax'}}]
    with h5py.File(path, 'w') as h5:
        h5.attrs['keras_version'] = '2.10.0'
        h5.attrs['model_config'] = json.dumps({
            'class_name': 'Sequential',
            'config': {'name': 's', 'layers': layers}})
        group = h5.create_group('model_weights')
        group.attrs['layer_names'] = ['in', 'row', 'd']
        for name in ('in', 'row'):
            group.create_group(name).attrs['weight_names'] = []
        dense = group.create_group('d')
        dense.attrs['weight_names'] = ['d/kernel:0', 'd/bias:0']
        rng = np.random.default_rng(n)
        dense['d/kernel:0'] = np.float32(rng.normal(size=(n, 3)) / n)
        dense['d/bias:0'] = np.zeros(3, 'f4')


def write_sound(path):
    with wave.open(path, 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(22050)
        out.writeframes(b''.join(struct.pack('<h', round(
            9000 * math.sin(i / 20) * math.sin(i / 3000)))
            for i in range(4 * 22050)))


def run(tool, *args):
    done = subprocess.run([tool, *args], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def check(tool, folder, preset, shape):
    """What is wrong, or None."""
    model, sound = folder + '/m.h5', folder + '/s.wav'
    write_model(model, shape)
    common = ['--model', model, '--labels', LABELS, '--format', 'csv', sound]
    status, out, err = run(tool, *common, '--recipe', preset)
    if status != 0 or err or len(out.splitlines()) < 2:
        return 'status %d: %s%s' % (status, out, err)
    status, out, err = run(tool, *common)
    is_matrix = len([n for n in shape if n != 1]) > 1
    if is_matrix and (status != 0 or 'guessed' not in err):
        return 'no guess: status %d: %s' % (status, err)
    if not is_matrix and (status != 2 or '--recipe %s ' % preset not in err):
        return 'not offered: status %d: %s' % (status, err)
    return None


def main():
    tool, page = sys.argv[1:]
    with open(page, encoding='utf-8') as file:
        table = list(rows(file.read()))
    print('1..%d' % len(table))
    failed = len(table) < 20
    with tempfile.TemporaryDirectory() as folder:
        write_sound(folder + '/s.wav')
        for i, (preset, shape) in enumerate(table):
            wrong = check(tool, folder, preset, shape)
            failed |= wrong is not None
            print('%sok %d - %s %s' % ('not ' if wrong else '', i + 1, preset,
                                       tuple(shape)))
            if wrong:
                print('# ' + wrong.replace('\n', '\n# '))
    return failed


os.environ['NO_COLOR'] = '1'
sys.exit(main())
