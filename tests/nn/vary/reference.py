# SPDX-License-Identifier: GPL-2.0-or-later
"""What layers of Keras compute, by their definition, in numpy and double. Arrays
are [sample, ..., channel]; the plain way each time, not a fast one."""
import itertools
import math

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def sparsemax(x):
    z = -np.sort(-x, -1)
    sums = z.cumsum(-1) - 1
    k = (1 + np.arange(1, x.shape[-1] + 1) * z > z.cumsum(-1)).sum(
        -1, keepdims=True)
    return np.maximum(x - np.take_along_axis(sums, k - 1, -1) / k, 0)


ERF = np.vectorize(math.erf)
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
ACTIVATIONS = {
    None: lambda x: x,
    'linear': lambda x: x,
    'relu': lambda x: np.maximum(x, 0),
    'relu6': lambda x: np.clip(x, 0, 6),
    'sigmoid': sigmoid,
    'hard_sigmoid': lambda x: np.clip(x / 6 + 0.5, 0, 1),
    'tanh': np.tanh,
    'softmax': softmax,
    'log_softmax': lambda x: np.log(softmax(x)),
    'elu': lambda x: np.where(x > 0, x, np.expm1(x)),
    'celu': lambda x: np.where(x > 0, x, np.expm1(x)),
    'selu': lambda x: SCALE * np.where(x > 0, x, ALPHA * np.expm1(x)),
    'exponential': np.exp,
    'gelu': lambda x: x * (1 + ERF(x / math.sqrt(2))) / 2,
    'silu': lambda x: x * sigmoid(x),
    'swish': lambda x: x * sigmoid(x),
    'hard_silu': lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    'hard_swish': lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    'hard_tanh': lambda x: np.clip(x, -1, 1),
    'hard_shrink': lambda x: np.where(abs(x) > 0.5, x, 0),
    'soft_shrink': lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0),
    'tanh_shrink': lambda x: x - np.tanh(x),
    'leaky_relu': lambda x: np.where(x > 0, x, 0.2 * x),
    'log_sigmoid': lambda x: -np.log1p(np.exp(-x)),
    'mish': lambda x: x * np.tanh(np.log1p(np.exp(x))),
    'softplus': lambda x: np.log1p(np.exp(x)),
    'softsign': lambda x: x / (1 + abs(x)),
    'sparse_plus': lambda x: np.where(
        x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x)),
    'sparse_sigmoid': lambda x: np.clip((x + 1) / 2, 0, 1),
    'sparsemax': sparsemax,
    'squareplus': lambda x: (x + np.sqrt(x * x + 4)) / 2,
}


def act(name, x, is_old=False):
    if name == 'hard_sigmoid' and is_old:
        return np.clip(0.2 * x + 0.5, 0, 1)
    return ACTIVATIONS[name](x)


def same_pads(n, k, s, d=1):
    total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
    return total // 2, total - total // 2


def padded(x, size, strides, dilation, padding, value=0.0):
    """x with the margins of a padding, and the output's length of each axis."""
    pads, outs = [], []
    for i, k in enumerate(size):
        n, s, d = x.shape[1 + i], strides[i], dilation[i]
        pad = {'valid': (0, 0), 'same': same_pads(n, k, s, d),
               'causal': ((k - 1) * d, 0)}[padding]
        pads.append(pad)
        outs.append((n + sum(pad) - (k - 1) * d - 1) // s + 1)
    return np.pad(x, [(0, 0)] + pads + [(0, 0)], constant_values=value), outs


def taps(x, size, strides, dilation, outs):
    """What each position of a window sees: (index, [n, outs..., c])."""
    for tap in itertools.product(*map(range, size)):
        cut = [slice(None)]
        for i, t in enumerate(tap):
            begin = t * dilation[i]
            cut.append(slice(begin, begin + (outs[i] - 1) * strides[i] + 1,
                             strides[i]))
        yield tap, x[tuple(cut)]


def conv(x, kernel, strides, padding='valid', dilation=None, groups=1):
    size = kernel.shape[:-2]
    dilation = dilation or [1] * len(size)
    z, outs = padded(x, size, strides, dilation, padding)
    per_in, per_out = kernel.shape[-2], kernel.shape[-1] // groups
    y = np.zeros([len(x)] + outs + [kernel.shape[-1]])
    for tap, part in taps(z, size, strides, dilation, outs):
        for g in range(groups):
            y[..., g * per_out:(g + 1) * per_out] += (
                part[..., g * per_in:(g + 1) * per_in]
                @ kernel[tap][:, g * per_out:(g + 1) * per_out])
    return y


def depthwise(x, kernel, strides, padding='valid', dilation=None):
    size = kernel.shape[:-2]
    dilation = dilation or [1] * len(size)
    z, outs = padded(x, size, strides, dilation, padding)
    y = np.zeros([len(x)] + outs + list(kernel.shape[-2:]))
    for tap, part in taps(z, size, strides, dilation, outs):
        y += part[..., None] * kernel[tap]
    return y.reshape(y.shape[:-2] + (-1,))


def conv_transpose(x, kernel, strides, padding='valid', dilation=None,
                   output_padding=None):
    """kernel [..., filters, c]. output_padding: the length of an output is what
    a convolution would need, and so much; its margins are those of that."""
    size = kernel.shape[:-2]
    dilation = dilation or [1] * len(size)
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    full = [(n - 1) * s + max(k, s) + (output_padding or 0)
            for n, s, k in zip(x.shape[1:-1], strides, reach)]
    y = np.zeros([len(x)] + full + [kernel.shape[-2]])
    for tap in itertools.product(*map(range, size)):
        cut = [slice(None)] + [
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, d, n, s in zip(tap, dilation, x.shape[1:-1], strides)]
        y[tuple(cut)] += x @ kernel[tap].T
    for i, (n, s, k) in enumerate(zip(x.shape[1:-1], strides, reach)):
        if output_padding is None:
            length = n * s if padding == 'same' else n * s + max(k - s, 0)
        else:
            length = ((n - 1) * s + k + output_padding
                      - (2 * (k // 2) if padding == 'same' else 0))
        first = same_pads(length, k, s)[0] if padding == 'same' else 0
        y = np.take(y, range(first, first + length), 1 + i)
    return y


def pool(x, size, strides, padding, is_max):
    ones = [1] * len(size)
    z, outs = padded(x, size, strides, ones, padding,
                     -np.inf if is_max else 0)
    count, _ = padded(np.ones_like(x), size, strides, ones, padding)
    parts = [p for _, p in taps(z, size, strides, ones, outs)]
    if is_max:
        return np.max(parts, 0)
    return sum(parts) / sum(p for _, p in taps(count, size, strides, ones,
                                               outs))


def recurrent(kind, x, weights, units, activation='tanh',
              recurrent_activation='sigmoid', use_bias=True, reset_after=True,
              go_backwards=False, return_sequences=False, is_old=False,
              return_state=False, mask=None, zero_output_for_mask=False,
              initial=None, **_):
    """mask [n, time]: steps that count; in others nothing changes, and the
    output is that of the step before, or zero."""
    kernel, own = weights[:2]
    bias = weights[2] if use_bias else None
    f = lambda z: act(activation, z, is_old)
    g = lambda z: act(recurrent_activation, z, is_old)
    h = c = np.zeros((len(x), units))
    if initial:
        h, c = initial[0], initial[-1]
    steps = []
    for t in range(x.shape[1])[::-1 if go_backwards else 1]:
        a = x[:, t] @ kernel
        before = h, c
        if kind == 'GRU' and reset_after:
            a = a + (bias[0] if use_bias else 0)
            b = h @ own + (bias[1] if use_bias else 0)
            z, r = (g(a[:, i * units:(i + 1) * units]
                      + b[:, i * units:(i + 1) * units]) for i in (0, 1))
            new = f(a[:, 2 * units:] + r * b[:, 2 * units:])
            h = z * h + (1 - z) * new
        elif kind == 'GRU':
            a = a + (bias if use_bias else 0)
            z, r = (g(a[:, i * units:(i + 1) * units]
                      + h @ own[:, i * units:(i + 1) * units])
                    for i in (0, 1))
            new = f(a[:, 2 * units:] + (r * h) @ own[:, 2 * units:])
            h = z * h + (1 - z) * new
        elif kind == 'LSTM':
            i, forget, cell, o = np.split(
                a + h @ own + (bias if use_bias else 0), 4, -1)
            c = g(forget) * c + g(i) * f(cell)
            h = g(o) * f(c)
        else:
            h = f(a + h @ own + (bias if use_bias else 0))
        use = True if mask is None else mask[:, t, None]
        h, c = np.where(use, h, before[0]), np.where(use, c, before[1])
        steps.append(np.where(use, h, 0) if zero_output_for_mask else h)
    y = np.stack(steps, 1) if return_sequences else steps[-1]
    states = (h, c) if kind == 'LSTM' else (h,)
    return (y,) + states if return_state else y


def from_cudnn(kind, weights, units):
    """cuDNN's weights as those of GRU (reset_after) or LSTM: blocks of a kernel
    are transposed in memory; every gate has two biases, one after the other."""
    gates = 3 if kind == 'GRU' else 4
    kernel, own = [np.hstack([part.ravel().reshape(units, -1).T for part in
                              np.hsplit(w, gates)]) for w in weights[:2]]
    bias = weights[2].reshape(2, -1)
    return [kernel, own, bias if kind == 'GRU' else bias.sum(0)]


def conv_lstm(x, weights, filters, strides, padding, dilation,
              activation='tanh', recurrent_activation='sigmoid',
              go_backwards=False):
    """x [n, time, ..., c] -> all outputs of the steps, h, c. The convolution of
    the state keeps its size, with strides and dilation of 1."""
    kernel, own = weights[:2]
    h = c = None
    steps = []
    for t in range(x.shape[1])[::-1 if go_backwards else 1]:
        z = conv(x[:, t], kernel, strides, padding, dilation)
        z = z + (weights[2] if len(weights) > 2 else 0)
        if h is None:
            h = c = np.zeros(z.shape[:-1] + (filters,))
        z = z + conv(h, own, [1] * len(strides), 'same')
        i, forget, cell, o = np.split(z, 4, -1)
        c = act(recurrent_activation, forget) * c + act(
            recurrent_activation, i) * act(activation, cell)
        h = act(recurrent_activation, o) * act(activation, c)
        steps.append(h)
    return np.stack(steps, 1), h, c


def locally_connected(x, kernel, size, strides, is_first):
    """kernel [position, tap, filters]; taps [..., c], or [c, ...] where the
    file has channels first."""
    ones = [1] * len(size)
    z, outs = padded(x, size, strides, ones, 'valid')
    y = np.zeros([len(x)] + outs + [kernel.shape[-1]])
    for p, at in enumerate(itertools.product(*map(range, outs))):
        cut = tuple([slice(None)] + [slice(a * s, a * s + k) for a, s, k in
                                     zip(at, strides, size)])
        patch = z[cut]
        patch = np.moveaxis(patch, -1, 1) if is_first else patch
        y[(slice(None),) + at] = patch.reshape(len(x), -1) @ kernel[p]
    return y


def adaptive_pool(x, sizes, f):
    """An output covers its share of each axis, from the floor of where that
    begins to the ceiling of where it ends."""
    shares = [[slice(o * n // m, -(-(o + 1) * n // m)) for o in range(m)]
              for n, m in zip(x.shape[1:], sizes)]
    y = np.zeros([len(x)] + list(sizes) + [x.shape[-1]])
    for at in itertools.product(*map(range, sizes)):
        box = x[(slice(None),) + tuple(s[o] for s, o in zip(shares, at))]
        y[(slice(None),) + at] = f(box, tuple(range(1, x.ndim - 1)))
    return y


# ---- images ----

def cubic(x, a):
    return np.where(x < 1, ((a + 2) * x - (a + 3)) * x * x + 1,
                    np.where(x < 2, ((a * x - 5 * a) * x + 8 * a) * x - 4 * a,
                             0))


def lanczos(x, r):
    safe = np.where(x == 0, 1, x)
    y = r * np.sin(np.pi * safe) * np.sin(np.pi * safe / r) / (
        np.pi * safe) ** 2
    return np.where(x > r, 0, np.where(x <= 1e-3, 1, y))


KERNELS = {
    'bilinear': (1, lambda x: np.maximum(1 - x, 0)),
    'bicubic': (2, lambda x: cubic(x, -0.5)),
    'lanczos3': (3, lambda x: lanczos(x, 3)),
    'lanczos5': (5, lambda x: lanczos(x, 5)),
    'gaussian': (1.5, lambda x: np.where(x < 1.5, np.exp(-2 * x * x), 0)),
    'mitchellcubic': (2, lambda x: np.where(
        x < 1, (7 * x / 6 - 2) * x * x + 8 / 9, np.where(
            x < 2, ((-7 * x / 18 + 2) * x - 10 / 3) * x + 16 / 9, 0))),
}


def resize_matrix(n, m, kind, antialias=False, is_torch=False):
    """[m, n], as tf.image.resize (or PyTorch) has it."""
    scale = n / m
    at = np.arange(n)[None] + 0.5
    centre = ((np.arange(m) + 0.5) * scale)[:, None]
    if kind == 'nearest':
        return (at - 0.5 == np.floor(centre)).astype(float)
    if kind == 'area':
        begin, end = centre - scale / 2, centre + scale / 2
        w = np.clip(np.minimum(end, at + 0.5) - np.maximum(begin, at - 0.5),
                    0, None)
    elif kind == 'bicubic' and is_torch and not antialias:
        w = np.zeros((m, n))
        for o in range(m):
            middle = centre[o, 0] - 0.5
            for i in range(int(np.floor(middle)) - 1,
                           int(np.floor(middle)) + 3):
                w[o, min(max(i, 0), n - 1)] += cubic(abs(middle - i), -0.75)
        return w
    else:
        width = max(scale, 1) if antialias else 1
        w = KERNELS[kind][1](abs(at - centre) / width)
    return w / w.sum(1, keepdims=True)


def resize(x, sizes, kind, **how):
    for i, m in enumerate(sizes):
        w = resize_matrix(x.shape[1 + i], m, kind, **how)
        x = np.moveaxis(np.tensordot(w, x, (1, 1 + i)), 0, 1 + i)
    return x


# ---- sound ----

def mel_spectrogram(x, c):
    n, hop = c['fft_length'], c['sequence_stride']
    length = c.get('sequence_length') or n
    t = np.arange(length)
    window = {'hann': 0.5 - 0.5 * np.cos(2 * np.pi * t / length),
              'hamming': 0.54 - 0.46 * np.cos(2 * np.pi * t / length),
              None: np.ones(length)}[c['window']]
    full = np.zeros(n)
    full[(n - length) // 2:(n - length) // 2 + length] = window
    y = np.pad(x, [(0, 0), (n // 2, n // 2)], mode='reflect')
    frames = np.stack([y[:, i:i + n] * full for i in range(
        0, y.shape[1] - n + 1, hop)], 1)
    power = abs(np.fft.rfft(frames)) ** c['mag_exp']
    to_mel = lambda hz: 1127 * np.log1p(hz / 700)
    rate, m = c['sampling_rate'], c['num_mel_bins']
    edges = np.linspace(to_mel(c['min_freq']),
                        to_mel(c['max_freq'] or rate // 2), m + 2)
    mel = to_mel(np.linspace(0, rate / 2, n // 2 + 1))[:, None]
    weights = np.maximum(0, np.minimum(
        (mel - edges[:-2]) / (edges[1:-1] - edges[:-2]),
        (edges[2:] - mel) / (edges[2:] - edges[1:-1])))
    weights[0] = 0
    out = power @ weights
    if c['power_to_db']:
        floor = c['min_power']
        out = 10 * np.log10(np.maximum(out, floor)) - 10 * np.log10(
            max(abs(c['ref_power']), floor))
        top = out.max((1, 2), keepdims=True) - c['top_db']
        out = np.maximum(out, top)
    return out.swapaxes(1, 2)


def stft_spectrogram(x, real, imag, c):
    """x [n, time, channels] -> [n, frames, bins, channels]"""
    step = c['frame_step'] or c['frame_length'] // 2
    parts = [None if k is None else np.stack(
        [conv(x[..., i:i + 1], k, [step], c['padding'])
         for i in range(x.shape[-1])], -1) for k in (real, imag)]
    mode, (re, im) = c['mode'], parts
    if mode in ('real', 'imag'):
        return re if mode == 'real' else im
    if mode == 'angle':
        return np.arctan2(im, re)
    if mode == 'stft':
        return np.concatenate([re, im], 2)
    power = re ** 2 + im ** 2
    if mode == 'psd':
        power[:, :, 1:-1] *= 2
        return power
    size = np.sqrt(np.maximum(power, 1e-7))
    return size if mode == 'magnitude' else np.log(np.maximum(size, 1e-7))
