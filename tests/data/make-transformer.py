#!/usr/bin/python3
"""Six steps of a small transformer in PyTorch, for tests/nn/train/test-training.c.

usage: make-transformer.py tests/data/training/transformer.h5

python3-torch 1.13 and python3-h5py of Debian 12. Weights are drawn here and
written the way Keras lays them out, by the names of the layers that the test
draws:
  x [48][12][8], y [48], loss [6], init/LAYER/PARAM, final/LAYER/PARAM
Optimiser: AdamW (1e-3, 0.9, 0.999, 1e-7), decay 0.01, gradients of norm 1.
"""
import sys

import h5py
import numpy as np
import torch
from torch import nn

STEPS, FEATURES, UNITS, HEADS, CLASSES = 12, 8, 16, 2, 4
BATCH, UPDATES = 8, 6


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_1 = nn.LayerNorm(UNITS, eps=1e-5)
        self.attention = nn.MultiheadAttention(UNITS, HEADS, batch_first=True)
        self.norm_2 = nn.LayerNorm(UNITS, eps=1e-5)
        self.wide = nn.Linear(UNITS, 2 * UNITS)
        self.narrow = nn.Linear(2 * UNITS, UNITS)

    def forward(self, x):
        y = self.norm_1(x)
        x = x + self.attention(y, y, y)[0]
        y = nn.functional.gelu(self.wide(self.norm_2(x)))
        return x + self.narrow(y)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(FEATURES, UNITS)
        self.encoders = nn.Sequential(Encoder(), Encoder())
        self.norm = nn.LayerNorm(UNITS, eps=1e-5)
        self.classes = nn.Linear(UNITS, CLASSES)

    def forward(self, x):
        return self.classes(self.norm(self.encoders(self.embed(x))).mean(1))


def numbered(name, i):
    return f'{name}_{i}' if i else name


def keras_weights(model):
    """name -> array, of the layers as nn/train/network.h names them."""
    arrays = {}

    def linear(i, layer):
        arrays[numbered('dense', i) + '/kernel'] = layer.weight.T
        arrays[numbered('dense', i) + '/bias'] = layer.bias

    def norm(i, layer):
        name = numbered('layer_normalization', i)
        arrays[name + '/gamma'], arrays[name + '/beta'] = (
            layer.weight, layer.bias)

    linear(0, model.embed)
    for i, encoder in enumerate(model.encoders):
        name = numbered('multi_head_attention', i)
        attention = encoder.attention
        norm(2 * i, encoder.norm_1)
        for part, which in enumerate(('query', 'key', 'value')):
            rows = slice(part * UNITS, (part + 1) * UNITS)
            arrays[f'{name}/{which}_dense/kernel'] = (
                attention.in_proj_weight[rows].T.reshape(UNITS, HEADS, -1))
            arrays[f'{name}/{which}_dense/bias'] = (
                attention.in_proj_bias[rows].reshape(HEADS, -1))
        out = attention.out_proj
        arrays[f'{name}/output_dense/kernel'] = (
            out.weight.T.reshape(HEADS, -1, UNITS))
        arrays[f'{name}/output_dense/bias'] = out.bias
        norm(2 * i + 1, encoder.norm_2)
        linear(2 * i + 1, encoder.wide)
        linear(2 * i + 2, encoder.narrow)
    norm(2 * len(model.encoders), model.norm)
    linear(2 * len(model.encoders) + 1, model.classes)
    return {k: v.detach().numpy().astype('<f4') for k, v in arrays.items()}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    torch.manual_seed(1)
    model = Transformer()
    with torch.no_grad():  # no bias that is zero hides an error
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    x = torch.randn(BATCH * UPDATES, STEPS, FEATURES)
    y = torch.randint(0, CLASSES, (BATCH * UPDATES,))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, eps=1e-7,
                                  weight_decay=0.01)
    losses = []
    with h5py.File(sys.argv[1], 'w') as file:
        for name, array in keras_weights(model).items():
            file['init/' + name] = array
        for i in range(UPDATES):
            part = slice(i * BATCH, (i + 1) * BATCH)
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[part]), y[part])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            losses.append(loss.item())
        for name, array in keras_weights(model).items():
            file['final/' + name] = array
        file['x'] = x.numpy().astype('<f4')
        file['y'] = y.numpy().astype('<f4')
        file['loss'] = np.array(losses, '<f4')


main()
