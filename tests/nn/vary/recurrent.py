# SPDX-License-Identifier: GPL-2.0-or-later
"""Recurrent layers, with one option after the other at another value."""
import numpy as np

import reference as ref
from files import tensor
from layers import LAYERS, N, ODD, add, entry, numbers


# ---- recurrent ----

GATES = {'SimpleRNN': 1, 'GRU': 3, 'LSTM': 4}


def rnn_weights(kind, c, units, use_bias=True, reset_after=True, scope='cell'):
    n = GATES[kind] * units
    bias = (2, n) if kind == 'GRU' and reset_after else (n,)
    ws = [(scope, 'kernel', numbers(c, n)),
          (scope, 'recurrent_kernel', numbers(units, n) / 2)]
    return ws + ([(scope, 'bias', numbers(*bias))] if use_bias else [])


def rnn(kind, what='', shape=(6, 3), units=4, version=None, **options):
    x = numbers(N, *shape)
    config = dict(units=units, activation='tanh', use_bias=True,
                  return_sequences=False, go_backwards=False, stateful=False,
                  unroll=False, return_state=False)
    if kind != 'SimpleRNN':
        config['recurrent_activation'] = 'sigmoid'
    if kind == 'GRU':
        config['reset_after'] = True
    config.update(options)
    extra = dict(version=version) if version else {}
    add(kind, what, config, rnn_weights(
        kind, shape[1], units, config['use_bias'],
        config.get('reset_after', False)), x,
        lambda w: ref.recurrent(kind, x, w, is_old=bool(version), **config),
        **extra)


for kind in GATES:
    rnn(kind)
    for options in (dict(return_sequences=True), dict(go_backwards=True),
                    dict(use_bias=False), dict(units=1), dict(units=17),
                    dict(unroll=True), dict(activation='relu'),
                    dict(activation='linear'), dict(activation='softsign'),
                    dict(return_sequences=True, go_backwards=True),
                    dict(return_state=True),
                    dict(return_state=True, return_sequences=True)):
        rnn(kind, str(options), **options)
    for shape in ((1, 1), (1, 5), (9, 1), (33, 2)):
        rnn(kind, 'input %s' % (shape,), shape)
    if kind != 'SimpleRNN':
        for name in ('hard_sigmoid', 'tanh'):
            rnn(kind, 'recurrent ' + name, recurrent_activation=name)
        rnn(kind, 'hard_sigmoid of Keras 2', recurrent_activation=(
            'hard_sigmoid'), version='2.2.4')
rnn('GRU', 'reset before', reset_after=False)
rnn('GRU', 'reset before, no bias', reset_after=False, use_bias=False)


def bidirectional(kind, what='', merge='concat', sequences=False, shape=(5, 3)):
    x = numbers(N, *shape)
    inner = dict(name='forward_' + kind.lower(), units=4, activation='tanh',
                 use_bias=True, return_sequences=sequences,
                 go_backwards=False, dtype='float32')
    if kind != 'SimpleRNN':
        inner['recurrent_activation'] = 'sigmoid'
    if kind == 'GRU':
        inner['reset_after'] = True
    both = [{'module': 'keras.layers', 'class_name': kind, 'config': dict(
                inner, go_backwards=back), 'registered_name': None}
            for back in (False, True)]
    ws = (rnn_weights(kind, shape[1], 4, scope='forward_layer/cell')
          + rnn_weights(kind, shape[1], 4, scope='backward_layer/cell'))

    def compute(w):
        a = ref.recurrent(kind, x, w[:3], **inner)
        b = ref.recurrent(kind, x, w[3:], **dict(inner, go_backwards=True))
        b = b[:, ::-1] if sequences else b
        return {'concat': lambda: np.concatenate([a, b], -1),
                'sum': lambda: a + b, 'mul': lambda: a * b,
                'ave': lambda: (a + b) / 2,
                None: lambda: (a, b)}[merge]()
    add('Bidirectional', what or kind, dict(
        merge_mode=merge, layer=both[0], backward_layer=both[1]), ws, x,
        compute)


for kind in ('LSTM', 'GRU', 'SimpleRNN'):
    for merge in ('concat', 'sum', 'mul', 'ave', None):
        for sequences in (False, True):
            bidirectional(kind, '%s %s %s' % (kind, merge, sequences), merge,
                          sequences)
bidirectional('LSTM', 'one step', shape=(1, 2))


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
