# SPDX-License-Identifier: GPL-2.0-or-later
"""Keras layers to an ONNX graph in the form that ONNX Runtime likes best:
channels first, a fixed batch, one transposition between images and sequences,
GRU and LSTM as single nodes."""
import keras_file
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    def __init__(self):
        self.nodes = []
        self.constants = []
        self.last = 'windows'

    def constant(self, value):
        name = f'c{len(self.constants)}'
        self.constants.append(numpy_helper.from_array(
            np.ascontiguousarray(value), name))
        return name

    def add(self, kind, constants=(), outputs=1, use=0, **attributes):
        """A node on the last tensor; its output `use` becomes the last."""
        names = [f't{len(self.nodes)}_{i}' if i == use else ''
                 for i in range(outputs)]
        while not names[-1]:
            names.pop()
        inputs = [self.last] + [c if isinstance(c, str) else self.constant(c)
                                for c in constants]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        self.last = names[use]

    def shape(self, *shape):
        self.add('Reshape', [np.array(shape, dtype=np.int64)])


def activation(graph, layer):
    name = layer.config['activation']
    if name == 'relu':
        graph.add('Relu')
    elif name == 'softmax':
        graph.add('Softmax', axis=-1)
    elif name != 'linear':
        raise ValueError(f'activation {name}')


def convolution(graph, layer, batch):
    size, zeros = keras_file.check_convolution(layer)
    kernel, bias = layer.weights
    graph.add('Conv', [kernel.transpose(3, 2, 0, 1), bias],
              pads=zeros * 2, kernel_shape=size)
    activation(graph, layer)


def leaky_relu(graph, layer, batch):
    graph.add('LeakyRelu', alpha=layer.config['alpha'])


def rescaling(graph, layer, batch):
    graph.add('Mul', [np.float32(layer.config['scale'])])
    graph.add('Add', [np.float32(layer.config['offset'])])


def normalization(graph, layer, batch):
    graph.add('BatchNormalization', layer.weights,
              epsilon=layer.config.get('epsilon', 1e-3))


def pooling(graph, layer, batch):
    size = keras_file.check_pooling(layer)
    graph.add('MaxPool', kernel_shape=size, strides=size)


def average_pooling(graph, layer, batch):
    size = keras_file.check_pooling(layer)
    graph.add('AveragePool', kernel_shape=size, strides=size)


def flatten(graph, layer, batch):
    graph.add('Transpose', perm=[0, 2, 3, 1])       # Keras' order
    graph.add('Flatten')


def reshape(graph, layer, batch):
    steps, channels = layer.config['target_shape']  # image (h, w, channels)
    graph.shape(batch, channels, steps)
    graph.add('Transpose', perm=[2, 0, 1])          # steps, batch, channels


def recurrent(graph, layer, order, bias, **attributes):
    """order: of Keras' gates, as ONNX wants them."""
    keras_file.check_recurrent(layer)
    units = layer.config['units']

    def gates(a):
        blocks = [a[..., g * units:(g + 1) * units] for g in order]
        return np.concatenate(blocks, axis=-1)
    kernel, state = (gates(w).T[np.newaxis] for w in layer.weights[:2])
    bias = np.concatenate([gates(b) for b in bias])[np.newaxis]
    whole = layer.config['return_sequences']
    graph.add(layer.kind, [kernel, state, bias], outputs=2,
              use=0 if whole else 1, hidden_size=units, **attributes)
    # steps, direction, batch, units; or direction, batch, units
    graph.add('Squeeze', [np.array([1 if whole else 0], dtype=np.int64)])


def gru(graph, layer, batch):
    recurrent(graph, layer, (0, 1, 2), layer.weights[2], linear_before_reset=1)


def lstm(graph, layer, batch):  # i f c o -> i o f c
    bias = layer.weights[2]
    recurrent(graph, layer, (0, 3, 1, 2), [bias, np.zeros_like(bias)])


def average(graph, layer, batch):  # steps, batch, units
    graph.add('ReduceMean', axes=[0], keepdims=0)


def average_2d(graph, layer, batch):
    graph.add('GlobalAveragePool')
    graph.add('Flatten')


def dense(graph, layer, batch):
    graph.add('Gemm', layer.weights)
    activation(graph, layer)


LAYERS = {
    'Conv2D': convolution,
    'LeakyReLU': leaky_relu,
    'Rescaling': rescaling,
    'BatchNormalization': normalization,
    'MaxPooling2D': pooling,
    'AveragePooling2D': average_pooling,
    'Flatten': flatten,
    'Reshape': reshape,
    'GRU': gru,
    'LSTM': lstm,
    'GlobalAveragePooling1D': average,
    'GlobalAveragePooling2D': average_2d,
    'Dense': dense,
}


def export(layers, shape, batch, path):
    """shape: of the input, (bands, frames, 1)."""
    graph = Graph()
    graph.shape(batch, 1, *shape[:2])
    for layer in layers:
        LAYERS[layer.kind](graph, layer, batch)
    classes = layers[-1].config['units']
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, 'emotion',
            [helper.make_tensor_value_info(
                'windows', TensorProto.FLOAT, [batch, *shape])],
            [helper.make_tensor_value_info(
                graph.last, TensorProto.FLOAT, [batch, classes])],
            graph.constants),
        opset_imports=[helper.make_opsetid('', 15)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
