#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the small models of this folder, in the layout of Keras 2 (h5py only).

tiny.h5         averages the features; says its labels and recipe itself
linear.h5       the same, but its output is logits
overflow.h5     the same, but they are infinite
other-input.h5  wants something that is not features of sound
flat.h5         takes statistics of features in a row: gives back the means of
                the first two MFCC and of the first chroma
mfcc.h5         takes the means of 40 MFCC, (40, 1), and does not say so
slow.h5         the same small recurrent layer 200 times over 6016 steps:
                about a second for one window (for tests of slow inference)

synthetic-m1.h5 and -m3.h5 are not made here: they are random weights in two of
the architectures, written by genuine Keras.
"""
import json
import os

import h5py
import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(1)


def layer(kind, name, inputs, **config):
    """One layer of a functional model; inputs: a list of calls, each a list of
    (layer, call) pairs."""
    return {'class_name': kind, 'name': name,
            'config': dict(config, name=name),
            'inbound_nodes': [[[source, call, 0, {}] for source, call in one]
                              for one in inputs]}


def write(file, layers, weights, output=None, metadata=None):
    """output: the (layer, call) of a functional model; None: sequential."""
    config = {'class_name': 'Sequential', 'config': {
        'name': 'model', 'layers': layers}}
    if output:
        config = {'class_name': 'Functional', 'config': {
            'name': 'model', 'layers': layers,
            'input_layers': [[layers[0]['name'], 0, 0]],
            'output_layers': [output + [0]]}}
    with h5py.File(os.path.join(FOLDER, file), 'w') as h5:
        h5.attrs['keras_version'] = '2.10.0'
        h5.attrs['backend'] = 'tensorflow'
        h5.attrs['model_config'] = json.dumps(config)
        if metadata:
            h5.attrs['emotiondetect'] = json.dumps(metadata)
        group = h5.create_group('model_weights')
        group.attrs['layer_names'] = [one['name'] for one in layers]
        for one in layers:
            sub = group.create_group(one['name'])
            own = weights.get(one['name'], [])
            names = ['%s/%s:0' % (one['name'], name) for name, _ in own]
            sub.attrs['weight_names'] = names
            for name, (_, value) in zip(names, own):
                sub[name] = np.asarray(value, 'f4')


def source(name, shape):
    return layer('InputLayer', name, [], batch_input_shape=[None] + shape)


def averaging(file, bias, metadata, activation='softmax', kernel=None):
    write(file, [
        source('in', [64, 94, 1]),
        layer('Reshape', 'rows', [[('in', 0)]], target_shape=[64, 94]),
        layer('GlobalAveragePooling1D', 'mean', [[('rows', 0)]]),
        layer('Dense', 'out', [[('mean', 0)]], units=3, activation=activation)],
        {'out': [('kernel', rng.normal(size=(94, 3)) if kernel is None
                  else kernel), ('bias', bias)]},
        metadata=metadata)


averaging('tiny.h5', [0, 0, 0], {
    'labels': ['low', 'mid', 'high'],
    'recipe': {'rate': 16000, 'window_len': 48000, 'n_mels': 64,
               'features': 'mel_db', 'normalization': 'min_max'}})
averaging('linear.h5', [2, 2, 2], {'labels': ['low', 'mid', 'high']}, 'linear')
write('other-input.h5', [
    source('in', [10]),
    layer('Dense', 'out', [[('in', 0)]], units=9, activation='softmax')],
    {'out': [('kernel', rng.normal(size=(10, 9))), ('bias', np.zeros(9))]})

UNITS, CALLS = 32, 200
write('slow.h5', [
    source('in', [64, 94, 1]),
    layer('Reshape', 'steps', [[('in', 0)]], target_shape=[6016, 1]),
    layer('Dense', 'wide', [[('steps', 0)]], units=UNITS, activation='linear'),
    layer('LSTM', 'again', [[('wide', 0)]] + [[('again', i)]
                                             for i in range(CALLS - 1)],
          units=UNITS, return_sequences=True, activation='tanh',
          recurrent_activation='sigmoid'),
    layer('GlobalAveragePooling1D', 'mean', [[('again', CALLS - 1)]]),
    layer('Dense', 'out', [[('mean', 0)]], units=9, activation='softmax')],
    {'wide': [('kernel', rng.normal(size=(1, UNITS))),
              ('bias', np.zeros(UNITS))],
     'again': [('lstm_cell/kernel', rng.normal(size=(UNITS, 4 * UNITS)) / 4),
               ('lstm_cell/recurrent_kernel',
                rng.normal(size=(UNITS, 4 * UNITS)) / 8),
               ('lstm_cell/bias', np.zeros(4 * UNITS))],
     'out': [('kernel', rng.normal(size=(UNITS, 9))), ('bias', np.zeros(9))]},
    ['out', 0])

# Rows of the recipe: 13 MFCC, 13 delta, 13 delta2, 12 chroma; (mean, std) each.
kernel = np.zeros((102, 3))
kernel[0, 0] = kernel[2, 1] = 0.001
kernel[2 * 39, 2] = 1
write('flat.h5', [
    source('in', [102]),
    layer('Dense', 'out', [[('in', 0)]], units=3, activation='softmax')],
    {'out': [('kernel', kernel), ('bias', np.zeros(3))]},
    metadata={'labels': ['c0', 'c1', 'chroma'],
              'recipe': {'features': 'mfcc,delta,delta2,chroma',
                         'normalization': 'none', 'statistics': 'mean,std'}})

write('mfcc.h5', [
    source('in', [40, 1]),
    layer('Flatten', 'row', [[('in', 0)]]),
    layer('Dense', 'out', [[('row', 0)]], units=8, activation='softmax')],
    {'out': [('kernel', rng.normal(size=(40, 8)) / 100), ('bias', np.zeros(8))]})

# Softmax of numbers past the range of floats.
averaging('overflow.h5', [0, 0, 0], {'labels': ['low', 'mid', 'high']},
          'linear', np.full((94, 3), 3e38))
