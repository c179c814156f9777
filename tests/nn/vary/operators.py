# SPDX-License-Identifier: GPL-2.0-or-later
"""Operators of Keras 3 (keras.ops), with one option after the other."""
import numpy as np

import layers
import reference as ref

N = 2


def op(kind, what, config, x, y):
    layers.add('ops.' + kind, what, config, [], x, lambda w: y, only=3,
               module='keras.src.ops.numpy')


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
    Identity=lambda x: x)
for kind, f in UNARY.items():
    if kind != 'Identity':
        op(kind, '', {}, X, f(X))
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
op('Power', '', {}, [POSITIVE, Y], POSITIVE ** Y)
for kind, f in dict(Mean=np.mean, Sum=np.sum, Max=np.max, Min=np.min,
                    Prod=np.prod, Std=np.std, Var=np.var).items():
    for axis in (-1, 1, 2, [1, 2]):
        for keeps in (False, True):
            axes = tuple(axis) if isinstance(axis, list) else axis
            op(kind, '%s %s' % (axis, keeps), dict(axis=axis, keepdims=keeps),
               X, f(X, axis=axes, keepdims=keeps))
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
