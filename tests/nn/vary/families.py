# SPDX-License-Identifier: GPL-2.0-or-later
"""More layers, with one option after the other at another value: those with
states, with kernels of their own for each position, and wrappers."""
import numpy as np

import reference as ref
from files import tensor
from layers import GATES, LAYERS, N, ODD, SHAPES, ZI, add, first, numbers, \
    rnn_weights


def entry(kind, **config):
    return {'module': 'keras.layers', 'class_name': kind, 'config': config,
            'registered_name': None}


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


# ---- GroupedQueryAttention ----

def grouped(what='', heads=4, shared=2, dim=3, use_bias=True, t=3, s=5,
            features=4, kind='GroupedQueryAttention'):
    q, k = numbers(N, t, features), numbers(N, s, features)
    ws = []
    for scope, h in (('query', heads), ('key', shared), ('value', shared)):
        ws.append((scope + '_dense', 'kernel', numbers(features, h, dim)))
        ws += [(scope + '_dense', 'bias', numbers(h, dim))] if use_bias else []
    ws.append(('output_dense', 'kernel', numbers(heads, dim, features)))
    ws += [('output_dense', 'bias', numbers(features))] if use_bias else []

    def compute(w):
        kernels, b = (w[0::2], w[1::2]) if use_bias else (w, [0] * 4)
        Q, K, V = [np.einsum('ntc,chd->nthd', x, kernel) + add
                   for x, kernel, add in zip((q, k, k), kernels, b)]
        y = np.zeros_like(Q)
        for h in range(heads):
            g = h // (heads // shared)
            p = ref.softmax(Q[:, :, h] @ K[:, :, g].swapaxes(1, 2)
                            / np.sqrt(dim))
            y[:, :, h] = p @ V[:, :, g]
        return np.einsum('nthd,hdf->ntf', y, kernels[3]) + b[3]
    add(kind, what, dict(
        head_dim=dim, num_query_heads=heads, num_key_value_heads=shared,
        dropout=0.0, use_bias=use_bias), ws, [q, k], compute, only=3,
        class_of_python='GroupedQueryAttention')


for options in ({}, dict(shared=1), dict(shared=4), dict(heads=6),
                dict(heads=1, shared=1), dict(dim=1), dict(dim=17),
                dict(use_bias=False), dict(t=1), dict(s=1),
                dict(features=1), dict(t=9, s=2)):
    grouped(str(options), **options)
grouped(kind='GroupQueryAttention')


# ---- recurrent layers with weights as cuDNN has them ----

def cudnn(kind, what='', shape=(6, 3), units=4, **options):
    x = numbers(N, *shape)
    n = GATES[kind] * units
    ws = [('kernel', numbers(shape[1], n)),
          ('recurrent_kernel', numbers(units, n) / 2), ('bias', numbers(2 * n))]
    config = dict(units=units, return_sequences=False, go_backwards=False,
                  return_state=False, stateful=False)
    config.update(options)
    add('CuDNN' + kind, what, config, ws, x, lambda w: ref.recurrent(
        kind, x, ref.from_cudnn(kind, w, units), **config),
        only=2, version='2.2.4', in_keras2_zip=False)


for kind in ('GRU', 'LSTM'):
    for options in ({}, dict(return_sequences=True), dict(go_backwards=True),
                    dict(return_state=True), dict(units=1), dict(units=17),
                    dict(units=3), dict(return_sequences=True,
                                        go_backwards=True)):
        cudnn(kind, str(options), **options)
    for shape in ((1, 1), (1, 5), (9, 1), (33, 2)):
        cudnn(kind, 'input %s' % (shape,), shape)


def unified(kind):
    """The name that LSTM and GRU had for a while."""
    def rename(make):
        return lambda f: dict(make(f), kind='Unified' + kind, only=2,
                              version='2.2.4-tf', in_keras2_zip=False)
    LAYERS['Unified' + kind] = [rename(LAYERS[kind][i]) for i in range(4)]


unified('GRU')
unified('LSTM')


# ---- ConvLSTM ----

CLIPS = {1: (4, 7, 3), 2: (3, 5, 6, 2), 3: (3, 4, 3, 5, 2)}


def conv_lstm(n, what='', shape=None, filters=3, size=3, strides=1,
              padding='valid', dilation=1, is_first=False, use_bias=True,
              activation='tanh', recurrent_activation='sigmoid',
              return_sequences=False, return_state=False, go_backwards=False):
    x = numbers(N, *(shape or CLIPS[n]))
    taps = [size] * n
    ws = [('cell', 'kernel', numbers(*taps, x.shape[-1], 4 * filters) / 2),
          ('cell', 'recurrent_kernel', numbers(*taps, filters, 4 * filters) / 2)
          ] + ([('cell', 'bias', numbers(4 * filters))] if use_bias else [])

    def turned(a, of_sequence):
        return np.moveaxis(a, -1, 2 if of_sequence else 1) if is_first else a

    def compute(w):
        steps, h, c = ref.conv_lstm(
            x, w, filters, [strides] * n, padding, [dilation] * n, activation,
            recurrent_activation, go_backwards)
        y = turned(steps, True) if return_sequences else turned(h, False)
        return ((y, turned(h, False), turned(c, False)) if return_state
                else y)
    add('ConvLSTM%dD' % n, what, dict(
        filters=filters, kernel_size=taps, strides=[strides] * n,
        padding=padding, dilation_rate=[dilation] * n, use_bias=use_bias,
        activation=activation, recurrent_activation=recurrent_activation,
        return_sequences=return_sequences, return_state=return_state,
        go_backwards=go_backwards, stateful=False,
        data_format='channels_first' if is_first else 'channels_last'), ws,
        turned(x, True), compute)


for n in (1, 2, 3):
    for options in ({}, dict(padding='same'), dict(strides=2),
                    dict(strides=2, padding='same'), dict(size=1),
                    dict(size=2, padding='same'), dict(size=2, dilation=2),
                    dict(padding='same', dilation=2), dict(filters=1),
                    dict(filters=5), dict(use_bias=False),
                    dict(is_first=True), dict(return_sequences=True),
                    dict(return_state=True), dict(go_backwards=True),
                    dict(return_sequences=True, go_backwards=True),
                    dict(return_state=True, is_first=True),
                    dict(return_sequences=True, is_first=True, strides=2),
                    dict(activation='relu'),
                    dict(recurrent_activation='hard_sigmoid')):
        conv_lstm(n, str(options), **options)
    for steps in (1, 5):
        for shape in ODD[n]:
            conv_lstm(n, 'input %s' % ((steps,) + shape,),
                      shape=(steps,) + shape, padding='same')


# ---- RNN of one cell, and of several ----

def cell_entry(kind, units, use_bias, activation, reset_after):
    config = dict(name=kind.lower() + '_cell', units=units,
                  activation=activation, use_bias=use_bias)
    if kind != 'SimpleRNN':
        config['recurrent_activation'] = 'sigmoid'
    if kind == 'GRU':
        config['reset_after'] = reset_after
    return entry(kind + 'Cell', **config)


SCOPES = {'LSTM': 'lstm_cell', 'GRU': 'gru_cell',
          'SimpleRNN': 'simple_rnn_cell'}


def stacked(kinds, what='', is_stack=True, units=(4, 3, 5), shape=(6, 3),
            use_bias=True, activation='tanh', reset_after=True,
            return_sequences=False, return_state=False, go_backwards=False):
    x = numbers(N, *shape)
    ws, cells, c = [], [], shape[1]
    for i, (kind, n) in enumerate(zip(kinds, units)):
        before = kinds[:i].count(kind)
        scope = 'cell/cells/' + SCOPES[kind] + (
            '_%d' % before if before else '')
        ws += rnn_weights(kind, c, n, use_bias, reset_after,
                          scope if is_stack else 'cell')
        cells.append(cell_entry(kind, n, use_bias, activation, reset_after))
        c = n

    def compute(w):
        per_cell = 3 if use_bias else 2
        y, states = x, ()
        for i, (kind, n) in enumerate(zip(kinds, units)):
            y, *new = ref.recurrent(
                kind, y, w[i * per_cell:(i + 1) * per_cell], n,
                activation=activation, use_bias=use_bias,
                reset_after=reset_after, return_sequences=True,
                go_backwards=go_backwards and i == 0, return_state=True)
            states += tuple(new)
        y = y if return_sequences else y[:, -1]
        return (y,) + states if return_state else y
    cell = (entry('StackedRNNCells', name='stack', cells=cells) if is_stack
            else cells[0])
    add('RNN', '%s %s' % ('+'.join(kinds), what), dict(
        cell=cell, return_sequences=return_sequences,
        return_state=return_state, go_backwards=go_backwards, stateful=False,
        unroll=False, zero_output_for_mask=False), ws, x, compute)


for kinds in (['LSTM', 'GRU'], ['LSTM'], ['GRU', 'GRU'],
              ['SimpleRNN', 'LSTM', 'SimpleRNN'], ['LSTM', 'LSTM', 'LSTM']):
    stacked(kinds)
    for options in (dict(return_sequences=True), dict(return_state=True),
                    dict(go_backwards=True), dict(use_bias=False),
                    dict(activation='relu'), dict(units=(1, 1, 1)),
                    dict(units=(2, 17, 9)), dict(reset_after=False),
                    dict(return_sequences=True, go_backwards=True,
                         return_state=True), dict(shape=(1, 1)),
                    dict(shape=(33, 2))):
        stacked(kinds, str(options), **options)
for kind in GATES:
    for options in ({}, dict(return_sequences=True), dict(return_state=True),
                    dict(go_backwards=True), dict(use_bias=False)):
        stacked([kind], 'alone %s' % options, is_stack=False, **options)


# ---- masked steps ----

MASK = np.array([[1, 1, 0, 1, 0, 0], [0, 0, 1, 0, 1, 1]], bool)
MASKS = {'': MASK, 'at the end': MASK & (np.arange(6) < 3),
         'all': np.zeros_like(MASK), 'none': np.ones_like(MASK)}


def masked(kind, mask, what, is_stack=False, **options):
    """Behind a Masking layer; is_stack: in RNN, two cells."""
    x = np.where(mask[..., None], numbers(N, 6, 3), -7.0)
    units = 4
    config = dict(units=units, activation='tanh', use_bias=True, unroll=False,
                  return_sequences=False, go_backwards=False, stateful=False,
                  return_state=False, zero_output_for_mask=False)
    config.update(options)
    one = dict(config)
    if kind != 'SimpleRNN':
        one['recurrent_activation'] = 'sigmoid'
    if kind == 'GRU':
        one['reset_after'] = True
    if not is_stack:
        add(kind, what, one, rnn_weights(kind, 3, units), x,
            lambda w: ref.recurrent(kind, x, w, mask=mask, **one),
            mask_value=-7.0)
        return
    ws = (rnn_weights(kind, 3, units, scope='cell/cells/' + SCOPES[kind])
          + rnn_weights(kind, units, units,
                        scope='cell/cells/%s_1' % SCOPES[kind]))
    del config['units'], config['activation'], config['use_bias']
    cells = [cell_entry(kind, units, True, 'tanh', True) for _ in range(2)]

    def compute(w):
        back = config['go_backwards']
        y, *a = ref.recurrent(kind, x, w[:3], mask=mask, **dict(
            one, return_sequences=True, return_state=True,
            zero_output_for_mask=False))
        y, *b = ref.recurrent(
            kind, y, w[3:], mask=mask[:, ::-1] if back else mask,
            **dict(one, go_backwards=False, return_state=True))
        return (y, *a, *b) if config['return_state'] else y
    add('RNN', what, dict(config, cell=entry(
        'StackedRNNCells', name='stack', cells=cells)), ws, x, compute,
        mask_value=-7.0)


for kind in GATES:
    for name, mask in MASKS.items():
        for options in ({}, dict(return_sequences=True),
                        dict(go_backwards=True), dict(return_state=True),
                        dict(return_sequences=True, go_backwards=True),
                        dict(return_sequences=True,
                             zero_output_for_mask=True),
                        dict(zero_output_for_mask=True)):
            for is_stack in (False, True):
                masked(kind, mask, 'masked %s %s %s' % (kind, name, options),
                       is_stack, **options)


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


# ---- initial states ----

for kind in GATES:
    for options in ({}, dict(return_sequences=True), dict(return_state=True),
                    dict(go_backwards=True)):
        n_states = 1 + (kind == 'LSTM')
        x = numbers(N, 6, 3)
        states = [numbers(N, 4) for _ in range(n_states)]
        config = dict(units=4, activation='tanh', use_bias=True, **options)
        if kind != 'SimpleRNN':
            config['recurrent_activation'] = 'sigmoid'
        if kind == 'GRU':
            config['reset_after'] = True
        add(kind, 'initial state %s' % options, config,
            rnn_weights(kind, 3, 4), [x] + states,
            lambda w, kind=kind, x=x, states=states, config=config:
            ref.recurrent(kind, x, w, initial=states, **config),
            only=3, n_args=1, keywords=dict(initial_state=[
                tensor('in%d' % (1 + i)) for i in range(n_states)]))


# ---- Attention: its call's arguments, and the sum of tanh as its score ----

def attention(what='', scale=False, mode='dot', causal=False, scores=False,
              own_key=False, additive=False):
    q, v = numbers(N, 3, 4), numbers(N, 5, 4)
    k = numbers(N, 5, 4) if own_key else v
    ws = [('scale', numbers(4) if additive else np.array(0.7))] if scale else []
    ws += [('concat_score_weight', np.array(-0.6))] if mode == 'concat' else []

    def compute(w):
        factor = w[0] if scale else 1
        pairs = q[:, :, None] + k[:, None]
        s = ((factor * np.tanh(pairs)).sum(-1) if additive
             else w[-1] * np.tanh(factor * pairs).sum(-1) if mode == 'concat'
             else factor * np.einsum('ntd,nsd->nts', q, k))
        s = np.where(np.tri(3, 5), s, -1e9) if causal else s
        p = ref.softmax(s)
        return (p @ v, p) if scores else p @ v
    keywords = dict(use_causal_mask=causal, return_attention_scores=scores)
    add('AdditiveAttention' if additive else 'Attention', what, dict(
        use_scale=scale, dropout=0.0, **({} if additive else
                                         dict(score_mode=mode))), ws,
        [q, v, k] if own_key else [q, v], compute, takes_list=True, only=3,
        keywords={k: v for k, v in keywords.items() if v})


for base in ({}, dict(mode='concat'), dict(additive=True)):
    for options in ({}, dict(scale=True), dict(causal=True), dict(scores=True),
                    dict(own_key=True), dict(causal=True, scores=True)):
        attention(str(dict(base, **options)), **dict(base, **options))
