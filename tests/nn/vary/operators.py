# SPDX-License-Identifier: GPL-2.0-or-later
"""Operators of Keras 3 (keras.ops), with one option after the other."""
import numpy as np

import layers
import reference as ref

N = 2


def op(kind, what, config, x, y, **extra):
    layers.add('ops.' + kind, what, config, [], x, lambda w: y, only=3,
               module='keras.src.ops.numpy', **extra)


X = layers.numbers(N, 3, 4)
Y = layers.numbers(N, 3, 4)
POSITIVE = abs(X) + 0.1
UNARY = dict(
    Absolute=np.abs, Negative=np.negative, Square=np.square, Exp=np.exp,
    Exp2=np.exp2, Sin=np.sin, Cos=np.cos, Tan=np.tan, Sinh=np.sinh,
    Cosh=np.cosh, Tanh=np.tanh, Arctan=np.arctan, Floor=np.floor,
    Ceil=np.ceil, Round=np.round, Trunc=np.trunc, Sign=np.sign,
    Reciprocal=np.reciprocal, Expm1=np.expm1, Erf=ref.ERF, Isfinite=np.isfinite,
    Isnan=np.isnan, OnesLike=np.ones_like, ZerosLike=np.zeros_like,
    Abs=np.abs, Identity=lambda x: x, Copy=lambda x: x,
    StopGradient=lambda x: x)
for kind, f in UNARY.items():
    op(kind, '', {}, X, f(X))
    op(kind, 'one number', {}, X[:, :1, :1], f(X[:, :1, :1]))
for kind, f in dict(Arccos=np.arccos, Arcsin=np.arcsin).items():
    op(kind, '', {}, np.float32(np.tanh(X)), f(np.float32(np.tanh(X))))
SPARSE = np.where(abs(X) < 0.7, 0, X)
op('LogicalNot', '', {}, SPARSE, SPARSE == 0)
for kind, f in dict(Log=np.log, Log1p=np.log1p, Log2=np.log2, Log10=np.log10,
                    Sqrt=np.sqrt, Rsqrt=lambda x: 1 / np.sqrt(x)).items():
    op(kind, '', {}, POSITIVE, f(POSITIVE))
for kind, name in dict(Relu='relu', Relu6='relu6', Sigmoid='sigmoid',
                       Softplus='softplus', Softsign='softsign', Silu='silu',
                       LogSigmoid='log_sigmoid', HardSigmoid='hard_sigmoid',
                       Selu='selu', Mish='mish', HardTanh='hard_tanh',
                       TanhShrink='tanh_shrink', SparsePlus='sparse_plus',
                       SparseSigmoid='sparse_sigmoid').items():
    op(kind, '', {}, X, ref.act(name, X))
for kind, f in dict(Softmax=ref.softmax, LogSoftmax=lambda x, a: np.log(
        ref.softmax(x, a))).items():
    for axis in (-1, 1):
        op(kind, 'axis %d' % axis, dict(axis=axis), X, f(X, axis))
BINARY = dict(
    Add=np.add, Subtract=np.subtract, Multiply=np.multiply,
    TrueDivide=np.true_divide, Divide=np.true_divide, Maximum=np.maximum,
    Minimum=np.minimum, Mod=np.mod, FloorDivide=np.floor_divide,
    Greater=np.greater, GreaterEqual=np.greater_equal, Less=np.less,
    LessEqual=np.less_equal, Equal=np.equal, NotEqual=np.not_equal,
    LogicalAnd=np.logical_and, LogicalOr=np.logical_or,
    LogicalXor=np.logical_xor, Arctan2=np.arctan2, Logaddexp=np.logaddexp)
for kind, f in BINARY.items():
    for what, other in (('', Y), ('same', X), ('one row', Y[:, :1]),
                        ('one column', Y[:, :, :1])):
        op(kind, what, {}, [X, other], f(X, other))
    op(kind, 'a constant', {}, X, f(X, 1.5), constants=[1.5])
op('Power', '', {}, [POSITIVE, Y], POSITIVE ** Y)
op('Power', 'a constant', {}, X, X ** 2, constants=[2])
op('SquaredDifference', '', {}, [X, Y], (X - Y) ** 2)
op('DivideNoNan', '', {}, [X, SPARSE], np.where(
    SPARSE == 0, 0, X / np.where(SPARSE == 0, 1, SPARSE)))
for what, other in (('', Y), ('one row', Y[:, :1]),
                    ('one column', Y[:, :, :1])):
    op('Where', what, {}, [SPARSE, X, other], np.where(SPARSE, X, other))


def logsumexp(x, axis, keepdims):
    return np.log(np.exp(x).sum(axis, keepdims=keepdims))


def norm(x, axis, keepdims):
    return np.sqrt((x * x).sum(axis, keepdims=keepdims))


for kind, f in dict(Mean=np.mean, Sum=np.sum, Max=np.max, Min=np.min,
                    Prod=np.prod, Std=np.std, Var=np.var, Amax=np.max,
                    Amin=np.min, Logsumexp=logsumexp, Norm=norm).items():
    for axis in (-1, 1, 2, [1, 2]):
        for keeps in (False, True):
            axes = tuple(axis) if isinstance(axis, list) else axis
            op(kind, '%s %s' % (axis, keeps), dict(axis=axis, keepdims=keeps),
               X, f(X, axis=axes, keepdims=keeps))
for axis in (-1, 1, [1, 2]):
    axes = tuple(axis) if isinstance(axis, list) else axis
    op('Average', str(axis), dict(axis=axis), X, X.mean(axes))
    op('CountNonzero', str(axis), dict(axis=axis), SPARSE,
       (SPARSE != 0).sum(axes))
    for keeps in (False, True):
        for kind, f in dict(Any=np.any, All=np.all).items():
            op(kind, '%s %s' % (axis, keeps), dict(axis=axis, keepdims=keeps),
               SPARSE, f(SPARSE != 0, axis=axes, keepdims=keeps))
for kind, f in dict(Argmax=np.argmax, Argmin=np.argmin).items():
    for axis in (-1, 1):
        op(kind, str(axis), dict(axis=axis, keepdims=False), X, f(X, axis))
for axis in (-1, 1):
    op('Cumsum', str(axis), dict(axis=axis, dtype=None), X, X.cumsum(axis))
    op('ExpandDims', str(axis), dict(axis=axis), X, np.expand_dims(X, axis))
    op('Flip', str(axis), dict(axis=axis), X, np.flip(X, axis))
    op('Repeat', str(axis), dict(repeats=2, axis=axis), X,
       np.repeat(X, 2, axis))
    op('Roll', str(axis), dict(shift=1, axis=axis), X, np.roll(X, 1, axis))
op('Transpose', '', dict(axes=[0, 2, 1]), X, X.transpose(0, 2, 1))
op('Swapaxes', '', dict(axis1=1, axis2=-1), X, X.swapaxes(1, 2))
op('Moveaxis', '', dict(source=1, destination=2), X, np.moveaxis(X, 1, 2))
op('Squeeze', '', dict(axis=1), X[:, :1], X[:, 0])
for kind in ('Swapaxes', 'SwapAxes'):
    op(kind, 'last', dict(axis1=-1, axis2=-2), X, X.swapaxes(1, 2))
for source, to in ((1, 2), (-1, 1), ([1, 2], [2, 1])):
    for kind in ('Moveaxis', 'MoveAxis'):
        op(kind, '%s %s' % (source, to), dict(source=source, destination=to),
           X, np.moveaxis(X, source, to))


# ---- activations with a number of their own ----

WIDE = X * 3
for alpha in (1.0, 0.5, 2):
    op('Elu', str(alpha), dict(alpha=alpha), WIDE,
       np.where(WIDE > 0, WIDE, alpha * np.expm1(WIDE)))
    op('Celu', str(alpha), dict(alpha=alpha), WIDE,
       np.where(WIDE > 0, WIDE, alpha * np.expm1(WIDE / alpha)))
for approximate in (True, False):
    op('Gelu', str(approximate), dict(approximate=approximate), WIDE,
       0.5 * WIDE * (1 + np.tanh(np.sqrt(2 / np.pi) * (
           WIDE + 0.044715 * WIDE ** 3))) if approximate
       else ref.act('gelu', WIDE))
for slope in (0.2, 0.0, 0.7):
    op('LeakyRelu', str(slope), dict(negative_slope=slope), WIDE,
       np.where(WIDE > 0, WIDE, slope * WIDE))
for t in (0.5, 0.0, 1.5):
    op('HardShrink', str(t), dict(threshold=t), WIDE,
       np.where(abs(WIDE) > t, WIDE, 0))
    op('SoftShrink', str(t), dict(threshold=t), WIDE,
       np.sign(WIDE) * np.maximum(abs(WIDE) - t, 0))
    for value in (0.0, -3.5):
        op('Threshold', '%s %s' % (t, value), dict(
            threshold=t, default_value=value), WIDE,
            np.where(WIDE > t, WIDE, value))
for b in (4, 1.0, 0.0):
    op('Squareplus', str(b), dict(b=b), WIDE,
       (WIDE + np.sqrt(WIDE * WIDE + b)) / 2)
op('ReLU', '', {}, WIDE, np.maximum(WIDE, 0))
op('HardSilu', '', {}, WIDE, ref.act('hard_silu', WIDE))
for axis in (-1, 1, 2):
    op('Sparsemax', str(axis), dict(axis=axis), X, np.moveaxis(
        ref.sparsemax(np.moveaxis(X, axis, -1)), -1, axis))
EVEN = layers.numbers(N, 4, 6)
for axis in (-1, 1):
    a, b = np.split(EVEN, 2, axis)
    op('Glu', str(axis), dict(axis=axis), EVEN, a * ref.sigmoid(b))
for dtype, y in (('float32', WIDE), ('float64', WIDE), ('int32', np.trunc(
        WIDE)), ('int64', np.trunc(WIDE)), ('bool', WIDE != 0)):
    op('Cast', dtype, dict(dtype=dtype), WIDE, y)
for low, high in ((-1, 1), (0.25, 0.5), (-9, 0.0)):
    op('Clip', '%s %s' % (low, high), dict(x_min=low, x_max=high), X,
       X.clip(low, high))


# ---- lengths ----

for axis in (-1, 1, [1, 2]):
    axes = tuple(axis) if isinstance(axis, list) else axis
    size = norm(X, axes, True)
    for epsilon in (None, 1e-12, 2.0):
        op('Normalize', '%s %s' % (axis, epsilon), dict(
            axis=axis, order=2, epsilon=epsilon), X,
            X / np.maximum(size, epsilon or 0))


# ---- products ----

op('Matmul', '', {}, [X, EVEN], X @ EVEN)
IMAGES = layers.numbers(N, 2, 3, 5), layers.numbers(N, 2, 5, 4)
op('Matmul', 'of four axes', {}, list(IMAGES), IMAGES[0] @ IMAGES[1])
op('Matmul', 'one by one', {}, [X[:, :1, :1], Y[:, :1, :1]],
   X[:, :1, :1] * Y[:, :1, :1])
for equation, a, b in (('abc,acd->abd', X, EVEN), ('abc,abc->ab', X, Y),
                       ('abc,adc->abd', X, Y), ('abc,adc->adb', X, Y),
                       ('abc,ad->abcd', X, Y[:, 0]),
                       ('abij,abjk->abik', *IMAGES),
                       ('...ij,...jk->...ik', *IMAGES)):
    op('Einsum', equation, dict(subscripts=equation), [a, b],
       np.einsum(equation, a, b))


# ---- places ----

for axis in (1, 2, -1):
    for parts, what in (([X, Y], 'two'), ([X, Y, POSITIVE], 'three')):
        op('Concatenate', '%s %d' % (what, axis), dict(axis=axis), parts,
           np.concatenate(parts, axis), takes_list=True)
        op('Stack', '%s %d' % (what, axis), dict(axis=axis), parts,
           np.stack(parts, axis), takes_list=True)
for how, axis in ((2, -1), (4, -1), (3, 1), ([1], 1), ([1, 3], -1)):
    op('Split', '%s %d' % (how, axis), dict(
        indices_or_sections=how, axis=axis), X,
        tuple(np.split(X, how, axis)))
for axis, n in ((-1, None), (1, None), (1, 3)):
    op('Unstack', '%d %s' % (axis, n), dict(axis=axis, num=n), X,
       tuple(np.moveaxis(X, axis, 0)))
for repeats in ([1, 2, 3], [1, 1, 2], [3], [2, 1], [1, 1, 1]):
    op('Tile', str(repeats), dict(repeats=repeats), X, np.tile(X, repeats))
for mode in ('constant', 'reflect', 'symmetric'):
    for pads in ([[0, 0], [1, 2], [0, 3]], [[0, 0], [0, 0], [2, 1]]):
        op('Pad', '%s %s' % (mode, pads), dict(pad_width=pads, mode=mode), X,
           np.pad(X, pads, mode=mode))
op('Pad', 'value', dict(pad_width=[[0, 0], [1, 0], [0, 2]], mode='constant'),
   X, np.pad(X, [(0, 0), (1, 0), (0, 2)], constant_values=2.5),
   keywords=dict(constant_values=2.5))
for indices in (0, -1, [2, 0], [1, 1, -3]):
    for axis in (1, -1):
        op('Take', '%s %d' % (indices, axis), dict(axis=axis), X,
           np.take(X, indices, axis), constants=[indices])
for shape in ([-1, 12], [-1, 4, 3], [-1, 2, 3, 2], [-1, 1, 12]):
    op('Reshape', str(shape), dict(newshape=shape), X,
       X.reshape([N] + shape[1:]))


def slice_of(start=None, stop=None, step=None):
    return {'class_name': '__slice__',
            'config': dict(start=start, stop=stop, step=step)}


def get_item(*key):
    """key: numbers, slices, None and the ellipsis, behind the batch."""
    written = [slice_of(k.start, k.stop, k.step) if isinstance(k, slice)
               else {'class_name': '__ellipsis__', 'config': {}}
               if k is Ellipsis else k for k in key]
    op('GetItem', str(key), {}, X, X[(slice(None),) + key],
       constants=[[slice_of()] + written])


for key in ((0,), (-1,), (slice(1, None),), (slice(None, -1),),
            (slice(None, None, 2),), (slice(None, None, -1),),
            (slice(-2, 99),), (slice(None), 1), (slice(None), slice(1, 3)),
            (slice(None), slice(None, 0, -2)), (Ellipsis, 2),
            (Ellipsis, slice(0, 2)), (None,), (None, 1), (1, None),
            (Ellipsis, None), (0, slice(1, 2)), (slice(None), None, -4)):
    get_item(*key)


# ---- images: to a size, with the proportions kept ----

def kept(x, h, v, how, fill):
    """x, cut or filled up round its middle to the proportions of h and v."""
    n, m = x.shape[1:3]
    pick = min if how == 'crop' else max
    a, b = pick(n, int(m * h / v)), pick(m, int(n * v / h))
    if how == 'crop':
        i, j = (n - a) // 2, (m - b) // 2
        return x[:, i:i + a, j:j + b]
    i, j = (a - n) // 2, (b - m) // 2
    return np.pad(x, [(0, 0), (i, a - n - i), (j, b - m - j), (0, 0)],
                  constant_values=fill)


for interpolation in ('nearest', 'bilinear', 'bicubic'):
    for h, v in ((4, 5), (12, 8), (3, 8), (7, 6)):  # of equal margins
        for how in ('', 'crop', 'pad'):
            for fill in (0.0, 0.5) if how == 'pad' else (0.0,):
                x = kept(layers.ZI, h, v, how, fill) if how else layers.ZI
                y = ref.resize(x, (h, v), interpolation)
                what = '%s %dx%d %s %s' % (interpolation, h, v, how, fill)
                options = dict(
                    interpolation=interpolation, antialias=False,
                    crop_to_aspect_ratio=how == 'crop',
                    pad_to_aspect_ratio=how == 'pad', fill_mode='constant',
                    fill_value=fill, data_format='channels_last')
                op('Resize', what, dict(options, size=[h, v]), layers.ZI, y)
                if how:
                    layers.add('Resizing', what, dict(
                        options, height=h, width=v), [], layers.ZI,
                        lambda w, y=y: y)
