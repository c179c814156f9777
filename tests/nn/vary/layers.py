# SPDX-License-Identifier: GPL-2.0-or-later
"""Every layer with one option after the other at another value. LAYERS[kind] is
a list of functions: given what becomes of weights, a variant (a dict: kind,
what, config, weights (scope, name, array), x, y)."""
import numpy as np

import reference as ref

N = 2
rng = np.random.default_rng(11)
LAYERS = {}


def numbers(*shape):
    return np.float32(rng.normal(size=shape)).astype(float)


def add(kind, what, config, weights, x, compute, **extra):
    """compute (weights): one output, or a tuple of them. x: array or list."""
    x = x if isinstance(x, list) else [x]
    weights = [w if len(w) == 3 else ('',) + w for w in weights]

    def make(f):
        ws = [(s, n, f(w)) for s, n, w in weights]
        y = compute([w for _, _, w in ws])
        return dict(extra, kind=kind, what=what, config=config, weights=ws,
                    x=x, y=list(y) if isinstance(y, tuple) else [y])
    LAYERS.setdefault(kind, []).append(make)


def entry(kind, **config):
    return {'module': 'keras.layers', 'class_name': kind, 'config': config,
            'registered_name': None}


def first(x):
    """channels_last -> channels_first."""
    return np.moveaxis(x, -1, 1)


SHAPES = {1: (9, 3), 2: (7, 6, 3), 3: (5, 4, 6, 3)}
ODD = {1: [(1, 1), (2, 5), (13, 1)],
       2: [(1, 1, 1), (2, 9, 1), (5, 1, 2)],
       3: [(1, 1, 1, 1), (3, 2, 4, 1)]}
ACTIVATIONS = [a for a in ref.ACTIVATIONS if a not in (None,)]


# ---- dense ----

def dense(x, units=4, what='', use_bias=True, activation='linear', **extra):
    ws = [('kernel', numbers(x.shape[-1], units))]
    ws += [('bias', numbers(units))] if use_bias else []
    add('Dense', what, dict(units=units, use_bias=use_bias,
                            activation=activation), ws, x,
        lambda w: ref.act(activation, x @ w[0]
                          + (w[1] if use_bias else 0)), **extra)


dense(numbers(N, 5))
dense(numbers(N, 5), what='no bias', use_bias=False)
for shape in [(1,), (3, 5), (1, 1), (2, 3, 4), (17, 33), (1, 2, 3, 4)]:
    dense(numbers(N, *shape), what='input %s' % (shape,))
for n in (1, 7, 33):
    dense(numbers(N, 5), n, 'units %d' % n)
for name in ACTIVATIONS:
    dense(numbers(N, 5), what=name, activation=name)


# ---- convolutions ----

def conv(n, what='', shape=None, filters=4, size=3, strides=1, padding='valid',
         dilation=1, groups=1, is_first=False, use_bias=True,
         activation='linear'):
    x = numbers(N, *(shape or SHAPES[n]))
    k = numbers(*[size] * n, x.shape[-1] // groups, filters)
    b = [('bias', numbers(filters))] if use_bias else []
    config = dict(filters=filters, kernel_size=[size] * n,
                  strides=[strides] * n, padding=padding,
                  data_format='channels_first' if is_first
                  else 'channels_last', dilation_rate=[dilation] * n,
                  groups=groups, activation=activation, use_bias=use_bias)

    def compute(w):
        y = ref.conv(x, w[0], [strides] * n, padding, [dilation] * n, groups)
        y = ref.act(activation, y + (w[1] if use_bias else 0))
        return first(y) if is_first else y
    add('Conv%dD' % n, what, config, [('kernel', k)] + b,
        first(x) if is_first else x, compute)


for n in (1, 2, 3):
    conv(n)
    for options in (dict(padding='same'), dict(strides=2), dict(dilation=2,
                    size=2), dict(groups=3, filters=6), dict(is_first=True),
                    dict(use_bias=False), dict(activation='relu'),
                    dict(activation='tanh'), dict(size=1), dict(size=2),
                    dict(size=4, padding='same'), dict(filters=1),
                    dict(filters=17), dict(padding='same', strides=2),
                    dict(padding='same', strides=3, size=2),
                    dict(padding='same', dilation=2),
                    dict(is_first=True, padding='same', strides=2)):
        if not (n == 3 and options.get('size') == 4):
            conv(n, str(options), **options)
    for shape in ODD[n]:
        conv(n, 'input %s' % (shape,), shape=shape, padding='same')
conv(1, 'causal', padding='causal')
conv(1, 'causal dilated', padding='causal', dilation=3)
conv(1, 'causal strided', padding='causal', strides=2)


def depthwise(n, what='', size=3, strides=1, padding='valid', dilation=1,
              multiplier=2, is_first=False, use_bias=True, shape=None):
    x = numbers(N, *(shape or SHAPES[n]))
    k = numbers(*[size] * n, x.shape[-1], multiplier)
    b = [('bias', numbers(x.shape[-1] * multiplier))] if use_bias else []
    config = dict(kernel_size=[size] * n, strides=[strides] * n,
                  padding=padding, depth_multiplier=multiplier,
                  dilation_rate=[dilation] * n, use_bias=use_bias,
                  data_format='channels_first' if is_first
                  else 'channels_last', activation='linear')

    def compute(w):
        y = ref.depthwise(x, w[0], [strides] * n, padding, [dilation] * n)
        y = y + (w[1] if use_bias else 0)
        return first(y) if is_first else y
    add('DepthwiseConv%dD' % n, what, config, [('depthwise_kernel', k)] + b,
        first(x) if is_first else x, compute)


def separable(n, what='', strides=1, padding='valid', multiplier=2,
              is_first=False, use_bias=True, dilation=1, filters=5):
    x = numbers(N, *SHAPES[n])
    c = x.shape[-1]
    ws = [('depthwise_kernel', numbers(*[3] * n, c, multiplier)),
          ('pointwise_kernel', numbers(*[1] * n, c * multiplier, filters))]
    ws += [('bias', numbers(filters))] if use_bias else []
    config = dict(filters=filters, kernel_size=[3] * n, strides=[strides] * n,
                  padding=padding, depth_multiplier=multiplier,
                  dilation_rate=[dilation] * n, use_bias=use_bias,
                  data_format='channels_first' if is_first
                  else 'channels_last', activation='linear')

    def compute(w):
        y = ref.depthwise(x, w[0], [strides] * n, padding, [dilation] * n)
        y = ref.conv(y, w[1], [1] * n) + (w[2] if use_bias else 0)
        return first(y) if is_first else y
    add('SeparableConv%dD' % n, what, config, ws,
        first(x) if is_first else x, compute)


for n in (1, 2):
    for make in (depthwise, separable):
        make(n)
        for options in (dict(padding='same'), dict(strides=2), dict(
                        multiplier=1), dict(is_first=True), dict(
                        use_bias=False), dict(dilation=2),
                        dict(padding='same', strides=2)):
            make(n, str(options), **options)
    for shape in ODD[n]:
        depthwise(n, 'input %s' % (shape,), shape=shape, padding='same')
depthwise(1, 'size 5', size=5)


def transpose(n, what='', size=3, strides=2, padding='valid', filters=4,
              is_first=False, use_bias=True, dilation=1, extra=None):
    x = numbers(N, *SHAPES[n])
    ws = [('kernel', numbers(*[size] * n, filters, x.shape[-1]))]
    ws += [('bias', numbers(filters))] if use_bias else []
    config = dict(filters=filters, kernel_size=[size] * n,
                  strides=[strides] * n, padding=padding, use_bias=use_bias,
                  output_padding=None if extra is None else [extra] * n,
                  dilation_rate=[dilation] * n,
                  data_format='channels_first' if is_first
                  else 'channels_last', activation='linear')

    def compute(w):
        y = ref.conv_transpose(x, w[0], [strides] * n, padding, [dilation] * n,
                               extra)
        y = y + (w[1] if use_bias else 0)
        return first(y) if is_first else y
    add('Conv%dDTranspose' % n, what, config, ws,
        first(x) if is_first else x, compute)


for n in (1, 2, 3):
    transpose(n)
    for options in (dict(padding='same'), dict(strides=1), dict(strides=3),
                    dict(size=2), dict(size=1), dict(is_first=True),
                    dict(use_bias=False), dict(size=4, padding='same'),
                    dict(filters=1), dict(dilation=2, strides=1), dict(
                        dilation=2, strides=1, padding='same'),
                    dict(extra=0), dict(extra=1), dict(extra=1, strides=3),
                    dict(extra=0, padding='same'), dict(
                        extra=1, padding='same')):
        transpose(n, str(options), **options)


# ---- pooling ----

def pool(n, kind, what='', size=2, strides=None, padding='valid',
         is_first=False, shape=None):
    x = numbers(N, *(shape or SHAPES[n]))
    y = ref.pool(x, [size] * n, [strides or size] * n, padding, kind == 'Max')
    config = dict(pool_size=[size] * n, padding=padding,
                  strides=[strides] * n if strides else None,
                  data_format='channels_first' if is_first
                  else 'channels_last')
    add('%sPooling%dD' % (kind, n), what, config, [],
        first(x) if is_first else x,
        lambda w: first(y) if is_first else y)


for n in (1, 2, 3):
    for kind in ('Max', 'Average'):
        pool(n, kind)
        for options in (dict(padding='same'), dict(size=3), dict(strides=1),
                        dict(size=3, strides=2, padding='same'),
                        dict(is_first=True), dict(size=1),
                        dict(is_first=True, padding='same', size=3)):
            pool(n, kind, str(options), **options)
        for shape in ODD[n]:
            pool(n, kind, 'input %s' % (shape,), shape=shape, padding='same')
        for keeps in (False, True):
            for is_first in (False, True):
                x = numbers(N, *SHAPES[n])
                f = np.max if kind == 'Max' else np.mean
                y = f(x, tuple(range(1, n + 1)), keepdims=keeps)
                add('Global%sPooling%dD' % (kind, n), 'keepdims %s first %s'
                    % (keeps, is_first),
                    dict(keepdims=keeps, data_format='channels_first'
                         if is_first else 'channels_last'), [],
                    first(x) if is_first else x,
                    lambda w, y=y, k=keeps and is_first: first(y) if k else y)


# ---- normalization ----

def batch_norm(shape, what='', axis=-1, scale=True, center=True, epsilon=1e-3,
               kind='BatchNormalization'):
    x = numbers(N, *shape)
    c = x.shape[axis]
    ws = [('gamma', numbers(c))] if scale else []
    ws += [('beta', numbers(c))] if center else []
    ws += [('moving_mean', numbers(c)),
           ('moving_variance', 1 + abs(numbers(c)))]
    by = [1] * x.ndim
    by[axis] = c

    def compute(w):
        w = [v.reshape(by) for v in w]
        y = (x - w[-2]) / np.sqrt(w[-1] + epsilon)
        y = y * w[0] if scale else y
        return y + w[1 if scale else 0] if center else y
    add(kind, what, dict(axis=axis, momentum=0.99, epsilon=epsilon,
                         scale=scale, center=center), ws, x, compute)


batch_norm((4,))
for shape in [(3, 4), (1, 1), (2, 3, 4), (2, 2, 3, 4)]:
    batch_norm(shape, 'input %s' % (shape,))
for options in (dict(scale=False), dict(center=False), dict(epsilon=0.1),
                dict(axis=1), dict(scale=False, center=False)):
    batch_norm((3, 4, 5), str(options), **options)
for kind in ('BatchNormalizationV1', 'BatchNormalizationV2',
             'SyncBatchNormalization'):
    batch_norm((3, 4), kind=kind)


def layer_norm(shape, what='', axis=-1, scale=True, center=True, epsilon=1e-3):
    x = numbers(N, *shape)
    axes = tuple(axis) if isinstance(axis, list) else (axis,)
    size = [x.shape[a] for a in axes]
    ws = [('gamma', numbers(*size))] if scale else []
    ws += [('beta', numbers(*size))] if center else []
    by = [n if i in [a % x.ndim for a in axes] else 1
          for i, n in enumerate(x.shape)]

    def compute(w):
        y = (x - x.mean(axes, keepdims=True)) / np.sqrt(
            x.var(axes, keepdims=True) + epsilon)
        y = y * w[0].reshape(by) if scale else y
        return y + w[-1].reshape(by) if center else y
    add('LayerNormalization', what, dict(axis=axis, epsilon=epsilon,
                                         scale=scale, center=center), ws, x,
        compute)


layer_norm((5,))
for options in (dict(scale=False), dict(center=False), dict(epsilon=0.5),
                dict(axis=[1, 2]), dict(axis=[-1])):
    layer_norm((3, 4), str(options), **options)
layer_norm((1,), 'input (1,)')

for groups in (1, 2, 4, -1):
    for scale, center in ((True, True), (False, True), (True, False)):
        x = numbers(N, 3, 4)
        ws = [('gamma', numbers(4))] if scale else []
        ws += [('beta', numbers(4))] if center else []
        g = 4 if groups == -1 else groups

        def compute(w, x=x, g=g, scale=scale, center=center):
            z = x.reshape(N, 3, g, -1)
            y = (z - z.mean((1, 3), keepdims=True)) / np.sqrt(
                z.var((1, 3), keepdims=True) + 1e-3)
            y = y.reshape(x.shape)
            y = y * w[0] if scale else y
            return y + w[-1] if center else y
        add('GroupNormalization', 'groups %d' % groups,
            dict(groups=groups, axis=-1, epsilon=1e-3, scale=scale,
                 center=center), ws, x, compute)
for axis in (-1, 1, [1, 2]):
    x = numbers(N, 3, 4)
    axes = tuple(axis) if isinstance(axis, list) else (axis,)
    add('UnitNormalization', 'axis %s' % axis, dict(axis=axis), [], x,
        lambda w, x=x, a=axes: x / np.sqrt((x * x).sum(a, keepdims=True)))
for axis in (-1, [-1]):
    x = numbers(N, 3, 4)
    add('RMSNormalization', 'axis %s' % axis, dict(axis=axis, epsilon=1e-3),
        [('scale', numbers(4))], x, lambda w, x=x: x * w[0] / np.sqrt(
            (x * x).mean(-1, keepdims=True) + 1e-3), only=3)
for invert in (False, True):
    x, m, v = numbers(N, 3, 4), numbers(4), 1 + abs(numbers(4))
    add('Normalization', 'invert %s' % invert,
        dict(axis=[-1], invert=invert, mean=m.tolist(), variance=v.tolist()),
        [], x, lambda w, x=x, m=m, v=v, i=invert: x * np.sqrt(v) + m if i
        else (x - m) / np.sqrt(v))
x = numbers(N, 4)
add('Normalization', 'adapted', dict(axis=[-1], invert=False, mean=None,
                                     variance=None),
    [('mean', numbers(4)), ('variance', 1 + abs(numbers(4))),
     ('count', np.array(3.0))], x,
    lambda w, x=x: (x - w[0]) / np.sqrt(w[1]))
for scale, offset in ((0.5, 0.0), (2, 1), (0.1, -3.0)):
    x = numbers(N, 3, 4)
    add('Rescaling', '%s %s' % (scale, offset), dict(scale=scale,
                                                     offset=offset), [], x,
        lambda w, x=x, s=scale, o=offset: x * s + o)


# ---- shapes ----

x = numbers(N, 3, 4, 2)
add('Flatten', '', dict(data_format='channels_last'), [], x,
    lambda w, x=x: x.reshape(N, -1))
add('Flatten', 'first', dict(data_format='channels_first'), [], x,
    lambda w, x=x: np.moveaxis(x, 1, -1).reshape(N, -1))
x5 = numbers(N, 5)
add('Flatten', 'one axis', dict(data_format='channels_last'), [], x5,
    lambda w: x5)
for target in ([24], [2, 12], [-1, 4], [4, 3, 2], [-1]):
    add('Reshape', str(target), dict(target_shape=target), [], x,
        lambda w, x=x, t=target: x.reshape([N] + t))
for dims in ([1, 2, 3], [3, 1, 2], [2, 1, 3], [3, 2, 1]):
    add('Permute', str(dims), dict(dims=dims), [], x,
        lambda w, x=x, d=dims: x.transpose([0] + d))
for n in (1, 3):
    add('RepeatVector', str(n), dict(n=n), [], x5,
        lambda w, n=n: np.repeat(x5[:, None], n, 1))
for n, letter in ((1, '1D'), (2, '2D'), (3, '3D')):
    z = numbers(N, *SHAPES[n])
    for pads in ([(1, 2)] * n, [(0, 0)] * n, [(2, 0)] * n):
        given = list(pads[0]) if n == 1 else [list(p) for p in pads]
        for is_first in (False, True) if n > 1 else (False,):
            fmt = {} if n == 1 else dict(data_format='channels_first'
                                         if is_first else 'channels_last')
            turn = first if is_first else (lambda a: a)
            add('ZeroPadding' + letter, '%s %s' % (given, is_first),
                dict(fmt, padding=given), [], turn(z),
                lambda w, z=z, p=pads, t=turn: t(np.pad(
                    z, [(0, 0)] + p + [(0, 0)])))
            cut = tuple([slice(None)] + [slice(a, s - b) for (a, b), s in
                                         zip(pads, z.shape[1:])])
            add('Cropping' + letter, '%s %s' % (given, is_first),
                dict(fmt, cropping=given), [], turn(z),
                lambda w, z=z, c=cut, t=turn: t(z[c]))
    for size in (1, 2, 3):
        def up(z, size=size, n=n):
            for i in range(n):
                z = np.repeat(z, size, 1 + i)
            return z
        add('UpSampling' + letter, 'size %d' % size,
            dict(size=size if n == 1 else [size] * n), [], z,
            lambda w, z=z, up=up: up(z))


# ---- images ----

KINDS = ['nearest', 'bilinear', 'bicubic', 'area', 'lanczos3', 'lanczos5',
         'gaussian', 'mitchellcubic']
ZI = numbers(N, 7, 6, 2)
for kind in KINDS:
    add('UpSampling2D', kind, dict(size=[2, 3], interpolation=kind,
                                   data_format='channels_last'), [], ZI,
        lambda w, k=kind: ref.resize(ZI, (14, 18), k))
    for h, v in ((7, 6), (3, 4), (10, 13), (1, 1)):
        for smooth in (False, True) if kind not in ('nearest', 'area') \
                else (False,):
            for torch in (False, True) if kind == 'bicubic' else (False,):
                add('Resizing', '%s %dx%d %s %s' % (kind, h, v, smooth, torch),
                    dict(height=h, width=v, interpolation=kind,
                         antialias=smooth, data_format='channels_last'), [],
                    ZI, lambda w, k=kind, h=h, v=v, s=smooth, t=torch:
                    ref.resize(ZI, (h, v), k, antialias=s, is_torch=t),
                    backend='torch' if torch else 'tensorflow')
add('Resizing', 'first', dict(height=4, width=5, interpolation='bilinear',
                              data_format='channels_first'), [], first(ZI),
    lambda w: first(ref.resize(ZI, (4, 5), 'bilinear')))
for h, v in ((3, 2), (7, 6), (4, 6)):
    a, b = (7 - h) // 2, (6 - v) // 2
    add('CenterCrop', '%dx%d' % (h, v), dict(height=h, width=v), [], ZI,
        lambda w, a=a, b=b, h=h, v=v: ZI[:, a:a + h, b:b + v])


for kind, options in (('SpatialDropout2D', dict(rate=0.5)),
                      ('RandomFlip', dict(mode='horizontal')),
                      ('RandomRotation', dict(factor=0.2)),
                      ('RandomZoom', dict(height_factor=0.2)),
                      ('RandomContrast', dict(factor=0.2)),
                      ('RandomBrightness', dict(factor=0.2)),
                      ('RandomTranslation', dict(height_factor=0.1,
                                                 width_factor=0.1))):
    add(kind, str(options), options, [], ZI, lambda w: ZI)
ZV = numbers(N, 3, 4, 2, 2)
add('SpatialDropout3D', '', dict(rate=0.5), [], ZV, lambda w: ZV)


# ---- activations ----

XA = numbers(N, 3, 4) * 3
for name in ACTIVATIONS:
    add('Activation', name, dict(activation=name), [], XA,
        lambda w, n=name: ref.act(n, XA))
for top in (None, 1.0, 6):
    for slope in (0.0, 0.25):
        for threshold in (0.0, 0.5):
            def relu(w, top=top, s=slope, t=threshold):
                y = np.where(XA >= t, XA, s * (XA - t))
                return np.where(XA >= t, np.minimum(y, top), y) if top else y
            add('ReLU', '%s %s %s' % (top, slope, threshold),
                dict(max_value=top, negative_slope=slope,
                     threshold=threshold), [], XA, relu)
for slope in (0.3, 0.0, 1):
    add('LeakyReLU', str(slope), dict(negative_slope=slope), [], XA,
        lambda w, s=slope: np.where(XA > 0, XA, s * XA), only=3)
    add('LeakyReLU', 'alpha %s' % slope, dict(alpha=slope), [], XA,
        lambda w, s=slope: np.where(XA > 0, XA, s * XA), version='2.10.0')
    add('ELU', str(slope), dict(alpha=slope), [], XA,
        lambda w, s=slope: np.where(XA > 0, XA, s * np.expm1(XA)))
for theta in (1.0, 0, 0.5):
    add('ThresholdedReLU', str(theta), dict(theta=theta), [], XA,
        lambda w, t=theta: np.where(XA > t, XA, 0), version='2.10.0', only=2)
for axis in (-1, 1, 2, [1, 2]):
    axes = tuple(axis) if isinstance(axis, list) else axis
    add('Softmax', str(axis), dict(axis=axis), [], XA,
        lambda w, a=axes: ref.softmax(XA, a))
for shared in (None, [1], [1, 2]):
    size = [1 if shared and i + 1 in shared else n
            for i, n in enumerate(XA.shape[1:])]
    add('PReLU', str(shared), dict(shared_axes=shared),
        [('alpha', numbers(*size))], XA,
        lambda w: np.where(XA > 0, XA, w[0] * XA))
for kind, options in (('Dropout', dict(rate=0.5)), ('Dropout', dict(rate=0)),
                      ('Dropout', dict(rate=False)),
                      ('GaussianNoise', dict(stddev=0.1)),
                      ('GaussianDropout', dict(rate=0.5)),
                      ('AlphaDropout', dict(rate=0.5)),
                      ('SpatialDropout1D', dict(rate=0.5)),
                      ('ActivityRegularization', dict(l1=0.1, l2=0.0)),
                      ('Identity', {}), ('Masking', dict(mask_value=99.0))):
    add(kind, str(options), options, [], XA, lambda w: XA)
add('Mish', '', {}, [], XA, lambda w: ref.act('mish', XA), only=2,
    version='2.10.0')


# ---- several inputs ----

A, B, C = numbers(N, 3, 4), numbers(N, 3, 4), numbers(N, 3, 4)
for kind, f in (('Add', lambda p: sum(p)), ('Multiply', lambda p: np.prod(
        p, 0)), ('Average', lambda p: np.mean(p, 0)),
        ('Maximum', lambda p: np.max(p, 0)),
        ('Minimum', lambda p: np.min(p, 0))):
    add(kind, 'two', {}, [], [A, B], lambda w, f=f: f([A, B]),
        takes_list=True)
    add(kind, 'three', {}, [], [A, B, C], lambda w, f=f: f([A, B, C]),
        takes_list=True)
add('Subtract', '', {}, [], [A, B], lambda w: A - B, takes_list=True)
for axis in (-1, 1, 2):
    add('Concatenate', str(axis), dict(axis=axis), [], [A, B],
        lambda w, i=axis: np.concatenate([A, B], i), takes_list=True)
U, V = numbers(N, 5), numbers(N, 5)
for unit in (False, True):
    def dot(w, unit=unit):
        p, q = [t / np.sqrt((t * t).sum(1, keepdims=True)) if unit else t
                for t in (U, V)]
        return (p * q).sum(1, keepdims=True)
    add('Dot', 'normalize %s' % unit, dict(axes=1, normalize=unit), [],
        [U, V], dot, takes_list=True)
add('Dot', 'matrices', dict(axes=[2, 2], normalize=False), [], [A, B],
    lambda w: np.einsum('nik,njk->nij', A, B), takes_list=True)
for mode, f in (('sum', lambda: A + B), ('mul', lambda: A * B),
                ('ave', lambda: (A + B) / 2), ('max', lambda: np.maximum(
                    A, B)), ('concat', lambda: np.concatenate([A, B], -1))):
    add('Merge', mode, dict(mode=mode, mode_type='raw', concat_axis=-1,
                            dot_axes=-1, output_shape=None, arguments={}),
        [], [A, B], lambda w, f=f: f(), version='2.0.8', only=2)
add('Merge', 'dot', dict(mode='dot', mode_type='raw', concat_axis=-1,
                         dot_axes=[1, 1]), [], [U, V],
    lambda w: (U * V).sum(1, keepdims=True), version='2.0.8', only=2)


# ---- others ----

tokens = np.array([[0, 3, 1], [2, 2, 4]])
for masks in (False, True):
    add('Embedding', 'mask %s' % masks, dict(
        input_dim=5, output_dim=3, mask_zero=masks),
        [('embeddings', numbers(5, 3))], tokens,
        lambda w: w[0][tokens])
X6 = numbers(N, 5)
for bias in (True, False):
    ws = [('W', numbers(5, 5)), ('W_carry', numbers(5, 5))]
    ws += [('b', numbers(5)), ('b_carry', numbers(5))] if bias else []

    def highway(w, bias=bias):
        t = ref.sigmoid(X6 @ w[1] + (w[3] if bias else 0))
        return np.tanh(X6 @ w[0] + (w[2] if bias else 0)) * t + X6 * (1 - t)
    add('Highway', 'bias %s' % bias, dict(activation='tanh', bias=bias), ws,
        X6, highway, version='2.0.8', only=2, in_keras2_zip=False)
    ws = [('W', numbers(3, 5, 4))] + ([('b', numbers(3, 4))] if bias else [])
    add('MaxoutDense', 'bias %s' % bias, dict(
        output_dim=4, nb_feature=3, bias=bias), ws, X6,
        lambda w, bias=bias: (np.einsum('nd,fdo->nfo', X6, w[0])
                              + (w[1] if bias else 0)).max(1),
        version='2.0.8', only=2, in_keras2_zip=False)
edges = [-1.0, 0.0, 0.5, 1.0]
for mode in ('int', 'one_hot', 'multi_hot', 'count'):
    def bins(w, mode=mode):
        i = np.digitize(X6, edges)
        hot = np.eye(5)[i]
        return {'int': i, 'one_hot': hot, 'multi_hot': hot.max(1),
                'count': hot.sum(1)}[mode]
    add('Discretization', mode, dict(bin_boundaries=edges, output_mode=mode,
                                     epsilon=0.01, num_bins=None,
                                     sparse=False), [], X6, bins)
sound = numbers(N, 400)
base = dict(fft_length=64, sequence_stride=32, sequence_length=64,
            window='hann', sampling_rate=16000, num_mel_bins=8, min_freq=20.0,
            max_freq=8000, power_to_db=True, top_db=80.0, mag_exp=2.0,
            min_power=1e-10, ref_power=1.0)
for change in ({}, dict(fft_length=60, sequence_length=60), dict(
        sequence_length=48), dict(sequence_length=47),
        dict(window='hamming'), dict(window=None), dict(power_to_db=False),
        dict(mag_exp=1.0), dict(top_db=10.0), dict(ref_power=2.5),
        dict(min_freq=300.0, max_freq=4000), dict(sequence_stride=50),
        dict(max_freq=None), dict(num_mel_bins=1), dict(min_power=0.5),
        dict(fft_length=66, sequence_length=22)):
    c = dict(base, **change)
    add('MelSpectrogram', str(change), c, [], sound,
        lambda w, c=c: ref.mel_spectrogram(sound, c), only=3)
stereo = numbers(N, 90, 2)
base = dict(mode='log', frame_length=16, frame_step=8, fft_length=16,
            window='hann', periodic=False, scaling='density',
            padding='valid', expand_dims=False,
            data_format='channels_last')
for change in ({}, dict(mode='magnitude'), dict(mode='psd'),
               dict(mode='real'), dict(mode='imag'), dict(mode='angle'),
               dict(mode='stft'), dict(padding='same'),
               dict(frame_step=5, padding='same'), dict(expand_dims=True),
               dict(data_format='channels_first'), dict(frame_step=None),
               dict(data_format='channels_first', expand_dims=True),
               dict(mode='stft', expand_dims=True)):
    c = dict(base, **change)
    is_first = c['data_format'] == 'channels_first'
    ws = [(n, numbers(16, 1, 9)) for n, other in (
        ('real_kernel', 'imag'), ('imag_kernel', 'real'))
        if c['mode'] != other]

    def spectrogram(w, c=c, is_first=is_first):
        real = w[0] if c['mode'] != 'imag' else None
        imag = w[-1] if c['mode'] != 'real' else None
        y = ref.stft_spectrogram(stereo, real, imag, c)  # [n, t, f, c]
        if c['expand_dims']:
            return y.transpose(0, 3, 1, 2) if is_first else y
        y = y.transpose(0, 1, 3, 2).reshape(N, y.shape[1], -1)
        return y.swapaxes(1, 2) if is_first else y
    add('STFTSpectrogram', str(change), c, ws,
        first(stereo) if is_first else stereo, spectrogram, only=3)
inner = {'module': 'keras.layers', 'class_name': 'Dense', 'config': {
    'name': 'd', 'units': 3, 'activation': 'relu', 'use_bias': True},
    'registered_name': None}
x = numbers(N, 4, 5)
add('TimeDistributed', '', dict(layer=inner),
    [('layer', 'kernel', numbers(5, 3)), ('layer', 'bias', numbers(3))], x,
    lambda w: np.maximum(x @ w[0] + w[1], 0))
