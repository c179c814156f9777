#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the models of this folder: options and layers that golden/zoo does not
have. Each file is a model in Keras' HDF5 layout (written with h5py) and also
holds what goes in (input_0, ...) and what must come out (output_0, ...), which
numpy computes here from the definition of the layer in Keras' documentation.

    tests/data/layers/make.py            # all of them, again
"""
import json
import os

import h5py
import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
N = 2  # samples
rng = np.random.default_rng(7)


def numbers(*shape, scale=1.0):
    """Random numbers that float32 can hold."""
    return np.float32(rng.normal(size=shape) * scale).astype(float)


def tensor(name, i=0):
    """Output i of a layer, as Keras 3 writes it."""
    return {'class_name': '__keras_tensor__', 'config': {
        'shape': [None], 'dtype': 'float32', 'keras_history': [name, 0, i]}}


def layer(kind, name, source, weights=(), kwargs=None, **config):
    """source: a layer's name, several, or the list of arguments itself.
    weights: (name, array), trainable ones first."""
    args = source if isinstance(source, list) else [tensor(source)]
    args = [tensor(a) if isinstance(a, str) else a for a in args]
    return {'entry': {'class_name': kind, 'name': name,
                      'config': dict(config, name=name),
                      'inbound_nodes': [{'args': args,
                                         'kwargs': kwargs or {}}]},
            'weights': list(weights)}


def as_keras2(entry):
    """Keras 2's way to write the same call."""
    history = lambda t: t['config']['keras_history']
    if entry['class_name'] == 'TFOpLambda':
        return entry
    calls = [[history(a) + [{}] for a in node['args']]
             for node in entry['inbound_nodes']]
    return dict(entry, inbound_nodes=calls)


def write(name, layers, inputs, outputs, version='3.9.2'):
    """outputs: (layer, index, array) each."""
    is_old = version.startswith('2')
    shape_key = 'batch_input_shape' if is_old else 'batch_shape'
    dtype = 'float32' if is_old else {
        'module': 'keras', 'class_name': 'DTypePolicy',
        'config': {'name': 'float32'}, 'registered_name': None}
    entries = [{'class_name': 'InputLayer', 'name': 'in%d' % i,
                'config': {'name': 'in%d' % i, 'dtype': 'float32',
                           shape_key: [None] + list(x.shape[1:])},
                'inbound_nodes': []} for i, x in enumerate(inputs)]
    for one in layers:
        entry = as_keras2(one['entry']) if is_old else one['entry']
        if not entry.pop('is_operator', False):
            entry['config'].setdefault('dtype', dtype)
        entries.append(entry)
    config = {'class_name': 'Functional', 'config': {
        'name': 'model', 'layers': entries,
        'input_layers': [['in%d' % i, 0, 0] for i in range(len(inputs))],
        'output_layers': [[o[0], 0, o[1]] for o in outputs]}}
    with h5py.File(os.path.join(FOLDER, name + '.h5'), 'w') as h5:
        h5.attrs['keras_version'] = version
        h5.attrs['backend'] = 'tensorflow'
        h5.attrs['model_config'] = json.dumps(config)
        group = h5.create_group('model_weights')
        group.attrs['layer_names'] = [e['name'] for e in entries]
        for entry in entries:
            sub = group.create_group(entry['name'])
            own = [one['weights'] for one in layers
                   if one['entry']['name'] == entry['name']]
            own = own[0] if own else []
            sub.attrs['weight_names'] = [w for w, _ in own]
            for w, value in own:
                sub[w] = np.asarray(value, 'f4')
        for i, x in enumerate(inputs):
            h5['input_%d' % i] = np.asarray(x, 'f4')
        for i, (_, _, y) in enumerate(outputs):
            h5['output_%d' % i] = np.asarray(y, 'f4')


def operator(kind, name, args, kwargs=None, **config):
    one = layer(kind, name, args, kwargs=kwargs, **config)
    one['entry']['is_operator'] = True
    return one


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


# ---- options ----

def softmax_channels_first():
    """Along the last axis, which is not that of the channels here."""
    x, kernel, pointwise = numbers(N, 3, 4, 5), numbers(1, 1, 3, 2), numbers(
        1, 1, 3, 2)
    y = softmax(np.einsum('nchw,cf->nfhw', x, kernel[0, 0]))
    z = softmax(np.einsum('nchw,cm->nchmw', x, pointwise[0, 0])
                .transpose(0, 1, 3, 2, 4).reshape(N, 6, 4, 5))
    common = dict(kernel_size=[1, 1], data_format='channels_first',
                  activation='softmax', use_bias=False)
    write('softmax_channels_first',
          [layer('Conv2D', 'conv', 'in0', [('kernel', kernel)], filters=2,
                 **common),
           layer('DepthwiseConv2D', 'depthwise', 'in0',
                 [('depthwise_kernel', pointwise)], depth_multiplier=2,
                 **common)],
          [x], [('conv', 0, y), ('depthwise', 0, z)], '2.15.0')


def activation_axis():
    x, kernel = numbers(N, 4, 3), numbers(3, 2)
    along = {'module': 'keras.layers', 'class_name': 'Softmax',
             'config': {'axis': 1}, 'registered_name': None}
    write('activation_axis',
          [layer('Dense', 'dense', 'in0', [('kernel', kernel)], units=2,
                 use_bias=False, activation=along)],
          [x], [('dense', 0, softmax(x @ kernel, 1))])


def axes_apart():
    """Axes with others between them."""
    x = numbers(N, 3, 4, 2)
    gamma, beta = numbers(3, 2), numbers(3, 2)
    mean, variance = x.mean((1, 3), keepdims=True), x.var((1, 3), keepdims=True)
    by_axes = lambda w: w[None, :, None, :]
    y = (x - mean) / np.sqrt(variance + 1e-3) * by_axes(gamma) + by_axes(beta)
    write('axes_apart',
          [layer('LayerNormalization', 'layer', 'in0',
                 [('gamma', gamma), ('beta', beta)], axis=[1, 3]),
           layer('UnitNormalization', 'unit', 'in0', axis=[-3, -1]),
           layer('Softmax', 'softmax', 'in0', axis=[1, 3]),
           layer('LayerNormalization', 'rms', 'in0',
                 [('gamma', gamma)], axis=[1, 3], rms_scaling=True),
           operator('Mean', 'mean', ['in0'],
                    {'axis': [1, 3], 'keepdims': False})],
          [x], [('layer', 0, y),
                ('unit', 0, x / np.sqrt((x * x).sum((1, 3), keepdims=True))),
                ('softmax', 0, softmax(x, (1, 3))),
                ('rms', 0, x / np.sqrt(variance + 1e-3) * by_axes(gamma)),
                ('mean', 0, x.mean((1, 3)))])


def unit_small():
    """Shorter than 1e-6: only scaled by 1e6."""
    x = numbers(N, 3, scale=1e-7)
    write('unit_small', [layer('UnitNormalization', 'unit', 'in0', axis=-1)],
          [x], [('unit', 0, x * 1e6)])


def batch_normalization_rows():
    """Of the rows of a picture with one channel, behind a convolution."""
    x, kernel = numbers(N, 3, 4, 2), numbers(1, 1, 2, 1)
    gamma, beta, mean = numbers(4), numbers(4), numbers(4)
    variance = np.float32(numbers(4) ** 2 + 0.1).astype(float)
    rows = lambda w: w[None, None, :, None]
    y = (x @ kernel[0, 0] - rows(mean)) / np.sqrt(rows(variance) + 1e-3)
    write('batch_normalization_rows',
          [layer('Conv2D', 'conv', 'in0', [('kernel', kernel)], filters=1,
                 kernel_size=[1, 1], use_bias=False),
           layer('BatchNormalization', 'norm', 'conv',
                 [('gamma', gamma), ('beta', beta), ('moving_mean', mean),
                  ('moving_variance', variance)], axis=2)],
          [x], [('norm', 0, y * rows(gamma) + rows(beta))])


def attention_axes():
    """Over the first of two axes of steps, then over the second."""
    query, value = numbers(N, 3, 4, 2), numbers(N, 5, 4, 3)
    kernels = [numbers(2, 2, 3), numbers(3, 2, 3), numbers(3, 2, 2),
               numbers(2, 2, 2)]
    names = ['query/kernel', 'key/kernel', 'value/kernel',
             'attention_output/kernel']
    q, k, v = [np.einsum('ntbc,chd->ntbhd', x, w)
               for x, w in zip((query, value, value), kernels)]
    scores = softmax(np.einsum('ntbhd,nsbhd->nbhts', q, k) / np.sqrt(3))
    y = np.einsum('nbhts,nsbhd->ntbhd', scores, v)
    k2, v2 = [np.einsum('ntbc,chd->ntbhd', query, w)
              for w in (kernels[0], kernels[3].transpose(2, 0, 1))]
    scores2 = softmax(np.einsum('ntbhd,ntshd->nthbs', q, k2) / np.sqrt(3))
    y2 = np.einsum('nthbs,ntshd->ntbhd', scores2, v2)
    flags = {'return_attention_scores': True}
    common = dict(num_heads=2, key_dim=3, value_dim=2, use_bias=False)
    write('attention_axes',
          [layer('MultiHeadAttention', 'first', ['in0', 'in1'],
                 list(zip(names, kernels)), flags, attention_axes=[1],
                 **common),
           layer('MultiHeadAttention', 'second', ['in0', 'in0'],
                 list(zip(names, [kernels[0], kernels[0],
                                  kernels[3].transpose(2, 0, 1),
                                  kernels[3]])), attention_axes=[2],
                 **common)],
          [query, value],
          [('first', 0, np.einsum('ntbhd,hdf->ntbf', y, kernels[3])),
           ('first', 1, scores),
           ('second', 0, np.einsum('ntbhd,hdf->ntbf', y2, kernels[3]))])


# ---- layers ----

def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def windows(x, size, pads):
    """[n, y, x, c] -> [n, y', x', ky, kx, c], stride 1."""
    padded = np.pad(x, [(0, 0)] + pads + [(0, 0)])
    view = np.lib.stride_tricks.sliding_window_view(padded, size, (1, 2))
    return view.transpose(0, 1, 2, 4, 5, 3)


def conv_lstm():
    """Valid convolutions of the input; those of the state are always same."""
    x = numbers(N, 3, 3, 4, 2)
    kernel, recurrent = numbers(2, 2, 2, 12), numbers(2, 2, 3, 12)
    bias = numbers(12)
    h = c = np.zeros((N, 2, 3, 3))
    steps = []
    for t in range(3):
        z = np.einsum('nyxijc,ijcf->nyxf',
                      windows(x[:, t], (2, 2), [(0, 0), (0, 0)]), kernel)
        z += bias + np.einsum('nyxijc,ijcf->nyxf',
                              windows(h, (2, 2), [(0, 1), (0, 1)]), recurrent)
        i, f, g, o = np.split(z, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        steps.append(h)
    write('conv_lstm',
          [layer('ConvLSTM2D', 'lstm', 'in0',
                 [('kernel', kernel), ('recurrent_kernel', recurrent),
                  ('bias', bias)], filters=3, kernel_size=[2, 2],
                 activation='tanh', recurrent_activation='sigmoid',
                 return_sequences=True, return_state=True)],
          [x], [('lstm', 0, np.stack(steps, 1)), ('lstm', 1, h),
                ('lstm', 2, c)])


def einsum():
    x, kernel, bias = numbers(N, 3, 4), numbers(4, 2, 3), numbers(2, 1, 1)
    other = numbers(N, 3, 5)
    write('einsum',
          [layer('EinsumDense', 'dense', 'in0',
                 [('kernel', kernel), ('bias', bias)],
                 equation='abc,cde->adeb', output_shape=[2, 3, None],
                 bias_axes='d', activation='tanh'),
           layer('EinsumDense', 'dots', 'in0', [('kernel', kernel[:, 0])],
                 equation='...x,xy->...y', output_shape=3, bias_axes=None),
           operator('Einsum', 'product', ['in0', 'in1'],
                    subscripts='abc,abd->acd')],
          [x, other],
          [('dense', 0, np.tanh(np.einsum('abc,cde->adeb', x, kernel)
                                + bias)),
           ('dots', 0, x @ kernel[:, 0]),
           ('product', 0, np.einsum('abc,abd->acd', x, other))])


def locally_connected():
    x, kernel, bias = numbers(N, 3, 4, 2), numbers(6, 8, 3), numbers(2, 3, 3)
    y = np.einsum('npk,pkf->npf', windows(
        x, (2, 2), [(0, 0), (0, 0)]).reshape(N, 6, 8), kernel)
    x1, kernel1 = numbers(N, 2, 5), numbers(2, 4, 3)
    y1 = np.stack([x1[:, :, s:s + 2].reshape(N, 4) @ kernel1[i]
                   for i, s in enumerate((0, 3))], 2)
    write('locally_connected',
          [layer('LocallyConnected2D', 'two', 'in0',
                 [('kernel', kernel), ('bias', bias)], filters=3,
                 kernel_size=[2, 2], activation='relu'),
           layer('LocallyConnected1D', 'one', 'in1', [('kernel', kernel1)],
                 filters=3, kernel_size=[2], strides=[3], use_bias=False,
                 data_format='channels_first')],
          [x, x1], [('two', 0, np.maximum(y.reshape(N, 2, 3, 3) + bias, 0)),
                    ('one', 0, y1)], '2.15.0')


def spectral():
    """What it did to the kernel in training is in the kernel."""
    x, kernel, bias = numbers(N, 3), numbers(3, 2), numbers(2)
    inner = {'module': 'keras.layers', 'class_name': 'Dense',
             'config': {'units': 2, 'name': 'inner'}, 'registered_name': None}
    write('spectral',
          [layer('SpectralNormalization', 'spectral', 'in0',
                 [('kernel', kernel), ('bias', bias),
                  ('vector_u', numbers(1, 2))], layer=inner,
                 power_iterations=1)],
          [x], [('spectral', 0, x @ kernel + bias)])


def resize(x, axis, n):
    """Bilinear, the centres of pixels at halves."""
    have = x.shape[axis]
    at = np.clip((np.arange(n) + 0.5) * have / n - 0.5, 0, have - 1)
    low = at.astype(int)
    high = np.minimum(low + 1, have - 1)
    part = (at - low).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return (np.take(x, low, axis) * (1 - part)
            + np.take(x, high, axis) * part)


def images():
    x = numbers(N, 4, 7, 2)
    both = lambda z, height, width: resize(resize(z, 1, height), 2, width)
    padded = np.pad(x, [(0, 0), (2, 2), (0, 0), (0, 0)], constant_values=0.5)
    write('images',
          [layer('CenterCrop', 'crop', 'in0', height=3, width=2),
           layer('CenterCrop', 'enlarged', 'in0', height=6, width=6),
           layer('Resizing', 'fitted', 'in0', height=3, width=3,
                 crop_to_aspect_ratio=True),
           layer('Resizing', 'padded', 'in0', height=8, width=7,
                 pad_to_aspect_ratio=True, fill_value=0.5),
           layer('RandomFlip', 'flip', 'in0', mode='horizontal')],
          [x], [('crop', 0, x[:, 0:3, 2:4]),
                ('enlarged', 0, both(x[:, :, 1:5], 6, 6)),
                ('fitted', 0, both(x[:, :, 1:5], 3, 3)),
                ('padded', 0, both(padded, 8, 7)), ('flip', 0, x)])


def tensorflow_images():
    """What stands between a spectrogram and a network for pictures."""
    x = numbers(N, 3, 5, 1)
    y = resize(resize(x, 1, 4), 2, 8)
    layers = [layer('TFOpLambda', 'resized', 'in0', function='image.resize'),
              layer('TFOpLambda', 'rgb', 'resized',
                    function='image.grayscale_to_rgb')]
    layers[0]['entry']['inbound_nodes'] = [['in0', 0, 0, {
        'size': [4, 8], 'method': 'bilinear', 'antialias': False,
        'preserve_aspect_ratio': False, 'name': None}]]
    layers[1]['entry']['inbound_nodes'] = [['resized', 0, 0, {}]]
    write('tensorflow_images', layers, [x],
          [('resized', 0, y), ('rgb', 0, y.repeat(3, 3))], '2.15.0')


def run_masked(x, mask, kernel, recurrent):
    """SimpleRNN over x [n, t, k]: the last state."""
    h = np.zeros((len(x), recurrent.shape[0]))
    for t in range(x.shape[1]):
        h = np.where(mask[:, t, None],
                     np.tanh(x[:, t] @ kernel + h @ recurrent), h)
    return h


def mask_in_time():
    """Masked words of masked sentences: the RNN inside TimeDistributed skips
    the former, and then in Keras 2 the next one sentences without a word."""
    x = numbers(N, 3, 4, 2)
    x[0, 1, 1:] = x[0, 2] = x[1, 0, 2] = -1
    mask = (x != -1).any(-1)
    inner = [numbers(2, 3), numbers(3, 3)]
    outer = [numbers(3, 2), numbers(2, 2)]
    words = run_masked(x.reshape(N * 3, 4, 2), mask.reshape(N * 3, 4),
                       *inner).reshape(N, 3, 3)
    names = ['kernel', 'recurrent_kernel']
    rnn = dict(activation='tanh', use_bias=False)
    write('mask_in_time',
          [layer('Masking', 'mask', 'in0', mask_value=-1.0),
           layer('TimeDistributed', 'words', 'mask', list(zip(names, inner)),
                 layer={'class_name': 'SimpleRNN',
                        'config': dict(rnn, units=3, name='word')}),
           layer('SimpleRNN', 'sentences', 'words', list(zip(names, outer)),
                 units=2, **rnn)],
          [x], [('words', 0, words),
                ('sentences', 0, run_masked(words, mask.any(2), *outer))],
          '2.15.0')


def adaptive():
    """Shares of a picture that do not divide it; one larger than it."""
    x, x1 = numbers(N, 5, 4, 2), numbers(N, 3, 5)
    share = lambda o, n, m: slice(o * n // m, -(-(o + 1) * n // m))
    y = np.array([[x[:, share(a, 5, 3), share(b, 4, 2)].mean((1, 2))
                   for b in range(2)] for a in range(3)])
    y1 = np.array([x1[:, :, share(a, 5, 7)].max(2) for a in range(7)])
    write('adaptive',
          [layer('AdaptiveAveragePooling2D', 'two', 'in0',
                 output_size=[3, 2]),
           layer('AdaptiveMaxPooling1D', 'one', 'in1', output_size=[7],
                 data_format='channels_first')],
          [x, x1], [('two', 0, y.transpose(2, 0, 1, 3)),
                    ('one', 0, y1.transpose(1, 2, 0))], '3.14.1')


def bidirectional_rnn():
    """RNN layers around a cell, the backward one without a bias."""
    x = numbers(N, 4, 3)
    cells = [[numbers(3, 2), numbers(2, 2), numbers(2)],
             [numbers(3, 2), numbers(2, 2), np.zeros(2)]]
    outputs, entries, weights = [], [], []
    for back, (kernel, recurrent, bias) in enumerate(cells):
        h, steps = np.zeros((N, 2)), []
        for t in range(4)[::-1] if back else range(4):
            h = np.tanh(x[:, t] @ kernel + bias + h @ recurrent)
            steps.append(h)
        outputs.append(np.stack(steps[::-1] if back else steps, 1))
        cell = {'module': 'keras.layers', 'class_name': 'SimpleRNNCell',
                'config': {'units': 2, 'use_bias': not back}}
        entries.append({'module': 'keras.layers', 'class_name': 'RNN',
                        'config': {'return_sequences': True,
                                   'go_backwards': bool(back), 'cell': cell}})
        weights += [('%d/kernel' % back, kernel),
                    ('%d/recurrent_kernel' % back, recurrent)]
        weights += [] if back else [('0/bias', bias)]
    write('bidirectional_rnn',
          [layer('Bidirectional', 'both', 'in0', weights, layer=entries[0],
                 backward_layer=entries[1], merge_mode='mul')],
          [x], [('both', 0, outputs[0] * outputs[1])])


def operators():
    """Of Keras 3, where most options stand in the config."""
    x, other = numbers(N, 2, 3, 4), numbers(N, 2, 1, 4)
    condition = np.float32(x > 0.2).astype(float)
    a, b = np.split(x, 2, 3)
    cases = [
        ('Flip', {'axis': 2}, ['in0'], {}, np.flip(x, 2)),
        ('Roll', {'shift': -1, 'axis': 3}, ['in0'], {}, np.roll(x, -1, 3)),
        ('Repeat', {'repeats': 2, 'axis': 2}, ['in0'], {}, x.repeat(2, 2)),
        ('Tile', {'repeats': [1, 2, 1, 3]}, ['in0'], {},
         np.tile(x, (1, 2, 1, 3))),
        ('Pad', {'pad_width': [[0, 0], [0, 1], [2, 0], [1, 1]],
                 'mode': 'reflect'}, ['in0'], {},
         np.pad(x, ((0, 0), (0, 1), (2, 0), (1, 1)), 'reflect')),
        ('Pad', {'pad_width': [[0, 0], [0, 0], [1, 2], [0, 0]],
                 'mode': 'constant'}, ['in0'], {'constant_values': 1.5},
         np.pad(x, ((0, 0), (0, 0), (1, 2), (0, 0)), constant_values=1.5)),
        ('Take', {'axis': -1}, ['in0', [3, -4]], {}, x[..., [3, 0]]),
        ('Moveaxis', {'source': 1, 'destination': -1}, ['in0'], {},
         np.moveaxis(x, 1, -1)),
        ('Glu', {'axis': -1}, ['in0'], {}, a * sigmoid(b)),
        ('Where', {}, ['in1', 'in0', 'in2'], {},
         np.where(condition > 0, x, other)),
        ('Norm', {'ord': None, 'axis': [1, 3], 'keepdims': False}, ['in0'],
         {}, np.sqrt((x * x).sum((1, 3)))),
        ('Split', {'indices_or_sections': [1, 3], 'axis': 3}, ['in0'], {},
         np.split(x, [1, 3], 3)),
        ('Unstack', {'num': 2, 'axis': 1}, ['in0'], {}, [x[:, 0], x[:, 1]]),
        ('Cumsum', {'axis': 2, 'dtype': None}, ['in0'], {}, x.cumsum(2)),
    ]
    layers, outputs = [], []
    for i, (kind, config, args, kwargs, y) in enumerate(cases):
        one = operator(kind, 'op%d' % i, args, kwargs)
        one['entry']['config'].update(config)
        layers.append(one)
        outputs += [('op%d' % i, k, part)
                    for k, part in enumerate(y if isinstance(y, list) else [y])]
    write('operators', layers, [x, condition, other], outputs)


def tensorflow_operators():
    """Of Keras 2: options are arguments, with TensorFlow's names and defaults.
    """
    x = numbers(N, 3, 4)
    from math import erf
    gelu = lambda v: v * 0.5 * (1 + np.vectorize(erf)(v / np.sqrt(2)))
    cases = [
        ('nn.gelu', {}, gelu(x)),
        ('nn.leaky_relu', {'alpha': 0.05}, np.where(x > 0, x, 0.05 * x)),
        ('nn.softmax', {'axis': 1}, softmax(x, 1)),
        ('clip_by_value', {'clip_value_min': -0.5, 'clip_value_max': 0.7},
         np.clip(x, -0.5, 0.7)),
        ('math.l2_normalize', {'axis': 1},
         x / np.sqrt((x * x).sum(1, keepdims=True))),
        ('pad', {'paddings': [[0, 0], [1, 0], [0, 2]], 'mode': 'SYMMETRIC'},
         np.pad(x, ((0, 0), (1, 0), (0, 2)), 'symmetric')),
        ('split', {'num_or_size_splits': [1, 3], 'axis': -1},
         [x[..., :1], x[..., 1:]]),
        ('tile', {'multiples': [1, 2, 1]}, np.tile(x, (1, 2, 1))),
    ]
    layers, outputs = [], []
    for i, (function, kwargs, y) in enumerate(cases):
        one = layer('TFOpLambda', 'op%d' % i, 'in0', function=function)
        one['entry']['inbound_nodes'] = [['in0', 0, 0, kwargs]]
        layers.append(one)
        outputs += [('op%d' % i, k, part)
                    for k, part in enumerate(y if isinstance(y, list) else [y])]
    write('tensorflow_operators', layers, [x], outputs, '2.15.0')


if __name__ == '__main__':
    softmax_channels_first()
    activation_axis()
    axes_apart()
    unit_small()
    batch_normalization_rows()
    attention_axes()
    conv_lstm()
    einsum()
    locally_connected()
    spectral()
    images()
    operators()
    tensorflow_operators()
    adaptive()
    bidirectional_rnn()
    tensorflow_images()
    mask_in_time()
