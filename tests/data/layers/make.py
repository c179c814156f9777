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


def operator(kind, name, args, kwargs=None):
    one = layer(kind, name, args, kwargs=kwargs)
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
           operator('Mean', 'mean', ['in0'],
                    {'axis': [1, 3], 'keepdims': False})],
          [x], [('layer', 0, y),
                ('unit', 0, x / np.sqrt((x * x).sum((1, 3), keepdims=True))),
                ('softmax', 0, softmax(x, (1, 3))),
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


if __name__ == '__main__':
    softmax_channels_first()
    activation_axis()
    axes_apart()
    unit_small()
    batch_normalization_rows()
    attention_axes()
