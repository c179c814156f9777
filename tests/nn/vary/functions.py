# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions of TensorFlow as Keras 2 saves them (TFOpLambda), by the names and
keywords that they have there."""
import numpy as np

import layers
import reference as ref
from operators import EVEN, IMAGES, N, POSITIVE, SPARSE, WIDE, X, Y, \
    logsumexp, norm


def function(name, kind, x, y, keywords=None, second='y', **extra):
    """One of the operators of nn/; second: the keyword of its other input."""
    layers.add('ops.' + kind, '%s %s' % (name, keywords or ''), {}, [], x,
               lambda w: y, only=2, version='2.10.0', in_keras2_zip=False,
               function=name, keywords=keywords or {}, second=second,
               module='keras.layers', **extra)


ELEMENTS = {
    'identity': ('Identity', lambda x: x), 'math.abs': ('Absolute', np.abs),
    'math.ceil': ('Ceil', np.ceil), 'math.cos': ('Cos', np.cos),
    'math.erf': ('Erf', ref.ERF), 'math.exp': ('Exp', np.exp),
    'math.expm1': ('Expm1', np.expm1), 'math.floor': ('Floor', np.floor),
    'math.log_sigmoid': ('LogSigmoid', lambda x: ref.act('log_sigmoid', x)),
    'math.negative': ('Negative', np.negative),
    'math.reciprocal': ('Reciprocal', np.reciprocal),
    'math.round': ('Round', np.round), 'math.sigmoid': ('Sigmoid', ref.sigmoid),
    'math.sign': ('Sign', np.sign), 'math.sin': ('Sin', np.sin),
    'math.softplus': ('Softplus', lambda x: ref.act('softplus', x)),
    'math.square': ('Square', np.square), 'math.tanh': ('Tanh', np.tanh),
    'nn.elu': ('Elu', lambda x: ref.act('elu', x)),
    'nn.gelu': ('Gelu', lambda x: ref.act('gelu', x)),
    'nn.leaky_relu': ('LeakyRelu', lambda x: ref.act('leaky_relu', x)),
    'nn.relu': ('Relu', lambda x: ref.act('relu', x)),
    'nn.relu6': ('Relu6', lambda x: ref.act('relu6', x)),
    'nn.selu': ('Selu', lambda x: ref.act('selu', x)),
    'nn.sigmoid': ('Sigmoid', ref.sigmoid),
    'nn.silu': ('Silu', lambda x: ref.act('silu', x)),
    'nn.swish': ('Silu', lambda x: ref.act('silu', x)),
    'nn.softplus': ('Softplus', lambda x: ref.act('softplus', x)),
    'nn.softsign': ('Softsign', lambda x: ref.act('softsign', x)),
    'nn.tanh': ('Tanh', np.tanh), 'ones_like': ('OnesLike', np.ones_like),
    'stop_gradient': ('StopGradient', lambda x: x),
    'zeros_like': ('ZerosLike', np.zeros_like)}
for name, (kind, f) in ELEMENTS.items():
    function(name, kind, WIDE, f(WIDE))
for name, (kind, f) in {
        'math.log': ('Log', np.log), 'math.log1p': ('Log1p', np.log1p),
        'math.sqrt': ('Sqrt', np.sqrt),
        'math.rsqrt': ('Rsqrt', lambda x: 1 / np.sqrt(x))}.items():
    function(name, kind, POSITIVE, f(POSITIVE))
function('math.logical_not', 'LogicalNot', SPARSE, SPARSE == 0)

PAIRS = {
    '__operators__.add': ('Add', np.add), 'math.add': ('Add', np.add),
    '__operators__.eq': ('Equal', np.equal),
    '__operators__.ne': ('NotEqual', np.not_equal),
    'math.divide': ('TrueDivide', np.true_divide),
    'math.truediv': ('TrueDivide', np.true_divide),
    'math.equal': ('Equal', np.equal),
    'math.floordiv': ('FloorDivide', np.floor_divide),
    'math.floormod': ('Mod', np.mod), 'math.greater': ('Greater', np.greater),
    'math.greater_equal': ('GreaterEqual', np.greater_equal),
    'math.less': ('Less', np.less), 'math.less_equal': ('LessEqual',
                                                        np.less_equal),
    'math.logical_and': ('LogicalAnd', np.logical_and),
    'math.logical_or': ('LogicalOr', np.logical_or),
    'math.maximum': ('Maximum', np.maximum),
    'math.minimum': ('Minimum', np.minimum),
    'math.multiply': ('Multiply', np.multiply),
    'math.not_equal': ('NotEqual', np.not_equal),
    'math.squared_difference': ('SquaredDifference',
                                lambda x, y: (x - y) ** 2),
    'math.subtract': ('Subtract', np.subtract)}
for name, (kind, f) in PAIRS.items():
    second = 'other' if name in ('__operators__.eq', '__operators__.ne') \
        else 'y'
    for other in (Y, Y[:, :1], Y[:, :, :1]):
        function(name, kind, [X, other], f(X, other), second=second)
    function(name, kind, X, f(X, 0.5), {second: 0.5})
function('math.pow', 'Power', [POSITIVE, Y], POSITIVE ** Y)
function('math.pow', 'Power', X, X ** 3, dict(y=3))
function('math.divide_no_nan', 'DivideNoNan', [X, SPARSE], np.where(
    SPARSE == 0, 0, X / np.where(SPARSE == 0, 1, SPARSE)))
function('where', 'Where', [SPARSE, X], np.where(SPARSE, X, 0.25),
         dict(y=0.25), 'x')
BIAS = [1.0, -2.0, 0.5, 3.0]
function('nn.bias_add', 'Add', X, X + BIAS, dict(bias=BIAS))

for name, (kind, f) in {
        'math.reduce_all': ('All', np.all), 'math.reduce_any': ('Any', np.any),
        'math.reduce_max': ('Max', np.max), 'math.reduce_min': ('Min', np.min),
        'math.reduce_mean': ('Mean', np.mean),
        'math.reduce_prod': ('Prod', np.prod),
        'math.reduce_std': ('Std', np.std), 'math.reduce_sum': ('Sum', np.sum),
        'math.reduce_variance': ('Var', np.var), 'norm': ('Norm', norm),
        'math.reduce_logsumexp': ('Logsumexp', logsumexp)}.items():
    for axis in (-1, 1, [1, 2]):
        for keeps in (False, True):
            axes = tuple(axis) if isinstance(axis, list) else axis
            function(name, kind, SPARSE, f(SPARSE, axis=axes, keepdims=keeps),
                     dict(axis=axis, keepdims=keeps))

for axis in (-1, 1):
    for name, kind, y in (
            ('math.argmax', 'Argmax', X.argmax(axis)),
            ('math.argmin', 'Argmin', X.argmin(axis)),
            ('math.cumsum', 'Cumsum', X.cumsum(axis)),
            ('expand_dims', 'ExpandDims', np.expand_dims(X, axis)),
            ('nn.softmax', 'Softmax', ref.softmax(X, axis)),
            ('nn.log_softmax', 'LogSoftmax', np.log(ref.softmax(X, axis))),
            ('reverse', 'Flip', np.flip(X, axis))):
        function(name, kind, X, y, dict(axis=[axis] if name == 'reverse'
                                        else axis))
    function('repeat', 'Repeat', X, np.repeat(X, 3, axis),
             dict(repeats=3, axis=axis))
    function('roll', 'Roll', X, np.roll(X, -2, axis), dict(shift=-2, axis=axis))
    function('unstack', 'Unstack', X, tuple(np.moveaxis(X, axis, 0)),
             dict(axis=axis, num=X.shape[axis]))
    function('squeeze', 'Squeeze', X[:, :1, :1], X[:, 0, :1] if axis == 1
             else X[:, :1, 0], dict(axis=axis))
    function('split', 'Split', X, tuple(np.split(X, X.shape[axis], axis)),
             dict(num_or_size_splits=X.shape[axis], axis=axis))
for axis in (-1, 1, 2):
    for name, kind, f in (('concat', 'Concatenate', np.concatenate),
                          ('stack', 'Stack', np.stack)):
        function(name, kind, [X, Y], f([X, Y], axis), dict(axis=axis),
                 takes_list=True)
WHOLE = dict(start=None, stop=None, step=None)
for spec, y in (([WHOLE, 0], X[:, 0]), ([WHOLE, WHOLE, -1], X[:, :, -1]),
                ([WHOLE, dict(WHOLE, start=1)], X[:, 1:]),
                ([WHOLE, WHOLE, dict(WHOLE, step=-2)], X[:, :, ::-2]),
                ([WHOLE, None, 1], X[:, None, 1])):
    function('__operators__.getitem', 'GetItem', X, y, dict(slice_spec=spec))
for dtype, y in (('float32', WIDE), ('int32', np.trunc(WIDE)),
                 ('bool', WIDE != 0)):
    function('cast', 'Cast', WIDE, y, dict(dtype=dtype))
function('clip_by_value', 'Clip', X, X.clip(-0.5, 0.75),
         dict(clip_value_min=-0.5, clip_value_max=0.75))
function('nn.leaky_relu', 'LeakyRelu', X, np.where(X > 0, X, 0.5 * X),
         dict(alpha=0.5))
function('nn.gelu', 'Gelu', X, ref.act('gelu', X), dict(approximate=False))
function('nn.gelu', 'Gelu', X, 0.5 * X * (1 + np.tanh(np.sqrt(2 / np.pi) * (
    X + 0.044715 * X ** 3))), dict(approximate=True))
for name in ('nn.l2_normalize', 'math.l2_normalize'):
    for axis in (-1, 1, [1, 2]):
        for epsilon in (1e-12, 2.0):
            size = norm(X, tuple(axis) if isinstance(axis, list) else axis,
                        True)
            function(name, 'L2Normalize', X,
                     X / np.sqrt(np.maximum(size ** 2, epsilon)),
                     dict(axis=axis, epsilon=epsilon))
function('linalg.matmul', 'Matmul', list(IMAGES), IMAGES[0] @ IMAGES[1],
         second='b')
for turn_a, turn_b in ((False, True), (True, False), (True, True)):
    function('linalg.matmul', 'Matmul', [
        X.swapaxes(1, 2) if turn_a else X,
        EVEN.swapaxes(1, 2) if turn_b else EVEN], X @ EVEN,
        dict(transpose_a=turn_a, transpose_b=turn_b), 'b')
for sizes in ([1, 3], [2, 1, 1]):
    function('split', 'Split', X,
             tuple(np.split(X, np.cumsum(sizes)[:-1], -1)),
             dict(num_or_size_splits=sizes, axis=-1))
GREY = layers.numbers(N, 3, 4, 1)
function('image.grayscale_to_rgb', 'GrayscaleToRgb', GREY,
         np.repeat(GREY, 3, -1))
function('reshape', 'Reshape', X, X.reshape(N, 4, 3), dict(shape=[-1, 4, 3]))
function('tile', 'Tile', X, np.tile(X, [1, 2, 3]), dict(multiples=[1, 2, 3]))
function('transpose', 'Transpose', X, X.transpose(0, 2, 1),
         dict(perm=[0, 2, 1]))
for mode in ('CONSTANT', 'REFLECT', 'SYMMETRIC'):
    pads = [[0, 0], [1, 2], [0, 3]]
    function('pad', 'Pad', X, np.pad(X, pads, mode=mode.lower()),
             dict(paddings=pads, mode=mode))
for method in ('nearest', 'bilinear', 'bicubic', 'area', 'lanczos3'):
    function('image.resize', 'Resize', layers.ZI, ref.resize(
        layers.ZI, (5, 9), method), dict(size=[5, 9], method=method))
