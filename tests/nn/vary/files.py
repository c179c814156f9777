# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a model of one layer in the containers of Keras, with h5py."""
import io
import json
import re
import zipfile

import h5py
import numpy as np


def snake(name):
    name = re.sub('(.)([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub('([a-z])([A-Z])', r'\1_\2', name).lower()


def tensor(name, i=0):
    return {'class_name': '__keras_tensor__', 'config': {
        'shape': [None], 'dtype': 'float32', 'keras_history': [name, 0, i]}}


def put(group, name, value, dtype):
    """One array, as Keras stores that dtype."""
    value = np.asarray(value)
    if dtype == 'bfloat16':
        bits = np.float32(value).view('u4')
        value = np.uint16(bits >> 16).view('V2')
        group.create_dataset(name, data=value).attrs['dtype'] = 'bfloat16'
    else:
        group[name] = value.astype(dtype)


def rounded(value, dtype):
    """The numbers that are left of value."""
    if dtype == 'bfloat16':
        bits = np.float32(value).view('u4') & 0xffff0000
        return bits.view('f4').astype(float)
    return np.asarray(value).astype(dtype).astype(float)


def config_of(v, version):
    """model_config; v: a variant (see vary.py)."""
    is_old = version.startswith('2')
    shape_key = 'batch_input_shape' if is_old else 'batch_shape'
    layers = []
    for i, x in enumerate(v['x']):
        layers.append({'class_name': 'InputLayer', 'name': 'in%d' % i,
                       'module': 'keras.layers', 'registered_name': None,
                       'config': {'name': 'in%d' % i, 'dtype': 'float32',
                                  shape_key: [None] + list(x.shape[1:])},
                       'inbound_nodes': []})
    config = {'name': 'layer', 'trainable': True, 'dtype': 'float32'}
    config.update(v['config'])
    inputs = ['in%d' % i for i in range(len(v['x']))]
    names = list(inputs)
    if 'mask_value' in v:
        names[0] = 'mask'
        layers.append({'class_name': 'Masking', 'name': 'mask',
                       'module': 'keras.layers', 'registered_name': None,
                       'config': {'name': 'mask',
                                  'mask_value': v['mask_value']},
                       'inbound_nodes': [[['in0', 0, 0, {}]]] if is_old else
                       [{'args': [tensor('in0')], 'kwargs': {}}]})
    is_list = v.get('takes_list', False)
    if is_old:
        nodes = [[[n, 0, 0, {}] for n in names]]
        if v.get('by_value'):
            nodes = [[[names[0], 0, 0, {'value': [names[1], 0, 0]}]]]
        if 'function' in v:  # keywords: constants, and the second input
            nodes = [[[names[0], 0, 0, dict(v['keywords'])]]]
            if is_list:
                nodes = [[[n, 0, 0, v['keywords']] for n in names]]
            elif len(names) > 1:
                nodes[0][0][3][v['second']] = [names[1], 0, 0]
    else:
        tensors = [tensor(n) for n in names[:v.get('n_args')]]
        nodes = [{'args': ([tensors] if is_list else tensors)
                  + v.get('constants', []),
                  'kwargs': v.get('keywords', {})}]
    class_name = v['kind'].removeprefix('ops.')
    if 'module' in v:
        config = dict(v['config'], name='layer')
    if 'function' in v:
        class_name = ('SlicingOpLambda' if v['function'].endswith('getitem')
                      else 'TFOpLambda')
        config = {'name': 'layer', 'function': v['function']}
    layers.append({'class_name': class_name,
                   'name': 'layer',
                   'module': v.get('module', 'keras.layers'),
                   'registered_name': None,
                   'config': config, 'inbound_nodes': nodes})
    return {'module': 'keras', 'class_name': 'Functional',
            'registered_name': None, 'config': {
                'name': 'model', 'layers': layers,
                'input_layers': [[n, 0, 0] for n in inputs],
                'output_layers': [['layer', 0, i]
                                  for i in range(len(v['y']))]}}


def add_io(h5, v):
    for i, x in enumerate(v['x']):
        h5['input_%d' % i] = np.float32(x)
    for i, y in enumerate(v['y']):
        h5['output_%d' % i] = np.float32(y)


def write_h5(path, v, version, dtype):
    names = ['in%d' % i for i in range(len(v['x']))] + ['mask'] * (
        'mask_value' in v) + ['layer']
    is_old = version.startswith('2')
    with h5py.File(path, 'w') as h5:
        h5.attrs['keras_version'] = version
        h5.attrs['backend'] = v.get('backend', 'tensorflow')
        h5.attrs['model_config'] = json.dumps(config_of(v, version))
        group = h5.create_group('model_weights')
        group.attrs['layer_names'] = names
        for name in names:
            sub = group.create_group(name)
            own = v['weights'] if name == 'layer' else []
            paths = ['/'.join(filter(None, ['layer', scope, w]))
                     + (':0' if is_old else '') for scope, w, _ in own]
            sub.attrs['weight_names'] = paths
            for p, (_, _, value) in zip(paths, own):
                put(sub, p, value, dtype)
        add_io(h5, v)


def write_keras(path, v, version, dtype):
    """.keras; its inputs and outputs are in path + '.io.h5'."""
    inner = io.BytesIO()
    container = ('_layer_checkpoint_dependencies'
                 if version.startswith(('2.12', '2.13', '2.14')) else 'layers')
    with h5py.File(inner, 'w') as h5:
        counts = {}
        folder = snake(v.get('class_of_python', v['kind']))
        if v.get('borrows'):  # a wrapper has the first array of its layer too
            put(h5, '/'.join([container, folder, 'vars/0']),
                v['weights'][0][2], dtype)
            counts[''] = 0
        for scope, name, value in v['weights']:
            i = counts[scope] = counts.get(scope, -1) + 1
            put(h5, '/'.join(filter(None, [container, folder, scope,
                                           'vars/%d' % i])), value, dtype)
        h5.require_group(container)
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('metadata.json', json.dumps(
            {'keras_version': version}))
        archive.writestr('config.json', json.dumps(config_of(v, version)))
        archive.writestr('model.weights.h5', inner.getvalue())
    with h5py.File(path + '.io.h5', 'w') as h5:
        add_io(h5, v)
