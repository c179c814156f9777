#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""PyTorch on request; the same protocol as ours.c. MODEL is a Keras .h5 file,
VARIANT is eager or frozen (torch.jit).
Usage: peer-torch.py WINDOWS [THREADS]"""
import json
import sys
import time

import keras_file
import numpy as np
import torch
from torch import nn


class Recurrent(nn.Module):
    """The last state, or all of them where Keras returns sequences."""

    def __init__(self, layer):
        super().__init__()
        keras_file.check_recurrent(layer)
        units, size = layer.config['units'], layer.weights[0].shape[0]
        self.whole = layer.config['return_sequences']
        is_gru = layer.kind == 'GRU'
        self.rnn = (nn.GRU if is_gru else nn.LSTM)(
            size, units, batch_first=True)
        # Keras z r h -> r z n; Keras i f c o is torch's i f g o
        order = (1, 0, 2) if is_gru else (0, 1, 2, 3)

        def gates(a):
            return torch.from_numpy(np.concatenate(
                [a[..., g * units:(g + 1) * units] for g in order], -1).T.copy())
        kernel, state, bias = layer.weights
        biases = bias if is_gru else (bias, np.zeros_like(bias))
        with torch.no_grad():
            self.rnn.weight_ih_l0.copy_(gates(kernel))
            self.rnn.weight_hh_l0.copy_(gates(state))
            self.rnn.bias_ih_l0.copy_(gates(biases[0]))
            self.rnn.bias_hh_l0.copy_(gates(biases[1]))

    def forward(self, x):
        y, _ = self.rnn(x)
        return y if self.whole else y[:, -1]


class Sequence(nn.Module):
    """Image (batch, channels, h, w) to (batch, h * w, channels)."""

    def forward(self, x):
        return x.flatten(2).transpose(1, 2)


class Flat(nn.Module):
    """Image (batch, channels, h, w) to a row in Keras' order."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class Normalization(nn.BatchNorm2d):
    """Of the channels of images, or the elements of rows."""

    def _check_input_dim(self, x):
        pass


class Mean(nn.Module):
    def __init__(self, axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        return x.mean(self.axes)


class Rescaling(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.scale, self.offset = layer.config['scale'], layer.config['offset']

    def forward(self, x):
        return x * self.scale + self.offset


class First(nn.Module):
    """(batch, h, w, 1) to (batch, 1, h, w)."""

    def forward(self, x):
        return x.view(x.shape[0], 1, x.shape[1], x.shape[2])


def with_activation(module, layer):
    name = layer.config['activation']
    extra = {'relu': [nn.ReLU()], 'softmax': [nn.Softmax(-1)], 'linear': []}
    return [module] + extra[name]


def convert(layer):
    weights = [torch.from_numpy(w.copy()) for w in layer.weights]
    with torch.no_grad():
        if layer.kind == 'Conv2D':
            size, zeros = keras_file.check_convolution(layer)
            module = nn.Conv2d(*weights[0].shape[2:], size, padding=zeros)
            module.weight.copy_(weights[0].permute(3, 2, 0, 1))
            module.bias.copy_(weights[1])
            return with_activation(module, layer)
        if layer.kind == 'Dense':
            module = nn.Linear(*weights[0].shape)
            module.weight.copy_(weights[0].T)
            module.bias.copy_(weights[1])
            return with_activation(module, layer)
        if layer.kind == 'BatchNormalization':
            module = Normalization(len(weights[0]),
                                   eps=layer.config.get('epsilon', 1e-3))
            for to, value in zip((module.weight, module.bias,
                                  module.running_mean, module.running_var),
                                 weights):
                to.copy_(value)
            return [module]
    if layer.kind == 'MaxPooling2D':
        return [nn.MaxPool2d(keras_file.check_pooling(layer))]
    if layer.kind == 'AveragePooling2D':
        return [nn.AvgPool2d(keras_file.check_pooling(layer))]
    return [{'Reshape': lambda l: Sequence(),
             'Flatten': lambda l: Flat(),
             'Rescaling': Rescaling,
             'LeakyReLU': lambda l: nn.LeakyReLU(l.config['alpha']),
             'GRU': Recurrent, 'LSTM': Recurrent,
             'GlobalAveragePooling1D': lambda l: Mean(1),
             'GlobalAveragePooling2D': lambda l: Mean((2, 3))}[layer.kind](layer)]


class Peer:
    def __init__(self, windows):
        self.windows = np.fromfile(windows, np.float32)
        self.networks = {}

    def predict(self, model, batch, shape):
        """Of every window, batch at once, filled up from the first."""
        size = batch * int(np.prod(shape))
        n = len(self.windows) * batch // size
        rows = []
        for first in range(0, n, batch):
            data = np.resize(np.roll(self.windows, -first * size // batch),
                             (batch, *shape))
            rows += model(torch.from_numpy(data)).tolist()
        return rows[:n]

    def network(self, variant, path, batch):
        key = (variant, path, batch)
        if key not in self.networks:
            modules = [First()]
            layers, shape = keras_file.read(path)
            for layer in layers:
                modules += convert(layer)
            model = nn.Sequential(*modules).eval()
            data = torch.from_numpy(np.resize(self.windows, (batch, *shape)))
            if variant == 'frozen':
                model = torch.jit.freeze(torch.jit.trace(model, data))
            self.networks[key] = model, data, shape
        return self.networks[key]


def main():
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    peer = Peer(sys.argv[1])
    print(json.dumps({'name': f'PyTorch {torch.__version__}'}), flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            what, variant, path, batch, *count = line.rstrip('\n').split('\t')
            model, data, shape = peer.network(variant, path, int(batch))
            if what == 'predict':
                print(json.dumps(peer.predict(model, int(batch), shape)), flush=True)
                continue
            times = []
            for _ in range(int(count[0])):
                t = time.perf_counter_ns()
                model(data)
                times.append((time.perf_counter_ns() - t) / 1e3)
            print(json.dumps(times), flush=True)


main()
