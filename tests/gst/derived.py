#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""emotion-train --ensemble, --soup and --quantize, as a user runs them; what they
write is read by h5py, as Keras reads it, and run by emotion-analyze.

    derived.py EMOTION_TRAIN EMOTION_ANALYZE MODELS
"""
import json
import math
import os
import shutil
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

TRAIN, ANALYZE, MODELS = sys.argv[1:]
count = 0


def check(name, good, more=''):
    global count
    count += 1
    print('%sok %d - %s' % ('' if good else 'not ', count, name))
    if not good:
        print('# ' + str(more).replace('\n', '\n# '))


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def model(name):
    return os.path.join(MODELS, name)


def weights(path):
    """The arrays of a file in the order in which Keras takes them."""
    arrays = []
    with h5py.File(path) as file:
        group = file['model_weights']
        for layer in group.attrs['layer_names']:
            for name in group[layer].attrs['weight_names']:
                arrays.append((layer, name, group[layer][name]))
        return [(layer, name, data[()], data.dtype, data.compression,
                 data.shuffle) for layer, name, data in arrays]


def facts_of(path):
    with h5py.File(path) as file:
        return json.loads(file.attrs['emotiondetect'])


def probabilities(path, sound):
    status, out, err = run(ANALYZE, '--model', path, '--format', 'json',
                           '--min-voice', '0', '--quiet', sound)
    lines = [json.loads(line) for line in out.splitlines()]
    return np.array([list(line['probabilities'].values()) for line in lines
                     if 'probabilities' in line])


def make_sound(path):
    with wave.open(path, 'wb') as sound:
        sound.setparams((1, 2, 16000, 0, 'NONE', ''))
        sound.writeframes(b''.join(struct.pack('<h', int(
            9000 * math.sin(0.05 * i + 3 * math.sin(0.001 * i))))
            for i in range(96000)))


def check_ensemble(folder, sound):
    path = os.path.join(folder, 'all.h5')
    members = [model('synthetic-m1.h5'), model('synthetic-m3.h5')]
    status, out, err = run(TRAIN, '--ensemble', *members, '--output', path)
    check('an ensemble is written', status == 0, err)
    with h5py.File(path) as file:
        config = json.loads(file.attrs['model_config'])['config']
    facts = facts_of(path)
    names = [layer['config']['name'] for layer in config['layers']]
    check('names are unique', len(set(names)) == len(names), names)
    inputs = [layer for layer in config['layers']
              if layer['class_name'] == 'InputLayer']
    check('one input', len(inputs) == 1 and config['input_layers']
          == [[inputs[0]['config']['name'], 0, 0]])
    sources = {layer['config']['name']: [call[0] for node in
                                         layer['inbound_nodes']
                                         for call in node]
               for layer in config['layers']}
    check('every source is a layer',
          all(source in names for some in sources.values() for source in some))
    last = config['output_layers'][0][0]
    check('the output is an Average of two', len(sources[last]) == 2 and
          [layer['class_name'] for layer in config['layers']
           if layer['config']['name'] == last] == ['Average'])
    check('the members are named', [os.path.basename(name) for name in
                                    facts['ensemble']]
          == ['synthetic-m1.h5', 'synthetic-m3.h5'], facts)
    before = [array[2] for member in members for array in weights(member)]
    after = [array[2] for array in weights(path)]
    check('the weights are those of the members, in order',
          len(before) == len(after) and
          all(np.array_equal(a, b) for a, b in zip(before, after)))
    mean = np.mean([probabilities(member, sound) for member in members], 0)
    found = probabilities(path, sound)
    check('it says the mean of what they say', found.shape == mean.shape and
          len(mean) > 0 and np.abs(found - mean).max() < 1e-5, (found, mean))


def check_soup(folder, sound):
    """Of a model and a copy with other weights."""
    path = os.path.join(folder, 'soup.h5')
    first, other = model('synthetic-m1.h5'), os.path.join(folder, 'other.h5')
    shutil.copy(first, other)
    with h5py.File(other, 'r+') as file:
        for layer, name, *rest in weights(other):
            data = file['model_weights'][layer][name]
            data[...] = data[()] * 0.5
    status, out, err = run(TRAIN, '--soup', first, other, '--output', path)
    check('a mean of weights is written', status == 0, err)
    before, after = weights(first), weights(path)
    check('it is the mean', len(before) == len(after) and all(
        a[:2] == b[:2] and np.allclose(b[2], 0.75 * a[2], atol=1e-7)
        for a, b in zip(before, after)))
    facts = facts_of(path)
    check('it says of what', facts.get('soup') == [first, other] and
          len(facts['labels']) == 9, facts)
    check('it runs', len(probabilities(path, sound)) > 0)


def check_quantized(folder, sound):
    before = weights(model('synthetic-m1.h5'))
    size = sum(array[2].size for array in before)
    for kind, limit in ('float16', 2.1), ('int8', 1.3):
        path = os.path.join(folder, kind + '.h5')
        status, out, err = run(TRAIN, '--quantize', kind, '--output', path,
                               model('synthetic-m1.h5'))
        check(kind + ' is written', status == 0, err)
        after = weights(path)
        matrices = [(a, b) for a, b in zip(before, after)
                    if a[2].ndim > 1 and 'bias' not in a[1]]
        check(kind + ': matrices are half floats', len(matrices) > 0 and
              all(b[3] == np.float16 for a, b in matrices))
        check(kind + ': packed by shuffle and deflate',
              all(b[4] == 'gzip' and b[5] for a, b in matrices
                  if b[2].size >= 512))
        check(kind + ': names and vectors are as they were',
              [a[:2] for a in before] == [b[:2] for b in after] and
              all(np.array_equal(a[2], b[2]) for a, b in zip(before, after)
                  if a[2].ndim < 2 or 'bias' in a[1]))
        check(kind + ': close', all(
            np.abs(a[2] - b[2].astype('f4')).max()
            <= np.abs(a[2]).max() / (120 if kind == 'int8' else 1000)
            for a, b in matrices))
        if kind == 'int8':
            check('at most 255 values for each output', all(
                len(np.unique(b[2].reshape(-1, b[2].shape[-1])[:, c])) <= 255
                for a, b in matrices for c in range(b[2].shape[-1])
                if b[2].size >= 16 * b[2].shape[-1]))
        saved = os.path.getsize(path)
        check(kind + ': small', saved < limit * size + 45000, (saved, size))
        change = np.abs(probabilities(path, sound) -
                        probabilities(model('synthetic-m1.h5'), sound)).max()
        check(kind + ': it says nearly the same', change < 0.05, change)


def check_evaluate(folder):
    """The members beside the ensemble, and what fewer bits change."""
    sounds = os.path.join(folder, 'sounds')
    small = os.path.join(folder, 'small.h5')
    for label in 'neutral', 'happy':
        os.makedirs(os.path.join(sounds, label))
        make_sound(os.path.join(sounds, label, 'a.wav'))
    status, out, err = run(TRAIN, '--folder', sounds, '--quantize', 'int8',
                           '--evaluate', os.path.join(folder, 'all.h5'),
                           '--output', small)
    check('an ensemble is evaluated', status == 0, err)
    check('with its members, and with fewer bits',
          all('\n' + name + ' sounds ' in out for name in [
              '1 synthetic-m1.h5', '2 synthetic-m3.h5', 'ensemble',
              'as it is:', 'int8']), out)
    check('the small file is written',
          os.path.getsize(small) < os.path.getsize(
              os.path.join(folder, 'all.h5')))


def check_refused(folder):
    path = os.path.join(folder, 'never.h5')
    for words, status, message in [
            (['--ensemble', model('tiny.h5'), '--output', path], 2, '2 models'),
            (['--ensemble', model('tiny.h5'), model('tiny.h5')], 2, '--output'),
            (['--ensemble', model('tiny.h5'), model('synthetic-m1.h5'),
              '--output', path], 1, 'labels'),
            (['--ensemble', model('tiny.h5'), model('flat.h5'),
              '--output', path], 1, 'features'),
            (['--ensemble', model('tiny.h5'), model('absent.h5'),
              '--output', path], 1, 'absent.h5'),
            (['--soup', model('synthetic-m1.h5'), model('synthetic-m3.h5'),
              '--output', path], 1, 'layer '),
            (['--soup', model('tiny.h5'), '--output', path], 2, '2 models'),
            (['--soup', '--ensemble', model('tiny.h5'), model('tiny.h5'),
              '--output', path], 2, 'one file each'),
            (['--quantize', 'int4', '--output', path, model('tiny.h5')], 2,
             'int4'),
            (['--quantize', 'int8', model('tiny.h5')], 2, '--output'),
            (['--quantize', 'int8', '--output', path, model('tiny.h5'),
              model('tiny.h5')], 2, 'one model')]:
        found, out, err = run(TRAIN, *words)
        check('refused: ' + message, found == status and message in err,
              (found, err))
    check('nothing was written', not os.path.exists(path))


with tempfile.TemporaryDirectory() as top:
    make_sound(os.path.join(top, 'sound.wav'))
    check_ensemble(top, os.path.join(top, 'sound.wav'))
    check_soup(top, os.path.join(top, 'sound.wav'))
    check_quantized(top, os.path.join(top, 'sound.wav'))
    check_evaluate(top)
    check_refused(top)
print('1..%d' % count)
