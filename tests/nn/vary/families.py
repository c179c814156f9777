# SPDX-License-Identifier: GPL-2.0-or-later
"""More layers, with one option after the other at another value: those with
kernels of their own for each position, and wrappers."""
import numpy as np

import reference as ref
from layers import N, ODD, SHAPES, ZI, add, entry, first, numbers


# ---- adaptive pooling ----

def adaptive(n, kind, size, what='', is_first=False, shape=None):
    x = numbers(N, *(shape or SHAPES[n]))
    y = ref.adaptive_pool(x, size, np.max if kind == 'Max' else np.mean)
    add('Adaptive%sPooling%dD' % (kind, n), what or str(size), dict(
        output_size=size, data_format='channels_first' if is_first
        else 'channels_last'), [], first(x) if is_first else x,
        lambda w: first(y) if is_first else y, only=3)


for n in (1, 2, 3):
    for kind in ('Average', 'Max'):
        for size in ([4, 5, 3], [1, 1, 1], [3, 2, 6], [9, 6, 4], [5, 1, 2],
                     [11, 13, 7]):
            adaptive(n, kind, size[:n])
        adaptive(n, kind, [2, 4, 5][:n], 'first', is_first=True)
        for shape in ODD[n]:
            adaptive(n, kind, [2] * n, 'input %s' % (shape,), shape=shape)


# ---- locally connected ----

def local(n, what='', size=3, strides=1, filters=4, is_first=False,
          use_bias=True, activation='linear', shape=None):
    x = numbers(N, *(shape or SHAPES[n]))
    outs = [(k - size) // strides + 1 for k in x.shape[1:-1]]
    ws = [('kernel', numbers(np.prod(outs), size ** n * x.shape[-1], filters))]
    # Keras reshapes, and does not turn, a bias where channels are first.
    ws += [('bias', numbers(*outs, filters))] if use_bias else []

    def compute(w):
        y = ref.locally_connected(x, w[0], [size] * n, [strides] * n, is_first)
        y = first(y) if is_first else y
        return ref.act(activation, y + (w[1].reshape(y.shape[1:])
                                        if use_bias else 0))
    add('LocallyConnected%dD' % n, what, dict(
        filters=filters, kernel_size=[size] * n, strides=[strides] * n,
        padding='valid', implementation=1, use_bias=use_bias,
        activation=activation, data_format='channels_first' if is_first
        else 'channels_last'), ws, first(x) if is_first else x, compute,
        only=2, version='2.10.0')


for n in (1, 2):
    local(n)
    for options in (dict(size=1), dict(size=2), dict(strides=2),
                    dict(filters=1), dict(filters=17), dict(use_bias=False),
                    dict(is_first=True), dict(activation='relu'),
                    dict(is_first=True, strides=2, size=2)):
        local(n, str(options), **options)
    for shape in ODD[n]:
        local(n, 'input %s' % (shape,), shape=shape, size=1)


# ---- EinsumDense ----

def einsum_dense(equation, shape, kernel, output, what='', bias=None,
                 activation='linear'):
    """bias: (axes, shape)"""
    x = numbers(N, *shape)
    ws = [('kernel', numbers(*kernel))]
    ws += [('bias', numbers(*bias[1]))] if bias else []
    add('EinsumDense', what or equation, dict(
        equation=equation, output_shape=output, activation=activation,
        bias_axes=bias[0] if bias else None), ws, x,
        lambda w: ref.act(activation, np.einsum(equation, x, w[0])
                          + (w[1] if bias else 0)))


einsum_dense('abc,cd->abd', (3, 5), (5, 4), [3, 4], bias=('d', (4,)))
for name in ('relu', 'softmax', 'tanh'):
    einsum_dense('abc,cd->abd', (3, 5), (5, 4), [None, 4], name,
                 activation=name)
einsum_dense('ab,bc->ac', (5,), (5, 3), 3)
einsum_dense('ab,bc->ac', (1,), (1, 1), 1, 'one')
einsum_dense('...x,xy->...y', (3, 5), (5, 4), [4], bias=('y', (4,)))
einsum_dense('...x,xy->...y', (2, 3, 5), (5, 4), [4])
for axes, shape in (('de', (4, 2)), ('e', (2,)), ('d', (4, 1)),
                    ('bde', (3, 4, 2)), ('bd', (3, 4, 1)), (None, None)):
    einsum_dense('abc,cde->abde', (3, 5), (5, 4, 2), [None, 4, 2],
                 'bias %s' % axes, bias=(axes, shape) if axes else None)
einsum_dense('abcd,cde->abe', (3, 4, 2), (4, 2, 5), [None, 5])
einsum_dense('abc,bd->adc', (3, 4), (3, 5), [5, 4], bias=('d', (5, 1)))
einsum_dense('abc,bcd->abd', (3, 4), (3, 4, 5), [3, 5])
einsum_dense('abc,dc->adb', (3, 4), (6, 4), [6, 3])
einsum_dense('abc,cd->abd', (17, 33), (33, 9), [None, 9], 'longer')


# ---- SpectralNormalization: an inference takes the layer as it is ----

def spectral(what, layer, ws, x, compute, iterations=1):
    vector = numbers(1, ws[0][1].shape[-1])
    add('SpectralNormalization', what, dict(
        layer=layer, power_iterations=iterations),
        [('layer',) + w for w in ws] + [('', 'vector_u', vector)], x, compute,
        only=3, borrows=True)


def spectral_dense(what='', c=5, units=3, use_bias=True, activation='relu',
                   **extra):
    x = numbers(N, c)
    ws = [('kernel', numbers(c, units))]
    ws += [('bias', numbers(units))] if use_bias else []
    spectral(what, entry('Dense', name='d', units=units, use_bias=use_bias,
                         activation=activation), ws, x,
             lambda w: ref.act(activation, x @ w[0]
                               + (w[1] if use_bias else 0)), **extra)


for options in ({}, dict(use_bias=False), dict(activation='linear'),
                dict(iterations=3), dict(c=1, units=1), dict(units=17)):
    spectral_dense(str(options), **options)
for n in (1, 2, 3):
    z = numbers(N, *SHAPES[n])
    spectral('Conv%dD' % n, entry(
        'Conv%dD' % n, name='c', filters=4, kernel_size=[2] * n,
        padding='same', activation='linear'), [
            ('kernel', numbers(*[2] * n, 3, 4)), ('bias', numbers(4))], z,
        lambda w, z=z, n=n: ref.conv(z, w[0], [1] * n, 'same') + w[1])


# ---- layers that are random in training, and nothing else ----

for kind, options in (
        ('RandomColorDegeneration', dict(factor=0.5)),
        ('RandomColorJitter', dict(brightness_factor=0.5)),
        ('RandomErasing', dict(factor=1.0)),
        ('RandomGaussianBlur', dict(factor=1.0, kernel_size=3)),
        ('RandomHue', dict(factor=0.5)), ('RandomInvert', dict(factor=1.0)),
        ('RandomPerspective', dict(factor=1.0)),
        ('RandomPosterization', dict(factor=4)),
        ('RandomSaturation', dict(factor=0.5)),
        ('RandomSharpness', dict(factor=0.5)),
        ('RandomShear', dict(x_factor=0.5, y_factor=0.5))):
    add(kind, str(options), options, [], ZI, lambda w: ZI, only=3)
for kind in ('RandomHeight', 'RandomWidth'):
    add(kind, '', dict(factor=0.2), [], ZI, lambda w: ZI, only=2,
        version='2.10.0')
