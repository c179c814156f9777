# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads the architectures from a Keras .h5 file, for the exporters."""
import json

import h5py
import numpy as np


class Layer:
    def __init__(self, kind, config, weights):
        self.kind = kind            # Keras' class_name
        self.config = config
        self.weights = weights      # numpy arrays in Keras' order


def read(path):
    """Layers of a Sequential model in order, without those that do nothing
    when a model runs (InputLayer, Dropout); the shape of its input."""
    with h5py.File(path) as file:
        config = json.loads(file.attrs['model_config'])
        if config['class_name'] != 'Sequential':
            raise ValueError(f'{path}: not a Sequential model')
        layers = []
        shape = None
        for entry in config['config']['layers']:
            kind, options = entry['class_name'], entry['config']
            shape = (shape or options.get('batch_input_shape')
                     or options.get('batch_shape'))
            if kind in ('InputLayer', 'Dropout'):
                continue
            group = file['model_weights'][options['name']]
            names = [n.decode() if isinstance(n, bytes) else n
                     for n in group.attrs['weight_names']]
            layers.append(Layer(kind, options, [
                np.asarray(group[n], dtype=np.float32) for n in names]))
    return layers, shape[1:]


def check_convolution(layer):
    """(kernel, zeros at either end of both axes): the exporters know what the
    architectures have."""
    options = layer.config
    size = tuple(options['kernel_size'])
    if tuple(options['strides']) != (1, 1) or any(n % 2 == 0 for n in size):
        raise ValueError('only odd convolutions with stride 1')
    same = options['padding'] == 'same'
    return list(size), [n // 2 if same else 0 for n in size]


def check_pooling(layer):
    options = layer.config
    if (options['padding'] != 'valid'
            or options['pool_size'] != options['strides']):
        raise ValueError('only pooling in tiles')
    return list(options['pool_size'])


def check_recurrent(layer):
    options = layer.config
    if (options['activation'] != 'tanh'
            or options['recurrent_activation'] != 'sigmoid'
            or options['go_backwards']
            or not options.get('reset_after', True)):
        raise ValueError('only tanh and sigmoid, forwards, reset_after')


def pool_before_normalization(layers):
    """Maximum pooling before BatchNormalization where the result is the same:
    a quarter or a ninth of the work. None where it is not the same."""
    layers = list(layers)
    for i in range(len(layers) - 1):
        if (layers[i].kind == 'BatchNormalization'
                and layers[i + 1].kind == 'MaxPooling2D'):
            if np.any(layers[i].weights[0] <= 0):  # gamma
                return None
            layers[i], layers[i + 1] = layers[i + 1], layers[i]
    return layers
